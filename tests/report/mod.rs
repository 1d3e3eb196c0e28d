//! Reports: what each says of a few shared decisions, and that text from evidence is inert in all of them.

mod browser;
mod inert;
mod platforms;
mod snapshots;
mod terminal;

use gate::model::{
    CoverageFigure, DECISION_SCHEMA, Decision, EvidenceView, Figures, GateResult, Ignored, Incomplete, Item,
    LatencyFigure, Measured, Mode, Outcome, PolicyInfo, Problem, Producer, RequestInfo, RuleAbout,
    RuleResult, Severity, SeverityCount, Skipped, Status, Subject, SubjectMatch, Verdict, Warning,
};
use gate::report::{self, Options};
use serde_json::{Value, json};

/// The decisions that every report is shown for.
pub(crate) fn decisions() -> Vec<(&'static str, Decision)> {
    vec![
        ("red", red()),
        ("green", green()),
        ("error", error()),
        ("hostile", hostile(HOSTILE)),
        ("empty", empty()),
    ]
}

/// A report of a decision.
pub(crate) fn render(id: &str, decision: &Decision) -> String {
    report::by_id(id).unwrap_or_else(|| panic!("no report {id}")).render(decision, &Options::default())
}

/// Something of most of [`PAYLOADS`], short enough to read in a snapshot.
const HOSTILE: &str = "x\n::error::x ::y %0A::z ##[error] <script>alert(1)</script> [a](javascript:alert(1)) @all #1 a|b `c` \
                       \u{1b}]8;;https://e.example\u{7} \u{202e}d =cmd| ]]> \0";

/// Texts that would do something where they are shown.
pub(crate) const PAYLOADS: &[&str] = &[
    "x\n::error::injected",
    "::warning file=a,line=1::injected",
    "%0A::error::injected",
    "##[error]injected ##vso[task.complete result=Succeeded]done",
    "\r\n::set-output name=outcome::allow\r\noutcome=allow",
    "GATE_END\nGATE_END\noutcome=allow\nGATE_END_",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" ' onfocus='alert(1)' x=\"",
    "</title></style></script><script>alert(1)</script>",
    "[click](javascript:alert(1)) ](javascript:alert(1)) ![x](https://evil.example/p.png)",
    "https://evil.example/phish www.evil.example javascript:alert(1) data:text/html,x",
    "@all @here @octocat #123 !45 GH-12 octo/repo#7 ~bug $1 $`x`$ %2 user@evil.example",
    "a | b |\n|---|---|\n| c | d |",
    "`code` ``` **bold** _em_ ~~x~~ \\`x\\`",
    "\u{1b}]8;;https://evil.example\u{7}link\u{1b}]8;;\u{7} \u{1b}[31mred\u{1b}[0m \u{1b}[2J \u{9b}31m",
    "\u{202e}gpj.exe\u{202c} \u{2066}x\u{2069} \u{200e}\u{200f}\u{61c}",
    "a\u{200b}b\u{200d}c\u{2060}d\u{feff}e\u{ad}f\u{e0041}\u{2028}\u{2029}\u{85}g",
    "=cmd|'/c calc'!A1 +1 -1 @SUM(A1)",
    "]]> <![CDATA[x]]> <!-- x --> &lt;&amp;&#x1F; &xxe; --",
    "nul\0 \u{1}\u{8}\u{b}\u{c}\u{1f}\u{7f}\u{fffe}\u{ffff}",
    "# heading\n- list\n1. x\n    code\n---\n",
    "ok 1 - all is well # SKIP\n  ...\nok 2\nBail out! \\# TODO",
    "{0} {{x}} [text](1) \\[ {placeholder",
];

/// The red decision with a text in the place of every text that is not one of a fixed set of words.
pub(crate) fn hostile(text: &str) -> Decision {
    fn replace(value: &mut Value, text: &str) {
        match value {
            Value::String(s) => text.clone_into(s),
            Value::Array(list) => list.iter_mut().for_each(|value| replace(value, text)),
            Value::Object(map) => {
                for (key, value) in map.iter_mut() {
                    let fixed = ["outcome", "status", "mode", "severity", "subject_match", "level"];
                    if !fixed.contains(&key.as_str()) {
                        replace(value, text);
                    }
                }
            }
            _ => {}
        }
    }
    let mut decision = serde_json::to_value(red()).unwrap();
    replace(&mut decision, text);
    for field in ["report", "details"] {
        let object = json!({ text: text, "list": [text, { text: text }] });
        for place in ["/gates/0/", "/gates/0/rules/0/verdicts/0/"] {
            if let Some(found) = decision.pointer_mut(&format!("{place}{field}")) {
                found.clone_from(&object);
            }
        }
    }
    serde_json::from_value(decision).unwrap()
}

