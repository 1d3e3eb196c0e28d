//! Tests of the format `axe`.
