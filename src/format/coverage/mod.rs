//! Coverage reports.

mod cobertura;
mod jacoco;
mod lcov;

pub(super) use cobertura::Cobertura;
pub(super) use jacoco::Jacoco;
pub(super) use lcov::Lcov;
