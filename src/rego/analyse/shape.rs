//! What a term can be: its types, and the schema that it comes from.

use std::collections::HashMap;

use serde_json::Value;

use super::builtins::kind;
use super::index::{Callee, Entry, Index};
use super::walk::{Visit, into_expr, into_term};
use crate::rego::ast::{Body, Expr, ExprKind, Op, PartKind, Term, TermKind};
use crate::suggest::remedy;

/// What a term can be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape<'s> {
    /// Anything.
    Any,
    /// One of these types.
    Kind(u8),
    /// What these nodes of a schema describe.
    Schema(&'s Value, Vec<&'s Value>),
    /// A collection of the type, of such items.
    Of(u8, Box<Shape<'s>>),
    /// A known string.
    Text(String),
    /// An object of these fields and no others.
    Fields(Vec<(String, Shape<'s>)>),
}

impl<'s> Shape<'s> {
    /// The schema at its root.
    pub(crate) fn root(schema: &'s Value) -> Self {
        Self::Schema(schema, vec![schema])
    }

    /// The types that it can have.
    pub(crate) fn bits(&self) -> u8 {
        match self {
            Self::Any => kind::ANY,
            Self::Kind(bits) | Self::Of(bits, _) => *bits,
            Self::Text(_) => kind::STRING,
            Self::Fields(_) => kind::OBJECT,
            Self::Schema(root, nodes) => nodes.iter().fold(0, |bits, node| bits | bits_of(root, node, 0)),
        }
    }

    /// Either of two.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Schema(root, mut nodes), Self::Schema(_, more)) => {
                for node in more {
                    if !nodes.iter().any(|known| std::ptr::eq(*known, node)) {
                        nodes.push(node);
                    }
                }
                Self::Schema(root, nodes)
            }
            (Self::Of(a, x), Self::Of(b, y)) => Self::Of(a | b, Box::new((*x).or(*y))),
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (a @ (Self::Kind(_) | Self::Text(_)), b @ (Self::Kind(_) | Self::Text(_))) => {
                Self::Kind(a.bits() | b.bits())
            }
            _ => Self::Any,
        }
    }

    /// What an unknown index leads to.
    pub(crate) fn item(&self) -> Self {
        match self {
            Self::Of(_, item) => (**item).clone(),
            Self::Schema(root, nodes) => {
                let mut found = Vec::new();
                for node in nodes.iter().flat_map(|node| alternatives(root, node)) {
                    match (node.get("additionalProperties"), node.get("items"), node.get("properties")) {
                        (_, Some(next), _) if next.is_object() => found.push(next),
                        (Some(next), None, None) if next.is_object() => found.push(next),
                        _ => return Self::Any,
                    }
                }
                if found.is_empty() { Self::Any } else { Self::Schema(root, found) }
            }
            _ => Self::Any,
        }
    }

    /// What a field leads to; else the fields that there are.
    pub(crate) fn field(&self, name: &str) -> Result<Self, Vec<String>> {
        let Self::Schema(root, nodes) = self else {
            return match self {
                Self::Fields(fields) => {
                    let found = fields.iter().find(|(known, _)| known == name).map(|(_, shape)| shape.clone());
                    found.ok_or_else(|| fields.iter().map(|(known, _)| known.clone()).collect())
                }
                Self::Of(bits, item) if bits & kind::OBJECT != 0 => Ok((**item).clone()),
                Self::Kind(bits) if bits & (kind::OBJECT | kind::SET) == 0 && *bits != 0 => Err(Vec::new()),
                Self::Text(_) => Err(Vec::new()),
                _ => Ok(Self::Any),
            };
        };
        let (mut found, mut names, mut is_open) = (Vec::new(), Vec::new(), false);
        for node in nodes.iter().flat_map(|node| alternatives(root, node)) {
            let properties = node.get("properties").and_then(Value::as_object);
            let keys = node.pointer("/propertyNames/enum").and_then(Value::as_array);
            if let Some(keys) = keys
                && !keys.iter().any(|key| key.as_str() == Some(name))
            {
                names.extend(keys.iter().filter_map(Value::as_str).map(str::to_owned));
                continue;
            }
            let additional = node.get("additionalProperties");
            match (properties.and_then(|fields| fields.get(name)), additional) {
                (Some(next), _) => found.push(next),
                (None, Some(next)) if next.is_object() => found.push(next),
                (None, Some(Value::Bool(true))) => is_open = true,
                _ if properties.is_some() => {
                    names.extend(properties.into_iter().flat_map(|fields| fields.keys().cloned()));
                }
                _ if bits_of(root, node, 0) & kind::OBJECT == 0 => {}
                _ => is_open = true,
            }
        }
        if is_open {
            return Ok(Self::Any);
        }
        if found.is_empty() { Err(names) } else { Ok(Self::Schema(root, found)) }
    }

    /// The only strings that it can be, where the schema lists them.
    pub(crate) fn words(&self) -> Option<Vec<String>> {
        match self {
            Self::Text(text) => Some(vec![text.clone()]),
            Self::Schema(root, nodes) => {
                let mut words = Vec::new();
                for node in nodes.iter().flat_map(|node| alternatives(root, node)) {
                    if let Some(list) = node.get("enum").and_then(Value::as_array) {
                        words.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                    } else if let Some(word) = node.get("const").and_then(Value::as_str) {
                        words.push(word.to_owned());
                    } else if bits_of(root, node, 0) & kind::STRING != 0 {
                        return None;
                    }
                }
                (!words.is_empty()).then_some(words)
            }
            _ => None,
        }
    }
}

