//! Builtin functions that the interpreter lacks or has otherwise than OPA.
//!
//! Each topic is a file with a list; [`all`] is all of them. A function gets its arguments evaluated and defined, in
//! the number it declares, and looks at nothing else: not at the clock, the network or the environment.

mod hash;
mod jwt;
mod operand;
mod pem;
mod schema;
#[cfg(test)]
mod tests;
mod x509;

use regorus::Value;

/// Why a call has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// An operand has the wrong type: OPA's `eval_type_error`.
    #[error("{function}: operand {operand} must be {expected} but got {found}")]
    Type {
        /// The function.
        function: &'static str,
        /// Number of the operand, from 1.
        operand: usize,
        /// What is accepted, such as `string` or `one of {array, set}`.
        expected: &'static str,
        /// Type name of what was given.
        found: &'static str,
    },
    /// The operands have the right types, but there is no answer: OPA's `eval_builtin_error`.
    #[error("{function}: {message}")]
    Failed {
        /// The function.
        function: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// What a call gives. `Ok(Value::Undefined)` where OPA's function is undefined without being in error.
pub(crate) type Answer = Result<Value, Error>;

/// One builtin function.
#[derive(Clone, Copy)]
pub(crate) struct Builtin {
    /// Name with dots, as policies call it.
    pub(crate) name: &'static str,
    /// Number of its arguments.
    pub(crate) arity: u8,
    /// The function: an error is undefined to a lenient set of policies, and an error to a strict one.
    pub(crate) call: fn(&[Value]) -> Answer,
}

mod aggregates;
mod arrays;
mod casts;
mod decimal;
mod encoding;
mod float_text;
mod glob;
mod graph;
mod json;
mod json_patch;
mod json_read;
mod layout;
mod net;
mod numbers;
mod objects;
mod order;
mod re;
mod re_syntax;
mod semver;
pub(crate) mod signature;
mod sprintf;
mod strings;
mod template;
mod template_parse;
mod text;
mod time;
mod units;
mod uri;
mod yaml;
mod yaml_write;

/// The functions by topic.
const TOPICS: &[&[Builtin]] = &[
    aggregates::BUILTINS,
    arrays::BUILTINS,
    casts::BUILTINS,
    encoding::BUILTINS,
    glob::BUILTINS,
    graph::BUILTINS,
    hash::BUILTINS,
    json::BUILTINS,
    json_patch::BUILTINS,
    jwt::BUILTINS,
    net::BUILTINS,
    numbers::BUILTINS,
    objects::BUILTINS,
    re::BUILTINS,
    schema::BUILTINS,
    semver::BUILTINS,
    sprintf::BUILTINS,
    strings::BUILTINS,
    template::BUILTINS,
    time::BUILTINS,
    units::BUILTINS,
    uri::BUILTINS,
    x509::BUILTINS,
    yaml::BUILTINS,
];

/// Most elements of an array, set or object that a function makes.
pub(crate) const MAX_ELEMENTS: usize = 1_000_000;
/// Most bytes of a string that a function makes.
pub(crate) const MAX_TEXT: usize = 64 << 20;
/// Most bits of an integer that a function makes.
pub(crate) const MAX_BITS: u64 = 1 << 20;
/// Deepest nesting of a value that a function reads or makes.
pub(crate) const MAX_DEPTH: usize = 512;
/// Most steps of a search whose length the operands do not show.
pub(crate) const MAX_STEPS: usize = 1_000_000;

/// All functions.
pub(crate) fn all() -> impl Iterator<Item = &'static Builtin> {
    TOPICS.iter().flat_map(|topic| topic.iter())
}

/// Makes the functions known to an interpreter. A call that is in error is undefined, or an error if `strict`.
pub(crate) fn register(engine: &mut regorus::Engine, strict: bool) {
    for &Builtin { name, arity, call } in all() {
        let extension = move |args: Vec<Value>| match call(&args) {
            Ok(value) => Ok(value),
            Err(error) if strict => Err(error.into()),
            Err(_) => Ok(Value::Undefined),
        };
        // Only a second function of the same name is refused, and a test sees to it that there is none.
        let _ = engine.add_extension(name.to_owned(), arity, Box::new(extension));
    }
}

