//! The syntax tree as the layout needs it: parentheses, infix operators and chained bodies are resolved as OPA's own
//! tree has them, and every node has the row and text that OPA's formatter decides by.

use crate::rego::ast::Span;

/// Row and text of a node. The two may part: parentheses widen the text and leave the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loc {
    /// Line, from 1; 0 for what stands nowhere.
    pub(super) row: u32,
    /// Byte offset of the text.
    pub(super) start: u32,
    /// Its end.
    pub(super) end: u32,
}

impl Loc {
    pub(super) fn of(span: Span) -> Self {
        Self { row: span.start.line, start: span.start.offset, end: span.end.offset }
    }

    pub(super) fn text(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The row of the last line.
    pub(super) fn end_row(self, source: &str) -> u32 {
        self.row.saturating_add(newlines(self.text(source)))
    }
}

/// Line breaks in a text.
pub(super) fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u32::MAX)
}

/// The row where a bracket opened in the text is closed; none if it is not. Strings and comments are not told apart
/// from brackets: the placement of comments depends on just that.
pub(super) fn closing_row(
    skip: Option<(u8, u8)>,
    open: u8,
    close: u8,
    loc: Loc,
    source: &str,
) -> Option<u32> {
    let text = loc.text(source).as_bytes();
    let mut rows = 0u32;
    let mut from = 0;
    if let Some((open, close)) = skip {
        let first = text.iter().position(|b| *b == open).unwrap_or(text.len());
        from = close_of(text, first, open, close, &mut rows).unwrap_or(text.len());
    }
    let first = from + text.get(from..)?.iter().position(|b| *b == open)?;
    close_of(text, first, open, close, &mut rows)?;
    Some(loc.row.saturating_add(rows))
}

fn close_of(text: &[u8], first: usize, open: u8, close: u8, rows: &mut u32) -> Option<usize> {
    let mut depth = 1u32;
    for (i, byte) in text.iter().enumerate().skip(first + 1) {
        if *byte == open {
            depth = depth.saturating_add(1);
        } else if *byte == close {
            depth -= 1;
            if depth == 0 {
                return Some(i);
            }
        } else if *byte == b'\n' {
            *rows = rows.saturating_add(1);
        }
    }
    None
}

#[derive(Clone, Debug)]
pub(super) struct Term<'a> {
    pub(super) loc: Loc,
    pub(super) value: Value<'a>,
}

