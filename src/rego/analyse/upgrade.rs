//! From the syntax before OPA 1.0 to that of today, for what needs no thought.

use super::Fix;
use crate::rego::ast::{Module, PartKind, Span};

/// Edits that give a v0 module `if` and `contains`; nothing where a rule would have to be taken apart.
pub fn upgrade(module: &Module, text: &str) -> Option<Vec<Fix>> {
    let mut fixes = Vec::new();
    for rule in &module.rules {
        if rule.chained {
            return None;
        }
        let bodies = rule.body.iter().map(|body| (rule.head.has_if, body));
        let of_elses = rule.elses.iter().filter_map(|branch| Some((branch.has_if, branch.body.as_ref()?)));
        for (has_if, body) in bodies.chain(of_elses) {
            if !has_if {
                let span = Span { start: body.span.start, end: body.span.start };
                fixes.push(Fix { span, text: "if ".to_owned() });
            }
        }
        let head = &rule.head;
        if let ([_, last], None, None, None) = (head.reference.as_slice(), &head.args, &head.key, &head.value)
            && let PartKind::Bracket(term) = &last.kind
        {
            fixes.push(Fix { span: last.span, text: format!(" contains {}", term.span.of(text)) });
        }
    }
    Some(fixes)
}

/// A text with edits, the last first; those that overlap an earlier one are left out.
pub fn apply(text: &str, fixes: &[Fix]) -> String {
    let mut fixes: Vec<&Fix> = fixes.iter().collect();
    fixes.sort_by_key(|fix| std::cmp::Reverse((fix.span.start.offset, fix.span.end.offset)));
    let mut text = text.to_owned();
    let mut before = u32::MAX;
    for fix in fixes {
        let (start, end) = (fix.span.start.offset as usize, fix.span.end.offset as usize);
        if fix.span.end.offset > before
            || !text.is_char_boundary(start)
            || !text.is_char_boundary(end)
            || end > text.len()
        {
            continue;
        }
        text.replace_range(start..end, &fix.text);
        before = fix.span.start.offset;
    }
    text
}
