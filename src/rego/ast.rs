//! The syntax tree of a module, as written: nothing is resolved, nothing is dropped.
//!
//! Names follow the Rego policy reference. Every node has the span of its text; comments are kept beside the tree, so
//! that it can be printed again.

/// A place in a text: byte offset from 0, line and column (in characters) from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Byte offset, from 0.
    pub offset: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// From the first byte to the one after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: Place,
    /// Where it ends: one after its last character.
    pub end: Place,
}

impl Span {
    /// The text that it spans.
    pub fn of<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.start.offset as usize..self.end.offset as usize).unwrap_or_default()
    }

    /// From the beginning of this to the end of another.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// The version of the language that a module is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Version {
    /// Before OPA 1.0: `if` and `contains` are optional, keywords are imported.
    V0,
    /// OPA 1.0 and later, and what `import rego.v1` asks for.
    #[default]
    V1,
}

/// One file.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// The package.
    pub package: Package,
    /// Imports in order.
    pub imports: Vec<Import>,
    /// Rules in order.
    pub rules: Vec<Rule>,
    /// Comments in order.
    pub comments: Vec<Comment>,
    /// The language that it was read as; `import rego.v1` in a v0 module makes it v1.
    pub version: Version,
    /// Whether `not` takes a body in which undefined counts as false (`import future.keywords.not`).
    pub not_bodies: bool,
}

/// `package a.b["c"]`.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// From `package` to the end of the path.
    pub span: Span,
    /// The path below `data`.
    pub path: Vec<String>,
}

/// `import data.a.b as c`.
#[derive(Clone, Debug)]
pub struct Import {
    /// The statement.
    pub span: Span,
    /// The path with its root: `data`, `input`, `rego` or `future`.
    pub path: Vec<String>,
    /// The name after `as`.
    pub alias: Option<String>,
}

impl Import {
    /// The name by which the module refers to it; nothing for `rego.v1` and `future.keywords`.
    pub fn name(&self) -> Option<&str> {
        match self.path.first().map(String::as_str) {
            Some("rego" | "future") => None,
            _ => self.alias.as_deref().or(self.path.last().map(String::as_str)),
        }
    }
}

/// `# ...`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From the `#` to the end of the line.
    pub span: Span,
    /// What follows the `#`.
    pub text: String,
}

/// One rule; a chain of bodies after one head is several, with [`Rule::chained`].
#[derive(Clone, Debug)]
pub struct Rule {
    /// The whole rule, its `else` included.
    pub span: Span,
    /// `default`.
    pub is_default: bool,
    /// The head.
    pub head: Head,
    /// The body; none where there is only a head.
    pub body: Option<Body>,
    /// `else` branches in order.
    pub elses: Vec<Else>,
    /// Whether it shares the head of the rule before it (`p { ... } { ... }`, v0).
    pub chained: bool,
}

/// What a rule defines.
#[derive(Clone, Debug)]
pub struct Head {
    /// The head.
    pub span: Span,
    /// The reference: a variable, then fields and terms in brackets. A v0 `p[x]` without value keeps `x` here.
    pub reference: Vec<Part>,
    /// Parameters of a function.
    pub args: Option<Vec<Term>>,
    /// What follows `contains`.
    pub key: Option<Term>,
    /// What follows `:=` or `=`.
    pub value: Option<Term>,
    /// Whether the value follows `:=`.
    pub assigned: bool,
    /// Whether `if` follows.
    pub has_if: bool,
}

impl Head {
    /// The first name of the reference.
    pub fn name(&self) -> &str {
        match self.reference.first().map(|part| &part.kind) {
            Some(PartKind::Dot(name)) => name,
            _ => "",
        }
    }
}

/// `else := value if { body }`.
#[derive(Clone, Debug)]
pub struct Else {
    /// The branch.
    pub span: Span,
    /// The value, `true` where there is none.
    pub value: Option<Term>,
    /// Whether the value follows `:=`.
    pub assigned: bool,
    /// Whether there is `if`.
    pub has_if: bool,
    /// The body, always true where there is none.
    pub body: Option<Body>,
}

/// Expressions that must all be true.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// With its braces, if any.
    pub span: Span,
    /// Whether it stands in braces.
    pub braces: bool,
    /// The expressions.
    pub exprs: Vec<Expr>,
}

/// One expression of a body.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The expression, `not` and `with` included.
    pub span: Span,
    /// `not` before a plain expression.
    pub negated: bool,
    /// What it says.
    pub kind: ExprKind,
    /// `with` modifiers.
    pub with: Vec<With>,
}

/// What an expression says.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A term that must be defined and not false; calls and infix operators included.
    Term(Term),
    /// `left := right`.
    Assign(Term, Term),
    /// `left = right`.
    Unify(Term, Term),
    /// `some x, y`.
    Some(Vec<Term>),
    /// `some value in collection`, `some key, value in collection`.
    SomeIn {
        /// The key or index.
        key: Option<Term>,
        /// The value.
        value: Term,
        /// What is iterated.
        collection: Term,
    },
    /// `every key, value in domain { body }`.
    Every {
        /// The key or index, a variable.
        key: Option<Term>,
        /// The value, a variable.
        value: Term,
        /// What is iterated.
        domain: Term,
        /// What must hold for each.
        body: Body,
    },
    /// `not` of a module with `import future.keywords.not`: undefined inside counts as false.
    Not(Body),
    /// `left and right`, `left or right` of modules that import these keywords.
    Logical {
        /// Whether it is `or`.
        is_or: bool,
        /// Left operand.
        left: Body,
        /// Right operand.
        right: Body,
    },
}

