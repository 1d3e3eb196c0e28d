//! Questions to a program, and what it answers: the same here as in a process of its own.
//!
//! Questions are asked side by side, each with its time limit; one that fails is a fault of its own answer.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::trace::{self, Mark, MarkHit};
use super::worker;
use crate::policy::{Isolation, PolicyError};
use crate::rego::ast::Version;
use crate::rego::engine::{Error, Options, Program, Record, Source};

/// What is wrong with modules or a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// OPA's code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// The module; may be empty.
    pub path: String,
    /// Line from 1; 0 where it is about no line.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// What to do; may be empty.
    pub help: String,
}

impl Fault {
    /// A fault without a place.
    pub(super) fn new(code: &str, message: impl Into<String>, help: &str) -> Self {
        Self { code: code.to_owned(), message: message.into(), help: help.to_owned(), ..Self::default() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self {
            code: error.code.to_owned(),
            message: error.message,
            path: error.path,
            line: error.line,
            column: error.column,
            help: error.help,
        }
    }
}

/// Modules and data to ask.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Modules.
    pub sources: Vec<Source>,
    /// The `data` document.
    pub data: Map<String, Value>,
    /// Functions of the host.
    pub host: Vec<(String, u8)>,
    /// The time, in nanoseconds since 1970, for functions that need one.
    pub now: Option<i64>,
    /// Whether an error of a builtin function is an error of the question.
    pub strict: bool,
    /// Time limit of each question.
    pub timeout: Duration,
    /// What is recorded.
    pub record: Record,
}

/// One question.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ask {
    /// The query.
    pub query: String,
    /// A second query whose value is wanted beside it.
    pub cases: Option<String>,
    /// The input.
    pub input: Option<Value>,
    /// For how long it is to be asked again and again, in milliseconds; 0 = once.
    pub bench: u64,
}

/// How long a question takes, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bench {
    /// How often it ran.
    pub runs: u64,
    /// The shortest run.
    pub min: u64,
    /// The median.
    pub median: u64,
    /// All runs divided by their number.
    pub mean: u64,
    /// The longest run.
    pub max: u64,
}

/// One solution of a query.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Values of the variables.
    pub bindings: Map<String, Value>,
    /// Expressions with their values.
    pub expressions: Vec<(String, Value)>,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Its solutions; none = undefined.
    pub solutions: Vec<View>,
    /// What the second query gave.
    pub cases: Option<Value>,
    /// What `print` said.
    pub prints: Vec<String>,
    /// Why there is none.
    pub fault: Option<Fault>,
    /// What was reached, where values are recorded.
    pub hits: Vec<MarkHit>,
    /// Nanoseconds.
    pub duration: u64,
    /// How long it takes, where that was asked.
    pub bench: Option<Bench>,
}

impl Answer {
    /// Before there is an answer: a question that nobody answers is never taken for one that is undefined.
    pub(super) fn none() -> Self {
        Self { fault: Some(Fault::new("internal", "was not answered", "")), ..Self::default() }
    }

    /// The value of the only expression.
    pub fn value(&self) -> Option<&Value> {
        self.solutions.first().and_then(|view| view.expressions.first()).map(|(_, value)| value)
    }
}

/// All answers.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// In the order of the questions.
    pub answers: Vec<Answer>,
    /// The points of the program, where anything is recorded.
    pub marks: Vec<Mark>,
    /// How often each was reached by all questions.
    pub counts: Vec<u64>,
}

/// Asks questions, side by side unless they are to be timed.
///
/// # Errors
/// When the modules do not compile.
pub fn ask(setup: &Setup, asks: &[Ask], isolation: &Isolation) -> Result<Asked, Fault> {
    match isolation {
        Isolation::Process(program) => worker::ask(program, setup, asks),
        Isolation::Unavailable(why) => {
            let error = PolicyError::no_process(why);
            Err(Fault::new("internal", error.message, &error.help))
        }
        Isolation::InProcess => {
            let answers = Mutex::new(vec![Answer::none(); asks.len()]);
            let told = |told: Told| {
                if let (Told::Answer(index, answer), Ok(mut answers)) = (told, answers.lock())
                    && let Some(slot) = answers.get_mut(index)
                {
                    *slot = *answer;
                }
            };
            let (marks, counts) = work(setup, asks, threads(asks), &told)?;
            Ok(Asked { answers: answers.into_inner().unwrap_or_default(), marks, counts })
        }
    }
}

/// What is told while questions are asked.
pub(super) enum Told {
    /// A question is being asked.
    Begin(usize),
    /// It has its answer.
    Answer(usize, Box<Answer>),
}

