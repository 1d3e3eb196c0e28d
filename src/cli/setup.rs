//! What several commands need first: configuration, environment, policies.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::config::{self, Config, ConfigError, Environment, Selectable, ShippedPolicies};
use crate::digest;
use crate::model::{Problem, RequestInfo};
use crate::origin::Tree;
use crate::policy::{PolicySet, Provenance, Sources, UserModule, shipped_data};
use crate::sources::{self, BundleSource, Found};

/// Options that choose configuration and policies.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Options {
    /// Environment to judge by: development, staging, production, or one of gate.yaml.
    #[arg(long, short, value_name = "NAME", env = "GATE_ENVIRONMENT")]
    pub(super) environment: Option<String>,
    /// Configuration file; else gate.yaml is looked for here and upward.
    #[arg(long, value_name = "FILE", env = "GATE_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// File or folder of Rego policies that extend the shipped ones; repeatable.
    #[arg(long, short, value_name = "PATH")]
    pub(super) policy: Vec<PathBuf>,
    /// OPA bundle with policies that extend the shipped ones.
    #[arg(long, value_name = "FILE")]
    pub(super) policy_bundle: Option<PathBuf>,
    /// Public key that must have signed that bundle.
    #[arg(long, value_name = "FILE", requires = "policy_bundle")]
    pub(super) policy_key: Option<PathBuf>,
    /// Digest that the bytes of that bundle must have: sha256:...
    #[arg(long, value_name = "DIGEST", requires = "policy_bundle")]
    pub(super) policy_digest: Option<String>,
    /// Read gate.yaml and all policies from this git ref instead of the working tree, such as origin/main: a change
    /// that edits them is judged by those of the ref.
    #[arg(long, value_name = "REF", env = "GATE_CONFIG_REF")]
    pub(super) config_ref: Option<String>,
    /// Leave the shipped policies out.
    #[arg(long)]
    pub(super) no_shipped_policies: bool,
}

/// Configuration, environment and policies, ready.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) config: Config,
    pub(super) environment: Environment,
    pub(super) policies: PolicySet,
    /// What the policies were loaded from beside the shipped ones.
    pub(super) own: Own,
}

/// Modules and data that are not shipped.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    pub(super) modules: Vec<UserModule>,
    pub(super) data: Map<String, Value>,
    /// Where they come from, where that was chosen.
    pub(super) provenance: Provenance,
}

impl Setup {
    /// How many items a verdict lists.
    pub(super) fn items(&self) -> usize {
        self.config.raw.report.items.and_then(|n| usize::try_from(n).ok()).unwrap_or(5000)
    }

    /// What a decision records of the arguments, so that it can be repeated.
    pub(super) fn asked_for(&self, options: &Options, gates: &[String]) -> RequestInfo {
        RequestInfo {
            gates: gates.to_vec(),
            config_digest: self.config.path.as_ref().map(|_| digest::of(self.config.text.as_bytes())),
            policies: options.policy.iter().map(|path| shown(path)).collect(),
            no_shipped_policies: options.no_shipped_policies,
        }
    }
}

/// A path as reports show it.
fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The environment that is judged when nothing is said.
const DEFAULT_ENVIRONMENT: &str = "development";

/// The environment's name as far as it is known before everything is loaded.
pub(super) fn environment_name(options: &Options, config: Option<&Config>) -> String {
    options
        .environment
        .clone()
        .or_else(|| config.and_then(|c| c.raw.environment.clone()))
        .unwrap_or_else(|| DEFAULT_ENVIRONMENT.to_owned())
}

/// Loads the configuration.
pub(super) fn config(options: &Options) -> Result<Config, ConfigError> {
    if let Some(git_ref) = &options.config_ref {
        let tree = Tree::open(Path::new("."), git_ref, true)?;
        return config::load_protected(tree, options.config.as_deref());
    }
    match options.config.clone().or_else(|| config::find(Path::new("."))) {
        Some(path) => config::load(&relative(path)),
        None => Ok(Config::default()),
    }
}

/// A path as short as it can be shown from here.
fn relative(path: PathBuf) -> PathBuf {
    std::env::current_dir()
        .ok()
        .and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned))
        .unwrap_or(path)
}

/// Resolves the environment and loads the policies.
pub(super) fn load(options: &Options, config: Config) -> Result<Setup, Box<Problem>> {
    let name = environment_name(options, Some(&config));
    let own = read_sources(options, &config)?;
    load_own(config, &name, own, options.no_shipped_policies, true)
}

