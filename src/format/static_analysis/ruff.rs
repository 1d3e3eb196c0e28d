//! Ruff JSON.

use crate::format::{Clean, Document, Format, Info};
use crate::model::Evidence;
use crate::read::{Head, ParseError};

/// Reads Ruff JSON.
pub(crate) struct Ruff;

static INFO: Info = Info {
    id: "ruff",
    title: "Ruff JSON",
    kinds: &[],
    producers: &[],
    detection: "",
    clean: Clean::Recognisable,
};

impl Format for Ruff {
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
