//! Reading Go's text templates: text, and actions between `{{` and `}}`.

/// A word of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// `.a.b`, and `.` alone.
    Field(Vec<String>),
    /// `$x.a.b`, and `$` alone.
    Variable(String, Vec<String>),
    /// A function.
    Name(String),
    /// A string or a number.
    Literal(regorus::Value),
    /// A pipeline in parentheses.
    Inner(Pipeline),
}

/// Commands, each one's result the last argument of the next.
pub(super) type Pipeline = Vec<Vec<Word>>;

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Text(String),
    /// What is printed, or a variable set: its name, and whether it is a new one.
    Action(Option<(String, bool)>, Pipeline),
    If(Pipeline, Vec<Node>, Vec<Node>),
    With(Pipeline, Vec<Node>, Vec<Node>),
    /// The variables of index and element.
    Range(Vec<String>, Pipeline, Vec<Node>, Vec<Node>),
    Break,
    Continue,
}

/// Deepest nesting of actions.
const MAX_DEPTH: usize = 64;

type Read<T> = Result<T, String>;

/// Reads a template.
pub(super) fn parse(text: &str) -> Read<Vec<Node>> {
    let mut parser = Parser { rest: text, trim: false };
    let (nodes, end) = parser.nodes(0)?;
    if end.is_empty() { Ok(nodes) } else { Err(format!("unexpected {{{{{end}}}}}")) }
}

struct Parser<'a> {
    rest: &'a str,
    trim: bool,
}

impl<'a> Parser<'a> {
    fn text(&mut self, text: &'a str, trim_end: bool) -> Option<Node> {
        let blank = [' ', '\t', '\r', '\n'];
        let text = if self.trim { text.trim_start_matches(blank) } else { text };
        let text = if trim_end { text.trim_end_matches(blank) } else { text };
        self.trim = false;
        (!text.is_empty()).then(|| Node::Text(text.to_owned()))
    }

    /// Nodes up to an `end` or `else`, which is returned; nothing at the end of the text.
    fn nodes(&mut self, depth: usize) -> Read<(Vec<Node>, String)> {
        if depth > MAX_DEPTH {
            return Err(format!("the limit of {MAX_DEPTH} levels of nesting is exceeded"));
        }
        let mut nodes = Vec::new();
        loop {
            let Some((before, after)) = self.rest.split_once("{{") else {
                let rest = std::mem::take(&mut self.rest);
                nodes.extend(self.text(rest, false));
                return Ok((nodes, String::new()));
            };
            let marked = after.starts_with("- ") || after.starts_with("-\n") || after.starts_with("-\t");
            nodes.extend(self.text(before, marked));
            let after = if marked { after.get(1..).unwrap_or_default() } else { after };
            if after.trim_start().starts_with("/*") {
                let (_, rest) = after.split_once("*/").ok_or("unclosed comment")?;
                let (tail, rest) = rest.split_once("}}").ok_or("comment ends before closing delimiter")?;
                self.trim = tail.trim_start().starts_with('-');
                self.rest = rest;
                continue;
            }
            let end = action_end(after).ok_or("unclosed action")?;
            let (action, rest) = after.split_at_checked(end).ok_or("unclosed action")?;
            self.rest = rest.strip_prefix("}}").unwrap_or(rest);
            self.trim = action.ends_with(" -") || action.ends_with("\n-") || action.ends_with("\t-");
            let action = if self.trim { action.strip_suffix('-').unwrap_or(action) } else { action }.trim();
            let (keyword, tail) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
            match keyword {
                "end" | "else" => return Ok((nodes, action.to_owned())),
                "if" | "with" | "range" => nodes.push(self.control(keyword, tail, depth)?),
                "break" => nodes.push(Node::Break),
                "continue" => nodes.push(Node::Continue),
                "define" | "template" | "block" => {
                    return Err(format!("`{keyword}` is not supported"));
                }
                _ => {
                    let (names, declared, pipeline) = assigned(action)?;
                    match names.as_slice() {
                        [] => nodes.push(Node::Action(None, pipeline)),
                        [name] => nodes.push(Node::Action(Some((name.clone(), declared)), pipeline)),
                        _ => return Err("too many variables in an action".to_owned()),
                    }
                }
            }
        }
    }

