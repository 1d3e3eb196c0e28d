//! `gate evaluate`: decide from evidence.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use jiff::Timestamp;

use super::output::{self, Color};
use super::{Exit, conventions, policies, record, setup};
use crate::config;
use crate::decide::{self, Context};
use crate::format::Declaration;
use crate::ingest::{self, Declared, Input, Pattern};
use crate::model::{Decision, Outcome, Problem, Subject, Text};
use crate::report::{self, Options as ReportOptions, Reporter};
use crate::suggest::{self, nearest};

/// Arguments of `gate evaluate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate evaluate reports/
  gate evaluate reports/ --environment production
  gate evaluate 'build/**/jacoco.xml' bandit.json --gate code_quality --gate security
  gate evaluate reports/ --output json=decision.json --output html=report.html
  gate evaluate reports/ --record records/
  bandit -r src -f json | gate evaluate - --as bandit --gate security
  gate evaluate deployment.yaml --policy policy/ --namespace main

Exit codes: 0 allow, 1 block, 2 no decision could be reached.")]
pub(super) struct Arguments {
    /// Files, folders, patterns, or `-` for standard input. Without any: the `evidence:` paths of gate.yaml.
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    #[command(flatten)]
    setup: setup::Options,
    /// Judge only this gate; repeatable. The report says that it is partial.
    #[arg(long, value_name = "NAME")]
    gate: Vec<String>,
    /// Format of the evidence, or of the files of a pattern; repeatable.
    #[arg(long = "as", value_name = "[PATTERN=]FORMAT")]
    formats: Vec<String>,
    /// Write a report: terminal, json, markdown, html, sarif, junit, github, gitlab, tap, ...; repeatable.
    #[arg(long, short, value_name = "FORMAT[=PATH]")]
    output: Vec<String>,
    /// Commit that the decision is about; else from the CI's environment, else from git.
    #[arg(long, value_name = "SHA")]
    commit: Option<String>,
    /// Git ref that the decision is about.
    #[arg(long = "ref", value_name = "REF")]
    git_ref: Option<String>,
    /// Repository that the decision is about.
    #[arg(long, value_name = "NAME")]
    repository: Option<String>,
    /// Artifact digest that the decision is about: sha256:...
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,
    /// Judge as of this time (RFC 3339) instead of now.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// Keep a record of the decision in a folder below DIR: decision, policy input, policies, configuration and copies
    /// of the reports as they are, for `gate replay` and `gate policy diff`.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Print nothing and write only the reports that were asked for.
    #[arg(long, short)]
    quiet: bool,
    /// When to use colour.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    #[command(flatten)]
    conventions: conventions::Options,
}

/// A report to write.
struct Wanted {
    reporter: &'static dyn Reporter,
    target: Target,
}

enum Target {
    Stdout,
    File(PathBuf),
    Append(PathBuf),
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let wanted = match wanted(arguments, &|name| std::env::var(name).ok()) {
        Ok(wanted) => wanted,
        Err(problem) => {
            output::complain_of(&problem);
            return Exit::Error;
        }
    };
    let (decision, options) = decide(arguments);
    let written = write(&decision, &wanted, options);
    match (decision.outcome, decision.allowed, written) {
        (Outcome::Allow, true, true) => Exit::Ok,
        (Outcome::Block, false, true) => Exit::Block,
        _ => Exit::Error,
    }
}

/// Everything from arguments to decision. An error on the way is a decision too.
pub(super) fn decide(arguments: &Arguments) -> (Decision, ReportOptions) {
    let mut options = ReportOptions {
        color: arguments.color.for_stdout(),
        width: output::columns(),
        ..ReportOptions::default()
    };
    // Whole seconds: finer ones tell nobody anything.
    let now = Timestamp::now();
    let real_now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let usage = |message: String, help: &str| {
        Box::new(Problem { code: "usage".to_owned(), message, help: help.to_owned(), ..Problem::default() })
    };
    let now = match arguments.now.as_deref().map(crate::read::timestamp) {
        None => Ok(real_now),
        Some(Some(time)) => Ok(time),
        Some(None) => Err(usage("`--now` is no time".to_owned(), "write it as 2026-01-31T12:00:00Z")),
    };
    let flags = Subject {
        commit: arguments.commit.as_deref().map(Text::from),
        git_ref: arguments.git_ref.as_deref().map(Text::from),
        repository: arguments.repository.as_deref().map(Text::from),
        digest: arguments.digest.as_deref().map(Text::from),
    };
    let subject = config::detect_subject(flags, &|name| std::env::var(name).ok(), Path::new("."));
    let subject = config::normalise_subject(subject).map_err(|message| usage(message, "check the flags"));
    let (now, subject) = match (now, subject) {
        (Ok(now), Ok(subject)) => (now, subject),
        (Err(problem), _) | (_, Err(problem)) => {
            let name = setup::environment_name(&arguments.setup, None);
            return (decide::undecided(vec![*problem], &name, Subject::default(), real_now), options);
        }
    };
    match prepared(arguments, &mut options, now, subject.clone()) {
        Ok(decision) => (decision, options),
        Err(problem) => {
            let name = setup::environment_name(&arguments.setup, None);
            (decide::undecided(vec![*problem], &name, subject, now), options)
        }
    }
}

