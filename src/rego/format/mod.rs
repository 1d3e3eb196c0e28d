//! Rego in its canonical layout, which is that of `opa fmt`.
//!
//! Where the source breaks a line, the layout does, too; what is on one line stays on it. A text is never changed in
//! its meaning: what was laid out is read again, and must be the same tree with the same comments.

mod build;
mod build_term;
mod expr;
mod import;
mod rule;
mod sequence;
mod show;
mod term;
mod tree;
mod writer;

use super::SyntaxError;
use super::ast::{Import, Module, Place, Version};
use super::parse_module;
use build::Builder;
use tree::{Loc, Rule};
use writer::{Dialect, Note, Writer};

/// Lays a module out.
///
/// # Errors
/// With the first place where the text breaks the grammar; and where the layout would not say the same as the text.
pub fn format_module(text: &str, version: Version) -> Result<String, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let module = parse_module(text, version)?;
    let formatted = laid_out(text, &module, version);
    let same = parse_module(&formatted, version)
        .is_ok_and(|again| summary(text, &module) == summary(&formatted, &again));
    if !same {
        return Err(SyntaxError::new(
            "the layout would lose a comment or change the meaning",
            Place { offset: 0, line: 1, column: 1 },
        )
        .help("move comments out of the middle of terms and expressions"));
    }
    Ok(formatted)
}

fn rules<'a>(text: &'a str, module: &'a Module) -> Vec<Rule<'a>> {
    let builder = Builder { source: text, comments: &module.comments, fixed: None };
    module.rules.iter().map(|rule| builder.rule(rule)).collect()
}

/// Everything that a layout must keep.
fn summary(text: &str, module: &Module) -> (Vec<String>, Vec<Vec<String>>, Vec<String>, Vec<String>) {
    let mut imports: Vec<Vec<String>> = module
        .imports
        .iter()
        .map(|import| import.path.iter().chain(&import.alias).cloned().collect())
        .filter(|import: &Vec<String>| import.first().is_none_or(|root| root != "future" && root != "rego"))
        .collect();
    imports.sort();
    let rules = rules(text, module)
        .iter()
        .map(|rule| {
            let mut out = String::new();
            show::rule(&mut out, rule);
            out
        })
        .collect();
    let mut comments: Vec<String> =
        module.comments.iter().map(|comment| comment.text.trim_end().to_owned()).collect();
    comments.sort();
    (module.package.path.clone(), imports, rules, comments)
}

fn is(import: &Import, path: &[&str]) -> bool {
    import.path.iter().map(String::as_str).eq(path.iter().copied())
}

fn dialect(module: &Module, rules: &[Rule<'_>], version: Version) -> Dialect {
    let has = |path: &[&str]| module.imports.iter().any(|import| is(import, path));
    let v1 = version == Version::V1;
    let all = v1 || has(&["rego", "v1"]) || has(&["rego", "v2"]) || has(&["future", "keywords"]);
    let mut words =
        vec!["not", "package", "import", "as", "default", "else", "with", "null", "true", "false", "some"];
    if v1 || has(&["rego", "v2"]) {
        words.extend(["if", "contains", "in", "every"]);
    }
    if has(&["rego", "v2"]) {
        words.extend(["and", "or"]);
    }
    let mut keywords: Vec<String> = words.into_iter().map(str::to_owned).collect();
    keywords.extend(module.imports.iter().filter_map(|import| match import.path.as_slice() {
        [future, keyword, word] if future == "future" && keyword == "keywords" => Some(word.clone()),
        _ => None,
    }));
    let long_heads = rules.iter().any(|rule| {
        let head = &rule.head;
        head.reference.len() > 2 || (head.reference.len() == 2 && head.key.is_some() && head.value.is_none())
    });
    Dialect {
        v1,
        ifs: all || has(&["future", "keywords", "if"]),
        contains: all || has(&["future", "keywords", "contains"]),
        long_heads,
        keywords,
    }
}

/// Imports that the layout keeps: those of keywords go where `import rego.v1` says them all.
fn kept_imports(module: &Module) -> Vec<&Import> {
    let named = |path: &[&str]| module.imports.iter().any(|import| is(import, path));
    let (v1, v2) = (named(&["rego", "v1"]), named(&["rego", "v2"]));
    let own = |import: &Import| matches!(import.path.as_slice(), [_, _, word] if matches!(word.as_str(), "and" | "or" | "not"));
    module
        .imports
        .iter()
        .filter(|import| match import.path.first().map(String::as_str) {
            Some("future") => !(v2 || v1 && !own(import)),
            Some("rego") => !(v2 && is(import, &["rego", "v1"])),
            _ => true,
        })
        .collect()
}

fn laid_out(text: &str, module: &Module, version: Version) -> String {
    let rules = rules(text, module);
    let comments = module
        .comments
        .iter()
        .map(|comment| Note {
            row: comment.span.start.line,
            text: comment.span.of(text).trim_end(),
            is_metadata: comment.span.start.column == 1 && comment.text.trim().starts_with("METADATA"),
        })
        .collect();
    let mut writer = Writer::new(text, dialect(module, &rules, version), comments);
    let package = Loc::of(module.package.span);
    let _ = writer.comments_to(package);
    writer.start_line();
    writer.write("package ");
    writer.path(&module.package.path, module.package.span);
    writer.blank_line();

    // Imports may stand between rules.
    let mut imports = kept_imports(module).into_iter().peekable();
    let mut rest = rules.as_slice();
    while imports.peek().is_some() || !rest.is_empty() {
        let first_rule = rest.first().map_or(u32::MAX, |rule| rule.loc.start);
        let mut group = Vec::new();
        while let Some(import) = imports.next_if(|import| import.span.start.offset < first_rule) {
            group.push(import);
        }
        writer.imports(&group);
        let next_import = imports.peek().map_or(u32::MAX, |import| import.span.start.offset);
        let count = rest.iter().take_while(|rule| rule.loc.start < next_import).count();
        let (now, later) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        writer.rules(now);
        rest = later;
    }
    for i in writer.next..writer.comments.len() {
        if let Some(note) = writer.comments.get(i).cloned() {
            writer.write_line(note.text);
        }
    }
    let mut out = writer.out;
    out.truncate(out.trim_end_matches('\n').len());
    out.push('\n');
    out
}
