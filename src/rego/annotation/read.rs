//! From the text of a block to what it says.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Annotation, AnnotationError, Author, Resource, Schema, Scope, Target};
use crate::rego::ast::{Comment, Module, Place, Span};

pub(super) fn begins_block(comment: &Comment) -> bool {
    comment.span.start.column == 1 && comment.text.trim().starts_with("METADATA")
}

/// A block before it is known what it belongs to.
pub(super) struct Raw {
    fields: Map<String, Value>,
    span: Span,
}

pub(super) fn read(text: &str, span: Span, lines: &[Place]) -> Result<Raw, AnnotationError> {
    let error = |message: String, place: Place| AnnotationError { message, place };
    if text.trim().is_empty() {
        return Err(error("the metadata block is empty".to_owned(), span.start));
    }
    let text = with_times(text);
    let yaml: yaml_serde::Value = yaml_serde::from_str(&text).map_err(|e| {
        let place = e.location().and_then(|at| lines.get(at.line().saturating_sub(1)));
        error(
            format!("the metadata is not valid YAML: {e}"),
            place.or(lines.last()).copied().unwrap_or(span.start),
        )
    })?;
    match plain(yaml).map_err(|message| error(message, span.start))? {
        Value::Object(fields) => Ok(Raw { fields, span }),
        Value::Null => Ok(Raw { fields: Map::new(), span }),
        _ => Err(error(
            "the metadata must be YAML keys and values".to_owned(),
            lines.first().copied().unwrap_or(span.start),
        )),
    }
}

/// A date without quotes is a time to YAML as OPA reads it, and a text to others. Texts over several lines are left.
fn with_times(text: &str) -> Cow<'_, str> {
    if !text.lines().any(|line| unquoted_date(line).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut literal = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if literal.is_some_and(|outer| indent <= outer && !line.trim().is_empty()) {
            literal = None;
        }
        match unquoted_date(line).filter(|_| literal.is_none()) {
            Some(date) => {
                out.push_str(line.trim_end().strip_suffix(date).unwrap_or_default());
                out.push_str(&format!("\"{date}T00:00:00Z\""));
            }
            None => out.push_str(line),
        }
        out.push('\n');
        if literal.is_none() && line.trim_end().ends_with(['|', '>', '-', '+']) && line.contains(['|', '>']) {
            literal = Some(indent);
        }
    }
    Cow::Owned(out)
}

fn unquoted_date(line: &str) -> Option<&str> {
    let (_, value) = line.rsplit_once(": ").or_else(|| line.rsplit_once("- "))?;
    let value = value.trim();
    let is_digit = |(i, b): (usize, u8)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    (value.len() == 10 && value.bytes().enumerate().all(is_digit)).then_some(value)
}

fn plain(value: yaml_serde::Value) -> Result<Value, String> {
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
        Yaml::String(text) => text.into(),
        Yaml::Sequence(items) => items.into_iter().map(plain).collect::<Result<_, _>>()?,
        Yaml::Mapping(items) => {
            let mut fields = Map::new();
            for (key, value) in items {
                let Yaml::String(key) = key else {
                    return Err("a key of the metadata is not a string".to_owned());
                };
                let value = plain(value)
                    .map_err(|e| if e.contains(" in `") { e } else { format!("{e} in `{key}`") })?;
                fields.insert(key, value);
            }
            Value::Object(fields)
        }
        Yaml::Tagged(tagged) => plain(tagged.value)?,
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

    pub(super) fn attach(mut self, module: &Module) -> Result<Annotation, AnnotationError> {
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
        let target = target
            .ok_or_else(|| self.error("the metadata belongs to nothing: no package or rule follows it"))?;
        let scope = Scope::of(&self.text("scope")?, target == Target::Package, entrypoint)
            .map_err(|message| self.error(message))?;
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
        let exprs = crate::rego::parse_query(text, crate::rego::ast::Version::V1).ok()?;
        match exprs.first().map(|expr| &expr.kind) {
            Some(crate::rego::ast::ExprKind::Term(term)) if exprs.len() == 1 => {
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
