//! JUnit XML in its dialects: Surefire, Gradle, pytest, gotestsum, jest-junit, vitest, mocha, Playwright,
//! GoogleTest, CTest, nextest, `node --test`, behave, Robot Framework, linters that borrow the format, ...
//!
//! There is no one specification; the common part is that of the Ant task and Maven Surefire's schema. The test
//! cases are the truth: what suites claim in attributes is only compared with them, except that a suite which
//! claims failures and shows none is a failed test. `counts` counts elements; [`TestRun`] joins the tries of a
//! test. Output of tests and properties are not read, nor is the text of failures that scanners write, as it
//! holds source lines.

mod case;

use std::collections::HashMap;
use std::hash::BuildHasher;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Evidence, Kind, Producer, TestCase, TestOutcome, TestRun, Text};
use crate::read::{Element, Head, Interner, ParseError, Shape, Xml, relative_path, timestamp};

use case::{Outcomes, Said, known_name, message, seconds};

/// Reads JUnit XML.
pub(crate) struct Junit;

static INFO: Info = Info {
    id: "junit",
    title: "JUnit XML",
    kinds: &[Kind::Tests],
    producers: &[
        "Maven Surefire",
        "pytest",
        "gotestsum",
        "jest-junit",
        "vitest",
        "mocha",
        "mocha-junit-reporter",
        "Playwright",
        "Cucumber",
        "behave",
        "Robot Framework",
        "node --test",
        "nextest",
        "PHPUnit",
        "newman",
        "Dredd",
        "Schemathesis",
        "Gatling",
        "ruff",
        "ESLint",
        "mypy",
        "Bandit",
        "Semgrep",
        "gitleaks",
        "gosec",
        "Checkov",
        "kube-score",
        "Spectral",
    ],
    detection: "XML root `testsuites` or `testsuite`, and not TestLink's `node_order`",
    clean: Clean::Recognisable,
};

/// Up to which size the memory of a suite serves the next one; clearing a larger one would cost more than it
/// saves.
const SPARE: usize = 1000;
/// Name of the case that stands for a suite which failed as a whole.
const SUITE: &str = "(suite)";

impl Format for Junit {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        match &head.shape {
            Shape::Xml { root, .. } => {
                (root == "testsuites" || root == "testsuite") && !head.has_element("node_order")
            }
            _ => false,
        }
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let mut report = Report::default();
        document.xml(evidence, |x, interner, _| {
            x.document(|x, root| {
                if !matches!(root.name(), "testsuites" | "testsuite") {
                    return Err(ParseError::at(
                        root.position(),
                        format!("expected the root `testsuites` or `testsuite`, found `{}`", root.name()),
                    ));
                }
                report.suite(x, root, interner, &mut Suite::default())
            })
        })?;
        report.finish(document, evidence);
        Ok(())
    }
}

/// A producer that its report gives away.
#[derive(Clone, Copy)]
struct Known {
    name: &'static str,
    /// Whether the text of its failures shows source code.
    scanner: bool,
}

/// Producers by the name of the root or suite, its package, or a property.
const KNOWN: [(&str, Known); 22] = [
    ("pytest", Known { name: "pytest", scanner: false }),
    ("pytest tests", Known { name: "pytest", scanner: false }),
    ("jest tests", Known { name: "jest-junit", scanner: false }),
    ("vitest tests", Known { name: "vitest", scanner: false }),
    ("Mocha Tests", Known { name: "mocha", scanner: false }),
    ("nextest-run", Known { name: "nextest", scanner: false }),
    ("Cucumber", Known { name: "Cucumber", scanner: false }),
    ("Dredd Tests", Known { name: "Dredd", scanner: false }),
    ("schemathesis", Known { name: "Schemathesis", scanner: false }),
    ("go.version", Known { name: "go test", scanner: false }),
    ("kube-score", Known { name: "kube-score", scanner: false }),
    ("org.spectral", Known { name: "Spectral", scanner: false }),
    ("mypy", Known { name: "mypy", scanner: true }),
    ("ruff", Known { name: "ruff", scanner: true }),
    ("org.ruff", Known { name: "ruff", scanner: true }),
    ("org.eslint", Known { name: "ESLint", scanner: true }),
    ("bandit", Known { name: "Bandit", scanner: true }),
    ("semgrep results", Known { name: "Semgrep", scanner: true }),
    ("gitleaks", Known { name: "gitleaks", scanner: true }),
    ("detect-secrets", Known { name: "detect-secrets", scanner: true }),
    ("trufflehog", Known { name: "TruffleHog", scanner: true }),
    ("Checkov", Known { name: "Checkov", scanner: true }),
];

type Seen = HashMap<u64, Earlier, foldhash::fast::RandomState>;

