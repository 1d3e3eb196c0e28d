//! `io.jwt.*`: reading tokens, verifying them, and signing them with a shared secret.
//!
//! Signing with a private key is left out: gate holds none. What OPA accepts by an oversight is refused: a critical
//! header that is not understood, a key of another curve than the algorithm's.

mod constraint;
mod key;
mod sign;
mod signature;

use regorus::Value;

use super::operand::{Fallible, failed, field, string, text};
use super::{Answer, Builtin, encoding};
use crate::digest::hex;
use key::VerificationKey;
use signature::Algorithm;

/// The functions of this topic.
pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { name: "io.jwt.decode", arity: 1, call: decode },
    Builtin { name: "io.jwt.decode_verify", arity: 2, call: |args| constraint::decode_verify(args, None) },
    Builtin {
        // What the former is rewritten to: its last operand is the time of the decision in nanoseconds.
        name: "internal.jwt_decode_verify",
        arity: 3,
        call: |args| constraint::decode_verify(args, args.get(2)),
    },
    Builtin { name: "io.jwt.encode_sign", arity: 3, call: sign::encode_sign },
    Builtin { name: "io.jwt.encode_sign_raw", arity: 3, call: sign::encode_sign_raw },
    Builtin {
        name: "io.jwt.verify_rs256",
        arity: 2,
        call: |args| verify("io.jwt.verify_rs256", Algorithm::Rs256, args),
    },
    Builtin {
        name: "io.jwt.verify_rs384",
        arity: 2,
        call: |args| verify("io.jwt.verify_rs384", Algorithm::Rs384, args),
    },
    Builtin {
        name: "io.jwt.verify_rs512",
        arity: 2,
        call: |args| verify("io.jwt.verify_rs512", Algorithm::Rs512, args),
    },
    Builtin {
        name: "io.jwt.verify_ps256",
        arity: 2,
        call: |args| verify("io.jwt.verify_ps256", Algorithm::Ps256, args),
    },
    Builtin {
        name: "io.jwt.verify_ps384",
        arity: 2,
        call: |args| verify("io.jwt.verify_ps384", Algorithm::Ps384, args),
    },
    Builtin {
        name: "io.jwt.verify_ps512",
        arity: 2,
        call: |args| verify("io.jwt.verify_ps512", Algorithm::Ps512, args),
    },
    Builtin {
        name: "io.jwt.verify_es256",
        arity: 2,
        call: |args| verify("io.jwt.verify_es256", Algorithm::Es256, args),
    },
    Builtin {
        name: "io.jwt.verify_es384",
        arity: 2,
        call: |args| verify("io.jwt.verify_es384", Algorithm::Es384, args),
    },
    Builtin {
        name: "io.jwt.verify_es512",
        arity: 2,
        call: |args| verify("io.jwt.verify_es512", Algorithm::Es512, args),
    },
    Builtin {
        name: "io.jwt.verify_eddsa",
        arity: 2,
        call: |args| verify("io.jwt.verify_eddsa", Algorithm::EdDsa, args),
    },
    Builtin {
        name: "io.jwt.verify_hs256",
        arity: 2,
        call: |args| verify_secret("io.jwt.verify_hs256", Algorithm::Hs256, args),
    },
    Builtin {
        name: "io.jwt.verify_hs384",
        arity: 2,
        call: |args| verify_secret("io.jwt.verify_hs384", Algorithm::Hs384, args),
    },
    Builtin {
        name: "io.jwt.verify_hs512",
        arity: 2,
        call: |args| verify_secret("io.jwt.verify_hs512", Algorithm::Hs512, args),
    },
];

/// A token in its three parts.
struct Token<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    /// The first two parts with the dot between them.
    signed: &'a str,
}

impl<'a> Token<'a> {
    fn split(text: &'a str) -> Fallible<Token<'a>> {
        let sections = text.split('.').count();
        if sections == 1 {
            return Err("encoded JWT had no period separators".to_owned());
        }
        let parts = text.rsplit_once('.').and_then(|(signed, signature)| {
            let (header, payload) = signed.split_once('.')?;
            (sections == 3).then_some(Token { header, payload, signature, signed })
        });
        parts.ok_or_else(|| format!("encoded JWT must have 3 sections, found {sections}"))
    }

    /// The header, which is an object and not that of an encrypted token.
    fn header(&self) -> Fallible<Value> {
        let header = encoding::url_safe(self.header)
            .map_err(|error| format!("JWT header had invalid encoding: {error}"))?;
        let header = json_object(&header).map_err(|error| format!("bad JWT header: {error}"))?;
        if field(&header, "enc").is_some() {
            return Err("JWT is a JWE object, which is not supported".to_owned());
        }
        Ok(header)
    }

    fn payload(&self) -> Fallible<Vec<u8>> {
        encoding::url_safe(self.payload).map_err(|error| format!("JWT payload had invalid encoding: {error}"))
    }
}

/// The object that bytes hold as JSON; of two fields with one name the latter counts.
fn json_object(bytes: &[u8]) -> Fallible<Value> {
    let text = std::str::from_utf8(bytes).map_err(|_| "invalid JSON: not UTF-8".to_owned())?;
    let value = Value::from_json_str(text).map_err(|error| format!("invalid JSON: {error}"))?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err("decoded JSON type was not an Object".to_owned()),
    }
}

