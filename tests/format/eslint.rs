//! Tests of the format `eslint`.
