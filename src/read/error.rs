//! Errors of reading one file.

/// Why a file could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What was expected and what was found.
    pub message: String,
    /// Byte offset in the decoded text, when there is a place.
    pub byte: Option<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

impl ParseError {
    /// An error at a byte offset.
    pub fn at(byte: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), byte: Some(byte), help: None }
    }

    /// An error of the file as a whole.
    pub fn whole(message: impl Into<String>) -> Self {
        Self { message: message.into(), byte: None, help: None }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A place in a text: line and column from 1 (columns count characters), byte from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset, from 0.
    pub byte: usize,
}

impl Place {
    /// The place of a byte offset. An offset inside a character counts as that character.
    pub fn of(text: &str, byte: usize) -> Self {
        let byte = byte.min(text.len());
        let before = text.as_bytes().get(..byte).unwrap_or_default();
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
        let column =
            before.get(line_start..).unwrap_or_default().iter().filter(|b| (**b & 0xC0) != 0x80).count();
        Self { line: memchr::memchr_iter(b'\n', before).count() + 1, column: column + 1, byte }
    }
}
