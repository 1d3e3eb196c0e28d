//! Tests of the format `ruff`.
