//! Cases 1 to 24: files that are broken, hostile, or contradict themselves.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};

use super::{alone, beside_green, folder, green, refused, warnings};
use crate::cli::{clean, decide, rule};
use crate::format::{detected, read_as};

const COVERAGE: &str = "<coverage version=\"7\"><packages><package name=\"p\"><classes>";
const COVERAGE_END: &str = "</classes></package></packages></coverage>";

/// Cobertura with the lines of one file.
fn lines(attributes: &str, lines: &str) -> String {
    format!(
        "<coverage version=\"7\" {attributes}><packages><package name=\"p\"><classes>\
         <class name=\"a\" filename=\"a.py\"><lines>{lines}</lines></class>{COVERAGE_END}"
    )
}

fn bandit(results: &str) -> String {
    format!(
        r#"{{"errors": [], "generated_at": "2026-11-22T10:00:00Z", "metrics": {{"_totals": {{"loc": 1}}}}, "results": {results}}}"#
    )
}

/// Case 1.
#[test]
fn an_empty_file_is_refused_as_empty() {
    let folder = folder(&[("out/scan.sarif", b"")]);
    for arguments in [["out/scan.sarif"], ["out"]] {
        let error = refused(folder.path(), &arguments, "out/scan.sarif");
        assert_eq!(error["message"], "the file is empty");
    }
}

/// Case 2. Every byte of every file is cut at in `properties`.
#[test]
fn a_file_that_is_cut_off_is_refused_with_its_place() {
    let whole = std::fs::read(green("bandit.json")).unwrap();
    let folder = folder(&[("bandit.json", &whole[..whole.len() / 2])]);
    let error = refused(folder.path(), &["bandit.json"], "bandit.json");
    assert!(error["line"].as_u64().unwrap() > 1 && error["byte"].is_u64(), "{error}");
    assert!(error["help"].as_str().unwrap().contains("cut off"), "{error}");
}

/// Case 3. Of no interest where gate does not read the key.
#[test]
fn a_key_written_twice_is_refused_where_it_is_read() {
    let twice = bandit(r#"[], "results": []"#);
    let folder = folder(&[("b.json", twice.as_bytes())]);
    let error = refused(folder.path(), &["b.json"], "b.json");
    assert_eq!(error["message"], "key `results` is written twice in one object");
    let deep = bandit(r#"[{"test_id": "B1", "issue_severity": "HIGH", "issue_severity": "LOW"}]"#);
    assert!(read_as("bandit", &deep).is_err());
    let unread = bandit("[]").replace("\"errors\": []", "\"errors\": [], \"x\": {\"a\": 1, \"a\": 2}");
    assert!(read_as("bandit", &unread).is_ok());
}

/// Case 4. Neither in evidence nor as a name that reaches the policy input.
#[test]
fn a_number_in_disguise_is_no_number() {
    let disguised = r#"{"$serde_json::private::Number": "0"}"#;
    let whole = std::fs::read_to_string(green("k6.json")).unwrap();
    let (before, duration) = whole.split_once("\"http_req_duration\":").unwrap();
    let (within, rest) = duration.split_once("\"p(95)\":").unwrap();
    let (_, end) = rest.split_once(',').unwrap();
    let (code, _) = alone(
        "performance",
        "k6.json",
        &format!("{before}\"http_req_duration\":{within}\"p(95)\":{disguised},{end}"),
    );
    assert_eq!(code, 1, "the latency was not measured");
    let bom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components":
        [{"type": "library", "name": "a", "version": "1", "licenses": [{"license": {"name": "$serde_json::private::Number"}}]}]}"#;
    let (code, decision) = beside_green("bom.json", bom, &[]);
    assert_eq!(code, 0, "{}", decision["reason"]);
}

/// Case 5.
#[test]
fn nesting_past_the_limit_is_refused_and_up_to_it_accepted() {
    let json = |depth: usize| {
        bandit("[]")
            .replace("\"errors\"", &format!("\"x\": {}{}, \"errors\"", "[".repeat(depth), "]".repeat(depth)))
    };
    let xml = |depth: usize| {
        let (open, close) = ("<properties>".repeat(depth), "</properties>".repeat(depth));
        format!(
            "<testsuites>{open}{close}<testsuite name=\"s\"><testcase name=\"t\"/></testsuite></testsuites>"
        )
    };
    assert!(read_as("bandit", &json(127)).is_ok());
    assert!(read_as("junit", &xml(127)).is_ok());
    for depth in [128, 100_000] {
        for error in
            [read_as("bandit", &json(depth)).unwrap_err(), read_as("junit", &xml(depth)).unwrap_err()]
        {
            assert!(error.message.contains("nesting is deeper than the limit of 128"), "{error}");
            assert!(error.help.unwrap().contains("limits.depth"));
        }
    }
    // As deep as the configuration can allow, where readers follow what nests.
    let folder = folder(&[("gate.yaml", b"limits: { depth: 1024 }\n")]);
    let nested = |open: &str, close: &str| open.repeat(400) + &close.repeat(400);
    let components = nested(r#"{"name": "a", "components": ["#, "]}");
    for (name, text) in [
        ("array.json", "[".repeat(100_000)),
        (
            "bom.json",
            format!(r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{components}]}}"#),
        ),
        (
            "bom.xml",
            format!(
                "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><components>{}</components></bom>",
                nested("<component type=\"library\"><name>a</name><components>", "</components></component>")
            ),
        ),
        ("suites.xml", nested("<testsuite name=\"s\">", "</testsuite>")),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
        decide(folder.path(), &[name]);
    }
    refused(folder.path(), &["array.json"], "array.json");
}

