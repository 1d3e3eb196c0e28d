//! `gate evaluate` over configuration files, with policies by conftest's conventions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::output::usage;
use super::{policies, setup};
use crate::config::{self, CONFTEST_FILE, Config, ConftestConfig};
use crate::decide::{self, Context, ConventionRequest};
use crate::document::{self, Parser};
use crate::ingest::Input;
use crate::ingest::documents::{self, DocumentRequest};
use crate::model::{Decision, Problem, Subject};
use crate::policy::{self, ConventionSet, ConventionSources, DEFAULT_NAMESPACE, UserModule};

/// Where conftest looks for policies when nothing is said.
const DEFAULT_POLICY: &str = "policy";

/// Options for configuration files.
#[derive(Clone, Debug, Default, clap::Args)]
#[group(id = "conventions")]
#[command(next_help_heading = "Configuration files, by conftest's conventions")]
pub(super) struct Options {
    /// Judge configuration files by the rules `deny`, `violation` and `warn` of this package; `*` and `?` match; repeatable.
    #[arg(long, short, value_name = "PACKAGE")]
    namespace: Vec<String>,
    /// Judge configuration files by every package that has such rules.
    #[arg(long, conflicts_with = "namespace")]
    all_namespaces: bool,
    /// Give all documents as one input, an array of `{path, contents}`.
    #[arg(long)]
    combine: bool,
    /// Read all files by this parser instead of each by its own.
    #[arg(long, value_name = "NAME")]
    parser: Option<String>,
    /// File or folder of data for the policies: folders are keys; repeatable.
    #[arg(long, short, value_name = "PATH")]
    data: Vec<String>,
    /// Leave out the files whose paths match.
    #[arg(long, value_name = "REGEX")]
    ignore: Option<String>,
    /// Version of Rego that the policies are in: v0 or v1.
    #[arg(long, value_name = "VERSION")]
    rego_version: Option<String>,
    /// Block on warnings too.
    #[arg(long)]
    fail_on_warn: bool,
    /// Take an error of a builtin function for an error instead of undefined.
    #[arg(long)]
    show_builtin_errors: bool,
}

/// What is to be judged, and by what.
pub(super) struct Chosen {
    options: Options,
    policy: Vec<PathBuf>,
    /// Why these conventions hold, where nobody asked for them.
    because: String,
}

/// Whether configuration files are to be judged by conftest's conventions: because a flag says so, because the
/// policies are written that way, or because a `conftest.toml` stands alone.
pub(super) fn chosen(
    options: &Options,
    setup: &setup::Options,
    evidence_flags: &[(&str, bool)],
) -> Result<Option<Chosen>, Box<Problem>> {
    let asked = !options.namespace.is_empty()
        || options.all_namespaces
        || options.combine
        || options.parser.is_some();
    let no_config = setup.config.is_none() && config::find(Path::new(".")).is_none();
    let because = if asked {
        String::new()
    } else if !setup.policy.is_empty() {
        let mut modules = Vec::new();
        for path in &setup.policy {
            read_modules(path, &mut modules)?;
        }
        if !policy::is_conventional(&modules) {
            return refuse(options);
        }
        let paths: Vec<String> = setup.policy.iter().map(|path| path.display().to_string()).collect();
        format!(
            "conftest's, as {} has `package {DEFAULT_NAMESPACE}` and no `package gate.*`",
            paths.join(", ")
        )
    } else if no_config && Path::new(CONFTEST_FILE).is_file() {
        format!("conftest's, as there is {CONFTEST_FILE} and no gate.yaml")
    } else {
        return refuse(options);
    };
    if let Some((flag, _)) = evidence_flags.iter().find(|(_, given)| *given) {
        return Err(usage(
            format!("`{flag}` is about evidence, and these are configuration files"),
            "leave it out; packages are named by `--namespace`, parsers by `--parser`",
        ));
    }
    let merged = merge(options.clone(), &setup.policy)?;
    Ok(Some(Chosen { because, ..merged }))
}

/// Options that only mean something for configuration files must not be passed over.
fn refuse(options: &Options) -> Result<Option<Chosen>, Box<Problem>> {
    let given = [
        ("--data", !options.data.is_empty()),
        ("--ignore", options.ignore.is_some()),
        ("--rego-version", options.rego_version.is_some()),
        ("--fail-on-warn", options.fail_on_warn),
        ("--show-builtin-errors", options.show_builtin_errors),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        None => Ok(None),
        Some((flag, _)) => Err(usage(
            format!("`{flag}` is for configuration files, and these are taken for evidence"),
            format!("name the package of the policies: `--namespace {DEFAULT_NAMESPACE}`"),
        )),
    }
}

