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
    let mut unpacker = Unpacker {
        named: file.named,
        limits,
        bytes_left: limits.bytes,
        members_left: limits.members,
        parts: Vec::new(),
    };
    unpacker.unpack(file.name.clone(), bytes, LAYERS)?;
    Ok(Opened::Parts(unpacker.parts))
}

/// Unpacks layer by layer, within one budget for all of them.
struct Unpacker<'a> {
    named: bool,
    limits: &'a Limits,
    bytes_left: u64,
    members_left: u32,
    parts: Vec<Part>,
}

impl Unpacker<'_> {
    fn unpack(&mut self, name: String, bytes: Vec<u8>, layers: u32) -> Result<(), ParseError> {
        let packing = packing(&bytes, if self.named { "named.zip" } else { &name });
        if packing != Packing::None && layers == 0 {
            return Err(ParseError::whole(format!("`{name}` is compressed more than {LAYERS} times over"))
                .help("unpack it first"));
        }
        match packing {
            Packing::None => self.parts.push(Part { name, bytes }),
            Packing::Gzip => {
                let mut cursor = Cursor::new(bytes.as_slice());
                let unpacked = self.unpacked(&mut flate2::bufread::GzDecoder::new(&mut cursor), "gzip")?;
                followed_by("gzip", bytes.len() as u64 - cursor.position())?;
                drop(bytes);
                self.unpack(name, unpacked, layers - 1)?;
            }
            Packing::Zstd => {
                let mut source = bytes.as_slice();
                let mut decoder =
                    ruzstd::decoding::StreamingDecoder::new(&mut source).map_err(|e| corrupt("zstd", &e))?;
                let unpacked = self.unpacked(&mut decoder, "zstd")?;
                drop(decoder);
                followed_by("zstd", source.len() as u64)?;
                self.unpack(name, unpacked, layers - 1)?;
            }
            Packing::Zip => self.archive(&name, bytes, layers)?,
        }
        Ok(())
    }

    fn archive(&mut self, name: &str, bytes: Vec<u8>, layers: u32) -> Result<(), ParseError> {
        let listed = listed_members(&bytes);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| corrupt("zip", &e))?;
        if archive.offset() != 0 || listed.is_some_and(|listed| listed != archive.len() as u64) {
            return Err(ParseError::whole("the zip archive holds members that its directory hides")
                .help("write the archive again, each member under a name of its own"));
        }
        for index in 0..archive.len() {
            let mut member = archive.by_index(index).map_err(|e| corrupt("zip", &e))?;
            if member.is_dir() {
                continue;
            }
            self.members_left = self.members_left.checked_sub(1).ok_or_else(|| {
                ParseError::whole(format!("more members than the limit of {}", self.limits.members))
                    .help("raise `limits.members` in gate.yaml if the archive is genuine")
            })?;
            let path = member.name().map_err(|e| corrupt("zip", &e))?.replace('\\', "/");
            let inner = format!("{name}!{path}");
            let mut bytes = Vec::new();
            bounded(&mut member, &mut bytes, self.bytes_left, self.limits.bytes)
                .map_err(|e| named_error(*e, &inner))?;
            self.bytes_left -= (bytes.len() as u64).min(self.bytes_left);
            self.unpack(inner, bytes, layers - 1)?;
        }
        Ok(())
    }

    fn unpacked(&mut self, reader: &mut impl Read, what: &str) -> Result<Vec<u8>, ParseError> {
        let mut bytes = Vec::new();
        bounded(reader, &mut bytes, self.bytes_left, self.limits.bytes).map_err(|error| {
            if error.message.starts_with("cannot read") {
                ParseError::whole(format!("corrupt {what} data")).help("have the file written again")
            } else {
                *error
            }
        })?;
        self.bytes_left -= (bytes.len() as u64).min(self.bytes_left);
        Ok(bytes)
    }
}

fn followed_by(what: &str, rest: u64) -> Result<(), ParseError> {
    match rest {
        0 => Ok(()),
        rest => Err(ParseError::whole(format!("{what} data is followed by {rest} more bytes"))
            .help("write one report per file")),
    }
}

/// How many members the end record of a zip archive counts (APPNOTE 4.3.16); `None` where it defers to zip64.
fn listed_members(bytes: &[u8]) -> Option<u64> {
    let end = memchr::memmem::rfind(bytes, b"PK\x05\x06")?;
    let count = bytes.get(end + 10..end + 12)?;
    let count = u16::from_le_bytes([*count.first()?, *count.get(1)?]);
    (count != u16::MAX).then_some(u64::from(count))
}

fn named_error(mut error: ParseError, member: &str) -> ParseError {
    error.message = format!("`{member}`: {}", error.message);
    error
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
