//! PEM blocks, found as Go finds them.
//!
//! Nothing here knows what is in a block.

use super::encoding;

/// One block.
pub(super) struct Block {
    /// What it says it is, such as `CERTIFICATE`.
    pub(super) label: String,
    /// What it holds.
    pub(super) bytes: Vec<u8>,
}

/// Starts of blocks that lead to none, after which the text is no PEM: each one costs a search.
const FALSE_STARTS: usize = 64;

/// The first block of a text and what follows it. Text in front of it is passed over.
pub(super) fn next(text: &str) -> Option<(Block, &str)> {
    let mut rest = text;
    for _ in 0..FALSE_STARTS {
        rest = match rest.strip_prefix("-----BEGIN ") {
            Some(after) => after,
            None => rest.split_once("\n-----BEGIN ")?.1,
        };
        let (first, body) = line(rest);
        let Some(label) = first.trim_end().strip_suffix("-----") else { continue };
        rest = body;
        if let Some((bytes, after)) = block(label, body) {
            return Some((Block { label: label.to_owned(), bytes }, after));
        }
    }
    None
}

fn block<'a>(label: &str, body: &'a str) -> Option<(Vec<u8>, &'a str)> {
    let mut data = body;
    while let (header, after) = line(data)
        && header.contains(':')
    {
        data = after;
    }
    let (encoded, end) = match data.strip_prefix("-----END ") {
        Some(end) => ("", end),
        None => data.split_once("\n-----END ")?,
    };
    let (tail, after) = line(end.strip_prefix(label)?.strip_prefix("-----")?);
    if !tail.trim().is_empty() {
        return None;
    }
    let encoded: String = encoded.chars().filter(|c| !matches!(c, ' ' | '\t')).collect();
    Some((encoding::standard(&encoded).ok()?, after))
}

fn line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
