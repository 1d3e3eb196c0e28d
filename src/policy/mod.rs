//! Policies: loading, checking and evaluating Rego.
//!
//! Only `engine` knows the interpreter. Nothing here knows formats, reports or stores.

mod annotation;
mod check;
mod conventions;
mod engine;
mod error;
mod fields;
mod input;
mod load;
mod outline;
mod provenance;
mod rule;
mod scan;
mod shipped;
mod tree;
mod worker;

pub(crate) use annotation::date;
pub use conventions::{
    Answer, ConfigFile, ConventionSet, ConventionSources, DEFAULT_NAMESPACE, EntryRule, Namespace,
    is_conventional,
};
pub use error::PolicyError;
pub use fields::{List, input_schema};
pub use input::*;
pub use load::{Isolation, PolicySet, Sources, UserModule};
pub use outline::{Outline, outline};
pub use provenance::Provenance;
pub use rule::RuleInfo;
pub use shipped::{data as shipped_data, modules as shipped_modules};
pub use worker::{ARGUMENT as WORKER_ARGUMENT, serve as serve_worker};
pub(crate) use worker::{Started, spawn};

/// What the entry rules of the gates say: gate, rule, value.
pub type Evaluation =
    std::collections::BTreeMap<String, std::collections::BTreeMap<String, serde_json::Value>>;
