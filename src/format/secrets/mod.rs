//! Secret scanners.

mod gitleaks;

pub(super) use gitleaks::Gitleaks;
