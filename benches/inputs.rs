//! Reports as large as one likes, made up but shaped like those of real tools; the same bytes at every run.

use std::fmt::Write as _;

/// Numbers without pattern, from a fixed seed (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 33) % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            let _ = write!(text, "{:016x}", self.next());
        }
        text.truncate(digits);
        text
    }
}

const LEVELS: [&str; 3] = ["error", "warning", "note"];
const MESSAGES: [&str; 4] = [
    "User input reaches a shell. Pass the arguments as a list instead.",
    "SQL text is built from a value; use the driver's parameters \\u2014 see \\\"Query parameters\\\".",
    "This hash is broken: replace MD5 with SHA-256 or, for passwords, with argon2.",
    "The request has no timeout and can hang for ever.",
];

/// SARIF 2.1.0 in the manner of Semgrep: one run, rules with help texts, a snippet and fingerprints per result.
pub(crate) fn sarif(bytes: usize) -> String {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(bytes + 4096);
    text.push_str(concat!(
        r#"{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"#,
        r#""invocations":[{"executionSuccessful":true,"toolExecutionNotifications":[]}],"#,
        r#""tool":{"driver":{"name":"Semgrep OSS","semanticVersion":"1.99.0","rules":["#
    ));
    for rule in 0..300 {
        let _ = write!(
            text,
            concat!(
                r#"{}{{"id":"acme.python.rule-{}","name":"acme.python.rule-{}","defaultConfiguration":{{"level":"{}"}},"#,
                r#""shortDescription":{{"text":"Finding of rule {}"}},"fullDescription":{{"text":"{}"}},"#,
                r#""help":{{"text":"{}","markdown":"**{}**"}},"helpUri":"https://rules.example/{}","#,
                r#""properties":{{"precision":"very-high","tags":["CWE-{}: a weakness","MEDIUM CONFIDENCE","security"]}}}}"#
            ),
            if rule == 0 { "" } else { "," },
            rule,
            rule,
            LEVELS[rule % 3],
            rule,
            MESSAGES[rule % 4],
            MESSAGES[rule % 4],
            MESSAGES[(rule + 1) % 4],
            rule,
            20 + rule,
        );
    }
    text.push_str(r#"]}},"results":["#);
    let mut result = 0_u64;
    while text.len() < bytes {
        let rule = numbers.below(300);
        let line = 1 + numbers.below(4000);
        let column = 1 + numbers.below(60);
        let message = numbers.pick(&MESSAGES);
        let fingerprint = numbers.hex(128);
        let _ = write!(
            text,
            concat!(
                r#"{}{{"fingerprints":{{"matchBasedId/v1":"{}_0"}},"locations":[{{"physicalLocation":{{"#,
                r#""artifactLocation":{{"uri":"services/api{}/src/module_{}.py","uriBaseId":"%SRCROOT%"}},"#,
                r#""region":{{"endColumn":{},"endLine":{},"snippet":{{"text":"    run(\"tool --name \" + name_{})\n    return out"}},"#,
                r#""startColumn":{},"startLine":{}}}}}}}],"message":{{"text":"{}"}},"properties":{{}},"ruleId":"acme.python.rule-{}","ruleIndex":{}{}}}"#
            ),
            if result == 0 { "" } else { "," },
            fingerprint,
            numbers.below(40),
            result % 5000,
            column + 20,
            line + 1,
            result,
            column,
            line,
            message,
            rule,
            rule,
            if result % 10 == 9 { r#","suppressions":[{"kind":"inSource"}]"# } else { "" },
        );
        result += 1;
    }
    text.push_str("]}]}");
    text
}

/// Cobertura in the manner of coverage.py: a class per file, 200 lines each, every sixth with branches.
pub(crate) fn cobertura(bytes: usize) -> String {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(bytes + 65_536);
    text.push_str(concat!(
        "<?xml version=\"1.0\" ?>\n",
        "<coverage version=\"7.6.1\" timestamp=\"1767225600000\" lines-valid=\"1000\" lines-covered=\"850\" ",
        "line-rate=\"0.85\" branches-valid=\"100\" branches-covered=\"80\" branch-rate=\"0.8\" complexity=\"0\">\n",
        "\t<sources>\n\t\t<source>/build/src</source>\n\t</sources>\n\t<packages>\n"
    ));
    let mut package = 0;
    while text.len() < bytes {
        let _ = writeln!(
            text,
            "\t\t<package name=\"p{package}\" line-rate=\"0.85\" branch-rate=\"0.8\" complexity=\"0\">\n\t\t\t<classes>"
        );
        for file in 0..8 {
            let _ = writeln!(
                text,
                "\t\t\t\t<class name=\"f{file}.py\" filename=\"p{package}/f{file}.py\" complexity=\"0\" line-rate=\"0.85\" branch-rate=\"0.8\">\n\t\t\t\t\t<methods/>\n\t\t\t\t\t<lines>"
            );
            let mut line = 0;
            for _ in 0..200 {
                line += 1 + numbers.below(3);
                let hits = numbers.below(7).saturating_sub(1);
                if line % 6 == 0 {
                    let taken = numbers.below(3);
                    let _ = writeln!(
                        text,
                        "\t\t\t\t\t\t<line number=\"{line}\" hits=\"{hits}\" branch=\"true\" condition-coverage=\"{}% ({taken}/2)\"/>",
                        taken * 50,
                    );
                } else {
                    let _ = writeln!(text, "\t\t\t\t\t\t<line number=\"{line}\" hits=\"{hits}\"/>");
                }
            }
            text.push_str("\t\t\t\t\t</lines>\n\t\t\t\t</class>\n");
        }
        text.push_str("\t\t\t</classes>\n\t\t</package>\n");
        package += 1;
    }
    text.push_str("\t</packages>\n</coverage>\n");
    text
}

/// JaCoCo as its Maven plug-in writes it: all on one line, counters at every level.
pub(crate) fn jacoco(bytes: usize) -> String {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(bytes + 65_536);
    text.push_str(concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
        "<!DOCTYPE report PUBLIC \"-//JACOCO//DTD Report 1.1//EN\" \"report.dtd\"><report name=\"shop\">",
        "<sessioninfo id=\"ci-1\" start=\"1767225600000\" dump=\"1767225660000\"/>"
    ));
    let mut package = 0;
    let counters = |text: &mut String, kinds: &[(&str, u64, u64)]| {
        for (kind, missed, covered) in kinds {
            let _ = write!(text, "<counter type=\"{kind}\" missed=\"{missed}\" covered=\"{covered}\"/>");
        }
    };
    while text.len() < bytes {
        let _ = write!(text, "<package name=\"com/acme/p{package}\">");
        let mut files = String::new();
        for file in 0..6 {
            let name = format!("com/acme/p{package}/Class{file}");
            let _ = write!(text, "<class name=\"{name}\" sourcefilename=\"Class{file}.java\">");
            for method in 0..8 {
                let _ = write!(
                    text,
                    "<method name=\"do{method}\" desc=\"(Ljava/lang/String;I)V\" line=\"{}\">",
                    method * 12 + 5
                );
                counters(
                    &mut text,
                    &[("INSTRUCTION", 4, 31), ("LINE", 1, 7), ("COMPLEXITY", 1, 2), ("METHOD", 0, 1)],
                );
                text.push_str("</method>");
            }
            let _ = write!(files, "<sourcefile name=\"Class{file}.java\">");
            let (mut missed, mut covered, mut line) = (0, 0, 4);
            for _ in 0..60 {
                line += 1 + numbers.below(2);
                let hit = numbers.below(6) > 0;
                covered += u64::from(hit);
                missed += u64::from(!hit);
                let instructions = 1 + numbers.below(9);
                let (mi, ci) = if hit { (0, instructions) } else { (instructions, 0) };
                let (mb, cb) = if line % 7 == 0 { (u64::from(!hit), 1 + u64::from(hit)) } else { (0, 0) };
                let _ =
                    write!(files, "<line nr=\"{line}\" mi=\"{mi}\" ci=\"{ci}\" mb=\"{mb}\" cb=\"{cb}\"/>");
            }
            let sums = [("INSTRUCTION", 60, 300), ("LINE", missed, covered), ("METHOD", 0, 8)];
            counters(&mut text, &sums);
            counters(&mut files, &sums);
            text.push_str("</class>");
            files.push_str("</sourcefile>");
        }
        text.push_str(&files);
        text.push_str("</package>");
        package += 1;
    }
    text.push_str("</report>");
    text
}

/// An lcov trace as geninfo writes it: functions, branches and 400 lines per source file.
pub(crate) fn lcov(bytes: usize) -> String {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(bytes + 16_384);
    let mut file = 0;
    while text.len() < bytes {
        let _ = writeln!(text, "TN:\nSF:/build/src/part{}/unit_{file}.c", file % 61);
        for function in 0..16 {
            let _ = writeln!(text, "FN:{},unit_{file}_function_{function}", function * 25 + 1);
        }
        let mut reached = 0;
        for function in 0..16 {
            let calls = numbers.below(40).saturating_sub(6);
            reached += u64::from(calls > 0);
            let _ = writeln!(text, "FNDA:{calls},unit_{file}_function_{function}");
        }
        let _ = writeln!(text, "FNF:16\nFNH:{reached}");
        let mut taken = 0;
        for branch in 0..60 {
            let times = numbers.pick(&["-", "0", "3", "128"]);
            taken += u64::from(!matches!(times, "-" | "0"));
            let _ = writeln!(text, "BRDA:{},0,{},{times}", branch / 2 * 13 + 2, branch % 2);
        }
        let _ = writeln!(text, "BRF:60\nBRH:{taken}");
        let mut hit = 0;
        for line in 1..=400 {
            let hits = numbers.below(1500).saturating_sub(200);
            hit += u64::from(hits > 0);
            let _ = writeln!(text, "DA:{line},{hits}");
        }
        let _ = writeln!(text, "LF:400\nLH:{hit}\nend_of_record");
        file += 1;
    }
    text
}

/// JUnit in the manner of Maven Surefire: 50 tests a suite, some failing with a stack trace, output captured.
pub(crate) fn junit(bytes: usize) -> String {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(bytes + 65_536);
    text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"all\">\n");
    let mut suite = 0;
    while text.len() < bytes {
        let _ = writeln!(
            text,
            "  <testsuite name=\"com.acme.Suite{suite}\" tests=\"50\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"3.2\" timestamp=\"2026-01-01T00:00:00\" hostname=\"ci\">\n    <properties><property name=\"java.version\" value=\"21\"/></properties>"
        );
        for test in 0..50 {
            let _ = write!(
                text,
                "    <testcase name=\"shouldHandleCase{test}\" classname=\"com.acme.part{}.Suite{suite}\" time=\"0.{:03}\"",
                suite % 30,
                numbers.below(1000),
            );
            match test {
                13 => {
                    text.push_str(">\n      <failure message=\"expected: &lt;1&gt; but was: &lt;2&gt;\" type=\"AssertionFailedError\"><![CDATA[");
                    for frame in 0..12 {
                        let _ = writeln!(text, "\tat com.acme.part.Worker.step{frame}(Worker.java:{frame}7)");
                    }
                    text.push_str("]]></failure>\n    </testcase>\n");
                }
                14 => text.push_str(">\n      <skipped message=\"needs a network\"/>\n    </testcase>\n"),
                _ => text.push_str("/>\n"),
            }
        }
        text.push_str("    <system-out><![CDATA[");
        for line in 0..20 {
            let _ = writeln!(text, "2026-01-01 00:00:{line:02} INFO  worker started, queue is <empty>");
        }
        text.push_str("]]></system-out>\n  </testsuite>\n");
        suite += 1;
    }
    text.push_str("</testsuites>\n");
    text
}