    fn control(&mut self, keyword: &str, head: &str, depth: usize) -> Read<Node> {
        let (names, _, pipeline) = assigned(head)?;
        let (body, end) = self.nodes(depth.saturating_add(1))?;
        let otherwise = match end.strip_prefix("else") {
            None if end == "end" => Vec::new(),
            None => return Err("unexpected end of the template".to_owned()),
            Some(more) => match more.trim().split_once(char::is_whitespace) {
                Some((inner @ ("if" | "with"), head)) => {
                    vec![self.control(inner, head, depth.saturating_add(1))?]
                }
                Some(_) => return Err(format!("unexpected {{{{{end}}}}}")),
                None => {
                    let (otherwise, end) = self.nodes(depth.saturating_add(1))?;
                    if end != "end" {
                        return Err("expected end".to_owned());
                    }
                    otherwise
                }
            },
        };
        match (keyword, names.as_slice()) {
            ("range", _) if names.len() <= 2 => Ok(Node::Range(names, pipeline, body, otherwise)),
            ("if", []) => Ok(Node::If(pipeline, body, otherwise)),
            ("with", []) => Ok(Node::With(pipeline, body, otherwise)),
            _ => Err(format!("variables in `{keyword}` are not supported")),
        }
    }
}

/// Where an action ends: strings may hold the delimiter.
fn action_end(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            Some('"') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '`') => quote = Some(c),
            None if text.get(i..)?.starts_with("}}") => return Some(i),
            None => {}
        }
    }
    None
}

/// `$a, $b := pipeline`: names, whether they are new, and the pipeline.
fn assigned(action: &str) -> Read<(Vec<String>, bool, Pipeline)> {
    let declared = action.split_once(":=").filter(|_| action.starts_with('$'));
    let set = action.split_once('=').filter(|_| action.starts_with('$'));
    let (names, pipeline) = declared.or(set).unwrap_or(("", action));
    let names: Vec<String> =
        names.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
    if names.iter().any(|name| !name.starts_with('$')) {
        return Err("a variable begins with `$`".to_owned());
    }
    let mut rest = pipeline;
    let read = commands(&mut rest, 0)?;
    if rest.trim().is_empty() {
        Ok((names, declared.is_some(), read))
    } else {
        Err("unexpected `)`".to_owned())
    }
}

/// Commands up to the end or a closing parenthesis, which is left.
fn commands(rest: &mut &str, depth: usize) -> Read<Pipeline> {
    if depth > MAX_DEPTH {
        return Err(format!("the limit of {MAX_DEPTH} levels of nesting is exceeded"));
    }
    let mut all: Pipeline = vec![Vec::new()];
    loop {
        *rest = rest.trim_start();
        let Some(first) = rest.chars().next().filter(|c| *c != ')') else { break };
        let length = match first {
            '|' => {
                *rest = rest.get(1..).unwrap_or_default();
                all.push(Vec::new());
                continue;
            }
            '(' => {
                *rest = rest.get(1..).unwrap_or_default();
                let inner = commands(rest, depth.saturating_add(1))?;
                *rest = rest.strip_prefix(')').ok_or("unclosed left paren")?;
                if let Some(command) = all.last_mut() {
                    command.push(Word::Inner(inner));
                }
                continue;
            }
            '"' | '`' => {
                let mut escaped = false;
                let close = rest.char_indices().skip(1).find(|(_, c)| {
                    let ends = *c == first && !escaped;
                    escaped = *c == '\\' && first == '"' && !escaped;
                    ends
                });
                close.ok_or("unterminated quoted string")?.0.saturating_add(1)
            }
            _ => rest
                .find(|c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')' | ','))
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(length.max(1)).ok_or("unexpected character")?;
        *rest = after;
        if let Some(command) = all.last_mut() {
            command.push(word(token)?);
        }
    }
    if all.iter().any(Vec::is_empty) { Err("missing value for command".to_owned()) } else { Ok(all) }
}

fn word(token: &str) -> Read<Word> {
    let fields =
        |path: &str| path.split('.').filter(|f| !f.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let bad = || format!("unexpected `{token}`");
    match token.chars().next() {
        Some('.')
            if token.len() == 1
                || token
                    .get(1..2)
                    .is_some_and(|c| c != "." && !c.starts_with(|c: char| c.is_ascii_digit())) =>
        {
            Ok(Word::Field(fields(token)))
        }
        Some('$') => {
            let (name, path) = token.split_once('.').unwrap_or((token, ""));
            Ok(Word::Variable(name.to_owned(), fields(path)))
        }
        Some('`') => Ok(Word::Literal(regorus::Value::from(token.trim_matches('`')))),
        Some('"') => regorus::Value::from_json_str(token).map(Word::Literal).map_err(|_| bad()),
        Some(c) if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => {
            regorus::Value::from_numeric_string(token).map(Word::Literal).map_err(|_| bad())
        }
        Some(c) if c.is_alphabetic() || c == '_' => match token {
            "true" => Ok(Word::Literal(regorus::Value::Bool(true))),
            "false" => Ok(Word::Literal(regorus::Value::Bool(false))),
            "nil" => Ok(Word::Literal(regorus::Value::Null)),
            name => Ok(Word::Name(name.to_owned())),
        },
        _ => Err(bad()),
    }
}
