//! From modules and data to a set that can be evaluated.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::engine::{self, Job, Module, Prepared};
use super::rule::{RuleInfo, code_of, rules};
use super::scan::Step;
use super::{Evaluation, List, PolicyError, Provenance, check, scan, shipped, tree, worker};
use crate::rego::analyse::asked;
use crate::suggest::nearest;

/// A module that is not shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModule {
    /// Path as given.
    pub path: String,
    /// Rego.
    pub text: String,
}

/// What a policy set is made of.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Modules that are not shipped.
    pub modules: Vec<UserModule>,
    /// Data beside them, merged below `data`; must not hold `gate`.
    pub data: Map<String, Value>,
    /// The document `data.gate` for the environment.
    pub gate_data: Map<String, Value>,
    /// The gates there are, in order.
    pub gates: Vec<String>,
    /// Those of them that must have a policy of their own.
    pub declared: Vec<String>,
    /// Whether the shipped policies are left out.
    pub replace: bool,
    /// Whether builtin errors are tolerated, as OPA does by default.
    pub lenient_builtins: bool,
    /// Where all this came from, when not from the working tree.
    pub provenance: Provenance,
}

/// Where policies are evaluated.
#[derive(Clone, Debug)]
pub enum Isolation {
    /// In this process. Right for the shipped policies, whose cost is known.
    InProcess,
    /// Policies of others in a process of their own, started as this program; the shipped ones alone in this one.
    Process(PathBuf),
    /// No process can be started, for this reason: policies of others are refused, the shipped ones run in this one.
    Unavailable(String),
}

/// Modules and data, checked and ready.
#[derive(Clone, Debug)]
pub struct PolicySet {
    modules: Vec<Module>,
    data: String,
    strict: bool,
    /// The shipped modules alone, ready; policies of others are parsed where they are evaluated.
    prepared: Option<Result<Prepared, PolicyError>>,
    /// Rules by gate order, then code.
    pub rules: Vec<RuleInfo>,
    /// Gates that have a package.
    pub gates: Vec<String>,
    /// Lists of the input that some module may read.
    pub lists: BTreeSet<List>,
    /// `sha256:<hex>` over modules and data.
    pub digest: String,
    /// `shipped`, `extended` or `replaced`.
    pub kind: &'static str,
    /// Paths of the modules that are not shipped.
    pub user_modules: Vec<String>,
    /// Where they came from, when not from the working tree.
    pub provenance: Provenance,
}

