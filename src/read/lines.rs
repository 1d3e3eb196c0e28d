//! Lines of a text.

use super::Json;

/// The non-blank lines of a text, each with its byte offset, without line ends.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = text.get(start..)?;
            if rest.is_empty() {
                return None;
            }
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let offset = start;
            start += end + 1;
            let line = rest.get(..end).unwrap_or_default();
            let line = line.strip_suffix('\r').unwrap_or(line);
            if !line.trim().is_empty() {
                return Some((offset, line));
            }
        }
    })
}

/// A cursor over one line of JSON lines; its positions are those of the whole text.
pub fn line_of<'a>(whole: &Json<'a>, offset: usize, line: &str) -> Json<'a> {
    whole.part(offset, offset + line.len())
}
