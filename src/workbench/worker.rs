//! Policies are asked in a process of their own: a stack overflow or runaway memory ends that process, the question
//! that did it is named, and the others are asked again.
//!
//! The job goes to the worker's standard input; what it tells comes from its standard output, a JSON document a line.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Child;
use std::sync::Mutex;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::probe::{Answer, Ask, Asked, Fault, Packed, Setup, Told, threads, work};
use super::trace::Mark;
use crate::policy::{Started, spawn};

/// The hidden argument that makes the program a worker.
pub const ARGUMENT: &str = "__workbench-worker";

/// Address space of the worker, without its threads.
const MEMORY_BYTES: u64 = 2 << 30;
/// Address space of each thread: its stack and its arena.
const THREAD_BYTES: u64 = 256 << 20;
/// What a worker may tell at most.
const TOLD_BYTES: u64 = 1 << 30;
/// Time to compile, and for what cannot be interrupted, beside the time limit of a question.
const SPARE: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
struct Job {
    setup: Packed,
    asks: Vec<Ask>,
    threads: usize,
}

#[derive(Serialize, Deserialize)]
enum Line {
    Begin(usize),
    Answer(usize, Box<Answer>),
    End(Vec<Mark>, Vec<u64>),
    Fault(Fault),
}

/// How a worker ended.
enum End {
    Done(Vec<Mark>, Vec<u64>),
    Fault(Fault),
    /// It was lost, with these questions open.
    Lost(String, BTreeSet<usize>),
}

/// Asks in a worker process; in another one where it is lost.
pub(super) fn ask(program: &Path, setup: &Setup, asks: &[Ask]) -> Result<Asked, Fault> {
    let mut asked = Asked { answers: vec![Answer::none(); asks.len()], ..Asked::default() };
    let mut left: Vec<usize> = (0..asks.len()).collect();
    let mut suspects: Vec<usize> = Vec::new();
    loop {
        // A question that was open when a worker was lost is asked alone: then it is known which one it is.
        let (batch, threads) = match suspects.pop() {
            Some(one) => (vec![one], 1),
            None if left.is_empty() && !asks.is_empty() => return Ok(asked),
            None => {
                let threads = threads(asks);
                (std::mem::take(&mut left), threads)
            }
        };
        let alone = batch.len() == 1;
        let mut done = BTreeSet::new();
        let job = Job {
            setup: Packed::of(setup),
            asks: batch.iter().filter_map(|index| asks.get(*index)).cloned().collect(),
            threads,
        };
        let ended = once(program, &job, &mut |index, answer| {
            if let Some(slot) = batch.get(index).and_then(|index| asked.answers.get_mut(*index)) {
                done.insert(index);
                *slot = answer;
            }
        })?;
        match ended {
            End::Fault(fault) => return Err(fault),
            End::Done(marks, counts) => {
                for (sum, count) in asked.counts.iter_mut().zip(&counts) {
                    *sum = sum.saturating_add(*count);
                }
                if asked.marks.is_empty() {
                    (asked.marks, asked.counts) = (marks, counts);
                }
                if asks.is_empty() {
                    return Ok(asked);
                }
            }
            End::Lost(why, open) => {
                let fault = Fault::new(
                    "worker_lost",
                    why,
                    "look for recursion, and for values that grow without bound",
                );
                if open.is_empty() {
                    // Not a question: the modules themselves.
                    return Err(fault);
                }
                for (index, question) in batch.iter().enumerate().filter(|(index, _)| !done.contains(index)) {
                    if !open.contains(&index) {
                        left.push(*question);
                    } else if !alone {
                        suspects.push(*question);
                    } else if let Some(slot) = asked.answers.get_mut(*question) {
                        slot.fault = Some(fault.clone());
                    }
                }
            }
        }
    }
}

/// One worker from its beginning to its end.
fn once(program: &Path, job: &Job, told: &mut dyn FnMut(usize, Answer)) -> Result<End, Fault> {
    let Started { mut child, stdout, writer } = spawn(program, ARGUMENT, job)
        .map_err(|why| Fault::new("internal", format!("the worker {why}"), ""))?;
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let Some(pipe) = stdout else { return };
        for line in BufReader::new(pipe.take(TOLD_BYTES)).split(b'\n') {
            let Some(line) = line.ok().and_then(|l| serde_json::from_slice::<Line>(&l).ok()) else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let patience = Duration::from_millis(job.setup.timeout_ms).saturating_add(SPARE);
    let mut open = BTreeSet::new();
    let ended = loop {
        match lines.recv_timeout(patience) {
            Ok(Line::Begin(index)) => {
                open.insert(index);
            }
            Ok(Line::Answer(index, answer)) => {
                open.remove(&index);
                told(index, *answer);
            }
            Ok(Line::End(marks, counts)) => break End::Done(marks, counts),
            Ok(Line::Fault(fault)) => break End::Fault(fault),
            Err(RecvTimeoutError::Timeout) => {
                let _ = child.kill();
                break End::Lost("took longer than its time limit, and was stopped".to_owned(), open);
            }
            Err(RecvTimeoutError::Disconnected) => break End::Lost(why(&mut child), open),
        }
    };
    if !matches!(ended, End::Done(..) | End::Fault(_)) {
        let _ = child.kill();
    }
    let _ = child.wait();
    let _ = writer.join();
    Ok(ended)
}

fn why(child: &mut Child) -> String {
    match child.wait() {
        Ok(status) => format!("brought its process down ({status}): the stack or the memory ran out"),
        Err(error) => format!("its process was lost: {error}"),
    }
}

/// The worker's side.
pub fn serve() {
    let mut text = Vec::new();
    let job = std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|e| e.to_string())
        .and_then(|_| serde_json::from_slice::<Job>(&text).map_err(|e| e.to_string()));
    drop(text);
    let out = Mutex::new(std::io::stdout());
    let tell = |line: &Line| {
        if let (Ok(mut bytes), Ok(mut out)) = (serde_json::to_vec(line), out.lock()) {
            bytes.push(b'\n');
            let _ = out.write_all(&bytes).and_then(|()| out.flush());
        }
    };
    let job = match job {
        Ok(job) => job,
        Err(error) => {
            return tell(&Line::Fault(Fault::new(
                "internal",
                format!("the job cannot be read: {error}"),
                "",
            )));
        }
    };
    let memory = MEMORY_BYTES.saturating_add(THREAD_BYTES.saturating_mul(job.threads as u64 + 1));
    // Where the system has no such limit the time limit alone holds.
    let _ = rlimit::setrlimit(rlimit::Resource::AS, memory, memory);
    let (setup, asks, threads) = (job.setup.unpacked(), job.asks, job.threads);
    let told = |told: Told| match told {
        Told::Begin(index) => tell(&Line::Begin(index)),
        Told::Answer(index, answer) => tell(&Line::Answer(index, answer)),
    };
    // Compiling nests as deep as the text does: it gets the large stack too.
    let ended = std::thread::scope(|scope| {
        let spawned = std::thread::Builder::new()
            .stack_size(64 << 20)
            .spawn_scoped(scope, || work(&setup, &asks, threads, &told));
        match spawned.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(ended)) => ended,
            Ok(Err(_)) => Err(Fault::new("internal", "the interpreter panicked", "")),
            Err(error) => Err(Fault::new("internal", format!("cannot start a thread: {error}"), "")),
        }
    });
    match ended {
        Ok((marks, counts)) => tell(&Line::End(marks, counts)),
        Err(fault) => tell(&Line::Fault(fault)),
    }
}