impl PolicySet {
    /// Loads and checks a set.
    ///
    /// # Errors
    /// When a module breaks a rule of `check`, no gate has an entry rule, or the data is in conflict.
    pub fn load(sources: Sources) -> Result<Self, PolicyError> {
        let provenance = sources.provenance;
        // Sorted, so that the same data has the same digest wherever it was read from.
        let mut data = sources.data;
        data.values_mut().for_each(Value::sort_all_objects);
        data.sort_keys();
        if data.contains_key("gate") {
            return Err(PolicyError::new("policy data must not hold the key `gate`")
                .help("set thresholds and lists under `thresholds:` in gate.yaml"));
        }
        data.insert("gate".to_owned(), Value::Object(sources.gate_data));
        let data = Value::Object(data);
        let users: Vec<(UserModule, scan::Module)> =
            sources.modules.into_iter().map(|m| (scan::scan(&m.text), m)).map(|(s, m)| (m, s)).collect();
        for (module, scanned) in &users {
            check::module(&module.path, scanned, &data)?;
        }
        let strict = !sources.lenient_builtins;
        let data = data.to_string();
        let (mut all, prepared) = if sources.replace {
            (Vec::new(), None)
        } else if users.is_empty() {
            // The interpreter's own parsing takes as long as everything else here together.
            std::thread::scope(|scope| {
                let parsing = scope
                    .spawn(|| engine::prepare(shipped::modules(), &data, strict).map(Prepared::analysed));
                (shipped_modules(&BTreeSet::new()), parsing.join().ok())
            })
        } else {
            (shipped_modules(&overridden(&users)), None)
        };
        for (module, scanned) in users {
            let gate = gate_of(&scanned);
            if let Some(gate) = &gate {
                known_gate(gate, &sources.gates, &module.path, &scanned)?;
                misnamed(&module.path, &scanned)?;
                no_set(&module.path, &scanned)?;
            }
            all.push((Module { path: module.path, text: module.text, gate, entries: None }, scanned));
        }
        for (module, scanned) in &all {
            never_asked(module, scanned, &all)?;
        }
        tree::check(&all, &sources.gates)?;
        check::recursion(&all.iter().map(|(m, s)| (m.path.as_str(), s)).collect::<Vec<_>>())?;
        let user_modules: Vec<String> =
            all.iter().filter(|(m, _)| m.entries.is_none()).map(|(m, _)| m.path.clone()).collect();
        if let Some(gate) =
            sources.declared.iter().find(|gate| !all.iter().any(|(m, _)| m.gate.as_ref() == Some(gate)))
        {
            return Err(PolicyError::new(format!("gate `{gate}` is declared, but no policy judges it"))
                .help(format!("write a module `package gate.{gate}`, or take the gate out of gate.yaml")));
        }
        let gates: Vec<String> = sources
            .gates
            .into_iter()
            .filter(|gate| all.iter().any(|(m, _)| m.gate.as_ref() == Some(gate)))
            .collect();
        if gates.is_empty() {
            return Err(PolicyError::new("no policy has an entry rule of a gate")
                .help("begin a module with `package gate.<gate>` and write `deny contains ... if { ... }`"));
        }
        let shipped_paths: BTreeSet<&str> = shipped::MODULES.iter().map(|(path, _)| *path).collect();
        let lists = all
            .iter()
            .filter(|(m, _)| !shipped_paths.contains(m.path.as_str()))
            .flat_map(|(_, scanned)| &scanned.input_refs)
            .flat_map(|(steps, _)| List::ALL.into_iter().filter(|list| list.is_meant_by(steps)))
            .collect();
        let rules = rules(&all, &gates)?;
        let kind = match (sources.replace, user_modules.is_empty()) {
            (true, _) => "replaced",
            (false, false) => "extended",
            (false, true) => "shipped",
        };
        let modules: Vec<Module> = all.into_iter().map(|(module, _)| module).collect();
        let digest = digest(&modules, &data);
        Ok(Self {
            modules,
            data,
            strict,
            prepared,
            rules,
            gates,
            lists,
            digest,
            kind,
            user_modules,
            provenance,
        })
    }

    /// Whether builtin errors are errors.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Paths and texts of all modules, as they are evaluated.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.modules.iter().map(|module| (module.path.as_str(), module.text.as_str()))
    }

    /// The `data` document, JSON.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Evaluates gates over an input document.
    ///
    /// # Errors
    /// When the policies cannot be compiled or evaluated, or run out of time.
    pub fn evaluate(
        &self,
        input: &str,
        gates: &[String],
        timeout: Duration,
        isolation: &Isolation,
    ) -> Result<Evaluation, PolicyError> {
        let gates: Vec<String> = gates.iter().filter(|gate| self.gates.contains(gate)).cloned().collect();
        let guarded = |work: &dyn Fn() -> Result<Evaluation, PolicyError>| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
                .unwrap_or_else(|_| Err(PolicyError::new("the interpreter panicked")))
        };
        if let Some(prepared) = &self.prepared {
            return guarded(&|| prepared.clone()?.evaluate(&self.modules, input, &gates, timeout));
        }
        let job = Job {
            modules: self.modules.clone(),
            data: self.data.clone(),
            input: input.to_owned(),
            gates,
            inputs: Vec::new(),
            strict: self.strict,
            timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
        };
        match isolation {
            Isolation::Process(program) => worker::run(program, &job),
            Isolation::InProcess => guarded(&|| engine::run(&job)),
            Isolation::Unavailable(why) => Err(PolicyError::no_process(why)),
        }
    }
}

