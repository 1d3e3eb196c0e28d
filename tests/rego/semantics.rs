//! What policies mean, case by case: the expected values are those of OPA, and are checked against it where it is.

use std::time::Duration;

use gate::rego::ast::Version;
use gate::rego::engine::{Error, Options, Program, Source};
use serde_json::{Value, json};

use super::differential::oracle::{Opa, Oracle};
use super::differential::plain;

struct Case {
    name: &'static str,
    version: Version,
    text: &'static str,
    input: &'static str,
    /// JSON of the package, or `error`.
    want: &'static str,
}

fn run(text: &str, version: Version, input: &Value, data: &Value) -> Result<Value, Error> {
    let source = Source { path: "f.rego".to_owned(), text: text.to_owned(), version };
    let options = Options { timeout: Duration::from_secs(20), ..Options::default() };
    let outcome = Program::compile(&[source], data, options)?.query("x := data.f", Some(input))?;
    Ok(outcome.solutions.first().and_then(|s| s.bindings.get("x")).cloned().unwrap_or(Value::Null))
}

fn compile_error(text: &str, data: &Value) -> Error {
    let source = Source { path: "f.rego".to_owned(), text: text.to_owned(), version: Version::V1 };
    Program::compile(&[source], data, Options::default()).unwrap_err()
}

impl Case {
    fn check(&self) {
        let input = serde_json::from_str(self.input).unwrap();
        let data = json!({ "base": super::differential::base() });
        let got = match run(self.text, self.version, &input, &data) {
            Ok(value) => plain(&value),
            Err(error) if self.want == "error" => return drop(error),
            Err(error) => panic!("{}: {error:?}", self.name),
        };
        assert_ne!(self.want, "error", "{}: {got}", self.name);
        assert_eq!(got, plain(&serde_json::from_str(self.want).unwrap()), "{}", self.name);
    }
}

macro_rules! cases {
    ($($name:ident: $version:ident $text:literal, $input:literal => $want:literal;)*) => {
        const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            version: Version::$version,
            text: concat!("package f\n", $text, "\n"),
            input: $input,
            want: $want,
        }),*];
        $(#[test]
        fn $name() {
            CASES.iter().find(|case| case.name == stringify!($name)).unwrap().check();
        })*
    };
}

