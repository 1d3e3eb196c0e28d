//! `# METADATA` blocks: what they say and what they belong to, as OPA has it.
//!
//! A block is a comment at the first column and the comment lines right below it, read as YAML. It belongs to the next
//! package, import or rule. [`Annotations::of`] reads a module; [`Chains`] answers over several modules what
//! `rego.metadata.rule()` and `rego.metadata.chain()` say. Nothing here judges whether a block is useful.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::ast::{Comment, Module, Part, PartKind, Place, Rule, Span, TermKind};

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

fn begins_block(comment: &Comment) -> bool {
    comment.span.start.column == 1 && comment.text.trim().starts_with("METADATA")
}

/// A block before it is known what it belongs to.
struct Raw {
    fields: Map<String, Value>,
    span: Span,
}

fn read(text: &str, span: Span, lines: &[Place]) -> Result<Raw, AnnotationError> {
    let error = |message: String, place: Place| AnnotationError { message, place };
    if text.trim().is_empty() {
        return Err(error("the metadata block is empty".to_owned(), span.start));
    }
    let yaml: yaml_serde::Value = yaml_serde::from_str(text).map_err(|e| {
        let place = e.location().and_then(|at| lines.get(at.line().saturating_sub(1)));
        error(format!("the metadata is not valid YAML: {e}"), place.copied().unwrap_or(span.start))
    })?;
    let dates: Vec<&str> = text.lines().filter_map(unquoted_date).collect();
    match plain(yaml, &dates).map_err(|message| error(message, span.start))? {
        Value::Object(fields) => Ok(Raw { fields, span }),
        Value::Null => Ok(Raw { fields: Map::new(), span }),
        _ => Err(error(
            "the metadata must be YAML keys and values".to_owned(),
            lines.first().copied().unwrap_or(span.start),
        )),
    }
}

/// A date without quotes, which YAML as OPA reads it makes a time.
fn unquoted_date(line: &str) -> Option<&str> {
    let (_, value) = line.rsplit_once(": ").or_else(|| line.rsplit_once("- "))?;
    let value = value.trim();
    let is_date = value.len() == 10
        && value
            .bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    is_date.then_some(value)
}

fn plain(value: yaml_serde::Value, dates: &[&str]) -> Result<Value, String> {
    use yaml_serde::Value as Yaml;
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => value.into(),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => number.into(),
            (_, Some(number), _) => number.into(),
            (_, _, Some(number)) => serde_json::Number::from_f64(number)
                .map(Value::Number)
                .ok_or_else(|| format!("the number `{number}` of the metadata has no JSON"))?,
            _ => return Err("a number of the metadata has no JSON".to_owned()),
        },
        Yaml::String(text) if dates.contains(&text.as_str()) => format!("{text}T00:00:00Z").into(),
        Yaml::String(text) => text.into(),
        Yaml::Sequence(items) => {
            items.into_iter().map(|item| plain(item, dates)).collect::<Result<_, _>>()?
        }
        Yaml::Mapping(items) => {
            let mut fields = Map::new();
            for (key, value) in items {
                let Yaml::String(key) = key else {
                    return Err("a key of the metadata is not a string".to_owned());
                };
                let value = plain(value, dates)
                    .map_err(|e| if e.contains(" in `") { e } else { format!("{e} in `{key}`") })?;
                fields.insert(key, value);
            }
            Value::Object(fields)
        }
        Yaml::Tagged(tagged) => plain(tagged.value, dates)?,
    })
}

impl Raw {
    fn error(&self, message: impl Into<String>) -> AnnotationError {
        AnnotationError { message: message.into(), place: self.span.start }
    }

