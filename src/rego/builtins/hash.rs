//! `crypto.md5`, `crypto.sha1`, `crypto.sha256` and `crypto.hmac.*`.
//!
//! MD5 and SHA-1 are here to compare with what others wrote, never to vouch for anything.

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use regorus::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::operand::{failed, string};
use super::{Answer, Builtin};
use crate::digest::hex;

/// The functions of this topic.
pub(super) const BUILTINS: &[Builtin] = &[
    Builtin { name: "crypto.md5", arity: 1, call: |args| digest::<Md5>("crypto.md5", args) },
    Builtin { name: "crypto.sha1", arity: 1, call: |args| digest::<Sha1>("crypto.sha1", args) },
    Builtin { name: "crypto.sha256", arity: 1, call: |args| digest::<Sha256>("crypto.sha256", args) },
    Builtin { name: "crypto.hmac.md5", arity: 2, call: |args| mac::<Hmac<Md5>>("crypto.hmac.md5", args) },
    Builtin { name: "crypto.hmac.sha1", arity: 2, call: |args| mac::<Hmac<Sha1>>("crypto.hmac.sha1", args) },
    Builtin {
        name: "crypto.hmac.sha256",
        arity: 2,
        call: |args| mac::<Hmac<Sha256>>("crypto.hmac.sha256", args),
    },
    Builtin {
        name: "crypto.hmac.sha512",
        arity: 2,
        call: |args| mac::<Hmac<Sha512>>("crypto.hmac.sha512", args),
    },
    Builtin { name: "crypto.hmac.equal", arity: 2, call: equal },
];

fn digest<D: Digest>(function: &'static str, args: &[Value]) -> Answer {
    Ok(Value::from(hex(&D::digest(string(function, args, 1)?))))
}

fn mac<M: Mac + KeyInit>(function: &'static str, args: &[Value]) -> Answer {
    let message = string(function, args, 1)?;
    let key = string(function, args, 2)?;
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes())
        .map_err(|error| failed(function, error.to_string()))?;
    mac.update(message.as_bytes());
    Ok(Value::from(hex(&mac.finalize().into_bytes())))
}

fn equal(args: &[Value]) -> Answer {
    const NAME: &str = "crypto.hmac.equal";
    let left = string(NAME, args, 1)?.as_bytes();
    let right = string(NAME, args, 2)?.as_bytes();
    Ok(Value::from(aws_lc_rs::constant_time::verify_slices_are_equal(left, right).is_ok()))
}