/// Case 6.
#[test]
fn numbers_that_json_does_not_have_are_refused() {
    for number in ["NaN", "Infinity", "1e400", "01", "+1", ".5", "0x1"] {
        let text = bandit("[]").replace("\"loc\": 1", &format!("\"loc\": {number}"));
        assert!(read_as("bandit", &text).is_err(), "{number}");
    }
}

/// Case 7.
#[test]
fn large_whole_numbers_are_exact_or_refused() {
    let loc =
        |number: &str| read_as("bandit", &bandit("[]").replace("\"loc\": 1", &format!("\"loc\": {number}")));
    assert_eq!(loc("9007199254740993").unwrap().counts["loc"], 9_007_199_254_740_993_u64);
    let error = loc("123456789012345678901234567890").unwrap_err();
    assert!(error.message.contains("out of range"), "{error}");
}

/// Case 8. Numbers that no coverage has are recorded and never count as covered.
#[test]
fn impossible_coverage_covers_nothing() {
    for hits in ["-1", "99%", "", "NaN", "1.5", "0x10"] {
        let text = lines("", &format!("<line number=\"1\" hits=\"{hits}\"/><line number=\"2\" hits=\"0\"/>"));
        let (code, decision) = alone("code_quality", "c.xml", &text);
        assert_eq!(code, 1, "{hits}: {}", decision["reason"]);
        assert_eq!(rule(&decision, "CQ-101")["measured"][0]["value"], 0.0, "{hits}");
        assert_eq!(decision["evidence"][0]["skipped_total"], 1, "{hits}");
    }
    // Totals alone are no coverage, whatever they say.
    for rate in ["-1", "99", "180%"] {
        let (code, _) = alone("code_quality", "c.xml", &lines(&format!("line-rate=\"{rate}\""), ""));
        assert_eq!(code, 1, "{rate}");
    }
    let page = std::fs::read_to_string(green("lighthouse.json")).unwrap();
    let (before, categories) = page.split_once("\"categories\":").unwrap();
    let (between, score) = categories.split_once("\"accessibility\"").unwrap();
    let (middle, after) = score.split_once("\"score\":").unwrap();
    let (_, rest) = after.split_once([',', '}']).unwrap();
    for score in ["1.01", "-0.5", "99", "\"0.99\"", "null"] {
        let text =
            format!("{before}\"categories\":{between}\"accessibility\"{middle}\"score\": {score}, {rest}");
        let Ok(evidence) = read_as("lighthouse", &text) else { continue };
        for page in &evidence.pages {
            let found = page.scores.iter().find(|(id, _)| &**id == "accessibility");
            assert!(found.is_none_or(|(_, score)| score.is_none()), "{score}: {found:?}");
        }
    }
}