cases! {
    repeated_parameters_must_be_equal: V1 "same(x, x) := true\na := same(1, 2)\nb := same(1, 1)", "{}" => r#"{"b": true}"#;
    a_rule_is_replaced_by_its_bare_name: V1 "q := 1\nx := v if {\n  v := q with q as 4\n}", "{}" => r#"{"q": 1, "x": 4}"#;
    large_numbers_with_fractions_keep_their_size: V1 "a if 100000000000000000 + 0.5 > 90000000000000000", "{}" => r#"{"a": true}"#;
    undefined_argument_of_a_negated_function: V1 "bad(x) if x > 5\nallow if not bad(input.missing)", "{}" => "{}";
    undefined_argument_that_the_function_ignores: V1 "anyarg(_) if true\nallow if not anyarg(input.missing)", "{}" => "{}";
    undefined_argument_of_a_negated_builtin: V1 "allow if not startswith(input.missing, \"a\")", "{}" => "{}";
    undefined_operand_of_a_negated_comparison: V1 "allow if not input.missing > 3", "{}" => "{}";
    undefined_rule_as_argument_of_a_negated_function: V1 "bad(x) if x > 5\nallow if not bad(data.nothing.x)", "{}" => "{}";
    negated_reference_that_is_undefined: V1 "allow if not input.missing", "{}" => r#"{"allow": true}"#;
    negated_function_without_a_value: V1 "bad(x) if x > 5\nallow if not bad(input.n)", r#"{"n": 3}"# => r#"{"allow": true}"#;
    line_break_before_a_parenthesis: V1 "p if {\n  input.a.b\n  (input.x - input.y) >= 1\n}", r#"{"a": {"b": true}, "x": 3, "y": 1}"# => r#"{"p": true}"#;
    chained_bodies_of_a_v0_function: V0 "f(x) = y { x == 1; y := \"one\" } { x == 2; y := \"two\" }\np = f(2)", "{}" => r#"{"p": "two"}"#;
    local_named_like_a_rule_under_with: V1 "inp := input.a\nviolation contains m if { m := inp }\nresults := r if { inp := {\"a\": 7}; r := violation with input as inp }", r#"{"a": 1}"# => r#"{"inp": 1, "violation": [1], "results": [7]}"#;
    too_few_arguments_of_sprintf: V1 "p := sprintf(\"%v and %v\", [1])\nq := sprintf(\"%05.1f\", [2.25])", "{}" => r#"{"p": "1 and %!v(MISSING)", "q": "002.2"}"#;
    builtin_error_is_undefined: V1 "p := to_number(\"x\")\nq if not p", "{}" => r#"{"q": true}"#;
    interpolated_string: V1 "p := $\"a{input.n}b{input.missing}\"", r#"{"n": 1}"# => r#"{"p": "a1b<undefined>"}"#;
    keyword_as_a_field: V1 "p := input.not\nq := input.a.if.default", r#"{"not": 1, "a": {"if": {"default": 2}}}"# => r#"{"p": 1, "q": 2}"#;
    output_argument: V1 "p := n if count(input.xs, n)\nq if { n := 2; count(input.xs, n) }", r#"{"xs": [1, 2]}"# => r#"{"p": 2, "q": true}"#;
    walk_gives_paths: V1 "p contains path if walk(input, [path, 1])", r#"{"a": {"b": 1}, "c": [1]}"# => r#"{"p": [["a", "b"], ["c", 0]]}"#;
    general_head_with_a_set_leaf: V1 "p.q[x] contains y if some x, y in {\"a\": 1, \"b\": 2}", "{}" => r#"{"p": {"q": {"a": [1], "b": [2]}}}"#;
    comprehension_under_with: V1 "p := y if { y := [x | x := input.xs[_]] with input.xs as [1, 2] }", "{}" => r#"{"p": [1, 2]}"#;
    iteration_over_undefined_in_a_head: V1 "p := input.list[_].k\nq := {input.list[_].k | true}", "{}" => r#"{"q": []}"#;
    function_without_parameters_is_a_rule: V1 "p() := input.n\nq := p", r#"{"n": 1}"# => r#"{"p": 1, "q": 1}"#;
    sets_come_after_objects: V1 "p := {{1}, {\"a\": 1}, [1]}", "{}" => r#"{"p": [[1], {"a": 1}, [1]]}"#;
    undefined_call_inside_a_negated_list: V1 "p if not [to_number(input.x), 2]", r#"{"x": "y"}"# => "{}";
    value_of_with_that_iterates: V1 "p if { is_number(input.x) with is_number as input.ys[_] }", r#"{"x": "y", "ys": [false, true]}"# => r#"{"p": true}"#;
    value_of_with_that_is_undefined: V1 "p if { not input.x with input.x as input.y }", "{}" => "{}";
    dynamic_head_of_a_body_that_fails: V1 "p.q[input.s] contains 1 if input.t", r#"{"s": "a"}"# => r#"{"p": {"q": {}}}"#;
    membership_in_undefined: V1 "p := (1 in input.xs)\nq if not 1 in input.xs", "{}" => "{}";
    set_operators_on_other_values: V1 "p := input.a | input.a\nq := input.a & input.a", r#"{"a": 1}"# => "{}";
    default_of_a_dotted_function: V1 "default a.f(_) := 7\na.f(x) := 1 if x > 3\np := [a.f(1), a.f(5)]", "{}" => r#"{"a": {}, "p": [7, 1]}"#;
    negated_equality_of_undefined: V1 "p if not input.x == 1\nq if not input.x == input.y\nr if not count(input.x) == 1", "{}" => r#"{"p": true, "q": true}"#;
    some_after_a_loop: V1 "p contains x if { y := [1, 2][_]; some i; x := [3, 4][i] + y }", "{}" => r#"{"p": [4, 5, 6]}"#;
    some_in_what_is_no_collection: V1 "p := [x | some x in input.n]\nq if every x in input.n { x }", r#"{"n": 2}"# => r#"{"p": []}"#;
    some_shadows_a_name_outside: V1 "p := [[x, y] | x := 1; y := [x | some x; [7, 8][x]]]", "{}" => r#"{"p": [[1, [0, 1]]]}"#;
    functions_of_operators: V1 "p := lt(1, 2)\nq if neq(1, 2)\nr if not gte(1, 2)", "{}" => r#"{"p": true, "q": true, "r": true}"#;
    constant_heads_beside_dynamic_ones: V1 "p[k].x := 1 if k := \"z\"\np.a.b := 1\np.c.d := p.a.b", "{}" => r#"{"p": {"a": {"b": 1}, "c": {"d": 1}, "z": {"x": 1}}}"#;
    sets_beside_dynamic_heads: V1 "p[k] contains 1 if k := \"z\"\np.a contains 2 if input.t\np.b contains 3", "{}" => r#"{"p": {"b": [3], "z": [1]}}"#;
    number_in_a_head_without_a_value: V1 "p.q[1].r := input.t", "{}" => r#"{"p": {"q": {"1": {}}}}"#;
    objects_are_less_than_sets: V1 "p := input.a < {input.a, 1}", r#"{"a": {"k": 1}}"# => r#"{"p": true}"#;
    walk_under_with: V1 "p contains x if walk(input.a, [x, 2]) with input.a as [2]", "{}" => r#"{"p": [[0]]}"#;
    conflicting_values_of_a_rule: V1 "p := 1 if true\np := 2 if true", "{}" => "error";
}

#[test]
fn opa_has_these_answers_too() {
    let Some(mut opa) = Opa::start() else {
        eprintln!("skipped: no opa to compare with");
        return;
    };
    for case in CASES {
        let input = serde_json::from_str(case.input).unwrap();
        let got = match opa.package(case.text, case.version, &[input]).unwrap() {
            Oracle::Refused(reason) => Err(reason),
            Oracle::Answers(mut answers) => answers.remove(0),
        };
        match got {
            Ok(value) => {
                assert_ne!(case.want, "error", "{}: {value}", case.name);
                assert_eq!(plain(&value), plain(&serde_json::from_str(case.want).unwrap()), "{}", case.name);
            }
            Err(error) => assert_eq!(case.want, "error", "{}: {error}", case.name),
        }
    }
}

