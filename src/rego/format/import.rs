//! Writes imports: groups as in the source, sorted within each.

use super::tree::Loc;
use super::writer::{Note, Writer};
use crate::rego::ast::{Import, Span};

impl<'a> Writer<'a> {
    /// The path of a package or import. A keyword stays in brackets where it was, if it is not one of these imports.
    pub(super) fn path(&mut self, path: &[String], span: Span) {
        let written = span.of(self.source);
        for (i, name) in path.iter().enumerate() {
            if i == 0 {
                self.write(name);
                continue;
            }
            let is_keyword = self.dialect.keywords.contains(name);
            let quoted = super::show::quoted(name);
            let keeps = is_keyword && written.contains(&format!("[{quoted}]"));
            if keeps || !super::show::is_name(name) {
                self.write(&format!("[{quoted}]"));
            } else {
                self.write(".");
                self.write(name);
            }
        }
    }

    pub(super) fn imports(&mut self, imports: &[&Import]) {
        let mut at_end: Vec<(u32, Note<'a>)> = Vec::new();
        let mut rest = Vec::new();
        for note in self.comments.split_off(self.next.min(self.comments.len())) {
            match imports.iter().find(|import| import.span.start.line == note.row) {
                Some(import) => at_end.push((import.span.start.offset, note)),
                None => rest.push(note),
            }
        }
        self.comments.append(&mut rest);
        for group in groups(imports) {
            if let Some(first) = group.first() {
                let _ = self.comments_to(Loc::of(first.span));
            }
            let mut sorted = group;
            sorted.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.alias.cmp(&b.alias)));
            for import in sorted {
                self.start_line();
                self.write("import ");
                self.path(&import.path, import.span);
                if let Some(alias) = &import.alias {
                    self.write(&format!(" as {alias}"));
                }
                if let Some((_, note)) = at_end.iter().find(|(offset, _)| *offset == import.span.start.offset)
                {
                    self.write(" ");
                    self.write(note.text);
                }
                self.end_line();
            }
            self.blank_line();
        }
    }
}

/// Imports on rows that follow each other.
fn groups<'i>(imports: &[&'i Import]) -> Vec<Vec<&'i Import>> {
    let mut groups: Vec<Vec<&Import>> = Vec::new();
    let mut last = None;
    for import in imports {
        let row = import.span.start.line;
        match groups.last_mut() {
            Some(group) if last.is_some_and(|last: u32| row <= last.saturating_add(1)) => group.push(import),
            _ => groups.push(vec![import]),
        }
        last = Some(row);
    }
    groups
}
