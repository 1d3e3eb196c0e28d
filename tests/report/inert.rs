//! Text from evidence does nothing where it is shown, in any report.

use gate::report::{Options, REPORTERS, inert};
use proptest::prelude::*;
use quick_xml::events::Event;
use serde_json::Value;

use super::{PAYLOADS, hostile, red, render};

/// Each payload alone, as a message's first line is what is shown most, and all together.
fn all() -> Vec<String> {
    let mut out: Vec<String> = PAYLOADS.iter().map(|&payload| payload.to_owned()).collect();
    out.push(PAYLOADS.join(" "));
    out.push(PAYLOADS.join("\n"));
    out
}

#[test]
fn no_report_holds_a_letter_that_is_not_seen() {
    for payload in all() {
        for reporter in REPORTERS {
            let text = reporter.render(&hostile(&payload), &Options::default());
            let id = reporter.info().id;
            let bad: Vec<char> = text.chars().filter(|&c| c != '\n' && inert::is_hidden(c)).collect();
            // The signs in the Markdown reports' own headings are drawn as pictures by a variation selector.
            let own = if id == "markdown" || id == "github-summary" { "\u{fe0f}" } else { "" };
            assert!(bad.iter().all(|c| own.contains(*c)), "{id}: {bad:?}");
        }
    }
}

#[test]
fn no_report_holds_a_command_of_a_runner_but_its_own() {
    for payload in all() {
        for reporter in REPORTERS {
            let id = reporter.info().id;
            let text = reporter.render(&hostile(&payload), &Options::default());
            for line in text.lines() {
                if id == "github" {
                    assert!(
                        line.starts_with("::error title=") || line.starts_with("::warning title="),
                        "{line}"
                    );
                } else {
                    assert!(!line.trim_start().starts_with("::"), "{id}: {line}");
                }
                assert!(!line.contains("##[") && !line.contains("##vso["), "{id}: {line}");
            }
        }
    }
}

#[test]
fn json_reads_back_as_the_same_decision() {
    for payload in all() {
        let decision = hostile(&payload);
        let back: gate::model::Decision = serde_json::from_str(&render("json", &decision)).unwrap();
        assert_eq!(back, decision);
    }
}

#[test]
fn machine_readable_json_reports_stay_json() {
    for payload in all() {
        for id in ["sarif", "gitlab"] {
            let value: Value = serde_json::from_str(&render(id, &hostile(&payload))).unwrap();
            assert!(value.is_object() || value.is_array());
        }
    }
}

#[test]
fn junit_stays_well_formed_and_of_the_same_shape() {
    let shape = |text: &str| {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        let mut names = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(e) | Event::Empty(e) => {
                    for attribute in e.attributes() {
                        attribute.unwrap();
                    }
                    names.push(e.name().as_ref().to_owned());
                }
                Event::CData(_) | Event::Comment(_) | Event::DocType(_) | Event::PI(_) => panic!("injected"),
                Event::Eof => return names,
                _ => {}
            }
        }
    };
    let wanted = shape(&render("junit", &hostile("x")));
    assert!(wanted.len() > 10);
    for payload in all() {
        let text = render("junit", &hostile(&payload));
        assert_eq!(shape(&text), wanted);
        assert!(!text.contains("]]>"));
    }
}

/// Tags of the page with the names of their attributes.
fn tags(html: &str) -> Vec<(String, Vec<String>)> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let mut inside = String::new();
        let mut quoted = false;
        let mut end = after.len();
        for (at, c) in after.char_indices() {
            quoted ^= c == '"';
            if c == '>' && !quoted {
                end = at;
                break;
            }
            inside.push(c);
        }
        rest = after.get(end..).unwrap();
        let name: String = inside.chars().take_while(|c| !c.is_whitespace() && *c != '/').collect();
        let name = if name.is_empty() { inside.clone() } else { name };
        let mut attributes = Vec::new();
        for (at, part) in inside.split('"').enumerate() {
            if at % 2 == 0 {
                attributes.extend(
                    part.split_whitespace().filter_map(|word| word.strip_suffix('=')).map(str::to_owned),
                );
            }
        }
        out.push((name.clone(), attributes));
        for raw in ["style", "script"] {
            if name == raw {
                rest = rest.split_once(&format!("</{raw}>")).unwrap().1;
            }
        }
    }
    out
}

