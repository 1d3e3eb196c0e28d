//! Policies of others run in a process of their own: a stack overflow, runaway memory or an endless builtin
//! ends that process, and the decision is `error`.
//!
//! The job goes to the worker's standard input and the result comes from its standard output, both as JSON.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::PolicyError;
use super::conventions::{self, Answer, ConventionJob};
use super::engine::{self, Job, Output};

/// The hidden argument that makes the program a worker.
pub const ARGUMENT: &str = "__policy-worker";

/// Stack of the evaluating thread.
const STACK_BYTES: usize = 64 << 20;
/// Address space of the worker.
const MEMORY_BYTES: u64 = 2 << 30;
/// The longest that is waited for a worker, whatever is configured.
const MOST_MS: u64 = 24 * 3_600_000;
/// What a worker may answer at most.
const ANSWER_BYTES: u64 = 256 << 20;

/// What a worker can do.
#[derive(Serialize, Deserialize)]
enum Task<'a> {
    /// The entry rules of gates over one input.
    Gates(std::borrow::Cow<'a, Job>),
    /// The rules of namespaces over many documents.
    Documents(Box<ConventionJob>),
}

/// Runs a job in a worker process.
pub(super) fn run(program: &Path, job: &Job) -> Result<Output, PolicyError> {
    start(program, &Task::Gates(std::borrow::Cow::Borrowed(job)), job.timeout_ms)
}

/// Runs a job with many inputs in one worker process.
pub(super) fn run_all(program: &Path, job: &Job) -> Result<Vec<Result<Output, PolicyError>>, PolicyError> {
    let inputs = u64::try_from(job.inputs.len()).unwrap_or(u64::MAX).max(1);
    start(program, &Task::Gates(std::borrow::Cow::Borrowed(job)), job.timeout_ms.saturating_mul(inputs))
}

/// Asks over documents in a worker process.
pub(super) fn documents(program: &Path, job: ConventionJob) -> Result<Vec<Answer>, PolicyError> {
    let timeout_ms = job.timeout_ms;
    start(program, &Task::Documents(Box::new(job)), timeout_ms)
}

fn start<T: DeserializeOwned>(program: &Path, task: &Task<'_>, timeout_ms: u64) -> Result<T, PolicyError> {
    let Started { mut child, stdout, writer } =
        spawn(program, ARGUMENT, task).map_err(|why| PolicyError::new(format!("the policy worker {why}")))?;
    let (sender, answer) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.map(|pipe| pipe.take(ANSWER_BYTES).read_to_end(&mut bytes));
        let _ = sender.send(read.map(|_| bytes));
    });
    // The worker stops itself at the limit; this is for what it cannot stop.
    let limit = timeout_ms.saturating_add(500).min(MOST_MS);
    let deadline = Instant::now() + Duration::from_millis(limit);
    let bytes = answer.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    if bytes.is_err() {
        let _ = child.kill();
    }
    let status = child.wait();
    drop(writer);
    let Ok(Some(bytes)) = bytes else {
        return Err(PolicyError {
            timeout: true,
            ..PolicyError::new(format!(
                "the policies did not finish within the time limit of {} ms and were stopped",
                timeout_ms
            ))
            .help("make them cheaper, or raise `policy.timeout` in gate.yaml")
        });
    };
    match serde_json::from_slice::<Result<T, PolicyError>>(&bytes) {
        Ok(result) => result,
        Err(_) => Err(PolicyError::new(match status {
            Ok(status) => {
                format!("the policies brought their process down ({status}): the stack or the memory ran out")
            }
            Err(error) => format!("the policy worker was lost: {error}"),
        })
        .help("look for recursion, or for values that grow without bound")),
    }
}

/// A process of this program that has been given a job.
pub(crate) struct Started {
    /// The process.
    pub(crate) child: Child,
    /// What it answers.
    pub(crate) stdout: Option<ChildStdout>,
    /// Gives it its job.
    pub(crate) writer: JoinHandle<Option<std::io::Result<()>>>,
}

/// Starts the program with a hidden argument, and gives it a job as JSON.
///
/// # Errors
/// With what failed and why.
pub(crate) fn spawn(program: &Path, argument: &str, job: &impl Serialize) -> Result<Started, String> {
    let text = serde_json::to_vec(job).map_err(|e| format!("cannot be given its job: {e}"))?;
    let mut child = Command::new(program)
        .arg(argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot be started: {e}"))?;
    let stdin = child.stdin.take();
    let writer = std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&text)));
    let stdout = child.stdout.take();
    Ok(Started { child, stdout, writer })
}

/// The worker's side: one job from standard input, its result to standard output.
pub fn serve() {
    // Where the system has no such limit the time limit alone holds.
    let _ = rlimit::setrlimit(rlimit::Resource::AS, MEMORY_BYTES, MEMORY_BYTES);
    let mut text = Vec::new();
    let task = std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|e| PolicyError::new(format!("the job cannot be read: {e}")))
        .and_then(|_| {
            serde_json::from_slice::<Task<'static>>(&text)
                .map_err(|e| PolicyError::new(format!("the job cannot be read: {e}")))
        });
    let answer = match task {
        Ok(Task::Gates(job)) if job.inputs.is_empty() => {
            serde_json::to_vec(&on_large_stack(move || engine::run(&job)))
        }
        Ok(Task::Gates(job)) => serde_json::to_vec(&on_large_stack(move || engine::run_all(&job))),
        Ok(Task::Documents(job)) => serde_json::to_vec(&on_large_stack(move || conventions::run(&job))),
        Err(error) => serde_json::to_vec(&Err::<(), _>(error)),
    };
    if let Ok(bytes) = answer {
        let _ = std::io::stdout().write_all(&bytes);
    }
}

/// Runs work on a thread with room for deep recursion; a panic is an error.
fn on_large_stack<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PolicyError> + Send + 'static,
) -> Result<T, PolicyError> {
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .map_err(|e| PolicyError::new(format!("the policy worker cannot start its thread: {e}")))?
        .join()
        .unwrap_or_else(|_| Err(PolicyError::new("the interpreter panicked")))
}
