//! The functions against OPA's own cases, where a copy of OPA's sources is at hand.
//!
//! `GATE_OPA_CASES` names the folder with the cases; without it the module cache of Go is looked in. What the cases
//! write in ways that only OPA's language has is rewritten here in the simplest manner that serves them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

use std::num::NonZeroU32;
use std::path::PathBuf;

use serde_json::Value as Json;

use super::{all, register};

/// Nothing is signed with a private key.
const PRIVATE_KEYS: [&str; 2] =
    ["jwtencodesign/https://tools.ietf.org/html/rfc7515#appendix-A.2", "jwtencodesign/EdDSA"];
const RAW_PRIVATE_KEYS: [&str; 2] =
    ["jwtencodesignraw/https://tools.ietf.org/html/rfc7515#appendix-A.2", "jwtencodesignraw/EdDSA"];

/// The topics, each with the cases that are known to differ.
const TOPICS: [(&str, &[&str]); 28] = [
    ("base64builtins", &[]),
    ("base64urlbuiltins", &[]),
    ("cryptohmacequal", &[]),
    ("cryptohmacmd5", &[]),
    ("cryptohmacsha1", &[]),
    ("cryptohmacsha256", &[]),
    ("cryptohmacsha512", &[]),
    ("cryptomd5", &[]),
    ("cryptosha1", &[]),
    ("cryptosha256", &[]),
    ("cryptox509parseandverifycertificates", &[]),
    ("cryptox509parsecertificaterequest", &[]),
    ("cryptox509parsecertificates", &[]),
    ("hexbuiltins", &[]),
    ("jsonschema", &[]),
    ("jwtbuiltins", &[]),
    ("jwtdecodeverify", &[]),
    ("jwtencodesign", &PRIVATE_KEYS),
    // A header that is no JSON is an error in other words.
    ("jwtencodesignheadererrors", &["jwtencodesignheadererrors/No JSON Error"]),
    ("jwtencodesignpayloaderrors", &[]),
    ("jwtencodesignraw", &RAW_PRIVATE_KEYS),
    ("jwtverifyeddsa", &[]),
    ("jwtverifyhs256", &[]),
    ("jwtverifyhs384", &[]),
    ("jwtverifyhs512", &[]),
    ("jwtverifyrsa", &[]),
    ("urlbuiltins", &[]),
    // An identifier by chance is no business of a decision that can be repeated.
    ("uuid", &["uuid.rfc4122/consistent values for same arguments"]),
];

/// A time at which the certificates of the cases are valid, in nanoseconds.
const NOW: &str = "1790000000000000000";

/// Functions that are given the time where OPA takes it from the clock.
const TIMED: [(&str, &str); 3] = [
    ("io.jwt.decode_verify", "internal.jwt_decode_verify"),
    ("crypto.x509.parse_and_verify_certificates", "internal.x509_parse_and_verify_certificates"),
    (
        "crypto.x509.parse_and_verify_certificates_with_options",
        "internal.x509_parse_and_verify_certificates_with_options",
    ),
];

