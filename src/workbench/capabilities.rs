//! OPA's capabilities files: which functions there are.
//!
//! Functions that only the host of the policies has are known and may be mocked with `with`; functions that the file
//! does not name are refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::tree;
use crate::rego::ast::{Module, TermKind};

/// The functions of a capabilities file with the number of their arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    functions: BTreeMap<String, u8>,
}

/// What is wrong with a capabilities file, or with a module under it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CapabilityError {
    /// What is wrong.
    pub message: String,
    /// The module; empty where it is about the file.
    pub path: String,
    /// Line from 1; 0 where it is about no line.
    pub line: u32,
    /// Column from 1.
    pub column: u32,
    /// What to do.
    pub help: String,
}

#[derive(Deserialize)]
struct File {
    builtins: Vec<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    decl: Option<Declaration>,
}

#[derive(Deserialize)]
struct Declaration {
    #[serde(default)]
    args: Option<Vec<serde_json::Value>>,
}

impl Capabilities {
    /// Reads a capabilities file.
    ///
    /// # Errors
    /// When it is no JSON, or has no list `builtins`.
    pub fn read(text: &str) -> Result<Self, CapabilityError> {
        let file: File = serde_json::from_str(text).map_err(|e| CapabilityError {
            message: format!("the capabilities cannot be read: {e}"),
            path: String::new(),
            line: u32::try_from(e.line()).unwrap_or_default(),
            column: u32::try_from(e.column()).unwrap_or_default(),
            help: "write `{\"builtins\": [{\"name\": ..., \"decl\": ...}]}`, as `opa capabilities --current` does".to_owned(),
        })?;
        let arity = |function: &Function| {
            let args = function.decl.as_ref().and_then(|d| d.args.as_ref()).map_or(0, Vec::len);
            u8::try_from(args).unwrap_or(u8::MAX)
        };
        let functions = file.builtins.iter().map(|f| (f.name.clone(), arity(f))).collect();
        Ok(Self { functions })
    }

    /// The functions with the number of their arguments.
    pub fn functions(&self) -> impl Iterator<Item = (&str, u8)> {
        self.functions.iter().map(|(name, arity)| (name.as_str(), *arity))
    }

    /// Whether every function that modules call is one of these, of the modules, or an operator that needs none.
    ///
    /// # Errors
    /// With the first call of another function.
    pub fn allow(&self, modules: &[(&str, &Module)]) -> Result<(), CapabilityError> {
        let own: BTreeSet<(String, String)> = modules
            .iter()
            .flat_map(|(_, module)| {
                let package = module.package.path.join(".");
                module.rules.iter().map(move |rule| {
                    let names: Vec<&str> = rule.head.reference.iter().map_while(|part| part.name()).collect();
                    (package.clone(), names.join("."))
                })
            })
            .collect();
        for (path, module) in modules {
            let package = module.package.path.join(".");
            let imported: BTreeSet<&str> = module.imports.iter().filter_map(|import| import.name()).collect();
            let mut refused = None;
            for rule in &module.rules {
                tree::rule(rule, &mut |term| {
                    let (name, span) = match &term.kind {
                        TermKind::Call(function, _) => match function.fixed_path() {
                            Some(names) => (names.join("."), function.span),
                            None => return,
                        },
                        TermKind::Infix(op, ..) => (op.function().to_owned(), term.span),
                        _ => return,
                    };
                    let first = name.split('.').next().unwrap_or_default();
                    let is_rule = matches!(first, "data" | "input")
                        || imported.contains(first)
                        || own.contains(&(package.clone(), name.clone()));
                    if refused.is_none() && !is_rule && !self.functions.contains_key(&name) {
                        refused = Some((name, span.start));
                    }
                });
            }
            if let Some((name, place)) = refused {
                let names: Vec<&str> = self.functions.keys().map(String::as_str).collect();
                let near = crate::suggest::nearest(&name, &names);
                return Err(CapabilityError {
                    message: format!("function `{name}` is not among the capabilities"),
                    path: (*path).to_owned(),
                    line: place.line,
                    column: place.column,
                    help: match near {
                        Some(near) => format!("did you mean `{near}`? else add it to the capabilities file"),
                        None => "add it to the capabilities file, or do without it".to_owned(),
                    },
                });
            }
        }
        Ok(())
    }
}
