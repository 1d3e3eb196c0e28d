//! What the functions give.

use regorus::Value;

use super::call;

/// Results as JSON, by call.
fn check(cases: &[(&str, &str, &str)]) {
    for (name, arguments, expected) in cases {
        let found = call(name, arguments).unwrap_or_else(|error| panic!("{name} {arguments}: {error}"));
        assert_eq!(found, super::json(expected), "{name} {arguments}");
    }
}

fn refused(cases: &[(&str, &str)]) {
    for (name, arguments) in cases {
        assert!(call(name, arguments).is_err(), "{name} {arguments}: {:?}", call(name, arguments));
    }
}

#[test]
fn formatting_is_that_of_go() {
    check(&[
        ("sprintf", r#"["%d of %d", [1]]"#, r#""1 of %!d(MISSING)""#),
        ("sprintf", r#"["done", [1, "a"]]"#, r#""done%!(EXTRA int64=1, string=a)""#),
        ("sprintf", r#"["%d", ["x"]]"#, r#""%!d(string=x)""#),
        ("sprintf", r#"["%05.1f|%-6d|%+d", [3.14159, 7, 8]]"#, r#""003.1|7     |+8""#),
        ("sprintf", r#"["%x %X %o %b", [255, 255, 8, 5]]"#, r#""ff FF 10 101""#),
        ("sprintf", r#"["%v %v", [{"k": ["a", null]}, 1.5]]"#, r#""{\"k\": [\"a\", null]} 1.5""#),
        (
            "sprintf",
            r#"["%d", [340282366920938463463374607431768211456]]"#,
            r#""340282366920938463463374607431768211456""#,
        ),
        ("sprintf", r#"["%[2]s%[1]s", ["a", "b"]]"#, r#""ba""#),
        ("sprintf", r#"["%.2f", [1.0]]"#, r#""1.00""#),
    ]);
}

#[test]
fn integers_are_never_rounded() {
    check(&[
        ("sum", "[[99999999999999999999, 1]]", "100000000000000000000"),
        ("plus", "[18446744073709551615, 1]", "18446744073709551616"),
        ("rem", "[100000000000000000001, 100000000000000000000]", "1"),
        ("format_int", "[18446744073709551617, 16]", r#""10000000000000001""#),
        ("plus", "[0.1, 0.2]", "0.3"),
        ("minus", "[0.3, 0.1]", "0.2"),
        ("div", "[7, 2]", "3.5"),
        ("round", "[-2.5]", "-3"),
    ]);
    refused(&[
        ("div", "[1, 0]"),
        ("rem", "[1, 0]"),
        ("rem", "[1.5, 1]"),
        ("numbers.range_step", "[1, 2, 0]"),
    ]);
}

#[test]
fn times_are_read_and_written_by_layouts() {
    check(&[
        ("time.parse_ns", r#"["2006-01-02", "1970-01-02"]"#, "86400000000000"),
        ("time.parse_rfc3339_ns", r#"["1970-01-01T01:00:00.25+01:00"]"#, "250000000"),
        ("time.format", r#"[[0, "Europe/Berlin", "RFC1123"]]"#, r#""Thu, 01 Jan 1970 01:00:00 CET""#),
        ("time.diff", "[1709164800000000000, 1711929600000000000]", "[0, 1, 1, 0, 0, 0]"),
        ("time.parse_duration_ns", r#"["1d2h"]"#, "93600000000000"),
        ("time.add_date", "[0, 0, 1, 31]", "5356800000000000"),
    ]);
    refused(&[
        ("time.parse_ns", r#"["2006-01-02", "2023-02-29"]"#),
        ("time.parse_ns", r#"["2006-01-02", "2023-02-01x"]"#),
        ("time.format", r#"[[0, "Local"]]"#),
        ("time.format", r#"[[0, "Nowhere/Land"]]"#),
        ("time.parse_duration_ns", r#"["1 h"]"#),
    ]);
}

#[test]
fn networks_hold_only_what_is_theirs() {
    check(&[
        ("net.cidr_contains", r#"["10.0.0.0/8", "10.9.9.9"]"#, "true"),
        ("net.cidr_contains", r#"["::/0", "10.9.9.9"]"#, "false"),
        ("net.cidr_contains", r#"["10.0.0.0/8", "10.0.0.0/7"]"#, "false"),
        ("net.cidr_intersects", r#"["10.0.0.0/8", "10.1.0.0/16"]"#, "true"),
        ("net.cidr_is_valid", r#"["10.0.0.0/33"]"#, "false"),
        ("net.cidr_is_valid", "[1]", "false"),
    ]);
    refused(&[
        ("net.cidr_contains", r#"["10.0.0.0", "10.0.0.1"]"#),
        ("net.cidr_contains", r#"["10.0.0.0/8", ""]"#),
    ]);
    assert_eq!(
        call("net.cidr_merge", r#"[["10.0.0.0/9", "10.128.0.0/9"]]"#).unwrap().to_string(),
        r#"["10.0.0.0/8"]"#
    );
}

#[test]
fn expressions_are_those_of_go() {
    check(&[
        ("regex.match", r#"["^\\d+$", "٣"]"#, "false"),
        ("regex.match", r#"["[a&&b]", "&"]"#, "true"),
        ("regex.is_valid", r#"["a**"]"#, "false"),
        ("regex.is_valid", r#"["(?x)a"]"#, "false"),
        ("regex.is_valid", r#"["a{,2}"]"#, "true"),
        ("regex.replace", r#"["abc", "(b)", "<$1>"]"#, r#""a<b>c""#),
        ("regex.split", r#"["-", "a-b-"]"#, r#"["a", "b", ""]"#),
        ("glob.match", r#"["*.example.com", ["."], "a.b.example.com"]"#, "false"),
        ("glob.match", r#"["**.example.com", ["."], "a.b.example.com"]"#, "true"),
        ("glob.match", r#"["{api,www}.*", [], "www.x"]"#, "true"),
    ]);
    refused(&[
        ("regex.match", r#"["(", "x"]"#),
        ("glob.match", r#"["{a", [], "a"]"#),
        ("regex.match", r#"[1, "x"]"#),
    ]);
}

#[test]
fn documents_are_read_changed_and_written() {
    check(&[
        ("json.marshal", r#"[{"b": "<", "a": [1]}]"#, r#""{\"a\":[1],\"b\":\"\\u003c\"}""#),
        ("json.unmarshal", r#"["{\"a\": \"\\ud800\"}"]"#, "{\"a\": \"\u{fffd}\"}"),
        ("json.patch", r#"[{"a": [1]}, [{"op": "add", "path": "/a/-", "value": 2}]]"#, r#"{"a": [1, 2]}"#),
        ("json.filter", r#"[{"a": {"b": 1, "c": 2}}, ["a/b"]]"#, r#"{"a": {"b": 1}}"#),
        ("json.remove", r#"[{"a": [1, 2]}, ["a/0"]]"#, r#"{"a": [2]}"#),
        (
            "yaml.unmarshal",
            r#"["a: yes\nb: 0o17\nc: 017\nd: 1_0\n"]"#,
            r#"{"a": "yes", "b": 15, "c": 15, "d": 10}"#,
        ),
        ("yaml.marshal", r#"[{"a": ["yes", "x"], "b": null}]"#, r#""a:\n  - \"yes\"\n  - x\nb: null\n""#),
        ("object.union_n", r#"[[{"a": {"b": 1}}, {"a": 2}, {"a": {"c": 3}}]]"#, r#"{"a": {"c": 3}}"#),
    ]);
    refused(&[
        ("json.unmarshal", r#"["{"]"#),
        ("json.patch", r#"[{}, [{"op": "remove", "path": "/a"}]]"#),
        ("yaml.unmarshal", r#"["a: 1\na: 2"]"#),
        ("yaml.unmarshal", r#"["a: .nan"]"#),
    ]);
}

#[test]
fn an_object_comes_before_a_set() {
    let values = [Value::new_set(), Value::new_object(), Value::new_array()];
    let sorted = super::call_with("sort", &[Value::from(values.to_vec())]).unwrap();
    assert_eq!(sorted, Value::from(vec![Value::new_array(), Value::new_object(), Value::new_set()]));
}

#[test]
fn everything_in_a_value_is_walked_from_the_outside_in() {
    check(&[("gate.internal.walk", r#"[{"a": [1]}]"#, r#"[[[], {"a": [1]}], [["a"], [1]], [["a", 0], 1]]"#)]);
}

#[test]
fn templates_are_those_of_go() {
    check(&[
        (
            "strings.render_template",
            r#"["{{range .xs}}<{{.}}>{{else}}none{{end}}", {"xs": ["a"]}]"#,
            r#""<a>""#,
        ),
        ("strings.render_template", r#"["{{.missing}}", {}]"#, r#""<undefined>""#),
    ]);
    refused(&[
        ("strings.render_template", r#"["{{", {}]"#),
        ("strings.render_template", r#"["{{template \"x\"}}", {}]"#),
        ("strings.render_template", r#"["{{.a.b.c}}", {}]"#),
    ]);
}

#[test]
fn a_wrong_type_is_named() {
    assert_eq!(
        call("count", "[1]").unwrap_err(),
        "count: operand 1 must be one of {array, object, set, string} but got number"
    );
    for builtin in super::super::all() {
        // Nothing panics, whatever it is given.
        for odd in
            [Value::Null, Value::from(-1_i64), Value::from("\u{0}é"), Value::new_set(), Value::from(0.5)]
        {
            let _ = (builtin.call)(&vec![odd; usize::from(builtin.arity)]);
        }
        let _ = (builtin.call)(&[]);
    }
}
