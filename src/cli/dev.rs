//! `gate dev`: policies are checked and tested and evidence is judged whenever a file changes.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;

use super::{Exit, evaluate, output, policies, setup, test, watch};
use crate::config::Config;
use crate::model::{Outcome, Problem, Status};
use crate::report::inert;
use crate::workbench::{self, Run};

/// Arguments of `gate dev`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Watches the policies and their tests, the evidence and gate.yaml. Without PATH the policies are those of gate.yaml,
else the folder `policies`, else this folder.

Examples:
  gate dev
  gate dev policies/ --environment production
  gate dev --once

Exit codes of --once: 0 all is well, 1 a test failed or the decision is block, 2 error."
)]
pub(super) struct Arguments {
    /// Files and folders with policies and their tests.
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Evidence to judge; without it the `evidence:` of gate.yaml; repeatable.
    #[arg(long, value_name = "PATH")]
    evidence: Vec<String>,
    /// Run once and end.
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    policies: policies::Options,
    #[command(flatten)]
    setup: setup::Options,
}

/// `gate evaluate` as it would be called.
#[derive(Debug, Parser)]
struct Evaluate {
    #[command(flatten)]
    arguments: evaluate::Arguments,
}

/// What a round saw.
struct Round {
    text: String,
    exit: Exit,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let is_terminal = std::io::stdout().is_terminal();
    let round = round(arguments);
    show(&round, false);
    if arguments.once {
        return round.exit;
    }
    let (watched, evidence) = watched(arguments);
    let watching = match watch::Watch::begin(&watched) {
        Ok(watching) => watching,
        Err(error) => {
            output::complain(&error);
            return Exit::Error;
        }
    };
    let is_meant = |path: &Path| {
        let hidden = path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(".git"));
        !hidden && (watch::is_policy(path) || evidence.iter().any(|folder| within(path, folder)))
    };
    loop {
        output::print("watching; Ctrl-C ends\n");
        if !watching.wait(&is_meant) {
            return Exit::Error;
        }
        show(&self::round(arguments), is_terminal);
    }
}

fn within(path: &Path, folder: &Path) -> bool {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute(path).starts_with(absolute(folder))
}

fn show(round: &Round, clear: bool) {
    // Home, clear the screen and what has scrolled out of it.
    let before = if clear { "\u{1b}[H\u{1b}[2J\u{1b}[3J" } else { "" };
    output::print(&format!("{before}{}", round.text));
}

/// The configuration as far as it can be read.
fn config(arguments: &Arguments) -> Result<Config, Box<Problem>> {
    setup::config(&arguments.setup).map_err(|e| Box::new(Problem::from(e)))
}

/// Where the policies are.
fn paths(arguments: &Arguments, config: Option<&Config>) -> Vec<String> {
    if !arguments.paths.is_empty() {
        return arguments.paths.clone();
    }
    let configured: Vec<String> = config
        .map(|config| config.raw.policy.paths.iter().map(|path| config.base.join(path)).collect::<Vec<_>>())
        .unwrap_or_default()
        .iter()
        .chain(&arguments.setup.policy)
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    match configured.is_empty() {
        false => configured,
        true if Path::new("policies").is_dir() => vec!["policies".to_owned()],
        true => vec![".".to_owned()],
    }
}

/// What is watched, and what of it is evidence.
fn watched(arguments: &Arguments) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let config = config(arguments).ok();
    let mut evidence: Vec<PathBuf> = arguments.evidence.iter().map(PathBuf::from).collect();
    if let Some(config) = config.as_ref().filter(|_| evidence.is_empty()) {
        evidence.extend(config.raw.evidence.iter().map(|entry| config.base.join(&entry.path)));
    }
    // Of a pattern the folder before its first `*`.
    let evidence: Vec<PathBuf> = evidence
        .into_iter()
        .map(|path| {
            path.ancestors().find(|p| !p.to_string_lossy().contains(['*', '?', '['])).map(Path::to_owned)
        })
        .map(|path| path.filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| PathBuf::from(".")))
        .filter(|path| path.exists())
        .collect();
    let mut all: Vec<PathBuf> = paths(arguments, config.as_ref()).iter().map(PathBuf::from).collect();
    all.extend(config.and_then(|config| config.path));
    all.extend(evidence.iter().cloned());
    all.retain(|path| path.exists());
    all.sort();
    all.dedup();
    (all, evidence)
}

/// Worse of two ends.
fn worse(a: Exit, b: Exit) -> Exit {
    match (a, b) {
        (Exit::Error, _) | (_, Exit::Error) => Exit::Error,
        (Exit::Block, _) | (_, Exit::Block) => Exit::Block,
        _ => Exit::Ok,
    }
}

