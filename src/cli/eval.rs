//! `gate eval`: ask policies and data anything.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::output::usage;
use super::policies::{self, capabilities, duration, load};
use super::{Exit, evaluate, output, setup};
use crate::config;
use crate::decide::{self, Context};
use crate::ingest::{self, Input};
use crate::model::{Problem, Subject};
use crate::policy::List;
use crate::rego::ast::Version;
use crate::rego::engine::{Record, Source};
use crate::rego::parse_module;
use crate::workbench::{
    self, Answer, Ask, CoverageReport, Detail, Fault, MarkHit, QueryResult, Setup, Trace, ask, explanation,
    profile,
};

/// Arguments of `gate eval`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "With --evidence the policies are the shipped ones and those of gate.yaml, and the input is what `gate evaluate`
would ask them about; lists in it are always complete.

Examples:
  gate eval 'data.app.deny' --data policies/ --input input.json
  gate eval 'data.gate.security.deny' --evidence reports/
  gate eval 'some f in input.findings.open; f.severity == \"high\"; f.rule' --evidence reports/ --format pretty
  gate eval 'x := [1, 2, 3][_]; x > 1' --format bindings
  gate eval 'data.app.allow' -d app.rego -i input.json --explain fails --format pretty

Exit codes: 0 it was evaluated, 1 undefined under --fail or defined under --fail-defined, 2 error."
)]
pub(super) struct Arguments {
    /// The query: expressions, separated by `;`.
    #[arg(value_name = "QUERY", required_unless_present = "stdin")]
    query: Option<String>,
    /// Read the query from standard input.
    #[arg(long, conflicts_with = "query")]
    stdin: bool,
    /// JSON or YAML file with the input, `-` for standard input.
    #[arg(long, short, value_name = "FILE", conflicts_with = "evidence")]
    input: Option<String>,
    /// Read the input from standard input.
    #[arg(long, short = 'I', conflicts_with_all = ["evidence", "input"])]
    stdin_input: bool,
    /// File or folder with policies and data; repeatable.
    #[arg(long, short, value_name = "PATH")]
    data: Vec<String>,
    /// Bundle: a folder or a `.tar.gz`; repeatable.
    #[arg(long, short, value_name = "PATH")]
    bundle: Vec<String>,
    /// Evidence whose policy input is the input: files, folders or patterns; repeatable.
    #[arg(long, value_name = "PATH")]
    evidence: Vec<String>,
    /// Environment of the policies, with --evidence.
    #[arg(long, short, value_name = "NAME", env = "GATE_ENVIRONMENT")]
    environment: Option<String>,
    /// Configuration file, with --evidence; else gate.yaml is looked for here and upward.
    #[arg(long, value_name = "FILE", env = "GATE_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    policies: policies::Options,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Show how the answer came about.
    #[arg(long, value_enum, value_name = "HOW")]
    explain: Option<Explain>,
    /// Show how often each expression was reached.
    #[arg(long)]
    profile: bool,
    /// How many expressions --profile shows.
    #[arg(long, value_name = "N", default_value_t = 10)]
    profile_limit: usize,
    /// Show which lines were reached.
    #[arg(long)]
    coverage: bool,
    /// Exit 1 when the answer is undefined.
    #[arg(long)]
    fail: bool,
    /// Exit 1 when the answer is defined.
    #[arg(long, conflicts_with = "fail")]
    fail_defined: bool,
    /// Treat an error of a builtin function as an error; else it is undefined, as in OPA.
    #[arg(long)]
    strict_builtin_errors: bool,
    /// Time limit.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
}

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// As `opa eval`.
    #[default]
    Json,
    /// For people.
    Pretty,
    /// A list of values per solution.
    Values,
    /// An object of variables per solution.
    Bindings,
    /// For scripts: strings without quotes.
    Raw,
    /// Only whether there is an answer.
    Discard,
}

/// How much is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Explain {
    /// Nothing.
    Off,
    /// What `print` said.
    Notes,
    /// Expressions that were reached and not passed.
    Fails,
    /// All that was reached.
    Full,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    match evaluated(arguments) {
        Ok(result) => shown(arguments, &result),
        Err(problem) => {
            output::complain_of(&problem);
            Exit::Error
        }
    }
}