/// A node without references and choices: what it can be.
fn alternatives<'s>(root: &'s Value, node: &'s Value) -> Vec<&'s Value> {
    let (mut found, mut open) = (Vec::new(), vec![(node, 0)]);
    while let Some((node, depth)) = open.pop() {
        if depth > 16 {
            continue;
        }
        if let Some(next) = node.get("$ref").and_then(Value::as_str) {
            open.extend(next.strip_prefix('#').and_then(|p| root.pointer(p)).map(|next| (next, depth + 1)));
        } else if let Some(choices) =
            ["anyOf", "oneOf"].iter().find_map(|name| node.get(name).and_then(Value::as_array))
        {
            open.extend(choices.iter().rev().map(|choice| (choice, depth + 1)));
        } else if node.get("type").and_then(Value::as_str) != Some("null") {
            found.push(node);
        }
    }
    found
}

fn bits_of(root: &Value, node: &Value, depth: u8) -> u8 {
    let bit = |name: &str| match name {
        "null" => kind::NULL,
        "boolean" => kind::BOOLEAN,
        "number" | "integer" => kind::NUMBER,
        "string" => kind::STRING,
        "array" => kind::ARRAY,
        "object" => kind::OBJECT,
        _ => kind::ANY,
    };
    if depth > 16 {
        return kind::ANY;
    }
    if let Some(next) = node.get("$ref").and_then(Value::as_str) {
        return next
            .strip_prefix('#')
            .and_then(|p| root.pointer(p))
            .map_or(kind::ANY, |next| bits_of(root, next, depth + 1));
    }
    for name in ["anyOf", "oneOf"] {
        if let Some(choices) = node.get(name).and_then(Value::as_array) {
            return choices.iter().fold(0, |bits, choice| bits | bits_of(root, choice, depth + 1));
        }
    }
    match node.get("type") {
        Some(Value::String(name)) => bit(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).fold(0, |bits, name| bits | bit(name)),
        _ => match (node.get("const"), node.get("enum")) {
            (Some(Value::String(_)), _) => kind::STRING,
            (None, Some(Value::Array(list))) if list.iter().all(Value::is_string) => kind::STRING,
            _ => kind::ANY,
        },
    }
}

/// The shapes of variables, functions' parameters and rules of all modules.
pub(crate) struct Shapes<'i, 'a> {
    pub(crate) index: &'i Index<'a>,
    /// By entry and variable.
    variables: Vec<Vec<Option<Shape<'a>>>>,
    /// By function: what its call sites pass.
    passed: HashMap<String, Vec<Option<Shape<'a>>>>,
    /// By rule or function: its values.
    values: HashMap<String, Shape<'a>>,
}

impl<'i, 'a> Shapes<'i, 'a> {
    /// Follows values through all modules.
    pub(crate) fn of(index: &'i Index<'a>) -> Self {
        let variables = index.entries.iter().map(|e| vec![None; e.names.variables.len()]).collect();
        let mut shapes = Self { index, variables, passed: HashMap::new(), values: HashMap::new() };
        // Each round carries values one call or rule further.
        for _ in 0..3 {
            shapes.round();
        }
        shapes
    }

