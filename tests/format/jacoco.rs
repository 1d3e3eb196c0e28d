//! Tests of the format `jacoco`.
