//! Tests of the format `junit`.