/// An earlier try of a test.
struct Earlier {
    case: usize,
    /// Whether a try before the last one passed.
    passed: bool,
}

/// A `testsuite` or `testsuites` element that is being read.
#[derive(Default)]
struct Suite {
    name: Text,
    /// Whether its producer is known to write each try as a case of its own, failures first.
    tries_in_order: bool,
    seen: Seen,
    /// Cases below it.
    cases: u64,
    /// Cases below it that failed, and failures of suites.
    failures: u64,
    /// Whether it holds tries or known trouble that its attributes may count as failures.
    excused: bool,
    claimed_tests: Option<u64>,
    claimed_failures: u64,
    /// Whether it says in a word that it failed.
    says_failed: bool,
}

#[derive(Default)]
struct Report {
    run: TestRun,
    spare: Vec<Seen>,
    producer: Option<Known>,
    produced_at: Option<jiff::Timestamp>,
    suites: u64,
    tests: u64,
    passed: u64,
    failed: u64,
    errors: u64,
    skipped: u64,
    flaky: u64,
    suite_level_errors: u64,
    suite_level_failures: u64,
    /// Suites that claim what they do not show: how many, and the first in words.
    contradictions: (u64, Option<String>),
    /// Cases whose status is no known word, and the first such word.
    unknown: (u64, Option<String>),
    /// Tests written several times with different outcomes.
    unclear: (u64, Option<String>),
}

impl Report {
    fn suite(
        &mut self,
        x: &mut Xml<'_>,
        e: &Element<'_>,
        interner: &mut Interner,
        parent: &mut Suite,
    ) -> Result<(), ParseError> {
        let mut suite = Suite {
            tries_in_order: parent.tries_in_order,
            seen: self.spare.pop().unwrap_or_default(),
            ..Suite::default()
        };
        let mut unusable = false;
        e.attributes(|name, value| {
            match name {
                "name" => {
                    self.recognise(&value);
                    suite.name = interner.get(&value);
                }
                "package" => self.recognise(&value),
                "status" | "result" | "success" => suite.says_failed |= Said::of(value.trim()).is_failure(),
                "xsi:noNamespaceSchemaLocation" if value.contains("maven-surefire-plugin") => {
                    self.producer.get_or_insert(Known { name: "Maven Surefire", scanner: false });
                }
                "timestamp" => self.produced_at = self.produced_at.max(moment(&value)),
                "tests" => suite.claimed_tests = claimed(&value, &mut unusable),
                "failures" | "errors" => {
                    let more = claimed(&value, &mut unusable).unwrap_or_default();
                    suite.claimed_failures = suite.claimed_failures.saturating_add(more);
                }
                _ => {}
            }
            Ok(())
        })?;
        if unusable {
            x.record(e.position(), "a suite whose `tests`, `failures` or `errors` is not a number");
        }
        if known_name(e.name()) == "testsuite" {
            self.suites += 1;
        }
        self.content(x, interner, &mut suite)?;
        self.compare(&mut suite);
        parent.cases += suite.cases;
        parent.failures += suite.failures;
        parent.excused |= suite.excused;
        if suite.seen.capacity() <= SPARE {
            suite.seen.clear();
            self.spare.push(suite.seen);
        }
        Ok(())
    }

    /// What stands in a suite, also below elements that no dialect here knows.
    fn content(
        &mut self,
        x: &mut Xml<'_>,
        interner: &mut Interner,
        suite: &mut Suite,
    ) -> Result<(), ParseError> {
        x.children(|x, e| self.element(x, e, interner, suite))
    }

    fn element(
        &mut self,
        x: &mut Xml<'_>,
        e: &Element<'_>,
        interner: &mut Interner,
        suite: &mut Suite,
    ) -> Result<(), ParseError> {
        match known_name(e.name()) {
            "testcase" => self.case(x, e, interner, suite),
            "testsuite" | "testsuites" => self.suite(x, e, interner, suite),
            "properties" => x.children(|x, e| match e.name() {
                "property" => self.property(e, suite),
                _ => self.element(x, e, interner, suite),
            }),
            kind @ ("error" | "failure") => {
                let (outcome, count) = match kind {
                    "error" => (TestOutcome::Error, &mut self.suite_level_errors),
                    _ => (TestOutcome::Failed, &mut self.suite_level_failures),
                };
                *count += 1;
                suite.failures += 1;
                let message = message(x, e, self.reads_text())?;
                self.add(of_suite(suite, outcome, message), suite);
                Ok(())
            }
            "system-out" | "system-err" => Ok(()),
            _ => self.content(x, interner, suite),
        }
    }

