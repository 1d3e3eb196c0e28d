//! Values followed through variables, calls and rules of all modules.

use std::collections::HashMap;
use std::rc::Rc;

use super::builtins::kind;
use super::index::{Callee, Entry, Index};
use super::shape::Shape;
use super::walk::{Visit, into_expr, into_term};
use crate::rego::annotation::Scope;
use crate::rego::ast::{Body, Expr, ExprKind, Op, PartKind, Term, TermKind};
use crate::suggest::remedy;

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
            let known = flow.known;
            let head = &entry.rule.head;
            let value = match (&head.key, &head.value) {
                (Some(key), _) => Shape::Of(kind::SET, Rc::new(self.shape(entry, key, &known))),
                (None, Some(value)) => self.shape(entry, value, &known),
                (None, None) => Shape::Kind(kind::BOOLEAN),
            };
            let mut value = if entry.is_fixed { value } else { Shape::Any };
            for branch in &entry.rule.elses {
                let other = branch
                    .value
                    .as_ref()
                    .map_or(Shape::Kind(kind::BOOLEAN), |v| self.shape(entry, v, &known));
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

    /// The input as the module sees it: what its own metadata says of it comes first.
    fn root(&self, entry: &Entry<'a>) -> Shape<'a> {
        let blocks = &entry.source.annotations;
        let own = blocks.primary(&entry.source.module, entry.number).into_iter();
        let around = blocks.list.iter().filter(|a| matches!(a.scope, Scope::Package | Scope::Subpackages));
        let said = own.chain(around).flat_map(|a| &a.schemas).find(|schema| schema.path == ["input"]);
        if let Some(schema) = said {
            let named = schema.schema.last().and_then(|name| self.index.context.schemas.get(name));
            if let Some(schema) = schema.definition.as_ref().or(named) {
                return Shape::root(schema);
            }
        }
        if entry.source.is_gate() && !entry.source.is_test() {
            return Shape::root(&self.index.context.gate_schema);
        }
        self.index.context.input_schema.as_ref().map_or(Shape::Any, Shape::root)
    }

    fn shape(&self, entry: &Entry<'a>, term: &Term, known: &[Option<Shape<'a>>]) -> Shape<'a> {
        match &term.kind {
            TermKind::Null => Shape::Kind(kind::NULL),
            TermKind::Bool(_) => Shape::Kind(kind::BOOLEAN),
            TermKind::Number(_) => Shape::Kind(kind::NUMBER),
            TermKind::String(text) => Shape::Text(text.clone()),
            TermKind::Template(_) => Shape::Kind(kind::STRING),
            TermKind::Array(items) => {
                let items = items.iter().map(|item| self.shape(entry, item, known));
                Shape::Of(kind::ARRAY, Rc::new(items.reduce(Shape::or).unwrap_or(Shape::Any)))
            }
            TermKind::Set(items) => {
                let items = items.iter().map(|item| self.shape(entry, item, known));
                Shape::Of(kind::SET, Rc::new(items.reduce(Shape::or).unwrap_or(Shape::Any)))
            }
            TermKind::Object(items) => {
                let mut fields = Vec::new();
                for (key, value) in items {
                    let TermKind::String(name) = &key.kind else { return Shape::Kind(kind::OBJECT) };
                    fields.push((name.clone(), self.shape(entry, value, known)));
                }
                Shape::Fields(Rc::new(fields))
            }
            TermKind::ArrayComprehension(head, _) => {
                Shape::Of(kind::ARRAY, Rc::new(self.shape(entry, head, known)))
            }
            TermKind::SetComprehension(head, _) => {
                Shape::Of(kind::SET, Rc::new(self.shape(entry, head, known)))
            }
            TermKind::ObjectComprehension(_, value, _) => {
                Shape::Of(kind::OBJECT, Rc::new(self.shape(entry, value, known)))
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
                Callee::User(path) => self.values.get(&*path).cloned().unwrap_or(Shape::Any),
                Callee::Builtin(signature) if args.len() == signature.arguments.len() => {
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
    fn global(&self, entry: &Entry<'a>, name: &str, rest: &[&str]) -> (Shape<'a>, usize) {
        let Some(path) = self.index.global(entry.source, name) else { return (Shape::Any, 0) };
        if path.first().is_some_and(|root| root == "input") {
            let mut shape = self.root(entry);
            for field in path.iter().skip(1) {
                shape = shape.field(field).unwrap_or(Shape::Any);
            }
            return (shape, 0);
        }
        let mut path = path.join(".");
        for used in 0..=rest.len() {
            if let Some(shape) = self.values.get(&path) {
                return (shape.clone(), used);
            }
            match rest.get(used) {
                Some(next) => {
                    path.push('.');
                    path.push_str(next);
                }
                None => break,
            }
        }
        (Shape::Any, 0)
    }

    /// Follows a reference; an unknown field ends it with its number and the fields that there are.
    fn reference(
        &self,
        entry: &Entry<'a>,
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
                    Shape::Of(bits, item) if bits == kind::SET => (*item).clone(),
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
fn bind<'a>(entry: &Entry<'a>, pattern: &Term, shape: Shape<'a>, known: &mut [Option<Shape<'a>>]) {
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
            let given: Vec<_> =
                args.iter().map(|arg| self.shapes.shape(self.entry, arg, &self.known)).collect();
            if !self.passed.contains_key(&*path) {
                self.passed.insert(path.to_string(), Vec::new());
            }
            let Some(known) = self.passed.get_mut(&*path) else { return };
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
        if let ExprKind::Every { value, domain, body, .. } = &expr.kind {
            self.term(domain);
            let item = self.shapes.shape(self.entry, domain, &self.known).item();
            bind(self.entry, value, item, &mut self.known);
            self.body(body);
            return expr.with.iter().for_each(|with| self.term(&with.value));
        }
        into_expr(self, expr);
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
            _ => {}
        }
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
