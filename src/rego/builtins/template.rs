//! `strings.render_template`: Go's text templates, without templates that call others and without methods.

use std::cmp::Ordering;

use regorus::Value;

use super::sprintf::{Operand, print};
use super::template_parse::{Node, Pipeline, Word, parse};
use super::{
    Answer, Builtin, MAX_STEPS, MAX_TEXT, builtin, decimal, elements, failed, get, object, order, pairs,
    string, text,
};

pub(super) const BUILTINS: &[Builtin] = &[builtin(NAME, 2, render)];

const NAME: &str = "strings.render_template";

fn render(arguments: &[Value]) -> Answer {
    let template = string(NAME, arguments, 1)?;
    let data = &texts(object(NAME, arguments, 2)?);
    let nodes = match parse(template) {
        Ok(nodes) => nodes,
        Err(reason) => return failed(NAME, reason),
    };
    let mut run = Run { out: String::new(), variables: vec![("$".to_owned(), data.clone())], steps: 0 };
    match run.nodes(&nodes, data) {
        Ok(_) => Ok(Value::from(run.out.replace("<no value>", "<undefined>"))),
        Err(reason) => failed(NAME, reason),
    }
}

/// The data as Go's templates have them: a number of a document is the text of a number to them.
fn texts(value: &Value) -> Value {
    match value {
        Value::Number(_) => Value::from(decimal::text(value).unwrap_or_default()),
        Value::Array(_) | Value::Set(_) => {
            Value::from(elements(value).unwrap_or_default().into_iter().map(texts).collect::<Vec<_>>())
        }
        Value::Object(_) => super::make_object(pairs(value).into_iter().map(|(k, v)| (k.clone(), texts(v)))),
        other => other.clone(),
    }
}

/// How a list of nodes ended.
#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Run {
    out: String,
    variables: Vec<(String, Value)>,
    steps: usize,
}

type Ran<T> = Result<T, String>;

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null | Value::Undefined => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(array) => !array.is_empty(),
        Value::Set(set) => !set.is_empty(),
        Value::Object(object) => !object.is_empty(),
    }
}

/// A value as Go prints one of its kind.
fn shown(value: &Value) -> String {
    match value {
        Value::Undefined | Value::Null => "<no value>".to_owned(),
        Value::String(text) => text.to_string(),
        Value::Array(_) | Value::Set(_) => {
            let all: Vec<String> = elements(value).unwrap_or_default().into_iter().map(inner).collect();
            format!("[{}]", all.join(" "))
        }
        Value::Object(_) => {
            let all: Vec<String> =
                pairs(value).into_iter().map(|(k, v)| format!("{}:{}", inner(k), inner(v))).collect();
            format!("map[{}]", all.join(" "))
        }
        Value::Number(_) => decimal::text(value).unwrap_or_default(),
        Value::Bool(b) => b.to_string(),
    }
}

fn inner(value: &Value) -> String {
    if *value == Value::Null { "<nil>".to_owned() } else { shown(value) }
}

