//! The decision by conftest's conventions: a row per namespace, a finding per message and document.
//!
//! What conftest would pass over is an error here; exceptions keep rules from failing and are listed with what they
//! kept from failing.

use serde_json::{Map, Value, json};

use super::{Context, conclude, seal};
use crate::ingest::documents::{Documents, ParsedFile};
use crate::model::{
    DECISION_SCHEMA, Decision, EvidenceView, Figures, GateResult, Item, Mode, Outcome, PolicyInfo, Problem,
    RuleResult, Severity, SeverityCount, Status, Subject, SubjectMatch, Verdict,
};
use crate::policy::{Answer, ConfigFile, ConventionSet, EntryRule, Namespace, PolicyError};

/// What is to be decided.
#[derive(Debug)]
pub struct ConventionRequest<'a> {
    /// The files.
    pub documents: Documents,
    /// The namespaces that are asked, as patterns; empty = all.
    pub namespaces: &'a [String],
    /// Whether all documents are one input: an array of `{path, contents}`.
    pub combine: bool,
    /// Whether warnings fail.
    pub fail_on_warn: bool,
    /// The environment's name, for the report.
    pub environment: &'a str,
    /// What the decision is about.
    pub subject: Subject,
    /// Why these conventions hold, where nobody asked for them; else empty.
    pub because: String,
}

/// What stands for the file where all documents are one input.
const COMBINED: &str = "Combined";

/// Decides.
pub fn evaluate(request: ConventionRequest<'_>, policies: &ConventionSet, context: &Context) -> Decision {
    let mut problems = request.documents.problems.clone();
    if problems.is_empty() && request.documents.files.is_empty() {
        problems.push(Problem {
            code: "usage".to_owned(),
            message: "there is no configuration file to judge".to_owned(),
            help: "give files or folders: `gate evaluate deployment.yaml --namespace main`".to_owned(),
            ..Problem::default()
        });
    }
    let asked = match request.namespaces {
        [] => Ok(policies.namespaces.iter().collect()),
        patterns => policies.named(patterns),
    };
    let asked: Vec<&Namespace> = asked.unwrap_or_else(|error| {
        problems.push(error.into());
        Vec::new()
    });
    if asked.is_empty() && problems.is_empty() {
        problems.push(
            PolicyError::new("no namespace has a rule `deny`, `violation` or `warn`")
                .help("write `deny contains msg if { ... }` in `package main`")
                .into(),
        );
    }
    let files = files(&request.documents.files, request.combine);
    let text = serde_json::to_string(&files).unwrap_or_default();
    let mut rows = Vec::new();
    if problems.is_empty() {
        match policies.ask(&asked, &files, context.timeout, &context.isolation) {
            Ok(answers) => {
                for namespace in &asked {
                    match row(namespace, &answers, &files, &request) {
                        Ok(row) => rows.push(row),
                        Err(error) => problems.push(error.into()),
                    }
                }
            }
            Err(error) => problems.push(error.into()),
        }
    }
    let others = policies.namespaces.iter().filter(|namespace| !asked.contains(namespace));
    rows.extend(others.map(not_asked));
    if !problems.is_empty() {
        rows.clear();
    }
    let partial = !asked.is_empty() && asked.len() < policies.namespaces.len();
    let (outcome, reason, remedy) = conclude(&rows, &problems, request.environment, partial);
    let mut decision = Decision {
        schema: DECISION_SCHEMA.to_owned(),
        id: String::new(),
        gate_version: env!("CARGO_PKG_VERSION").to_owned(),
        outcome,
        allowed: outcome == Outcome::Allow,
        reason,
        remedy,
        environment: request.environment.to_owned(),
        evaluated_at: context.now.to_string(),
        partial,
        gates_asked: asked.iter().map(|namespace| namespace.name.clone()).collect(),
        subject: request.subject,
        request: crate::model::RequestInfo::default(),
        policy: PolicyInfo {
            digest: policies.digest.clone(),
            input_digest: crate::digest::of(text.as_bytes()),
            set: "conftest".to_owned(),
            strict_builtin_errors: policies.is_strict(),
            modules: policies.modules.clone(),
            sources: Vec::new(),
            ignored: Vec::new(),
            ignored_total: 0,
        },
        gates: rows,
        findings_by_severity: Severity::ALL
            .into_iter()
            .map(|severity| SeverityCount { severity, count: 0 })
            .collect(),
        evidence: request.documents.files.iter().map(view).collect(),
        ignored: request.documents.ignored,
        errors: problems,
        figures: Figures::default(),
    };
    seal(&mut decision);
    decision
}

