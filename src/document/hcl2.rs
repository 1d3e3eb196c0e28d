//! HCL 2 (Terraform): attributes as values, blocks as arrays below their labels, expressions as `${source}`.
//!
//! Expressions are never evaluated: what is no literal stands as it is written.

use hcl_edit::Span;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::structure::{Block, BlockLabel, Body, Structure};
use hcl_edit::template::{Directive, Element, Template};
use serde_json::{Map, Value};

use super::{Parser, scalar};
use crate::read::{Limits, ParseError};

pub(super) const PARSER: Parser = Parser {
    id: "hcl2",
    files: "*.tf, *.tfvars, *.hcl",
    claims: |_, extension| matches!(extension, "tf" | "tfvars" | "hcl" | "hcl2"),
    parse,
};

fn parse(text: &str, limits: &Limits) -> Result<Value, ParseError> {
    let body = hcl_edit::parser::parse_body(text).map_err(|error| {
        ParseError::at(error.location().offset(), format!("not valid HCL: {}", error.message()))
    })?;
    let mut source = Source { text, left: limits.elements };
    source.body(&body).map(Value::Object)
}

struct Source<'a> {
    text: &'a str,
    left: u64,
}

/// Why a value has no JSON form.
fn fail(at: Option<std::ops::Range<usize>>, message: impl Into<String>) -> ParseError {
    match at {
        Some(range) => ParseError::at(range.start, message),
        None => ParseError::whole(message),
    }
}