    fn round(&mut self) {
        let mut values: HashMap<String, Shape<'a>> = HashMap::new();
        let mut passed = HashMap::new();
        for (number, entry) in self.index.entries.iter().enumerate() {
            let path = entry.path.join(".");
            let mut known: Vec<Option<Shape<'a>>> = vec![None; entry.names.variables.len()];
            for (position, arg) in entry.rule.head.args.iter().flatten().enumerate() {
                let shape = self.passed.get(&path).and_then(|args| args.get(position)).cloned().flatten();
                bind(entry, arg, shape.unwrap_or(Shape::Any), &mut known);
            }
            let mut flow = Flow { shapes: self, entry, known, passed: &mut passed };
            crate::rego::analyse::walk::rule(&mut flow, entry.rule);
            crate::rego::analyse::walk::rule(&mut flow, entry.rule);
            let known = flow.known;
            let head = &entry.rule.head;
            let value = match (&head.key, &head.value) {
                (Some(key), _) => Shape::Of(kind::SET, Box::new(self.shape(entry, key, &known))),
                (None, Some(value)) => self.shape(entry, value, &known),
                (None, None) => Shape::Kind(kind::BOOLEAN),
            };
            let mut value = if entry.is_fixed || head.key.is_some() && entry.is_fixed { value } else { Shape::Any };
            for branch in &entry.rule.elses {
                let other = branch.value.as_ref().map_or(Shape::Kind(kind::BOOLEAN), |v| self.shape(entry, v, &known));
                value = value.or(other);
            }
            let joined = match values.remove(&path) {
                Some(before) => before.or(value),
                None => value,
            };
            values.insert(path, joined);
            if let Some(slot) = self.variables.get_mut(number) {
                *slot = known;
            }
        }
        self.values = values;
        self.passed = passed;
    }

