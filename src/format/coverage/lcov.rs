//! LCOV trace.

use crate::format::{Clean, Document, Format, Info};
use crate::model::Evidence;
use crate::read::{Head, ParseError};

/// Reads LCOV trace.
pub(crate) struct Lcov;

static INFO: Info = Info {
    id: "lcov",
    title: "LCOV trace",
    kinds: &[],
    producers: &[],
    detection: "",
    clean: Clean::Recognisable,
};

impl Format for Lcov {
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
