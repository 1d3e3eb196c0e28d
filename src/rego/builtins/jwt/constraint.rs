//! `io.jwt.decode_verify`: a token against what is asked of it.
//!
//! There is no clock here. A token with an end or a beginning needs the time from the caller.

use regorus::Value;

use super::super::operand::{Fallible, failed, field, object, string};
use super::super::{Answer, encoding};
use super::key::{self, VerificationKey};
use super::signature::{self, Algorithm};
use super::{Header, Token, json_object};

const NAME: &str = "io.jwt.decode_verify";

#[derive(Default)]
struct Constraints {
    keys: Option<Vec<VerificationKey>>,
    secret: String,
    alg: String,
    iss: String,
    aud: String,
    /// Nanoseconds from 1970.
    time: Option<f64>,
}

/// Whether a token is valid, with its header and its payload if it is.
pub(super) fn decode_verify(args: &[Value], now: Option<&Value>) -> Answer {
    let constraints =
        Constraints::read(object(NAME, args, 2)?, now).map_err(|message| failed(NAME, message))?;
    let text = string(NAME, args, 1)?;
    let verified = verified(text, &constraints).map_err(|message| failed(NAME, message))?;
    let (valid, header, payload) = match verified {
        Some((header, payload)) => (true, header, payload),
        None => (false, Value::new_object(), Value::new_object()),
    };
    Ok(Value::from(vec![Value::from(valid), header, payload]))
}

impl Constraints {
    fn read<'a>(
        pairs: impl Iterator<Item = (&'a Value, &'a Value)>,
        now: Option<&Value>,
    ) -> Fallible<Constraints> {
        let mut constraints = Constraints::default();
        for (name, value) in pairs {
            let Value::String(name) = name else {
                return Err("token validation constraints must be named by strings".to_owned());
            };
            let text = || match value {
                Value::String(text) => Ok(text.to_string()),
                _ => Err(format!("{name} constraint: must be a string")),
            };
            match &**name {
                "cert" => constraints.keys = Some(key::read(&text()?)?),
                "secret" => constraints.secret = text()?,
                "alg" => constraints.alg = text()?,
                "iss" => constraints.iss = text()?,
                "aud" => constraints.aud = text()?,
                "time" => constraints.time = Some(time(value)?),
                other => return Err(format!("unknown token validation constraint: {other}")),
            }
        }
        if constraints.time.is_none()
            && let Some(now) = now
        {
            constraints.time = Some(time(now)?);
        }
        match (&constraints.keys, constraints.secret.as_str()) {
            (Some(_), "") | (None, _) if constraints.keys.is_some() || !constraints.secret.is_empty() => {
                Ok(constraints)
            }
            (Some(_), _) => Err("duplicate key constraints".to_owned()),
            (None, _) => Err("no key constraint".to_owned()),
        }
    }

    fn holds(&self, header: &Header, token: &Token<'_>, signature: &[u8]) -> bool {
        let Some(algorithm) = Algorithm::named(&header.alg) else { return false };
        let Some(keys) = &self.keys else {
            return signature::verify_secret(algorithm, self.secret.as_bytes(), token.signed, signature);
        };
        let holds = |key: &VerificationKey| signature::verify(algorithm, &key.key, token.signed, signature);
        match key::by_id(keys, &header.kid) {
            Some(key) => holds(key),
            None => keys.iter().any(|key| (key.alg.is_empty() || key.alg == header.alg) && holds(key)),
        }
    }

    /// The time in seconds.
    fn seconds(&self, claim: &str) -> Fallible<Value> {
        let time = self.time.ok_or_else(|| {
            format!("the token has `{claim}`, and the time is not known here: give `time` as a constraint")
        })?;
        Ok(Value::from(time / 1_000_000_000.0))
    }
}

fn time(value: &Value) -> Fallible<f64> {
    if !matches!(value, Value::Number(_)) {
        return Err("token time constraint: must be a number".to_owned());
    }
    // Not every integer is a float of the same value: the nearest one will do.
    let time = value.to_json_str().ok().and_then(|text| text.parse::<f64>().ok());
    let time = time.filter(|time| time.is_finite());
    let time = time.ok_or("token time constraint: invalid float64")?;
    if time < 0.0 { Err("token time constraint: must not be negative".to_owned()) } else { Ok(time) }
}

/// The header and the payload of a token that is valid.
fn verified(text: &str, constraints: &Constraints) -> Fallible<Option<(Value, Value)>> {
    let mut text = text.to_owned();
    // A token in a token is shorter than what it is in, so this ends.
    let (header, payload) = loop {
        let token = Token::split(&text)?;
        let decoded = token.header()?;
        let header = Header::read(&decoded)?;
        let wrong = !constraints.alg.is_empty() && constraints.alg != header.alg;
        if header.alg.is_empty() || !header.understood || wrong {
            return Ok(None);
        }
        let signature = encoding::url_safe(token.signature)?;
        if !constraints.holds(&header, &token, &signature) {
            return Ok(None);
        }
        let payload = token.payload()?;
        if !header.cty.eq_ignore_ascii_case("JWT") {
            break (decoded, json_object(&payload)?);
        }
        text = String::from_utf8(payload).map_err(|_| "nested JWT is not UTF-8".to_owned())?;
    };
    Ok(claims_hold(&payload, constraints)?.then_some((header, payload)))
}

fn claims_hold(payload: &Value, constraints: &Constraints) -> Fallible<bool> {
    if !constraints.iss.is_empty() {
        match field(payload, "iss") {
            Some(Value::String(issuer)) if **issuer == constraints.iss => {}
            _ => return Ok(false),
        }
    }
    let audience = |value: &Value| match value {
        Value::String(audience) => **audience == constraints.aud,
        _ => false,
    };
    let meant = match field(payload, "aud") {
        Some(Value::Array(audiences)) => audiences.iter().any(audience),
        Some(one) => audience(one),
        None => constraints.aud.is_empty(),
    };
    if !meant {
        return Ok(false);
    }
    let number = |claim: &str| match field(payload, claim) {
        None => Ok(None),
        Some(moment @ Value::Number(_)) => Ok(Some(moment)),
        Some(_) => Err(format!("{claim} value must be a number")),
    };
    if let Some(end) = number("exp")?
        && constraints.seconds("exp")? >= *end
    {
        return Ok(false);
    }
    if let Some(start) = number("nbf")?
        && constraints.seconds("nbf")? < *start
    {
        return Ok(false);
    }
    Ok(true)
}
