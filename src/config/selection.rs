//! Which rules count in an environment: `include` and `exclude` of gate.yaml, weighed as Conforma weighs them.
//!
//! A selector is `*`, `@collection`, a gate, `gate.CODE` or `CODE`, each but the collection also with `:term`. `*`
//! weighs 1, a collection or a gate 10, a code and a term 100 more each. A rule counts if the selectors of `include`
//! that mean it weigh more than those of `exclude`. Rules of the engine (`EVD-...`) always count.

use super::file::{Config, ConfigError};
use crate::model::{Exclusion, Mode};
use crate::suggest;

/// A selector.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selector {
    text: String,
    what: What,
    term: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Collection(String),
    All,
    /// A gate, or a code without its gate.
    Name(String),
    /// Gate, or `*`, and code.
    Rule(String, String),
}

/// What selectors look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selectable<'a> {
    /// Gate.
    pub gate: &'a str,
    /// Code.
    pub code: &'a str,
    /// Collections of the rule.
    pub collections: &'a [String],
    /// Terms of one of its results; none for the rule as a whole.
    pub terms: &'a [&'a str],
}

impl Selector {
    fn new(text: &str) -> Self {
        let whole = text.trim();
        if let Some(name) = whole.strip_prefix('@') {
            return Self { text: text.to_owned(), what: What::Collection(name.to_owned()), term: None };
        }
        let (name, term) = match whole.split_once(':') {
            Some((name, term)) => (name, Some(term.to_owned())),
            None => (whole, None),
        };
        let name = name.strip_prefix("gate.").unwrap_or(name);
        let what = match name.split_once('.') {
            None if name == "*" => What::All,
            None => What::Name(name.to_owned()),
            Some(("*", "*" | "")) => What::All,
            Some((gate, "*" | "")) => What::Name(gate.to_owned()),
            Some((gate, code)) => What::Rule(gate.to_owned(), code.to_owned()),
        };
        Self { text: text.to_owned(), what, term }
    }

    /// What the selector weighs for a rule, its term left aside; 0 when it does not mean it.
    fn weight_of_rule(&self, rule: Selectable<'_>) -> u32 {
        let is_code = |code: &str| {
            code == rule.code
                || rule
                    .code
                    .strip_prefix(rule.gate)
                    .and_then(|rest| rest.strip_prefix('.'))
                    .is_some_and(|rest| rest == code)
        };
        match &self.what {
            What::Collection(name) if rule.collections.contains(name) => 10,
            What::All => 1,
            What::Name(name) if name == rule.gate => 10,
            What::Name(name) if name == rule.code => 110,
            What::Rule(gate, code) if gate == rule.gate && is_code(code) => 110,
            What::Rule(gate, code) if gate == "*" && is_code(code) => 101,
            _ => 0,
        }
    }

    fn weight(&self, rule: Selectable<'_>) -> u32 {
        match (&self.term, self.weight_of_rule(rule)) {
            (_, 0) => 0,
            (None, weight) => weight,
            (Some(term), weight) if rule.terms.contains(&term.as_str()) => weight.saturating_add(100),
            (Some(_), _) => 0,
        }
    }
}

/// The selectors of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    include: Vec<Selector>,
    exclude: Vec<Selector>,
}

impl Selection {
    /// Adds selectors to those that there are.
    pub fn extend(&mut self, include: &[String], exclude: &[String]) {
        self.include.extend(include.iter().map(|text| Selector::new(text)));
        self.exclude.extend(exclude.iter().map(|text| Selector::new(text)));
    }

    /// Why a rule, or one of its results, does not count; `None` when it does.
    pub fn excluded(&self, rule: Selectable<'_>) -> Option<Exclusion> {
        // Without any selector everything counts, and most configurations have none.
        if self.include.is_empty() && self.exclude.is_empty() {
            return None;
        }
        let sum = |selectors: &[Selector]| {
            selectors.iter().fold(0_u32, |sum, selector| sum.saturating_add(selector.weight(rule)))
        };
        let included = if self.include.is_empty() { 1 } else { sum(&self.include) };
        if included > sum(&self.exclude) {
            return None;
        }
        let strongest = self
            .exclude
            .iter()
            .filter(|selector| selector.weight(rule) > 0)
            .reduce(|a, b| if b.weight(rule) > a.weight(rule) { b } else { a });
        let selector = strongest.map(|selector| selector.text.clone()).unwrap_or_default();
        Some(Exclusion { selector, message: String::new() })
    }