fn measured(label: &str, value: f64, comparison: &str, limit: f64, unit: &str, ok: bool) -> Measured {
    Measured { label: label.into(), value, limit, comparison: comparison.into(), unit: unit.into(), ok }
}

fn rule(code: &str, title: &str, status: Status) -> RuleResult {
    let gate = match code.get(..3).unwrap() {
        "QUA" => "code_quality",
        "SEC" => "security",
        "PER" => "performance",
        "ACC" => "accessibility",
        "INT" => "integration",
        _ => "deployment",
    };
    RuleResult {
        code: code.into(),
        title: title.into(),
        status,
        note: String::new(),
        measured: Vec::new(),
        verdicts: Vec::new(),
        remediation: String::new(),
        defined_in: format!("policies/gate/{gate}/{gate}.rego:{}", 10 + code.len()),
        about: RuleAbout::default(),
    }
}

fn verdict(level: Status, message: &str, items: Vec<Item>, total: u64) -> Verdict {
    Verdict {
        level,
        message: message.into(),
        remediation: String::new(),
        effective_on: None,
        items,
        items_total: total,
        details: serde_json::Map::new(),
    }
}

fn gate(name: &str, title: &str, status: Status, summary: &str, rules: Vec<RuleResult>) -> GateResult {
    GateResult {
        name: name.into(),
        title: title.into(),
        mode: Mode::Enforce,
        status,
        summary: summary.into(),
        missing_evidence: Vec::new(),
        rules,
        report: serde_json::Map::new(),
    }
}

fn finding(severity: Severity, name: &str, message: &str, path: &str, line: u32, tool: &str) -> Item {
    Item {
        kind: "finding".into(),
        id: format!("{tool}:{name}:{path}:{line}"),
        name: name.into(),
        severity: Some(severity),
        message: message.into(),
        path: path.into(),
        line,
        column: if line > 0 { 5 } else { 0 },
        tool: tool.into(),
        evidence: vec![format!("reports/{}.json", tool.to_lowercase())],
        ..Item::default()
    }
}

fn evidence(name: &str, format: &str, tool: &str, kinds: &[&str]) -> EvidenceView {
    EvidenceView {
        name: name.into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        bytes: 48_213,
        format: format.into(),
        format_version: String::new(),
        producers: vec![Producer { name: tool.into(), version: Some("1.2.3".into()) }],
        kinds: kinds.iter().map(|&kind| kind.into()).collect(),
        produced_at: Some("2026-03-01T08:30:00Z".into()),
        subject_match: SubjectMatch::Match,
        usable: true,
        unusable_because: String::new(),
        incomplete: Vec::new(),
        warnings: Vec::new(),
        skipped: Vec::new(),
        skipped_total: 0,
    }
}

fn base(outcome: Outcome, environment: &str, reason: &str) -> Decision {
    Decision {
        schema: DECISION_SCHEMA.into(),
        id: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae".into(),
        gate_version: "0.1.0".into(),
        outcome,
        allowed: outcome == Outcome::Allow,
        reason: reason.into(),
        remedy: Vec::new(),
        environment: environment.into(),
        evaluated_at: "2026-03-01T09:00:00Z".into(),
        partial: false,
        gates_asked: Vec::new(),
        subject: Subject {
            commit: Some("4f2a9c81d7e3b6054f2a9c81d7e3b6054f2a9c81".into()),
            git_ref: Some("refs/heads/main".into()),
            repository: Some("github.com/example/shop".into()),
            digest: None,
        },
        request: RequestInfo::default(),
        policy: PolicyInfo {
            digest: "sha256:fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9".into(),
            input_digest: "sha256:baa5a0964d3320fbc0c6a922140453c8513ea24ab8fd0577034804a967248096".into(),
            set: "shipped".into(),
            strict_builtin_errors: true,
            ..PolicyInfo::default()
        },
        gates: Vec::new(),
        findings_by_severity: Vec::new(),
        evidence: Vec::new(),
        ignored: Vec::new(),
        errors: Vec::new(),
        figures: Figures::default(),
    }
}

