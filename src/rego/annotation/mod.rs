//! `# METADATA` blocks: what they say and what they belong to, as OPA has it.
//!
//! A block is a comment at the first column and the comment lines right below it, read as YAML. It belongs to the next
//! package, import or rule. [`Annotations::of`] reads a module; [`Chains`] answers over several modules what
//! `rego.metadata.rule()` and `rego.metadata.chain()` say. Nothing here judges whether a block is useful.

mod read;

use std::collections::HashMap;

use read::{begins_block, read};
use serde_json::{Map, Value, json};

use super::ast::{Module, Part, PartKind, Place, Rule, Span, TermKind};

/// What a block is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The one rule below it.
    Rule,
    /// All rules of the name of the rule below it.
    Document,
    /// The package.
    Package,
    /// The package and all below it.
    Subpackages,
}

impl Scope {
    /// The scope as written, else by what the block stands above.
    pub(crate) fn of(written: &str, above_package: bool, entrypoint: bool) -> Result<Self, String> {
        let scope = match written {
            "rule" => Self::Rule,
            "document" => Self::Document,
            "package" => Self::Package,
            "subpackages" => Self::Subpackages,
            "" if above_package => Self::Package,
            "" if entrypoint => Self::Document,
            "" => Self::Rule,
            other => {
                return Err(format!(
                    "unknown metadata scope `{other}`: there are rule, document, package and subpackages"
                ));
            }
        };
        match (scope, above_package) {
            (Self::Rule | Self::Document, true) => {
                Err(format!("metadata of scope `{}` must stand above a rule", scope.as_str()))
            }
            (Self::Package | Self::Subpackages, false) => {
                Err(format!("metadata of scope `{}` must stand above `package`", scope.as_str()))
            }
            _ => Ok(scope),
        }
    }

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Document => "document",
            Self::Package => "package",
            Self::Subpackages => "subpackages",
        }
    }
}

/// What a block stands above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The package statement.
    Package,
    /// The rule of this index in [`Module::rules`].
    Rule(usize),
}

/// A person or group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// Name; may be empty where there is an address.
    pub name: String,
    /// Mail address; may be empty.
    pub email: String,
}

/// Something to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Its address.
    pub reference: String,
    /// What it is.
    pub description: String,
}

/// A schema for a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The document's path with its root, such as `input` or `data`, `acl`.
    pub path: Vec<String>,
    /// The schema's path with its root `schema`, where it is a file's.
    pub schema: Vec<String>,
    /// The schema, where it stands in the block.
    pub definition: Option<Value>,
}

/// One block.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// Written, or what follows from what it stands above.
    pub scope: Scope,
    /// Title; may be empty, as all that follow.
    pub title: String,
    /// Description.
    pub description: String,
    /// Whether it is asked from outside.
    pub entrypoint: bool,
    /// Organisations.
    pub organizations: Vec<String>,
    /// Authors.
    pub authors: Vec<Author>,
    /// Related resources.
    pub related_resources: Vec<Resource>,
    /// Schemas.
    pub schemas: Vec<Schema>,
    /// Whatever else the author wants to say.
    pub custom: Map<String, Value>,
    /// Labels.
    pub labels: Map<String, Value>,
    /// Keys that have no meaning.
    pub unknown: Vec<String>,
    /// What it stands above.
    pub target: Target,
    /// From `# METADATA` to the end of the block.
    pub span: Span,
}

/// A block that cannot be read, or stands where it must not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AnnotationError {
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Place,
}

/// The blocks of a module in order.
#[derive(Clone, Debug, Default)]
pub struct Annotations {
    /// Those that could be read.
    pub list: Vec<Annotation>,
    /// Those that could not.
    pub errors: Vec<AnnotationError>,
}

