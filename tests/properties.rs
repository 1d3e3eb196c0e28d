//! What holds of any evidence. `PROPTEST_CASES` says how often each is tried.

use gate::ingest::{self, Collected, Input};
use gate::model::{Decision, Evidence, Outcome, Severity, Status};
use gate::report::{Options, REPORTERS};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::evidence::{DEVELOPMENT, Files, Judge, LEVELS, Pipeline, cases, collected, fixtures, read};

/// Files longer than this are not cut at every byte.
const SMALL: usize = 700;

/// Ends at which the rest of a file is a file of the same format, and nothing tells that something is gone.
fn is_whole_without(name: &str, text: &str, cut: usize) -> bool {
    let before = text.get(..cut).unwrap_or_default();
    let after = text.get(cut..).unwrap_or_default();
    match name.rsplit('.').next() {
        // JSON lines: each line is a value.
        Some("jsonl") => {
            !before.trim().is_empty() && (before.ends_with('\n') || after.starts_with(['\n', '\r']))
        }
        // A trace: each record ends in a line of its own, and the next begins with the first letter of its path.
        Some("info") => before
            .rsplit_once("end_of_record")
            .is_some_and(|(_, tail)| tail.split_once("SF:").is_none_or(|(_, path)| path.is_empty())),
        _ => false,
    }
}

/// Reads a file that lies in a walked folder, where what is broken must not be passed over.
fn walked(folder: &std::path::Path, name: &str, bytes: &[u8]) -> Collected {
    std::fs::write(folder.join(name), bytes).unwrap();
    let inputs = vec![Input::Path(folder.to_string_lossy().into_owned())];
    ingest::collect(&ingest::Request { inputs, ..Default::default() }, &|_, _| {})
}

/// Cuts a file and says whether that was noticed: a problem, and so a decision that is an error.
fn notices(folder: &std::path::Path, (name, bytes): &(String, Vec<u8>), cut: usize) -> Result<(), String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let end = text.trim_end().len();
    if cut >= end || is_whole_without(name, text, cut) {
        return Ok(());
    }
    let found = walked(folder, name, &bytes[..cut]);
    if found.problems.is_empty() {
        return Err(format!("{name} cut at {cut} of {end}: {:?}, {:?}", found.evidence.len(), found.ignored));
    }
    Ok(())
}

#[test]
fn a_small_file_that_is_cut_at_any_byte_is_noticed() {
    let scratch = tempfile::tempdir().unwrap();
    for folder in ["pipeline/red", "pipeline/green"] {
        for file in fixtures(folder).into_iter().filter(|(_, bytes)| bytes.len() <= SMALL) {
            let folder = tempfile::tempdir_in(scratch.path()).unwrap();
            for cut in 0..file.1.len() {
                notices(folder.path(), &file, cut).unwrap();
            }
        }
    }
}

#[test]
fn what_is_noticed_of_a_cut_makes_the_decision_an_error() {
    let mut files = fixtures("pipeline/green");
    assert_eq!(DEVELOPMENT.of(&files).outcome, Outcome::Allow);
    for n in [1, 3, 10] {
        let whole = files[n].1.clone();
        files[n].1.truncate(whole.len() / 2);
        let decision = DEVELOPMENT.of(&files);
        assert_eq!(decision.outcome, Outcome::Error, "{}", decision.reason);
        files[n].1 = whole;
    }
}

/// Every file of the pipelines and the smaller ones of each format.
fn every_file() -> Vec<(String, Vec<u8>)> {
    let mut files = fixtures("pipeline/red");
    files.extend(fixtures("pipeline/green"));
    for format in gate::format::FORMATS {
        let of_format = fixtures(&format!("formats/{}", format.info().id));
        files.extend(of_format.into_iter().filter(|(_, bytes)| bytes.len() <= 18 * SMALL));
    }
    files
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn a_file_that_is_cut_anywhere_is_noticed(which in any::<Index>(), at in any::<Index>()) {
        thread_local! {
            static FILES: Vec<(String, Vec<u8>)> = every_file();
        }
        FILES.with(|files| {
            let file = which.get(files);
            let scratch = tempfile::tempdir().unwrap();
            notices(scratch.path(), file, at.index(file.1.len())).map_err(TestCaseError::fail)
        })?;
    }
}