impl PolicySet {
    /// Evaluates gates over many input documents, each on its own: an answer for each, in order.
    ///
    /// Policies of others are parsed once for many inputs. Where their process breaks down over some of them, these
    /// are asked again one by one, so that one cannot take the answers of the others with it.
    pub fn evaluate_all(
        &self,
        inputs: &[(String, Vec<String>)],
        timeout: Duration,
        isolation: &Isolation,
    ) -> Vec<Result<Evaluation, PolicyError>> {
        /// As many as one process gets.
        const CHUNK: usize = 128;
        let alone = |(input, gates): &(String, Vec<String>)| self.evaluate(input, gates, timeout, isolation);
        let Isolation::Process(program) = isolation else { return inputs.iter().map(alone).collect() };
        if self.prepared.is_some() {
            return inputs.iter().map(alone).collect();
        }
        let of_set =
            |gates: &[String]| gates.iter().filter(|gate| self.gates.contains(gate)).cloned().collect();
        let mut answers = Vec::with_capacity(inputs.len());
        for chunk in inputs.chunks(CHUNK) {
            let each = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            let job = Job {
                modules: self.modules.clone(),
                data: self.data.clone(),
                inputs: chunk.iter().map(|(input, gates)| (input.clone(), of_set(gates))).collect(),
                strict: self.strict,
                timeout_ms: each,
                ..Job::default()
            };
            match worker::run_all(program, &job) {
                Ok(results) if results.len() == chunk.len() => answers.extend(results),
                _ => answers.extend(chunk.iter().map(alone)),
            }
        }
        answers
    }
}

/// The shipped modules, without the rules that others take the place of.
fn shipped_modules(overridden: &BTreeSet<(String, String)>) -> Vec<(Module, scan::Module)> {
    let module = |(path, text): (&str, &str)| {
        let scanned = scan::scan(text);
        let text = without(text, &scanned, overridden);
        // Names are enough here: a test holds them against the interpreter's own answer.
        let entries = asked::ENTRIES
            .iter()
            .filter(|name| scanned.rules.iter().any(|rule| rule.name == **name))
            .map(|name| (*name).to_owned())
            .collect();
        (Module { path: path.to_owned(), text, gate: gate_of(&scanned), entries: Some(entries) }, scanned)
    };
    shipped::modules().map(module).collect()
}

/// `gate.lib` holds what the gates share and is never judged.
const LIBRARY: &str = "lib";

/// The gate of a package `gate.<name>`.
fn gate_of(module: &scan::Module) -> Option<String> {
    match module.package.as_slice() {
        [gate, name] if gate == "gate" && name != LIBRARY => Some(name.clone()),
        _ => None,
    }
}

fn known_gate(gate: &str, gates: &[String], path: &str, module: &scan::Module) -> Result<(), PolicyError> {
    if gates.iter().any(|known| known == gate) {
        return Ok(());
    }
    let names: Vec<&str> = gates.iter().map(String::as_str).collect();
    let help = match nearest(gate, &names) {
        Some(near) => {
            format!("did you mean `gate.{near}`? a gate of your own is declared under `gates:` in gate.yaml")
        }
        None => "declare a gate of your own under `gates:` in gate.yaml".to_owned(),
    };
    Err(PolicyError::new(format!("package `gate.{gate}` is no gate"))
        .at(path, module.package_at.line, module.package_at.column)
        .help(help))
}

/// Verdicts are sets: a rule that is true or undefined would be silent beside one that is a set.
fn no_set(path: &str, module: &scan::Module) -> Result<(), PolicyError> {
    let is_set = |rule: &&scan::Rule| asked::is_set(&rule.name);
    match module.rules.iter().filter(is_set).find(|rule| rule.is_boolean && !rule.is_function) {
        Some(rule) => Err(PolicyError::new(format!("`{}` is not a set", rule.name))
            .at(path, rule.at.line, rule.at.column)
            .help(asked::as_set(&rule.name))),
        None => Ok(()),
    }
}