    /// What a term of an entry can be, once all is known.
    pub(crate) fn shape_in(&self, number: usize, term: &Term) -> Shape<'a> {
        let (Some(entry), Some(known)) = (self.index.entries.get(number), self.variables.get(number)) else {
            return Shape::Any;
        };
        self.shape(entry, term, known)
    }

    fn root(&self, entry: &Entry<'_>, name: &str) -> Shape<'a> {
        if name != "input" {
            return Shape::Any;
        }
        if entry.source.is_gate() && !entry.source.is_test() {
            return Shape::root(&self.index.context.gate_schema);
        }
        self.index.context.input_schema.as_ref().map_or(Shape::Any, Shape::root)
    }

    fn shape(&self, entry: &Entry<'_>, term: &Term, known: &[Option<Shape<'a>>]) -> Shape<'a> {
        match &term.kind {
            TermKind::Null => Shape::Kind(kind::NULL),
            TermKind::Bool(_) => Shape::Kind(kind::BOOLEAN),
            TermKind::Number(_) => Shape::Kind(kind::NUMBER),
            TermKind::String(text) => Shape::Text(text.clone()),
            TermKind::Template(_) => Shape::Kind(kind::STRING),
            TermKind::Array(items) => {
                let items = items.iter().map(|item| self.shape(entry, item, known));
                Shape::Of(kind::ARRAY, Box::new(items.reduce(Shape::or).unwrap_or(Shape::Any)))
            }
            TermKind::Set(items) => {
                let items = items.iter().map(|item| self.shape(entry, item, known));
                Shape::Of(kind::SET, Box::new(items.reduce(Shape::or).unwrap_or(Shape::Any)))
            }
            TermKind::Object(items) => {
                let mut fields = Vec::new();
                for (key, value) in items {
                    let TermKind::String(name) = &key.kind else { return Shape::Kind(kind::OBJECT) };
                    fields.push((name.clone(), self.shape(entry, value, known)));
                }
                Shape::Fields(fields)
            }
            TermKind::ArrayComprehension(head, _) => {
                Shape::Of(kind::ARRAY, Box::new(self.shape(entry, head, known)))
            }
            TermKind::SetComprehension(head, _) => Shape::Of(kind::SET, Box::new(self.shape(entry, head, known))),
            TermKind::ObjectComprehension(_, value, _) => {
                Shape::Of(kind::OBJECT, Box::new(self.shape(entry, value, known)))
            }
            TermKind::Infix(op, left, right) => match op {
                Op::Multiply | Op::Divide | Op::Remainder | Op::Plus => Shape::Kind(kind::NUMBER),
                Op::Minus => Shape::Kind(
                    self.shape(entry, left, known).bits()
                        & self.shape(entry, right, known).bits()
                        & (kind::NUMBER | kind::SET),
                ),
                Op::And | Op::Or => Shape::Kind(kind::SET),
                _ => Shape::Kind(kind::BOOLEAN),
            },
            TermKind::MemberWithKey(..) => Shape::Kind(kind::BOOLEAN),
            TermKind::Paren(inner) => self.shape(entry, inner, known),
            TermKind::Minus(_) => Shape::Kind(kind::NUMBER),
            TermKind::Call(function, args) => match self.index.callee(entry.source, function) {
                Callee::User(path) => self.values.get(&path).cloned().unwrap_or(Shape::Any),
                Callee::Builtin(signature) if args.len() == signature.args.len() => {
                    if signature.result == kind::ANY { Shape::Any } else { Shape::Kind(signature.result) }
                }
                _ => Shape::Any,
            },
            TermKind::Var(name) => match entry.names.of(term) {
                Some(id) => known.get(id).cloned().flatten().unwrap_or(Shape::Any),
                None => self.global(entry, name, &[]).0,
            },
            TermKind::Ref(..) => self.reference(entry, term, known).unwrap_or(Shape::Any),
        }
    }

    /// What a global name with the fixed names behind it is, and how many of these were used.
    fn global(&self, entry: &Entry<'_>, name: &str, rest: &[&str]) -> (Shape<'a>, usize) {
        let Some(mut path) = self.index.global(entry.source, name) else { return (Shape::Any, 0) };
        if path.first().is_some_and(|root| root == "input") {
            let mut shape = self.root(entry, "input");
            for field in path.iter().skip(1) {
                shape = shape.field(field).unwrap_or(Shape::Any);
            }
            return (shape, 0);
        }
        for used in 0..=rest.len() {
            if let Some(shape) = self.values.get(&path.join(".")) {
                return (shape.clone(), used);
            }
            match rest.get(used) {
                Some(next) => path.push((*next).to_owned()),
                None => break,
            }
        }
        (Shape::Any, 0)
    }

    /// Follows a reference; an unknown field ends it with its number and the fields that there are.
    fn reference(
        &self,
        entry: &Entry<'_>,
        term: &Term,
        known: &[Option<Shape<'a>>],
    ) -> Result<Shape<'a>, (usize, Vec<String>)> {
        let TermKind::Ref(head, parts) = &term.kind else { return Ok(Shape::Any) };
        let (mut shape, used) = match (head.as_var(), entry.names.of(head)) {
            (Some(name), None) => {
                let rest: Vec<&str> = parts.iter().map_while(|part| part.name()).collect();
                self.global(entry, name, &rest)
            }
            _ => (self.shape(entry, head, known), 0),
        };
        for (number, part) in parts.iter().enumerate().skip(used) {
            shape = match (part.name(), &part.kind) {
                (Some(name), _) => match shape {
                    // A lookup in a set gives the item itself.
                    Shape::Of(bits, item) if bits == kind::SET => *item,
                    shape => shape.field(name).map_err(|names| (number, names))?,
                },
                (None, PartKind::Bracket(index)) => match (&shape, self.shape(entry, index, known)) {
                    (Shape::Of(..), _) | (_, Shape::Any) => shape.item(),
                    (_, Shape::Text(name)) => shape.field(&name).unwrap_or(Shape::Any),
                    _ => shape.item(),
                },
                _ => Shape::Any,
            };
        }
        Ok(shape)
    }

    /// Says where references lead nowhere.
    pub(crate) fn unknown_fields(&self) {
        for (number, entry) in self.index.entries.iter().enumerate() {
            if entry.source.is_known {
                continue;
            }
            let Some(known) = self.variables.get(number) else { continue };
            let mut look = Look { shapes: self, entry, known };
            crate::rego::analyse::walk::rule(&mut look, entry.rule);
        }
    }
}

