//! Tests of the format `semgrep`.
