//! Reading evidence again: texts by name and digest, and a text as the format that it was recorded as.

use super::walk::{self, Declared, Input};
use super::{Collected, Request, open, parse, problem, unknown_format};
use crate::digest::hex;
use crate::format::{self, Declaration, Document};
use crate::model::{Evidence, Problem};
use crate::read::{self, Limits};

/// One text: a file, unpacked, or a member of an archive.
#[derive(Debug)]
pub struct Content {
    /// Name as reports have it.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Goes through every text of files, folders and bytes at hand, one at a time. What cannot be opened is passed over:
/// that it is missing shows by its digest.
pub fn contents(inputs: Vec<Input>, limits: Limits, each: &mut dyn FnMut(Content)) {
    use sha2::{Digest, Sha256};
    let request = Request { inputs, limits, ..Request::default() };
    for file in walk::find(&request, &mut Collected::default()) {
        let Ok(open::Opened::Parts(parts)) = open::open(&file, &limits) else { continue };
        for part in parts {
            let sha256 = hex(&Sha256::digest(&part.bytes));
            each(Content { name: part.name, sha256, bytes: part.bytes });
        }
    }
}

/// The path of the file that a text of that name was in.
pub fn file_of(name: &str) -> &str {
    name.split_once('!').map_or(name, |(file, _)| file)
}

/// What is declared of a text of that name.
pub fn declared_of(name: &str, declared: &[Declared]) -> Declaration {
    let path = std::path::Path::new(file_of(name));
    let mut declaration = Declaration::default();
    for more in declared.iter().filter(|d| d.pattern.matches(path)).map(|d| &d.declaration) {
        declaration.merge(more);
    }
    declaration
}

/// Declared evidence that is required and that none of the names is.
pub fn absent<'a>(
    declared: &[Declared],
    names: impl Iterator<Item = &'a str> + Clone,
) -> Vec<(String, Declaration)> {
    let is_there = |declared: &Declared| {
        names.clone().any(|name| declared.pattern.matches(std::path::Path::new(file_of(name))))
    };
    declared
        .iter()
        .filter(|declared| declared.required && !is_there(declared))
        .map(|declared| (declared.pattern.text().to_owned(), declared.declaration.clone()))
        .collect()
}

/// Reads a text as the format and under the name that a decision recorded.
///
/// # Errors
/// When it cannot be read as that.
pub fn reread(
    content: &Content,
    name: &str,
    format: &str,
    declared: &[Declared],
    limits: Limits,
) -> Result<Evidence, Box<Problem>> {
    let text = read::decode(&content.bytes).map_err(|e| Box::new(problem(name, None, e)))?;
    let reader =
        format::by_id(format).ok_or_else(|| Box::new(problem(name, None, unknown_format(format))))?;
    let declaration = declared_of(name, declared);
    let document = Document { name, text: &text, declaration: &declaration, limits };
    let mut evidence = parse(reader, &document).map_err(|e| Box::new(problem(name, Some(&text), e)))?;
    evidence.sha256.clone_from(&content.sha256);
    evidence.bytes = content.bytes.len() as u64;
    Ok(evidence)
}
