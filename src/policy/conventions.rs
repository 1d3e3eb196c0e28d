//! Policies by conftest's conventions: `package main`, `deny`, `warn`, `violation`, `exception`.
//!
//! A namespace is a package; its entry rules are those that conftest asks, each over every document. What conftest
//! passes over in silence is an error here: a namespace without an entry rule, an entry rule that is no set, a
//! result that is neither text nor an object with `msg`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::engine::{self, Opening};
use super::load::{Isolation, UserModule};
use super::{PolicyError, check, scan, worker};
use crate::suggest;

/// The namespace that conftest asks where none is named.
pub const DEFAULT_NAMESPACE: &str = "main";

/// The rule that exempts from others.
const EXCEPTION: &str = "exception";
/// First parts of the names of entry rules.
const PREFIXES: [&str; 3] = ["deny", "violation", "warn"];

/// What such a policy set is made of.
#[derive(Clone, Debug, Default)]
pub struct ConventionSources {
    /// Modules.
    pub modules: Vec<UserModule>,
    /// Data beside them.
    pub data: Map<String, Value>,
    /// Whether modules are in Rego v0.
    pub rego_v0: bool,
    /// Whether builtin errors are errors; conftest takes them as undefined.
    pub strict_builtins: bool,
    /// Configuration files that policies name, parsed: by the path as the policy writes it.
    pub config_files: BTreeMap<String, Result<Value, String>>,
}

/// A rule that is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRule {
    /// Its name: `deny_run_as_root`.
    pub name: String,
    /// Whether it only warns.
    pub warns: bool,
    /// How many rules have the name; conftest counts each of them as a test.
    pub count: u64,
    /// Title from its metadata; may be empty.
    pub title: String,
    /// How to mend what it finds; may be empty.
    pub remediation: String,
    /// Where the first of them is defined: `path:line`.
    pub defined_in: String,
}

impl EntryRule {
    /// What an exception names to exempt from it: empty for a rule named `deny`, `violation` or `warn` alone.
    pub fn exempted_by(&self) -> &str {
        PREFIXES
            .iter()
            .find_map(|prefix| self.name.strip_prefix(prefix))
            .map_or("", |rest| rest.strip_prefix('_').unwrap_or(rest))
    }
}

/// A package with entry rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// Its path: `main.gke`.
    pub name: String,
    /// Its entry rules, by name.
    pub rules: Vec<EntryRule>,
    /// Whether it has exceptions.
    pub has_exceptions: bool,
}

/// A configuration file with its documents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigFile {
    /// Its folder, absolute: `data.conftest.file.dir`.
    pub dir: String,
    /// Its name: `data.conftest.file.name`.
    pub name: String,
    /// Its documents.
    pub documents: Vec<Value>,
}

/// What the rules of one namespace say of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The namespace.
    pub namespace: String,
    /// Index of the file.
    pub file: usize,
    /// Index of the document in its file.
    pub document: usize,
    /// The values of the rules; what is undefined is left out.
    pub values: BTreeMap<String, Value>,
}

impl Answer {
    /// How many entries of `exception` name a rule.
    pub fn exceptions(&self, rule: &EntryRule) -> u64 {
        let items = |value: &'_ Value| -> Vec<Value> {
            match value {
                Value::Array(items) => items.clone(),
                Value::Object(map) => map.values().cloned().collect(),
                _ => Vec::new(),
            }
        };
        let Some(exception) = self.values.get(EXCEPTION) else { return 0 };
        items(exception)
            .iter()
            .flat_map(items)
            .filter(|name| name.as_str() == Some(rule.exempted_by()))
            .count() as u64
    }
}

/// One run in a process of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ConventionJob {
    modules: Vec<(String, String)>,
    data: Map<String, Value>,
    /// Whether the policies look at `data.conftest`.
    sees_file: bool,
    rego_v0: bool,
    strict: bool,
    config_files: BTreeMap<String, Result<Value, String>>,
    /// Rules to ask, by namespace.
    namespaces: Vec<(String, Vec<String>)>,
    files: Vec<ConfigFile>,
    pub(super) timeout_ms: u64,
}

/// Modules and data, checked and ready.
#[derive(Clone, Debug)]
pub struct ConventionSet {
    sources: ConventionSources,
    sees_file: bool,
    /// Every package with entry rules, by name.
    pub namespaces: Vec<Namespace>,
    /// `sha256:<hex>` over modules and data.
    pub digest: String,
    /// Paths of the modules.
    pub modules: Vec<String>,
}

/// Whether modules are meant for conftest: none is a gate's, and one of `package main` has an entry rule.
pub fn is_conventional(modules: &[UserModule]) -> bool {
    let scanned: Vec<scan::Module> = modules.iter().map(|module| scan::scan(&module.text)).collect();
    let is_gate = |module: &scan::Module| module.package.first().is_some_and(|first| first == "gate");
    !scanned.iter().any(is_gate)
        && scanned.iter().any(|module| {
            module.package == [DEFAULT_NAMESPACE] && module.rules.iter().any(|rule| is_entry(&rule.name))
        })
}

