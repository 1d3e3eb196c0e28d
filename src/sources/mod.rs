//! Policies out of protected refs and bundles, with the record of where they came from.
//!
//! Under a protected ref nothing of the working tree is taken unless a key or digest vouches for it. It never judges
//! and never falls back: a source that cannot be had is an error.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::bundle::{self, Algorithm, ArchiveLimits, Bundle, BundleError, Expected, Files, VerificationKey};
use crate::config::{BundleSetting, Config, NAMES, RawBundle};
use crate::model::{PolicySource, Problem};
use crate::origin::Tree;
use crate::policy::{Provenance, UserModule};

/// Modules and data of one source.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Modules by path.
    pub modules: Vec<UserModule>,
    /// Data beside them.
    pub data: Map<String, Value>,
}

/// A bundle and what it must fulfil.
#[derive(Clone, Debug, Default)]
pub struct BundleSource {
    /// The bundle.
    pub path: PathBuf,
    /// Public key, or shared secret.
    pub key: Option<PathBuf>,
    /// The only algorithm to accept.
    pub algorithm: Option<String>,
    /// Name that the signature must give its key, if it gives one.
    pub key_id: String,
    /// Scope that the signature must name.
    pub scope: String,
    /// Digest that its bytes must have.
    pub digest: Option<String>,
    /// Whether flags or environment named it, rather than gate.yaml.
    pub by_command: bool,
}

impl BundleSource {
    /// The bundle that the configuration names.
    pub fn of(config: &Config) -> Option<Self> {
        let raw = match config.raw.policy.bundle.clone()? {
            BundleSetting::Path(path) => RawBundle { path, ..RawBundle::default() },
            BundleSetting::Full(raw) => raw,
        };
        Some(Self {
            path: config.base.join(&raw.path),
            key: raw.key.map(|key| config.base.join(key)),
            algorithm: raw.algorithm,
            key_id: raw.key_id.unwrap_or_default(),
            scope: raw.scope.unwrap_or_default(),
            digest: raw.digest,
            by_command: false,
        })
    }