fn decode(args: &[Value]) -> Answer {
    const NAME: &str = "io.jwt.decode";
    decoded(string(NAME, args, 1)?).map_err(|message| failed(NAME, message))
}

fn decoded(text: &str) -> Fallible<Value> {
    let mut text = text.to_owned();
    // A token in a token is shorter than what it is in, so this ends.
    loop {
        let token = Token::split(&text)?;
        let header = token.header()?;
        let payload = token.payload()?;
        match field(&header, "cty") {
            None => {}
            Some(Value::String(kind)) if &**kind != "JWT" => {}
            Some(Value::String(_)) => {
                let inner = String::from_utf8(payload).map_err(|_| "nested JWT is not UTF-8".to_owned())?;
                text = inner.trim_matches(['"', '\'']).to_owned();
                continue;
            }
            Some(_) => return Err("cty: must be a string".to_owned()),
        }
        let payload = json_object(&payload)?;
        let signature = encoding::url_safe(token.signature)
            .map_err(|error| format!("JWT signature had invalid encoding: {error}"))?;
        return Ok(Value::from(vec![header, payload, Value::from(hex(&signature))]));
    }
}

fn verify(function: &'static str, algorithm: Algorithm, args: &[Value]) -> Answer {
    let text = string(function, args, 1)?;
    let keys = string(function, args, 2);
    // OPA looks at the token first.
    let token = Token::split(text).map_err(|message| failed(function, message))?;
    verified(&token, keys?, algorithm).map(Value::from).map_err(|message| failed(function, message))
}

fn verified(token: &Token<'_>, keys: &str, algorithm: Algorithm) -> Fallible<bool> {
    let keys = key::read(keys)?;
    let signature = encoding::url_safe(token.signature)?;
    let header = Header::read(&token.header()?)?;
    let holds =
        |key: &VerificationKey| signature::verify_asymmetric(algorithm, &key.key, token.signed, &signature);
    if let Some(key) = key::by_id(&keys, &header.kid) {
        return Ok(holds(key));
    }
    Ok(keys.iter().any(|key| (key.alg.is_empty() || key.alg == header.alg) && holds(key)))
}

fn verify_secret(function: &'static str, algorithm: Algorithm, args: &[Value]) -> Answer {
    let text = string(function, args, 1)?;
    let secret = string(function, args, 2)?;
    let answer = Token::split(text).and_then(|token| {
        let signature = encoding::url_safe(token.signature)?;
        Ok(signature::verify_secret(algorithm, secret.as_bytes(), token.signed, &signature))
    });
    answer.map(Value::from).map_err(|message| failed(function, message))
}

/// The fields of a header that verification looks at.
struct Header {
    alg: String,
    kid: String,
    cty: String,
    /// Whether every field that it calls critical is one that is understood.
    understood: bool,
}

impl Header {
    fn read(header: &Value) -> Fallible<Header> {
        const KNOWN: [&str; 5] = ["alg", "kid", "typ", "cty", "crit"];
        for name in ["alg", "kid", "typ", "cty"] {
            if field(header, name).is_some_and(|value| !matches!(value, Value::String(_))) {
                return Err(format!("{name}: must be a string"));
            }
        }
        let mut understood = true;
        match field(header, "crit") {
            None => {}
            Some(Value::Array(names)) => {
                let mut none = true;
                for name in names.iter() {
                    let Value::String(name) = name else {
                        return Err("crit: must be a list of strings".to_owned());
                    };
                    none = false;
                    understood &= KNOWN.contains(&&**name);
                }
                if none {
                    return Err("crit: must be a nonempty list".to_owned());
                }
            }
            Some(_) => return Err("crit: must be a list".to_owned()),
        }
        let text = |name| text(header, name).unwrap_or_default().to_owned();
        Ok(Header { alg: text("alg"), kid: text("kid"), cty: text("cty"), understood })
    }
}
