//! Builtin functions that the interpreter lacks or has otherwise than OPA.
//!
//! Each topic is a file with a list; [`all`] is all of them. A function gets its arguments evaluated and defined, in
//! the number it declares, and looks at nothing else: not at the clock, the network or the environment.

#[cfg(test)]
mod conformance;
mod encoding;
mod hash;
mod jwt;
mod operand;
mod pem;
mod schema;
#[cfg(test)]
mod tests;
mod uuid;
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

/// The functions by topic.
const TOPICS: &[&[Builtin]] =
    &[encoding::BUILTINS, hash::BUILTINS, jwt::BUILTINS, schema::BUILTINS, uuid::BUILTINS, x509::BUILTINS];

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
