//! Makes a package out of a seed: rules of every kind, over inputs that lack some of what they ask for.

use gate::rego::ast::Version;
use serde_json::{Value, json};

pub(crate) fn base() -> Value {
    json!({
        "n": 3, "s": "abc", "list": [1, "a", null, {"k": 2}], "empty": [], "flag": false,
        "obj": {"a": 1, "b": {"c": [1, 2]}, "x y": true}
    })
}

/// Values of inputs.
const VALUES: [&str; 22] = [
    "null",
    "false",
    "true",
    "0",
    "1",
    "2",
    "-1",
    "1.5",
    "100",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"abc\"",
    "[]",
    "[1]",
    "[1,2,3]",
    "[\"a\",\"b\"]",
    "{}",
    "{\"k\":1}",
    "{\"a\":1,\"b\":2}",
    "[{\"k\":1},{\"k\":false}]",
    "{\"a\":{\"b\":[1,{\"c\":null}]}}",
];

/// Names of the input's fields; not every input has them all.
const FIELDS: [&str; 8] = ["a", "b", "list", "n", "s", "obj", "flag", "missing"];

/// Functions with types of their parameters: `*` any, `n` number, `s` string, `c` collection, `l` array, `o` object.
const FUNCTIONS: [(&str, &str); 44] = [
    ("count", "c"),
    ("upper", "s"),
    ("lower", "s"),
    ("to_number", "*"),
    ("abs", "n"),
    ("startswith", "ss"),
    ("endswith", "ss"),
    ("contains", "ss"),
    ("split", "ss"),
    ("concat", "sl"),
    ("object.get", "o**"),
    ("is_string", "*"),
    ("is_number", "*"),
    ("is_null", "*"),
    ("is_object", "*"),
    ("is_array", "*"),
    ("is_set", "*"),
    ("is_boolean", "*"),
    ("type_name", "*"),
    ("array.concat", "ll"),
    ("array.slice", "lnn"),
    ("array.reverse", "l"),
    ("json.marshal", "*"),
    ("format_int", "nn"),
    ("max", "c"),
    ("min", "c"),
    ("sum", "l"),
    ("sort", "c"),
    ("trim", "ss"),
    ("replace", "sss"),
    ("substring", "snn"),
    ("indexof", "ss"),
    ("object.keys", "o"),
    ("object.union", "oo"),
    ("object.remove", "ol"),
    ("numbers.range", "nn"),
    ("floor", "n"),
    ("round", "n"),
    ("strings.reverse", "s"),
    ("regex.match", "ss"),
    ("sprintf", "sl"),
    ("trim_prefix", "ss"),
    ("union", "*"),
    ("json.filter", "ol"),
];

#[derive(Clone)]
struct Rule {
    /// How it is asked for.
    path: String,
    parameters: Option<usize>,
}