#[test]
fn cases_of_opa_have_the_same_answers() {
    let folder = std::env::var_os("GATE_OPA_CASES").map(PathBuf::from).or_else(|| {
        let home = PathBuf::from(std::env::var_os("HOME")?);
        Some(home.join("go/pkg/mod/github.com/open-policy-agent/opa@v1.22.0/v1/test/cases/testdata/v1"))
    });
    let folders = folder.into_iter().flat_map(|folder| [folder.join("v1"), folder]);
    let Some(folder) = folders.into_iter().find(|folder| folder.join("uuid").is_dir()) else {
        eprintln!("skipped: no cases of OPA here (GATE_OPA_CASES)");
        return;
    };
    let mut wrong = Vec::new();
    for (topic, known) in TOPICS {
        let (mut passed, mut failed) = (0, Vec::new());
        let mut files: Vec<_> =
            std::fs::read_dir(folder.join(topic)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            let document: Json = yaml_serde::from_str(&text).unwrap();
            for case in document["cases"].as_array().unwrap() {
                match judge(case) {
                    Ok(()) => passed += 1,
                    Err(why) => failed.push((case["note"].as_str().unwrap().to_owned(), why)),
                }
            }
        }
        eprintln!("{topic}: {passed} pass, {} differ", failed.len());
        for note in known {
            assert!(failed.iter().any(|(n, _)| n == note), "`{note}` passes now");
        }
        failed.retain(|(note, _)| !known.contains(&note.as_str()));
        wrong.extend(failed);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn judge(case: &Json) -> Result<(), String> {
    let mut engine = regorus::Engine::new();
    register(&mut engine, case["strict_error"].as_bool().unwrap_or_default());
    engine.set_policy_length_config(regorus::PolicyLengthConfig {
        max_col: NonZeroU32::new(100_000).unwrap(),
        ..regorus::PolicyLengthConfig::default()
    });
    let answer = answer(&mut engine, case);
    if let Some(message) = case["want_error"].as_str() {
        return match answer {
            Err(error) if error.contains(message) => Ok(()),
            other => Err(format!("wanted error `{message}`, got {other:?}")),
        };
    }
    if case["want_error_code"].is_string() {
        return answer.map_or_else(|_| Ok(()), |v| Err(format!("wanted an error, got {v}")));
    }
    let answer = answer?;
    if answer == case["want_result"] {
        Ok(())
    } else {
        Err(format!("wanted {}, got {answer}", case["want_result"]))
    }
}

fn answer(engine: &mut regorus::Engine, case: &Json) -> Result<Json, String> {
    for (at, module) in case["modules"].as_array().into_iter().flatten().enumerate() {
        engine
            .add_policy(format!("{at}.rego"), rewritten(module.as_str().unwrap()))
            .map_err(|error| format!("{error:#}"))?;
    }
    if !case["data"].is_null() {
        engine.add_data(case["data"].clone().into()).map_err(|error| format!("{error:#}"))?;
    }
    if !case["input"].is_null() {
        engine.set_input(case["input"].clone().into());
    }
    let results = engine
        .eval_query(rewritten(case["query"].as_str().unwrap()), false)
        .map_err(|error| format!("{error:#}"))?;
    let bindings = results
        .result
        .into_iter()
        .filter(|result| result.expressions.iter().all(|e| e.value != regorus::Value::Bool(false)));
    bindings
        .map(|result| serde_json::from_str(&result.bindings.to_json_str().unwrap()))
        .collect::<Result<Vec<Json>, _>>()
        .map(Json::from)
        .map_err(|error| error.to_string())
}

/// Calls with one operand too many as assignments to it, and timed functions with the time.
fn rewritten(source: &str) -> String {
    let mut names: Vec<(&str, usize)> =
        all().map(|builtin| (builtin.name, usize::from(builtin.arity))).collect();
    names.extend([("hex.encode", 1), ("hex.decode", 1), ("base64.encode", 1), ("base64url.encode", 1)]);
    names.extend([("base64url.encode_no_pad", 1), ("json.unmarshal", 1)]);
    let mut out = String::new();
    let mut rest = source;
    let mut previous = ' ';
    while let Some(first) = rest.chars().next() {
        let quoted = if matches!(first, '"' | '`') { literal(rest) } else { 0 };
        let found = names.iter().find(|(name, _)| {
            !previous.is_alphanumeric()
                && !matches!(previous, '.' | '_')
                && rest.strip_prefix(name).is_some_and(|after| after.starts_with('('))
        });
        let step = if quoted > 0 {
            quoted
        } else if let Some((name, arity)) = found {
            let (mut operands, end) = operands(&rest[name.len() + 1..]);
            let output = (operands.len() > *arity).then(|| operands.pop().unwrap());
            let timed = TIMED.iter().find(|(plain, _)| plain == name);
            if timed.is_some() {
                operands.push(NOW.to_owned());
            }
            let name = timed.map_or(*name, |(_, timed)| timed);
            if let Some(output) = output {
                out.push_str(&format!("{output} = "));
            }
            out.push_str(&format!("{name}({})", operands.join(", ")));
            rest = &rest[found.unwrap().0.len() + 1 + end..];
            previous = ')';
            continue;
        } else {
            first.len_utf8()
        };
        out.push_str(&rest[..step]);
        rest = &rest[step..];
        previous = first;
    }
    out
}

/// Length of the string at the start of a text.
fn literal(text: &str) -> usize {
    let quote = text.chars().next().unwrap();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The operands up to the closing parenthesis, and the length of it all.
fn operands(text: &str) -> (Vec<String>, usize) {
    let (mut operands, mut depth, mut start, mut at) = (Vec::new(), 0, 0, 0);
    loop {
        let c = text[at..].chars().next().unwrap();
        match c {
            '"' | '`' => at += literal(&text[at..]) - 1,
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                operands.push(text[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    operands.push(text[start..at].trim().to_owned());
    operands.retain(|operand| !operand.is_empty());
    (operands, at + 1)
}
