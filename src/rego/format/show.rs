//! Terms as a text on one line: what stands in the brackets of a head, and what two trees are compared by.

use std::fmt::Write as _;

use super::tree::{Call, Expr, Head, Kind, Operand, Piece, Rule, Term, Value};

/// Whether a word can follow a dot.
pub(super) fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c.is_control() || c == '\u{feff}' || (c.is_whitespace() && c != ' ') => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Text of a template string.
pub(super) fn template_text(text: &str, is_raw: bool) -> String {
    let text = if is_raw { text.to_owned() } else { quoted(text) };
    let inner =
        if is_raw { text.as_str() } else { text.get(1..text.len().saturating_sub(1)).unwrap_or_default() };
    inner.replace('{', "\\{")
}

fn joined<T>(out: &mut String, items: &[T], separator: &str, mut each: impl FnMut(&mut String, &T)) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        each(out, item);
    }
}

/// A term; operators as calls of their functions.
pub(super) fn term(out: &mut String, node: &Term<'_>) {
    match &node.value {
        Value::Plain(text) => out.push_str(text),
        Value::Str(text, _) => out.push_str(&quoted(text)),
        Value::Var(name) => out.push_str(name),
        Value::Ref(parts) => {
            let Some((head, path)) = parts.split_first() else { return };
            term(out, head);
            for part in path {
                match &part.value {
                    Value::Str(name, _) if is_name(name) => {
                        out.push('.');
                        out.push_str(name);
                    }
                    _ => {
                        out.push('[');
                        term(out, part);
                        out.push(']');
                    }
                }
            }
        }
        Value::Call(inner) => call(out, inner),
        Value::Array(items) => {
            out.push('[');
            joined(out, items, ", ", term);
            out.push(']');
        }
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => {
            out.push('{');
            joined(out, items, ", ", term);
            out.push('}');
        }
        Value::Object(items) => {
            out.push('{');
            joined(out, items, ", ", |out, (key, value)| {
                term(out, key);
                out.push_str(": ");
                term(out, value);
            });
            out.push('}');
        }
        Value::ArrayOf(item, inner) => {
            out.push('[');
            term(out, item);
            out.push_str(" | ");
            body(out, inner);
            out.push(']');
        }
        Value::SetOf(item, inner) => {
            out.push('{');
            term(out, item);
            out.push_str(" | ");
            body(out, inner);
            out.push('}');
        }
        Value::ObjectOf(key, item, inner) => {
            out.push('{');
            term(out, key);
            out.push_str(": ");
            term(out, item);
            out.push_str(" | ");
            body(out, inner);
            out.push('}');
        }
        Value::Template(is_raw, pieces) => {
            let quote = if *is_raw { '`' } else { '"' };
            out.push('$');
            out.push(quote);
            for piece in pieces {
                match piece {
                    Piece::Text(text, _) => out.push_str(&template_text(text, *is_raw)),
                    Piece::Expr(inner) => {
                        out.push('{');
                        expr(out, inner);
                        out.push('}');
                    }
                }
            }
            out.push(quote);
        }
    }
}

fn call(out: &mut String, node: &Call<'_>) {
    match &node.callee {
        Some(callee) if node.name.is_empty() => term(out, callee),
        _ => out.push_str(&node.name),
    }
    out.push('(');
    joined(out, &node.args, ", ", term);
    out.push(')');
}

/// Expressions.
pub(super) fn body(out: &mut String, exprs: &[Expr<'_>]) {
    joined(out, exprs, "; ", expr);
}

fn expr(out: &mut String, node: &Expr<'_>) {
    if node.negated {
        out.push_str("not ");
    }
    match &node.kind {
        Kind::Term(inner) => term(out, inner),
        Kind::Call(inner) => match inner.args.as_slice() {
            // The result of an operator as its last argument.
            [left, right, result] if inner.infix().is_some_and(|(_, arity)| arity == 2) => {
                let inner = Call::operator(&inner.name, vec![left.clone(), right.clone()]);
                out.push_str("eq(");
                term(out, result);
                out.push_str(", ");
                call(out, &inner);
                out.push(')');
            }
            _ => call(out, inner),
        },
        Kind::Some(names) => {
            out.push_str("some ");
            joined(out, names, ", ", term);
        }
        Kind::SomeIn(operands) => {
            out.push_str("some in(");
            joined(out, operands, ", ", term);
            out.push(')');
        }
        Kind::Every { key, value, domain, body: inner } => {
            out.push_str("every(");
            let names: Vec<&Term<'_>> = key.iter().chain([value, domain]).collect();
            joined(out, &names, ", ", |out, name| term(out, name));
            out.push_str(") ");
            braces(out, inner);
        }
        Kind::Not { body: inner, .. } => {
            out.push_str("not ");
            braces(out, inner);
        }
        Kind::Logical { is_or, left, right } => {
            operand(out, left);
            out.push_str(if *is_or { " or " } else { " and " });
            operand(out, right);
        }
    }
    for with in &node.with {
        out.push_str(" with ");
        term(out, &with.target);
        out.push_str(" as ");
        term(out, &with.value);
    }
}

fn braces(out: &mut String, exprs: &[Expr<'_>]) {
    out.push('{');
    body(out, exprs);
    out.push('}');
}

fn operand(out: &mut String, node: &Operand<'_>) {
    braces(out, &node.body);
}

fn head(out: &mut String, node: &Head<'_>) {
    joined(out, &node.reference, ".", term);
    out.push('(');
    joined(out, &node.args, ", ", term);
    out.push(')');
    if let (Some(key), None) = (&node.key, &node.value) {
        out.push_str(" contains ");
        term(out, key);
    }
    if let Some(value) = &node.value {
        out.push_str(" := ");
        term(out, value);
    }
}

/// A rule with its branches.
pub(super) fn rule(out: &mut String, node: &Rule<'_>) {
    if node.is_default {
        out.push_str("default ");
    }
    head(out, &node.head);
    out.push(' ');
    braces(out, &node.body);
    if let Some(next) = &node.otherwise {
        out.push(' ');
        rule(out, next);
    }
}