fn round(arguments: &Arguments) -> Round {
    let begin = Instant::now();
    let mut text = String::new();
    let mut exit = Exit::Ok;
    let mut details = String::new();
    let config = config(arguments);
    match config.clone().and_then(|config| setup::load(&arguments.setup, config)) {
        Ok(setup) => {
            let own = setup.policies.user_modules.len();
            let rules = setup.policies.rules.len();
            row(
                &mut text,
                "policies",
                &format!("ok: {rules} rules, {own} modules of your own ({})", setup.policies.kind),
            );
        }
        Err(problem) => {
            exit = worse(exit, Exit::Error);
            row(&mut text, "policies", &format!("error: {}", said(&problem)));
        }
    }
    exit = worse(exit, tests(arguments, config.as_ref().ok(), &mut text, &mut details));
    let listed = config.as_ref().is_ok_and(|config| !config.raw.evidence.is_empty());
    if listed || !arguments.evidence.is_empty() {
        exit = worse(exit, decision(arguments, &mut text, &mut details));
    } else {
        row(&mut text, "evidence", "none: list it in gate.yaml (`gate init`), or give --evidence");
    }
    let _ = writeln!(text, "{:<9} {} ms", "took", begin.elapsed().as_millis());
    if !details.is_empty() {
        let _ = write!(text, "\n{details}");
    }
    Round { text, exit }
}

fn row(text: &mut String, name: &str, says: &str) {
    let _ = writeln!(text, "{name:<9} {}", inert::line(says));
}

fn said(problem: &Problem) -> String {
    if problem.help.is_empty() { problem.to_string() } else { format!("{problem} (help: {})", problem.help) }
}

fn tests(arguments: &Arguments, config: Option<&Config>, text: &mut String, details: &mut String) -> Exit {
    let paths = paths(arguments, config);
    let report =
        test::prepared(&arguments.policies, &paths, false, None).and_then(|(found, cases, setup)| {
            workbench::run(&found, &cases, &setup, &Run::default(), &policies::isolation())
                .map_err(|fault| Box::new(fault.into()))
        });
    match report {
        Ok(report) => {
            let counts = report.counts();
            let says = format!(
                "{} of {} pass, {} fail, {} in error, {} skipped",
                counts.pass,
                counts.total(),
                counts.fail,
                counts.error,
                counts.skip
            );
            row(text, "tests", &says);
            if report.is_ok() {
                return Exit::Ok;
            }
            details.push_str(&workbench::render_pretty(&report, false, false));
            Exit::Block
        }
        Err(problem) => {
            row(text, "tests", &format!("error: {}", said(&problem)));
            Exit::Error
        }
    }
}

fn decision(arguments: &Arguments, text: &mut String, details: &mut String) -> Exit {
    let mut line: Vec<String> = vec!["gate".to_owned()];
    let setup = &arguments.setup;
    if let Some(environment) = &setup.environment {
        line.extend(["--environment".to_owned(), environment.clone()]);
    }
    if let Some(config) = &setup.config {
        line.extend(["--config".to_owned(), config.to_string_lossy().into_owned()]);
    }
    for policy in &setup.policy {
        line.extend(["--policy".to_owned(), policy.to_string_lossy().into_owned()]);
    }
    if setup.no_shipped_policies {
        line.push("--no-shipped-policies".to_owned());
    }
    line.push("--".to_owned());
    line.extend(arguments.evidence.iter().cloned());
    let parsed = match Evaluate::try_parse_from(line) {
        Ok(parsed) => parsed,
        Err(error) => {
            row(text, "evidence", &format!("error: {error}"));
            return Exit::Error;
        }
    };
    let (decision, _) = evaluate::decide(&parsed.arguments);
    row(text, "evidence", &format!("{}: {}", decision.outcome.as_str(), decision.reason));
    for gate in decision.gates.iter().filter(|gate| gate.status >= Status::Warn) {
        let _ = writeln!(
            details,
            "{:<14} {:<5} {}",
            inert::line(&gate.name),
            gate.status.as_str(),
            inert::line(&gate.summary)
        );
        for rule in gate.rules.iter().filter(|rule| rule.status >= Status::Warn) {
            for verdict in rule.verdicts.iter().take(3) {
                let _ = writeln!(
                    details,
                    "  {:<9} {}",
                    inert::line(&rule.code),
                    inert::clip(&inert::line(&verdict.message), 120)
                );
            }
        }
    }
    match (decision.outcome, decision.allowed) {
        (Outcome::Allow, true) => Exit::Ok,
        (Outcome::Block, false) => Exit::Block,
        _ => Exit::Error,
    }
}
