//! The names in a module: what an index of policies shows.

use super::scan;

/// The names in a module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The path of its package; empty where there is none.
    pub package: Vec<String>,
    /// Names of its rules, each once, in order.
    pub rules: Vec<String>,
    /// Whether it imports `rego.v1`.
    pub imports_rego_v1: bool,
}

/// Looks through a module's text, valid or not.
pub fn outline(text: &str) -> Outline {
    let module = scan::scan(text);
    let mut rules: Vec<String> = Vec::new();
    for rule in &module.rules {
        if !rules.contains(&rule.name) {
            rules.push(rule.name.clone());
        }
    }
    let imports_rego_v1 = module.imports.iter().any(|(_, path)| path == "rego.v1");
    Outline { package: module.package, rules, imports_rego_v1 }
}
