//! The only user of the interpreter: compiles modules and answers queries.
//!
//! Never looks at the clock of the day, the network or the environment; always has a time limit.

mod guard;
mod message;
mod recorder;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use regorus::{Engine, PolicyLengthConfig, Value};
use serde_json::{Map, Value as Json};

use super::annotation::{Annotations, Chains};
use super::ast::{Expr, Module, Version};
use super::lower::{self, Constant, Unit, World};
use crate::suggest::nearest;

use super::{builtins, parse_module, parse_query};
use recorder::Recorder;

pub(crate) use message::of_interpreter;
pub(crate) use value::{from_text, to_json};

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
    /// Functions of a host, by name with the number of their parameters: known, and without a value unless mocked.
    pub host: BTreeMap<String, usize>,
    /// The time that functions see which need one, in nanoseconds since 1970; without it they fail.
    pub now: Option<i64>,
    /// Names of functions that the caller adds to the interpreter.
    pub besides: BTreeSet<String>,
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
        Self {
            strict: false,
            timeout: Duration::from_secs(10),
            record: Record::Nothing,
            host: BTreeMap::new(),
            now: None,
            besides: BTreeSet::new(),
        }
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
    world: Arc<World>,
    points: Arc<Vec<Point>>,
    constants: Arc<Vec<Value>>,
    options: Options,
    /// Bytes of stack that its deepest chain of rules needs.
    stack: usize,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("points", &self.points.len()).finish_non_exhaustive()
    }
}

fn internal(error: &dyn std::fmt::Display) -> Error {
    Error { column: 0, ..of_interpreter(&format!("{error:#}")) }
}

impl Error {
    fn of_syntax(path: &str, error: &super::SyntaxError) -> Self {
        Self {
            path: path.to_owned(),
            line: error.place.line,
            column: error.place.column,
            message: error.message.clone(),
            help: error.help.clone(),
            code: "rego_parse_error",
        }
    }
}

/// Reads modules and prints them as the interpreter needs them.
///
/// # Errors
/// With the first module that is not Rego.
pub(crate) fn lowered(modules: &[Source], options: &Options) -> Result<(lower::Lowered, World), Error> {
    let mut units = Vec::with_capacity(modules.len());
    for source in modules {
        let module = parse_module(&source.text, source.version)
            .map_err(|error| Error::of_syntax(&source.path, &error))?;
        units.push(Unit { path: source.path.clone(), module });
    }
    // Only what `rego.metadata` asks for needs the trees as they were.
    let asks_metadata = modules.iter().any(|m| m.text.contains("rego.metadata"));
    let described: Vec<(Module, Annotations)> = units
        .iter()
        .filter(|_| asks_metadata)
        .map(|unit| (unit.module.clone(), Annotations::of(&unit.module)))
        .collect();
    let mut world = World::of(&units);
    world.host = options.host.clone();
    world.host.retain(|name, _| !builtins::signature::find(name).is_some_and(|known| known.available));
    world.now = options.now;
    let chains = Chains::of(described.iter().map(|(module, annotations)| (module, annotations)));
    world.besides = options.besides.clone();
    let lowered = lower::lower(units, &world, &chains, options.record);
    if let Some((path, name, place)) = lowered.unknown.first() {
        return Err(no_function(path, name, *place, &world));
    }
    Ok((lowered, world))
}

/// A call of a function that there is not. Where its arguments are undefined nobody would ever notice.
fn no_function(path: &str, name: &str, place: super::ast::Place, world: &World) -> Error {
    let names: Vec<&str> = world.functions().collect();
    let short = name.rsplit('.').next().unwrap_or(name);
    let near = nearest(name, &names).or_else(|| {
        let shorts: Vec<&str> = names.iter().map(|n| n.rsplit('.').next().unwrap_or(n)).collect();
        nearest(short, &shorts)
    });
    Error {
        path: path.to_owned(),
        line: place.line,
        column: place.column,
        message: format!("there is no function `{name}`"),
        help: match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "define it as a rule with parameters, or import its package".to_owned(),
        },
        code: "rego_type_error",
    }
}

impl Program {
    /// Compiles modules over a data document (an object).
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn compile(modules: &[Source], data: &Json, options: Options) -> Result<Self, Error> {
        let (lowered, world) = lowered(modules, &options)?;
        guard::recursion(&lowered.dependencies)?;
        guard::conflicts(&lowered.dependencies, data)?;
        let stack = guard::stack(&lowered.dependencies)?;
        let constants: Vec<Value> = lowered.constants.iter().map(value::of_constant).collect();
        let mut engine = engine_with(lowered.modules, options.strict)?;
        engine.add_data(from_text(&data.to_string())?).map_err(|e| internal(&e))?;
        // The modules are analysed now and once, not in each copy of the interpreter.
        engine.eval_query("true".to_owned(), false).map_err(|e| internal(&e))?;
        Ok(Self {
            engine,
            world: Arc::new(world),
            points: Arc::new(lowered.points),
            constants: Arc::new(constants),
            options,
            stack,
        })
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
        guard::on_stack(self.stack, || self.answer(query, input))?
    }