    /// Whether something beside its place says that it is the right one.
    fn is_vouched_for(&self) -> bool {
        self.key.is_some() || self.digest.is_some()
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn problem(message: impl Into<String>, file: &str, help: &str) -> Box<Problem> {
    boxed(BundleError::new(message).at(file).help(help))
}

fn boxed(error: impl Into<Problem>) -> Box<Problem> {
    Box::new(error.into())
}

/// Reads a file of the protected ref, or one outside of the repository; without a ref one as it lies there.
fn read(path: &Path, tree: Option<&Tree>) -> Result<Option<Vec<u8>>, Box<Problem>> {
    let shown = shown(path);
    if let Some((tree, inside)) = tree.and_then(|tree| Some((tree, tree.inside(path)?))) {
        return tree.file(&inside).map_err(boxed);
    }
    let most = ArchiveLimits::default().packed;
    match std::fs::metadata(path) {
        Ok(meta) if !meta.is_file() => Err(problem("expected a file", &shown, "check the path")),
        Ok(meta) if meta.len() > most => {
            Err(problem(format!("the file is larger than {most} bytes"), &shown, ""))
        }
        Ok(_) => std::fs::read(path)
            .map(Some)
            .map_err(|e| problem(format!("cannot be read: {e}"), &shown, "check the path")),
        Err(error) => Err(problem(format!("cannot be read: {error}"), &shown, "check the path")),
    }
}

/// Policies of a bundle. With a key its signature must be right, with a digest its bytes; a signed bundle needs a key.
///
/// # Errors
/// When one of these does not hold, or the bundle is broken.
pub fn of_bundle(source: &BundleSource, tree: Option<&Tree>) -> Result<(Found, PolicySource), Box<Problem>> {
    let path = shown(&source.path);
    let bytes = match read(&source.path, tree)? {
        Some(bytes) => bytes,
        // A bundle that was fetched into the working tree: only key or digest can vouch for it.
        None if source.is_vouched_for() => read(&source.path, None)?.unwrap_or_default(),
        None => {
            return Err(problem(
                format!("is not in the protected ref `{}`", tree.map_or("", |t| &t.git_ref)),
                &path,
                "commit it there, or give the key that signed it (`key`, `--policy-key`) or its `digest`",
            ));
        }
    };
    let about = |error: BundleError| -> Box<Problem> {
        let mut problem = boxed(error);
        problem.file = match problem.file.is_empty() {
            true => path.clone(),
            false => format!("{path}!{}", problem.file),
        };
        problem
    };
    let digest = bundle::digest(&bytes);
    if let Some(wanted) = &source.digest {
        let wanted = bundle::normalise_digest(wanted).map_err(boxed)?;
        if wanted != digest {
            return Err(problem(
                format!("the bundle has digest `{digest}`, expected `{wanted}`"),
                &path,
                "it is another bundle than the one that was pinned: do not use it, or pin the new one",
            ));
        }
    }
    let files: Files = bundle::unpack(&bytes, &ArchiveLimits::default()).map_err(about)?;
    let mut record = PolicySource {
        kind: "bundle".to_owned(),
        name: path.clone(),
        digest,
        asked_by: asked_by(source.by_command),
        ..PolicySource::default()
    };
    match &source.key {
        Some(key) => {
            let content = read(key, tree)?.ok_or_else(|| {
                problem(
                    format!("the key is not in the protected ref `{}`", tree.map_or("", |t| &t.git_ref)),
                    &shown(key),
                    "commit it there, or keep it outside of the repository",
                )
            })?;
            let algorithm = source.algorithm.as_deref().map(Algorithm::named).transpose().map_err(boxed)?;
            let key = VerificationKey::read(&content, algorithm).map_err(|e| boxed(e.at(&shown(key))))?;
            let expected = Expected { key, key_id: source.key_id.clone(), scope: source.scope.clone() };
            let signed = bundle::verify(&files, &expected).map_err(about)?;
            record.signature = signed.algorithm;
            record.key_id = signed.key_id;
            record.key_digest = expected.key.fingerprint().to_owned();
        }
        None if bundle::is_signed(&files) => {
            return Err(problem(
                "the bundle is signed, but no key says by whom",
                &path,
                "give the public key: `policy: { bundle: { path: ..., key: ... } }`, or `--policy-key`",
            ));
        }
        None => {}
    }
    let content = Bundle::read(&files).map_err(about)?;
    record.revision.clone_from(&content.manifest.revision);
    let found = found(content, &format!("{path}!")).map_err(|error| match error.file.is_empty() {
        true => boxed(error.at(&path)),
        false => boxed(error),
    })?;
    if found.modules.is_empty() && found.data.is_empty() {
        return Err(problem("the bundle holds no policy", &path, "modules end in `.rego`"));
    }
    Ok((found, record))
}

fn asked_by(by_command: bool) -> String {
    if by_command { "command" } else { "gate.yaml" }.to_owned()
}

/// Modules and data as the policy engine takes them.
fn found(content: Bundle, prefix: &str) -> Result<Found, BundleError> {
    let data = content.data()?;
    if let Some(old) = content.modules.iter().find(|module| module.rego_version == 0) {
        return Err(BundleError::new("is written in Rego v0").at(&format!("{prefix}{}", old.name)).help(
            "rewrite it: `opa fmt --v0-v1 --write FILE`, and set `rego_version` of the manifest to 1",
        ));
    }
    let module =
        |module: bundle::Module| UserModule { path: format!("{prefix}{}", module.name), text: module.text };
    Ok(Found { modules: content.modules.into_iter().map(module).collect(), data })
}

/// Whether a file of a policy folder counts, by its path.
fn is_policy(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let lower = base.to_ascii_lowercase();
    matches!(base, "data.json" | "data.yaml" | "data.yml")
        || (lower.ends_with(".rego") && !lower.ends_with("_test.rego"))
}

/// Policies of a file or folder of a protected ref; nothing where the path lies outside of the repository.
///
/// # Errors
/// When there is none, or one is broken.
pub fn of_tree(path: &Path, tree: &Tree) -> Result<Option<Found>, Box<Problem>> {
    let Some(inside) = tree.inside(path) else { return Ok(None) };
    let path = shown(path);
    let wanted = |name: &str| {
        // As in the working tree, what is hidden is no policy.
        let below = name.strip_prefix(inside.as_str()).unwrap_or(name);
        is_policy(name) && !below.split('/').any(|part| part.starts_with('.'))
    };
    let read = tree.files(&inside, &wanted).map_err(boxed)?;
    let is_file = matches!(read.as_slice(), [(name, _)] if *name == inside);
    let mut files = Files::new();
    for (name, bytes) in read {
        let below = match is_file {
            true => name.rsplit('/').next(),
            false => name.strip_prefix(inside.as_str()),
        };
        let name = bundle::member_name(below.unwrap_or_default()).map_err(boxed)?;
        files.insert(name, bytes);
    }
    if files.is_empty() {
        return Err(problem(
            format!("the protected ref `{}` holds no policy there", tree.git_ref),
            &path,
            "merge the policies there first; modules end in `.rego`",
        ));
    }
    let prefix = match (is_file, path.rsplit_once('/')) {
        (true, Some((folder, _))) => format!("{folder}/"),
        (true, None) => String::new(),
        (false, _) => format!("{}/", path.trim_end_matches('/')),
    };
    let prefix = prefix.trim_start_matches("./");
    let content = Bundle::read(&files).map_err(|error| {
        let file = format!("{}:{prefix}{}", tree.git_ref, error.file);
        boxed(error.at(&file))
    })?;
    found(content, prefix).map(Some).map_err(boxed)
}

/// What of the working tree was ignored: files listed in a decision.
const LISTED: usize = 100;

/// The record of a protected ref: which commit held, and what of the working tree was ignored.
///
/// # Errors
/// When git fails.
pub fn record(tree: &Tree, paths: &[PathBuf], provenance: &mut Provenance) -> Result<(), Box<Problem>> {
    provenance.sources.insert(
        0,
        PolicySource {
            kind: "protected_ref".to_owned(),
            name: tree.git_ref.clone(),
            commit: tree.commit.clone(),
            asked_by: asked_by(tree.by_command),
            ..PolicySource::default()
        },
    );
    let own: Vec<String> = tree
        .folders_upward()
        .into_iter()
        .flat_map(|folder| {
            NAMES.map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
        })
        .collect();
    let named: Vec<String> = paths.iter().filter_map(|path| tree.inside(path)).collect();
    let asked: Vec<String> = own
        .iter()
        .chain(&named)
        .map(|path| if path.is_empty() { ".".to_owned() } else { path.clone() })
        .collect();
    let counts = |name: &str| is_policy(name) || own.iter().chain(&named).any(|path| path == name);
    let mut differing = tree.differing(&asked, &counts).map_err(boxed)?;
    provenance.ignored_total = differing.len() as u64;
    differing.truncate(LISTED);
    provenance.ignored = differing;
    Ok(())
}
