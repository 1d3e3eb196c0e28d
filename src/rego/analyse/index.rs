//! What several modules define together, and what each name in them means.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::scope::{Names, resolve};
use super::{Context, Diagnostic, Severity, Source, builtins, lint};
use crate::rego::ast::{Rule, Span, Term, TermKind};

/// A rule in its module, with its names resolved.
pub(crate) struct Entry<'a> {
    pub(crate) source: &'a Source,
    pub(crate) rule: &'a Rule,
    /// Index of the rule in its module.
    pub(crate) number: usize,
    pub(crate) names: Names,
    /// The path with `data`, as far as it is fixed.
    pub(crate) path: Vec<String>,
    /// Whether the whole head is fixed.
    pub(crate) is_fixed: bool,
}

/// A function as it is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    /// A builtin of this name.
    Builtin(&'static builtins::Signature),
    /// A function of the modules.
    User(Rc<str>),
    /// A function of the host.
    Host,
    /// None that is known; its name.
    Unknown(String),
}

/// All modules.
pub(crate) struct Index<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) context: &'a Context,
    pub(crate) entries: Vec<Entry<'a>>,
    /// Entries by path with dots.
    pub(crate) by_path: HashMap<String, Vec<usize>>,
    /// Packages as paths with `data`.
    pub(crate) packages: BTreeSet<Vec<String>>,
    /// Rule names by package with dots.
    names: HashMap<&'a [String], HashSet<&'a str>>,
    /// What calls call, by module and place.
    callees: RefCell<HashMap<(usize, u32), Callee>>,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'a> Index<'a> {
    /// Over modules.
    pub(crate) fn of(sources: &'a [Source], context: &'a Context) -> Self {
        let mut index = Self {
            sources,
            context,
            entries: Vec::new(),
            by_path: HashMap::new(),
            packages: BTreeSet::new(),
            names: HashMap::new(),
            callees: RefCell::new(HashMap::new()),
            found: RefCell::new(Vec::new()),
        };
        for source in sources {
            let package = &source.module.package.path;
            let names = index.names.entry(package.as_slice()).or_default();
            names.extend(source.module.rules.iter().map(|rule| rule.head.name()));
            index
                .packages
                .insert(std::iter::once("data".to_owned()).chain(package.iter().cloned()).collect());
        }
        for source in sources {
            let rules = index.names.get(source.module.package.path.as_slice());
            let imports: HashSet<&str> = source.module.imports.iter().filter_map(|i| i.name()).collect();
            let is_global =
                |name: &str| imports.contains(name) || rules.is_some_and(|rules| rules.contains(name));
            for (number, rule) in source.module.rules.iter().enumerate() {
                let mut path = vec!["data".to_owned()];
                path.extend(source.module.package.path.iter().cloned());
                let fixed: Vec<&str> = rule.head.reference.iter().map_while(|part| part.name()).collect();
                path.extend(fixed.iter().map(|name| (*name).to_owned()));
                let is_fixed = fixed.len() == rule.head.reference.len();
                let names = resolve(rule, &is_global);
                index.entries.push(Entry { source, rule, number, names, path, is_fixed });
            }
        }
        for (number, entry) in index.entries.iter().enumerate() {
            index.by_path.entry(entry.path.join(".")).or_default().push(number);
        }
        index
    }

    /// The path of a global name of a module, with `data` or `input` before it.
    pub(crate) fn global(&self, source: &Source, name: &str) -> Option<Vec<String>> {
        if matches!(name, "input" | "data") {
            return Some(vec![name.to_owned()]);
        }
        if let Some(import) = source.module.imports.iter().find(|import| import.name() == Some(name)) {
            return Some(import.path.clone());
        }
        let package = &source.module.package.path;
        self.names.get(package.as_slice()).filter(|names| names.contains(name))?;
        let mut path = vec!["data".to_owned()];
        path.extend(package.iter().cloned());
        path.push(name.to_owned());
        Some(path)
    }

    /// The path that a reference begins with, as far as it is fixed, and how many parts of it that is.
    pub(crate) fn path_of(&self, entry: &Entry<'_>, term: &Term) -> Option<Vec<String>> {
        let (head, parts) = match &term.bare().kind {
            TermKind::Ref(head, parts) => (&**head, parts.as_slice()),
            TermKind::Var(_) => (term, [].as_slice()),
            _ => return None,
        };
        if entry.names.of(head).is_some() {
            return None;
        }
        let mut path = self.global(entry.source, head.as_var()?)?;
        path.extend(parts.iter().map_while(|part| part.name()).map(str::to_owned));
        Some(path)
    }

    /// What a call calls.
    pub(crate) fn callee(&self, source: &Source, function: &Term) -> Callee {
        let key = (std::ptr::from_ref(source).addr(), function.span.start.offset);
        if let Some(known) = self.callees.borrow().get(&key) {
            return known.clone();
        }
        let callee = self.find_callee(source, function);
        self.callees.borrow_mut().insert(key, callee.clone());
        callee
    }

    fn find_callee(&self, source: &Source, function: &Term) -> Callee {
        let Some(path) = function.fixed_path() else { return Callee::Unknown(String::new()) };
        let name = path.join(".");
        if let Some(mut global) = path.first().and_then(|first| self.global(source, first)) {
            global.extend(path.iter().skip(1).map(|part| (*part).to_owned()));
            let global = global.join(".");
            if self.by_path.contains_key(&global) {
                return Callee::User(global.into());
            }
            if builtins::find(&name).is_none() {
                return Callee::Unknown(global);
            }
        }
        match builtins::find(&name) {
            Some(signature) => Callee::Builtin(signature),
            None if self.context.functions.contains(&name) => Callee::Host,
            None => Callee::Unknown(name),
        }
    }

    /// The number of arguments of a user function.
    pub(crate) fn arity(&self, path: &str) -> Option<usize> {
        let entry = self.entries.get(*self.by_path.get(path)?.first()?)?;
        Some(entry.rule.head.args.as_ref().map_or(0, Vec::len))
    }

    /// The number of arguments of what a call calls.
    pub(crate) fn arity_of(&self, source: &Source, function: &Term) -> Option<usize> {
        match self.callee(source, function) {
            Callee::Builtin(signature) if signature.result != 0 => Some(signature.arguments.len()),
            Callee::User(path) => self.arity(&path),
            _ => None,
        }
    }

    /// Entries of modules that are judged.
    pub(crate) fn judged(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(|entry| !entry.source.is_known)
    }

    /// Modules that are judged.
    pub(crate) fn judged_sources(&self) -> impl Iterator<Item = &'a Source> {
        self.sources.iter().filter(|source| !source.is_known)
    }

    /// Says something.
    pub(crate) fn say(
        &self,
        source: &Source,
        code: &'static str,
        span: Span,
        message: String,
        help: impl Into<String>,
    ) {
        let severity = lint::find(code).map_or(Severity::Error, |lint| lint.severity);
        self.push(
            source,
            Diagnostic {
                code,
                severity,
                path: source.path.clone(),
                span,
                message,
                help: help.into(),
                fix: Vec::new(),
            },
        );
    }

    /// Says something of a rule, at its head.
    pub(crate) fn say_of(
        &self,
        entry: &Entry<'_>,
        code: &'static str,
        message: String,
        help: impl Into<String>,
    ) {
        self.say(entry.source, code, entry.rule.head.span, message, help);
    }

    /// Says something that has a cure.
    pub(crate) fn push(&self, source: &Source, diagnostic: Diagnostic) {
        if !source.is_known {
            self.found.borrow_mut().push(diagnostic);
        }
    }

    /// All that was said.
    pub(crate) fn take(&self) -> Vec<Diagnostic> {
        self.found.take()
    }

    /// Entries grouped by path.
    pub(crate) fn groups(&self) -> BTreeMap<&str, Vec<&Entry<'a>>> {
        self.by_path
            .iter()
            .map(|(path, numbers)| {
                (path.as_str(), numbers.iter().filter_map(|number| self.entries.get(*number)).collect())
            })
            .collect()
    }
}
