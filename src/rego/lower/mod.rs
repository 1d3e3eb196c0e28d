//! Rewrites modules so that the interpreter gives OPA's answers.
//!
//! The interpreter is a published crate whose reading of Rego differs from OPA's in places. What differs is written
//! in other words here: the tree is changed and printed again, each expression on the line it came from. Nothing is
//! evaluated, and a module that needs no change means the same afterwards.
//!
//! | differs | written as |
//! |---|---|
//! | references and calls inside `not` | assigned to variables before it, as OPA's compiler does |
//! | imports, keywords as fields, v0 heads and bodies | full paths, brackets, v1 |
//! | `f(x, out)` | `out = f(x)` |
//! | `$"{x}"`, `rego.metadata.*` | calls and constants |
//! | literals that nest deep | constants beside the text |
//! | locals named like a rule of the package | renamed |

mod body;
mod emit;
mod head;
mod names;

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Module, Span, Term};

pub(crate) use emit::{query_text, term_text};

/// A module with where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    /// Path as shown in messages.
    pub(crate) path: String,
    /// The tree.
    pub(crate) module: Module,
}

/// What the modules define together.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// Names that rules of a package begin with, by `data.<package>`.
    rules: BTreeMap<String, BTreeSet<String>>,
    /// Number of parameters of functions, by full path.
    functions: BTreeMap<String, usize>,
    /// What functions that the host brings take.
    pub(crate) host: BTreeMap<String, usize>,
}

/// Modules as the interpreter reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowered {
    /// Path and text.
    pub(crate) modules: Vec<(String, String)>,
    /// Constants that the texts refer to by index.
    pub(crate) constants: Vec<Term>,
    /// Points that are recorded.
    pub(crate) points: Vec<super::engine::Point>,
}

impl World {
    /// What modules define.
    pub(crate) fn of(units: &[Unit]) -> Self {
        let mut world = Self::default();
        for unit in units {
            let package = names::package_path(&unit.module);
            let rules = world.rules.entry(package.clone()).or_default();
            for rule in &unit.module.rules {
                rules.insert(rule.head.name().to_owned());
                if let Some(args) = &rule.head.args {
                    let path = rule.head.reference.iter().filter_map(|part| part.name());
                    let path = path.fold(package.clone(), |path, name| format!("{path}.{name}"));
                    world.functions.insert(path, args.len());
                }
            }
        }
        world
    }
}

/// What one module is lowered with.
pub(super) struct Lowering<'a> {
    world: &'a World,
    package: String,
    imports: BTreeMap<String, Vec<String>>,
    /// Variables in scope and what they are called, the innermost last.
    scopes: Vec<BTreeMap<String, String>>,
    generated: u32,
    constants: &'a mut Vec<Term>,
    not_bodies: bool,
    path: &'a str,
    record: super::engine::Record,
    points: &'a mut Vec<super::engine::Point>,
    bodies: &'a mut usize,
    rule: String,
    /// The chain of annotations of the rule at hand, as constant terms: own first.
    chain: Vec<Term>,
}

/// Lowers all modules.
pub(crate) fn lower(units: Vec<Unit>, world: &World, record: super::engine::Record) -> Lowered {
    let mut lowered = Lowered::default();
    let mut bodies = 0;
    for unit in units {
        let mut lowering = Lowering::new(world, &unit, record, &mut lowered.constants, &mut lowered.points, &mut bodies);
        let package = unit.module.package.clone();
        let rules = lowering.rules(unit.module.rules);
        let text = emit::module_text(&package, &rules);
        lowered.modules.push((unit.path, text));
    }
    lowered
}

impl<'a> Lowering<'a> {
    fn new(
        world: &'a World,
        unit: &'a Unit,
        record: super::engine::Record,
        constants: &'a mut Vec<Term>,
        points: &'a mut Vec<super::engine::Point>,
        bodies: &'a mut usize,
    ) -> Self {
        let imports = unit
            .module
            .imports
            .iter()
            .filter_map(|import| Some((import.name()?.to_owned(), import.path.clone())))
            .collect();
        Self {
            world,
            package: names::package_path(&unit.module),
            imports,
            scopes: Vec::new(),
            generated: 0,
            constants,
            not_bodies: unit.module.not_bodies,
            path: &unit.path,
            record,
            points,
            bodies,
            rule: String::new(),
            chain: Vec::new(),
        }
    }

    /// A name that no module has.
    fn fresh(&mut self) -> String {
        self.generated += 1;
        format!("__g{}", self.generated)
    }

    fn fresh_var(&mut self, span: Span) -> Term {
        let name = self.fresh();
        Term::at(span, super::ast::TermKind::Var(name))
    }
}