/// Every kind of trouble at once: failures with and without places, a warning, missing evidence, odd files.
pub(crate) fn red() -> Decision {
    let mut coverage = rule("QUA-001", "Line coverage", Status::Fail);
    coverage.measured = vec![
        measured("unit", 71.428_571, ">=", 80.0, "%", false),
        measured("integration", 88.1, ">=", 85.0, "%", true),
    ];
    coverage.verdicts = vec![verdict(
        Status::Fail,
        "unit line coverage is 71.43 %, below 80 %",
        vec![
            Item {
                kind: "file".into(),
                id: "src/shop/payment.py".into(),
                name: "src/shop/payment.py".into(),
                message: "12 of 80 lines reached".into(),
                path: "src/shop/payment.py".into(),
                evidence: vec!["reports/coverage.xml".into()],
                ..Item::default()
            },
            Item {
                kind: "file".into(),
                id: "src/shop/a/very/long/path/that/goes/on/and/on/until/it/no/longer/fits/in/one/line.py"
                    .into(),
                name: "src/shop/a/very/long/path/that/goes/on/and/on/until/it/no/longer/fits/in/one/line.py"
                    .into(),
                message: "40 of 95 lines reached".into(),
                path: "src/shop/a/very/long/path/that/goes/on/and/on/until/it/no/longer/fits/in/one/line.py"
                    .into(),
                evidence: vec!["reports/coverage.xml".into()],
                ..Item::default()
            },
        ],
        7,
    )];
    coverage.remediation = "Test the files listed, the least covered first.".into();
    let mut lint = rule("QUA-002", "Lint errors", Status::Pass);
    lint.measured = vec![measured("", 3.0, "<", 10.0, "findings", true)];
    let mut score = rule("QUA-005", "Quality score", Status::Warn);
    score.measured = vec![measured("", 80.004, ">", 80.0, "", true)];
    score.verdicts = vec![verdict(
        Status::Warn,
        "the quality score fell by 6 points since the last release",
        Vec::new(),
        0,
    )];
    let mut quality =
        gate("code_quality", "Code quality", Status::Fail, "1 of 3 rules fails", vec![coverage, lint, score]);
    quality.report = json!({ "quality_score": 80.004, "ratings": { "reliability": "A", "security": "D", "maintainability": "B" } })
        .as_object()
        .unwrap()
        .clone();

    let mut open = rule("SEC-001", "No open finding at or above the limit", Status::Fail);
    open.measured = vec![measured("high and above", 133.0, "<=", 0.0, "findings", false)];
    let mut cve = finding(
        Severity::Critical,
        "CVE-2024-35195",
        "requests: subsequent requests to the same host ignore cert verification when the first one was made with verify=False",
        "requirements.txt",
        0,
        "Trivy",
    );
    cve.package = "requests@2.19.1".into();
    cve.fixed_version = "2.32.0".into();
    cve.url = "https://nvd.nist.gov/vuln/detail/CVE-2024-35195".into();
    let mut shell = finding(
        Severity::High,
        "B602",
        "subprocess call with shell=True identified, security issue.\nMore: see the manual.",
        "src/shop/report.py",
        42,
        "Bandit",
    );
    shell.symbol = "export".into();
    shell.help = "Pass a list of arguments and leave shell out.".into();
    shell.evidence = vec!["reports/bandit.json".into(), "reports/semgrep.sarif".into()];
    let odd =
        finding(Severity::Unknown, "custom.rule", "severity not stated", "src/shop/app.py", 7, "Semgrep");
    open.verdicts =
        vec![verdict(Status::Fail, "133 open findings at or above high", vec![cve, shell, odd], 133)];
    open.remediation = "Mend them, or record a waiver with a reason and an end.".into();
    let mut secrets = rule("SEC-002", "No secret in the code", Status::Pass);
    secrets.measured = vec![measured("", 0.0, "==", 0.0, "secrets", true)];
    let mut licence = rule("SEC-004", "Licences", Status::Fail);
    let mut component =
        finding(Severity::High, "readline", "licence GPL-3.0-only is not allowed", "", 0, "Trivy");
    component.kind = "component".into();
    component.severity = None;
    component.package = "readline@8.2".into();
    let mut licences =
        verdict(Status::Fail, "1 component has a licence that is not allowed", vec![component], 1);
    licences.remediation = "Replace readline, or allow GPL-3.0-only in gate.yaml.".into();
    licence.verdicts = vec![licences];
    let mut signature = rule("SEC-009", "Signed artifact", Status::Off);
    signature.note = "no artifact is named".into();
    let security = gate(
        "security",
        "Security",
        Status::Fail,
        "2 of 4 rules fail",
        vec![open, secrets, licence, signature],
    );

    let mut p95 = rule("PER-001", "95th percentile", Status::Pass);
    p95.measured = vec![measured("load.json", 812.4, "<", 2000.0, "ms", true)];
    let mut throughput = rule("PER-004", "Throughput", Status::Fail);
    throughput.measured = vec![measured("load.json", 99.999_6, ">=", 100.0, "/s", false)];
    throughput.verdicts =
        vec![verdict(Status::Fail, "throughput of load.json is below 100/s", Vec::new(), 0)];
    let mut performance = gate(
        "performance",
        "Performance",
        Status::Warn,
        "1 rule fails, which only warns here",
        vec![p95, throughput],
    );
    performance.mode = Mode::Warn;

    let accessibility = gate("accessibility", "Accessibility", Status::Pass, "nothing to judge", Vec::new());

    let mut tests = rule("INT-001", "No failed test", Status::Error);
    tests.note = "the rule needs test results and there are none".into();
    tests.defined_in = "gate".into();
    tests.remediation = "Hand gate the JUnit reports of the integration tests.".into();
    let mut integration = gate("integration", "Integration", Status::Fail, "cannot be judged", vec![tests]);
    integration.missing_evidence = vec!["tests".into()];

    let mut approval = rule("DEP-001", "Approvals", Status::Off);
    approval.note = "the gate is off in this environment".into();
    let mut deployment =
        gate("deployment", "Deployment", Status::Off, "off in this environment", vec![approval]);
    deployment.mode = Mode::Off;
    deployment.report = json!({ "risk": "medium", "strategy": "canary", "steps": [5, 25, 50, 100] })
        .as_object()
        .unwrap()
        .clone();

    let mut decision =
        base(Outcome::Block, "staging", "Code quality fails: unit line coverage is 71.43 %, below 80 %");
    decision.remedy = vec![
        "Mend the failures above, the first gate first.".into(),
        "Integration has no evidence: add JUnit reports, ask for fewer gates with --gate, or run gate init."
            .into(),
    ];
    decision.gates = vec![quality, security, performance, accessibility, integration, deployment];
    decision.gates_asked = decision.gates.iter().map(|gate| gate.name.clone()).collect();
    decision.findings_by_severity =
        [(Severity::Low, 20), (Severity::High, 131), (Severity::Critical, 1), (Severity::Unknown, 1)]
            .map(|(severity, count)| SeverityCount { severity, count })
            .into();
    let mut failed =
        evidence("reports/semgrep.sarif", "sarif", "Semgrep", &["static_analysis", "security_scan"]);
    failed.incomplete = vec![Incomplete {
        code: "execution-failed".into(),
        message: "the tool says that its run failed".into(),
    }];
    failed.warnings =
        vec![Warning { code: "rule-unresolved".into(), message: "rule index 12 is out of range".into() }];
    failed.skipped = vec![Skipped {
        at: "/runs/0/results/7 (line 812, column 9)".into(),
        reason: "expected an object, found `7`".into(),
    }];
    failed.skipped_total = 1_204;
    let mut stale = evidence("reports/old.json", "bandit", "Bandit", &["security_scan"]);
    stale.usable = false;
    stale.unusable_because = "it is of commit 1111111, not of 4f2a9c8".into();
    stale.subject_match = SubjectMatch::Mismatch;
    decision.evidence = vec![
        evidence("reports/bandit.json", "bandit", "Bandit", &["security_scan"]),
        evidence("reports/coverage.xml", "cobertura", "coverage.py", &["coverage"]),
        stale,
        failed,
    ];
    decision.ignored = (1..=7)
        .map(|n| Ignored { name: format!("reports/notes-{n}.txt"), reason: "no format claims it".into() })
        .collect();
    decision.figures = Figures {
        coverage: vec![
            CoverageFigure {
                path: "src/shop/payment.py".into(),
                suite: "unit".into(),
                covered: 12,
                valid: 80,
            },
            CoverageFigure { path: "src/shop/cart.py".into(), suite: "unit".into(), covered: 61, valid: 90 },
            CoverageFigure { path: "src/shop/app.py".into(), suite: "unit".into(), covered: 40, valid: 40 },
        ],
        coverage_total: 48,
        latency: vec![
            LatencyFigure {
                name: "reports/load.json".into(),
                p50_ms: Some(210.0),
                p90_ms: Some(640.25),
                p95_ms: Some(812.4),
                p99_ms: Some(1930.0),
                max_ms: Some(2411.0),
            },
            LatencyFigure {
                name: "reports/smoke.json".into(),
                p50_ms: Some(80.0),
                p90_ms: None,
                p95_ms: Some(120.0),
                p99_ms: None,
                max_ms: Some(150.0),
            },
        ],
    };
    decision
}

