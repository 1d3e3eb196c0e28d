//! What a decision is about.

use serde::{Deserialize, Serialize};

use super::Text;

/// The artifact or revision that a decision speaks of, or that evidence names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Subject {
    /// Full commit hash, lower case.
    pub commit: Option<Text>,
    /// Git ref: `refs/heads/main`.
    #[serde(rename = "ref")]
    pub git_ref: Option<Text>,
    /// Repository as `host/owner/name` or as the CI names it.
    pub repository: Option<Text>,
    /// Artifact digest: `sha256:<hex>`.
    pub digest: Option<Text>,
}

/// Whether evidence speaks of the subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectMatch {
    /// It names the same commit or digest.
    Match,
    /// It names another one: it is not evidence for this subject.
    Mismatch,
    /// It names none, or the subject is not known.
    #[default]
    Unknown,
}

impl Subject {
    /// Compares what evidence names (`self`) with the subject of the decision.
    ///
    /// A commit may be shortened to seven characters or more on either side.
    pub fn matches(&self, wanted: &Self) -> SubjectMatch {
        let commit = self.commit.as_deref().zip(wanted.commit.as_deref()).map(|(a, b)| same_commit(a, b));
        let digest =
            self.digest.as_deref().zip(wanted.digest.as_deref()).map(|(a, b)| a.eq_ignore_ascii_case(b));
        match (commit, digest) {
            (Some(false), _) | (_, Some(false)) => SubjectMatch::Mismatch,
            (Some(true), _) | (_, Some(true)) => SubjectMatch::Match,
            (None, None) => SubjectMatch::Unknown,
        }
    }
}

fn same_commit(a: &str, b: &str) -> bool {
    let length = a.len().min(b.len());
    length >= 7 && a.bytes().take(length).zip(b.bytes()).all(|(x, y)| x.eq_ignore_ascii_case(&y))
}