impl Annotations {
    /// Reads the blocks of a module.
    pub fn of(module: &Module) -> Self {
        let mut found = Self::default();
        let mut comments = module.comments.iter().peekable();
        while let Some(first) = comments.next() {
            if !begins_block(first) {
                continue;
            }
            let (mut last, mut text, mut lines) = (first.span, String::new(), Vec::new());
            while let Some(next) = comments.next_if(|next| {
                next.span.start.column == 1
                    && next.span.start.line == last.start.line + 1
                    && !begins_block(next)
            }) {
                text.push_str(next.text.strip_prefix(' ').unwrap_or(&next.text));
                text.push('\n');
                lines.push(next.span.start);
                last = next.span;
            }
            let span = first.span.to(last);
            match read(&text, span, &lines).and_then(|raw| raw.attach(module)) {
                Ok(annotation) => found.list.push(annotation),
                Err(error) => found.errors.push(error),
            }
        }
        found
    }

    /// Blocks of scope `rule` above a rule, the nearest last.
    pub fn of_rule(&self, rule: usize) -> impl DoubleEndedIterator<Item = &Annotation> {
        self.list.iter().filter(move |a| a.scope == Scope::Rule && a.target == Target::Rule(rule))
    }

    /// The block of scope `document` of a rule's name.
    pub fn of_document(&self, module: &Module, rule: usize) -> Option<&Annotation> {
        let path = ground(module.rules.get(rule)?);
        self.list.iter().find(|a| match a.target {
            Target::Rule(other) if a.scope == Scope::Document => {
                module.rules.get(other).map(ground).as_ref() == Some(&path)
            }
            _ => false,
        })
    }

    /// The block of scope `package`.
    pub fn of_package(&self) -> Option<&Annotation> {
        self.list.iter().find(|a| a.scope == Scope::Package)
    }

    /// What is said of a rule: its own nearest block, else that of its document.
    pub fn primary(&self, module: &Module, rule: usize) -> Option<&Annotation> {
        self.of_rule(rule).next_back().or_else(|| self.of_document(module, rule))
    }
}

impl Annotation {
    /// As `rego.metadata.rule()` has it.
    pub fn to_json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value, is_empty: bool| {
            if !is_empty {
                fields.insert(name.to_owned(), value);
            }
        };
        put("scope", self.scope.as_str().into(), false);
        put("title", self.title.as_str().into(), self.title.is_empty());
        put("entrypoint", true.into(), !self.entrypoint);
        put("description", self.description.as_str().into(), self.description.is_empty());
        put("organizations", json!(self.organizations), self.organizations.is_empty());
        let resources =
            self.related_resources.iter().map(|r| pair("ref", &r.reference, "description", &r.description));
        put("related_resources", resources.collect(), self.related_resources.is_empty());
        let authors = self.authors.iter().map(|a| pair("name", &a.name, "email", &a.email));
        put("authors", authors.collect(), self.authors.is_empty());
        put("schemas", self.schemas.iter().map(Schema::to_json).collect(), self.schemas.is_empty());
        put("custom", Value::Object(self.custom.clone()), self.custom.is_empty());
        put("labels", Value::Object(self.labels.clone()), self.labels.is_empty());
        Value::Object(fields)
    }
}

impl Schema {
    fn to_json(&self) -> Value {
        let mut fields = Map::from_iter([("path".to_owned(), json!(self.path))]);
        if !self.schema.is_empty() {
            fields.insert("schema".to_owned(), json!(self.schema));
        }
        if let Some(definition) = &self.definition {
            fields.insert("definition".to_owned(), definition.clone());
        }
        Value::Object(fields)
    }
}

fn pair(first: &str, a: &str, second: &str, b: &str) -> Value {
    let given = [(first, a), (second, b)].into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(given.map(|(name, value)| (name.to_owned(), value.into())).collect())
}