/// Reads the policies of the configuration and those given beside it.
pub(super) fn own(config: &Config, given: &[PathBuf]) -> Result<Own, Box<Problem>> {
    let options = Options { policy: given.to_vec(), ..Options::default() };
    read_sources(&options, config)
}

/// Resolves the environment and loads policies that were read already. `names_checked`: whether a rule that the
/// configuration names must be there.
pub(super) fn load_own(
    config: Config,
    name: &str,
    own: Own,
    no_shipped_policies: bool,
    names_checked: bool,
) -> Result<Setup, Box<Problem>> {
    let boxed = |problem: Problem| Box::new(problem);
    let shipped: Value = serde_json::from_str(shipped_data()).map_err(|e| {
        boxed(Problem { code: "internal".to_owned(), message: e.to_string(), ..Problem::default() })
    })?;
    // Rule codes are checked against all rules, so the policies come first, on the environment's own thresholds.
    let resolve = |name: &str, codes: &[String]| {
        config::resolve(&config, &shipped, name, codes).map_err(|e| boxed(e.into()))
    };
    let any_code: Vec<String> = codes_in(&config);
    let environment = resolve(name, &any_code)?;
    let mut others = Vec::new();
    for other in config.raw.environments.keys().filter(|other| *other != name) {
        // A mistake in another environment is a mistake now, not on the day of the release.
        others.push(resolve(other, &any_code)?);
    }
    let policies = PolicySet::load(Sources {
        modules: own.modules.clone(),
        data: own.data.clone(),
        provenance: own.provenance.clone(),
        gates: environment.gates.iter().map(|gate| gate.name.clone()).collect(),
        gate_data: environment.gate_data.clone(),
        declared: config.raw.gates.keys().cloned().collect(),
        replace: no_shipped_policies || config.raw.policy.shipped == ShippedPolicies::Replace,
        lenient_builtins: config.raw.policy.strict_builtin_errors == Some(false),
    })
    .map_err(|e| boxed(e.into()))?;
    pinned(&config, &policies).map_err(|e| boxed(e.into()))?;
    if names_checked && !any_code.is_empty() {
        let mut codes: Vec<String> = policies.rules.iter().map(|rule| rule.code.clone()).collect();
        codes.push(crate::decide::SET_ASIDE.to_owned());
        resolve(name, &codes)?;
    }
    let rules: Vec<Selectable<'_>> = policies
        .rules
        .iter()
        .map(|rule| Selectable {
            gate: &rule.gate,
            code: &rule.code,
            collections: &rule.collections,
            ..Selectable::default()
        })
        .collect();
    if names_checked {
        config::check_selectors(&config, &rules).map_err(|e| boxed(e.into()))?;
    }
    for environment in [&environment].into_iter().chain(&others) {
        config::check_rules_left(&config, environment, &rules).map_err(|e| boxed(e.into()))?;
    }
    Ok(Setup { config, environment, policies, own })
}

/// Reads policies from where they lie: working tree, protected ref, bundles.
fn read_sources(options: &Options, config: &Config) -> Result<Own, Box<Problem>> {
    let mut own = Own::default();
    let sources = &mut own;
    let configured = config.raw.policy.paths.iter().map(|path| config.base.join(path));
    let mut paths: Vec<PathBuf> = configured.chain(options.policy.iter().cloned()).collect();
    let tree = config.origin.tree();
    for path in &paths {
        match tree.map(|tree| sources::of_tree(path, tree)).transpose()?.flatten() {
            Some(found) => take(found, &path.to_string_lossy(), sources)?,
            None => read_policies(path, path, sources)?,
        }
    }
    let by_command = options.policy_bundle.as_ref().map(|path| BundleSource {
        path: path.clone(),
        key: options.policy_key.clone(),
        digest: options.policy_digest.clone(),
        by_command: true,
        ..BundleSource::default()
    });
    for bundle in BundleSource::of(config).into_iter().chain(by_command) {
        let (found, record) = sources::of_bundle(&bundle, tree)?;
        take(found, &record.name, sources)?;
        sources.provenance.sources.push(record);
        paths.push(bundle.path);
        paths.extend(bundle.key);
    }
    paths.extend(options.config.clone());
    if let Some(tree) = tree {
        sources::record(tree, &paths, &mut sources.provenance)?;
    }
    Ok(own)
}