    /// Only asked who wrote the report: properties may hold anything, secrets of the environment included.
    fn property(&mut self, e: &Element<'_>, suite: &mut Suite) -> Result<(), ParseError> {
        let mut custom = false;
        e.attributes(|name, value| {
            match name {
                "name" if value == "go.version" => {
                    suite.tries_in_order = true;
                    self.recognise(&value);
                }
                "name" => custom = value == "custom_tool_name",
                "value" if custom => self.recognise(&value),
                _ => {}
            }
            Ok(())
        })
    }

    fn recognise(&mut self, word: &str) {
        if self.producer.is_none() {
            self.producer = KNOWN.iter().find(|(known, _)| *known == word).map(|(_, known)| *known);
        }
    }

    fn reads_text(&self) -> bool {
        !self.producer.is_some_and(|known| known.scanner)
    }

    fn case(
        &mut self,
        x: &mut Xml<'_>,
        e: &Element<'_>,
        interner: &mut Interner,
        suite: &mut Suite,
    ) -> Result<(), ParseError> {
        self.tests += 1;
        suite.cases += 1;
        let mut outcomes = Outcomes::default();
        let (mut class, mut case_name, mut case_file) = (None, None, None);
        let (mut time, mut line) = (None, 0);
        e.attributes(|name, value| {
            match name {
                "name" if !value.is_empty() => case_name = Some(Text::from(value)),
                "classname" if !value.is_empty() => class = Some(self.class(&value, interner)),
                "time" => time = seconds(&value),
                "file" if !value.is_empty() => case_file = Some(interner.get(&relative_path(&value))),
                "line" => line = value.trim().parse().unwrap_or_default(),
                "status" | "result" | "success" => outcomes.attribute(name, &value),
                _ => {}
            }
            Ok(())
        })?;
        if case_name.is_none() && class.is_none() {
            x.record(e.position(), "a test case without `name` and `classname`");
        }
        let text = self.reads_text();
        x.children(|x, e| outcomes.child(x, e, text))?;

        // The tool writes the tries that failed below the failure; without it, they all still failed.
        outcomes.failure |= outcomes.rerun;
        if let Some(word) = outcomes.unknown.take() {
            self.unknown.0 += 1;
            self.unknown.1.get_or_insert_with(|| word.to_string());
            outcomes.error |= !outcomes.failure && !outcomes.skipped;
            if outcomes.error && outcomes.message.is_none() {
                outcomes.message = Some(Text::from(format!("unknown status `{word}`")));
            }
        }
        let mut outcome = if outcomes.error {
            self.errors += 1;
            TestOutcome::Error
        } else if outcomes.failure {
            self.failed += 1;
            TestOutcome::Failed
        } else if outcomes.skipped {
            self.skipped += 1;
            TestOutcome::Skipped
        } else {
            self.passed += 1;
            if outcomes.flaky {
                self.flaky += 1;
                TestOutcome::Flaky
            } else {
                TestOutcome::Passed
            }
        };
        if outcomes.todo {
            // Whatever it did, node itself does not count it.
            outcome = TestOutcome::Skipped;
        }
        suite.failures += u64::from(outcome >= TestOutcome::Failed);
        suite.excused |= outcomes.todo || outcomes.flaky || outcomes.rerun;
        let case = TestCase {
            suite: Text::clone(&suite.name),
            class: class.unwrap_or_default(),
            name: case_name.unwrap_or_default(),
            outcome,
            seconds: time,
            message: match outcome {
                TestOutcome::Passed => None,
                TestOutcome::Skipped => outcomes.reason,
                _ => outcomes.message,
            },
            file: case_file,
            line,
        };
        self.add(case, suite);
        Ok(())
    }

    /// Most cases are of the class of the case before.
    fn class(&self, name: &str, interner: &mut Interner) -> Text {
        match self.run.cases.last() {
            Some(last) if *last.class == *name => Text::clone(&last.class),
            _ => interner.get(name),
        }
    }

