//! Tests of the format `cyclonedx`.
