//! Equal strings share one allocation.

use std::hash::BuildHasher;

use crate::model::Text;

/// Longer strings are rarely repeated; hashing them costs more than it saves.
const LONGEST: usize = 256;

/// Hands out shared copies of strings.
///
/// A table of its own, since that of the standard library hashes a new string twice.
#[derive(Debug, Default)]
pub struct Interner {
    hasher: foldhash::fast::RandomState,
    /// Open addressing with a power of two of slots, at most half of them taken.
    slots: Vec<Slot>,
    seen: Vec<Text>,
}

/// Part of the hash, and one more than the place in `seen`; 0 is empty.
type Slot = (u32, u32);

impl Interner {
    /// A shared copy of the string.
    pub fn get(&mut self, text: &str) -> Text {
        if text.len() > LONGEST {
            return Text::from(text);
        }
        if (self.seen.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let hash = self.hasher.hash_one(text) as u32;
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some((known_hash, place)) = self.slots.get(at)
            && *place != 0
        {
            if *known_hash == hash
                && let Some(known) = self.seen.get(*place as usize - 1)
                && **known == *text
            {
                return Text::clone(known);
            }
            at = (at + 1) & mask;
        }
        let new = Text::from(text);
        self.seen.push(Text::clone(&new));
        if let (Some(slot), Ok(place)) = (self.slots.get_mut(at), u32::try_from(self.seen.len())) {
            *slot = (hash, place);
        }
        new
    }

    fn grow(&mut self) {
        let count = (self.slots.len() * 2).max(64);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); count]);
        for (hash, place) in old.into_iter().filter(|(_, place)| *place != 0) {
            let mut at = hash as usize & (count - 1);
            while self.slots.get(at).is_some_and(|(_, taken)| *taken != 0) {
                at = (at + 1) & (count - 1);
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = (hash, place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_share_one_allocation_and_others_do_not() {
        let mut interner = Interner::default();
        let first: Vec<Text> = (0..5000).map(|i| interner.get(&format!("text {i}"))).collect();
        for (i, text) in first.iter().enumerate() {
            assert_eq!(**text, format!("text {i}"));
            assert!(Text::ptr_eq(text, &interner.get(&format!("text {i}"))));
        }
        assert_eq!(&*interner.get(""), "");
        let long = "x".repeat(1000);
        assert_eq!(*interner.get(&long), *long);
    }
}
