//! Tests of the format `gitleaks`.