    /// Whether single results of a rule may count although the rule as a whole does not: some selector of `include`
    /// names a term of it.
    pub fn may_include_results(&self, rule: Selectable<'_>) -> bool {
        self.include.iter().any(|s| s.term.is_some() && s.weight_of_rule(rule) > 0)
    }
}

/// Checks every selector of the configuration: each must mean a rule that there is.
///
/// # Errors
/// When one means none, or means a rule of the engine.
pub fn check_selectors(config: &Config, rules: &[Selectable<'_>]) -> Result<(), ConfigError> {
    let top = [(vec!["include"], &config.raw.include), (vec!["exclude"], &config.raw.exclude)];
    let of_environments = config.raw.environments.iter().flat_map(|(name, e)| {
        [
            (vec!["environments", name.as_str(), "include"], &e.include),
            (vec!["environments", name.as_str(), "exclude"], &e.exclude),
        ]
    });
    for (keys, texts) in top.into_iter().chain(of_environments) {
        for text in texts {
            check(config, &keys, text, rules)?;
        }
    }
    Ok(())
}

fn check(config: &Config, keys: &[&str], text: &str, rules: &[Selectable<'_>]) -> Result<(), ConfigError> {
    let selector = Selector::new(text);
    let at = [keys, &[text]].concat();
    let name = text.split(':').next().unwrap_or(text).rsplit('.').next().unwrap_or(text);
    if name.starts_with("EVD-") {
        return Err(config
            .error(&at, format!("`{text}` is a rule of gate itself, which cannot be excluded"))
            .help(
                "state in gate.yaml which evidence the gate needs: `gates: { NAME: { evidence: [...] } }`",
            ));
    }
    if selector.term.as_deref() == Some("") {
        return Err(config
            .error(&at, format!("`{text}` names no term"))
            .help("write `gate.CODE:term`, or leave the colon out"));
    }
    if rules.iter().any(|rule| selector.weight_of_rule(*rule) > 0) {
        return Ok(());
    }
    let mut known: Vec<String> = Vec::new();
    match &selector.what {
        What::Collection(_) => {
            known.extend(rules.iter().flat_map(|r| r.collections).map(|name| format!("@{name}")));
        }
        What::Rule(gate, _) if rules.iter().any(|rule| rule.gate == gate) => {
            known.extend(rules.iter().filter(|r| r.gate == gate).map(|r| format!("{}.{}", r.gate, r.code)));
        }
        _ => {
            known.extend(rules.iter().map(|rule| rule.gate.to_owned()));
            known.extend(rules.iter().map(|rule| rule.code.to_owned()));
        }
    }
    known.sort();
    known.dedup();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = if known.is_empty() {
        "no rule states `custom.collections` in its metadata".to_owned()
    } else {
        suggest::remedy(selector.text.split(':').next().unwrap_or_default(), &known)
    };
    Err(config.error(&at, format!("selector `{text}` means no rule")).help(help))
}

/// Checks that no gate that is judged loses its last rule: without rules it could say nothing, and nothing said is no
/// pass.
///
/// # Errors
/// When one does.
pub fn check_rules_left(
    config: &Config,
    environment: &super::Environment,
    rules: &[Selectable<'_>],
) -> Result<(), ConfigError> {
    for gate in environment.gates.iter().filter(|gate| gate.mode != Mode::Off) {
        let mut of_gate = rules.iter().filter(|rule| rule.gate == gate.name).peekable();
        if of_gate.peek().is_none() {
            continue;
        }
        let counts = |rule: &&Selectable<'_>| {
            environment.selection.excluded(**rule).is_none()
                || environment.selection.may_include_results(**rule)
        };
        if of_gate.any(|rule| counts(&rule)) {
            continue;
        }
        let key = if config.raw.exclude.is_empty() && config.raw.include.is_empty() {
            vec!["environments", environment.name.as_str()]
        } else if config.raw.exclude.is_empty() {
            vec!["include"]
        } else {
            vec!["exclude"]
        };
        return Err(config
            .error(
                &key,
                format!(
                    "`include` and `exclude` leave gate `{}` without a rule in environment `{}`",
                    gate.name, environment.name
                ),
            )
            .help(format!("to judge without the gate, say so: `gates: {{ {}: off }}`", gate.name)));
    }
    Ok(())
}
