//! Bytes of any kind through opening, unpacking, recognising and reading: no panic, no runaway memory.
#![no_main]

use gate::ingest::{Input, Request, collect};
use gate::read::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { bytes: 1 << 20, elements: 100_000, members: 100, ..Limits::default() };
    let inputs = vec![Input::Bytes { name: "fuzz".to_owned(), bytes: data.to_vec() }];
    let collected = collect(&Request { inputs, limits, ..Request::default() }, &|_, _| {});
    let panicked = collected.problems.iter().any(|p| p.code == "internal");
    assert!(!panicked, "{:?}", collected.problems);
});
