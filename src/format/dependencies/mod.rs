//! Bills of materials and scanners of dependencies and images.

mod cyclonedx;
mod trivy;

pub(super) use cyclonedx::CycloneDx;
pub(super) use trivy::Trivy;