/// `with target as value`.
#[derive(Clone, Debug)]
pub struct With {
    /// The modifier.
    pub span: Span,
    /// What is replaced: a reference below `input` or `data`, or a function.
    pub target: Term,
    /// What by.
    pub value: Term,
}

/// A term.
#[derive(Clone, Debug)]
pub struct Term {
    /// Its text.
    pub span: Span,
    /// What it is.
    pub kind: TermKind,
}

/// What a term is.
#[derive(Clone, Debug)]
pub enum TermKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number as written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// `$"a {b} c"`: strings and expressions in turn.
    Template(Vec<TemplatePart>),
    /// A variable; `_` is one each time.
    Var(String),
    /// A reference of at least one part: `head.field[term]`.
    Ref(Box<Term>, Vec<Part>),
    /// `function(args)`; the function is a variable or a reference.
    Call(Box<Term>, Vec<Term>),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{a, b}`, `set()`.
    Set(Vec<Term>),
    /// `{a: b}`.
    Object(Vec<(Term, Term)>),
    /// `[term | body]`.
    ArrayComprehension(Box<Term>, Body),
    /// `{term | body}`.
    SetComprehension(Box<Term>, Body),
    /// `{key: value | body}`.
    ObjectComprehension(Box<Term>, Box<Term>, Body),
    /// `left op right`.
    Infix(Op, Box<Term>, Box<Term>),
    /// `key, value in collection` as a test.
    MemberWithKey(Box<Term>, Box<Term>, Box<Term>),
    /// `(term)`.
    Paren(Box<Term>),
    /// `-term` of a reference or call.
    Minus(Box<Term>),
}

/// A part of a reference.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its text: the name, or from `[` to `]`.
    pub span: Span,
    /// What it is.
    pub kind: PartKind,
}

/// What a part of a reference is.
#[derive(Clone, Debug)]
pub enum PartKind {
    /// `.name`, and the first name of a head.
    Dot(String),
    /// `[term]`.
    Bracket(Box<Term>),
}

/// A part of a template string.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text, unescaped.
    Text(String),
    /// `{expression}`: a term with modifiers.
    Expr(Box<Expr>),
}

/// An infix operator of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `&`
    And,
    /// `|`
    Or,
    /// `in`
    In,
}

impl Op {
    /// As written.
    pub fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::And => "&",
            Self::Or => "|",
            Self::In => "in",
        }
    }

    /// Name of OPA's builtin function of the same meaning.
    pub fn function(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::NotEqual => "neq",
            Self::Less => "lt",
            Self::LessOrEqual => "lte",
            Self::Greater => "gt",
            Self::GreaterOrEqual => "gte",
            Self::Plus => "plus",
            Self::Minus => "minus",
            Self::Multiply => "mul",
            Self::Divide => "div",
            Self::Remainder => "rem",
            Self::And => "and",
            Self::Or => "or",
            Self::In => "internal.member_2",
        }
    }

    /// How strongly it binds, from 1.
    pub(crate) fn binding(self) -> u8 {
        match self {
            Self::In => 1,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual => 2,
            Self::Or => 3,
            Self::And => 4,
            Self::Plus | Self::Minus => 5,
            Self::Multiply | Self::Divide | Self::Remainder => 6,
        }
    }
}

impl Term {
    /// A term that stands where another stood.
    pub fn at(span: Span, kind: TermKind) -> Self {
        Self { span, kind }
    }

    /// The term without parentheses around it.
    pub fn bare(&self) -> &Self {
        match &self.kind {
            TermKind::Paren(inner) => inner.bare(),
            _ => self,
        }
    }

    /// The name, if it is a variable.
    pub fn as_var(&self) -> Option<&str> {
        match &self.bare().kind {
            TermKind::Var(name) => Some(name),
            _ => None,
        }
    }

    /// The names of a reference that is fixed: `a.b["c"]` is `a`, `b`, `c`; a variable is itself.
    pub fn fixed_path(&self) -> Option<Vec<&str>> {
        match &self.bare().kind {
            TermKind::Var(name) => Some(vec![name]),
            TermKind::Ref(head, parts) => {
                let mut path = head.fixed_path()?;
                for part in parts {
                    path.push(part.name()?);
                }
                Some(path)
            }
            _ => None,
        }
    }
}

impl Part {
    /// The name, if it is a field or a string in brackets.
    pub fn name(&self) -> Option<&str> {
        match &self.kind {
            PartKind::Dot(name) => Some(name),
            PartKind::Bracket(term) => match &term.bare().kind {
                TermKind::String(name) => Some(name),
                _ => None,
            },
        }
    }
}
