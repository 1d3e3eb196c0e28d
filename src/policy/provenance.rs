//! Where policies came from: what a decision records beside their digest. It says nothing of what they mean.

use crate::model::PolicySource;

/// Where policies came from, for the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Protected ref and bundle.
    pub sources: Vec<PolicySource>,
    /// Files of the working tree that were ignored, at most so many as a decision lists.
    pub ignored: Vec<String>,
    /// How many there are in all.
    pub ignored_total: u64,
}
