//! What the interpreter says, in gate's words.

use super::Error;

/// The place is taken out of the ` --> file:line:column` line of what it says. Of rewritten modules only the line
/// is that of the module.
pub(crate) fn of_interpreter(text: &str) -> Error {
    let mut error = Error {
        path: String::new(),
        line: 0,
        column: 0,
        message: String::new(),
        help: String::new(),
        code: "eval_internal_error",
    };
    let mut kept = Vec::new();
    for line in text.lines() {
        if let Some((_, place)) = line.split_once("--> ")
            && error.path.is_empty()
        {
            let mut parts = place.trim().rsplitn(3, ':');
            error.column = parts.next().and_then(|n| n.parse().ok()).unwrap_or_default();
            error.line = parts.next().and_then(|n| n.parse().ok()).unwrap_or_default();
            error.path = parts.next().unwrap_or_default().to_owned();
        } else if !is_drawing(line) {
            kept.push(line.trim().trim_start_matches("error: "));
        }
    }
    error.message = kept.join(" ").trim().to_owned();
    error.code = code(&error.message);
    if error.code == "eval_cancel_error" {
        error.message = "the policies took longer than their time limit".to_owned();
        error.help = "look for nested loops over lists, or raise the time limit".to_owned();
    }
    error
}

fn code(message: &str) -> &'static str {
    let codes = [
        ("execution exceeded time limit", "eval_cancel_error"),
        ("is unsafe", "rego_unsafe_var_error"),
        ("undefined variable", "rego_unsafe_var_error"),
        ("multiple outputs", "eval_conflict_error"),
        ("conflict", "eval_conflict_error"),
        ("complete rules should not produce", "eval_conflict_error"),
        ("could not find function", "rego_type_error"),
        ("recursion", "rego_recursion_error"),
        ("must be", "eval_type_error"),
    ];
    codes.iter().find(|(part, _)| message.contains(part)).map_or("eval_builtin_error", |(_, code)| code)
}

/// The interpreter draws the source line and a caret; both stand in gate's own rendering.
fn is_drawing(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.trim().is_empty()
        || line.starts_with('|')
        || (digits.len() < line.len() && digits.trim_start().starts_with('|'))
}
