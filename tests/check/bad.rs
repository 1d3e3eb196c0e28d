//! Small modules that OPA refuses: gate refuses them too, and lets their neighbours pass.

use super::{errors, found, opa};

/// Bodies of `package a`; each is refused by `opa check --strict`.
const BAD: &[&str] = &[
    "p if x",
    "p if { some k; true }",
    "p if { every k, v in [1] { true } }",
    "p if { every k, v in [1] { v > 0 } }",
    "p if { x := 1 }",
    "p if { not startswith(input.a[x], \"a\") }",
    "p if { not input.a[x] }",
    "p if { not input.a[x] == 1 }",
    "p if { not f(input.a[x]) }\nf(y) if y",
    "f(x) := 1",
    "p if { x = 1; x := 2 }",
    "p if { x := 1; x := 2; x > 0 }",
    "f(x) if { x := 2; x > 1 }",
    "p contains 1\np := 2",
    "p := 1\np contains 3",
    "default p := 1\ndefault p := 2",
    "f(x) := x\nf(x, y) := x + y",
    "p if \"a\" == 1",
    "p if count(5) > 0",
    "p if { x := {\"a\": 1}; x.b }",
    "p if re_match(\"a\", \"b\")",
    "p if { input := 1; input }",
    "import data.x\nimport data.y.x\np if x",
    "p if q\nq if p",
    "p if q(1)\nq(x) if r(x)\nr(x) if q(x)",
    "p if time.foo(1)",
    "p if data.foo.bar(1)",
    "p if foo(1)",
    "p if count(input.a, 3, 4)",
    "p if count()",
    "p := x if { true }",
    "p[x] := 1 if { true }",
    "p contains x if { true }",
    "p.q := 1\np := 2",
    "p.q := 1\np contains 2",
    "p.q.r := 1\np.q := 2",
    "input.x := 1",
    "data := 1",
    "default p := 1\np contains 2",
    "p if { sum := 1; sum(input.x) > sum }",
    "count := 3\np if count([1]) > 1",
    "p if { {x: 1} = {\"a\": 1} }",
    "p if { some x in x; x }",
    "p contains x if { some x in input.a; not x in input.b[_] }",
    "p if { every x in y { x > 1 } }",
    "p if { every x in [1] { x > z } }",
    "f(x) := x if { some x in [1] }",
    "import input.foo",
    "import data.foo\np := 1",
    "p if { q.r }\nq := 1",
    "p if { z[x]; z := input }",
    "p if { x := y; y := 1; x }",
    "f(1) := 2\np if f(\"a\")",
    "p if { x := f(1); x == \"a\" }\nf(y) := y + 2",
    "p if startswith(1, \"a\")",
    "p if { not x; x := 1 }",
    "p := {x | some x}",
    "p := [x | y := 1]",
    "p := {k: v | k := \"a\"}",
    "p if { x := 1 + \"a\"; x }",
    "p if { x := [1] & {2}; x }",
    "p if { a := 1; b := a }",
    "p if",
    "p { true }",
    "p if { 1 = }",
    "p[1] { true }",
    "p := \"a",
    "p if 1 === 1",
    "p if { x == y }",
    "p if { x := input with input as y; x }",
    "p if { f(x) }\nf(y) if y",
    "# METADATA\n# scope: nowhere\np := 1",
    "# METADATA\n# title: [\np := 1",
    "p if { not y = 1 }",
    "p if { x > 1; x < 3 }",
    "p := q if { some q; true }",
    "p if { [x, y] = [y, x]; x }",
    "p if { some i; input.a[j]; i > 0 }",
    "f(x) := y if x",
    "p := 1 if { true } else := z",
];

/// Bodies of `package a`; `opa check --strict` lets them pass.
const GOOD: &[&str] = &[
    "p if { some x in [1] }",
    "p if { some k; input[k] }",
    "p contains x if { count([x | x = input.a]) > 1; x = 1 }",
    "p if { f(1, x); x > 0 }\nf(y) := y",
    "p if { input == 1 with input as x; x = 2 }",
    "p if { count(input.a, 3) }",
    "p if { walk(input, [a, b]); b == a }",
    "p if { {\"a\": x, \"b\": y} = input; x > y }",
    "p if { [x, y] = [y, 1]; x > 1 }",
    "p if { x > 1; x = y; y = 3 }",
    "p if data.a68[x]",
    "p := [x | some x in input.a]",
    "p[k] := v if { some k, v in input.a }",
    "p := input.a[_]",
    "p contains input.a[i].b[i]",
    "f(x) if x > 1\nf(x) if x < 0",
    "f([a, {\"b\": b}]) := a + b",
    "p if { every x in input.a { x > input.b } }",
    "p if { y := 2; every x in input.a { x > y } }",
    "p if { x := input.a; not x }",
    "p := x if { x := 1 } else := y if { y := 2 }",
    "import data.lib\np if lib.f",
    "import data.lib as l\np := l",
    "default p := false\np if input.x",
    "p.q[x] contains y if { some x, y in input }",
    "p if { print(\"a\", input.x) }",
    "p := $\"a {input.x} b\"",
    "p if { some i, x in input.a; input.b[i] == x }",
    "p if { z := {y | y := input.a[_]}; count(z) > 1 }",
    "p if input.a == 1 with input as {\"a\": 1}",
    "p if { q with data.b as 1 }\nq if data.b",
];

#[test]
fn what_opa_refuses_is_refused() {
    assert!(BAD.len() > 60);
    for body in BAD {
        assert!(!found(&format!("package a\n{body}\n")).is_empty(), "nothing was said of\n{body}");
    }
}

#[test]
fn what_opa_lets_pass_is_no_error() {
    for body in GOOD {
        assert_eq!(errors(&format!("package a\n{body}\n")), Vec::<&str>::new(), "{body}");
    }
}

#[test]
fn opa_agrees() {
    let Some(opa) = opa() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.rego");
    let mut wrong = Vec::new();
    for (body, is_good) in BAD.iter().map(|b| (b, false)).chain(GOOD.iter().map(|b| (b, true))) {
        let text = format!("package a\n{body}\n");
        std::fs::write(&path, &text).unwrap();
        let passes = |arguments: &[&str]| {
            std::process::Command::new(&opa)
                .arg("check")
                .args(arguments)
                .arg(&path)
                .output()
                .unwrap()
                .status
                .success()
        };
        if passes(&["--strict"]) != is_good {
            wrong.push(format!("opa check --strict passes: {}\n{body}", !is_good));
        }
        if passes(&[]) != errors(&text).is_empty() {
            wrong.push(format!(
                "opa check passes: {}\n{body}\n{:?}",
                !errors(&text).is_empty(),
                errors(&text)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