pub(crate) struct Generator {
    state: u64,
    rules: Vec<Rule>,
    vars: Vec<String>,
    fresh: usize,
    v0: bool,
    /// Whether strings with expressions in them are not to be had.
    plain: bool,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            rules: Vec::new(),
            vars: Vec::new(),
            fresh: 0,
            v0: false,
            plain: false,
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % (n.max(1) as u64)) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    pub(crate) fn input(&mut self) -> Value {
        let mut input = serde_json::Map::new();
        for field in FIELDS {
            if field != "missing" && self.chance(75) {
                let usual = match field {
                    "list" => "[1,2,{\"k\":3}]",
                    "n" => "2",
                    "s" => "\"abc\"",
                    "obj" => "{\"a\":1,\"k\":\"b\",\"x y\":null}",
                    "flag" => "false",
                    _ => "",
                };
                let text = if usual.is_empty() || self.chance(35) { self.pick(&VALUES) } else { usual };
                input.insert(field.to_owned(), serde_json::from_str(text).unwrap());
            }
        }
        Value::Object(input)
    }

    fn name(&mut self) -> String {
        self.fresh += 1;
        // Names of functions and rules are shadowed now and then.
        match self.below(40) {
            0 => "count".to_owned(),
            1 if !self.rules.is_empty() => "r0".to_owned(),
            2 => "type_name".to_owned(),
            _ => format!("v{}", self.fresh),
        }
    }

    pub(crate) fn module(&mut self, version: Version) -> String {
        self.v0 = version == Version::V0;
        self.plain = self.v0;
        let mut text = "package f\n".to_owned();
        let imported = self.chance(20);
        if imported {
            text.push_str("import data.base.obj as imported\nimport input.list as things\n");
        }
        if self.v0 && self.chance(50) {
            text.push_str("import future.keywords.if\nimport future.keywords.contains\nimport future.keywords.every\nimport future.keywords.in\n");
            self.v0 = false;
        }
        let count = 3 + self.below(5);
        for index in 0..count {
            self.vars = if imported { vec!["imported".to_owned(), "things".to_owned()] } else { Vec::new() };
            self.rule(index, &mut text);
        }
        text
    }

    fn block(&mut self, head: &str, lines: &[String], text: &mut String) {
        let word = if self.v0 { "" } else { "if " };
        text.push_str(&format!("{head} {word}{{\n"));
        for line in lines {
            text.push_str("  ");
            text.push_str(line);
            text.push('\n');
        }
        text.push_str("}\n");
    }

    fn rule(&mut self, index: usize, text: &mut String) {
        let outer = self.vars.clone();
        let name = format!("r{index}");
        let definitions = 1 + self.below(2);
        let mut parameters = None;
        match self.below(if self.v0 { 5 } else { 8 }) {
            0 | 1 => {
                if self.chance(30) {
                    let value = self.literal();
                    text.push_str(&format!("default {name} := {value}\n"));
                }
                let lines = self.body(3);
                let value = self.value();
                let head = if self.chance(30) { name.clone() } else { format!("{name} := {value}") };
                self.block(&head, &lines, text);
                if self.chance(25) {
                    self.vars = outer;
                    let lines = self.body(2);
                    let value = self.value();
                    text.truncate(text.len() - 1);
                    self.block(&format!(" else := {value}"), &lines, text);
                } else if self.chance(20) {
                    self.vars = outer;
                    let lines = self.body(2);
                    self.block(&head.replace(&value, "true"), &lines, text);
                }
            }
            2 => self.definitions(definitions, text, |this| {
                let value = this.value();
                if this.v0 { format!("{name}[{value}]") } else { format!("{name} contains {value}") }
            }),
            3 => self.definitions(definitions, text, |this| {
                let (key, value) = (this.string_like(), this.value());
                format!("{name}[{key}] := {value}")
            }),
            4 | 5 => {
                let count = self.below(3) + usize::from(self.v0);
                if self.chance(20) && count > 0 && !self.v0 {
                    let value = self.literal();
                    let args = vec!["_"; count].join(", ");
                    text.push_str(&format!("default {name}({args}) := {value}\n"));
                }
                for _ in 0..definitions {
                    self.vars = outer.clone();
                    let args: Vec<String> = (0..count).map(|_| self.parameter()).collect();
                    let lines = self.body(2);
                    let head = format!("{name}({})", args.join(", "));
                    let value = self.value();
                    let head = if self.chance(30) && count > 0 { head } else { format!("{head} := {value}") };
                    self.block(&head, &lines, text);
                    if self.chance(20) {
                        self.vars = outer.clone();
                        let value = self.value();
                        text.truncate(text.len() - 1);
                        text.push_str(&format!(" else := {value}\n"));
                    }
                }
                parameters = Some(count);
            }
            6 => {
                let form = self.below(5);
                // Constants beside what is known later: an empty object more or less, a known difference.
                let same = self.pick(&["\"k\"", "input.s", "input.n", "1"]);
                self.definitions(definitions, text, |this| {
                    let (key, value) = (this.string_like(), this.value());
                    let key = if matches!(form, 0 | 3) { same.to_owned() } else { key };
                    match form {
                        0 => format!("{name}.p[{key}].q := {value}"),
                        1 => format!("{name}.p[{key}] := {value}"),
                        2 => format!("{name}.p[{key}] contains {value}"),
                        3 => format!("{name}[{key}].if := {value}"),
                        _ => format!("{name}.x.y := {value}"),
                    }
                });
            }
            _ => {
                let value = self.term(2);
                text.push_str(&format!("{name} := {value}\n"));
            }
        }
        self.rules.push(Rule { path: name, parameters });
    }

    /// Bodies, each with a head that may use its variables.
    fn definitions(&mut self, count: usize, text: &mut String, head: impl Fn(&mut Self) -> String) {
        let outer = self.vars.clone();
        for _ in 0..count {
            self.vars = outer.clone();
            let lines = self.body(3);
            let head = head(self);
            self.block(&head, &lines, text);
        }
    }

    /// The path of some rule of a kind.
    fn some_rule(&mut self, is_kind: impl Fn(&Rule) -> bool) -> Option<String> {
        let paths: Vec<String> = self.rules.iter().filter(|r| is_kind(r)).map(|r| r.path.clone()).collect();
        (!paths.is_empty()).then(|| paths[self.below(paths.len())].clone())
    }

    fn parameter(&mut self) -> String {
        match self.below(8) {
            0 => self.literal(),
            1 => {
                let (a, b) = (self.name(), self.name());
                self.vars.extend([a.clone(), b.clone()]);
                format!("[{a}, {b}]")
            }
            2 => {
                let a = self.name();
                self.vars.push(a.clone());
                format!("{{\"k\": {a}}}")
            }
            3 => "_".to_owned(),
            _ => {
                let a = self.name();
                self.vars.push(a.clone());
                a
            }
        }
    }

    fn value(&mut self) -> String {
        if !self.vars.is_empty() && self.chance(50) {
            return self.var();
        }
        self.term(1)
    }

    fn string_like(&mut self) -> String {
        match self.below(4) {
            0 => "\"k\"".to_owned(),
            1 if !self.vars.is_empty() => self.var(),
            2 => {
                let term = self.term(1);
                format!("sprintf(\"%v\", [{term}])")
            }
            _ => self.pick(&["\"a\"", "\"b\"", "input.s", "1"]).to_owned(),
        }
    }

    fn var(&mut self) -> String {
        let at = self.below(self.vars.len());
        self.vars[at].clone()
    }

    fn body(&mut self, most: usize) -> Vec<String> {
        let count = 1 + self.below(most);
        (0..count).map(|_| self.statement(2)).collect()
    }

    /// A body on one line, with the variables of the outer one and its own.
    fn inner<T>(&mut self, finish: impl FnOnce(&mut Self, String) -> T) -> T {
        let saved = self.vars.clone();
        let count = 1 + self.below(2);
        let body = (0..count).map(|_| self.statement(1)).collect::<Vec<_>>().join("; ");
        let done = finish(self, body);
        self.vars = saved;
        done
    }

    fn statement(&mut self, depth: usize) -> String {
        let mut with = self.chance(12);
        let line = match self.below(if self.v0 { 13 } else { 16 }) {
            0 => self.term(depth),
            1 | 2 => {
                let (a, b) = (self.term(depth), self.term(depth));
                let op = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                let not = if self.chance(35) { "not " } else { "" };
                format!("{not}{a} {op} {b}")
            }
            3 => {
                let term = self.term(depth);
                format!("not {term}")
            }
            4 => {
                let call = self.call(depth);
                if self.chance(50) { format!("not {call}") } else { call }
            }
            5 | 6 => {
                let term = self.term(depth);
                let name = self.name();
                self.vars.push(name.clone());
                format!("{name} := {term}")
            }
            7 => {
                let term = self.term(depth);
                let (a, b) = (self.name(), self.name());
                let (pattern, names) = match self.below(5) {
                    0 => (format!("[{a}, {b}]"), vec![a, b]),
                    1 => (format!("{{\"k\": {a}}}"), vec![a]),
                    2 => (format!("[{a}, 1]"), vec![a]),
                    3 => (format!("{{\"a\": {a}, \"b\": [{b}, _]}}"), vec![a, b]),
                    _ => (a.clone(), vec![a]),
                };
                self.vars.extend(names);
                let op = if self.chance(50) && !pattern.contains(", 1]") { ":=" } else { "=" };
                if op == "=" && self.chance(50) {
                    format!("{term} = {pattern}")
                } else {
                    format!("{pattern} {op} {term}")
                }
            }
            8 => {
                let (a, b) = (self.any(), self.term(depth));
                let not = if self.chance(40) { "not " } else { "" };
                format!("{not}{a} = {b}")
            }
            9 | 10 => {
                let collection = self.collection(depth);
                let (index, name) = (self.name(), self.name());
                with = false;
                let lines = format!("some {index}; {name} = {collection}[{index}]");
                self.vars.extend([index, name]);
                lines
            }
            11 => {
                let collection = self.collection(depth);
                let name = self.name();
                self.vars.push(name.clone());
                format!("{name} := {collection}[_]")
            }
            12 => {
                let output = self.name();
                let line = match self.below(4) {
                    0 => {
                        let at = self.name();
                        let term = self.term(1);
                        self.vars.push(at.clone());
                        format!("walk({term}, [{at}, {output}])")
                    }
                    1 => {
                        let term = self.collection(1);
                        format!("count({term}, {output})")
                    }
                    2 => format!("plus(input.n, 1, {output})"),
                    _ => format!("split(input.s, \"b\", {output})"),
                };
                self.vars.push(output);
                line
            }
            13 => {
                let collection = self.collection(depth);
                let (key, name) = (self.name(), self.name());
                let line = match self.below(4) {
                    0 => {
                        self.vars.push(key.clone());
                        format!("some {key}, {name} in {collection}")
                    }
                    1 => format!("some {{\"k\": {name}}} in {collection}"),
                    _ => format!("some {name} in {collection}"),
                };
                self.vars.push(name);
                line
            }
            14 => {
                let domain = self.collection(depth);
                let saved = self.vars.clone();
                let (key, value) = (self.name(), self.name());
                let head = if self.chance(40) {
                    self.vars.push(key.clone());
                    format!("every {key}, {value} in {domain}")
                } else {
                    format!("every {value} in {domain}")
                };
                self.vars.push(value);
                let line = self.inner(|_, body| format!("{head} {{ {body} }}"));
                self.vars = saved;
                line
            }
            _ => {
                let (value, collection) = (self.term(1), self.collection(1));
                let not = if self.chance(40) { "not " } else { "" };
                format!("{not}{value} in {collection}")
            }
        };
        if !with {
            return line;
        }
        let value = self.term(1);
        let target = match self.below(8) {
            0 => "input".to_owned(),
            1 => "data.base.n".to_owned(),
            2 => "data.base.s".to_owned(),
            3 => match self.some_rule(|rule| rule.parameters.is_none()) {
                Some(path) => format!("data.f.{path}"),
                None => "input.s".to_owned(),
            },
            4 => self.some_rule(|rule| rule.parameters.is_some()).unwrap_or_else(|| "count".to_owned()),
            5 => "count".to_owned(),
            _ => {
                let field = self.pick(&FIELDS);
                format!("input.{field}")
            }
        };
        format!("{line} with {target} as {value}")
    }

    fn literal(&mut self) -> String {
        self.pick(&[
            "null",
            "false",
            "true",
            "0",
            "1",
            "2",
            "1.5",
            "-1",
            "\"\"",
            "\"a\"",
            "\"abc\"",
            "[]",
            "{}",
            "[1, 2]",
            "{\"k\": 1}",
            "{1, 2}",
            "set()",
            "{\"a\": {\"b\": 1}}",
        ])
        .to_owned()
    }

    fn document(&mut self) -> String {
        let field = self.pick(&FIELDS);
        match self.below(14) {
            0 => format!("data.base.{}", self.pick(&["n", "s", "list", "empty", "flag", "obj", "nothing"])),
            1 => "data.base.obj.b.c".to_owned(),
            2 => format!("input.{field}.{}", self.pick(&["a", "k", "b"])),
            3 => format!("input.{field}[{}]", self.pick(&["0", "1", "\"x y\"", "\"k\""])),
            4 if !self.vars.is_empty() => {
                let var = self.var();
                format!("input.{field}[{var}]")
            }
            5 if self.chance(25) => "data.base.list[_]".to_owned(),
            6 => format!("input[\"{field}\"]"),
            7 if self.chance(40) => "input.list[_].k".to_owned(),
            8 => "input.a.b.c".to_owned(),
            _ => format!("input.{field}"),
        }
    }

    /// A term whose type is not known.
    fn any(&mut self) -> String {
        match self.below(4) {
            0 if !self.vars.is_empty() => self.var(),
            1 => self.pick(&["data.base.n", "1", "2"]).to_owned(),
            _ => self.document(),
        }
    }

    fn collection(&mut self, depth: usize) -> String {
        match self.below(10) {
            0 => "input.list".to_owned(),
            1 => "input.obj".to_owned(),
            2 => "data.base.list".to_owned(),
            3 => "data.base.obj".to_owned(),
            4 => format!("input.{}", self.pick(&FIELDS)),
            5 if !self.vars.is_empty() => self.var(),
            6 => {
                let (a, b) = (self.term(1), self.term(1));
                format!("[{a}, {b}]")
            }
            7 if depth > 0 => self.comprehension(),
            8 => self.rule_reference(depth),
            _ => self.pick(&["{1, 2}", "[1, \"a\"]", "{\"a\": 1, \"b\": null}", "{\"x\", \"y\"}"]).to_owned(),
        }
    }

    fn comprehension(&mut self) -> String {
        self.inner(|this, body| match this.below(3) {
            0 => {
                let value = this.value();
                format!("[{value} | {body}]")
            }
            1 => {
                let value = this.value();
                format!("{{{value} | {body}}}")
            }
            _ => {
                let (key, value) = (this.string_like(), this.value());
                format!("{{{key}: {value} | {body}}}")
            }
        })
    }

    fn rule_reference(&mut self, depth: usize) -> String {
        if self.rules.is_empty() {
            return self.document();
        }
        let at = self.below(self.rules.len());
        let rule = self.rules[at].clone();
        let path = if self.chance(40) { format!("data.f.{}", rule.path) } else { rule.path };
        match rule.parameters {
            Some(count) => {
                let args: Vec<String> = (0..count).map(|_| self.term(depth.saturating_sub(1))).collect();
                format!("{path}({})", args.join(", "))
            }
            None => match self.below(6) {
                0 => format!("{path}.k"),
                1 if self.chance(30) => format!("{path}[_]"),
                2 if !self.vars.is_empty() => {
                    let var = self.var();
                    format!("{path}[{var}]")
                }
                3 => {
                    let term = self.term(depth.saturating_sub(1));
                    format!("{path}[{term}]")
                }
                _ => path,
            },
        }
    }

    fn call(&mut self, depth: usize) -> String {
        let (name, parameters) = FUNCTIONS[self.below(FUNCTIONS.len())];
        let mut args = Vec::new();
        for kind in parameters.chars() {
            let arg = if self.chance(60) {
                match self.below(3) {
                    0 if !self.vars.is_empty() => self.var(),
                    _ => self.document(),
                }
            } else {
                match kind {
                    'n' => self.pick(&["0", "1", "2", "10", "input.n", "data.base.n"]).to_owned(),
                    's' => self.pick(&["\"a\"", "\"abc\"", "\"\"", "input.s", "\"%v-%d\""]).to_owned(),
                    'c' => self.collection(depth.saturating_sub(1)),
                    'l' => self
                        .pick(&["[1, 2]", "[]", "input.list", "[\"a\", \"b\"]", "data.base.list"])
                        .to_owned(),
                    'o' => self.pick(&["{\"a\": 1}", "input.obj", "data.base.obj", "{}"]).to_owned(),
                    _ => self.term(depth.saturating_sub(1)),
                }
            };
            args.push(arg);
        }
        format!("{name}({})", args.join(", "))
    }

    fn term(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(6) {
                0 => self.literal(),
                1 | 2 if !self.vars.is_empty() => self.var(),
                _ => self.document(),
            };
        }
        let next = depth - 1;
        match self.below(if self.v0 { 17 } else { 19 }) {
            0 | 1 => self.literal(),
            2..=4 => self.document(),
            5 | 6 if !self.vars.is_empty() => self.var(),
            7 => self.call(next),
            8 | 9 => self.rule_reference(next),
            10 => {
                let (a, b) = (self.any(), self.any());
                let op = self.pick(&["+", "-", "*", "/", "%", "|", "&"]);
                format!("({a} {op} {b})")
            }
            11 => {
                let (a, b) = (self.term(next), self.term(next));
                let op = self.pick(&["==", "!=", "<", ">="]);
                format!("({a} {op} {b})")
            }
            12 => {
                let (a, b) = (self.term(next), self.term(next));
                format!("[{a}, {b}]")
            }
            13 => {
                let a = self.term(next);
                format!("{{\"k\": {a}}}")
            }
            14 => {
                let a = self.term(next);
                format!("{{{a}, 1}}")
            }
            15 | 16 => self.comprehension(),
            17 if !self.plain => {
                let a = self.term(next).replace('"', "`");
                if a.contains('`') { "$\"t\"".to_owned() } else { format!("$\"a{{{a}}}b\"") }
            }
            18 => {
                let (value, collection) = (self.term(next), self.collection(next));
                format!("({value} in {collection})")
            }
            _ => self.document(),
        }
    }
}