/// Everything in order.
pub(crate) fn green() -> Decision {
    let mut coverage = rule("QUA-001", "Line coverage", Status::Pass);
    coverage.measured = vec![measured("unit", 91.2, ">=", 80.0, "%", true)];
    let mut findings = rule("SEC-001", "No open finding at or above the limit", Status::Pass);
    findings.measured = vec![measured("high and above", 0.0, "<=", 0.0, "findings", true)];
    let mut latency = rule("PER-001", "95th percentile", Status::Pass);
    latency.measured = vec![measured("load.json", 812.4, "<", 2000.0, "ms", true)];
    let mut decision = base(Outcome::Allow, "production", "every gate passed");
    decision.subject.digest =
        Some("sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03".into());
    decision.gates = vec![
        gate("code_quality", "Code quality", Status::Pass, "1 rule passes", vec![coverage]),
        gate("security", "Security", Status::Pass, "1 rule passes", vec![findings]),
        gate("performance", "Performance", Status::Pass, "1 rule passes", vec![latency]),
    ];
    decision.partial = true;
    decision.gates_asked = vec!["code_quality".into(), "security".into(), "performance".into()];
    decision.evidence = vec![evidence("coverage.xml", "cobertura", "coverage.py", &["coverage"])];
    decision.figures.coverage =
        vec![CoverageFigure { path: "src/shop/app.py".into(), suite: "unit".into(), covered: 40, valid: 40 }];
    decision.figures.coverage_total = 1;
    decision.figures.latency = vec![LatencyFigure {
        name: "load.json".into(),
        p50_ms: Some(210.0),
        p90_ms: Some(640.0),
        p95_ms: Some(812.4),
        p99_ms: None,
        max_ms: Some(2411.0),
    }];
    decision
}