/// A verdict in a package that is no gate's, and that nothing refers to, would be silent.
fn never_asked(
    module: &Module,
    scanned: &scan::Module,
    all: &[(Module, scan::Module)],
) -> Result<(), PolicyError> {
    let package = &scanned.package;
    let verdict = scanned
        .rules
        .iter()
        .find(|rule| !rule.is_function && matches!(rule.name.as_str(), "deny" | "violation" | "warn"));
    let Some(rule) = verdict.filter(|_| module.gate.is_none()) else { return Ok(()) };
    // What is referred to is the rule, its package, or a document above that.
    let path: Vec<&str> = package.iter().map(String::as_str).chain([rule.name.as_str()]).collect();
    let is_meant = |steps: &[Step]| {
        path.iter().zip(steps).all(|(name, step)| match step {
            Step::Field(field) => field == name,
            Step::Any => true,
        })
    };
    let is_imported = |import: &str| {
        import
            .strip_prefix("data.")
            .is_some_and(|rest| path.iter().zip(rest.split('.')).all(|(a, b)| *a == b))
    };
    let is_referred_to = all.iter().filter(|(other, _)| other.path != module.path).any(|(_, other)| {
        other.data_refs.iter().any(|(steps, _)| is_meant(steps))
            || other.imports.iter().any(|(_, import)| is_imported(import))
    });
    if is_referred_to {
        return Ok(());
    }
    let named = package.join(".");
    Err(PolicyError::new(format!("`{}` of package `{named}` would never be asked", rule.name))
        .at(&module.path, rule.at.line, rule.at.column)
        .help("begin the module with `package gate.<gate>`, or refer to the rule from such a module"))
}

/// A rule whose name is almost that of an entry rule would never be asked.
fn misnamed(path: &str, module: &scan::Module) -> Result<(), PolicyError> {
    let rules = module.rules.iter().filter(|rule| !rule.is_function);
    let mut wrong = rules.filter_map(|rule| Some((rule, asked::misnamed(&rule.name)?)));
    match wrong.next() {
        Some((rule, (message, help))) => {
            Err(PolicyError::new(message).at(path, rule.at.line, rule.at.column).help(help))
        }
        None => Ok(()),
    }
}

/// Gate and code of the rules that modules of others bring: they take the place of shipped ones.
fn overridden(users: &[(UserModule, scan::Module)]) -> BTreeSet<(String, String)> {
    let mut codes = BTreeSet::new();
    for (_, module) in users {
        let Some(gate) = gate_of(module) else { continue };
        for rule in &module.rules {
            // A warning takes the place of a denial only where its metadata says so.
            let said = match rule.name.as_str() {
                "deny" | "violation" => rule.codes.as_slice(),
                "warn" => &[],
                _ => continue,
            };
            for code in code_of(rule).into_iter().chain(said.iter().map(String::as_str)) {
                codes.insert((gate.clone(), code.to_owned()));
            }
        }
    }
    codes
}

/// The text of a shipped module with the overridden rules blanked, so that lines stay where they are.
fn without(text: &str, module: &scan::Module, overridden: &BTreeSet<(String, String)>) -> String {
    let mut text = text.to_owned();
    let Some(gate) = gate_of(module) else { return text };
    let is_overridden = |code: &str| overridden.contains(&(gate.clone(), code.to_owned()));
    for rule in module.rules.iter().filter(|r| !r.is_function) {
        let gone = match code_of(rule) {
            Some(code) => is_overridden(code),
            None => !rule.codes.is_empty() && rule.codes.iter().all(|code| is_overridden(code)),
        };
        if gone && let Some(old) = text.get(rule.span.clone()) {
            let blank: String = old
                .chars()
                .flat_map(|c| if c == '\n' { vec!['\n'] } else { vec![' '; c.len_utf8()] })
                .collect();
            text.replace_range(rule.span.clone(), &blank);
        }
    }
    text
}

/// Over all modules, in order of their paths, and the data.
fn digest(modules: &[Module], data: &str) -> String {
    let mut sorted: Vec<(&str, &str)> = modules.iter().map(|m| (m.path.as_str(), m.text.as_str())).collect();
    sorted.sort_unstable();
    crate::digest::of_parts(sorted.into_iter().flat_map(|(path, text)| [path, text]).chain([data]))
}
