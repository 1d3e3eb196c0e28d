//! Tests of the format `mypy`.
