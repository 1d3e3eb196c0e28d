//! Tests of the format `trivy`.
