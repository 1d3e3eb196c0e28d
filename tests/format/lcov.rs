//! Tests of the format `lcov`.