/// A CycloneDX bill of materials as scanners of images write it: components with hashes, licences and
/// properties, and a graph of dependencies.
pub(crate) fn cyclonedx(bytes: usize) -> String {
    let mut numbers = Numbers::new();
    let mut text = String::with_capacity(bytes + 4096);
    text.push_str(concat!(
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","#,
        r#""version":1,"metadata":{"timestamp":"2026-01-01T00:00:00Z","tools":{"components":[{"type":"application","#,
        r#""name":"trivy","version":"0.60.0"}]},"component":{"bom-ref":"root","type":"container","name":"shop"}},"components":["#
    ));
    let licences = ["MIT", "Apache-2.0", "BSD-3-Clause", "ISC"];
    let (mut component, per_dependency) = (0_usize, 90);
    while text.len() + component * per_dependency < bytes {
        let version = format!("{}.{}.{}", component % 9, component % 40, component % 7);
        let purl = format!("pkg:npm/package-{component}@{version}");
        let hash = numbers.hex(128);
        let layer = numbers.hex(64);
        let _ = write!(
            text,
            concat!(
                r#"{}{{"bom-ref":"{}","type":"library","name":"package-{}","version":"{}","description":"Does one thing well","#,
                r#""hashes":[{{"alg":"SHA-512","content":"{}"}}],"licenses":[{{"license":{{"id":"{}"}}}}],"purl":"{}","#,
                r#""externalReferences":[{{"type":"vcs","url":"git+https://git.example/package-{}.git"}}],"#,
                r#""properties":[{{"name":"aquasecurity:trivy:LayerDigest","value":"sha256:{}"}},{{"name":"aquasecurity:trivy:PkgType","value":"npm"}}]}}"#
            ),
            if component == 0 { "" } else { "," },
            purl,
            component,
            version,
            hash,
            numbers.pick(&licences),
            purl,
            component,
            layer,
        );
        component += 1;
    }
    text.push_str(r#"],"dependencies":["#);
    for from in 0..component {
        let on = from.saturating_sub(1);
        let _ = write!(
            text,
            r#"{}{{"ref":"pkg:npm/package-{}@{}.{}.{}","dependsOn":["pkg:npm/package-{}@{}.{}.{}"]}}"#,
            if from == 0 { "" } else { "," },
            from,
            from % 9,
            from % 40,
            from % 7,
            on,
            on % 9,
            on % 40,
            on % 7,
        );
    }
    text.push_str("]}");
    text
}