    fn answer(&self, query: &str, input: Option<&Json>) -> Result<Outcome, Error> {
        let exprs = parse_query(query, Version::V1).map_err(|error| Error::of_syntax("", &error))?;
        let texts: Vec<String> = exprs.iter().map(|expr: &Expr| expr.span.of(query).to_owned()).collect();
        let lowered = lower::query(exprs, &self.world, self.constants.len());
        if let Some((name, place)) = lowered.unknown.first() {
            return Err(no_function("", name, *place, &self.world));
        }
        let mut engine = self.engine.clone();
        let own = lowered.constants.iter().map(value::of_constant).collect();
        let recorder = Recorder::new(self.points.len());
        register_internal(&mut engine, Arc::clone(&self.constants), own, &recorder);
        engine.set_execution_timer_config(regorus::utils::limits::ExecutionTimerConfig {
            limit: self.options.timeout.max(Duration::from_millis(1)),
            check_interval: NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN),
        });
        if let Some(input) = input {
            engine.set_input(from_text(&input.to_string())?);
        }
        let results = engine.eval_query(lowered.text, false).map_err(|e| internal(&e))?;
        let prints = engine.take_prints().map_err(|e| internal(&e))?;
        let mut outcome = Outcome { prints, trace: recorder.hits()?, ..Outcome::default() };
        for result in results.result {
            let mut solution = Solution::default();
            for (text, index) in texts.iter().zip(&lowered.indexes) {
                let value = result.expressions.get(*index).map(|e| to_json(&e.value)).transpose()?;
                solution.expressions.push((text.clone(), value.unwrap_or(Json::Bool(true))));
            }
            if !lowered.bindings.is_empty()
                && let Some(values) = result.expressions.last().map(|e| to_json(&e.value)).transpose()?
                && let Json::Object(values) = values
            {
                solution.bindings = values;
            }
            outcome.solutions.push(solution);
        }
        Ok(outcome)
    }
}

/// An interpreter with modules as it reads them and all functions, without data.
fn engine_with(modules: Vec<(String, String)>, strict: bool) -> Result<Engine, Error> {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(strict);
    engine.set_gather_prints(true);
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: NonZeroU32::new(1 << 24).unwrap_or(NonZeroU32::MIN),
        max_file_bytes: NonZeroUsize::new(64 << 20).unwrap_or(NonZeroUsize::MIN),
        max_lines: NonZeroUsize::new(1 << 20).unwrap_or(NonZeroUsize::MIN),
    });
    builtins::register(&mut engine, strict);
    let unavailable = |args: Vec<Value>| -> anyhow::Result<Value> {
        let name = args.first().and_then(|name| name.as_string().ok()).map(|name| name.to_string());
        Err(anyhow::anyhow!(
            "the function `{}` is not available to policies: in tests, replace it by `with`",
            name.unwrap_or_default()
        ))
    };
    let _ = engine.add_extension("gate.internal.unavailable".to_owned(), 1, Box::new(unavailable));
    let collection = |mut args: Vec<Value>| -> anyhow::Result<Value> {
        let found = args.pop().filter(|v| matches!(v, Value::Array(_) | Value::Set(_) | Value::Object(_)));
        Ok(found.unwrap_or(Value::Undefined))
    };
    let _ = engine.add_extension("gate.internal.collection".to_owned(), 1, Box::new(collection));
    for (path, text) in modules {
        engine.add_policy(path, text).map_err(|e| internal(&e))?;
    }
    Ok(engine)
}

/// An interpreter with modules rewritten for it and all functions, for callers that ask rule by rule.
///
/// # Errors
/// With the first module that is not Rego.
pub(crate) fn open(modules: &[Source], options: &Options) -> Result<Engine, Error> {
    let (lowered, _) = lowered(modules, options)?;
    guard::recursion(&lowered.dependencies)?;
    guard::stack(&lowered.dependencies)?;
    let constants = lowered.constants.iter().map(value::of_constant).collect();
    let mut engine = engine_with(lowered.modules, options.strict)?;
    register_internal(&mut engine, Arc::new(constants), Vec::new(), &Recorder::new(0));
    Ok(engine)
}

/// The functions that rewritten modules call; constants of a query come after those of the modules.
fn register_internal(
    engine: &mut Engine,
    constants: Arc<Vec<Value>>,
    of_query: Vec<Value>,
    recorder: &Recorder,
) {
    let of_query = Arc::new(of_query);
    let constant = move |args: Vec<Value>| -> anyhow::Result<Value> {
        let index = args.first().and_then(|arg| arg.as_u64().ok()).and_then(|n| usize::try_from(n).ok());
        let find = |index: usize| match index.checked_sub(constants.len()) {
            None => constants.get(index),
            Some(index) => of_query.get(index),
        };
        Ok(index.and_then(find).cloned().unwrap_or(Value::Undefined))
    };
    // They are added once to each copy of the interpreter, so that no name is taken.
    let _ = engine.add_extension("gate.internal.constant".to_owned(), 1, Box::new(constant));
    let _ = engine.add_extension(lower::COUNT.to_owned(), 1, recorder.counting());
    let _ = engine.add_extension(lower::KEEP.to_owned(), 2, recorder.keeping());
}
