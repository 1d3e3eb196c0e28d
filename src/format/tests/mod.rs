//! Test results.

mod junit;

pub(super) use junit::Junit;
