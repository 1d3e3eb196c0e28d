//! Findings: one flaw that a tool reported.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Severity, Text};

/// What a finding is about. It decides which gate counts the finding.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Static application security testing.
    Sast,
    /// Software composition analysis: known vulnerabilities in dependencies.
    Sca,
    /// A credential in code, history or image.
    Secret,
    /// A flaw of a container image's own packages or configuration.
    Container,
    /// Infrastructure as code.
    Iac,
    /// Dynamic application security testing.
    Dast,
    /// A linter's rule.
    Lint,
    /// A type checker's rule.
    Type,
    /// Formatting.
    Format,
    /// A licence that is not allowed or not known.
    License,
    /// Complexity of code.
    Complexity,
    /// Duplicated code.
    Duplication,
    /// Accessibility of a page.
    Accessibility,
}

impl Category {
    /// All categories, in the order of reports.
    pub const ALL: [Self; 13] = [
        Self::Sast,
        Self::Sca,
        Self::Secret,
        Self::Container,
        Self::Iac,
        Self::Dast,
        Self::License,
        Self::Lint,
        Self::Type,
        Self::Format,
        Self::Complexity,
        Self::Duplication,
        Self::Accessibility,
    ];

    /// The name used in policies and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sast => "sast",
            Self::Sca => "sca",
            Self::Secret => "secret",
            Self::Container => "container",
            Self::Iac => "iac",
            Self::Dast => "dast",
            Self::Lint => "lint",
            Self::Type => "type",
            Self::Format => "format",
            Self::License => "license",
            Self::Complexity => "complexity",
            Self::Duplication => "duplication",
            Self::Accessibility => "accessibility",
        }
    }

    /// The category of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
    }

    /// The gate that counts findings of this category.
    pub fn gate(self) -> &'static str {
        match self {
            Self::Lint | Self::Type | Self::Format | Self::Complexity | Self::Duplication => "code_quality",
            Self::Accessibility => "accessibility",
            _ => "security",
        }
    }
}

/// A finding's identity: equal for the same flaw in two reports of one tool, different for two flaws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FindingId(pub [u8; 16]);

impl std::fmt::Display for FindingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Whether a finding was there before. Until a baseline is compared, every finding is new.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not in the baseline, or no baseline was given.
    #[default]
    New,
    /// In the baseline too.
    Existing,
    /// In the baseline only.
    Fixed,
}

/// Who declared that a finding does not count.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionKind {
    /// A waiver in trusted configuration.
    Waiver,
    /// A VEX statement.
    Vex,
    /// The tool itself, by a comment in the code or its own baseline. Does not count unless a policy opts in.
    Tool,
}

/// Why a finding does not count, never a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Who says so.
    pub kind: SuppressionKind,
    /// The reason given, empty when none was.
    pub reason: Text,
    /// Whether it is in force: an opinion of the tool is recorded but not in force unless configuration opts in.
    pub in_force: bool,
}

/// Where a finding is: a file with line and column (both from 1, 0 = not said), a URL, an image or a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Path relative to the repository with `/`, or a URL, or an image reference.
    pub path: Text,
    /// First line, from 1; 0 when not said.
    pub line: u32,
    /// First column, from 1; 0 when not said.
    pub column: u32,
    /// Last line, from 1; 0 when not said.
    pub end_line: u32,
    /// What inside the place: a function, a CSS selector, a package of an image.
    pub symbol: Option<Text>,
}

/// The package that a finding is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Package URL, when the evidence gives one.
    pub purl: Option<Text>,
    /// Name as the ecosystem writes it.
    pub name: Text,
    /// Installed version, empty when not said.
    pub version: Text,
    /// First version in which the flaw is mended.
    pub fixed_version: Option<Text>,
}

/// What only some findings carry; kept apart so that a million plain findings stay small.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// The rule's own title.
    pub title: Option<Text>,
    /// How to mend it, in the tool's words.
    pub help: Option<Text>,
    /// Where to read more.
    pub url: Option<Text>,
    /// CVE, GHSA and other names of the same flaw, sorted.
    pub aliases: Vec<Text>,
    /// CWE numbers as `CWE-79`, sorted.
    pub cwe: Vec<Text>,
    /// Highest CVSS base score, 0 to 10.
    pub cvss: Option<f64>,
    /// EPSS probability, 0 to 1.
    pub epss: Option<f64>,
    /// Listed in CISA's catalogue of exploited vulnerabilities.
    pub kev: bool,
    /// The package concerned.
    pub package: Option<Package>,
    /// The rule's tags, as the tool wrote them.
    pub tags: Vec<Text>,
}

/// One flaw that a tool reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Identity; set after reading, see `adjust::identify`.
    pub id: FindingId,
    /// The tool's rule, or the vulnerability's name.
    pub rule: Text,
    /// What it is about; `None` until classified, see `adjust::classify`.
    pub category: Option<Category>,
    /// How bad it is.
    pub severity: Severity,
    /// What the tool says, in one or more lines of plain text. Never holds a secret.
    pub message: Text,
    /// Where it is.
    pub location: Option<Location>,
    /// The tool that reported it.
    pub tool: Text,
    /// Compared with a baseline.
    pub state: State,
    /// Why it does not count, if so.
    pub suppression: Option<Box<Suppression>>,
    /// What only some findings carry; findings of one rule usually share it.
    pub details: Option<Arc<Details>>,
    /// Indexes of the evidence files that report it; filled when evidence is joined.
    pub sources: Vec<u32>,
}

impl Finding {
    /// The rule of a finding that says that the tool itself failed on something.
    pub const TOOL_FAILURE: &'static str = "tool-failure";

    /// A finding with the given essentials and nothing else.
    pub fn new(tool: Text, rule: Text, severity: Severity, message: Text) -> Self {
        Self {
            id: FindingId::default(),
            rule,
            category: None,
            severity,
            message,
            location: None,
            tool,
            state: State::New,
            suppression: None,
            details: None,
            sources: Vec::new(),
        }
    }

    /// The details to write to: made on first use, and copied first when other findings share them.
    pub fn details_mut(&mut self) -> &mut Details {
        Arc::make_mut(self.details.get_or_insert_default())
    }

    /// Whether it is against WCAG 2.0, 2.1 or 2.2 at level A or AA. A tool that does not tag its rules is taken at
    /// its word that they are.
    pub fn is_wcag(&self) -> bool {
        const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
        const OTHER: [&str; 3] = ["best-practice", "wcag2aaa", "experimental"];
        if self.category != Some(Category::Accessibility) || &*self.rule == Self::TOOL_FAILURE {
            return false;
        }
        let tags = self.details.as_ref().map(|d| d.tags.as_slice()).unwrap_or_default();
        tags.iter().any(|tag| TAGS.contains(&&**tag)) || !tags.iter().any(|tag| OTHER.contains(&&**tag))
    }

    /// Whether the finding counts: no suppression is in force and it is not mended.
    pub fn is_open(&self) -> bool {
        self.state != State::Fixed && !self.suppression.as_ref().is_some_and(|s| s.in_force)
    }
}
