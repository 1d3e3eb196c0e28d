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
//! | heads that begin with a keyword | rules of a package below |
//! | functions of a host, builtin functions that `with` replaces | functions of a package of gate's own |
//! | arithmetic, `key, value in xs`, `walk` | calls of gate's functions |

mod body;
pub(crate) mod depends;
mod emit;
mod head;
mod literal;
mod mock;
mod names;
mod negation;
mod variables;

use std::collections::{BTreeMap, BTreeSet};

use super::annotation::Chains;
use super::ast::{Expr, ExprKind, Module, Place, Span, Term, TermKind};
use super::engine::{Point, Record};

/// Called with each point that evaluation comes by. One word: the interpreter puts names together at each call.
pub(crate) const COUNT: &str = "__g_reached";

/// Called with each point, and the values of its variables.
pub(crate) const KEEP: &str = "gate.internal.reached";

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
    /// Functions with a dotted name that have a default: the interpreter has defaults for plain names only.
    defaulted: BTreeSet<String>,
    /// Functions that have other definitions than a default.
    defined: BTreeSet<String>,
    /// Constant parts before the first that is known later, of rules that have one, by package.
    dynamic: BTreeMap<String, BTreeSet<Vec<String>>>,
    /// What functions that the host brings take.
    pub(crate) host: BTreeMap<String, usize>,
    /// Functions that are there besides, by name.
    pub(crate) besides: BTreeSet<String>,
    /// Builtin and host functions that some `with` replaces, or replaces others by.
    mocked: BTreeSet<String>,
    /// The time that functions see which need one, in nanoseconds since 1970.
    pub(crate) now: Option<i64>,
}

/// A value that a text refers to.
#[derive(Clone, Debug)]
pub(crate) enum Constant {
    /// A literal of the module.
    Term(Term),
    /// Annotations.
    Json(serde_json::Value),
}

/// A query as the interpreter reads it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    /// Its text.
    pub(crate) text: String,
    /// Where each of its expressions stands among those of the text.
    pub(crate) indexes: Vec<usize>,
    /// Calls of functions that there are not.
    pub(crate) unknown: Vec<(String, Place)>,
    /// Its variables: their values are those of an object, the last expression of the text.
    pub(crate) bindings: Vec<String>,
    /// Constants that it refers to, after those of the modules.
    pub(crate) constants: Vec<Constant>,
}

/// Modules as the interpreter reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lowered {
    /// Path and text.
    pub(crate) modules: Vec<(String, String)>,
    /// Constants that the texts refer to by index.
    pub(crate) constants: Vec<Constant>,
    /// Points that are recorded.
    pub(crate) points: Vec<Point>,
    /// Calls of functions that there are not: module, name, where.
    pub(crate) unknown: Vec<(String, String, Place)>,
    /// Which rules ask for which.
    pub(crate) dependencies: depends::Dependencies,
}