/// The name of a value's type, in OPA's words.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Object(_) => "object",
        Value::Undefined => "undefined",
    }
}

/// One line of a list: name, number of arguments, function.
const fn builtin(name: &'static str, arity: u8, call: fn(&[Value]) -> Answer) -> Builtin {
    Builtin { name, arity, call }
}

/// A failure that is not one of types.
fn failed<T>(function: &'static str, message: impl Into<String>) -> Result<T, Error> {
    Err(Error::Failed { function, message: message.into() })
}

/// A failure because of a limit.
fn beyond<T>(function: &'static str, what: &str, limit: impl std::fmt::Display) -> Result<T, Error> {
    failed(function, format!("the limit of {limit} {what} is exceeded"))
}

fn wrong<T>(
    function: &'static str,
    operand: usize,
    expected: &'static str,
    found: &Value,
) -> Result<T, Error> {
    Err(Error::Type { function, operand, expected, found: type_name(found) })
}

/// The operand with a number from 1; undefined where there is none.
fn operand(arguments: &[Value], number: usize) -> &Value {
    arguments.get(number.saturating_sub(1)).unwrap_or(&Value::Undefined)
}

fn string<'a>(function: &'static str, arguments: &'a [Value], number: usize) -> Result<&'a str, Error> {
    match operand(arguments, number) {
        Value::String(text) => Ok(text),
        other => wrong(function, number, "string", other),
    }
}

fn array<'a>(function: &'static str, arguments: &'a [Value], number: usize) -> Result<&'a [Value], Error> {
    match operand(arguments, number) {
        Value::Array(array) => Ok(array.as_slice()),
        other => wrong(function, number, "array", other),
    }
}

/// An operand that is an object.
fn object<'a>(function: &'static str, arguments: &'a [Value], number: usize) -> Result<&'a Value, Error> {
    match operand(arguments, number) {
        found @ Value::Object(_) => Ok(found),
        other => wrong(function, number, "object", other),
    }
}

/// An operand that is a machine integer.
fn integer(function: &'static str, arguments: &[Value], number: usize) -> Result<i64, Error> {
    match operand(arguments, number) {
        Value::Number(n) => match n.as_i64() {
            Some(found) => Ok(found),
            None => failed(function, format!("operand {number} must be an integer number of 64 bits")),
        },
        other => wrong(function, number, "number", other),
    }
}

/// The elements of an array, or of a set in order; nothing for other values.
fn elements(value: &Value) -> Option<Vec<&Value>> {
    match value {
        Value::Array(array) => Some(array.iter().collect()),
        Value::Set(set) => Some(set.iter_sorted().collect()),
        _ => None,
    }
}

/// The pairs of an object by key; none for other values.
fn pairs(value: &Value) -> Vec<(&Value, &Value)> {
    match value {
        Value::Object(object) => object.iter_sorted().collect(),
        _ => Vec::new(),
    }
}

/// What a reference with this key finds.
fn get<'a>(value: &'a Value, key: &Value) -> Option<&'a Value> {
    match (value, key) {
        (Value::Object(object), _) => object.get(key),
        (Value::Set(set), _) => set.get(key),
        (Value::Array(array), Value::Number(n)) => array.get(usize::try_from(n.as_u64()?).ok()?),
        _ => None,
    }
}

fn make_object(pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
    Value::from(pairs.into_iter().collect::<std::collections::BTreeMap<_, _>>())
}

fn make_set(values: impl IntoIterator<Item = Value>) -> Value {
    Value::from(values.into_iter().collect::<std::collections::BTreeSet<_>>())
}

/// JSON text as a value, integers of any size kept.
pub(crate) fn from_json(text: &str) -> Answer {
    json::read("json", text)
}

/// A value as JSON text, integers of any size kept, sets as arrays in order.
pub(crate) fn to_json(value: &Value) -> String {
    json::marshalled(value, None)
}