    /// Adds a case, or joins it with an earlier try of the same test in the same suite.
    fn add(&mut self, case: TestCase, suite: &mut Suite) {
        if case.name.is_empty() {
            self.run.cases.push(case);
            return;
        }
        let hash = suite.seen.hasher().hash_one((&*case.class, &*case.name, case.file.as_deref(), case.line));
        let earlier = suite.seen.get_mut(&hash);
        if let Some(earlier) = earlier
            && let Some(known) = self.run.cases.get_mut(earlier.case)
            && (&known.class, &known.name, &known.file, known.line)
                == (&case.class, &case.name, &case.file, case.line)
        {
            let passed = matches!(known.outcome, TestOutcome::Passed | TestOutcome::Flaky);
            let failed = known.outcome >= TestOutcome::Failed;
            let passes = matches!(case.outcome, TestOutcome::Passed | TestOutcome::Flaky);
            let fails = case.outcome >= TestOutcome::Failed;
            known.outcome = if suite.tries_in_order && failed && passes && !earlier.passed {
                suite.excused = true;
                TestOutcome::Flaky
            } else {
                if (passed && fails) || (failed && passes) {
                    self.unclear.0 += 1;
                    self.unclear.1.get_or_insert_with(|| known.name.to_string());
                }
                joined(known.outcome, case.outcome)
            };
            earlier.passed |= passed;
            known.seconds = match (known.seconds, case.seconds) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.or(b),
            };
            if known.message.is_none() || (fails && !failed) {
                known.message = case.message.or(known.message.take());
            }
            return;
        }
        suite.seen.insert(hash, Earlier { case: self.run.cases.len(), passed: false });
        self.run.cases.push(case);
    }

    /// Compares what a suite claims with what it holds.
    fn compare(&mut self, suite: &mut Suite) {
        let name = if suite.name.is_empty() { "a suite without a name" } else { &*suite.name };
        if (suite.claimed_failures > 0 || suite.says_failed) && suite.failures == 0 && !suite.excused {
            let message = match suite.claimed_failures {
                0 => format!("{name}: says that it failed, none of its {} test cases did", suite.cases),
                claimed => format!(
                    "{name}: claims {claimed} failures or errors, none of its {} test cases shows one",
                    suite.cases
                ),
            };
            self.contradictions.0 += 1;
            self.contradictions.1.get_or_insert_with(|| message.clone());
            suite.failures += 1;
            self.run.cases.push(of_suite(suite, TestOutcome::Failed, Some(Text::from(message))));
        } else if let Some(claimed) = suite.claimed_tests.filter(|n| *n > suite.cases)
            && !suite.excused
        {
            self.contradictions.0 += 1;
            self.contradictions.1.get_or_insert_with(|| {
                format!("{name}: claims {claimed} tests and holds {} test cases", suite.cases)
            });
        }
    }

    fn finish(mut self, document: &Document<'_>, evidence: &mut Evidence) {
        let more = |n: u64| match n {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        if let (n, Some(first)) = self.contradictions {
            evidence.warn("totals-contradict-cases", format!("{first}{}; the cases count", more(n)));
        }
        if let (n, Some(first)) = self.unknown {
            evidence.warn(
                "unknown-status",
                format!("a case has the unknown status `{first}`{}; it counts as an error", more(n)),
            );
        }
        if let (n, Some(first)) = self.unclear {
            evidence.warn(
                "repeated-tests",
                format!(
                    "`{first}` is written several times with different outcomes{}; a failure counts",
                    more(n)
                ),
            );
        }
        if self.run.cases.iter().any(|case| case.outcome != TestOutcome::Skipped) {
            evidence.proves(Kind::Tests);
        } else if self.run.cases.is_empty() {
            evidence.incomplete("nothing-tested", "the report holds no test case");
        } else {
            evidence.incomplete("nothing-tested", "every test was skipped");
        }
        let name = self.producer.map_or("JUnit", |known| known.name);
        evidence.producers.push(Producer { name: name.into(), version: None });
        evidence.produced_at = self.produced_at;
        evidence.count("suites", self.suites);
        evidence.count("tests", self.tests);
        evidence.count("passed", self.passed);
        evidence.count("failed", self.failed);
        evidence.count("errors", self.errors);
        evidence.count("skipped", self.skipped);
        evidence.count("flaky", self.flaky);
        evidence.count("suite_level_errors", self.suite_level_errors);
        evidence.count("suite_level_failures", self.suite_level_failures);
        self.run.kind = document.declaration.tests.unwrap_or_default();
        evidence.tests = Some(self.run);
    }
}

/// The worse of two tries; one that ran says more than one that was skipped.
fn joined(a: TestOutcome, b: TestOutcome) -> TestOutcome {
    match (a, b) {
        (TestOutcome::Skipped, ran) | (ran, TestOutcome::Skipped) => ran,
        (a, b) => a.max(b),
    }
}

fn of_suite(suite: &Suite, outcome: TestOutcome, message: Option<Text>) -> TestCase {
    TestCase {
        suite: Text::clone(&suite.name),
        class: Text::default(),
        name: Text::from(SUITE),
        outcome,
        seconds: None,
        message,
        file: None,
        line: 0,
    }
}

/// A number that a suite claims; an empty one is absent.
fn claimed(value: &str, unusable: &mut bool) -> Option<u64> {
    let value = value.trim();
    let number = value.parse().ok();
    *unusable |= number.is_none() && !value.is_empty();
    number
}

/// RFC 3339, the same without zone, or RFC 1123 as JavaScript's `toUTCString` writes it.
fn moment(value: &str) -> Option<jiff::Timestamp> {
    timestamp(value).or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok())
}
