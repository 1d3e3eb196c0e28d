//! The archive itself: `.tar.gz` in, `.tar.gz` out.
//!
//! What is read may come from anyone. A name that leads elsewhere, a link, a device, a name that is given twice, a
//! bomb, or anything behind the end of the archive is an error: it is never skipped, for two readers that skip
//! differently see two bundles. What is written is the same bytes for the same content.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::{Compression, GzBuilder};
use tar::{Archive, Builder, EntryType, Header};

use super::BundleError;

/// The members of a bundle by name; names have no leading slash.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Bounds of an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Bytes of the archive.
    pub packed: u64,
    /// Bytes of all members together.
    pub unpacked: u64,
    /// How many members there may be.
    pub files: usize,
    /// How many bytes one byte of the archive may unpack to, once [`Self::free`] bytes are unpacked.
    pub ratio: u64,
    /// So many bytes are unpacked whatever the ratio.
    pub free: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self { packed: 256 << 20, unpacked: 1 << 30, files: 50_000, ratio: 200, free: 16 << 20 }
    }
}

/// The longest name of a member.
const NAME_BYTES: usize = 1024;

/// The name of a member as it is compared, signed and shown: relative, with `/`.
///
/// # Errors
/// When the name leads out of the bundle, is empty, too long, or cannot be a name everywhere.
pub fn member_name(name: &str) -> Result<String, BundleError> {
    let error = |why: &str| BundleError::new(format!("member `{}` {why}", name.escape_debug()));
    if name.len() > NAME_BYTES {
        return Err(BundleError::new(format!("a member's name is longer than {NAME_BYTES} bytes")));
    }
    if name.contains('\\') || name.chars().any(char::is_control) {
        return Err(error("has a name that not every system can write"));
    }
    let parts: Vec<&str> = name.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err(error("leads out of the bundle"));
    }
    if parts.is_empty() {
        return Err(error("has no name"));
    }
    Ok(parts.join("/"))
}

/// Reads an archive.
///
/// # Errors
/// When it is no `.tar.gz`, breaks a limit, or holds anything but plain files and folders.
pub fn unpack(bytes: &[u8], limits: &ArchiveLimits) -> Result<Files, BundleError> {
    let packed = bytes.len() as u64;
    if packed > limits.packed {
        return Err(BundleError::new(format!("the bundle is larger than {} bytes", limits.packed)));
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err(BundleError::new("expected a gzip archive, found something else")
            .help("a bundle is a `.tar.gz`: `gate bundle build FOLDER -o bundle.tar.gz`"));
    }
    let bound = packed.saturating_mul(limits.ratio).max(limits.free).min(limits.unpacked);
    let broken = |error: &io::Error| match error.get_ref().is_some_and(|e| e.is::<TooMuch>()) {
        true => BundleError::new(format!(
            "the bundle unpacks to more than {bound} bytes, the limit for an archive of {packed} bytes"
        )),
        false => BundleError::new(format!("the archive cannot be read: {error}")),
    };
    let mut archive = Archive::new(Bounded { inner: MultiGzDecoder::new(bytes), left: bound });
    let mut files = Files::new();
    for entry in archive.entries().map_err(|e| broken(&e))? {
        let mut entry = entry.map_err(|e| broken(&e))?;
        let raw = entry.path_bytes().into_owned();
        let raw =
            String::from_utf8(raw).map_err(|_| BundleError::new("a member has a name that is not UTF-8"))?;
        match entry.header().entry_type() {
            EntryType::Regular => {}
            // Its name is of no use, but must not be one that others would follow.
            EntryType::Directory => {
                if raw.trim_matches(['/', '.']).is_empty() && !raw.contains("..") {
                    continue;
                }
                member_name(&raw)?;
                continue;
            }
            // What `git archive` puts first: a comment for all members.
            EntryType::XGlobalHeader => continue,
            other => {
                return Err(BundleError::new(format!(
                    "member `{}` is a {}, expected a plain file",
                    raw.escape_debug(),
                    kind(other)
                ))
                .help("put the file itself into the bundle"));
            }
        }
        let name = member_name(&raw)?;
        if files.len() >= limits.files {
            return Err(BundleError::new(format!("the bundle has more than {} files", limits.files)));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).map_err(|e| broken(&e))?;
        if files.insert(name.clone(), content).is_some() {
            return Err(BundleError::new(format!("the bundle holds `{name}` twice")));
        }
    }
    // To the end: checksums are at the end, and so is what another reader might still see.
    let mut rest = archive.into_inner();
    let mut buffer = [0; 8192];
    loop {
        match rest.read(&mut buffer).map_err(|e| broken(&e))? {
            0 => return Ok(files),
            n if buffer.iter().take(n).all(|byte| *byte == 0) => {}
            _ => return Err(BundleError::new("there is something behind the end of the archive")),
        }
    }
}

fn kind(entry: EntryType) -> &'static str {
    match entry {
        EntryType::Link => "hard link",
        EntryType::Symlink => "symbolic link",
        EntryType::Char | EntryType::Block => "device",
        EntryType::Fifo => "pipe",
        EntryType::GNUSparse => "sparse file",
        _ => "special member",
    }
}

/// A reader that fails, rather than ends, where there is too much.
struct Bounded<R> {
    inner: R,
    left: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("too much")]
struct TooMuch;

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other(TooMuch))?;
        Ok(n)
    }
}

/// Writes an archive: members in order of their names, without times, owners or the name of a system.
///
/// # Errors
/// When a name is too long for an archive.
pub fn pack(files: &Files) -> Result<Vec<u8>, BundleError> {
    let broken = |e: io::Error| BundleError::new(format!("the archive cannot be written: {e}"));
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::new(6));
    let mut tar = Builder::new(gzip);
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_slice()).map_err(|e| broken(e).at(name))?;
    }
    let mut gzip = tar.into_inner().map_err(broken)?;
    gzip.flush().map_err(broken)?;
    gzip.finish().map_err(broken)
}
