//! Building and reading archives; what an archive of a stranger may not be.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use gate::bundle::{ArchiveLimits, Bundle, Files, pack, unpack};
use serde_json::Value;

use super::{MODULE, gate, policy_folder, works};

/// A tar member, its name as it is.
fn member(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    let raw = header.as_old_mut();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(tar::EntryType::new(kind));
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    if kind != b'0' {
        header.as_old_mut().linkname[..11].copy_from_slice(b"/etc/passwd");
    }
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = members.concat();
    bytes.extend([0; 1024]);
    gzip(&bytes)
}

fn refused(bytes: &[u8]) -> String {
    unpack(bytes, &ArchiveLimits::default()).expect_err("it must be refused").to_string()
}

fn members(of: &[(&str, &str)]) -> Files {
    of.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
}

#[test]
fn the_same_content_gives_the_same_bytes_whenever_and_wherever_it_is_built() {
    let (one, other) = (policy_folder(), policy_folder());
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let file = std::fs::File::options().write(true).open(other.path().join("policy/sec/x.rego")).unwrap();
    file.set_modified(old).unwrap();
    for folder in [&one, &other] {
        works(folder.path(), &["bundle", "build", "policy", "-o", "b.tar.gz", "--revision", "7"]);
    }
    let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join("b.tar.gz")).unwrap();
    assert!(read(&one) == read(&other));
    let files = unpack(&read(&one), &ArchiveLimits::default()).unwrap();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [".manifest", "data.json", "sec/x.rego"],
        "without tests and without what is no policy"
    );
    works(one.path(), &["bundle", "build", "policy", "--tests", "--ignore", "sec/x.rego", "-o", "t.tar.gz"]);
    let (_, text) = gate(one.path(), &["bundle", "inspect", "t.tar.gz"]);
    assert!(text.contains("x_test.rego") && !text.contains("sec/x.rego"), "{text}");
}

#[test]
fn inspect_shows_what_a_bundle_or_folder_holds() {
    let folder = policy_folder();
    works(
        folder.path(),
        &[
            "bundle",
            "build",
            "policy",
            "-o",
            "b.tar.gz",
            "--revision",
            "7",
            "--root",
            "gate",
            "--root",
            "team",
        ],
    );
    let text = works(folder.path(), &["bundle", "inspect", "b.tar.gz", "--output", "json"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["revision"], "7");
    assert_eq!(value["roots"], serde_json::json!(["gate", "team"]));
    assert_eq!(value["modules"][0]["package"], "gate.security");
    assert_eq!(value["modules"][0]["rules"], serde_json::json!(["deny"]));
    assert_eq!(value["signature"], Value::Null);
    let bytes = std::fs::read(folder.path().join("b.tar.gz")).unwrap();
    assert_eq!(value["digest"], gate::bundle::digest(&bytes));
    let text = works(folder.path(), &["bundle", "inspect", "policy"]);
    assert!(text.contains("gate.security") && text.contains("team.limit"), "{text}");
}

#[test]
fn what_lies_outside_of_the_roots_is_an_error() {
    let folder = policy_folder();
    for (roots, about) in [
        (&["gate"][..], "data at `team`"),
        (&["team"], "package `gate.security`"),
        (&["gate", "team", "gate/security"], "overlap"),
        (&["gate", "team", "/gate/"], "overlap"),
    ] {
        let mut arguments = vec!["bundle", "build", "policy", "-o", "b.tar.gz"];
        arguments.extend(roots.iter().flat_map(|root| ["--root", *root]));
        let (code, text) = gate(folder.path(), &arguments);
        assert_eq!(code, 2, "{roots:?}");
        assert!(text.contains(about), "{roots:?}: {text}");
    }
    assert!(!folder.path().join("b.tar.gz").exists(), "nothing is written");
}

#[test]
fn data_is_merged_below_its_folders_and_a_value_that_is_given_twice_is_an_error() {
    let read = |files: &[(&str, &str)]| Bundle::read(&members(files));
    let bundle =
        read(&[("a/b/data.json", "1"), ("a/data.yaml", "c: 2\n"), ("data.json", "{\"d\": {}}")]).unwrap();
    assert_eq!(Value::Object(bundle.data().unwrap()), serde_json::json!({"a": {"b": 1, "c": 2}, "d": {}}));
    for (files, about) in [
        (&[("a/data.json", "{\"b\": 1}"), ("a/b/data.json", "{\"x\": 1}")][..], "twice"),
        (&[("a/data.json", "{\"b\": 1}"), ("a/data.yaml", "b: 1")], "twice"),
        (&[("data.json", "[1]")], "expected an object"),
        (&[("data.json", "{\"a\": 1, \"a\": 2}")], "a"),
        (&[("data.yaml", "a: 1\na: 2\n")], "a"),
        (&[("data.json", "{\"a\": 1")], ""),
        (&[("data.json", "a: 1")], ""),
        (&[("a.rego", "x := 1")], "package"),
        (&[("patch.json", "{\"data\": []}")], "delta"),
        (&[("a/.manifest", "{}")], "top of the bundle"),
        (&[(".manifest.pb", "x")], "protobuf"),
        (&[(".manifest", "{\"rego_version\": 2}")], "0 or 1"),
        (&[(".manifest", "{\"roots\": \"a\"}")], "array"),
        (&[(".manifest", "{\"revision\": 1}")], "string"),
        (&[(".manifest", "[]")], "object"),
    ] {
        let error = read(files).expect_err(about).to_string();
        assert!(error.contains(about), "{files:?}: {error}");
    }
}

#[test]
fn what_is_compiled_is_left_alone_and_said() {
    let bundle = Bundle::read(&members(&[
        ("policy.wasm", "x"),
        ("plan.json", "{}"),
        (
            ".manifest",
            "{\"revision\": \"\", \"wasm\": [{\"entrypoint\": \"a\", \"module\": \"/policy.wasm\"}]}",
        ),
        ("x.rego", MODULE),
    ]))
    .unwrap();
    assert_eq!(bundle.notes.len(), 3, "{:?}", bundle.notes);
}

#[test]
fn versions_of_the_language_follow_the_manifest_and_the_import() {
    let bundle = Bundle::read(&members(&[
        (".manifest", "{\"rego_version\": 0, \"file_rego_versions\": {\"/new/*\": 1}}"),
        ("new/a.rego", "package a\n"),
        ("old/a.rego", "package a\n"),
        ("old/b.rego", "package b\nimport rego.v1\n"),
    ]))
    .unwrap();
    let versions: Vec<u8> = bundle.modules.iter().map(|m| m.rego_version).collect();
    assert_eq!(versions, [1, 0, 1]);
}

#[test]
fn names_that_lead_elsewhere_links_and_devices_are_errors() {
    for name in ["../x.rego", "a/../../x.rego", "/../x.rego", "a\\..\\x.rego", "a\nb.rego", "/", "."] {
        refused(&archive(&[member(name, b'0', b"package a\n")]));
    }
    for kind in [b'1', b'2', b'3', b'4', b'6', b'7', b'S'] {
        refused(&archive(&[member("x.rego", kind, b"")]));
    }
    refused(&archive(&[member("../x/", b'5', b"")]));
    let fine = archive(&[member("./a/", b'5', b""), member("/a/x.rego", b'0', b"package a\n")]);
    let files = unpack(&fine, &ArchiveLimits::default()).unwrap();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["a/x.rego"]);
}