/// The inputs: a file with its documents, or all of them as one.
fn files(parsed: &[ParsedFile], combine: bool) -> Vec<ConfigFile> {
    let file = |path: &str, documents: Vec<Value>| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.into());
        let part = |part: Option<&std::path::Path>| {
            part.map(|part| part.to_string_lossy().replace('\\', "/")).unwrap_or_default()
        };
        ConfigFile {
            dir: part(absolute.parent()),
            name: part(absolute.file_name().map(std::path::Path::new)),
            documents,
        }
    };
    if !combine {
        return parsed.iter().map(|parsed| file(&parsed.path, parsed.documents.clone())).collect();
    }
    let mut sorted: Vec<&ParsedFile> = parsed.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    let all = sorted
        .into_iter()
        .flat_map(|parsed| parsed.documents.iter().map(|d| json!({ "path": parsed.path, "contents": d })))
        .collect();
    vec![file(COMBINED, vec![Value::Array(all)])]
}

fn not_asked(namespace: &Namespace) -> GateResult {
    let note = format!("not asked; `--namespace {}` or `--all-namespaces` does", namespace.name);
    GateResult {
        name: namespace.name.clone(),
        title: String::new(),
        mode: Mode::Enforce,
        status: Status::Off,
        summary: note.clone(),
        missing_evidence: Vec::new(),
        rules: namespace.rules.iter().map(|rule| plain(namespace, rule, Status::Off, &note)).collect(),
        report: Map::new(),
    }
}

fn plain(namespace: &Namespace, rule: &EntryRule, status: Status, note: &str) -> RuleResult {
    let kind = if rule.warns { "Warnings" } else { "Failures" };
    RuleResult {
        code: format!("{}.{}", namespace.name, rule.name),
        title: match rule.title.as_str() {
            "" => format!("{kind} of `{}`", rule.name),
            title => title.to_owned(),
        },
        status,
        note: note.to_owned(),
        measured: Vec::new(),
        verdicts: Vec::new(),
        remediation: rule.remediation.clone(),
        defined_in: rule.defined_in.clone(),
        about: crate::model::RuleAbout::default(),
    }
}

/// One namespace over all documents.
fn row(
    namespace: &Namespace,
    answers: &[Answer],
    files: &[ConfigFile],
    request: &ConventionRequest<'_>,
) -> Result<GateResult, PolicyError> {
    let mut results: Vec<RuleResult> =
        namespace.rules.iter().map(|rule| plain(namespace, rule, Status::Pass, "")).collect();
    let mut exceptions: Vec<Value> = Vec::new();
    let (mut documents, mut passed, mut failed, mut warned) = (0_u64, 0_u64, 0_u64, 0_u64);
    let expected: usize = files.iter().map(|file| file.documents.len()).sum();
    for answer in answers.iter().filter(|answer| answer.namespace == namespace.name) {
        documents += 1;
        let place = Place::of(answer, files, request);
        // As conftest counts: what is neither failure, warning nor exception is a success, rule by rule.
        let (mut said, mut successes) = (0_u64, 0_u64);
        for (rule, result) in namespace.rules.iter().zip(&mut results) {
            let value = answer.values.get(&rule.name);
            let messages = messages(rule, value)?;
            let excepted = answer.exceptions(rule);
            if excepted > 0 {
                said += excepted;
                let kept: Vec<&str> = messages.iter().map(|message| message.text.as_str()).collect();
                for _ in 0..excepted {
                    exceptions.push(json!({
                        "rule": rule.name, "path": place.path, "document": place.document, "suppressed": kept,
                    }));
                }
                continue;
            }
            if value.is_some() && messages.is_empty() {
                successes += 1;
            }
            let level = if rule.warns && !request.fail_on_warn { Status::Warn } else { Status::Fail };
            for message in messages {
                said += 1;
                *(if rule.warns { &mut warned } else { &mut failed }) += 1;
                result.status = result.status.max(level);
                result.verdicts.push(message.verdict(level, &place));
            }
        }
        let rules: u64 = namespace.rules.iter().map(|rule| rule.count).sum();
        passed += successes + rules.saturating_sub(said + successes);
    }
    if documents != expected as u64 {
        return Err(PolicyError::new(format!(
            "namespace `{}` answered for {documents} of {expected} documents",
            namespace.name
        )));
    }
    for (rule, result) in namespace.rules.iter().zip(&mut results) {
        let kept = exceptions.iter().filter(|e| e.get("rule").and_then(Value::as_str) == Some(&rule.name));
        match kept.count() {
            0 => {}
            1 => "excepted in 1 document".clone_into(&mut result.note),
            n => result.note = format!("excepted in {n} documents"),
        }
    }
    let status = results.iter().map(|rule| rule.status).max().unwrap_or(Status::Error);
    let summary = format!(
        "{failed} failure{}, {warned} warning{}, {} exception{}, {passed} passed in {documents} document{}",
        s(failed),
        s(warned),
        exceptions.len(),
        s(exceptions.len() as u64),
        s(documents)
    );
    let mut report = Map::new();
    if !request.because.is_empty() {
        report.insert("conventions".to_owned(), Value::from(request.because.as_str()));
    }
    report.insert("documents".to_owned(), Value::from(documents));
    report.insert("passed".to_owned(), Value::from(passed));
    if !exceptions.is_empty() {
        report.insert("exceptions".to_owned(), Value::Array(exceptions));
    }
    Ok(GateResult {
        name: namespace.name.clone(),
        title: String::new(),
        mode: Mode::Enforce,
        status,
        summary,
        missing_evidence: Vec::new(),
        rules: results,
        report,
    })
}

