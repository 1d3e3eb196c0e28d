//! Trivy JSON.

use crate::format::{Clean, Document, Format, Info};
use crate::model::Evidence;
use crate::read::{Head, ParseError};

/// Reads Trivy JSON.
pub(crate) struct Trivy;

static INFO: Info = Info {
    id: "trivy",
    title: "Trivy JSON",
    kinds: &[],
    producers: &[],
    detection: "",
    clean: Clean::Recognisable,
};

impl Format for Trivy {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, _head: &Head<'_>) -> bool {
        false
    }

    fn parse(&self, _document: &Document<'_>, _evidence: &mut Evidence) -> Result<(), ParseError> {
        Ok(())
    }
}