#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// `null`, `true`, a number.
    Plain(String),
    /// A string with its literal; none for a field after a dot.
    Str(&'a str, Option<&'a str>),
    Var(&'a str),
    Ref(Vec<Term<'a>>),
    Call(Call<'a>),
    Array(Vec<Term<'a>>),
    Set(Vec<Term<'a>>),
    Object(Vec<(Term<'a>, Term<'a>)>),
    ArrayOf(Box<Term<'a>>, Vec<Expr<'a>>),
    SetOf(Box<Term<'a>>, Vec<Expr<'a>>),
    ObjectOf(Box<Term<'a>>, Box<Term<'a>>, Vec<Expr<'a>>),
    /// Whether between backquotes; parts.
    Template(bool, Vec<Piece<'a>>),
}

#[derive(Clone, Debug)]
pub(super) enum Piece<'a> {
    /// Text, unescaped, and the row where it begins.
    Text(String, u32),
    Expr(Box<Expr<'a>>),
}

/// A call; infix operators are calls of their functions.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    /// Dotted name, empty where it is no plain path.
    pub(super) name: String,
    /// The function as written; none for operators.
    pub(super) callee: Option<Box<Term<'a>>>,
    pub(super) args: Vec<Term<'a>>,
}

impl<'a> Call<'a> {
    pub(super) fn operator(name: &str, args: Vec<Term<'a>>) -> Self {
        Self { name: name.to_owned(), callee: None, args }
    }

    /// The operator and how many operands it takes, if the function has one.
    pub(super) fn infix(&self) -> Option<(&'static str, usize)> {
        INFIX.iter().find(|(name, ..)| *name == self.name).map(|(_, text, arity)| (*text, *arity))
    }

    pub(super) fn is_union(&self) -> bool {
        self.name == "or"
    }
}

/// Functions with an operator.
const INFIX: [(&str, &str, usize); 17] = [
    ("eq", "=", 2),
    ("assign", ":=", 2),
    ("internal.member_2", "in", 2),
    ("internal.member_3", "in", 3),
    ("gt", ">", 2),
    ("gte", ">=", 2),
    ("lt", "<", 2),
    ("lte", "<=", 2),
    ("neq", "!=", 2),
    ("equal", "==", 2),
    ("plus", "+", 2),
    ("minus", "-", 2),
    ("mul", "*", 2),
    ("div", "/", 2),
    ("rem", "%", 2),
    ("and", "&", 2),
    ("or", "|", 2),
];

#[derive(Clone, Debug)]
pub(super) struct Expr<'a> {
    pub(super) loc: Loc,
    pub(super) negated: bool,
    pub(super) kind: Kind<'a>,
    pub(super) with: Vec<With<'a>>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind<'a> {
    Term(Term<'a>),
    Call(Call<'a>),
    Some(Vec<Term<'a>>),
    SomeIn(Vec<Term<'a>>),
    Every { key: Option<Term<'a>>, value: Term<'a>, domain: Term<'a>, body: Vec<Expr<'a>> },
    Not { body: Vec<Expr<'a>>, explicit: bool },
    Logical { is_or: bool, left: Operand<'a>, right: Operand<'a> },
}

/// An operand of `and`, `or`.
#[derive(Clone, Debug)]
pub(super) struct Operand<'a> {
    pub(super) body: Vec<Expr<'a>>,
    /// The place of its brace, to the end of the whole expression, if it has one.
    pub(super) brace: Option<Loc>,
}

#[derive(Clone, Debug)]
pub(super) struct With<'a> {
    pub(super) loc: Loc,
    pub(super) target: Term<'a>,
    pub(super) value: Term<'a>,
}

#[derive(Clone, Debug)]
pub(super) struct Head<'a> {
    pub(super) loc: Loc,
    pub(super) reference: Vec<Term<'a>>,
    pub(super) args: Vec<Term<'a>>,
    pub(super) key: Option<Term<'a>>,
    pub(super) value: Option<Term<'a>>,
    /// Whether the value is an implied `true` that is never written.
    pub(super) implied: bool,
    pub(super) assigned: bool,
    pub(super) is_else: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Rule<'a> {
    pub(super) loc: Loc,
    pub(super) is_default: bool,
    pub(super) head: Head<'a>,
    pub(super) body: Vec<Expr<'a>>,
    pub(super) otherwise: Option<Box<Rule<'a>>>,
}

impl<'a> Term<'a> {
    pub(super) fn truth(loc: Loc) -> Self {
        Self { loc, value: Value::Plain("true".to_owned()) }
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(&self.value, Value::Plain(text) if text == "true")
    }

    pub(super) fn is_union(&self) -> bool {
        matches!(&self.value, Value::Call(call) if call.is_union())
    }

    /// Whether it holds no variable. A reference never counts as fixed, as it may be undefined.
    pub(super) fn is_fixed(&self) -> bool {
        match &self.value {
            Value::Plain(_) | Value::Str(..) => true,
            Value::Array(items) | Value::Set(items) => items.iter().all(Self::is_fixed),
            Value::Object(items) => items.iter().all(|(key, value)| key.is_fixed() && value.is_fixed()),
            Value::Call(call) => call.args.iter().all(Self::is_fixed),
            _ => false,
        }
    }

    /// Whether its text begins with a brace.
    pub(super) fn leads_with_brace(&self) -> bool {
        match &self.value {
            Value::Set(items) => !items.is_empty(),
            Value::Object(_) | Value::SetOf(..) | Value::ObjectOf(..) => true,
            Value::Ref(parts) => parts.first().is_some_and(Self::leads_with_brace),
            Value::Call(call) => match call.infix() {
                Some((_, arity)) if call.args.len() == arity => {
                    call.args.first().is_some_and(Self::leads_with_brace)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

impl<'a> Expr<'a> {
    pub(super) fn of_term(loc: Loc, term: Term<'a>) -> Self {
        let kind = match term.value {
            Value::Call(call) => Kind::Call(call),
            _ => Kind::Term(term),
        };
        Self { loc, negated: false, kind, with: Vec::new() }
    }

    pub(super) fn is_true(&self) -> bool {
        !self.negated && self.with.is_empty() && matches!(&self.kind, Kind::Term(term) if term.is_true())
    }

    pub(super) fn is_set(&self) -> bool {
        !self.negated && matches!(&self.kind, Kind::Term(Term { value: Value::Set(_), .. }))
    }

    pub(super) fn is_union(&self) -> bool {
        matches!(&self.kind, Kind::Call(call) if call.is_union() && call.args.len() == 2)
    }

    pub(super) fn is_logical(&self) -> bool {
        matches!(self.kind, Kind::Logical { .. })
    }

    pub(super) fn leads_with_brace(&self) -> bool {
        match &self.kind {
            Kind::Term(term) => term.leads_with_brace(),
            Kind::Call(call) => call.lead().is_some_and(Term::leads_with_brace),
            _ => false,
        }
    }
}

impl<'a> Call<'a> {
    /// The operand that is written first where the call is an expression.
    pub(super) fn lead(&self) -> Option<&Term<'a>> {
        let (_, arity) = self.infix()?;
        match self.args.len().checked_sub(arity)? {
            0 => self.args.first(),
            1 => self.args.last(),
            _ => None,
        }
    }
}
