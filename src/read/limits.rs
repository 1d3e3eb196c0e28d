//! Limits on what is read. Past one is an error that names it, never a shorter result.

/// Bounds for one evidence file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file, after decompression.
    pub bytes: u64,
    /// Nesting of JSON values or XML elements.
    pub depth: u32,
    /// Attributes of one XML element.
    pub attributes: u32,
    /// Array items of a JSON document, elements of an XML document, or lines of a text.
    pub elements: u64,
    /// Members of one archive.
    pub members: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 30, depth: 128, attributes: 256, elements: 100_000_000, members: 10_000 }
    }
}
