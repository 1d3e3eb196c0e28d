//! mypy JSON lines.

use crate::format::{Clean, Document, Format, Info};
use crate::model::Evidence;
use crate::read::{Head, ParseError};

/// Reads mypy JSON lines.
pub(crate) struct Mypy;

static INFO: Info = Info {
    id: "mypy",
    title: "mypy JSON lines",
    kinds: &[],
    producers: &[],
    detection: "",
    clean: Clean::Recognisable,
};

impl Format for Mypy {
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
