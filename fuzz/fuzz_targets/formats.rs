//! Every reader on any text: no panic, and the same text gives the same evidence.
#![no_main]

use gate::format::{self, Declaration, Document, FORMATS};
use gate::read::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = gate::read::decode(data) else { return };
    let limits = Limits { elements: 100_000, ..Limits::default() };
    let _ = format::detect("fuzz", &text, limits);
    let declaration = Declaration::default();
    let document = Document { name: "fuzz", text: &text, declaration: &declaration, limits };
    for format in FORMATS {
        let first = format::parse(*format, &document);
        let second = format::parse(*format, &document);
        assert_eq!(first.is_ok(), second.is_ok());
        if let (Ok(a), Ok(b)) = (first, second) {
            assert_eq!(a.counts, b.counts);
            assert_eq!(a.findings, b.findings);
        }
    }
});
