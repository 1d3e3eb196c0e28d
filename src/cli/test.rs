//! `gate test`: run the tests of policies.

use std::path::PathBuf;
use std::time::Duration;

use super::output::usage;
use super::policies::{self, capabilities, duration, load};
use super::{Exit, output, watch};
use crate::model::Problem;
use crate::suggest;
use crate::workbench::{
    self, Case, CoverageReport, Discovered, Fault, Report, Run, Setup, coverage_cobertura, coverage_json,
    coverage_lcov, coverage_table,
};

/// Arguments of `gate test`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Tests are rules named `test_...` in any package; `todo_test_...` are skipped. Data files (JSON, YAML)
beside the policies are read with them, below the names of their folders.

Examples:
  gate test policies/
  gate test policies/ -v --run 'security.*expired'
  gate test policies/ --coverage --threshold 90
  gate test policies/ --coverage --coverage-output lcov=coverage.info
  gate test policies/ --output junit > tests.xml
  gate test policies/ --capabilities host.json

Exit codes: 0 all passed, 1 some failed, were in error or skipped (see -z), or coverage is below the threshold,
2 nothing could be run, or there was no test."
)]
pub(super) struct Arguments {
    /// Files and folders with policies, tests and data; `a.b:PATH` puts data below `data.a.b`.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<String>,
    #[command(flatten)]
    pub(super) policies: policies::Options,
    /// The paths are bundles: folders or `.tar.gz`.
    #[arg(long, short)]
    bundle: bool,
    /// Run only tests whose full name (`data.<package>.<name>`) matches this regular expression.
    #[arg(long, short, value_name = "REGEX")]
    run: Option<String>,
    /// Show what passed too, and of failures every expression that stopped them.
    #[arg(long, short)]
    verbose: bool,
    /// Show long values of variables whole.
    #[arg(long)]
    var_values: bool,
    /// Time limit of each test.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration)]
    timeout: Duration,
    /// Treat an error of a builtin function as an error of the test; else it is undefined, as in OPA.
    #[arg(long)]
    strict_builtin_errors: bool,
    /// Report which lines and rules no test reaches.
    #[arg(long, short)]
    coverage: bool,
    /// Fail when less of the lines than this percentage is reached; asks for `--coverage`.
    #[arg(long, value_name = "PERCENT")]
    threshold: Option<f64>,
    /// Write coverage to a file: json, lcov or cobertura; repeatable; asks for `--coverage`.
    #[arg(long, value_name = "FORMAT=FILE")]
    coverage_output: Vec<String>,
    /// Time each test.
    #[arg(long)]
    bench: bool,
    /// Run all tests so many times.
    #[arg(long, value_name = "N", default_value_t = 1)]
    count: u32,
    /// Run again when a file changes.
    #[arg(long, short)]
    watch: bool,
    /// Skipped tests do not fail the run.
    #[arg(long, short = 'z')]
    exit_zero_on_skipped: bool,
    /// Accepted as OPA has it: no test is always an error.
    #[arg(long, hide = true)]
    fail_on_empty: bool,
    /// How to print.
    #[arg(
        long,
        short,
        visible_alias = "format",
        visible_short_alias = 'f',
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    output: Format,
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Pretty,
    /// As `opa test --format json`; with `--coverage` as OPA's coverage.
    Json,
    /// JUnit XML.
    Junit,
    /// TAP 14.
    Tap,
    /// GitHub annotations.
    Github,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let exit = once(arguments);
    if !arguments.watch {
        return exit;
    }
    let paths: Vec<PathBuf> = arguments.paths.iter().map(PathBuf::from).collect();
    let watching = match watch::Watch::begin(&paths) {
        Ok(watching) => watching,
        Err(error) => {
            output::complain(&error);
            return Exit::Error;
        }
    };
    loop {
        output::print("\nwaiting for a change\n");
        if !watching.wait(&watch::is_policy) {
            return Exit::Error;
        }
        let _ = once(arguments);
    }
}

fn once(arguments: &Arguments) -> Exit {
    match tested(arguments) {
        Ok(exit) => exit,
        Err(problem) => {
            output::complain_of(&problem);
            Exit::Error
        }
    }
}

fn tested(arguments: &Arguments) -> Result<Exit, Box<Problem>> {
    let wanted = coverage_files(arguments)?;
    let coverage = arguments.coverage || arguments.threshold.is_some() || !wanted.is_empty();
    if arguments.threshold.is_some_and(|t| !(0.0..=100.0).contains(&t)) {
        return Err(usage("`--threshold` is no percentage".to_owned(), "give a number from 0 to 100"));
    }
    if arguments.count == 0 {
        return Err(usage("`--count 0` runs nothing".to_owned(), "give 1 or more"));
    }
    let (found, cases, setup) =
        prepared(&arguments.policies, &arguments.paths, arguments.bundle, arguments.run.as_deref())?;
    let setup = Setup { strict: arguments.strict_builtin_errors, timeout: arguments.timeout, ..setup };
    let options = Run { coverage, bench: if arguments.bench { 1000 } else { 0 } };
    let mut report = Report::default();
    for _ in 0..arguments.count {
        report = workbench::run(&found, &cases, &setup, &options, &policies::isolation())
            .map_err(|fault| Box::new(in_tests(fault)))?;
        if !report.is_ok() {
            break;
        }
    }
    let shown = match arguments.output {
        Format::Pretty => workbench::render_pretty(&report, arguments.verbose, arguments.var_values),
        Format::Json => match &report.coverage {
            // As OPA: coverage takes the place of the results, unless they have something to say.
            Some(coverage) if report.is_ok() => coverage_json(coverage),
            _ => workbench::render_json(&report),
        },
        Format::Junit => workbench::render_junit(&report),
        Format::Tap => workbench::render_tap(&report),
        Format::Github => workbench::render_github(&report),
    };
    let mut written = output::print(&shown);
    let mut enough = true;
    if let Some(coverage) = &report.coverage {
        if arguments.output == Format::Pretty {
            written &= output::print(&format!("\n{}", coverage_table(coverage)));
        }
        for (format, path) in &wanted {
            if let Err(error) = output::write_file(path, format(coverage)) {
                output::complain(&format!("cannot write `{}`: {error}", path.display()));
                written = false;
            }
        }
        if let Some(threshold) = arguments.threshold.filter(|t| !is_enough(coverage, *t)) {
            enough = false;
            output::complain(&format!(
                "coverage is {:.2}%, below the threshold of {threshold}%: {} lines are never reached",
                coverage.coverage, coverage.not_covered_lines
            ));
        }
    }
    let skipped = report.counts().skip;
    let tolerated = skipped == 0 || arguments.exit_zero_on_skipped;
    if !tolerated && report.is_ok() {
        output::complain(&format!("{skipped} skipped: -z lets them pass"));
    }
    Ok(match (written, report.is_ok() && enough && tolerated) {
        (false, _) => Exit::Error,
        (true, true) => Exit::Ok,
        (true, false) => Exit::Block,
    })
}

