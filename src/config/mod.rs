//! Configuration: `gate.yaml` as written, then as valid; environments; the subject from the CI's environment.
//!
//! Every key has a schema, an unknown key is an error with the nearest name, and thresholds are written as people
//! write them. Nothing here reads the process environment: what is needed of it is passed in.

mod conftest;
mod environment;
mod file;
mod raw;
mod selection;
mod subject;
mod units;

pub use conftest::{CONFTEST_FILE, ConftestConfig, load_conftest};
pub use environment::{Environment, GatePolicy, environments, resolve};
pub(crate) use file::NAMES;
pub use file::{Config, ConfigError, find, load, load_protected, parse};
pub use raw::{
    BundleSetting, EvidenceEntry, GateSetting, RawBundle, RawConfig, RawEnvironment, RuleMode,
    ShippedPolicies,
};
pub use selection::{Selectable, Selection, check_rules_left, check_selectors};
pub use subject::{detect as detect_subject, from_ci, from_git, normalise as normalise_subject};
pub use units::{duration, render, threshold, threshold_over};

/// The gates of the decision matrix, in order.
pub const GATES: [(&str, &str); 6] = [
    ("code_quality", "Code quality"),
    ("security", "Security"),
    ("performance", "Performance"),
    ("accessibility", "Accessibility"),
    ("integration", "Integration"),
    ("deployment", "Deployment"),
];