/// Something bad that is added to evidence.
#[derive(Clone, Debug)]
enum Bad {
    /// A result of any level in a run that is there.
    Result(Index, usize, Option<&'static str>),
    /// A failure in a test report that is there.
    Test(Index, &'static str),
    /// Worse numbers of the load test that is there.
    Load(f64, u64, bool),
    /// A violation on the page that was tested.
    Violation(&'static str, &'static str),
    /// A line that no test reaches.
    Line(Index),
    /// A component of a denied licence.
    Component,
    /// One more run, with a grave result.
    Run(&'static str),
    /// One more test report, with a failure.
    Tests,
}

fn bad() -> impl Strategy<Value = Bad> {
    let level = proptest::option::of(select(&LEVELS[1..]));
    prop_oneof![
        (any::<Index>(), 0..4_usize, level).prop_map(|(run, rule, level)| Bad::Result(run, rule, level)),
        (any::<Index>(), select(&["failed", "error"][..])).prop_map(|(report, how)| Bad::Test(report, how)),
        (0.0..5000.0, 0..100_u64, any::<bool>()).prop_map(|(ms, failed, cross)| Bad::Load(ms, failed, cross)),
        (select(&["wcag2a", "best-practice"][..]), select(&["minor", "critical", "dire"][..]))
            .prop_map(|(tag, impact)| Bad::Violation(tag, impact)),
        any::<Index>().prop_map(Bad::Line),
        Just(Bad::Component),
        select(&["Bandit", "CodeQL", "Homemade"][..]).prop_map(Bad::Run),
        Just(Bad::Tests),
    ]
}

impl Bad {
    /// The evidence with this added, where there is something to add it to.
    fn added(&self, pipeline: &Pipeline) -> Option<Pipeline> {
        let mut more = pipeline.clone();
        match self {
            Self::Result(run, rule, level) if !more.runs.is_empty() => {
                let at = run.index(more.runs.len());
                more.runs[at].results.push((*rule, *level, false));
            }
            Self::Test(report, how) if !more.tests.is_empty() => {
                let at = report.index(more.tests.len());
                more.tests[at].push(how);
            }
            Self::Load(ms, failed, cross) => {
                let load = more.load.as_mut()?;
                load.p95 += ms;
                load.p99 += ms;
                load.failed = (load.failed + failed).min(load.requests);
                if *cross {
                    load.crossed.push(true);
                }
            }
            Self::Violation(tag, impact) => more.axe.as_mut()?.push((tag, impact)),
            Self::Line(file) => {
                let files = more.coverage.as_mut()?;
                let at = file.index(files.len());
                files[at].push(0);
            }
            Self::Component => more.components.as_mut()?.push(("GPL-3.0-only", true)),
            Self::Run(tool) => more.runs.push(crate::evidence::Run {
                tool,
                rules: vec![("error", Some(9.8))],
                results: vec![(0, Some("error"), false)],
            }),
            Self::Tests => more.tests.push(vec!["passed", "failed"]),
            Self::Result(..) | Self::Test(..) => return None,
        }
        Some(more)
    }
}

/// Open findings at or above a severity.
fn open(decision: &Decision, least: Severity) -> u64 {
    decision.findings_by_severity.iter().filter(|s| s.severity >= least).map(|s| s.count).sum()
}

/// Holds a decision against that of the same evidence with something bad added.
fn is_no_better(before: &Decision, after: &Decision) -> Result<(), TestCaseError> {
    if before.outcome != Outcome::Allow {
        prop_assert_ne!(after.outcome, Outcome::Allow, "{} became {}", before.reason, after.reason);
    }
    for (was, is) in before.gates.iter().zip(&after.gates) {
        if was.status >= Status::Fail {
            prop_assert!(is.status >= Status::Fail, "{}: {} became {}", was.name, was.summary, is.summary);
        }
    }
    // The same finding in two reports is one, as grave as the worse of them: counted are those at or above each.
    for least in Severity::ALL {
        let (was, is) = (open(before, least), open(after, least));
        prop_assert!(was <= is, "{least} or worse: {was} became {is}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn something_bad_never_makes_a_decision_better(pipeline in Pipeline::any(), bad in bad()) {
        if let Some(more) = bad.added(&pipeline) {
            is_no_better(&DEVELOPMENT.of(&pipeline.files()), &DEVELOPMENT.of(&more.files()))?;
        }
    }
}

#[test]
fn something_bad_never_makes_the_sample_pipelines_better() {
    for folder in ["pipeline/red", "pipeline/green"] {
        let files = fixtures(folder);
        let before = DEVELOPMENT.of(&files);
        let run = Bad::Run("Bandit");
        let nothing = Pipeline {
            runs: Vec::new(),
            tests: Vec::new(),
            load: None,
            axe: None,
            coverage: None,
            components: None,
        };
        for bad in [run, Bad::Tests] {
            let mut more = files.clone();
            more.extend(bad.added(&nothing).unwrap().files());
            let after = DEVELOPMENT.of(&more);
            is_no_better(&before, &after).unwrap();
            assert_eq!(after.outcome, Outcome::Block, "{bad:?}: {}", after.reason);
        }
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn the_order_of_the_files_never_changes_a_byte(
        (files, shuffled) in Pipeline::any()
            .prop_map(|pipeline| pipeline.files())
            .prop_flat_map(|files| (Just(files.clone()), Just(files).prop_shuffle())),
    ) {
        let text = |files| serde_json::to_string(&DEVELOPMENT.of(&files)).unwrap();
        prop_assert_eq!(text(files), text(shuffled));
    }
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn the_order_of_real_files_never_changes_a_byte(
        shuffled in Just(()).prop_map(|()| fixtures("pipeline/red")).prop_shuffle(),
    ) {
        let evidence = |files: &Files| read(files).evidence;
        let text = |evidence: Vec<Evidence>| serde_json::to_string(&DEVELOPMENT.decide(collected(evidence))).unwrap();
        prop_assert_eq!(text(evidence(&fixtures("pipeline/red"))), text(evidence(&shuffled)));
    }
}

// Secrets.

fn secret() -> impl Strategy<Value = String> {
    prop_oneof!["AKIA[A-Z2-7]{16}", "ghp_[A-Za-z0-9]{36}", "[0-9a-f]{40}", "[A-Za-z0-9+/]{24}=="]
}

/// Where tools are known to write a secret that they found.
fn leaks(secret: &str) -> Files {
    let quoted = format!("Possible hardcoded password: '{secret}'");
    let code = format!("6 TOKEN = \"{secret}\"\n7 \n");
    let region = json!({"startLine": 6, "snippet": {"text": code}});
    let sarif = |driver: &str, rule: &str, text: &str| {
        json!({"version": "2.1.0", "runs": [{
            "tool": {"driver": {"name": driver, "rules": [{"id": rule, "shortDescription": {"text": "A credential"}}]}},
            "invocations": [{"executionSuccessful": true, "commandLine": format!("scan --token {secret}"),
                "arguments": [secret], "environmentVariables": {"TOKEN": secret}}],
            "artifacts": [{"location": {"uri": "a.py"}, "contents": {"text": code}}],
            "results": [{"ruleId": rule, "ruleIndex": 0, "level": "error", "message": {"text": text},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": region,
                    "contextRegion": region}}],
                "codeFlows": [{"message": {"text": secret}, "threadFlows": []}],
                "fixes": [{"description": {"text": secret}, "artifactChanges": []}],
                "partialFingerprints": {"commitSha": secret, "commitMessage": secret},
                "fingerprints": {"a": secret}}],
        }]})
    };
    let plain = "A credential was found.";
    let trivy_text = format!("Artifact: a.py\nType: \nSecret AWS\nSeverity: CRITICAL\nMatch: KEY = {secret}");
    let eslint = format!("Found a string with entropy 4.2 : \"{secret}\"");
    let gitleaks = format!("aws-access-token has detected secret {secret} for file a.py.");
    let mut files: Vec<(&str, Value)> = vec![
        (
            "gitleaks.json",
            json!([{"RuleID": "aws", "Description": "AWS key", "StartLine": 1, "EndLine": 1,
            "StartColumn": 1, "EndColumn": 9, "Match": format!("key={secret}"), "Secret": secret, "File": "a.py",
            "SymlinkFile": "", "Commit": "", "Entropy": 4.2, "Author": "", "Email": "", "Date": "",
            "Message": format!("add {secret}"), "Line": code, "Link": format!("https://e.example/{secret}"),
            "Tags": [], "Fingerprint": "a.py:aws:1"}]),
        ),
        (
            "trivy.json",
            json!({"SchemaVersion": 2, "ArtifactName": ".", "ArtifactType": "repository", "Results": [
            {"Target": "a.py", "Class": "secret", "Secrets": [{"RuleID": "aws", "Category": "AWS",
                "Severity": "CRITICAL", "Title": "AWS key", "StartLine": 1, "EndLine": 1, "Match": format!("KEY={secret}"),
                "Code": {"Lines": [{"Number": 1, "Content": code, "Highlighted": secret, "IsCause": true}]}}]}]}),
        ),
        (
            "semgrep.json",
            json!({"version": "1.0", "errors": [], "paths": {"scanned": ["a.py"]}, "results": [
            {"check_id": "rules.secrets.aws", "path": "a.py", "start": {"line": 6, "col": 1}, "end": {"line": 6, "col": 9},
             "extra": {"message": format!("Key {secret} in code"), "severity": "ERROR", "lines": code,
                "fingerprint": secret, "fix": secret, "metadata": {"category": "security"},
                "metavars": {"$X": {"abstract_content": secret}}, "dataflow_trace": {"x": secret}}}]}),
        ),
        (
            "bandit.json",
            json!({"errors": [], "generated_at": "2026-11-22T10:00:00Z", "metrics": {"_totals": {"loc": 9}},
            "results": [{"code": code, "filename": "a.py", "issue_confidence": "MEDIUM", "issue_severity": "LOW",
                "issue_cwe": {"id": 259, "link": ""}, "issue_text": quoted, "line_number": 6, "line_range": [6],
                "more_info": "https://e.example", "test_id": "B105", "test_name": "hardcoded_password_string"}]}),
        ),
        (
            "eslint.json",
            json!([{"filePath": "a.js", "messages": [{"ruleId": "no-secrets/no-secrets", "severity": 2,
            "message": eslint, "line": 1, "column": 1}],
            "errorCount": 1, "warningCount": 0, "fatalErrorCount": 0, "fixableErrorCount": 0, "fixableWarningCount": 0,
            "suppressedMessages": [], "source": code}]),
        ),
        ("snippet.sarif", sarif("Homemade", "X1", plain)),
        ("gitleaks.sarif", sarif("gitleaks", "aws", &gitleaks)),
        ("trivy.sarif", sarif("Trivy", "aws", &trivy_text)),
        ("ruff.sarif", sarif("ruff", "S105", &format!("Possible hardcoded password: \"{secret}\""))),
        ("eslint.sarif", sarif("ESLint", "no-secrets/no-secrets", &eslint)),
        ("semgrep.sarif", sarif("Semgrep OSS", "rules.secrets.aws", &format!("Key {secret} in code"))),
    ];
    for rule in ["B105", "B106", "B107"] {
        files.push((rule, sarif("Bandit", rule, &quoted)));
    }
    let mut files: Files =
        files.into_iter().map(|(name, value)| (name.to_owned(), value.to_string().into_bytes())).collect();
    let scanner = format!(
        "<testsuites><testsuite name=\"gitleaks\"><testcase name=\"aws has detected a secret in file a.py, line 1\" \
         classname=\"AWS\" file=\"a.py\"><failure message=\"found\" type=\"\">{secret}</failure></testcase>\
         </testsuite></testsuites>"
    );
    files.push(("gitleaks.xml".to_owned(), scanner.into_bytes()));
    files
}

proptest! {
    #![proptest_config(cases(3))]

    #[test]
    fn a_secret_that_a_scanner_found_is_in_no_output(secret in secret()) {
        // Lists are built for a policy that reads them: all of them for one that reads the input as a whole.
        let whole = "package gate.security\n\nwarn contains {\"code\": \"T-1\", \"msg\": json.marshal(x)} if {\n\tx := input\n}\n";
        let judge = Judge::new("development", &[("whole.rego", whole)]);
        for file in leaks(&secret) {
            let files = vec![file];
            let found = read(&files);
            prop_assert!(found.problems.is_empty(), "{:?}", found.problems);
            let name = &files[0].0;
            prop_assert!(!format!("{:?}", found.evidence).contains(&secret), "{}: {:?}", name, found.evidence[0].findings);
            prop_assert!(!judge.input(read(&files)).contains(&secret), "{}: the policy input", name);
            let decision = judge.decide(found);
            let shown = decision.gates.iter().flat_map(|g| &g.rules).flat_map(|r| &r.verdicts).count();
            prop_assert!(shown > 0, "{}: nothing was found", name);
            for reporter in REPORTERS {
                let text = reporter.render(&decision, &Options::default());
                prop_assert!(!text.contains(&secret), "{}: {}", name, reporter.info().id);
            }
        }
    }
}
