//! Little that is written does not make much of work: each limit is an error that names it.

use regorus::Value;

use super::{call, call_with};

fn refused(name: &str, arguments: &str) {
    let error = call(name, arguments).unwrap_err();
    assert!(error.contains("the limit of "), "{name}: {error}");
}

#[test]
fn results_out_of_proportion_are_refused() {
    refused("numbers.range", "[1, 100000000000]");
    refused("numbers.range_step", "[1, 100000000000, 2]");
    refused("net.cidr_expand", r#"["10.0.0.0/8"]"#);
    refused("net.cidr_expand", r#"["::/0"]"#);
    refused("bits.lsh", "[1, 100000000]");
    refused("sprintf", &format!(r#"["{}", {}]"#, "%999999d".repeat(100), serde_json::json!(vec![1; 100])));
    refused("json.unmarshal", &format!(r#"["{}"]"#, "[".repeat(100_000)));
    refused("yaml.unmarshal", &format!(r#"["{}"]"#, "[".repeat(1_000)));
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..10 {
        let alias = format!("*a{}, ", i - 1).repeat(9);
        text.push_str(&format!("a{i}: &a{i} [{alias}*a{}]\n", i - 1));
    }
    let error = call_with("yaml.unmarshal", &[Value::from(text)]).unwrap_err();
    assert!(error.contains("the limit of "), "{error}");
}

#[test]
fn paths_without_end_are_refused() {
    let nodes: Vec<String> = (0..40).map(|i| i.to_string()).collect();
    let graph: serde_json::Value =
        nodes.iter().map(|n| (n.clone(), serde_json::json!(nodes))).collect::<serde_json::Map<_, _>>().into();
    refused("graph.reachable_paths", &serde_json::json!([graph, ["0"]]).to_string());
}

#[test]
fn a_replacement_cannot_grow_without_end() {
    let text = Value::from("a".repeat(1 << 14));
    let error = call_with("replace", &[text.clone(), Value::from("a"), text]).unwrap_err();
    assert!(error.contains("the limit of "), "{error}");
}

#[test]
fn numbers_beyond_all_bounds_are_errors() {
    assert!(call("units.parse", r#"["1e999999"]"#).is_err());
    assert!(call("units.parse_bytes", r#"["1e999999"]"#).is_err());
    assert!(call("to_number", r#"["1e999"]"#).is_err());
    assert!(call("to_number", r#"["nan"]"#).is_err());
    assert!(call("time.add_date", "[0, 9223372036854775807, 0, 0]").is_err());
    assert!(call("time.parse_ns", r#"["2006", "9999"]"#).is_err());
}
