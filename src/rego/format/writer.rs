//! The text that is written: lines, indentation, and comments, which stand above a node or at the end of its line.

use super::tree::{Expr, Loc, Term};

/// A comment stands where none can be placed: the node is kept as it was written.
#[derive(Debug)]
pub(super) struct Misplaced;

pub(super) type Out = Result<(), Misplaced>;

/// A comment.
#[derive(Clone, Debug)]
pub(super) struct Note<'a> {
    pub(super) row: u32,
    /// With `#`, without space at its end.
    pub(super) text: &'a str,
    /// Whether it begins a block of annotations.
    pub(super) is_metadata: bool,
}

/// What the language of the module allows.
#[derive(Clone, Debug, Default)]
pub(super) struct Dialect {
    pub(super) v1: bool,
    /// Whether bodies follow `if`.
    pub(super) ifs: bool,
    /// Whether sets are written with `contains`.
    pub(super) contains: bool,
    /// Whether a head has a longer reference, so that all are written with dots.
    pub(super) long_heads: bool,
    pub(super) keywords: Vec<String>,
}

pub(super) struct Writer<'a> {
    pub(super) source: &'a str,
    pub(super) dialect: Dialect,
    pub(super) out: String,
    pub(super) level: usize,
    /// Whether a line has been begun.
    pub(super) inline: bool,
    pub(super) comments: Vec<Note<'a>>,
    /// The first comment that is not written.
    pub(super) next: usize,
    /// The comment that goes to the end of the line.
    before_end: Option<Note<'a>>,
    /// Whether that waits for a later line.
    delay: bool,
    /// Whether a comment on the last row of a node that is kept as written follows it at once.
    pub(super) comment_on_last_row: bool,
    /// An expression or term to be put into parentheses.
    pub(super) paren_expr: Option<*const Expr<'a>>,
    pub(super) paren_term: Option<*const Term<'a>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(source: &'a str, dialect: Dialect, comments: Vec<Note<'a>>) -> Self {
        Self {
            source,
            dialect,
            out: String::with_capacity(source.len()),
            level: 0,
            inline: false,
            comments,
            next: 0,
            before_end: None,
            delay: false,
            comment_on_last_row: false,
            paren_expr: None,
            paren_term: None,
        }
    }

    pub(super) fn write(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn start_line(&mut self) {
        self.inline = true;
        for _ in 0..self.level {
            self.out.push('\t');
        }
    }

    pub(super) fn end_line(&mut self) {
        self.inline = false;
        if !self.delay
            && let Some(note) = self.before_end.take()
        {
            self.out.push(' ');
            self.out.push_str(note.text);
        }
        self.delay = false;
        self.out.push('\n');
    }

    pub(super) fn blank_line(&mut self) {
        if self.inline {
            self.end_line();
        }
        self.out.push('\n');
    }

    pub(super) fn write_line(&mut self, text: &str) {
        if !self.inline {
            self.start_line();
        }
        self.write(text);
        self.end_line();
    }

    pub(super) fn up(&mut self) {
        self.level = self.level.saturating_add(1);
    }

    pub(super) fn down(&mut self) {
        self.level = self.level.saturating_sub(1);
    }

    /// Begins a sequence with an item on each line.
    pub(super) fn start_sequence(&mut self) {
        self.delay = true;
        self.end_line();
        self.up();
        self.start_line();
    }

    pub(super) fn waiting(&self) -> &[Note<'a>] {
        self.comments.get(self.next..).unwrap_or_default()
    }

    pub(super) fn has_comment_before(&self, row: u32) -> bool {
        self.waiting().first().is_some_and(|note| note.row < row)
    }

    pub(super) fn has_note_at_end(&self) -> bool {
        self.before_end.is_some()
    }

    /// Writes the comments above a row, and notes the one that stands on it.
    pub(super) fn comments_to(&mut self, loc: Loc) -> Out {
        self.comments_to_row(Some(loc.row))
    }

    pub(super) fn comments_to_row(&mut self, row: Option<u32>) -> Out {
        let mut at = None;
        if let Some(row) = row {
            let before = self.take_before(row);
            self.write_comments(&before);
            if before.last().is_some_and(|last| row.saturating_sub(last.row) > 1) {
                self.blank_line();
            }
            if self.waiting().first().is_some_and(|note| note.row == row) {
                at = self.waiting().first().cloned();
                self.next += 1;
            }
        }
        match (self.before_end.take(), at) {
            (None, at) => self.before_end = at,
            (there, None) => self.before_end = there,
            (Some(_), Some(_)) => return Err(Misplaced),
        }
        Ok(())
    }

    /// The comments before a row, which count as written.
    pub(super) fn take_before(&mut self, row: u32) -> Vec<Note<'a>> {
        let before: Vec<Note<'a>> =
            self.waiting().iter().take_while(|note| note.row < row).cloned().collect();
        self.next += before.len();
        before
    }

    pub(super) fn write_comments(&mut self, notes: &[Note<'a>]) {
        let mut in_metadata = false;
        let mut last: Option<&Note<'a>> = None;
        for note in notes {
            match last.map(|last| note.row.saturating_sub(last.row)) {
                Some(rows) if rows > 1 => {
                    self.blank_line();
                    in_metadata = false;
                }
                Some(1) if in_metadata && note.is_metadata => self.blank_line(),
                _ => {}
            }
            in_metadata |= note.is_metadata;
            self.write_line(note.text);
            last = Some(note);
        }
    }

    /// Runs what writes a node; where a comment inside cannot be placed, the node is kept as it was written.
    pub(super) fn or_as_written(&mut self, loc: Loc, write: impl FnOnce(&mut Self) -> Out) -> Out {
        if self.waiting().is_empty() {
            return write(self);
        }
        let (length, level, next) = (self.out.len(), self.level, self.next);
        let result = write(self);
        if result.is_err() {
            self.out.truncate(length);
            self.level = level;
            self.next = next;
            let rows = loc.row..=loc.end_row(self.source);
            if loc.start < loc.end && self.before_end.as_ref().is_some_and(|note| rows.contains(&note.row)) {
                self.before_end = None;
            }
            self.as_written(loc);
        }
        result
    }

    /// Writes a node as it was, with the comments inside.
    pub(super) fn as_written(&mut self, loc: Loc) {
        let text = loc.text(self.source);
        self.write(text);
        let last = loc.end_row(self.source);
        let mut here = None;
        while let Some(note) = self.waiting().first() {
            if note.row == last && self.comment_on_last_row {
                here = Some(note.text);
            } else if note.row >= last {
                break;
            }
            self.next += 1;
        }
        if let Some(text) = here {
            self.write(" ");
            self.write(text);
        }
    }
}