/// The annotations of several modules that are evaluated together.
#[derive(Debug, Default)]
pub struct Chains<'a> {
    modules: Vec<(&'a Module, &'a Annotations)>,
    packages: HashMap<Vec<Value>, &'a Annotation>,
    /// Documents and subpackages.
    paths: HashMap<Vec<Value>, &'a Annotation>,
    /// Documents, packages and subpackages that are described twice: index of the module and what is wrong.
    pub errors: Vec<(usize, AnnotationError)>,
}

impl<'a> Chains<'a> {
    /// Over modules with their annotations.
    pub fn of(modules: impl IntoIterator<Item = (&'a Module, &'a Annotations)>) -> Self {
        let mut chains = Self { modules: modules.into_iter().collect(), ..Self::default() };
        for (index, (module, annotations)) in chains.modules.iter().enumerate() {
            for annotation in &annotations.list {
                let path = match annotation.target {
                    Target::Package => package(module),
                    Target::Rule(rule) => rule_path(module, rule),
                };
                let into = match annotation.scope {
                    Scope::Rule => continue,
                    Scope::Package => &mut chains.packages,
                    Scope::Document | Scope::Subpackages => &mut chains.paths,
                };
                if let Some(first) = into.get(&path) {
                    let message = format!(
                        "the scope `{}` is already described in line {}",
                        annotation.scope.as_str(),
                        first.span.start.line
                    );
                    chains.errors.push((index, AnnotationError { message, place: annotation.span.start }));
                } else {
                    into.insert(path, annotation);
                }
            }
        }
        chains
    }

    /// What `rego.metadata.rule()` gives in a rule of a module: the first block of its own, or an empty object.
    pub fn rule(&self, module: usize, rule: usize) -> Value {
        let own = self.modules.get(module).and_then(|(_, annotations)| annotations.of_rule(rule).next());
        own.map_or_else(|| json!({}), Annotation::to_json)
    }

    /// What `rego.metadata.chain()` gives in a rule of a module: from the rule outward.
    pub fn chain(&self, module: usize, rule: usize) -> Value {
        let Some((tree, annotations)) = self.modules.get(module) else { return json!([]) };
        let path = rule_path(tree, rule);
        let above = package(tree);
        let mut links: Vec<Value> = annotations.of_rule(rule).rev().map(|a| link(&path, Some(a))).collect();
        if links.is_empty() {
            links.push(link(&path, None));
        }
        links.extend(self.paths.get(&path).map(|a| link(&path, Some(a))));
        links.extend(self.packages.get(&above).map(|a| link(&above, Some(a))));
        for length in (1..=above.len()).rev() {
            let outer = above.get(..length).unwrap_or_default();
            links.extend(self.paths.get(outer).map(|a| link(outer, Some(a))));
        }
        Value::Array(links)
    }
}

fn link(path: &[Value], annotation: Option<&Annotation>) -> Value {
    match annotation {
        Some(annotation) => json!({"path": path, "annotations": annotation.to_json()}),
        None => json!({"path": path}),
    }
}

fn package(module: &Module) -> Vec<Value> {
    module.package.path.iter().map(|name| name.as_str().into()).collect()
}

/// The path of a rule below `data`, as far as it is fixed.
fn rule_path(module: &Module, rule: usize) -> Vec<Value> {
    let mut path = package(module);
    path.extend(module.rules.get(rule).map(ground).into_iter().flatten());
    path
}

fn ground(rule: &Rule) -> Vec<Value> {
    fn fixed(part: &Part) -> Option<Value> {
        match &part.kind {
            PartKind::Dot(name) => Some(name.as_str().into()),
            PartKind::Bracket(term) => match &term.bare().kind {
                TermKind::String(text) => Some(text.as_str().into()),
                TermKind::Number(number) => serde_json::from_str(number).ok(),
                TermKind::Bool(value) => Some((*value).into()),
                TermKind::Null => Some(Value::Null),
                _ => None,
            },
        }
    }
    // In v0, `p[x]` is a set: its last part is a value.
    rule.head.reference.iter().map_while(fixed).collect()
}