    /// A text; other scalars are taken as they would be written.
    fn text(&mut self, name: &str) -> Result<String, AnnotationError> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(String::new()),
            Some(Value::String(text)) => Ok(text),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
            Some(_) => Err(self.error(format!("`{name}` of the metadata must be a text"))),
        }
    }

    fn list(&mut self, name: &str) -> Result<Vec<Value>, AnnotationError> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(self.error(format!("`{name}` of the metadata must be a list"))),
        }
    }

    fn object(&mut self, name: &str) -> Result<Map<String, Value>, AnnotationError> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(fields)) => Ok(fields),
            Some(_) => Err(self.error(format!("`{name}` of the metadata must be keys and values"))),
        }
    }

    fn attach(mut self, module: &Module) -> Result<Annotation, AnnotationError> {
        let entrypoint = match self.fields.remove("entrypoint") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(value)) => value,
            Some(_) => return Err(self.error("`entrypoint` of the metadata must be true or false")),
        };
        let line = self.span.start.line;
        let rule = module.rules.iter().position(|rule| rule.span.start.line > line);
        let rule_line = rule.and_then(|index| module.rules.get(index)).map(|rule| rule.span.start.line);
        let import_line = module.imports.iter().map(|import| import.span.start.line).find(|at| *at > line);
        let target = if module.package.span.start.line > line {
            Some(Target::Package)
        } else if import_line.is_some_and(|import| rule_line.is_none_or(|rule| import < rule)) {
            None
        } else {
            rule.map(Target::Rule)
        };
        let scope = match (self.text("scope")?.as_str(), target) {
            ("rule", _) => Scope::Rule,
            ("document", _) => Scope::Document,
            ("package", _) => Scope::Package,
            ("subpackages", _) => Scope::Subpackages,
            ("", Some(Target::Rule(_))) if entrypoint => Scope::Document,
            ("", Some(Target::Rule(_))) => Scope::Rule,
            ("", Some(Target::Package)) => Scope::Package,
            ("", None) => {
                return Err(self.error("the metadata belongs to nothing: no package or rule follows it"));
            }
            (other, _) => {
                let message =
                    format!("unknown scope `{other}`: there are rule, document, package and subpackages");
                return Err(self.error(message));
            }
        };
        let target = match (scope, target) {
            (Scope::Rule | Scope::Document, Some(target @ Target::Rule(_)))
            | (Scope::Package | Scope::Subpackages, Some(target @ Target::Package)) => target,
            (Scope::Rule | Scope::Document, _) => {
                return Err(
                    self.error(format!("metadata of scope `{}` must stand above a rule", scope.as_str()))
                );
            }
            _ => {
                return Err(self
                    .error(format!("metadata of scope `{}` must stand above the package", scope.as_str())));
            }
        };
        if entrypoint && !matches!(scope, Scope::Document | Scope::Package) {
            return Err(self.error(format!(
                "`entrypoint` needs the scope document or package, not `{}`",
                scope.as_str()
            )));
        }
        let title = self.text("title")?;
        let description = self.text("description")?;
        let organizations = self.list("organizations")?.into_iter().map(scalar).collect();
        let related_resources = self.list("related_resources")?;
        let related_resources = related_resources
            .iter()
            .map(|r| resource(r).map_err(|m| self.error(m)))
            .collect::<Result<_, _>>()?;
        let authors = self.list("authors")?;
        let authors =
            authors.iter().map(|a| author(a).map_err(|m| self.error(m))).collect::<Result<_, _>>()?;
        let schemas = self.list("schemas")?;
        let schemas =
            schemas.iter().map(|s| schema(s).map_err(|m| self.error(m))).collect::<Result<_, _>>()?;
        let custom = self.object("custom")?;
        let labels = self.object("labels")?;
        self.fields.remove("compile");
        Ok(Annotation {
            scope,
            title,
            description,
            entrypoint,
            organizations,
            authors,
            related_resources,
            schemas,
            custom,
            labels,
            unknown: self.fields.keys().cloned().collect(),
            target,
            span: self.span,
        })
    }
}

fn scalar(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn trimmed(fields: &Map<String, Value>, name: &str) -> String {
    fields.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

fn resource(value: &Value) -> Result<Resource, String> {
    match value {
        Value::String(reference) if !reference.is_empty() => {
            Ok(Resource { reference: reference.clone(), description: String::new() })
        }
        Value::Object(fields) if !trimmed(fields, "ref").is_empty() => {
            Ok(Resource { reference: trimmed(fields, "ref"), description: trimmed(fields, "description") })
        }
        _ => Err("a related resource must be an address, or have `ref`".to_owned()),
    }
}

/// `Name <address>`, or both by name.
fn author(value: &Value) -> Result<Author, String> {
    match value {
        Value::String(text) => {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            if words.is_empty() {
                return Err("an author of the metadata is empty".to_owned());
            }
            let address =
                |word: &&str| word.strip_prefix('<').and_then(|w| w.strip_suffix('>')).map(str::to_owned);
            let email = words.last().and_then(address);
            if email.is_some() {
                words.pop();
            }
            Ok(Author { name: words.join(" "), email: email.unwrap_or_default() })
        }
        Value::Object(fields) => {
            let author = Author { name: trimmed(fields, "name"), email: trimmed(fields, "email") };
            if author == Author::default() {
                return Err("an author of the metadata needs `name` or `email`".to_owned());
            }
            Ok(author)
        }
        _ => Err("an author must be a text, or have `name` or `email`".to_owned()),
    }
}

fn schema(value: &Value) -> Result<Schema, String> {
    let pair = value.as_object().and_then(|pair| pair.iter().next());
    let Some((path, schema)) = pair else {
        return Err("a schema of the metadata must be `path: schema`".to_owned());
    };
    let reference = |text: &str| {
        let exprs = super::parse_query(text, super::ast::Version::V1).ok()?;
        match exprs.first().map(|expr| &expr.kind) {
            Some(super::ast::ExprKind::Term(term)) if exprs.len() == 1 => {
                Some(term.fixed_path()?.into_iter().map(str::to_owned).collect::<Vec<_>>())
            }
            _ => None,
        }
    };
    let path =
        reference(path).ok_or_else(|| format!("`{path}` is no document that a schema could be for"))?;
    match schema {
        Value::String(text) => match reference(text) {
            Some(schema) if schema.first().is_some_and(|root| root == "schema") => {
                Ok(Schema { path, schema, definition: None })
            }
            _ => Err(format!("`{text}` is no schema: write `schema.<name>`")),
        },
        Value::Object(_) => Ok(Schema { path, schema: Vec::new(), definition: Some(schema.clone()) }),
        _ => Err(format!("the schema of `{}` must be a name or a JSON Schema", path.join("."))),
    }
}