#[test]
fn a_name_that_is_given_twice_is_an_error_however_it_is_written() {
    for other in ["x.rego", "/x.rego", "./x.rego", "//x.rego"] {
        let bytes = archive(&[member("x.rego", b'0', b"package a\n"), member(other, b'0', b"package b\n")]);
        assert!(refused(&bytes).contains("twice"), "{other}");
    }
}

#[test]
fn nothing_hides_behind_the_end_of_an_archive() {
    let mut tail = member("x.rego", b'0', b"package a\n");
    tail.extend([0; 1024]);
    tail.extend(member("y.rego", b'0', b"package b\n"));
    tail.extend([0; 1024]);
    assert!(refused(&gzip(&tail)).contains("behind the end"));
    let mut bytes = archive(&[member("x.rego", b'0', b"package a\n")]);
    let whole = bytes.clone();
    bytes.extend(b"more");
    refused(&bytes);
    for cut in [whole.len() - 1, whole.len() - 9, whole.len() / 2, 12, 1, 0] {
        refused(&whole[..cut]);
    }
    let mut flipped = whole.clone();
    let middle = flipped.len() - 6;
    flipped[middle] ^= 1;
    refused(&flipped);
}

#[test]
fn bombs_are_stopped() {
    let bomb = archive(&[member("data.json", b'0', &vec![b' '; 64 << 20])]);
    assert!(bomb.len() < 200_000);
    assert!(refused(&bomb).contains("unpacks to more"));
    let many: Files = (0..20).map(|n| (format!("f{n}.rego"), b"package a\n".to_vec())).collect();
    let few = ArchiveLimits { files: 19, ..ArchiveLimits::default() };
    assert!(unpack(&pack(&many).unwrap(), &few).unwrap_err().to_string().contains("more than 19 files"));
}

#[test]
fn a_thousand_files_take_no_time() {
    let files: Files = (0..1000)
        .map(|n| (format!("p{n}/x.rego"), format!("package p{n}\n\n{MODULE}").into_bytes()))
        .collect();
    let start = std::time::Instant::now();
    let bytes = pack(&files).unwrap();
    let read = Bundle::read(&unpack(&bytes, &ArchiveLimits::default()).unwrap()).unwrap();
    assert_eq!(read.modules.len(), 1000);
    assert!(start.elapsed().as_secs() < 10, "{:?} in a build without optimisation", start.elapsed());
}