fn prepared(
    arguments: &Arguments,
    options: &mut ReportOptions,
    now: Timestamp,
    subject: Subject,
) -> Result<Decision, Box<Problem>> {
    let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
    let config = setup::config(&arguments.setup).map_err(boxed)?;
    let evidence_flags = [("--gate", !arguments.gate.is_empty()), ("--as", !arguments.formats.is_empty())];
    if let Some(chosen) = conventions::chosen(&arguments.conventions, &arguments.setup, &evidence_flags)? {
        let name = setup::environment_name(&arguments.setup, Some(&config));
        let shown = config.raw.report.shown.and_then(|n| usize::try_from(n).ok());
        options.shown = shown.unwrap_or(options.shown);
        return chosen.decide(inputs(arguments, &config)?, &config, &name, subject, now);
    }
    let reading = request(arguments, &config)?;
    // Policies are loaded while evidence is read: neither waits for the other.
    let (setup, collected) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| collect(&reading));
        let setup = setup::load(&arguments.setup, config);
        (setup, reader.join())
    });
    let setup = setup?;
    let collected = collected.map_err(|_| {
        Box::new(Problem {
            code: "internal".to_owned(),
            message: "reading the evidence panicked".to_owned(),
            ..Problem::default()
        })
    })?;
    for gate in &arguments.gate {
        let names: Vec<&str> = setup.environment.gates.iter().map(|g| g.name.as_str()).collect();
        if !names.contains(&gate.as_str()) {
            return Err(Box::new(Problem {
                code: "usage".to_owned(),
                message: format!("unknown gate `{gate}`"),
                help: suggest::remedy(gate, &names),
                ..Problem::default()
            }));
        }
    }
    let shown = setup.config.raw.report.shown.and_then(|n| usize::try_from(n).ok());
    options.shown = shown.unwrap_or(options.shown);
    let critical_paths = setup.config.critical_paths().map_err(boxed)?;
    let context = Context {
        now,
        timeout: setup.config.timeout().map_err(boxed)?,
        isolation: policies::isolation(),
        root: std::env::current_dir().ok(),
        items: setup.items(),
    };
    let request = decide::Request {
        collected,
        environment: &setup.environment,
        asked: &arguments.gate,
        subject,
        honoured: setup.config.honoured(),
        critical_paths: &critical_paths,
        problems: Vec::new(),
        info: setup.asked_for(&arguments.setup, &arguments.gate),
    };
    let decision = match &arguments.record {
        None => decide::evaluate(request, &setup.policies, &context),
        Some(folder) => {
            let (decision, input) = decide::evaluate_recorded(request, &setup.policies, &context);
            // What was to be recorded and is not must not go on.
            record::write(folder, &decision, &input.unwrap_or_default(), &setup, &reading)?;
            decision
        }
    };
    // The process is about to end: taking the interpreter apart piece by piece would be for nothing.
    std::mem::forget(setup);
    Ok(decision)
}

/// The paths given.
fn inputs(arguments: &Arguments, config: &config::Config) -> Result<Vec<Input>, Box<Problem>> {
    let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
    let mut inputs = Vec::new();
    for path in &arguments.paths {
        inputs.push(if path == "-" {
            let limits = config.limits().map_err(boxed)?;
            let mut bytes = Vec::new();
            std::io::stdin().take(limits.bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| {
                Box::new(Problem {
                    code: "evidence".to_owned(),
                    message: format!("cannot read standard input: {e}"),
                    file: "-".to_owned(),
                    ..Problem::default()
                })
            })?;
            Input::Bytes { name: "-".to_owned(), bytes }
        } else {
            Input::Path(path.clone())
        });
    }
    Ok(inputs)
}

/// What to read: the paths given, else those of the configuration.
fn request(arguments: &Arguments, config: &config::Config) -> Result<ingest::Request, Box<Problem>> {
    let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
    let mut declared = declared_by_flag(&arguments.formats)?;
    declared.extend(config.declared().map_err(boxed)?);
    let mut inputs = inputs(arguments, config)?;
    if inputs.is_empty() {
        for entry in &config.raw.evidence {
            inputs.push(Input::Declared(config.base.join(&entry.path).to_string_lossy().into_owned()));
        }
        if config.raw.evidence.is_empty() {
            return Err(Box::new(Problem {
                code: "usage".to_owned(),
                message: "no evidence was named".to_owned(),
                help:
                    "give files or folders: `gate evaluate reports/`, or list them in gate.yaml: `gate init`"
                        .to_owned(),
                ..Problem::default()
            }));
        }
    }
    Ok(ingest::Request {
        inputs,
        declared,
        ignore: config.ignored().map_err(boxed)?,
        limits: config.limits().map_err(boxed)?,
    })
}