fn shown(arguments: &Arguments, result: &QueryResult) -> Exit {
    for line in &result.answer.prints {
        output::say(line.trim_end());
    }
    let text = match arguments.format {
        Format::Json => result.json(),
        Format::Discard => result.discard(),
        Format::Pretty => result.pretty(),
        _ if result.answer.fault.is_some() => {
            if let Some(fault) = result.answer.fault.clone() {
                output::complain_of(&fault.into());
            }
            String::new()
        }
        Format::Values => result.values(),
        Format::Bindings => result.bindings(),
        Format::Raw => result.raw(),
    };
    let written = output::print(&text);
    let is_defined = result.is_defined();
    match () {
        () if !written || result.answer.fault.is_some() => Exit::Error,
        () if (arguments.fail && !is_defined) || (arguments.fail_defined && is_defined) => Exit::Block,
        () => Exit::Ok,
    }
}

fn evaluated(arguments: &Arguments) -> Result<QueryResult, Box<Problem>> {
    let query = match &arguments.query {
        Some(query) => query.clone(),
        None => stdin("query")?,
    };
    let options = &arguments.policies;
    let mut loaded = load(options, &arguments.data, false)?;
    let bundled = load(options, &arguments.bundle, true)?;
    loaded.modules.extend(bundled.modules);
    merge(&mut loaded.data, bundled.data, "bundle")?;
    let mut input = None;
    if !arguments.evidence.is_empty() {
        let (modules, data, document) = of_evidence(arguments)?;
        loaded.modules.extend(modules);
        merge(&mut loaded.data, data, "policies")?;
        input = Some(document);
    } else if let Some(path) = arguments.input.as_deref().or(arguments.stdin_input.then_some("-")) {
        let text = if path == "-" {
            stdin("input")?
        } else {
            std::fs::read_to_string(path)
                .map_err(|e| usage(format!("cannot read the input `{path}`: {e}"), "check the path"))?
        };
        input = Some(workbench::document(path, &text).map_err(|e| Box::new(Problem::from(e)))?);
    }
    let record = match (arguments.explain, arguments.profile || arguments.coverage) {
        (Some(Explain::Fails | Explain::Full), _) => Record::Values,
        (_, true) => Record::Hits,
        _ => Record::Nothing,
    };
    let mut parsed = Vec::new();
    if arguments.coverage || options.capabilities.is_some() {
        for module in &loaded.modules {
            if let Ok(tree) = parse_module(&module.text, module.version) {
                parsed.push((module.path.clone(), tree));
            }
        }
    }
    let capabilities = capabilities(options)?;
    if let Some(capabilities) = &capabilities {
        let modules: Vec<_> = parsed.iter().map(|(path, tree)| (path.as_str(), tree)).collect();
        capabilities.allow(&modules).map_err(|e| usage(e.message, &e.help))?;
    }
    let setup = Setup {
        sources: loaded.modules,
        data: loaded.data,
        now: policies::now(),
        host: policies::host(capabilities.as_ref()),
        strict: arguments.strict_builtin_errors,
        timeout: arguments.timeout,
        record,
    };
    let asks = [Ask { query: query.clone(), input, ..Ask::default() }];
    let mut result = QueryResult { query: query.clone(), ..QueryResult::default() };
    if let Err(error) = crate::rego::parse_query(&query, Version::V1) {
        result.answer.fault = Some(Fault {
            code: "rego_parse_error".to_owned(),
            message: error.message,
            line: error.place.line,
            column: error.place.column,
            help: error.help,
            ..Fault::default()
        });
        return Ok(result);
    }
    let (trace, counts) = match ask(&setup, &asks, &policies::isolation()) {
        Ok(asked) => {
            result.answer = asked.answers.into_iter().next().unwrap_or_default();
            let mut hits = std::mem::take(&mut result.answer.hits);
            if hits.is_empty() {
                let all = asked.counts.iter().enumerate().filter(|(_, count)| **count > 0);
                hits = all.map(|(mark, count)| MarkHit { mark, count: *count, values: Vec::new() }).collect();
            }
            (Trace { marks: asked.marks, hits }, asked.counts)
        }
        // What does not compile is an answer too: in OPA's shape.
        Err(fault) => {
            result.answer = Answer { fault: Some(fault), ..Answer::default() };
            (Trace::default(), Vec::new())
        }
    };
    let detail = match arguments.explain {
        Some(Explain::Notes) => Some(Detail::Notes),
        Some(Explain::Fails) => Some(Detail::Fails),
        Some(Explain::Full) => Some(Detail::Full),
        _ => None,
    };
    result.explanation = detail.map(|detail| explanation(&trace, &result.answer, detail));
    result.profile = arguments.profile.then(|| profile(&trace, arguments.profile_limit));
    if arguments.coverage {
        let lines = std::collections::BTreeMap::new();
        result.coverage = Some(CoverageReport::of(&parsed, &lines, &trace.marks, &counts));
    }
    Ok(result)
}

