//! Tests of the format `gate-evidence`.
