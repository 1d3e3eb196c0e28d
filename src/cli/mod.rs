//! The command line: a file per subcommand, all thin.
//!
//! Exit codes: 0 = allow (or the command did what it was asked), 1 = block, 2 = no decision or an error. A panic
//! ends in 2: only a typed allow ends in 0.

mod bundle;
mod check;
mod completions;
mod conventions;
mod dev;
mod eval;
mod evaluate;
mod explain;
mod fmt;
mod formats;
mod init;
mod inspect;
mod output;
mod policies;
mod policy;
mod record;
mod replay;
mod rules;
mod schema;
mod setup;
mod test;
mod watch;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Exit code of an allow, and of a command that did what it was asked.
const OK: u8 = 0;
/// Exit code of a block.
const BLOCK: u8 = 1;
/// Exit code when no decision could be reached, and of every error.
const ERROR: u8 = 2;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Exit {
    /// The command did what it was asked; for `evaluate`: allow.
    Ok,
    /// Block.
    Block,
    /// No decision, or an error.
    Error,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => OK,
            Exit::Block => BLOCK,
            Exit::Error => ERROR,
        })
    }
}

/// Decides from the reports of your tools whether a build may go on.
#[derive(Debug, Parser)]
#[command(
    name = "gate",
    version,
    about,
    after_help = "Examples:\n  gate evaluate reports/\n  gate evaluate reports/ --environment production --output json=decision.json\n  gate inspect reports/*.xml\n  gate init\n\nExit codes: 0 allow, 1 block, 2 no decision could be reached."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide from evidence: exit 0 allow, 1 block, 2 no decision.
    Evaluate(Box<evaluate::Arguments>),
    /// Show what is recognised and read in evidence files.
    Inspect(inspect::Arguments),
    /// Look at the evidence in a folder and write a gate.yaml that explains itself.
    Init(init::Arguments),
    /// Lay Rego files out as `opa fmt` does.
    Fmt(fmt::Arguments),
    /// Run the tests of policies: rules named `test_...`.
    Test(Box<test::Arguments>),
    /// Ask policies and data anything, as `opa eval`.
    Eval(Box<eval::Arguments>),
    /// Say why a stored decision says what it says.
    Explain(Box<explain::Arguments>),
    /// Check, test and evaluate again whenever a file changes.
    Dev(Box<dev::Arguments>),
    /// List the evidence formats.
    Formats(formats::Arguments),
    /// List the rules with the thresholds in force.
    Rules(rules::Arguments),
    /// Compare policy sets.
    Policy(policy::Arguments),
    /// Repeat a stored decision: exit 0 the same bytes, 1 something differs.
    Replay(Box<replay::Arguments>),
    /// Build, inspect, sign, verify, push and pull policy bundles as OPA has them.
    Bundle(bundle::Arguments),
    /// Check policies: names, types, fields of the input, and what is unwise.
    Check(check::Arguments),
    /// Print the JSON Schema of a document.
    Schema(schema::Arguments),
    /// Print shell completions.
    Completions(completions::Completions),
    /// Print the manual page.
    Man,
}

/// Runs the program.
pub fn main() -> ExitCode {
    let first = std::env::args_os().nth(1);
    if first.as_ref().is_some_and(|first| first == crate::policy::WORKER_ARGUMENT) {
        crate::policy::serve_worker();
        return ExitCode::SUCCESS;
    }
    if first.as_ref().is_some_and(|first| first == crate::workbench::WORKER_ARGUMENT) {
        crate::workbench::serve_worker();
        return ExitCode::SUCCESS;
    }
    // The guard around everything: whatever unwinds is an error, never an allow.
    match std::panic::catch_unwind(run) {
        Ok(exit) => exit.into(),
        Err(_) => {
            output::complain("internal error: gate panicked; no decision was reached");
            ExitCode::from(ERROR)
        }
    }
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Error } else { Exit::Ok };
        }
    };
    match cli.command {
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Fmt(arguments) => fmt::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Formats(arguments) => formats::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Policy(arguments) => policy::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Bundle(arguments) => bundle::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments, &mut Cli::command()),
        Command::Man => completions::man(Cli::command()),
    }
}
