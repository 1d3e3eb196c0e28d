//! Loading of any text as a policy: refused or accepted, never a panic.
#![no_main]

use gate::policy::{PolicySet, Sources, UserModule};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = PolicySet::load(Sources {
        modules: vec![UserModule { path: "fuzz.rego".to_owned(), text: text.to_owned() }],
        gates: vec!["security".to_owned()],
        replace: true,
        ..Sources::default()
    });
});