impl World {
    /// Names of all functions, for suggestions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &str> {
        let builtins = crate::rego::builtins::signature::SIGNATURES.iter().map(|s| s.name);
        self.functions.keys().map(String::as_str).chain(builtins)
    }

    /// What modules define.
    pub(crate) fn of(units: &[Unit]) -> Self {
        let mut world = Self::default();
        for unit in units {
            mock::targets(&unit.module, &mut world.mocked);
            let package = names::package_path(&unit.module);
            let rules = world.rules.entry(package.clone()).or_default();
            let dynamic = world.dynamic.entry(package.clone()).or_default();
            for rule in &unit.module.rules {
                rules.insert(rule.head.name().to_owned());
                if let Some(prefix) = head::dynamic_prefix(&rule.head) {
                    dynamic.insert(prefix);
                }
                if let Some(args) = &rule.head.args {
                    let path = rule.head.reference.iter().filter_map(|part| part.name());
                    let path = path.fold(package.clone(), |path, name| format!("{path}.{name}"));
                    if rule.is_default
                        && (rule.head.reference.len() > 1 || names::is_keyword(rule.head.name()))
                    {
                        world.defaulted.insert(path.clone());
                    } else if !rule.is_default {
                        world.defined.insert(path.clone());
                    }
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
    package_parts: Vec<String>,
    imports: BTreeMap<String, Vec<String>>,
    /// Variables in scope and what they are called, the innermost last.
    scopes: Vec<BTreeMap<String, String>>,
    generated: u32,
    constants: &'a mut Vec<Constant>,
    /// Constants that are elsewhere, before these.
    first_constant: usize,
    path: &'a str,
    record: Record,
    points: &'a mut Vec<Point>,
    unknown: Vec<(String, Place)>,
    bodies: &'a mut usize,
    rule: String,
    /// What stands for the end of the next body.
    end: Option<Span>,
    /// The annotations of all modules, and which module and rule is at hand.
    chains: &'a Chains<'a>,
    here: (usize, usize),
}

/// Lowers all modules.
pub(crate) fn lower(units: Vec<Unit>, world: &World, chains: &Chains<'_>, record: Record) -> Lowered {
    let mut lowered = Lowered::default();
    let mut bodies = 0;
    let mut trees = Vec::new();
    for (index, unit) in units.into_iter().enumerate() {
        let imports = unit
            .module
            .imports
            .iter()
            .filter_map(|import| Some((import.name()?.to_owned(), import.path.clone())))
            .collect();
        let mut lowering = Lowering {
            world,
            package: names::package_path(&unit.module),
            package_parts: unit.module.package.path.clone(),
            imports,
            scopes: Vec::new(),
            generated: 0,
            constants: &mut lowered.constants,
            first_constant: 0,
            path: &unit.path,
            record,
            points: &mut lowered.points,
            unknown: Vec::new(),
            bodies: &mut bodies,
            rule: String::new(),
            end: None,
            chains,
            here: (index, 0),
        };
        let rules = lowering.rules(unit.module.rules);
        let unknown = std::mem::take(&mut lowering.unknown);
        lowered.unknown.extend(unknown.into_iter().map(|(name, place)| (unit.path.clone(), name, place)));
        for (package, rules) in head::by_package(&unit.module.package, rules) {
            trees.push((unit.path.clone(), package, rules));
        }
    }
    lowered.dependencies = depends::of(&trees);
    head::gathered(&mut trees);
    for (path, package, rules) in trees {
        lowered.modules.push((path, emit::module_text(&package, &rules)));
    }
    if let Some(text) = mock::module(world) {
        lowered.modules.push((mock::PATH.to_owned(), text));
    }
    lowered
}

/// Lowers a query; the modules have this many constants already.
pub(crate) fn query(exprs: Vec<Expr>, world: &World, first_constant: usize) -> Query {
    let mut query = Query::default();
    let chains = Chains::default();
    let (mut points, mut bodies) = (Vec::new(), 0);
    let mut lowering = Lowering {
        world,
        package: String::new(),
        package_parts: Vec::new(),
        imports: BTreeMap::new(),
        scopes: Vec::new(),
        generated: 0,
        constants: &mut query.constants,
        first_constant,
        path: "",
        record: Record::Nothing,
        points: &mut points,
        unknown: Vec::new(),
        bodies: &mut bodies,
        rule: String::new(),
        end: None,
        chains: &chains,
        here: (0, 0),
    };
    lowering.open(BTreeSet::new(), &exprs);
    let mut all = Vec::new();
    let mut names = BTreeSet::new();
    for expr in exprs {
        variables::of_expr(&expr, &mut names);
        all.extend(lowering.statements(expr));
        query.indexes.push(all.len().saturating_sub(1));
    }
    query.bindings = names.into_iter().filter(|name| !lowering.is_document(name)).collect();
    if !query.bindings.is_empty() {
        // The interpreter forgets bindings in loops: they are asked for as a value.
        let span = Span::default();
        let pair =
            |name: &String| (Term::at(span, TermKind::String(name.clone())), lowering.resolve(name, span));
        let values = Term::at(span, TermKind::Object(query.bindings.iter().map(pair).collect()));
        all.push(Expr { span, negated: false, kind: ExprKind::Term(values), with: Vec::new() });
    }
    query.unknown = std::mem::take(&mut lowering.unknown);
    query.text = emit::query_text(&all);
    query
}

impl Lowering<'_> {
    /// A name that no module has.
    fn fresh(&mut self) -> String {
        self.generated += 1;
        format!("__g{}", self.generated)
    }

    fn fresh_var(&mut self, span: Span) -> Term {
        let name = self.fresh();
        Term::at(span, TermKind::Var(name))
    }
}