/// No line is never enough.
fn is_enough(coverage: &CoverageReport, threshold: f64) -> bool {
    coverage.covered_lines > 0 && coverage.coverage >= threshold
}

/// Policies, their tests, and what they are run with.
pub(super) fn prepared(
    options: &policies::Options,
    paths: &[String],
    bundle: bool,
    run: Option<&str>,
) -> Result<(Discovered, Vec<Case>, Setup), Box<Problem>> {
    let filter = match run {
        None => None,
        Some(text) => Some(regex::Regex::new(text).map_err(|e| {
            let last = e.to_string().lines().last().unwrap_or_default().to_owned();
            usage(
                format!("`--run {text}` is no regular expression: {last}"),
                "quote it, and escape `[` and `(`",
            )
        })?),
    };
    let capabilities = capabilities(options)?;
    let loaded = load(options, paths, bundle)?;
    let named = paths.join("`, `");
    if loaded.modules.is_empty() {
        return Err(usage(format!("there is no policy in `{named}`"), "modules end in `.rego`"));
    }
    let found = workbench::discover(&loaded.modules).map_err(|(path, error)| {
        Box::new(Problem {
            code: "policy".to_owned(),
            message: format!("rego_parse_error: {}", error.message),
            file: path,
            line: error.place.line.into(),
            column: error.place.column.into(),
            help: error.help,
            ..Problem::default()
        })
    })?;
    if let Some(capabilities) = &capabilities {
        let modules: Vec<_> = found.modules.iter().map(|(path, module)| (path.as_str(), module)).collect();
        capabilities.allow(&modules).map_err(|e| {
            Box::new(Problem {
                code: "policy".to_owned(),
                message: e.message,
                file: e.path,
                line: e.line.into(),
                column: e.column.into(),
                help: e.help,
                ..Problem::default()
            })
        })?;
    }
    let full = |case: &Case| format!("{}.{}", case.package, case.name);
    let cases: Vec<Case> = found
        .cases
        .iter()
        .filter(|case| filter.as_ref().is_none_or(|f| f.is_match(&full(case))))
        .cloned()
        .collect();
    if found.cases.is_empty() {
        return Err(usage(
            format!("there is no test in `{named}`"),
            "a test is a rule named `test_...`: `test_it if { deny == set() with input as {} }`",
        ));
    }
    if cases.is_empty() {
        let text = run.unwrap_or_default();
        let names: Vec<&str> = found.cases.iter().map(|case| case.name.as_str()).collect();
        let help = match suggest::nearest(text, &names) {
            Some(near) => format!("did you mean `{near}`? there are {} tests: -v lists them", names.len()),
            None => format!("there are {} tests: `gate test -v` lists them", names.len()),
        };
        return Err(usage(format!("no test matches `--run {text}`"), help));
    }
    let setup = Setup {
        sources: Vec::new(),
        data: loaded.data,
        now: policies::now(),
        host: policies::host(capabilities.as_ref()),
        timeout: Duration::from_secs(5),
        ..Setup::default()
    };
    Ok((found, cases, setup))
}

/// A fault of the modules as a whole.
fn in_tests(fault: Fault) -> Problem {
    fault.into()
}

type Written = fn(&CoverageReport) -> String;

/// `--coverage-output FORMAT=FILE`.
fn coverage_files(arguments: &Arguments) -> Result<Vec<(Written, PathBuf)>, Box<Problem>> {
    const FORMATS: [(&str, Written); 3] =
        [("json", coverage_json), ("lcov", coverage_lcov), ("cobertura", coverage_cobertura)];
    let names: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
    let one = |flag: &String| {
        let (name, path) = flag.split_once('=').unwrap_or((flag, ""));
        let known = FORMATS.iter().find(|(known, _)| *known == name);
        match known {
            None => Err(usage(format!("unknown coverage format `{name}`"), suggest::remedy(name, &names))),
            Some(_) if path.is_empty() => Err(usage(
                format!("`--coverage-output {flag}` names no file"),
                format!("write `{name}=FILE`"),
            )),
            Some((_, format)) => Ok((*format, PathBuf::from(path))),
        }
    };
    arguments.coverage_output.iter().map(one).collect()
}
