//! The identity of a finding.

use sha2::{Digest, Sha256};

use crate::model::{Finding, FindingId};

/// The identity by tool, rule, place, message and package; equal for the same finding in two formats of a tool.
///
/// The column is left out, because formats of one tool count it differently. What decides which rule counts the
/// finding is part of it, so that a milder twin never hides one that counts.
pub(super) fn identity(finding: &Finding) -> FindingId {
    let mut hash = Sha256::new();
    let mut part = |text: &[u8]| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    let mut name = [0_u8; 16];
    let tool = tool_name(&finding.tool, &mut name);
    part(tool);
    part(&[
        finding.category.map_or(u8::MAX, |category| category as u8),
        u8::from(finding.is_wcag()),
        u8::from(finding.details.as_ref().is_some_and(|d| d.kev)),
    ]);
    part(finding.rule.as_bytes());
    part(finding.message.as_bytes());
    match &finding.location {
        Some(place) => {
            part(place.path.as_bytes());
            part(&place.line.to_le_bytes());
            part(place.symbol.as_deref().unwrap_or_default().as_bytes());
        }
        None => part(b"-"),
    }
    if let Some(package) = finding.details.as_ref().and_then(|d| d.package.as_ref()) {
        part(package.purl.as_deref().unwrap_or(&package.name).as_bytes());
        part(package.version.as_bytes());
    }
    short(hash)
}

/// The identity of the n-th repetition of a finding within one file.
pub(super) fn repetition(id: FindingId, n: u32) -> FindingId {
    let mut hash = Sha256::new();
    hash.update(id.0);
    hash.update(n.to_le_bytes());
    short(hash)
}

fn short(hash: Sha256) -> FindingId {
    let mut id = FindingId::default();
    for (to, from) in id.0.iter_mut().zip(hash.finalize()) {
        *to = from;
    }
    id
}

/// The first word of the tool's name in lower case: `Semgrep OSS` is `semgrep`.
fn tool_name<'a>(tool: &str, buffer: &'a mut [u8; 16]) -> &'a [u8] {
    let mut length = 0;
    for (to, from) in buffer.iter_mut().zip(tool.bytes().take_while(|b| *b != b' ')) {
        *to = from.to_ascii_lowercase();
        length += 1;
    }
    buffer.get(..length).unwrap_or_default()
}
