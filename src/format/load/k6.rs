//! k6 summary.

use crate::format::{Clean, Document, Format, Info};
use crate::model::Evidence;
use crate::read::{Head, ParseError};

/// Reads k6 summary.
pub(crate) struct K6;

static INFO: Info = Info {
    id: "k6",
    title: "k6 summary",
    kinds: &[],
    producers: &[],
    detection: "",
    clean: Clean::Recognisable,
};

impl Format for K6 {
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