/// No decision could be reached.
pub(crate) fn error() -> Decision {
    let mut decision = base(Outcome::Error, "production", "the policy does not compile");
    decision.errors = vec![
        Problem {
            code: "policy".into(),
            message: "`input.findigns` does not exist".into(),
            file: "policies/own/rules.rego".into(),
            line: 12,
            column: 9,
            byte: None,
            help: "did you mean `input.findings`?".into(),
        },
        Problem {
            code: "evidence".into(),
            message: "expected `,` or `}`, found the end of the file".into(),
            file: "reports/bandit.json".into(),
            line: 812,
            column: 1,
            byte: Some(48_213),
            help: "the file is cut short: run the tool again".into(),
        },
        Problem {
            code: "timeout".into(),
            message: "no decision within 30 s".into(),
            help: "raise `--timeout`".into(),
            ..Problem::default()
        },
    ];
    decision.remedy = vec!["Mend the errors above and run gate again.".into()];
    decision
}

/// Nothing at all.
pub(crate) fn empty() -> Decision {
    let mut decision = base(Outcome::Block, "development", "no rule was evaluated");
    decision.subject = Subject::default();
    decision
}

/// A million findings, of which a decision holds the first ones.
pub(crate) fn large(held: u32) -> Decision {
    let mut decision = red();
    let items: Vec<Item> = (0..held)
        .map(|n| {
            let path = format!("src/module_{}/file_{n}.py", n % 97);
            finding(
                Severity::High,
                "B602",
                "subprocess call with shell=True identified",
                &path,
                n + 1,
                "Bandit",
            )
        })
        .collect();
    let found = &mut decision.gates[1].rules[0].verdicts[0];
    found.items = items;
    found.items_total = 1_000_000;
    found.message = "1000000 open findings at or above high".into();
    decision
}