/// Flags, and below them what `conftest.toml` says.
fn merge(mut options: Options, policy: &[PathBuf]) -> Result<Chosen, Box<Problem>> {
    let path = Path::new(CONFTEST_FILE);
    let file = match path.is_file() {
        true => config::load_conftest(path).map_err(|error| Box::new(Problem::from(error)))?,
        false => ConftestConfig::default(),
    };
    let mut policy = policy.to_vec();
    if policy.is_empty() {
        policy = file.policy.iter().map(PathBuf::from).collect();
    }
    if policy.is_empty() {
        policy.push(PathBuf::from(DEFAULT_POLICY));
    }
    if options.namespace.is_empty() && !options.all_namespaces {
        options.all_namespaces = file.all_namespaces;
        options.namespace = file.namespace;
    }
    if options.namespace.is_empty() && !options.all_namespaces {
        options.namespace.push(DEFAULT_NAMESPACE.to_owned());
    }
    if options.data.is_empty() {
        options.data = file.data;
    }
    options.combine |= file.combine;
    options.fail_on_warn |= file.fail_on_warn;
    options.show_builtin_errors |= file.show_builtin_errors;
    options.parser = options.parser.or(file.parser);
    options.ignore = options.ignore.or(file.ignore);
    options.rego_version = options.rego_version.or(file.rego_version);
    Ok(Chosen { options, policy, because: String::new() })
}

