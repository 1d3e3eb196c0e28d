//! One scale of severity for every tool.

use serde::{Deserialize, Serialize};

/// How bad a finding is. `Unknown` ranks highest, so that an unreadable severity never passes a gate.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing, nothing to do.
    Info,
    /// Minor.
    Low,
    /// Should be mended.
    Medium,
    /// Must be mended soon.
    High,
    /// Must be mended now.
    Critical,
    /// The evidence does not say, or says it in a word that is not known.
    Unknown,
}

impl Severity {
    /// All severities, mildest first.
    pub const ALL: [Self; 6] =
        [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical, Self::Unknown];

    /// The name used in policies and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
        }
    }

    /// The severity that a tool's word stands for, compared without regard to ASCII case.
    ///
    /// A word outside the table (a misspelling, a look-alike letter, nothing) is [`Severity::Unknown`].
    pub fn from_word(word: &str) -> Self {
        const WORDS: [(&str, Severity); 22] = [
            ("critical", Severity::Critical),
            ("blocker", Severity::Critical),
            ("fatal", Severity::Critical),
            ("high", Severity::High),
            ("error", Severity::High),
            ("severe", Severity::High),
            ("serious", Severity::High),
            ("important", Severity::High),
            ("major", Severity::High),
            ("medium", Severity::Medium),
            ("moderate", Severity::Medium),
            ("warning", Severity::Medium),
            ("warn", Severity::Medium),
            ("low", Severity::Low),
            ("minor", Severity::Low),
            ("note", Severity::Low),
            ("info", Severity::Info),
            ("informational", Severity::Info),
            ("information", Severity::Info),
            ("style", Severity::Info),
            ("negligible", Severity::Info),
            ("none", Severity::Info),
        ];
        WORDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(word.trim()))
            .map_or(Self::Unknown, |(_, severity)| *severity)
    }

    /// The severity of a CVSS score or SARIF `security-severity` (0 to 10): the bands of CVSS v3.1 §5.
    pub fn from_score(score: f64) -> Self {
        match score {
            s if !(0.0..=10.0).contains(&s) => Self::Unknown,
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            _ => Self::Info,
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
