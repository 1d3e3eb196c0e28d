//! The policies in the binary. A test keeps the list equal to the folder `policies/`.

/// Shipped modules as path and text.
pub(super) const MODULES: [(&str, &str); 7] = [
    ("policies/gate/lib/lib.rego", include_str!("../../policies/gate/lib/lib.rego")),
    (
        "policies/gate/code_quality/code_quality.rego",
        include_str!("../../policies/gate/code_quality/code_quality.rego"),
    ),
    ("policies/gate/security/security.rego", include_str!("../../policies/gate/security/security.rego")),
    (
        "policies/gate/performance/performance.rego",
        include_str!("../../policies/gate/performance/performance.rego"),
    ),
    (
        "policies/gate/accessibility/accessibility.rego",
        include_str!("../../policies/gate/accessibility/accessibility.rego"),
    ),
    (
        "policies/gate/integration/integration.rego",
        include_str!("../../policies/gate/integration/integration.rego"),
    ),
    (
        "policies/gate/deployment/deployment.rego",
        include_str!("../../policies/gate/deployment/deployment.rego"),
    ),
];

/// The shipped `data` document: thresholds, environments, lists.
pub(super) const DATA: &str = include_str!("../../policies/data.json");

/// Paths and texts of the shipped modules.
pub fn modules() -> impl Iterator<Item = (&'static str, &'static str)> {
    MODULES.into_iter()
}

/// The shipped data, as JSON text.
pub fn data() -> &'static str {
    DATA
}