/// `--as FORMAT` and `--as PATTERN=FORMAT`.
pub(super) fn declared_by_flag(flags: &[String]) -> Result<Vec<Declared>, Box<Problem>> {
    let declared = |flag: &String| {
        let (pattern, format) = flag.rsplit_once('=').unwrap_or(("**", flag));
        let problem = |message: String, help: String| {
            Box::new(Problem { code: "usage".to_owned(), message, help, ..Problem::default() })
        };
        if crate::format::by_id(format).is_none() {
            let error = ingest::unknown_format(format);
            return Err(problem(error.message, error.help.unwrap_or_default()));
        }
        Ok(Declared {
            pattern: Pattern::new(pattern, Path::new("")).map_err(|m| problem(m, String::new()))?,
            declaration: Declaration { format: Some(format.to_owned()), ..Declaration::default() },
            required: false,
        })
    };
    flags.iter().map(declared).collect()
}

/// Reads the evidence, with a line of progress on a terminal when it takes longer than a second.
pub(super) fn collect(request: &ingest::Request) -> ingest::Collected {
    let start = Instant::now();
    let bar: Mutex<Option<indicatif::ProgressBar>> = Mutex::new(None);
    let progress = |done: usize, all: usize| {
        if start.elapsed().as_secs() < 1 || !std::io::stderr().is_terminal() {
            return;
        }
        if let Ok(mut bar) = bar.lock() {
            let bar = bar.get_or_insert_with(|| {
                let style = indicatif::ProgressStyle::with_template("reading evidence {pos}/{len} {elapsed}");
                indicatif::ProgressBar::new(all as u64)
                    .with_style(style.unwrap_or_else(|_| indicatif::ProgressStyle::default_bar()))
            });
            bar.set_position(done as u64);
        }
    };
    let collected = ingest::collect(request, &progress);
    if let Ok(Some(bar)) = bar.into_inner() {
        bar.finish_and_clear();
    }
    collected
}

/// The reports to write: those that were asked for, those of the CI, and the terminal's where nothing else prints.
fn wanted(arguments: &Arguments, get: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Wanted>, Box<Problem>> {
    let mut wanted = Vec::new();
    let mut asked = Vec::new();
    for flag in &arguments.output {
        let (id, path) = match flag.split_once('=') {
            Some((id, path)) => (id, Some(path)),
            None => (flag.as_str(), None),
        };
        let Some(reporter) = report::by_id(id) else {
            let ids: Vec<&str> = report::REPORTERS.iter().map(|r| r.info().id).collect();
            return Err(Box::new(Problem {
                code: "usage".to_owned(),
                message: format!("unknown report format `{id}`"),
                help: match nearest(id, &ids) {
                    Some(near) => format!("did you mean `{near}`? there are: {}", ids.join(", ")),
                    None => format!("there are: {}", ids.join(", ")),
                },
                ..Problem::default()
            }));
        };
        asked.push(id);
        wanted.push(Wanted {
            reporter,
            target: path.map_or(Target::Stdout, |path| Target::File(PathBuf::from(path))),
        });
    }
    let printing = wanted.iter().filter(|w| matches!(w.target, Target::Stdout)).count();
    if printing > 1 {
        return Err(Box::new(Problem {
            code: "usage".to_owned(),
            message: "two reports cannot both be printed".to_owned(),
            help: "give all but one a file: `--output FORMAT=PATH`".to_owned(),
            ..Problem::default()
        }));
    }
    let prints = printing == 1;
    if arguments.quiet {
        return Ok(wanted);
    }
    let mut automatic = |id: &str, target: Target| {
        if let Some(reporter) = report::by_id(id).filter(|_| !asked.contains(&id)) {
            wanted.push(Wanted { reporter, target });
        }
    };
    if !prints {
        automatic("terminal", Target::Stdout);
    }
    let is = |name: &str| get(name).is_some_and(|value| value == "true" || value == "1");
    if is("GITHUB_ACTIONS") {
        if !prints {
            automatic("github", Target::Stdout);
        }
        for (id, variable) in [("github-summary", "GITHUB_STEP_SUMMARY"), ("github-output", "GITHUB_OUTPUT")]
        {
            if let Some(path) = get(variable).filter(|path| !path.is_empty()) {
                automatic(id, Target::Append(PathBuf::from(path)));
            }
        }
    }
    if is("GITLAB_CI") {
        automatic("gitlab", Target::File(PathBuf::from("gl-code-quality-report.json")));
    }
    Ok(wanted)
}

/// Writes all reports. A report that cannot be written is an error, whatever the outcome.
fn write(decision: &Decision, wanted: &[Wanted], options: ReportOptions) -> bool {
    let mut all = true;
    for Wanted { reporter, target } in wanted {
        let text = reporter.render(decision, &options);
        let written = match target {
            Target::Stdout => {
                all &= output::print(&text);
                continue;
            }
            Target::File(path) => output::write_file(path, &text).map_err(|e| (path, e)),
            Target::Append(path) => output::append_file(path, &text).map_err(|e| (path, e)),
        };
        if let Err((path, error)) = written {
            output::complain(&format!("cannot write `{}`: {error}", path.display()));
            all = false;
        }
    }
    all
}
