//! Tests of the format `cobertura`.
