//! What findings are about: by the rule's tags, then the table of producers, then the declaration.
//!
//! The table is data: `producers.tsv` beside this file. A producer that it does not know counts for security, so
//! that an unknown scanner is never taken for a linter.

use crate::model::{Category, Evidence, Finding, Kind, Severity};

/// `name<TAB>category`, lower case, one producer a line.
const PRODUCERS: &str = include_str!("producers.tsv");

/// The category of a producer's findings, by the longest name in the table that its name begins with.
fn of_producer(name: &str) -> Option<Category> {
    let name = name.to_ascii_lowercase();
    PRODUCERS
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(known, _)| {
            name.strip_prefix(known).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
        })
        .max_by_key(|(known, _)| known.len())
        .and_then(|(_, category)| Category::from_name(category))
}

/// The category that a rule's tags speak of, where they do so without doubt.
fn of_tags(finding: &Finding) -> Option<Category> {
    const WORDS: [(&str, Category); 12] = [
        ("vulnerability", Category::Sca),
        ("misconfiguration", Category::Iac),
        ("secret", Category::Secret),
        ("secrets", Category::Secret),
        ("license", Category::License),
        ("accessibility", Category::Accessibility),
        ("security", Category::Sast),
        ("formatting", Category::Format),
        ("complexity", Category::Complexity),
        ("duplication", Category::Duplication),
        ("lint", Category::Lint),
        ("style", Category::Lint),
    ];
    let tags = &finding.details.as_ref()?.tags;
    WORDS
        .iter()
        .find(|(word, _)| tags.iter().any(|tag| tag.eq_ignore_ascii_case(word)))
        .map(|(_, category)| *category)
        .or_else(|| tags.iter().any(|tag| tag.starts_with("external/cwe")).then_some(Category::Sast))
}

/// Gives every finding a category, and the file the kinds of content that its producers stand for.
pub(super) fn classify(file: &mut Evidence) {
    let by_producer: Vec<_> = file.producers.iter().map(|p| (p.name.clone(), of_producer(&p.name))).collect();
    let fallback = file.declared_category.unwrap_or(Category::Sast);
    let mut last: Option<(crate::model::Text, Option<Category>)> = None;
    for finding in file.findings.iter_mut().filter(|f| f.category.is_none()) {
        let known = match &last {
            Some((tool, category)) if *tool == finding.tool => *category,
            _ => {
                let category = of_producer(&finding.tool);
                last = Some((finding.tool.clone(), category));
                category
            }
        };
        // A linter's own tags ("style", "security") do not move it out of its gate; a scanner's refine it.
        let linter = known.is_some_and(|category| category.gate() == "code_quality");
        let tagged = if linter { None } else { of_tags(finding) };
        finding.category = Some(tagged.or(known).unwrap_or(fallback));
        if finding.category == Some(Category::Secret) {
            // Many scanners rate no secret at all, and the default of their format says nothing about one.
            finding.severity = finding.severity.max(Severity::High);
        }
    }
    if file.format != "sarif" || file.incomplete.iter().any(|i| i.code == "no-runs") {
        return;
    }
    for (_, category) in by_producer {
        let category = category.unwrap_or(fallback);
        file.proves(match category.gate() {
            "code_quality" => Kind::StaticAnalysis,
            "accessibility" => Kind::Accessibility,
            _ => Kind::SecurityScan,
        });
    }
}