impl Run {
    fn nodes(&mut self, nodes: &[Node], dot: &Value) -> Ran<Flow> {
        let scope = self.variables.len();
        let mut flow = Flow::On;
        for node in nodes {
            self.steps = self.steps.saturating_add(1);
            if self.steps > MAX_STEPS {
                return Err(format!("the limit of {MAX_STEPS} steps is exceeded"));
            }
            if self.out.len() > MAX_TEXT {
                return Err(format!("the limit of {MAX_TEXT} bytes in a string is exceeded"));
            }
            flow = self.node(node, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.variables.truncate(scope);
        Ok(flow)
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Ran<Flow> {
        match node {
            Node::Text(text) => self.out.push_str(text),
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            Node::Action(target, pipeline) => {
                let value = self.pipeline(pipeline, dot)?;
                match target {
                    None => self.out.push_str(&shown(&value)),
                    Some((name, true)) => self.variables.push((name.clone(), value)),
                    Some((name, false)) => {
                        let known = self.variables.iter_mut().rev().find(|(known, _)| known == name);
                        known.ok_or_else(|| format!("undefined variable: {name}"))?.1 = value;
                    }
                }
            }
            Node::If(condition, then, otherwise) => {
                let chosen = if is_true(&self.pipeline(condition, dot)?) { then } else { otherwise };
                return self.nodes(chosen, dot);
            }
            Node::With(pipeline, then, otherwise) => {
                let value = self.pipeline(pipeline, dot)?;
                return if is_true(&value) { self.nodes(then, &value) } else { self.nodes(otherwise, dot) };
            }
            Node::Range(names, pipeline, body, otherwise) => {
                let over = self.pipeline(pipeline, dot)?;
                let all: Vec<(Value, Value)> = match &over {
                    Value::Object(_) => {
                        pairs(&over).into_iter().map(|(k, v)| (k.clone(), v.clone())).collect()
                    }
                    Value::Array(_) | Value::Set(_) => elements(&over)
                        .unwrap_or_default()
                        .into_iter()
                        .enumerate()
                        .map(|(i, v)| (Value::from(i), v.clone()))
                        .collect(),
                    Value::Undefined | Value::Null => Vec::new(),
                    other => return Err(format!("range can't iterate over {}", shown(other))),
                };
                if all.is_empty() {
                    return self.nodes(otherwise, dot);
                }
                for (key, value) in all {
                    let scope = self.variables.len();
                    match names.as_slice() {
                        [one] => self.variables.push((one.clone(), value.clone())),
                        [first, second] => {
                            self.variables.push((first.clone(), key));
                            self.variables.push((second.clone(), value.clone()));
                        }
                        _ => {}
                    }
                    let flow = self.nodes(body, &value)?;
                    self.variables.truncate(scope);
                    if flow == Flow::Break {
                        break;
                    }
                }
            }
        }
        Ok(Flow::On)
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Value) -> Ran<Value> {
        let mut last: Option<Value> = None;
        for command in pipeline {
            last = Some(self.command(command, last, dot)?);
        }
        last.ok_or_else(|| "missing value for command".to_owned())
    }

    fn command(&mut self, command: &[Word], last: Option<Value>, dot: &Value) -> Ran<Value> {
        let Some((head, rest)) = command.split_first() else { return Err("empty command".to_owned()) };
        let Word::Name(name) = head else {
            if !rest.is_empty() || last.is_some() {
                return Err("can't give argument to non-function".to_owned());
            }
            return self.word(head, dot);
        };
        let mut arguments = Vec::new();
        for word in rest {
            let value = self.word(word, dot)?;
            // The rest of `and` and `or` is not looked at once the answer is known.
            let decided = match name.as_str() {
                "and" => !is_true(&value),
                "or" => is_true(&value),
                _ => false,
            };
            if decided {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(last);
        function(name, &arguments)
    }

    fn word(&mut self, word: &Word, dot: &Value) -> Ran<Value> {
        match word {
            Word::Literal(value) => Ok(value.clone()),
            Word::Inner(pipeline) => self.pipeline(pipeline, dot),
            Word::Name(name) => function(name, &[]),
            Word::Field(path) => follow(dot, path),
            Word::Variable(name, path) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                follow(&known.ok_or_else(|| format!("undefined variable: {name}"))?.1, path)
            }
        }
    }
}

fn follow(value: &Value, path: &[String]) -> Ran<Value> {
    let mut at = value;
    for field in path {
        at = match at {
            Value::Object(_) => get(at, &Value::from(field.as_str())).unwrap_or(&Value::Undefined),
            Value::Undefined | Value::Null => return Err(format!("nil data; no entry for key {field}")),
            other => return Err(format!("can't evaluate field {field} in type {}", super::type_name(other))),
        };
    }
    Ok(at.clone())
}

fn bounds_of(bounds: &[Value], length: usize) -> Ran<std::ops::Range<usize>> {
    let number = |at: usize, default: usize| match bounds.get(at) {
        None => Ok(default),
        Some(Value::Number(n)) => {
            n.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| "index out of range".to_owned())
        }
        Some(_) => Err("cannot index with another type than an integer".to_owned()),
    };
    Ok(number(0, 0)?..number(1, length)?)
}

fn function(name: &str, arguments: &[Value]) -> Ran<Value> {
    let wrong = || Err(format!("wrong number or type of args for {name}"));
    let text_of = |all: &[Value]| all.iter().map(shown).collect::<Vec<_>>();
    let escaped = |table: &[(char, &str)]| {
        let joined = text_of(arguments).concat();
        let mut out = String::new();
        for c in joined.chars() {
            match table.iter().find(|(from, _)| *from == c) {
                Some((_, to)) => out.push_str(to),
                None => out.push(c),
            }
        }
        Ok(Value::from(out))
    };
    let compared = |holds: fn(Ordering) -> bool| match arguments {
        [a, b] if std::mem::discriminant(a) == std::mem::discriminant(b) => {
            Ok(Value::from(holds(order::compare(a, b))))
        }
        _ => Err(format!("incompatible types for comparison by {name}")),
    };
    match (name, arguments) {
        ("and" | "or", [.., last]) => Ok(last.clone()),
        ("not", [value]) => Ok(Value::from(!is_true(value))),
        ("eq", [first, rest @ ..]) if !rest.is_empty() => {
            for other in rest {
                if std::mem::discriminant(first) != std::mem::discriminant(other) {
                    return Err("incompatible types for comparison by eq".to_owned());
                }
                if first == other {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        ("ne", _) => compared(Ordering::is_ne),
        ("lt", _) => compared(Ordering::is_lt),
        ("le", _) => compared(Ordering::is_le),
        ("gt", _) => compared(Ordering::is_gt),
        ("ge", _) => compared(Ordering::is_ge),
        ("len", [Value::String(text)]) => Ok(Value::from(text.len())),
        ("len", [Value::Object(object)]) => Ok(Value::from(object.len())),
        ("len", [value]) => elements(value).map_or_else(wrong, |all| Ok(Value::from(all.len()))),
        ("index", [value, path @ ..]) => {
            let mut at = value;
            for key in path {
                at = match (at, get(at, key)) {
                    (_, Some(found)) => found,
                    (Value::Object(_), None) => &Value::Undefined,
                    _ => return Err("index out of range, or of a value that has none".to_owned()),
                };
            }
            Ok(at.clone())
        }
        ("slice", [Value::String(text), bounds @ ..]) => {
            let bounds = bounds_of(bounds, text.len())?;
            text.get(bounds).map_or_else(wrong, |part| Ok(Value::from(part)))
        }
        ("slice", [Value::Array(array), bounds @ ..]) => {
            let bounds = bounds_of(bounds, array.len())?;
            array.as_slice().get(bounds).map_or_else(wrong, |part| Ok(Value::from(part.to_vec())))
        }
        ("print", _) => {
            // A space only between two that are no strings.
            let mut out = String::new();
            for (i, value) in arguments.iter().enumerate() {
                let is_string =
                    |value: Option<&Value>| !matches!(value, Some(Value::Number(_) | Value::Bool(_)));
                if i > 0 && !is_string(Some(value)) && !is_string(arguments.get(i.saturating_sub(1))) {
                    out.push(' ');
                }
                out.push_str(&shown(value));
            }
            Ok(Value::from(out))
        }
        ("println", _) => Ok(Value::from(format!("{}\n", text_of(arguments).join(" ")))),
        ("printf", [Value::String(format), rest @ ..]) => {
            let operands: Vec<Operand> = rest
                .iter()
                .map(|value| match value {
                    Value::Bool(b) => Operand::Bool(*b),
                    Value::String(_) | Value::Number(_) => Operand::of(value),
                    other => Operand::Text(shown(other)),
                })
                .collect();
            print(format, &operands).map_or_else(wrong, |out| Ok(Value::from(out)))
        }
        ("html", _) => escaped(&[
            ('&', "&amp;"),
            ('<', "&lt;"),
            ('>', "&gt;"),
            ('"', "&#34;"),
            ('\'', "&#39;"),
            ('\0', "\u{fffd}"),
        ]),
        ("js", _) => escaped(&[
            ('\\', "\\\\"),
            ('\'', "\\'"),
            ('"', "\\\""),
            ('<', "\\u003C"),
            ('>', "\\u003E"),
            ('&', "\\u0026"),
            ('=', "\\u003D"),
            ('\n', "\\u000A"),
        ]),
        ("and" | "or" | "not" | "eq" | "len" | "index" | "slice" | "printf", _) => wrong(),
        _ => Err(format!("function {} not defined", text::quoted(name, '"', false))),
    }
}
