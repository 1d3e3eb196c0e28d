//! Tests of the format `sarif`.
