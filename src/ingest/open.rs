//! From a file to the texts in it: bounded reading, gzip, zstd and zip by their first bytes.

use std::fs;
use std::io::{self, Cursor, Read};

use super::walk::Found;
use crate::read::{Limits, ParseError};

/// One file, or one member of an archive.
#[derive(Debug)]
pub(super) struct Part {
    /// Name in reports: `archive.zip!member` for a member.
    pub(super) name: String,
    /// Its bytes, unpacked.
    pub(super) bytes: Vec<u8>,
}

/// What is in a file.
#[derive(Debug)]
pub(super) enum Opened {
    /// Texts, one or more.
    Parts(Vec<Part>),
    /// Something that is no text, in a walked folder.
    Binary,
}

/// How often one compression may lie within another.
const LAYERS: u32 = 3;
/// So much of a file is looked at to tell text from binary.
const PROBE: usize = 8192;

/// Opens a file and unpacks it.
pub(super) fn open(file: &Found, limits: &Limits) -> Result<Opened, ParseError> {
    let bytes = match (&file.bytes, &file.path) {
        (Some(bytes), _) => {
            if bytes.len() as u64 > limits.bytes {
                return Err(too_large(limits.bytes));
            }
            bytes.clone()
        }
        (None, Some(path)) => {
            let meta = fs::metadata(path).map_err(|e| cannot_open(&e))?;
            if !is_readable_kind(&meta) {
                return Err(ParseError::whole("expected a file or a pipe, found a device, socket or folder")
                    .help("name a report"));
            }
            if meta.len() > limits.bytes {
                return Err(too_large(limits.bytes));
            }
            let mut reader = fs::File::open(path).map_err(|e| cannot_open(&e))?;
            let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).saturating_add(1));
            if !file.named {
                reader.by_ref().take(PROBE as u64).read_to_end(&mut bytes).map_err(|e| cannot_open(&e))?;
                if is_binary(&bytes) && packing(&bytes, &file.name) == Packing::None {
                    return Ok(Opened::Binary);
                }
            }
            let rest = limits.bytes - (bytes.len() as u64).min(limits.bytes);
            bounded(&mut reader, &mut bytes, rest, limits.bytes).map_err(|e| *e)?;
            bytes
        }
        (None, None) => Vec::new(),
    };
    let mut parts = Vec::new();
    unpack(file.name.clone(), bytes, file.named, limits, LAYERS, &mut parts)?;
    Ok(Opened::Parts(parts))
}

fn unpack(
    name: String,
    bytes: Vec<u8>,
    named: bool,
    limits: &Limits,
    layers: u32,
    parts: &mut Vec<Part>,
) -> Result<(), ParseError> {
    let packing = packing(&bytes, if named { "named.zip" } else { &name });
    if packing != Packing::None && layers == 0 {
        return Err(ParseError::whole(format!("`{name}` is compressed more than {LAYERS} times over"))
            .help("unpack it first"));
    }
    match packing {
        Packing::None => parts.push(Part { name, bytes }),
        Packing::Gzip => {
            let mut cursor = Cursor::new(bytes.as_slice());
            let mut decoder = flate2::bufread::GzDecoder::new(&mut cursor);
            let unpacked = unpacked(&mut decoder, "gzip", limits)?;
            let rest = bytes.len() as u64 - cursor.position();
            if rest > 0 {
                return Err(ParseError::whole(format!("gzip data is followed by {rest} more bytes"))
                    .help("write one report per file"));
            }
            unpack(name, unpacked, named, limits, layers - 1, parts)?;
        }
        Packing::Zstd => {
            let mut source = bytes.as_slice();
            let mut decoder =
                ruzstd::decoding::StreamingDecoder::new(&mut source).map_err(|e| corrupt("zstd", &e))?;
            let unpacked = unpacked(&mut decoder, "zstd", limits)?;
            drop(decoder);
            if !source.is_empty() {
                return Err(ParseError::whole(format!(
                    "zstd data is followed by {} more bytes",
                    source.len()
                ))
                .help("write one report per file"));
            }
            unpack(name, unpacked, named, limits, layers - 1, parts)?;
        }
        Packing::Zip => {
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| corrupt("zip", &e))?;
            if archive.len() > limits.members as usize {
                return Err(ParseError::whole(format!("more members than the limit of {}", limits.members))
                    .help("raise `limits.members` in gate.yaml if the archive is genuine"));
            }
            let mut left = limits.bytes;
            for index in 0..archive.len() {
                let mut member = archive.by_index(index).map_err(|e| corrupt("zip", &e))?;
                if member.is_dir() {
                    continue;
                }
                let path = member.name().map_err(|e| corrupt("zip", &e))?.replace('\\', "/");
                let inner = format!("{name}!{path}");
                let mut bytes = Vec::new();
                bounded(&mut member, &mut bytes, left, limits.bytes).map_err(|e| named_error(*e, &inner))?;
                left -= (bytes.len() as u64).min(left);
                unpack(inner, bytes, named, limits, layers - 1, parts)?;
            }
        }
    }
    Ok(())
}

fn named_error(mut error: ParseError, member: &str) -> ParseError {
    error.message = format!("`{member}`: {}", error.message);
    error
}

fn unpacked(reader: &mut impl Read, what: &str, limits: &Limits) -> Result<Vec<u8>, ParseError> {
    let mut bytes = Vec::new();
    bounded(reader, &mut bytes, limits.bytes, limits.bytes).map_err(|error| {
        if error.message.starts_with("cannot read") {
            ParseError::whole(format!("corrupt {what} data")).help("have the file written again")
        } else {
            *error
        }
    })?;
    Ok(bytes)
}

/// Reads to the end, but no more than `room` bytes.
fn bounded(
    reader: &mut impl Read,
    bytes: &mut Vec<u8>,
    room: u64,
    limit: u64,
) -> Result<(), Box<ParseError>> {
    let before = bytes.len() as u64;
    reader
        .take(room.saturating_add(1))
        .read_to_end(bytes)
        .map_err(|e| Box::new(ParseError::whole(format!("cannot read: {e}"))))?;
    if bytes.len() as u64 - before > room {
        return Err(Box::new(too_large(limit)));
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
    Zip,
}

/// By the first bytes. Many things are zip files inside (jar, wheel, docx), so an unnamed one counts by its ending.
fn packing(bytes: &[u8], name: &str) -> Packing {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        Packing::Gzip
    } else if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Packing::Zstd
    } else if bytes.starts_with(b"PK\x03\x04") && name.to_ascii_lowercase().ends_with(".zip") {
        Packing::Zip
    } else {
        Packing::None
    }
}

/// Whether the start of a file holds a NUL byte without being UTF-16.
fn is_binary(start: &[u8]) -> bool {
    let utf16 = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    !utf16 && memchr::memchr(0, start).is_some()
}

#[cfg(unix)]
fn is_readable_kind(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    meta.is_file() || meta.file_type().is_fifo()
}

#[cfg(not(unix))]
fn is_readable_kind(meta: &fs::Metadata) -> bool {
    meta.is_file()
}

fn too_large(limit: u64) -> ParseError {
    ParseError::whole(format!("larger than the limit of {limit} bytes"))
        .help("raise `limits.bytes` in gate.yaml if the report is genuine")
}

fn cannot_open(error: &io::Error) -> ParseError {
    ParseError::whole(format!("cannot open: {error}")).help("check the path and its rights")
}

fn corrupt(what: &str, error: &dyn std::fmt::Display) -> ParseError {
    ParseError::whole(format!("corrupt {what} data: {error}")).help("have the file written again")
}
