//! Tests of the format `lighthouse`.