/// `deny`, `deny_name`, `violation`, `warn`, ... with parts of letters and digits.
fn is_entry(name: &str) -> bool {
    let mut parts = name.split('_');
    parts.next().is_some_and(|first| PREFIXES.contains(&first))
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl ConventionSet {
    /// Loads and checks a set.
    ///
    /// # Errors
    /// When there is no module, or one of them has an entry rule that could never say anything.
    pub fn load(sources: ConventionSources) -> Result<Self, PolicyError> {
        if sources.modules.is_empty() {
            return Err(PolicyError::new("there is no policy").help("modules end in `.rego`"));
        }
        let scanned: Vec<scan::Module> =
            sources.modules.iter().map(|module| scan::scan(&module.text)).collect();
        let mut namespaces: BTreeMap<String, Namespace> = BTreeMap::new();
        let mut sees_file = false;
        for (module, scanned) in sources.modules.iter().zip(&scanned) {
            check::shape(&module.path, scanned)?;
            sees_file |= looks_at_file(scanned);
            let name = scanned.package.join(".");
            let namespace = namespaces.entry(name.clone()).or_insert_with(|| Namespace {
                name,
                rules: Vec::new(),
                has_exceptions: false,
            });
            rules(&module.path, scanned, namespace)?;
        }
        let all: Vec<(&str, &scan::Module)> =
            sources.modules.iter().map(|module| module.path.as_str()).zip(&scanned).collect();
        check::recursion(&all)?;
        let mut namespaces: Vec<Namespace> =
            namespaces.into_values().filter(|namespace| !namespace.rules.is_empty()).collect();
        for namespace in &mut namespaces {
            namespace.rules.sort_by(|a, b| a.name.cmp(&b.name));
        }
        let modules = sources.modules.iter().map(|module| module.path.clone()).collect();
        Ok(Self { digest: digest(&sources), sees_file, namespaces, modules, sources })
    }

    /// Whether builtin errors are errors.
    pub fn is_strict(&self) -> bool {
        self.sources.strict_builtins
    }

    /// The namespaces that patterns name; `*` and `?` stand for any text and any character.
    ///
    /// # Errors
    /// When a pattern names no namespace with an entry rule: whoever asks for nothing must not be told that all is
    /// well.
    pub fn named(&self, patterns: &[String]) -> Result<Vec<&Namespace>, PolicyError> {
        let mut found: Vec<&Namespace> = Vec::new();
        for pattern in patterns {
            let matcher = globset::GlobBuilder::new(pattern)
                .literal_separator(false)
                .build()
                .map_err(|error| PolicyError::new(format!("namespace `{pattern}` is no pattern: {error}")))?
                .compile_matcher();
            let before = found.len();
            let mut any = false;
            for namespace in self.namespaces.iter().filter(|namespace| matcher.is_match(&namespace.name)) {
                any = true;
                if !found.contains(&namespace) {
                    found.push(namespace);
                }
            }
            if !any && found.len() == before {
                return Err(self.unknown(pattern));
            }
        }
        if found.is_empty() {
            return Err(self.unknown(DEFAULT_NAMESPACE));
        }
        Ok(found)
    }

    fn unknown(&self, pattern: &str) -> PolicyError {
        let names: Vec<&str> = self.namespaces.iter().map(|namespace| namespace.name.as_str()).collect();
        let help = match names.is_empty() {
            true => "write `deny contains msg if { ... }` in a module of that package".to_owned(),
            false => suggest::remedy(pattern, &names),
        };
        PolicyError::new(format!("namespace `{pattern}` has no rule `deny`, `violation` or `warn`"))
            .help(help)
    }

    /// Asks namespaces over all documents of files.
    ///
    /// # Errors
    /// When the policies cannot be compiled or evaluated, or run out of time.
    pub fn ask(
        &self,
        namespaces: &[&Namespace],
        files: &[ConfigFile],
        timeout: Duration,
        isolation: &Isolation,
    ) -> Result<Vec<Answer>, PolicyError> {
        let rules_of = |namespace: &&Namespace| {
            let mut rules: Vec<String> = namespace.rules.iter().map(|rule| rule.name.clone()).collect();
            if namespace.has_exceptions {
                rules.push(EXCEPTION.to_owned());
            }
            (namespace.name.clone(), rules)
        };
        let job = ConventionJob {
            modules: self.sources.modules.iter().map(|m| (m.path.clone(), m.text.clone())).collect(),
            data: self.sources.data.clone(),
            sees_file: self.sees_file,
            rego_v0: self.sources.rego_v0,
            strict: self.sources.strict_builtins,
            config_files: self.sources.config_files.clone(),
            namespaces: namespaces.iter().map(rules_of).collect(),
            files: files.to_vec(),
            timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
        };
        match isolation {
            Isolation::Process(program) => worker::documents(program, job),
            Isolation::InProcess => std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&job)))
                .unwrap_or_else(|_| Err(PolicyError::new("the interpreter panicked"))),
            Isolation::Unavailable(why) => Err(PolicyError::no_process(why)),
        }
    }
}