fn stdin(what: &str) -> Result<String, Box<Problem>> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|e| usage(format!("cannot read the {what} from standard input: {e}"), "give UTF-8 text"))?;
    Ok(text)
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>, what: &str) -> Result<(), Box<Problem>> {
    for (key, value) in from {
        if into.contains_key(&key) {
            return Err(usage(
                format!("`data.{key}` is given by --data and by the {what}"),
                "keep each value in one place",
            ));
        }
        into.insert(key, value);
    }
    Ok(())
}

/// The policies that judge evidence, their data, and the input that they would be asked about.
type OfEvidence = (Vec<Source>, Map<String, Value>, Value);

fn of_evidence(arguments: &Arguments) -> Result<OfEvidence, Box<Problem>> {
    let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
    let options = setup::Options {
        environment: arguments.environment.clone(),
        config: arguments.config.clone(),
        ..setup::Options::default()
    };
    let config = setup::config(&options).map_err(boxed)?;
    let collected = evaluate::collect(&ingest::Request {
        inputs: arguments.evidence.iter().map(|path| Input::Path(path.clone())).collect(),
        declared: config.declared().map_err(boxed)?,
        ignore: config.ignored().map_err(boxed)?,
        limits: config.limits().map_err(boxed)?,
    });
    if let Some(problem) = collected.problems.first() {
        return Err(Box::new(problem.clone()));
    }
    let mut setup = setup::load(&options, config)?;
    // A query may ask for any list.
    setup.policies.lists = List::ALL.into_iter().collect();
    let now = Timestamp::now();
    let context = Context {
        now: Timestamp::from_second(now.as_second()).unwrap_or(now),
        timeout: arguments.timeout,
        isolation: policies::isolation(),
        root: std::env::current_dir().ok(),
        items: 0,
    };
    let subject = config::detect_subject(
        Subject::default(),
        &|name| std::env::var(name).ok(),
        std::path::Path::new("."),
    );
    let critical_paths = setup.config.critical_paths().map_err(boxed)?;
    let request = decide::Request {
        collected,
        environment: &setup.environment,
        asked: &[],
        subject: config::normalise_subject(subject)
            .map_err(|message| usage(message, "check the environment of the CI"))?,
        honoured: setup.config.honoured(),
        critical_paths: &critical_paths,
        info: crate::model::RequestInfo::default(),
        problems: Vec::new(),
    };
    let unreadable = |e: serde_json::Error| usage(format!("the policy input cannot be written: {e}"), "");
    let text = decide::input_json(request, &setup.policies, &context).map_err(unreadable)?;
    let input = serde_json::from_str(&text).map_err(unreadable)?;
    let data: Map<String, Value> = serde_json::from_str(setup.policies.data()).map_err(unreadable)?;
    let modules = setup
        .policies
        .texts()
        .map(|(path, text)| Source { path: path.to_owned(), text: text.to_owned(), version: Version::V1 })
        .collect();
    Ok((modules, data, input))
}
