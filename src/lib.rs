//! gate: a policy-as-code quality and security gate.
//!
//! Reports of scanners and tests are normalised into one evidence model, judged by Rego policies, and answered with
//! allow, block or error. Data flows one way:
//!
//! ```text
//! bytes -> ingest (walk, open, detect) -> format (one file per format) -> model::Evidence
//!       -> adjust (classify, scope, identify, merge) -> policy input -> policy (Rego) -> decide -> model::Decision
//!       -> report
//! ```
//!
//! | module | does | never |
//! |---|---|---|
//! | [`model`] | plain data | knows anything else of the crate |
//! | [`read`] | JSON, XML and text cursors with limits and places | knows a format |
//! | [`format`] | a reader per evidence format | opens files, looks at a clock, decides |
//! | [`document`] | configuration files as JSON values, a parser per kind of file | opens files, judges |
//! | [`ingest`] | finds, opens, unpacks and reads files side by side | decides |
//! | [`adjust`] | from files to one case | deletes a finding, touches the outside |
//! | [`policy`] | loads, checks and runs Rego; the only user of the interpreter | knows formats or reports |
//! | [`bundle`] | OPA bundles: read, build, sign, verify, push, pull | evaluates policies |
//! | [`config`] | `gate.yaml`, environments, the subject | judges |
//! | [`origin`] | files of the working tree or of a protected git ref; the only one that runs git | follows links out of the repository |
//! | [`sources`] | policies out of refs and bundles | judges |
//! | [`decide`] | [`decide::evaluate`]: the one call behind every face | reads files or the clock |
//! | [`report`] | a renderer per report format | decides |
//! | [`signature`] | verifies signatures and attestations | opens files, connections or a clock |
//! | [`workbench`] | tests, queries, explanations, replay, diff | changes a decision |
//! | [`cli`] | the command line, thin | holds logic that another face would need |
//!
//! `tests/architecture.rs` holds these rules. Only a typed [`model::Outcome::Allow`] ever becomes exit code 0.

pub mod adjust;
pub mod bundle;
pub mod cli;
pub mod config;
pub mod decide;
pub mod digest;
pub mod document;
pub mod format;
pub mod ingest;
pub mod inspect;
pub mod model;
pub mod origin;
pub mod policy;
pub mod read;
pub mod rego;
pub mod report;
pub mod schemas;
pub mod signature;
pub mod sources;
pub mod suggest;
pub mod workbench;
