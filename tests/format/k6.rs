//! Tests of the format `k6`.
