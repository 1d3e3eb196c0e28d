//! Equal strings share one allocation.

use std::collections::HashSet;

use crate::model::Text;

/// Longer strings are rarely repeated; hashing them costs more than it saves.
const LONGEST: usize = 256;

/// Hands out shared copies of strings.
#[derive(Debug, Default)]
pub struct Interner {
    seen: HashSet<Text, foldhash::fast::RandomState>,
}

impl Interner {
    /// A shared copy of the string.
    pub fn get(&mut self, text: &str) -> Text {
        if text.len() > LONGEST {
            return Text::from(text);
        }
        if let Some(known) = self.seen.get(text) {
            return Text::clone(known);
        }
        let new = Text::from(text);
        self.seen.insert(Text::clone(&new));
        new
    }
}
