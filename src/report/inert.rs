//! Text from evidence, made inert for the place where it is shown.
//!
//! Scanners quote what they scan, so a file name, a message or a test name is text of whoever wrote the code under
//! test. Here it loses the power to move a cursor, reorder or hide letters, start a workflow command, open a tag,
//! notify people or become a link. What is taken away stays visible as `\u{..}`: a reviewer sees that it was there.

/// Letters that are not seen, or that change how others are seen: controls, bidirectional marks, zero-width and
/// filler characters, line separators, tags and noncharacters.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x34F | 0x61C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F
            | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x2800 | 0x3164
            | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xFFFE | 0xFFFF
            | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF)
        || (u32::from(c) & 0xFFFE) == 0xFFFE
}

/// One line of plain text: white space becomes single spaces, hidden letters become `\u{..}`, and nothing in it starts
/// a command of a CI runner (`::error::` at the start of a word, `##[..]` and `##vso[..]` anywhere).
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if is_hidden(c)
            || (c == ':' && at_word_start(&out) && rest.as_str().starts_with(':'))
            || (c == '#' && out.ends_with('#') && is_command_tail(rest.as_str()))
        {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// The first line of a text that says something, as [`line`], at most `most` letters long.
pub fn first_line(text: &str, most: usize) -> String {
    let first = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    clip(&line(first), most)
}

/// At most `most` letters of a text, with `...` where something was cut.
pub fn clip(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(3)).collect();
    out.push_str("...");
    out
}

/// A line for Markdown as GitHub, GitLab and Azure read it: no markup, no HTML, no link, no mention, no reference.
pub fn markdown(text: &str) -> String {
    // A zero-width space behind the sign keeps platforms from notifying people or linking issues: they look for
    // mentions in the rendered text, where a backslash or an entity is long gone.
    const BREAK: &str = "&#8203;";
    let text = line(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next();
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '{' | '}' | '|' => {
                out.push('\\');
                out.push(c);
            }
            '@' => {
                out.push(c);
                out.push_str(BREAK);
            }
            '#' | '!' | '%' | '^' if next.is_some_and(|n| n.is_alphanumeric() || n == '"') => {
                out.push(c);
                out.push_str(BREAK);
            }
            '~' | '$' => {
                out.push('\\');
                out.push(c);
                out.push_str(BREAK);
            }
            ':' if rest.as_str().starts_with("//") => {
                out.push(c);
                out.push_str(BREAK);
            }
            '.' if ends_with_www(&out) => {
                out.push_str(BREAK);
                out.push(c);
            }
            '-' if out.ends_with("GH") && next.is_some_and(|n| n.is_ascii_digit()) => {
                out.push(c);
                out.push_str(BREAK);
            }
            _ => out.push(c),
        }
    }
    out
}

/// A path, version or rule name for Markdown: as code when its letters allow it without escapes, else as
/// [`markdown`].
pub fn markdown_code(text: &str) -> String {
    let text = line(text);
    let plain = |c: char| c.is_alphanumeric() || " -._/:@+,=()%#'^~\\".contains(c);
    if text.is_empty() {
        text
    } else if text.chars().all(plain) && !text.starts_with(' ') {
        format!("`{text}`")
    } else {
        markdown(&text)
    }
}

/// An address that may be made a link: `http` or `https`, a host, and nothing that ends a link in Markdown or HTML.
pub fn link(url: &str) -> Option<Link> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host: String = rest.chars().take_while(|c| !matches!(c, '/' | '?' | '#')).collect();
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#!$&'*+,;=%@".contains(c);
    let sound = host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && host.chars().all(is_host)
        && rest.chars().all(is_part)
        && url.len() <= 2000;
    sound.then(|| Link { url: url.to_owned(), host })
}

/// An address that passed [`link`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// Its host, to show where it leads.
    pub host: String,
}

/// JSON text with what [`is_hidden`] written as `\uXXXX`: reads back as the same values, and shows what it is.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let hidden = !c.is_ascii_control() && is_hidden(c) || c == '\u{7f}';
        if hidden || (c == '#' && out.ends_with('#') && is_command_tail(rest.as_str())) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A path or address as a URI reference (RFC 3986): what is not allowed there is percent-encoded.
pub fn uri(path: &str) -> String {
    if let Some(link) = link(path) {
        return link.url;
    }
    let path = path.strip_prefix("./").unwrap_or(path);
    let mut out = String::with_capacity(path.len());
    if path.starts_with('/') {
        out.push_str("file:///");
    }
    for byte in path.trim_start_matches('/').bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b'/'
            | b'@'
            | b'+'
            | b'=' => {
                out.push(char::from(byte));
            }
            b'\\' => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn escape(c: char, out: &mut String) {
    out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
}

fn at_word_start(out: &str) -> bool {
    out.is_empty() || out.ends_with(' ')
}

/// Whether what follows `##` makes it a command: letters, then `[`.
fn is_command_tail(rest: &str) -> bool {
    rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[')
}

fn ends_with_www(out: &str) -> bool {
    let mut last = out.chars().rev();
    last.by_ref().take(3).filter(|c| c.eq_ignore_ascii_case(&'w')).count() == 3
        && !last.next().is_some_and(char::is_alphanumeric)
}