impl Source<'_> {
    fn count(&mut self, at: Option<std::ops::Range<usize>>) -> Result<(), ParseError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| fail(at, "more values than the limit"))?;
        Ok(())
    }

    fn body(&mut self, body: &Body) -> Result<Map<String, Value>, ParseError> {
        let mut out = Map::new();
        for structure in body {
            if let Structure::Block(block) = structure {
                self.block(block, &mut out)?;
            }
        }
        for structure in body {
            let Structure::Attribute(attribute) = structure else { continue };
            let name = attribute.key.as_str();
            if out.contains_key(name) {
                return Err(fail(attribute.span(), format!("`{name}` is written twice")));
            }
            let value = self.value(&attribute.value)?;
            out.insert(name.to_owned(), value);
        }
        Ok(out)
    }

    fn block(&mut self, block: &Block, out: &mut Map<String, Value>) -> Result<(), ParseError> {
        self.count(block.span())?;
        let mixed = || {
            fail(
                block.span(),
                format!("blocks `{}` with and without labels have no JSON form", block.ident.as_str()),
            )
        };
        let mut key = block.ident.as_str();
        let mut into = out;
        for label in &block.labels {
            let inner = into.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            into = inner.as_object_mut().ok_or_else(mixed)?;
            key = match label {
                BlockLabel::Ident(ident) => ident.as_str(),
                BlockLabel::String(text) => text.as_str(),
            };
        }
        let value = Value::Object(self.body(&block.body)?);
        match into.entry(key.to_owned()).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(all) => all.push(value),
            _ => return Err(mixed()),
        }
        Ok(())
    }

    /// An expression as it is written.
    fn written(&self, expression: &Expression) -> String {
        let range = expression.span().unwrap_or_default();
        let end = match self.text.get(range.end..).is_some_and(|rest| rest.starts_with(')')) {
            // As conftest has it: a closing bracket behind the expression is taken for its own.
            true => range.end + 1,
            false => range.end,
        };
        self.text.get(range.start..end).unwrap_or_default().trim().to_owned()
    }

    fn wrapped(&self, expression: &Expression) -> Value {
        Value::String(format!("${{{}}}", self.written(expression)))
    }

    fn value(&mut self, expression: &Expression) -> Result<Value, ParseError> {
        self.count(expression.span())?;
        Ok(match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(yes) => Value::Bool(*yes.value()),
            Expression::Number(number) => self.number(number.value(), false, expression)?,
            Expression::String(text) => Value::String(escaped(text)),
            Expression::StringTemplate(template) => match sole(template) {
                Some(inner) => self.value(inner)?,
                None => Value::String(self.template(template)?),
            },
            Expression::HeredocTemplate(heredoc) => Value::String(self.template(&heredoc.template)?),
            Expression::UnaryOp(operation) => match (operation.operator.value(), &operation.expr) {
                (UnaryOperator::Neg, Expression::Number(number)) => {
                    self.number(number.value(), true, expression)?
                }
                (UnaryOperator::Not, Expression::Bool(yes)) => Value::Bool(!*yes.value()),
                _ => self.wrapped(expression),
            },
            Expression::Array(items) => {
                let mut out = Vec::new();
                for item in items {
                    out.push(self.value(item)?);
                }
                Value::Array(out)
            }
            Expression::Object(object) => {
                let mut out = Map::new();
                for (key, value) in object {
                    let name = match key {
                        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                        ObjectKey::Expression(Expression::Variable(name)) => name.as_str().to_owned(),
                        ObjectKey::Expression(key @ Expression::Traversal(_)) => self.written(key),
                        ObjectKey::Expression(key) => self.part(key)?,
                    };
                    if out.contains_key(&name) {
                        return Err(fail(value.expr().span(), format!("`{name}` is written twice")));
                    }
                    let value = self.value(value.expr())?;
                    out.insert(name, value);
                }
                Value::Object(out)
            }
            _ => self.wrapped(expression),
        })
    }

    fn number(
        &self,
        number: &hcl_edit::Number,
        negative: bool,
        expression: &Expression,
    ) -> Result<Value, ParseError> {
        if let Some(whole) = number.as_i64() {
            return Ok(Value::from(if negative { whole.saturating_neg() } else { whole }));
        }
        let float = number.as_f64().map(|float| if negative { -float } else { float });
        float.and_then(scalar::number).ok_or_else(|| fail(expression.span(), "a number that is out of range"))
    }

    fn template(&mut self, template: &Template) -> Result<String, ParseError> {
        let mut out = String::new();
        for element in template {
            match element {
                Element::Literal(text) => out.push_str(&escaped(text.value())),
                Element::Interpolation(interpolation) => out.push_str(&self.part(&interpolation.expr)?),
                Element::Directive(directive) => match &**directive {
                    Directive::If(directive) => {
                        out.push_str(&format!("%{{if {}}}", self.written(&directive.if_expr.cond_expr)));
                        out.push_str(&self.template(&directive.if_expr.template)?);
                        if let Some(otherwise) = &directive.else_expr {
                            let otherwise = self.template(&otherwise.template)?;
                            if !otherwise.is_empty() {
                                out.push_str("%{else}");
                                out.push_str(&otherwise);
                            }
                        }
                        out.push_str("%{endif}");
                    }
                    Directive::For(directive) => {
                        let each = &directive.for_expr;
                        let key = each.key_var.as_ref().map(|key| format!("{}, ", key.as_str()));
                        out.push_str(&format!(
                            "%{{for {}{} in {}}}",
                            key.unwrap_or_default(),
                            each.value_var.as_str(),
                            self.written(&each.collection_expr)
                        ));
                        out.push_str(&self.template(&each.template)?);
                        out.push_str("%{endfor}");
                    }
                },
            }
        }
        Ok(out)
    }

    /// An expression inside of a text.
    fn part(&mut self, expression: &Expression) -> Result<String, ParseError> {
        self.count(expression.span())?;
        Ok(match expression {
            Expression::Null(_) => "null".to_owned(),
            Expression::Bool(yes) => yes.value().to_string(),
            Expression::Number(number) => number.value().to_string(),
            Expression::String(text) => escaped(text),
            Expression::StringTemplate(template) => match sole(template) {
                Some(inner) => self.part(inner)?,
                None => self.template(template)?,
            },
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template)?,
            Expression::Conditional(conditional) => {
                let yes = self.part(&conditional.true_expr)?;
                let no = self.part(&conditional.false_expr)?;
                let no = if no.is_empty() { String::new() } else { format!("%{{else}}{no}") };
                format!("%{{if {}}}{yes}{no}%{{endif}}", self.written(&conditional.cond_expr))
            }
            _ => format!("${{{}}}", self.written(expression)),
        })
    }
}

/// The expression of a text that is nothing else: `"${...}"`.
fn sole(template: &Template) -> Option<&Expression> {
    match (template.get(0), template.len()) {
        (Some(Element::Interpolation(interpolation)), 1) => Some(&interpolation.expr),
        _ => None,
    }
}

/// A literal in which `${` and `%{` stand for themselves.
fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}
