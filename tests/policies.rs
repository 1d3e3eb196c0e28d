//! Loading and running policies: what is refused, where, and what to do about it.

use std::path::Path;
use std::time::Duration;

use gate::config::{self, Config};
use gate::policy::{Isolation, List, PolicyError, PolicySet, Sources, UserModule};

pub(crate) fn sources(modules: &[(&str, &str)]) -> Sources {
    let shipped: serde_json::Value = serde_json::from_str(gate::policy::shipped_data()).unwrap();
    let environment = config::resolve(&Config::default(), &shipped, "development", &[]).unwrap();
    Sources {
        modules: modules
            .iter()
            .map(|(path, text)| UserModule { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect(),
        gate_data: environment.gate_data,
        gates: environment.gates.into_iter().map(|g| g.name).collect(),
        ..Sources::default()
    }
}

fn refused(text: &str) -> PolicyError {
    PolicySet::load(sources(&[("p.rego", text)])).expect_err("must be refused")
}

fn evaluated(
    text: &str,
    isolation: &Isolation,
    timeout: Duration,
) -> Result<gate::policy::Evaluation, PolicyError> {
    let set = PolicySet::load(Sources { replace: true, ..sources(&[("p.rego", text)]) }).unwrap();
    set.evaluate("{}", &["security".to_owned()], timeout, isolation)
}

fn worker() -> Isolation {
    Isolation::Process(assert_cmd::cargo::cargo_bin!("gate").to_owned())
}

#[test]
fn every_shipped_module_and_only_those_are_in_the_binary() {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            let name = entry.to_string_lossy().into_owned();
            if entry.is_dir() {
                walk(&entry, found);
            } else if name.ends_with(".rego") && !name.ends_with("_test.rego") {
                found.push(name);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join("policies"), &mut found);
    let mut found: Vec<String> = found
        .iter()
        .map(|p| Path::new(p).strip_prefix(root).unwrap().to_string_lossy().into_owned())
        .filter(|path| !path.contains("/fixture"))
        .collect();
    found.sort();
    let mut shipped: Vec<String> = gate::policy::shipped_modules().map(|(path, _)| path.to_owned()).collect();
    shipped.sort();
    assert_eq!(found, shipped);
}

#[test]
fn the_shipped_policies_refer_to_no_list_so_their_cost_does_not_grow() {
    for (path, text) in gate::policy::shipped_modules() {
        for list in [
            "findings.open",
            "findings.suppressed",
            "components.list",
            "coverage.files",
            "tests.failing",
            "tests.cases",
            "load.metrics",
        ] {
            let code: String =
                text.lines().filter(|l| !l.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
            assert!(
                !code.contains(&format!("input.{list}"))
                    || list == "findings.open"
                        && code.contains("input.findings.open_total")
                        && !code.replace("input.findings.open_total", "").contains("input.findings.open"),
                "{path} reads {list}"
            );
        }
    }
}

#[test]
fn a_shipped_module_passes_the_checks_for_modules_of_others() {
    let modules: Vec<(&str, &str)> = gate::policy::shipped_modules().collect();
    let set = PolicySet::load(Sources { replace: true, ..sources(&modules) }).unwrap();
    let shipped = PolicySet::load(sources(&[])).unwrap();
    assert_eq!(set.rules, shipped.rules, "names found in the text are those that the interpreter knows");
    assert!(shipped.lists.is_empty());
}

#[test]
fn every_shipped_rule_has_a_title_and_a_remediation() {
    let set = PolicySet::load(sources(&[])).unwrap();
    assert!(set.rules.len() > 20);
    for rule in &set.rules {
        assert_ne!(rule.title, rule.code, "{} has no title", rule.code);
        assert!(!rule.remediation.is_empty(), "{} has no remediation", rule.code);
    }
}

#[test]
fn a_misspelt_input_field_is_refused_with_the_nearest_name_and_place() {
    let error = refused(
        "package gate.security\n\ndeny contains \"x\" if {\n\tinput.findings.by_severty.high > 0\n}\n",
    );
    assert_eq!(error.message, "`input.findings.by_severty` does not exist");
    assert_eq!((error.file.as_str(), error.line, error.column), ("p.rego", 4, 2));
    assert_eq!(error.help, "did you mean `by_severity`?");
}

#[test]
fn a_misspelt_field_of_a_list_element_is_refused() {
    let error =
        refused("package gate.security\ndeny contains \"x\" if input.findings.open[_].severty == \"high\"\n");
    assert_eq!(error.message, "`input.findings.open[_].severty` does not exist");
}

#[test]
fn a_misspelt_field_behind_a_name_is_refused() {
    let rule = |body: &str| format!("package gate.security\n\ndeny contains \"x\" if {{\n\t{body}\n}}\n");
    for text in [
        rule("some f in input.findings.open\n\tf.severty == \"high\""),
        rule("some i, f in input.findings.open; f.severty == \"high\""),
        rule("every f in input.findings.open { f.severty == \"high\" }"),
        rule("count([f.severty | some f in input.findings.open]) > 0"),
        rule("x := input.findings\n\tx.kv > 0"),
        rule("x := input.findings.open[_]\n\tx.file == \"a\""),
        rule("i := input\n\ti.findngs.kev > 0"),
        rule("some c in input.coverage.files\n\tl := c.lines\n\tl.coverd == 0"),
        rule("input.findings.by_category.secrets > 0"),
        rule("input.findings.by_category_severity.sast.hihg > 0"),
        "package gate.security\nimport input.findings\n\ndeny contains \"x\" if findings.kv > 0\n".to_owned(),
        "package gate.security\nimport input.findings as f\n\ndeny contains \"x\" if f.kv > 0\n".to_owned(),
        "package gate.security\n\nf := input.findings\n\ndeny contains \"x\" if f.kv > 0\n".to_owned(),
        // Neither a test beside it nor a schema of its own changes what the input is.
        rule("some f in input.findings.open\n\tf.severty == \"high\"") + "\ntest_x if true\n",
        rule("some f in input.findings.open\n\tf.severty == \"high\"")
            .replace("package", "# METADATA\n# schemas:\n# - input: {type: object}\npackage"),
    ] {
        let error = refused(&text);
        assert!(error.message.ends_with("does not exist"), "{text}: {}", error.message);
    }
}

#[test]
fn a_misspelt_field_behind_a_name_is_refused_in_helpers_too() {
    let helper =
        "package team.lib\n\nurgent contains f.id if {\n\tsome f in input.findings.open\n\tf.kv\n}\n";
    let rule = "package gate.security\n\ndeny contains \"x\" if count(data.team.lib.urgent) > 0\n";
    let error = PolicySet::load(sources(&[("lib.rego", helper), ("p.rego", rule)])).expect_err("refused");
    assert!(error.message.ends_with("does not exist") && error.file == "lib.rego", "{error:?}");
}

#[test]
fn a_name_that_means_something_else_is_left_alone() {
    for body in [
        "f := {\"severty\": 1}\n\tf.severty == 1",
        "some f in [{\"severty\": 1}]\n\tf.severty == 1",
        "some f in input.findings.open\n\tg := object.union(f, {\"mine\": 1})\n\tg.mine == 1",
        "some file in input.evidence.files\n\tsome producer in file.producers\n\tproducer.name == \"x\"",
    ] {
        let text = format!("package gate.security\n\ndeny contains \"x\" if {{\n\t{body}\n}}\n");
        PolicySet::load(sources(&[("p.rego", &text)])).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn entry_rules_where_nobody_asks_are_refused() {
    for package in ["main", "team.security", "gate.security.extra", "Gate.security"] {
        let error = refused(&format!("package {package}\n\ndeny contains \"x\" if true\n"));
        assert!(error.message.contains("would never be asked"), "{}", error.message);
    }
}

#[test]
fn a_mere_mention_of_a_code_replaces_nothing() {
    for text in [
        "measured contains {\"code\": \"SEC-001\", \"label\": \"x\", \"value\": 0, \"limit\": 1, \"comparison\": \"<=\", \"unit\": \"\"}",
        "report := {\"code\": \"SEC-001\"}",
        "deny contains {\"code\": \"TEAM-1\", \"msg\": \"x\", \"see\": {\"code\": \"SEC-001\"}} if input.findings.kev > 7",
        "deny contains {\"code\": \"TEAM-1\", \"msg\": \"x\"} if { some r in [{\"code\": \"SEC-001\"}]; r.n > 4 }",
        "warn contains {\"code\": \"SEC-001\", \"msg\": \"x\"} if false",
    ] {
        let set =
            PolicySet::load(sources(&[("p.rego", &format!("package gate.security\n\n{text}\n"))])).unwrap();
        let rule = set.rules.iter().find(|r| r.code == "SEC-001").unwrap();
        assert!(rule.defined_in.starts_with("policies/") && !rule.warns, "{text}");
    }
}

#[test]
fn a_misspelt_threshold_is_refused() {
    let error = refused(
        "package gate.security\ndeny contains \"x\" if data.gate.thresholds.security.max_findngs > 0\n",
    );
    assert_eq!(error.help, "did you mean `max_findings`?");
}

#[test]
fn a_misspelt_gate_is_refused() {
    let error = refused("package gate.secuirty\n\ndeny contains \"x\" if true\n");
    assert_eq!(error.message, "package `gate.secuirty` is no gate");
    assert!(error.help.contains("`gate.security`"), "{}", error.help);
}

#[test]
fn a_misspelt_entry_rule_is_refused_before_or_at_evaluation() {
    let error = refused(
        "package gate.security\n\ndenny_all contains \"x\" if true\ndeny_all contains \"x\" if true\n",
    );
    assert!(error.message.contains("`deny_all` would never be asked"), "{}", error.message);
    let set =
        PolicySet::load(sources(&[("p.rego", "package gate.security\n\ndenny contains \"x\" if true\n")]));
    let error = set
        .and_then(|set| {
            set.evaluate("{}", &["security".into()], Duration::from_secs(5), &Isolation::InProcess)
        })
        .expect_err("a module of a gate without entry rule");
    assert!(error.message.contains("declares no entry rule"), "{}", error.message);
}

#[test]
fn a_deny_that_is_no_set_is_an_error() {
    let error =
        evaluated("package gate.security\ndeny := true\n", &Isolation::InProcess, Duration::from_secs(5))
            .expect_err("not a set");
    assert!(error.message.contains("is not a set"), "{}", error.message);
    let error = evaluated(
        "package gate.security\ndeny := x if { x := input.now; false }\n",
        &Isolation::InProcess,
        Duration::from_secs(5),
    )
    .expect_err("undefined");
    assert!(error.message.contains("undefined"), "{}", error.message);
}

#[test]
fn network_randomness_clock_and_environment_are_refused_also_as_mocks() {
    for call in [
        "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"}).status_code == 200",
        "time.now_ns() > 0",
        "time[\"now_ns\"]() > 0",
        "rand.intn(\"x\", 2) == 1",
        "opa.runtime().env.HOME == \"\"",
        "net.lookup_ip_addr(\"x\")",
        "count([1]) == 1 with count as http.send",
    ] {
        let error = refused(&format!("package gate.security\ndeny contains \"x\" if {call}\n"));
        assert!(error.message.contains("is not available to policies"), "{call}: {}", error.message);
        assert!(error.line == 2 && !error.help.is_empty());
    }
}

#[test]
fn recursion_of_functions_is_refused_with_its_place() {
    let error = refused("package gate.security\n\nf(n) := f(n + 1)\n\ndeny contains \"x\" if f(1) == 2\n");
    assert_eq!((error.message.as_str(), error.line), ("function `f` calls itself", 3));
    let error =
        refused("package gate.security\nf(n) := g(n)\ng(n) := f(n)\ndeny contains \"x\" if f(1) == 2\n");
    assert!(error.message.contains("calls itself"));
}

#[test]
fn nesting_that_the_parser_would_take_seconds_for_is_refused_at_once() {
    let deep = "[".repeat(18) + &"]".repeat(18);
    let error = refused(&format!("package gate.security\ndeny contains \"x\" if {deep} == 1\n"));
    assert!(error.message.contains("nest 18 deep"), "{}", error.message);
}

#[test]
fn no_entry_rule_at_all_is_an_error() {
    let error =
        PolicySet::load(Sources { replace: true, ..sources(&[("lib.rego", "package mine\nx := 1\n")]) })
            .expect_err("nothing to ask");
    assert!(error.message.contains("no policy has an entry rule"), "{}", error.message);
    PolicySet::load(Sources { replace: true, ..sources(&[]) }).expect_err("no policy at all");
}

#[test]
fn a_compile_error_names_file_line_and_column() {
    let error = refused("package gate.security\ndeny contains x if {\n\ty > 1\n}\n");
    assert_eq!(error.file, "p.rego");
    assert_eq!((error.line, error.column), (3, 2), "{error:?}");
}

#[test]
fn an_error_of_a_builtin_is_an_error_of_the_decision() {
    let error = evaluated(
        "package gate.security\ndeny contains \"x\" if to_number(\"9.8x\") > 7\n",
        &Isolation::InProcess,
        Duration::from_secs(5),
    )
    .expect_err("strict");
    assert_eq!(error.line, 2, "{error:?}");
}

#[test]
fn conflicting_complete_rules_are_an_error() {
    evaluated(
        "package gate.security\nx := 1 if true\nx := 2 if true\ndeny contains \"x\" if x == 1\n",
        &Isolation::InProcess,
        Duration::from_secs(5),
    )
    .expect_err("two values");
}

#[test]
fn policies_that_never_end_are_stopped() {
    let error = evaluated(
        "package gate.security\ndeny contains \"x\" if {\n\tcount([1 | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); a == b + 5000]) > 0\n}\n",
        &worker(),
        Duration::from_millis(300),
    )
    .expect_err("too slow");
    assert!(error.timeout, "{error:?}");
}

#[test]
fn a_builtin_that_eats_memory_or_time_ends_its_process_and_not_the_decision() {
    let rule = |body: &str| format!("package gate.security\ndeny contains \"x\" if {body}\n");
    for body in [
        "count(numbers.range(1, 1000000000000)) > 0",
        "startswith(sprintf(\"%d\", [bits.lsh(1, 400000000)]), \"1\")",
    ] {
        let error = evaluated(&rule(body), &worker(), Duration::from_millis(700)).expect_err(body);
        assert!(!error.message.is_empty(), "{error:?}");
    }
    // These may be answered or not, but they come back.
    for body in
        ["count(sprintf(\"%1000000000d\", [1])) > 0", "1e300 % 3 == 1", "numbers.range(1, 1e18) == []"]
    {
        let _ = evaluated(&rule(body), &worker(), Duration::from_millis(700));
    }
}

#[test]
fn a_call_chain_that_overflows_the_stack_is_an_error() {
    let mut text = "package gate.security\nf0(x) := x\n".to_owned();
    for n in 1..60_000 {
        text.push_str(&format!("f{n}(x) := f{}(x)\n", n - 1));
    }
    text.push_str("deny contains \"x\" if f59999(1) == 2\n");
    let set = PolicySet::load(Sources { replace: true, ..sources(&[("p.rego", &text)]) }).unwrap();
    let result = set.evaluate("{}", &["security".into()], Duration::from_secs(3), &worker());
    assert!(result.is_err(), "either too slow or out of stack");
}

#[test]
fn a_rule_with_a_shipped_code_takes_that_rules_place() {
    let set = PolicySet::load(sources(&[(
        "mine.rego",
        "package gate.security\n\n# METADATA\n# title: Mine\n# custom:\n#   code: SEC-003\n#   remediation: Do it.\ndeny contains {\"code\": \"SEC-003\", \"msg\": \"mine\"} if input.findings.by_category.secret > 7\n",
    )]))
    .unwrap();
    let rules: Vec<_> = set.rules.iter().filter(|r| r.code == "SEC-003").collect();
    assert_eq!(rules.len(), 1);
    assert_eq!((rules[0].title.as_str(), rules[0].defined_in.as_str()), ("Mine", "mine.rego:8"));
    assert!(!rules[0].measured, "what the shipped policy measured for it is gone too");
    assert_eq!(set.kind, "extended");
}

#[test]
fn a_list_is_built_when_some_policy_may_read_it() {
    let lists = |text: &str| PolicySet::load(sources(&[("p.rego", text)])).unwrap().lists;
    let rule = |body: &str| format!("package gate.security\ndeny contains \"x\" if {{\n\t{body}\n}}\n");
    assert!(lists(&rule("input.findings.open_total > 1")).is_empty());
    assert_eq!(lists(&rule("some f in input.findings.open; f.severity == \"high\"")).len(), 1);
    assert_eq!(lists(&rule("x := input.findings; count(x) > 1")).len(), 2);
    assert_eq!(lists(&rule("x := input; count(x) > 1")).len(), List::ALL.len());
    assert_eq!(lists(&rule("k := \"findings\"; count(input[k]) > 1")).len(), List::ALL.len());
}

#[test]
fn data_beside_policies_must_not_replace_thresholds() {
    let mut sources = sources(&[]);
    sources.data.insert("gate".into(), serde_json::json!({}));
    PolicySet::load(sources).expect_err("thresholds belong into gate.yaml");
}

#[test]
fn verdicts_that_nobody_asks_for_are_refused_wherever_they_stand() {
    for (text, wanted) in [
        (
            "package foo\n\ngate.security.deny contains {\"code\": \"X-1\", \"msg\": \"m\"} if true\n",
            "never be asked",
        ),
        ("package gate.security\n\ndeny(x) := {\"code\": \"X-1\", \"msg\": x} if true\n", "never be asked"),
        (
            "package gate.security\n\nf(i) if i.findngs.x\n\ndeny contains {\"code\": \"X-1\", \"msg\": \"m\"} if f(input)\n",
            "findngs",
        ),
        (
            "package gate.security\n\nok if not input.findings.by_severity[_] == 7\n\ndeny contains {\"code\": \"X-1\", \"msg\": \"m\"} if not ok\n",
            "value",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.rego"), text).unwrap();
        let given = folder.path().to_string_lossy().into_owned();
        let arguments = ["evaluate", "fixtures/pipeline/green", "--policy", &given];
        let output = crate::cli::gate(&crate::cli::root(), &arguments);
        let shown =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}: {shown}");
        assert!(shown.contains(wanted), "{text}: {shown}");
    }
}

#[test]
fn policies_of_others_are_never_run_in_this_process_for_want_of_another() {
    let nowhere = Isolation::Unavailable("no such file".to_owned());
    let text = "package gate.security\ndeny contains \"x\" if false\n";
    let error = evaluated(text, &nowhere, Duration::from_secs(5)).expect_err("must be refused");
    assert!(error.message.contains("no such file") && !error.help.is_empty(), "{error:?}");
    let set = PolicySet::load(sources(&[("p.rego", text)])).unwrap();
    let asked = [("{}".to_owned(), vec!["security".to_owned()])];
    set.evaluate_all(&asked, Duration::from_secs(5), &nowhere).remove(0).expect_err("must be refused");
    let setup = gate::workbench::Setup { timeout: Duration::from_secs(5), ..Default::default() };
    let ask = gate::workbench::Ask { query: "1 == 1".to_owned(), ..Default::default() };
    gate::workbench::ask(&setup, &[ask], &nowhere).expect_err("must be refused");
}