#[test]
fn recursion_is_found_before_evaluation() {
    let none = json!({});
    for text in [
        "package f\np if q\nq if p",
        "package f\np := data.f.p",
        "package f\np := data.f",
        "package f\ng(x) := g(x - 1)",
        "package f\np[x] := 1 if { some x in [1]; p[x] }",
        "package f\nimport data.f as me\np := {x | x := me.p}",
        "package f\ng(x) := h(x) if true\nh(x) := 1 if { y := [g(z) | z := x]; y } else := 2",
        "package f\np := data[x] if x := \"f\"",
        "package f\np if not p",
        "package f\nn := 1\np if n == 1 with n as p",
    ] {
        let error = compile_error(text, &none);
        assert_eq!(error.code, "rego_recursion_error", "{text}: {error:?}");
        assert_eq!(error.path, "f.rego");
        assert!(error.line > 1 && error.message.contains("->"), "{text}: {error:?}");
    }
}

#[test]
fn recursion_through_other_packages_is_found() {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: text.to_owned(),
        version: Version::V1,
    };
    let modules = [
        source("a.rego", "package a\nimport data.b\np if b.q"),
        source("b.rego", "package b\nq := data.a[_]"),
    ];
    let error = Program::compile(&modules, &json!({}), Options::default()).unwrap_err();
    assert_eq!((error.code, error.path.as_str(), error.line), ("rego_recursion_error", "a.rego", 3));
    assert_eq!(error.message, "rule `data.a.p` is recursive: data.a.p -> data.b.q -> data.a.p");
}

#[test]
fn rules_that_only_share_a_prefix_are_not_recursive() {
    let text = "package f\np.a := p.b\np.b := 1\nq[x].l := r if { some x in [1]; r := q.m.k }\nq.m.k := 2\ns.t if { t := 1; t == 1 }\nt := s";
    run(text, Version::V1, &json!({}), &json!({})).unwrap();
}

#[test]
fn deep_chains_of_functions_have_an_answer() {
    let mut text = "package f\n\ng0(x) := x\n".to_owned();
    for index in 1..5000 {
        text.push_str(&format!("g{index}(x) := g{}(x)\n", index - 1));
    }
    text.push_str("p := g4999(1)\n");
    assert_eq!(run(&text, Version::V1, &json!({}), &json!({})).unwrap(), json!({"p": 1}));
}

#[test]
fn deep_chains_of_rules_have_an_answer() {
    let mut text = "package f\n\np0 := 1\n".to_owned();
    for index in 1..5000 {
        text.push_str(&format!("p{index} := p{} if {{ not input.x }}\n", index - 1));
    }
    let found = run(&text, Version::V1, &json!({}), &json!({})).unwrap();
    assert_eq!(found.pointer("/p4999"), Some(&json!(1)));
}

#[test]
fn chains_beyond_the_limit_are_an_error() {
    let mut text = "package f\n\np0 := 1\n".to_owned();
    for index in 1..10_002 {
        text.push_str(&format!("p{index} := p{}\n", index - 1));
    }
    let error = compile_error(&text, &json!({}));
    assert!(error.message.contains("more than the limit of 10000"), "{error:?}");
}

#[test]
fn a_rule_and_a_document_of_the_same_path_are_an_error() {
    for data in [json!({"f": {"p": 1}}), json!({"f": 1}), json!({"f": {"p": {"q": 1}}})] {
        let error = compile_error("package f\n\np := 1", &data);
        assert_eq!((error.line, error.code), (3, "rego_compile_error"), "{error:?}");
        assert!(error.message.contains("`f/p`"), "{error:?}");
    }
    run("package f\np := 1", Version::V1, &json!({}), &json!({"f": {"q": 1}})).unwrap();
}

#[test]
fn a_function_of_several_modules_has_all_its_definitions() {
    let source = |path: &str, text: &str| Source {
        path: path.to_owned(),
        text: format!("package f\n{text}\n"),
        version: Version::V1,
    };
    let modules = [
        source("a.rego", "g(\"a\", x) := 1 if x\nr := g(\"b\", true)"),
        source("b.rego", "g(\"b\", y) := 2 if y"),
    ];
    let program = Program::compile(&modules, &json!({}), Options::default()).unwrap();
    let outcome = program.query("x := data.f.r", None).unwrap();
    assert_eq!(outcome.solutions[0].bindings["x"], json!(2));
}

#[test]
fn a_call_of_no_function_is_an_error_although_its_arguments_are_undefined() {
    let error = compile_error("package f\np if not hass_field(input.x)\nhas_field(x) if x", &json!({}));
    assert_eq!((error.code, error.line), ("rego_type_error", 2));
    assert!(error.help.contains("has_field"), "{}", error.help);
}