/// Adds the entry rules of a module to its namespace.
fn rules(path: &str, module: &scan::Module, namespace: &mut Namespace) -> Result<(), PolicyError> {
    for rule in module.rules.iter().filter(|rule| !rule.is_function) {
        let error = |message: String, help: &str| {
            PolicyError::new(message).at(path, rule.at.line, rule.at.column).help(help)
        };
        if rule.name == EXCEPTION {
            namespace.has_exceptions = true;
            continue;
        }
        let prefix = PREFIXES.iter().find(|prefix| {
            rule.name.strip_prefix(**prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        });
        let Some(prefix) = prefix else { continue };
        if !is_entry(&rule.name) {
            return Err(error(
                format!("rule `{}` would never be asked", rule.name),
                "write its name as parts of letters and digits with one `_` between them: `deny_run_as_root`",
            ));
        }
        if rule.is_boolean && !rule.is_default {
            return Err(error(
                format!("`{}` is not a set: it would never say anything", rule.name),
                "write it as `deny contains msg if { ... }`, in Rego v0 as `deny[msg] { ... }`",
            ));
        }
        match namespace.rules.iter_mut().find(|known| known.name == rule.name) {
            Some(known) => known.count += 1,
            None => {
                let metadata = rule.metadata.clone().unwrap_or_default();
                namespace.rules.push(EntryRule {
                    name: rule.name.clone(),
                    warns: *prefix == "warn",
                    count: 1,
                    title: metadata.title.trim().to_owned(),
                    remediation: metadata.custom.remediation.trim().to_owned(),
                    defined_in: format!("{path}:{}", rule.at.line),
                });
            }
        }
    }
    Ok(())
}

/// Whether a module may look at `data.conftest`, the file that is judged.
fn looks_at_file(module: &scan::Module) -> bool {
    let is_it = |step: Option<&scan::Step>| match step {
        Some(scan::Step::Field(name)) => name == "conftest",
        _ => true,
    };
    module.data_refs.iter().any(|(steps, _)| is_it(steps.first()))
        || module.imports.iter().any(|(_, path)| path == "data" || path.starts_with("data.conftest"))
}

fn digest(sources: &ConventionSources) -> String {
    let mut sorted: Vec<(&str, &str)> =
        sources.modules.iter().map(|m| (m.path.as_str(), m.text.as_str())).collect();
    sorted.sort_unstable();
    let data = Value::Object(sources.data.clone()).to_string();
    let files: Vec<(&String, String)> = sources
        .config_files
        .iter()
        .map(|(path, file)| (path, serde_json::to_string(file).unwrap_or_default()))
        .collect();
    let modules = sorted.into_iter().flat_map(|(path, text)| [path, text]);
    let files = files.iter().flat_map(|(path, text)| [path.as_str(), text.as_str()]);
    crate::digest::of_parts(modules.chain([data.as_str()]).chain(files))
}

/// Asks every namespace over every document.
pub(super) fn run(job: &ConventionJob) -> Result<Vec<Answer>, PolicyError> {
    let deadline = Instant::now() + Duration::from_millis(job.timeout_ms);
    let mut engine = engine::open(&Opening {
        modules: &job.modules,
        data: &data(job, None),
        strict: job.strict,
        rego_v0: job.rego_v0,
        config_files: &job.config_files,
    })?;
    let mut answers = Vec::new();
    for (number, file) in job.files.iter().enumerate() {
        if job.sees_file {
            engine.replace_data(&data(job, Some(file)))?;
        }
        for (index, document) in file.documents.iter().enumerate() {
            engine.give(&document.to_string())?;
            for (namespace, rules) in &job.namespaces {
                let mut values = BTreeMap::new();
                for rule in rules {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if let Some(value) = engine.value(&format!("data.{namespace}.{rule}"), left)? {
                        values.insert(rule.clone(), value);
                    }
                }
                answers.push(Answer { namespace: namespace.clone(), file: number, document: index, values });
            }
        }
    }
    Ok(answers)
}

/// The data document, with the file that is judged.
fn data(job: &ConventionJob, file: Option<&ConfigFile>) -> String {
    let mut data = job.data.clone();
    if let Some(file) = file {
        let about = serde_json::json!({ "name": file.name, "dir": file.dir });
        match data.get_mut("conftest") {
            Some(Value::Object(conftest)) => {
                conftest.insert("file".to_owned(), about);
            }
            _ => {
                data.insert("conftest".to_owned(), serde_json::json!({ "file": about }));
            }
        }
    }
    Value::Object(data).to_string()
}
