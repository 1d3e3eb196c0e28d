//! Writes rules: heads, bodies, `else`.

use super::show;
use super::tree::{Head, Rule, Value, closing_row};
use super::writer::{Out, Writer};

impl<'a> Writer<'a> {
    /// Rules with a blank line between them, except for those of one line that stood together.
    pub(super) fn rules(&mut self, rules: &[Rule<'a>]) {
        for (i, rule) in rules.iter().enumerate() {
            let _ = self.comments_to(rule.loc);
            let _ = self.rule(rule);
            let groups = rules.get(i + 1).is_some_and(|next| {
                self.is_one_line(rule)
                    && self.is_one_line(next)
                    && next.loc.row == rule.loc.row.saturating_add(1)
            });
            if !groups {
                self.blank_line();
            }
        }
    }

    fn is_one_line(&self, rule: &Rule<'a>) -> bool {
        let alone = match rule.body.as_slice() {
            [] => true,
            [expr] => !expr.is_set(),
            _ => false,
        };
        alone && !rule.is_default && rule.otherwise.is_none() && self.uses_if(&rule.head)
    }

    /// Whether a body follows `if`: not that of a set without `contains`.
    fn uses_if(&self, head: &Head<'a>) -> bool {
        (self.dialect.v1 || self.dialect.ifs) && (self.dialect.contains || head.value.is_some())
    }

    fn rule(&mut self, rule: &Rule<'a>) -> Out {
        if !rule.head.is_else {
            self.start_line();
        }
        if rule.is_default {
            self.write("default ");
        }
        let is_constant =
            rule.otherwise.is_none() && matches!(rule.body.as_slice(), [expr] if expr.is_true());
        self.comment_on_last_row = is_constant;
        let head = self.head(&rule.head, rule.is_default, is_constant);
        if rule.body.is_empty() || is_constant {
            self.end_line();
            return Ok(());
        }
        self.comment_on_last_row = true;
        let uses_if = self.uses_if(&rule.head);
        if uses_if {
            self.write(" if");
            if let [expr] = rule.body.as_slice()
                && expr.loc.row == rule.head.loc.end_row(self.source)
                && !expr.is_set()
            {
                self.write(" ");
                let _ = self.expr(expr);
                self.end_line();
                return self.otherwise(rule);
            }
        }
        if head.is_err() && !self.waiting().is_empty() {
            self.write(" { ");
        } else {
            self.write(" {");
            self.end_line();
        }
        if uses_if
            && !rule.head.is_else
            && let Some(first) = rule.body.first()
        {
            self.mark_leading_union(first);
        }
        self.up();
        let _ = self.body(&rule.body);
        let skip = if !rule.head.args.is_empty() {
            Some((b'(', b')'))
        } else if rule.head.key.is_some() {
            Some((b'[', b']'))
        } else {
            None
        };
        let result = self.comments_to_row(closing_row(skip, b'{', b'}', rule.loc, self.source));
        self.down();
        result?;
        self.start_line();
        self.write("}");
        self.otherwise(rule)
    }

    /// `else`, after the closing brace or on a line of its own as in the source.
    fn otherwise(&mut self, rule: &Rule<'a>) -> Out {
        let Some(branch) = &rule.otherwise else { return Ok(()) };
        let below = branch.loc.row.saturating_sub(rule.loc.row) as usize;
        let line = rule.loc.text(self.source).split('\n').nth(below).filter(|_| below > 0);
        let after_brace = line.is_some_and(|line| !line.trim().starts_with("else"));
        let has_comment = self.has_comment_before(branch.head.loc.row) || self.has_note_at_end();
        if !has_comment && after_brace {
            self.write(" ");
        } else {
            self.blank_line();
            self.start_line();
        }
        self.comments_to(branch.head.loc)?;
        if has_comment && !after_brace {
            self.start_line();
        }
        self.rule(branch)
    }

    fn head(&mut self, head: &Head<'a>, is_default: bool, is_constant: bool) -> Out {
        match head.reference.as_slice() {
            [first, second] if !self.dialect.long_heads => {
                if self.waiting().first().is_some_and(|note| note.row == second.loc.row) {
                    self.as_written(head.loc);
                    return Ok(());
                }
                let mut text = String::new();
                show::term(&mut text, first);
                text.push('[');
                show::term(&mut text, second);
                text.push(']');
                self.write(&text);
            }
            reference => self.reference(reference)?,
        }
        if !head.args.is_empty() {
            self.bracketed("(", ")", |w| w.list(&head.args, head.loc, (b'(', b')'), false))?;
        }
        if let (Some(key), None) = (&head.key, &head.value) {
            if self.dialect.contains {
                self.write(" contains ");
                self.term(key)?;
            } else {
                self.write("[");
                self.term(key)?;
                self.write("]");
            }
        }
        let Some(value) = &head.value else { return Ok(()) };
        let is_true = matches!(&value.value, Value::Plain(text) if text == "true");
        if head.key.is_none() && is_true && !is_constant && !is_default {
            return Ok(());
        }
        let must_show = self.dialect.v1 && is_constant && head.key.is_none() && head.args.is_empty();
        if head.implied && !must_show {
            return Ok(());
        }
        self.write(if head.assigned || self.dialect.v1 { " := " } else { " = " });
        self.term(value)
    }
}