impl Chosen {
    /// Reads, asks and decides.
    pub(super) fn decide(
        self,
        inputs: Vec<Input>,
        config: &Config,
        environment: &str,
        subject: Subject,
        now: Timestamp,
    ) -> Result<Decision, Box<Problem>> {
        let Self { options, policy, because } = self;
        let boxed = |error: config::ConfigError| Box::new(Problem::from(error));
        let ignore = options.ignore.as_deref().map(regex::Regex::new).transpose().map_err(|error| {
            usage(format!("`--ignore` is no regular expression: {error}"), "escape what is meant literally")
        })?;
        let rego_v0 = match options.rego_version.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("v1") => false,
            Some("v0") => true,
            Some(other) => {
                return Err(usage(format!("unknown version of Rego `{other}`"), "there are: v0, v1"));
            }
        };
        let mut sources = ConventionSources {
            rego_v0,
            strict_builtins: options.show_builtin_errors,
            data: data(&options.data)?,
            ..ConventionSources::default()
        };
        for path in &policy {
            let before = sources.modules.len();
            read_modules(path, &mut sources.modules)?;
            if sources.modules.len() == before {
                return Err(Box::new(Problem {
                    code: "policy".to_owned(),
                    message: "the folder holds no policy".to_owned(),
                    file: path.display().to_string(),
                    help: "modules end in `.rego`; name their folder: `--policy DIR`".to_owned(),
                    ..Problem::default()
                }));
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        sources.modules.retain(|module| seen.insert(module.path.clone()));
        let roots = policy.iter().cloned().chain(inputs.iter().filter_map(|input| match input {
            Input::Path(path) => Some(PathBuf::from(path)),
            _ => None,
        }));
        sources.config_files = config_files(&sources.modules, &roots.collect::<Vec<_>>());
        let set = ConventionSet::load(sources).map_err(|error| Box::new(Problem::from(error)))?;
        let documents = documents::collect(&DocumentRequest {
            inputs,
            parser: options.parser.as_deref().map(parser).transpose()?,
            ignore: &|path| ignore.as_ref().is_some_and(|ignore| ignore.is_match(path)),
            limits: config.limits().map_err(boxed)?,
        });
        let context = Context {
            now,
            timeout: config.timeout().map_err(boxed)?,
            isolation: policies::isolation(),
            root: None,
            items: 0,
        };
        let request = ConventionRequest {
            documents,
            namespaces: if options.all_namespaces { &[] } else { &options.namespace },
            combine: options.combine,
            fail_on_warn: options.fail_on_warn,
            environment,
            subject,
            because,
        };
        Ok(decide::evaluate_conventions(request, &set, &context))
    }
}

fn parser(id: &str) -> Result<&'static Parser, Box<Problem>> {
    document::by_id(id).ok_or_else(|| {
        let ids: Vec<&str> = document::PARSERS.iter().map(|parser| parser.id).collect();
        let help = match crate::suggest::nearest(id, &ids) {
            Some(near) => format!("did you mean `{near}`?"),
            None => document::remedy(id),
        };
        usage(format!("unknown parser `{id}`"), help)
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Box<Problem> {
    Box::new(Problem {
        code: "policy".to_owned(),
        message: format!("cannot read the policy: {error}"),
        file: path.to_string_lossy().replace('\\', "/"),
        help: "check the path; policies are named by `--policy`".to_owned(),
        ..Problem::default()
    })
}

/// The files below a path, by name; a path that is a file is itself all there is.
fn files_below(path: &Path) -> Result<Vec<PathBuf>, Box<Problem>> {
    if !std::fs::metadata(path).map_err(|error| unreadable(path, &error))?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let mut entries: Vec<PathBuf> = entries
        .map_err(|error| unreadable(path, &error))?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_none_or(|name| name != ".git"))
        .collect();
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        // A folder that leads back to itself is none that holds more.
        let is_link = std::fs::symlink_metadata(&entry).is_ok_and(|about| about.is_symlink());
        match is_link && entry.is_dir() {
            true => {}
            false => files.extend(files_below(&entry)?),
        }
    }
    Ok(files)
}

/// Rego modules below a path; tests are left to `gate test`.
fn read_modules(path: &Path, modules: &mut Vec<UserModule>) -> Result<(), Box<Problem>> {
    for file in files_below(path)? {
        let shown = file.to_string_lossy().replace('\\', "/");
        if !shown.ends_with(".rego") || shown.ends_with("_test.rego") {
            continue;
        }
        let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
        modules.push(UserModule { path: shown.trim_start_matches("./").to_owned(), text });
    }
    Ok(())
}

/// The data of files and folders: folders below a path are keys, the names of files are not. `key.key:path` puts it
/// below keys of its own.
fn data(paths: &[String]) -> Result<Map<String, Value>, Box<Problem>> {
    let mut data = Map::new();
    for given in paths {
        let (prefix, path) = match given.split_once(':') {
            Some((prefix, path)) if !prefix.is_empty() && prefix.len() > 1 => {
                (prefix.split('.').map(str::to_owned).collect(), path)
            }
            _ => (Vec::new(), given.as_str()),
        };
        let root = Path::new(path);
        let mut any = false;
        for file in files_below(root)? {
            let extension = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            if !matches!(extension.as_str(), "json" | "yaml" | "yml") {
                continue;
            }
            any = true;
            let below = file.strip_prefix(root).ok().and_then(Path::parent).unwrap_or(Path::new(""));
            let keys = prefix
                .iter()
                .cloned()
                .chain(below.components().map(|part| part.as_os_str().to_string_lossy().into_owned()));
            let value = documents::parse_file(&file)?;
            let value = keys
                .collect::<Vec<_>>()
                .into_iter()
                .rev()
                .fold(value, |value, key| Value::Object(Map::from_iter([(key, value)])));
            let problem = |message: String, help: &str| {
                Box::new(Problem {
                    code: "policy".to_owned(),
                    message,
                    file: file.to_string_lossy().replace('\\', "/"),
                    help: help.to_owned(),
                    ..Problem::default()
                })
            };
            let Value::Object(value) = value else {
                return Err(problem(
                    "expected an object of policy data".to_owned(),
                    "write keys at its top, or put the file into a folder whose name is the key",
                ));
            };
            setup::merge(&mut data, value).map_err(|key| {
                problem(format!("policy data `{key}` is given twice"), "keep each value in one file")
            })?;
        }
        if !any {
            return Err(usage(
                format!("`{path}` holds no data"),
                "data files end in `.json`, `.yaml` or `.yml`",
            ));
        }
    }
    Ok(data)
}

/// The configuration files that policies name as literals, parsed: those in the folder of the policies or among what
/// is judged. Nothing else of the file system can be had from a policy.
fn config_files(modules: &[UserModule], roots: &[PathBuf]) -> BTreeMap<String, Result<Value, String>> {
    const READERS: [&str; 2] = ["parse_config_file", "parse_combined_config_files"];
    let roots: Vec<PathBuf> = roots.iter().filter_map(|root| std::fs::canonicalize(root).ok()).collect();
    let mut found: BTreeMap<String, (PathBuf, Result<Value, String>)> = BTreeMap::new();
    for module in modules.iter().filter(|module| READERS.iter().any(|name| module.text.contains(name))) {
        let folder = Path::new(&module.path).parent().unwrap_or(Path::new(""));
        for literal in literals(&module.text) {
            let Ok(path) = std::fs::canonicalize(folder.join(literal)) else { continue };
            if !path.is_file() || !roots.iter().any(|root| path.starts_with(root)) {
                continue;
            }
            match found.get(literal) {
                Some((known, _)) if *known == path => {}
                Some(_) => {
                    let error = "two modules mean different files by it: give them different names";
                    found.insert(literal.to_owned(), (path, Err(error.to_owned())));
                }
                None => {
                    let value = documents::parse_file(&path).map_err(|problem| problem.message);
                    found.insert(literal.to_owned(), (path, value));
                }
            }
        }
    }
    found.into_iter().map(|(literal, (_, value))| (literal, value)).collect()
}

/// What stands between quotes.
fn literals(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(|line| ['"', '`'].into_iter().flat_map(move |quote| line.split(quote).skip(1).step_by(2)))
        .filter(|literal| !literal.is_empty())
        .collect()
}