/// Case 9.
#[test]
fn encodings_are_honoured_where_they_are_marked_and_refused_where_they_are_broken() {
    let text = bandit(
        r#"[{"test_id": "B1", "issue_severity": "HIGH", "issue_text": "Ünsafe", "filename": "a.py"}]"#,
    );
    let utf16 = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
        let mut out = mark.to_vec();
        out.extend(text.encode_utf16().flat_map(bytes));
        out
    };
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [&marked, &utf16([0xff, 0xfe], u16::to_le_bytes), &utf16([0xfe, 0xff], u16::to_be_bytes)] {
        let folder = folder(&[("b.json", bytes)]);
        let (code, decision) = decide(folder.path(), &["b.json", "--gate", "security"]);
        assert_eq!(code, 1);
        assert_eq!(rule(&decision, "SEC-001")["verdicts"][0]["items"][0]["message"], "Ünsafe");
    }
    let unmarked: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let overlong = text.as_bytes().iter().flat_map(|b| if *b == b'B' { vec![0xc1, 0x82] } else { vec![*b] });
    let lone = text.replace('Ü', "\\ud800").into_bytes();
    let mut odd = utf16([0xff, 0xfe], u16::to_le_bytes);
    odd.pop();
    for bytes in [unmarked, overlong.collect(), lone, odd] {
        let folder = folder(&[("b.json", &bytes)]);
        refused(folder.path(), &["b.json"], "b.json");
        let (code, decision) = decide(folder.path(), &[".", &green("bandit.json"), "--gate", "security"]);
        assert_ne!(code, 0, "also in a folder: {}", decision["reason"]);
    }
}

/// Case 10.
#[test]
fn text_after_the_document_is_refused() {
    for after in ["x", "{}", "]", "\u{0}", "null"] {
        let folder = folder(&[("b.json", (bandit("[]") + after).as_bytes())]);
        refused(folder.path(), &["b.json"], "b.json");
    }
    let report = "<testsuite name=\"s\"><testcase name=\"t\"/></testsuite>";
    for after in ["x", "<testsuite/>", "</testsuite>"] {
        assert!(read_as("junit", &format!("{report}{after}")).is_err(), "{after}");
    }
}

/// Case 11.
#[test]
fn entities_that_multiply_are_refused_where_they_are_declared() {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<!DOCTYPE testsuite [\n<!ENTITY a0 \"ha\">\n");
    for n in 1..40 {
        text.push_str(&format!("<!ENTITY a{n} \"{}\">\n", format!("&a{};", n - 1).repeat(10)));
    }
    text.push_str("]>\n<testsuite name=\"&a39;\"><testcase name=\"t\"/></testsuite>");
    let folder = folder(&[("t.xml", text.as_bytes())]);
    let start = Instant::now();
    let error = refused(folder.path(), &["t.xml"], "t.xml");
    assert!(error["message"].as_str().unwrap().contains("entity"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
    for declaration in
        ["<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;", "<!ENTITY x SYSTEM \"file:///etc/passwd\">"]
    {
        let text = format!(
            "<!DOCTYPE testsuite [{declaration}]><testsuite name=\"s\"><testcase name=\"&x;\"/></testsuite>"
        );
        assert!(read_as("junit", &text).is_err(), "{declaration}");
    }
}

/// Case 12. A DTD that is only named is passed over: nobody is asked for it.
#[test]
fn an_external_dtd_is_never_fetched() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let report = "<testsuite name=\"s\"><testcase name=\"t\"/></testsuite>";
    for system in
        [format!("http://127.0.0.1:{port}/x.dtd"), "file:///dev/zero".to_owned(), "absent.dtd".to_owned()]
    {
        let text = format!("<!DOCTYPE testsuite SYSTEM \"{system}\">{report}");
        let (code, decision) = alone("integration", "t.xml", &text);
        assert_eq!(code, 0, "{system}: {}", decision["reason"]);
    }
    let asked = listener.accept();
    assert!(asked.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock), "the DTD was asked for");
}