#[test]
fn html_has_the_same_tags_and_attributes_whatever_the_text_is() {
    let known: Vec<(String, Vec<String>)> = tags(&render("html", &red()));
    assert_eq!(known.iter().filter(|(name, _)| name == "script").count(), 1);
    for payload in all() {
        let html = render("html", &hostile(&payload));
        assert_eq!(html.matches("<script").count(), 1);
        assert_eq!(html.matches("<style").count(), 1);
        assert!(!html.contains("javascript:alert(1)\""), "a link runs a script");
        for (name, attributes) in tags(&html) {
            for attribute in attributes {
                assert!(!attribute.starts_with("on") && attribute != "style", "<{name} {attribute}>");
                if attribute == "href" || attribute == "src" {
                    assert_eq!((name.as_str(), attribute.as_str()), ("a", "href"));
                }
            }
            assert!(known.iter().any(|(other, _)| *other == name), "<{name}> is not a tag of ours");
        }
    }
}

#[test]
fn html_policy_names_the_hashes_of_what_is_in_it() {
    use base64::Engine as _;
    use sha2::{Digest, Sha256};
    let html = render("html", &red());
    for tag in ["style", "script"] {
        let inside =
            html.split_once(&format!("<{tag}>")).unwrap().1.split_once(&format!("</{tag}>")).unwrap().0;
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(inside));
        let html = html.replace("&#43;", "+").replace("&#x2B;", "+").replace("&#39;", "'");
        assert!(html.contains(&format!("{tag}-src 'sha256-{hash}'")), "{tag} {hash}");
    }
    for outside in ["src=\"http", "@import", "url(", "<link", "<iframe", "fetch(", "style=\""] {
        assert!(!html.contains(outside), "{outside}");
    }
}

/// Markdown without its code spans and our own tags.
fn outside_code(markdown: &str) -> String {
    let mut out = String::new();
    for line in markdown.lines() {
        let mut code = false;
        let mut escaped = false;
        for c in line.chars() {
            if c == '`' && !escaped {
                code = !code;
            } else if !code {
                out.push(c);
            }
            escaped = c == '\\' && !escaped && !code;
        }
        assert!(!code, "a code span is not closed: {line}");
        out.push('\n');
    }
    for tag in ["<details>", "</details>", "<summary>", "</summary>"] {
        out = out.replace(tag, "");
    }
    out
}

/// Occurrences of a letter that no backslash takes its meaning from.
fn bare(text: &str, wanted: char) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for c in text.chars() {
        if c == wanted && !escaped {
            count += 1;
        }
        escaped = c == '\\' && !escaped;
    }
    count
}

#[test]
fn markdown_has_no_markup_mention_reference_or_link_from_evidence() {
    for payload in all() {
        for id in ["markdown", "github-summary"] {
            let text = outside_code(&render(id, &hostile(&payload)));
            assert!(!text.contains('<') && !text.contains('>'), "{id}: a tag of {payload:?}");
            for (sign, after) in [('@', "&#8203;"), ('~', "&#8203;"), ('$', "&#8203;")] {
                for rest in text.split(sign).skip(1) {
                    assert!(rest.starts_with(after), "{id}: {sign}{rest:.20}");
                }
            }
            for rest in text.split('#').skip(1) {
                assert!(
                    !rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("8203;"),
                    "#{rest:.20}"
                );
            }
            assert_eq!(bare(&text, '['), 0, "{id}: a link of {payload:?}");
            assert_eq!(bare(&text, '*') % 2, 0);
            assert!(!text.contains("://") && !text.contains("www."), "{id}: an address of {payload:?}");
        }
    }
}

#[test]
fn markdown_tables_keep_their_columns() {
    for payload in all() {
        let text = render("markdown", &hostile(&payload));
        let mut columns = None;
        for line in text.lines() {
            if !line.starts_with('|') {
                columns = None;
                continue;
            }
            let found = bare(line, '|');
            assert_eq!(*columns.get_or_insert(found), found, "{line}");
        }
    }
}