fn s(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// The document that an answer is about.
struct Place {
    path: String,
    /// From 1; 0 where the file has one document only.
    document: usize,
}

impl Place {
    fn of(answer: &Answer, files: &[ConfigFile], request: &ConventionRequest<'_>) -> Self {
        if request.combine {
            return Self { path: COMBINED.to_owned(), document: 0 };
        }
        let path = request.documents.files.get(answer.file).map(|file| file.path.clone());
        let several = files.get(answer.file).is_some_and(|file| file.documents.len() > 1);
        Self { path: path.unwrap_or_default(), document: if several { answer.document + 1 } else { 0 } }
    }
}

/// One thing that a rule says.
struct Message {
    text: String,
    fields: Map<String, Value>,
}

/// What a rule says. Texts and objects with `msg` count; everything else is an error.
fn messages(rule: &EntryRule, value: Option<&Value>) -> Result<Vec<Message>, PolicyError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let error = |what: String, help: &str| PolicyError {
        file: rule.defined_in.rsplit_once(':').map_or("", |(file, _)| file).to_owned(),
        line: rule.defined_in.rsplit_once(':').and_then(|(_, line)| line.parse().ok()).unwrap_or_default(),
        column: 1,
        ..PolicyError::new(what).help(help)
    };
    let Value::Array(items) = value else {
        return Err(error(
            format!("`{}` is not a set: conftest would take it for a success", rule.name),
            "write it as `deny contains msg if { ... }`, in Rego v0 as `deny[msg] { ... }`",
        ));
    };
    items
        .iter()
        .map(|item| match item {
            Value::String(text) => Ok(Message { text: text.clone(), fields: Map::new() }),
            Value::Object(fields) => {
                let mut fields = fields.clone();
                match fields.remove("msg") {
                    Some(Value::String(text)) => Ok(Message { text, fields }),
                    _ => Err(error(
                        format!("`{}` gives an object without a text in `msg`", rule.name),
                        "give `msg` as text",
                    )),
                }
            }
            other => Err(error(
                format!("`{}` gives `{other}`, which is neither text nor an object with `msg`", rule.name),
                "give text, or an object with `msg`",
            )),
        })
        .collect()
}

impl Message {
    fn verdict(self, level: Status, place: &Place) -> Verdict {
        let Self { text, mut fields } = self;
        let location = fields.remove("_loc");
        let said = |key: &str| location.as_ref().and_then(|location| location.get(key));
        let path = said("file").and_then(Value::as_str).filter(|file| !file.is_empty());
        let line = said("line").and_then(Value::as_u64).and_then(|line| u32::try_from(line).ok());
        let combined = place.path == COMBINED;
        let item = Item {
            kind: "document".to_owned(),
            // A document may be wrong in more than one way: what is said is a part of what it is.
            id: match place.document {
                0 => format!("{}: {text}", place.path),
                number => format!("{}#{number}: {text}", place.path),
            },
            name: path.unwrap_or(&place.path).to_owned(),
            path: path.unwrap_or(if combined { "" } else { &place.path }).to_owned(),
            line: line.unwrap_or_default(),
            symbol: match place.document {
                0 => String::new(),
                number => format!("number {number}"),
            },
            evidence: if combined || path.is_none() { Vec::new() } else { vec![place.path.clone()] },
            ..Item::default()
        };
        let remediation = match fields.remove("remediation") {
            Some(Value::String(text)) => text,
            other => {
                fields.extend(other.map(|other| ("remediation".to_owned(), other)));
                String::new()
            }
        };
        let message = match text.is_empty() {
            // For conftest an empty message is a success.
            true => "the policy gave an empty message".to_owned(),
            false => text,
        };
        Verdict {
            level,
            message,
            remediation,
            effective_on: None,
            items: vec![item],
            items_total: 1,
            details: fields,
        }
    }
}

fn view(file: &ParsedFile) -> EvidenceView {
    EvidenceView {
        name: file.path.clone(),
        sha256: file.sha256.clone(),
        bytes: file.bytes,
        format: file.parser.to_owned(),
        format_version: String::new(),
        producers: Vec::new(),
        kinds: Vec::new(),
        produced_at: None,
        subject_match: SubjectMatch::default(),
        usable: true,
        unusable_because: String::new(),
        incomplete: Vec::new(),
        warnings: Vec::new(),
        skipped: Vec::new(),
        skipped_total: 0,
    }
}