/// Case 13. Case 14.
#[test]
fn attributes_past_the_limit_are_refused_at_once() {
    let start = Instant::now();
    for attribute in
        [|n: usize| format!(" a{n}=\"\""), |n| format!(" xmlns:n{n}=\"u\""), |_| " name=\"t\"".to_owned()]
    {
        let attributes: String = (0..300_000).map(attribute).collect();
        let text = format!("<testsuite name=\"s\"><testcase{attributes}/></testsuite>");
        let error = read_as("junit", &text).unwrap_err();
        assert!(error.message.contains("limit of 256") || error.message.contains("written twice"), "{error}");
    }
    // An element that is not read is passed over without looking at them one by one.
    let attributes: String = (0..300_000).map(|n| format!(" xmlns:n{n}=\"u\"")).collect();
    let text = format!("<testsuite name=\"s\"><x{attributes}/><testcase name=\"t\"/></testsuite>");
    let _ = read_as("junit", &text);
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

/// Case 15.
#[test]
fn a_root_of_another_format_is_refused() {
    let folder = folder(&[("t.xml", b"<html><testcase name=\"t\"/></html>")]);
    let error = refused(folder.path(), &["t.xml"], "t.xml");
    assert_eq!(error["message"], "no format recognises this file");
    for format in ["junit", "cobertura", "jacoco", "cyclonedx"] {
        refused(folder.path(), &["t.xml", "--as", format], "t.xml");
    }
    let other = "<bom xmlns=\"http://evil.example/schema/bom/1.6\"><components/></bom>";
    assert_eq!(detected(other), None);
    assert!(read_as("cyclonedx", other).is_err());
}

/// Compressed zeros without end: ten gigabytes in ten megabytes.
fn bomb() -> Vec<u8> {
    let zeros = vec![0_u8; 1 << 20];
    let mut compress = Compress::new(Compression::best(), false);
    let mut chunk = || {
        let mut out = Vec::with_capacity(1 << 16);
        compress.compress_vec(&zeros, &mut out, FlushCompress::Full).unwrap();
        out
    };
    let (first, next) = (chunk(), chunk());
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    bytes.extend(first);
    for _ in 0..10_240 {
        bytes.extend(&next);
    }
    bytes
}

/// Case 16.
#[test]
fn a_compressed_bomb_is_stopped_at_the_limit() {
    let folder = folder(&[("b.json.gz", &bomb()), ("gate.yaml", b"limits: { bytes: 12MiB }\n")]);
    let start = Instant::now();
    let error = refused(folder.path(), &["b.json.gz"], "b.json.gz");
    assert_eq!(error["message"], "larger than the limit of 12582912 bytes");
    assert!(error["help"].as_str().unwrap().contains("limits.bytes"));
    assert!(start.elapsed() < Duration::from_secs(5));
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Case 17.
#[test]
fn compressed_data_that_is_corrupt_or_followed_by_more_is_refused() {
    let whole = gzip(bandit("[]").as_bytes());
    let cut = whole[..whole.len() - 9].to_vec();
    let mut flipped = whole.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    for bytes in [
        [whole.clone(), whole.clone()].concat(),
        [whole.clone(), b"x".to_vec()].concat(),
        cut,
        flipped,
        whole[..4].to_vec(),
    ] {
        let folder = folder(&[("b.json.gz", &bytes)]);
        refused(folder.path(), &["b.json.gz"], "b.json.gz");
        refused(folder.path(), &["."], "b.json.gz");
    }
    let folder = folder(&[("b.json.gz", &whole)]);
    assert_eq!(decide(folder.path(), &["b.json.gz", "--gate", "security"]).0, 0);
}

/// Case 18. Of a file by what the system says of it, of a stream by what comes.
#[test]
fn a_file_of_four_gigabytes_is_refused_by_its_size() {
    let folder = folder(&[]);
    std::fs::File::create(folder.path().join("b.json")).unwrap().set_len(4 << 30).unwrap();
    let start = Instant::now();
    let error = refused(folder.path(), &["b.json"], "b.json");
    assert_eq!(error["message"], "larger than the limit of 1073741824 bytes");
    std::fs::write(folder.path().join("gate.yaml"), "limits: { bytes: 64KiB }\n").unwrap();
    let mut child = clean(
        Command::new(assert_cmd::cargo::cargo_bin!("gate"))
            .args(["evaluate", "-", "--as", "bandit", "-o", "json"]),
    )
    .current_dir(folder.path())
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let _ = child.stdin.take().unwrap().write_all(&vec![b' '; 1 << 20]);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("larger than the limit of 65536 bytes"));
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// Case 19. What the user names may be a link or a pipe; what is met while walking stays inside; devices never.
#[test]
fn links_pipes_and_devices() {
    let outside =
        folder(&[("red.json", bandit(r#"[{"test_id": "B1", "issue_severity": "HIGH"}]"#).as_bytes())]);
    let folder = folder(&[("in/b.json", bandit("[]").as_bytes())]);
    let red = outside.path().join("red.json");
    symlink(&red, folder.path().join("link.json")).unwrap();
    symlink(&red, folder.path().join("in/out.json")).unwrap();
    symlink("nowhere", folder.path().join("in/dangling.json")).unwrap();
    symlink("..", folder.path().join("in/loop")).unwrap();
    symlink("/dev/zero", folder.path().join("in/zero.json")).unwrap();
    let pipe = |path: &str| {
        assert!(Command::new("mkfifo").arg(folder.path().join(path)).status().unwrap().success())
    };
    pipe("in/pipe.json");
    pipe("pipe.json");
    let security = |path: &str| decide(folder.path(), &[path, "--gate", "security"]);
    assert_eq!(security("link.json").0, 1, "a link that is named is followed");
    assert_eq!(security("in/../in/b.json").0, 0, "a path may go up and down");
    let (code, decision) = security("in");
    assert_eq!(code, 0, "{}", decision["reason"]);
    let ignored: Vec<&str> =
        decision["ignored"].as_array().unwrap().iter().filter_map(|i| i["name"].as_str()).collect();
    assert_eq!(ignored, ["in/dangling.json", "in/loop", "in/out.json", "in/pipe.json", "in/zero.json"]);
    for device in ["/dev/zero", "/dev/null", "in/zero.json"] {
        let error = refused(folder.path(), &[device], device);
        assert!(error["message"].as_str().unwrap().contains("device"), "{error}");
    }
    let writer = {
        let path = folder.path().join("pipe.json");
        std::thread::spawn(move || std::fs::write(path, bandit("[]")))
    };
    assert_eq!(security("pipe.json").0, 0, "a pipe that is named is read");
    writer.join().unwrap().unwrap();
}

/// Case 20.
#[test]
fn the_recorded_digest_is_that_of_the_bytes_that_were_read() {
    use sha2::Digest;
    let texts = [bandit("[]"), bandit(r#"[{"test_id": "B1", "issue_severity": "HIGH"}]"#)];
    let digests = texts
        .clone()
        .map(|text| sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let folder = folder(&[("b.json", texts[0].as_bytes())]);
    let path = folder.path().join("b.json");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                let next = folder.path().join("next");
                std::fs::write(&next, &texts[n % 2]).unwrap();
                std::fs::rename(&next, &path).unwrap();
            }
        });
        let request = gate::ingest::Request {
            inputs: vec![gate::ingest::Input::Path(path.to_string_lossy().into_owned())],
            ..Default::default()
        };
        for _ in 0..100 {
            let found = gate::ingest::collect(&request, &|_, _| {});
            let evidence = &found.evidence[0];
            assert_eq!(evidence.sha256, digests[evidence.findings.len()]);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// Case 21. Lines are the truth, and a file in several records is one.
#[test]
fn a_trace_without_its_end_is_refused_and_its_totals_are_held_against_its_lines() {
    assert!(read_as("lcov", "SF:a.c\nDA:1,1\n").is_err());
    let (code, decision) =
        alone("code_quality", "t.info", "SF:a.c\nDA:1,1\nDA:2,0\nLF:2\nLH:2\nend_of_record\n");
    assert_eq!(code, 1);
    assert_eq!(rule(&decision, "CQ-101")["measured"][0]["value"], 50.0);
    assert_eq!(warnings(&decision), ["totals-contradict-lines"]);
    assert_eq!(rule(&decision, "CQ-901")["status"], "warn");
    let (_, decision) = alone(
        "code_quality",
        "t.info",
        "SF:a.c\nDA:1,1\nDA:2,0\nend_of_record\nSF:a.c\nDA:1,0\nDA:2,1\nend_of_record\n",
    );
    assert_eq!(rule(&decision, "CQ-101")["measured"][0]["value"], 100.0);
}

/// Case 22. The rate that the report claims is never judged.
#[test]
fn a_coverage_rate_that_contradicts_the_lines_is_recomputed_and_told() {
    let text = lines(
        "line-rate=\"1\" lines-valid=\"2\" lines-covered=\"2\"",
        "<line number=\"1\" hits=\"1\"/><line number=\"2\" hits=\"0\"/>",
    );
    let (code, decision) = alone("code_quality", "c.xml", &text);
    assert_eq!(code, 1);
    assert_eq!(rule(&decision, "CQ-101")["measured"][0]["value"], 50.0);
    assert_eq!(warnings(&decision), ["totals-contradict-lines"]);
    let none = format!("{COVERAGE}{COVERAGE_END}")
        .replace("version=\"7\"", "version=\"7\" line-rate=\"1\" lines-valid=\"9\" lines-covered=\"9\"");
    assert_eq!(alone("code_quality", "c.xml", &none).0, 1, "totals without lines");
}

/// Case 23.
#[test]
fn a_failure_that_the_totals_deny_blocks() {
    let text = "<testsuites failures=\"0\" errors=\"0\"><testsuite name=\"s\" tests=\"2\" failures=\"0\" errors=\"0\">\
                <testcase name=\"a\"/><testcase name=\"b\"><failure/></testcase></testsuite></testsuites>";
    let (code, decision) = alone("integration", "t.xml", text);
    assert_eq!((code, &rule(&decision, "INT-001")["status"]), (1, &"fail".into()));
    let claimed = text.replace("<failure/>", "").replace("failures=\"0\"", "failures=\"1\"");
    assert_eq!(alone("integration", "t.xml", &claimed).0, 1, "nor the other way round");
}

/// Case 24.
#[test]
fn a_threshold_that_its_own_values_contradict_blocks() {
    let whole = std::fs::read_to_string(green("k6.json")).unwrap();
    assert_eq!(alone("performance", "k6.json", &whole).0, 0);
    // Here `false` means that the threshold was not crossed.
    let (before, _) = whole.split_once("\"p(95)<2000\"").unwrap();
    let text = format!("{before}\"p(95)<1\"{}", whole.get(before.len() + 12..).unwrap());
    let (code, decision) = alone("performance", "k6.json", &text);
    assert_eq!((code, &rule(&decision, "PERF-006")["status"]), (1, &"fail".into()));
}