#[test]
fn markdown_has_the_same_headings_and_lists_whatever_the_text_is() {
    let shape = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| match line.chars().next() {
                None => String::new(),
                Some(c @ ('#' | '-' | '|' | '*' | '<')) => c.to_string(),
                Some(_) => "text".to_owned(),
            })
            .collect()
    };
    // One letter stands for any text, except that an empty one shows nothing.
    let wanted = shape(&render("github-summary", &hostile("y")));
    let found = shape(&render("github-summary", &hostile(&PAYLOADS.join(" "))));
    let kinds = |lines: &[String], kind: &str| lines.iter().filter(|line| *line == kind).count();
    for kind in ["#", "-", "<"] {
        assert_eq!(kinds(&found, kind), kinds(&wanted, kind), "{kind}");
    }
}

#[test]
fn links_are_made_of_plain_web_addresses_only() {
    for good in ["https://nvd.nist.gov/vuln/detail/CVE-2024-1", "http://a.example:8080/x?y=1&z=%20#top"] {
        assert_eq!(inert::link(good).unwrap().url, good);
    }
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "HTTPS://x.example",
        "https://",
        "https://user@evil.example/",
        "https://a.example/)[x](javascript:alert(1)",
        "https://a.example/ x",
        "https://a.example/\"onclick=",
        "https://a.example/<b>",
        "https://a.example/|",
        "https://a.example/\u{202e}",
        "https://ex\u{430}mple.org/",
        "https:///x",
        "//a.example",
    ] {
        assert!(inert::link(bad).is_none(), "{bad}");
    }
}

#[test]
fn tap_points_and_plan_are_the_same_whatever_the_text_is() {
    let wanted = points(&render("tap", &hostile("x")));
    for payload in all() {
        let text = render("tap", &hostile(&payload));
        assert_eq!(points(&text), wanted);
    }
}

/// Whether each test point passed, and its directive.
fn points(tap: &str) -> Vec<(bool, &'static str)> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in tap.lines() {
        match line {
            "  ---" => inside = true,
            "  ..." => inside = false,
            _ if inside => assert!(line.starts_with("  "), "{line}"),
            "TAP version 14" => {}
            _ if line.starts_with("1..") => {}
            _ => {
                let directive = match line.split_once(" # ") {
                    Some((_, rest)) if rest.starts_with("SKIP") => "skip",
                    Some((_, rest)) if rest.starts_with("TODO") => "todo",
                    Some(_) => panic!("{line}"),
                    None => "",
                };
                let ok = line.starts_with("ok ");
                assert!(ok || line.starts_with("not ok "), "{line}");
                out.push((ok, directive));
            }
        }
    }
    out
}

/// What GitHub reads from the file of step outputs.
fn outputs(text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let equals = line.find('=').unwrap_or(usize::MAX);
        let heredoc = line.find("<<").unwrap_or(usize::MAX);
        if equals < heredoc {
            let (name, value) = line.split_once('=').unwrap();
            out.push((name.to_owned(), value.to_owned()));
        } else {
            let (name, delimiter) = line.split_once("<<").unwrap();
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
            out.push((name.to_owned(), value.join("\n")));
        }
    }
    out
}

#[test]
fn step_outputs_are_the_same_few_whatever_the_text_is() {
    let names = |text: &str| outputs(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let wanted = names(&render("github-output", &red()));
    for payload in all() {
        let text = render("github-output", &hostile(&payload));
        assert_eq!(names(&text), wanted, "{text}");
        assert_eq!(outputs(&text)[0], ("outcome".to_owned(), "block".to_owned()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_one_line_without_hidden_letters(text in any::<String>()) {
        let line = inert::line(&text);
        prop_assert!(!line.chars().any(inert::is_hidden));
        prop_assert!(!line.split(' ').any(|word| word.starts_with("::")));
        prop_assert_eq!(inert::line(&line), line.clone());
    }

    #[test]
    fn any_text_in_json_reads_back(text in any::<String>()) {
        let written = inert::json(&Value::from(text.as_str()).to_string());
        prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn any_path_is_a_uri_reference(path in any::<String>()) {
        let uri = inert::uri(&path);
        prop_assert!(uri.bytes().all(|b| b.is_ascii_graphic() && !b"<>\"{}|\\^`[]".contains(&b)), "{}", uri);
    }
}