/// How many questions are asked side by side.
pub(super) fn threads(asks: &[Ask]) -> usize {
    /// More hardly gain, and each has a stack of its own.
    const MOST: usize = 8;
    if asks.iter().any(|ask| ask.bench > 0) {
        return 1;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    // A thread needs some questions to be worth its beginning.
    cores.min(MOST).min(asks.len().div_ceil(4)).max(1)
}

/// Stack of an evaluating thread.
const STACK_BYTES: usize = 64 << 20;

/// Compiles once, and asks.
pub(super) fn work(
    setup: &Setup,
    asks: &[Ask],
    threads: usize,
    told: &(dyn Fn(Told) + Sync),
) -> Result<(Vec<Mark>, Vec<u64>), Fault> {
    let options = Options {
        strict: setup.strict,
        timeout: setup.timeout,
        record: setup.record,
        host: setup.host.iter().map(|(name, arity)| (name.clone(), usize::from(*arity))).collect(),
        now: setup.now,
        ..Options::default()
    };
    let program = Program::compile(&setup.sources, &Value::Object(setup.data.clone()), options)?;
    let marks =
        if setup.record == Record::Nothing { Vec::new() } else { trace::marks(&program, &setup.sources) };
    let counts = Mutex::new(vec![0_u64; marks.len()]);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let mut all = Vec::new();
        for _ in 0..threads.max(1) {
            let program = program.clone();
            let (next, counts) = (&next, &counts);
            let each = move || {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(ask) = asks.get(index) else { break };
                    told(Told::Begin(index));
                    let mut answer = answer(&program, ask);
                    if let Ok(mut counts) = counts.lock() {
                        for hit in &answer.hits {
                            if let Some(count) = counts.get_mut(hit.mark) {
                                *count = count.saturating_add(hit.count);
                            }
                        }
                    }
                    if setup.record != Record::Values {
                        answer.hits = Vec::new();
                    }
                    told(Told::Answer(index, Box::new(answer)));
                }
            };
            let spawned = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, each);
            all.push(spawned.map_err(|e| Fault::new("internal", format!("cannot start a thread: {e}"), ""))?);
        }
        for thread in all {
            thread.join().map_err(|_| Fault::new("internal", "the interpreter panicked", ""))?;
        }
        Ok::<(), Fault>(())
    })?;
    Ok((marks, counts.into_inner().unwrap_or_default()))
}

fn answer(program: &Program, ask: &Ask) -> Answer {
    let begin = Instant::now();
    let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        program.query(&ask.query, ask.input.as_ref())
    }));
    let mut answer = Answer { duration: nanoseconds(begin.elapsed()), ..Answer::default() };
    let outcome = match asked {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            answer.fault = Some(error.into());
            return answer;
        }
        Err(_) => {
            answer.fault = Some(Fault::new("internal", "the interpreter panicked", ""));
            return answer;
        }
    };
    answer.prints = outcome.prints;
    answer.hits = outcome.trace.iter().map(MarkHit::of).collect();
    answer.solutions = outcome
        .solutions
        .into_iter()
        .map(|s| View { bindings: s.bindings, expressions: s.expressions })
        .collect();
    if let Some(cases) = &ask.cases {
        match program.query(cases, ask.input.as_ref()) {
            Ok(outcome) => {
                let first = outcome.solutions.into_iter().next();
                answer.cases = first.and_then(|s| s.expressions.into_iter().next()).map(|(_, value)| value);
            }
            // The cases were written by gate: that they cannot be listed must not hide one that fails.
            Err(error) => answer.fault = Some(error.into()),
        }
    }
    if ask.bench > 0 {
        answer.bench = Some(bench(program, ask));
    }
    answer
}

fn bench(program: &Program, ask: &Ask) -> Bench {
    const FEWEST: usize = 5;
    const MOST: usize = 1_000_000;
    let begin = Instant::now();
    let budget = Duration::from_millis(ask.bench);
    let mut runs: Vec<u64> = Vec::new();
    while runs.len() < FEWEST || (begin.elapsed() < budget && runs.len() < MOST) {
        let one = Instant::now();
        if program.query(&ask.query, ask.input.as_ref()).is_err() {
            break;
        }
        runs.push(nanoseconds(one.elapsed()));
    }
    runs.sort_unstable();
    let count = runs.len() as u64;
    Bench {
        runs: count,
        min: runs.first().copied().unwrap_or_default(),
        median: runs.get(runs.len() / 2).copied().unwrap_or_default(),
        mean: runs.iter().sum::<u64>().checked_div(count).unwrap_or_default(),
        max: runs.last().copied().unwrap_or_default(),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A setup as it travels between processes.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed {
    sources: Vec<(String, String, bool)>,
    data: Map<String, Value>,
    host: Vec<(String, u8)>,
    now: Option<i64>,
    strict: bool,
    pub(super) timeout_ms: u64,
    record: u8,
}

impl Packed {
    pub(super) fn of(setup: &Setup) -> Self {
        Self {
            sources: setup
                .sources
                .iter()
                .map(|s| (s.path.clone(), s.text.clone(), s.version == Version::V0))
                .collect(),
            data: setup.data.clone(),
            host: setup.host.clone(),
            now: setup.now,
            strict: setup.strict,
            timeout_ms: u64::try_from(setup.timeout.as_millis()).unwrap_or(u64::MAX),
            record: match setup.record {
                Record::Nothing => 0,
                Record::Hits => 1,
                Record::Values => 2,
            },
        }
    }

    pub(super) fn unpacked(self) -> Setup {
        let version = |is_v0| if is_v0 { Version::V0 } else { Version::V1 };
        Setup {
            sources: self
                .sources
                .into_iter()
                .map(|(path, text, is_v0)| Source { path, text, version: version(is_v0) })
                .collect(),
            data: self.data,
            host: self.host,
            now: self.now,
            strict: self.strict,
            timeout: Duration::from_millis(self.timeout_ms),
            record: match self.record {
                0 => Record::Nothing,
                1 => Record::Hits,
                _ => Record::Values,
            },
        }
    }
}