/// Takes modules and data of one source over.
fn take(found: Found, from: &str, sources: &mut Own) -> Result<(), Box<Problem>> {
    sources.modules.extend(found.modules);
    merge(&mut sources.data, found.data).map_err(|key| {
        Box::new(Problem {
            code: "policy".to_owned(),
            message: format!("policy data `{key}` is given twice"),
            file: from.to_owned(),
            help: "keep each value in one file".to_owned(),
            ..Problem::default()
        })
    })
}

/// The digest that the configuration demands of the whole set.
fn pinned(config: &Config, policies: &PolicySet) -> Result<(), ConfigError> {
    match &config.raw.policy.digest {
        Some(wanted) if !wanted.trim().eq_ignore_ascii_case(&policies.digest) => Err(config
            .error(
                &["policy", "digest"],
                format!("the policies have digest `{}`, expected `{wanted}`", policies.digest),
            )
            .help("they are others than those that were pinned; environment, thresholds and gate's version count too")),
        _ => Ok(()),
    }
}

/// Every rule code that the configuration names.
pub(super) fn codes_in(config: &Config) -> Vec<String> {
    let of_environments = config.raw.environments.values().flat_map(|e| e.rules.keys());
    config.raw.rules.keys().chain(of_environments).cloned().collect()
}

/// Reads Rego modules and data below a path. Tests (`_test.rego`) are left to `gate test`.
fn read_policies(path: &Path, root: &Path, sources: &mut Own) -> Result<(), Box<Problem>> {
    let shown = path.to_string_lossy().replace('\\', "/");
    let problem = |message: String, help: &str| {
        Box::new(Problem {
            code: "policy".to_owned(),
            message,
            file: shown.clone(),
            help: help.to_owned(),
            ..Problem::default()
        })
    };
    let unreadable = |e: std::io::Error| problem(format!("cannot read the policy: {e}"), "check the path");
    if std::fs::metadata(path).map_err(unreadable)?.is_dir() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .map_err(unreadable)?
            .flatten()
            .map(|entry| entry.path())
            .filter(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')))
            .collect();
        entries.sort();
        let before = sources.modules.len() + sources.data.len();
        for entry in entries {
            read_policies(&entry, root, sources)?;
        }
        if path == root && sources.modules.len() + sources.data.len() == before {
            return Err(problem("the folder holds no policy".to_owned(), "modules end in `.rego`"));
        }
        return Ok(());
    }
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let is_data = matches!(name.as_str(), "data.json" | "data.yaml" | "data.yml");
    let lower = name.to_ascii_lowercase();
    if !(is_data || (lower.ends_with(".rego") && !lower.ends_with("_test.rego"))) {
        return if path == root {
            Err(problem("neither a Rego module nor data".to_owned(), "modules end in `.rego`"))
        } else {
            Ok(())
        };
    }
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(problem("neither a file nor a folder".to_owned(), "policies are regular files"));
    }
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    if !is_data {
        sources.modules.push(UserModule { path: shown, text });
        return Ok(());
    }
    let value: Value = yaml_serde::from_str::<yaml_serde::Value>(&text)
        .and_then(|_| yaml_serde::from_str(&text))
        .map_err(|error| {
            let mut problem =
                problem(format!("the policy data cannot be read: {error}"), "write JSON or YAML");
            if let Some(place) = error.location() {
                problem.line = place.line() as u64;
                problem.column = place.column() as u64;
            }
            problem
        })?;
    // As in OPA, the folders below the root are keys above the data.
    let below = path.parent().and_then(|p| p.strip_prefix(root).ok()).unwrap_or(Path::new(""));
    let value = below.components().rev().fold(value, |value, part| {
        Value::Object(Map::from_iter([(part.as_os_str().to_string_lossy().into_owned(), value)]))
    });
    let Value::Object(value) = value else {
        return Err(problem("expected an object of policy data".to_owned(), "write keys at its top"));
    };
    merge(&mut sources.data, value)
        .map_err(|key| problem(format!("policy data `{key}` is given twice"), "keep each value in one file"))
}

/// Merges data; the key that both have is the error.
pub(super) fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) -> Result<(), String> {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Object(known)), Value::Object(more)) => {
                merge(known, more).map_err(|inner| format!("{key}.{inner}"))?;
            }
            _ => return Err(key),
        }
    }
    Ok(())
}
