//! Load tests.

mod k6;

pub(super) use k6::K6;
