//! The only user of the interpreter: compiles modules and answers queries.
//!
//! Never looks at the clock of the day, the network or the environment; always has a time limit.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use regorus::{Engine, PolicyLengthConfig, Value};
use serde_json::{Map, Value as Json};

use super::ast::Version;

/// One module's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Path as shown in messages.
    pub path: String,
    /// Rego.
    pub text: String,
    /// The language it is read as.
    pub version: Version,
}

/// How modules are compiled and run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether an error of a builtin function is an error of the query, not undefined.
    pub strict: bool,
    /// Time limit of one query.
    pub timeout: Duration,
    /// Whether every expression that is reached is recorded, with the values of its variables.
    pub record: Record,
    /// Functions of the host with the number of their arguments: known, but without an answer unless `with` gives one.
    /// Those that the engine has itself may stand among them.
    pub host: Vec<(String, u8)>,
}

/// What is recorded while a query runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    /// Nothing.
    #[default]
    Nothing,
    /// How often each point was reached.
    Hits,
    /// And the values of the variables there.
    Values,
}

impl Default for Options {
    fn default() -> Self {
        Self { strict: false, timeout: Duration::from_secs(10), record: Record::Nothing, host: Vec::new() }
    }
}

/// What is wrong with modules, data or a query, or why it has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The module; empty where it is about none.
    pub path: String,
    /// Line from 1; 0 where it is about no line.
    pub line: u32,
    /// Column from 1; 0 where it is not known.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
    /// OPA's code: `rego_parse_error`, `rego_unsafe_var_error`, `eval_conflict_error`, `eval_builtin_error`, ...
    pub code: &'static str,
}

/// One solution of a query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Solution {
    /// Values of the query's variables, sets as arrays.
    pub bindings: Map<String, Json>,
    /// Value of each expression with its text.
    pub expressions: Vec<(String, Json)>,
}

/// What a query gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its solutions; none = undefined.
    pub solutions: Vec<Solution>,
    /// What `print` said.
    pub prints: Vec<String>,
    /// What was reached; empty unless recorded.
    pub trace: Vec<Hit>,
}

/// A point that was reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Index in [`Program::points`].
    pub point: usize,
    /// How often.
    pub count: u64,
    /// Variables and their values the last time, where they are recorded.
    pub values: Vec<(String, Json)>,
}

/// A place that evaluation reaches: before an expression, or the end of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The module.
    pub path: String,
    /// The expression's or head's text.
    pub span: super::ast::Span,
    /// The rule: `data.<package>.<name>`.
    pub rule: String,
    /// The body that it belongs to, unique in the program: an expression was reached but not passed if its point was
    /// hit and the next of the same body was not.
    pub body: usize,
    /// Whether it is the end of the body: all its expressions were true.
    pub is_end: bool,
}

/// Modules and data, compiled.
#[derive(Clone)]
pub struct Program {
    engine: Engine,
    points: Vec<Point>,
    options: Options,
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error {
        path: String::new(),
        line: 0,
        column: 0,
        message: format!("{error:#}"),
        help: String::new(),
        code: "eval_internal_error",
    }
}

impl Program {
    /// Compiles modules over a data document (an object).
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn compile(modules: &[Source], data: &Json, options: Options) -> Result<Self, Error> {
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(options.strict);
        engine.set_gather_prints(true);
        engine.set_policy_length_config(PolicyLengthConfig {
            max_col: NonZeroU32::new(65_536).unwrap_or(NonZeroU32::MIN),
            max_file_bytes: NonZeroUsize::new(16 << 20).unwrap_or(NonZeroUsize::MIN),
            max_lines: NonZeroUsize::new(200_000).unwrap_or(NonZeroUsize::MIN),
        });
        for module in modules {
            engine.add_policy(module.path.clone(), module.text.clone()).map_err(|e| failed(&e))?;
        }
        let data = Value::from_json_str(&data.to_string()).map_err(|e| failed(&e))?;
        engine.add_data(data).map_err(|e| failed(&e))?;
        Ok(Self { engine, points: Vec::new(), options })
    }

    /// The points that evaluation can reach, where they are recorded.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Answers a query, such as `data.app.deny` or `x := data.app.deny[_]; x.code == "A"`.
    ///
    /// # Errors
    /// When the query cannot be read, evaluation fails or takes too long.
    pub fn query(&self, query: &str, input: Option<&Json>) -> Result<Outcome, Error> {
        let mut engine = self.engine.clone();
        engine.set_execution_timer_config(regorus::utils::limits::ExecutionTimerConfig {
            limit: self.options.timeout.max(Duration::from_millis(1)),
            check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
        });
        if let Some(input) = input {
            engine.set_input(Value::from_json_str(&input.to_string()).map_err(|e| failed(&e))?);
        }
        let results = engine.eval_query(query.to_owned(), false).map_err(|e| failed(&e))?;
        let json = |value: &Value| -> Result<Json, Error> {
            let text = value.to_json_str().map_err(|e| failed(&e))?;
            serde_json::from_str(&text).map_err(|e| failed(&e))
        };
        let mut outcome =
            Outcome { prints: engine.take_prints().map_err(|e| failed(&e))?, ..Outcome::default() };
        for result in results.result {
            let mut solution = Solution::default();
            for expression in &result.expressions {
                solution.expressions.push((expression.text.to_string(), json(&expression.value)?));
            }
            if let Ok(bindings) = result.bindings.as_object() {
                for (name, value) in bindings.iter() {
                    let name = name.as_string().map(|n| n.to_string()).unwrap_or_default();
                    solution.bindings.insert(name, json(value)?);
                }
            }
            outcome.solutions.push(solution);
        }
        Ok(outcome)
    }
}
