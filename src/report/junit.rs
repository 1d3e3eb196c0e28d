//! JUnit XML: a suite per gate and a test case per rule, and a last suite for the decision, so that a CI that reads
//! only this fails whatever the reason is.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Info, Options, Reporter, inert, wording};
use crate::model::{Decision, GateResult, Outcome, RuleResult, Status};

/// JUnit XML.
pub(super) struct Junit;

impl Reporter for Junit {
    fn info(&self) -> &'static Info {
        &Info { id: "junit", title: "JUnit XML", file: "gate.junit.xml" }
    }

    fn render(&self, decision: &Decision, options: &Options) -> String {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        // Writing to memory does not fail.
        let _ = document(&mut writer, decision, options);
        let mut out = String::from_utf8_lossy(&writer.into_inner()).into_owned();
        out.push('\n');
        out
    }
}

/// How a test case ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failed,
    Broken,
    Skipped,
}

/// A rule that only warns must not fail the CI: it passes, and says what it has to say as output.
fn end(gate: &GateResult, rule: &RuleResult) -> End {
    match rule.status {
        Status::Off => End::Skipped,
        Status::Fail if wording::blocks(gate, rule) => End::Failed,
        Status::Error if wording::blocks(gate, rule) => End::Broken,
        _ => End::Passed,
    }
}

#[derive(Default)]
struct Tally {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Tally {
    fn add(&mut self, end: End) {
        self.tests += 1;
        match end {
            End::Passed => {}
            End::Failed => self.failures += 1,
            End::Broken => self.errors += 1,
            End::Skipped => self.skipped += 1,
        }
    }

    fn attributes(&self) -> [(&'static str, String); 4] {
        [
            ("tests", self.tests.to_string()),
            ("failures", self.failures.to_string()),
            ("errors", self.errors.to_string()),
            ("skipped", self.skipped.to_string()),
        ]
    }
}

fn document(writer: &mut Writer<Vec<u8>>, decision: &Decision, options: &Options) -> io::Result<()> {
    let last = match decision.outcome {
        Outcome::Allow => End::Passed,
        Outcome::Block => End::Failed,
        Outcome::Error => End::Broken,
    };
    let mut all = Tally::default();
    for gate in &decision.gates {
        gate.rules.iter().for_each(|rule| all.add(end(gate, rule)));
    }
    all.add(last);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = writer.create_element("testsuites").with_attribute(("name", "gate"));
    let root = with(root, &all.attributes());
    root.write_inner_content(|writer| {
        for gate in &decision.gates {
            suite(writer, gate, decision, options)?;
        }
        let mut tally = Tally::default();
        tally.add(last);
        let time = inert::line(&decision.evaluated_at);
        let suite = writer.create_element("testsuite").with_attribute(("name", "decision"));
        with(suite, &tally.attributes()).with_attribute(("timestamp", time.as_str())).write_inner_content(
            |writer| {
                let name = format!("environment {}", inert::line(&decision.environment));
                let mut text = String::new();
                for error in &decision.errors {
                    text.push_str(&format!("error: {}\n", inert::line(&error.to_string())));
                }
                for line in &decision.remedy {
                    text.push_str(&format!("{}\n", inert::line(line)));
                }
                let reason = inert::line(&decision.reason);
                case(writer, "gate.decision", &name, last, decision.outcome.as_str(), &reason, &text)
            },
        )?;
        Ok(())
    })?;
    Ok(())
}

fn with<'a, W: io::Write>(
    element: quick_xml::writer::ElementWriter<'a, W>,
    attributes: &[(&str, String)],
) -> quick_xml::writer::ElementWriter<'a, W> {
    attributes.iter().fold(element, |element, (name, value)| element.with_attribute((*name, value.as_str())))
}

fn suite(
    writer: &mut Writer<Vec<u8>>,
    gate: &GateResult,
    decision: &Decision,
    options: &Options,
) -> io::Result<()> {
    let mut tally = Tally::default();
    gate.rules.iter().for_each(|rule| tally.add(end(gate, rule)));
    let title = wording::gate_title(gate);
    let class = format!("gate.{}", inert::line(&gate.name));
    let time = inert::line(&decision.evaluated_at);
    let suite = writer.create_element("testsuite").with_attribute(("name", title.as_str()));
    let suite = with(suite, &tally.attributes()).with_attribute(("timestamp", time.as_str()));
    if gate.rules.is_empty() {
        suite.write_empty()?;
        return Ok(());
    }
    suite.write_inner_content(|writer| {
        for rule in &gate.rules {
            let message = match rule.verdicts.first() {
                Some(verdict) => inert::clip(&inert::line(&verdict.message), 1000),
                None => inert::clip(&inert::line(&rule.note), 1000),
            };
            let text = details(rule, options);
            let name = wording::rule_name(rule);
            case(writer, &class, &name, end(gate, rule), &inert::line(&rule.code), &message, &text)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn case(
    writer: &mut Writer<Vec<u8>>,
    class: &str,
    name: &str,
    end: End,
    kind: &str,
    message: &str,
    text: &str,
) -> io::Result<()> {
    let case = writer
        .create_element("testcase")
        .with_attribute(("classname", class))
        .with_attribute(("name", name))
        .with_attribute(("time", "0"));
    let inner = match end {
        End::Passed if text.is_empty() => {
            case.write_empty()?;
            return Ok(());
        }
        End::Passed => "system-out",
        End::Failed => "failure",
        End::Broken => "error",
        End::Skipped => "skipped",
    };
    case.write_inner_content(|writer| {
        let element = writer.create_element(inner);
        let element = match end {
            End::Passed => element,
            End::Skipped => element.with_attribute(("message", message)),
            _ => element.with_attribute(("type", kind)).with_attribute(("message", message)),
        };
        match end {
            End::Skipped => element.write_empty()?,
            _ => element.write_text_content(BytesText::new(text))?,
        };
        Ok(())
    })?;
    Ok(())
}

/// What a rule measured and says, for people.
fn details(rule: &RuleResult, options: &Options) -> String {
    let mut lines: Vec<String> = rule.measured.iter().map(|m| wording::measure(m).short()).collect();
    for verdict in &rule.verdicts {
        lines.push(inert::clip(&inert::line(&verdict.message), 1000));
        for item in verdict.items.iter().take(options.shown) {
            lines.push(format!("- {}", wording::item_line(item)));
        }
        lines.push(wording::more(verdict.items.len().min(options.shown), verdict));
    }
    if rule.status != Status::Pass {
        lines.extend(wording::fixes(rule).into_iter().map(|fix| format!("fix: {fix}")));
        lines.push(format!("rule: {}", inert::line(&rule.defined_in)));
    }
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}