/// Gives the variables of a pattern their shapes.
fn bind<'a>(entry: &Entry<'_>, pattern: &Term, shape: Shape<'a>, known: &mut [Option<Shape<'a>>]) {
    if let Some(slot) = entry.names.of(pattern).and_then(|id| known.get_mut(id)) {
        *slot = Some(match slot.take() {
            Some(before) if entry.names.of(pattern).is_some() && before != shape => match (&before, &shape) {
                (Shape::Any, _) => shape,
                (_, Shape::Any) => before,
                _ => before.or(shape),
            },
            _ => shape,
        });
        return;
    }
    match &pattern.bare().kind {
        TermKind::Array(items) => items.iter().for_each(|item| bind(entry, item, shape.item(), known)),
        TermKind::Object(items) => {
            for (key, value) in items {
                let field = match &key.kind {
                    TermKind::String(name) => shape.field(name).unwrap_or(Shape::Any),
                    _ => Shape::Any,
                };
                bind(entry, value, field, known);
            }
        }
        _ => {}
    }
}

struct Flow<'f, 'i, 'a> {
    shapes: &'f Shapes<'i, 'a>,
    entry: &'f Entry<'a>,
    known: Vec<Option<Shape<'a>>>,
    passed: &'f mut HashMap<String, Vec<Option<Shape<'a>>>>,
}

impl<'t> Visit<'t> for Flow<'_, '_, '_> {
    fn term(&mut self, term: &'t Term) {
        into_term(self, term);
        if let TermKind::Call(function, args) = &term.kind
            && let Callee::User(path) = self.shapes.index.callee(self.entry.source, function)
        {
            let given: Vec<_> = args.iter().map(|arg| self.shapes.shape(self.entry, arg, &self.known)).collect();
            let known = self.passed.entry(path).or_default();
            known.resize(known.len().max(given.len()), None);
            for (slot, shape) in known.iter_mut().zip(given) {
                *slot = Some(match slot.take() {
                    Some(before) => before.or(shape),
                    None => shape,
                });
            }
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        let shape = |flow: &Self, term: &Term| flow.shapes.shape(flow.entry, term, &flow.known);
        match &expr.kind {
            ExprKind::Assign(left, right) => bind(self.entry, left, shape(self, right), &mut self.known),
            ExprKind::Unify(left, right) => {
                let (a, b) = (shape(self, left), shape(self, right));
                bind(self.entry, left, b, &mut self.known);
                bind(self.entry, right, a, &mut self.known);
            }
            ExprKind::SomeIn { value, collection, .. } => {
                let item = shape(self, collection).item();
                bind(self.entry, value, item, &mut self.known);
            }
            ExprKind::Every { value, domain, .. } => {
                let item = shape(self, domain).item();
                bind(self.entry, value, item, &mut self.known);
            }
            _ => {}
        }
        into_expr(self, expr);
    }

    fn body(&mut self, body: &'t Body) {
        body.exprs.iter().for_each(|expr| self.expr(expr));
    }
}

struct Look<'f, 'i, 'a> {
    shapes: &'f Shapes<'i, 'a>,
    entry: &'f Entry<'a>,
    known: &'f [Option<Shape<'a>>],
}

impl<'t> Visit<'t> for Look<'_, '_, '_> {
    fn term(&mut self, term: &'t Term) {
        into_term(self, term);
        if let TermKind::Ref(head, parts) = &term.kind
            && let Err((number, names)) = self.shapes.reference(self.entry, term, self.known)
            && let Some(part) = parts.get(number)
        {
            let source = self.entry.source;
            let start = crate::rego::ast::Span { start: term.span.start, end: part.span.end };
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let wrong = part.name().unwrap_or_default();
            let before = match parts.get(..number) {
                Some([]) | None => (**head).clone(),
                Some(parts) => Term { span: term.span, kind: TermKind::Ref(head.clone(), parts.to_vec()) },
            };
            let is_schema = matches!(self.shapes.shape(self.entry, &before, self.known), Shape::Schema(..));
            let code = if is_schema { "unknown-input-field" } else { "type-error" };
            let help = if names.is_empty() {
                "the value before it has no fields".to_owned()
            } else {
                remedy(wrong, &names)
            };
            let shown = start.of(&source.text);
            self.shapes.index.say(source, code, part.span, format!("`{shown}` does not exist"), help);
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        into_expr(self, expr);
    }
}
