//! `crypto.x509.*`, as far as it needs no private key.
//!
//! Certificates and requests come out in the form of Go's JSON, which is what policies written for OPA expect.

mod algorithm;
mod asn1;
mod certificate;
mod constraint;
mod extension;
mod key;
mod name;
mod request;
mod uri;
mod verify;

use base64::Engine as _;
use regorus::Value;

pub(super) use certificate::Certificate;
pub(super) use key::{Curve, PublicKey};

use super::operand::{Fallible, failed, object, string};
use super::{Answer, Builtin, encoding, pem};
use verify::Options;

/// The functions of this topic.
///
/// Those of `internal` are what the others are rewritten to where the policy gives no time: their last operand is the
/// time of the decision in nanoseconds.
pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { name: "crypto.x509.parse_certificates", arity: 1, call: parse_certificates },
    Builtin { name: "crypto.x509.parse_certificate_request", arity: 1, call: parse_certificate_request },
    Builtin { name: VERIFY, arity: 1, call: |args| verify(VERIFY, args, Options::default(), None) },
    Builtin { name: VERIFY_WITH, arity: 2, call: |args| verify_with(VERIFY_WITH, args, None) },
    Builtin {
        name: "internal.x509_parse_and_verify_certificates",
        arity: 2,
        call: |args| verify(VERIFY, args, Options::default(), args.get(1)),
    },
    Builtin {
        name: "internal.x509_parse_and_verify_certificates_with_options",
        arity: 3,
        call: |args| verify_with(VERIFY_WITH, args, args.get(2)),
    },
];

const VERIFY: &str = "crypto.x509.parse_and_verify_certificates";
const VERIFY_WITH: &str = "crypto.x509.parse_and_verify_certificates_with_options";

fn parse_certificates(args: &[Value]) -> Answer {
    const NAME: &str = "crypto.x509.parse_certificates";
    let text = string(NAME, args, 1)?;
    let answer = certificate_bytes(text).and_then(|bytes| {
        let certificates = Certificate::read_all(&bytes)?;
        Ok(Value::from(certificates.iter().map(Certificate::extended_json).collect::<Vec<_>>()))
    });
    answer.map_err(|message| failed(NAME, message))
}

fn parse_certificate_request(args: &[Value]) -> Answer {
    const NAME: &str = "crypto.x509.parse_certificate_request";
    let text = string(NAME, args, 1)?;
    request_bytes(text).and_then(|bytes| request::read(&bytes)).map_err(|message| failed(NAME, message))
}

fn verify_with(function: &'static str, args: &[Value], now: Option<&Value>) -> Answer {
    string(function, args, 1)?;
    let options = Options::read(object(function, args, 2)?);
    match options {
        Ok(options) => verify(function, args, options, now),
        // OPA looks at the certificates first: bad ones have the answer no, whatever the options.
        Err(message) => match certificate_bytes(string(function, args, 1)?)
            .and_then(|bytes| Certificate::read_all(&bytes).map(|_| ()))
        {
            Ok(()) => Err(failed(function, message)),
            Err(_) => Ok(refused()),
        },
    }
}

fn refused() -> Value {
    Value::from(vec![Value::from(false), Value::new_array()])
}

fn verify(function: &'static str, args: &[Value], options: Options, now: Option<&Value>) -> Answer {
    let text = string(function, args, 1)?;
    let Ok(bytes) = certificate_bytes(text) else { return Ok(refused()) };
    let Ok(certificates) = Certificate::read_all(&bytes) else { return Ok(refused()) };
    if certificates.len() < 2 {
        return Ok(refused());
    }
    let time = options.time.or_else(|| now.and_then(|now| now.as_i64().ok())).ok_or_else(|| {
        failed(
            function,
            format!("the time is not known here: give `CurrentTime` as an option of `{VERIFY_WITH}`"),
        )
    })?;
    let Some(chain) = verify::chain(&certificates, &options, time) else { return Ok(refused()) };
    let extended = function == VERIFY;
    let json = chain.into_iter().map(
        |certificate| {
            if extended { certificate.extended_json() } else { certificate.json() }
        },
    );
    Ok(Value::from(vec![Value::from(true), Value::from(json.collect::<Vec<_>>())]))
}

/// The bytes of certificates in PEM, in base64, or in PEM in base64.
fn certificate_bytes(text: &str) -> Fallible<Vec<u8>> {
    if text.starts_with("-----BEGIN") {
        return certificates_in_pem(text);
    }
    let bytes = encoding::standard(text)?;
    match std::str::from_utf8(&bytes) {
        Ok(text) if text.starts_with("-----BEGIN") => certificates_in_pem(text),
        _ => Ok(bytes),
    }
}

fn certificates_in_pem(text: &str) -> Fallible<Vec<u8>> {
    let mut rest = text;
    let mut bytes = Vec::new();
    while let Some((block, after)) = pem::next(rest) {
        if block.label != "CERTIFICATE" {
            return Err(format!("PEM block type is '{}', expected CERTIFICATE", block.label));
        }
        bytes.extend(block.bytes);
        rest = after;
    }
    Ok(bytes)
}

fn request_bytes(text: &str) -> Fallible<Vec<u8>> {
    let bytes = if text.starts_with("-----BEGIN CERTIFICATE REQUEST-----") {
        text.as_bytes().to_vec()
    } else {
        encoding::standard(text)?
    };
    match std::str::from_utf8(&bytes).ok().and_then(pem::next) {
        Some((block, _)) if block.label == "CERTIFICATE REQUEST" => Ok(block.bytes),
        Some(_) => Err("invalid PEM-encoded certificate signing request".to_owned()),
        None => Ok(bytes),
    }
}

/// Bytes as Go's JSON has them.
fn base64(bytes: &[u8]) -> Value {
    Value::from(base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// A list as Go's JSON has one that was only made when something came into it.
fn list(items: Vec<Value>) -> Value {
    if items.is_empty() { Value::Null } else { Value::from(items) }
}

fn texts(items: Vec<String>) -> Value {
    list(items.into_iter().map(Value::from).collect())
}

fn oid(arcs: &[u32]) -> Value {
    Value::from(arcs.iter().map(|arc| Value::from(*arc)).collect::<Vec<_>>())
}
