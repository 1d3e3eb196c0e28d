//! `io.jwt.encode_sign` and `io.jwt.encode_sign_raw`, with a shared secret.
//!
//! Nothing is signed with a private key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use regorus::Value;

use super::super::Answer;
use super::super::operand::{Fallible, failed, field, string};
use super::key::{self, Key};
use super::signature::{self, Algorithm};

pub(super) fn encode_sign(args: &[Value]) -> Answer {
    const NAME: &str = "io.jwt.encode_sign";
    let json = |operand: usize| {
        let text = serde_json::to_string(args.get(operand).unwrap_or(&Value::Undefined));
        text.map(|text| for_html(&text)).map_err(|error| failed(NAME, error.to_string()))
    };
    signed(&json(0)?, &json(1)?, &json(2)?).map_err(|message| failed(NAME, message))
}

pub(super) fn encode_sign_raw(args: &[Value]) -> Answer {
    const NAME: &str = "io.jwt.encode_sign_raw";
    let key = string(NAME, args, 3)?;
    signed(string(NAME, args, 1)?, string(NAME, args, 2)?, key).map_err(|message| failed(NAME, message))
}

/// JSON as Go writes it: fit to stand in HTML. The characters stand in strings only.
fn for_html(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

fn signed(header: &str, payload: &str, key: &str) -> Fallible<Value> {
    let keys = key::set(key).map_err(|error| format!("failed to parse a JWK key (set): {error}"))?;
    let key = keys.into_iter().next().ok_or("no keys found in JWK set")?;
    let algorithm_error = |what: &str| format!("missing or invalid 'alg' header: {what}");
    if header.trim().is_empty() {
        return Err(algorithm_error("cannot parse JSON: cannot parse empty string"));
    }
    let fields = Value::from_json_str(header).map_err(|_| algorithm_error("cannot parse JSON"))?;
    let name = match field(&fields, "alg") {
        Some(Value::String(name)) => name,
        Some(_) => return Err(algorithm_error("jwsbb: header \"alg\" is not a string")),
        None => return Err(algorithm_error("jwsbb: header \"alg\" not found")),
    };
    let algorithm = Algorithm::named(name).ok_or_else(|| format!("unknown JWS algorithm: {name}"))?;
    let is_token = match field(&fields, "typ") {
        Some(Value::String(kind)) => &**kind == "JWT",
        _ => true,
    };
    if is_token && Value::from_json_str(payload).is_err() {
        return Err("type is JWT but payload is not JSON".to_owned());
    }
    let Key::Secret(secret) = key.key else {
        return Err(format!("signing with `{name}` needs a private key, of which none is used here"));
    };
    let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mac = signature::mac(algorithm, &secret, &text)
        .ok_or_else(|| format!("a shared secret does not sign with `{name}`"))?;
    Ok(Value::from(format!("{text}.{}", URL_SAFE_NO_PAD.encode(mac))))
}
