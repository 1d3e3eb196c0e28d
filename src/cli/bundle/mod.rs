//! `gate bundle`: OPA bundles, from folder to registry and back.

#[cfg(feature = "oci")]
mod registry;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Exit, output};
use crate::bundle::{
    self, Algorithm, ArchiveLimits, Bundle, BundleError, Claims, Expected, Files, Inspected, Selection,
    SigningKey, VerificationKey,
};
use crate::report::inert;

/// Arguments of `gate bundle`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle build policy/ -o policy.tar.gz --revision 1.2
  gate bundle sign policy.tar.gz --key private.pem
  gate bundle verify policy.tar.gz --key public.pem
  gate bundle push registry.example/team/policy:1.2 policy.tar.gz
  gate evaluate reports/ --policy-bundle policy.tar.gz --policy-key public.pem

OPA reads what gate builds and signs, and the other way round.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a bundle of folders and files: the same bytes for the same content.
    Build(Build),
    /// Show what a bundle or folder holds.
    Inspect(Inspect),
    /// Sign a bundle.
    Sign(Sign),
    /// Verify signature and content of a bundle: exit 0 verified, 1 not, 2 when it cannot be read.
    Verify(Verify),
    /// Put a bundle into an OCI registry.
    #[cfg(feature = "oci")]
    Push(registry::Push),
    /// Get a bundle from an OCI registry.
    #[cfg(feature = "oci")]
    Pull(registry::Pull),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle build policy/ -o policy.tar.gz
  gate bundle build policy/ -o policy.tar.gz --revision \"$(git rev-parse HEAD)\" --root gate/security --root team
  gate bundle build policy/ -o policy.tar.gz --signing-key private.pem --signing-alg ES256")]
struct Build {
    /// Folders, whose content lies at the top of the bundle, and files.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// File to write.
    #[arg(long, short, value_name = "FILE", default_value = "bundle.tar.gz")]
    output: PathBuf,
    /// Version of the bundle, in your words.
    #[arg(long, value_name = "TEXT")]
    revision: Option<String>,
    /// Path below `data` that the bundle owns, such as `gate/security`; repeatable. Without any: all of `data`.
    #[arg(long = "root", value_name = "PATH")]
    roots: Vec<String>,
    /// Pattern of names to leave out; repeatable.
    #[arg(long, value_name = "PATTERN")]
    ignore: Vec<String>,
    /// Take `*_test.rego` too.
    #[arg(long)]
    tests: bool,
    /// Private key to sign with.
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,
    /// Algorithm to sign with; else the usual one of the key.
    #[arg(long, value_name = "NAME", requires = "signing_key")]
    signing_alg: Option<String>,
    #[command(flatten)]
    claims: ClaimOptions,
}

#[derive(Debug, clap::Args)]
struct ClaimOptions {
    /// Name of the key.
    #[arg(long, value_name = "NAME", default_value = "")]
    key_id: String,
    /// What the bundle is meant for: `write` where OPA says so, else empty.
    #[arg(long, value_name = "NAME", default_value = "")]
    scope: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle inspect policy.tar.gz
  gate bundle inspect policy/ --output json")]
struct Inspect {
    /// Bundle or folder.
    #[arg(value_name = "BUNDLE")]
    path: PathBuf,
    /// How to print.
    #[arg(long, short, value_enum, default_value_t, value_name = "FORMAT")]
    output: output::Layout,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle sign policy.tar.gz --key private.pem
  gate bundle sign policy.tar.gz --key secret.txt --alg HS256 -o signed.tar.gz")]
struct Sign {
    /// Bundle to sign.
    #[arg(value_name = "BUNDLE")]
    path: PathBuf,
    /// Private key in PEM: RSA, P-256, P-384, P-521 or Ed25519; with HS256 the shared secret.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Algorithm; else the usual one of the key: RS256, ES256, ES384, ES512, EdDSA.
    #[arg(long, value_name = "NAME")]
    alg: Option<String>,
    #[command(flatten)]
    claims: ClaimOptions,
    /// File to write; else the bundle itself.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// What a bundle is verified by.
#[derive(Debug, clap::Args)]
struct Trust {
    /// Public key in PEM; with HS256 the shared secret.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The only algorithm to accept; else any that fits the key.
    #[arg(long, value_name = "NAME", requires = "key")]
    alg: Option<String>,
    #[command(flatten)]
    claims: ClaimOptions,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle verify policy.tar.gz --key public.pem
  gate bundle verify policy.tar.gz --digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Exit codes: 0 verified, 1 not verified, 2 the bundle or the key cannot be read.")]
struct Verify {
    /// Bundle to verify.
    #[arg(value_name = "BUNDLE")]
    path: PathBuf,
    #[command(flatten)]
    trust: Trust,
    /// Digest that the bundle's bytes must have.
    #[arg(long, value_name = "DIGEST", required_unless_present = "key")]
    digest: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Exit {
    let done = match &arguments.command {
        Command::Build(arguments) => build(arguments),
        Command::Inspect(arguments) => inspect(arguments),
        Command::Sign(arguments) => sign(arguments),
        Command::Verify(arguments) => verify(arguments),
        #[cfg(feature = "oci")]
        Command::Push(arguments) => registry::push(arguments),
        #[cfg(feature = "oci")]
        Command::Pull(arguments) => registry::pull(arguments),
    };
    done.unwrap_or_else(|error| {
        output::complain_of(&(*error).into());
        Exit::Error
    })
}

type Done = Result<Exit, Box<BundleError>>;

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Reads a file, no more of it than may be.
fn read(path: &Path) -> Result<Vec<u8>, Box<BundleError>> {
    let most = ArchiveLimits::default().packed;
    let error = |why: String| BundleError::new(why).at(&shown(path)).help("check the path");
    let meta = std::fs::metadata(path).map_err(|e| error(format!("cannot be read: {e}")))?;
    if !meta.is_file() {
        return Err(Box::new(error("expected a file".to_owned())));
    }
    if meta.len() > most {
        return Err(Box::new(error(format!("the file is larger than {most} bytes"))));
    }
    std::fs::read(path).map_err(|e| Box::new(error(format!("cannot be read: {e}"))))
}

/// The bytes of a bundle and its members. A folder is none.
fn open(path: &Path) -> Result<(Vec<u8>, Files), Box<BundleError>> {
    if path.is_dir() {
        return Err(Box::new(
            BundleError::new("expected a bundle, found a folder")
                .at(&shown(path))
                .help("`gate bundle build FOLDER -o bundle.tar.gz` makes one"),
        ));
    }
    let bytes = read(path)?;
    let files = unpack(path, &bytes)?;
    Ok((bytes, files))
}

fn unpack(path: &Path, bytes: &[u8]) -> Result<Files, Box<BundleError>> {
    bundle::unpack(bytes, &ArchiveLimits::default()).map_err(|error| match error.file.is_empty() {
        true => Box::new(error.at(&shown(path))),
        false => Box::new(error),
    })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Box<BundleError>> {
    output::write_file(path, bytes)
        .map_err(|e| Box::new(BundleError::new(format!("cannot be written: {e}")).at(&shown(path))))
}

fn algorithm(name: Option<&String>) -> Result<Option<Algorithm>, Box<BundleError>> {
    name.map(|name| Algorithm::named(name)).transpose().map_err(Box::new)
}

fn signing_key(path: &Path, alg: Option<&String>) -> Result<SigningKey, Box<BundleError>> {
    let content = read(path)?;
    SigningKey::read(&content, algorithm(alg)?).map_err(|error| Box::new(error.at(&shown(path))))
}

fn print(text: &str) -> Exit {
    if output::print(text) { Exit::Ok } else { Exit::Error }
}

fn build(arguments: &Build) -> Done {
    let paths: Vec<&Path> = arguments.paths.iter().map(PathBuf::as_path).collect();
    let selection = Selection { ignore: arguments.ignore.clone(), tests: arguments.tests, signatures: false };
    let files = bundle::read_paths(&paths, &selection)?;
    let mut content = Bundle::read(&files)?;
    let mut manifest = content.manifest.clone();
    if let Some(revision) = &arguments.revision {
        manifest.revision.clone_from(revision);
    }
    if !arguments.roots.is_empty() {
        manifest.roots.clone_from(&arguments.roots);
    }
    manifest.rego_version = manifest.rego_version.or(Some(1));
    content.set_manifest(manifest)?;
    if content.modules.is_empty() && content.data_keys().is_empty() {
        return Err(Box::new(
            BundleError::new("there is neither policy nor data to bundle")
                .help("name folders with `*.rego`, `data.json` or `data.yaml`"),
        ));
    }
    let mut members = content.members()?;
    if let Some(path) = &arguments.signing_key {
        let key = signing_key(path, arguments.signing_alg.as_ref())?;
        bundle::sign(&mut members, &key, &claims(&arguments.claims))?;
    }
    let bytes = bundle::pack(&members)?;
    write(&arguments.output, &bytes)?;
    let signed = if arguments.signing_key.is_some() { ", signed" } else { "" };
    let mut text = format!(
        "wrote {}: {}, {}{signed}\n{}\n",
        arguments.output.display(),
        counted(content.modules.len(), "module"),
        counted(content.data_keys().len(), "data key"),
        bundle::digest(&bytes)
    );
    for note in &content.notes {
        let _ = writeln!(text, "left out: {}", inert::line(note));
    }
    Ok(print(&text))
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn claims(options: &ClaimOptions) -> Claims {
    Claims { key_id: options.key_id.clone(), scope: options.scope.clone() }
}

fn inspect(arguments: &Inspect) -> Done {
    let inspected = if arguments.path.is_dir() {
        let selection = Selection { signatures: true, ..Selection::default() };
        bundle::inspect(&bundle::read_paths(&[&arguments.path], &selection)?, None)?
    } else {
        let (bytes, files) = open(&arguments.path)?;
        bundle::inspect(&files, Some(&bytes))?
    };
    Ok(print(&match arguments.output {
        output::Layout::Json => {
            inert::json(&serde_json::to_string_pretty(&inspected).unwrap_or_default()) + "\n"
        }
        output::Layout::Table => table(&inspected),
    }))
}

fn table(bundle: &Inspected) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<13} {}", inert::line(value));
        }
    };
    row("digest", &bundle.digest);
    row("revision", &bundle.revision);
    let roots: Vec<&str> =
        bundle.roots.iter().map(|root| if root.is_empty() { "all of data" } else { root }).collect();
    row("roots", &roots.join(", "));
    row("rego version", &bundle.rego_version.map(|v| format!("v{v}")).unwrap_or_default());
    if bundle.metadata.as_object().is_some_and(|m| !m.is_empty()) {
        row("metadata", &bundle.metadata.to_string());
    }
    row(
        "signature",
        &match &bundle.signature {
            None => "none".to_owned(),
            Some(signed) => {
                let mut said = format!("{}, {}", signed.algorithm, counted(signed.files, "file"));
                for (name, value) in [("key", &signed.key_id), ("scope", &signed.scope)] {
                    if !value.is_empty() {
                        let _ = write!(said, ", {name} {value}");
                    }
                }
                said + "; not verified here: `gate bundle verify`"
            }
        },
    );
    row("data", &bundle.data.join(", "));
    for module in &bundle.modules {
        let version = if module.rego_version == 0 { " (Rego v0)" } else { "" };
        let _ = writeln!(
            text,
            "\n{}{version}\n  package {}\n  {}",
            inert::line(&module.path),
            inert::line(&module.package),
            inert::line(&module.rules.join(", "))
        );
    }
    if !bundle.notes.is_empty() {
        text.push('\n');
    }
    for note in &bundle.notes {
        let _ = writeln!(text, "note: {}", inert::line(note));
    }
    text
}

fn sign(arguments: &Sign) -> Done {
    let (_, mut files) = open(&arguments.path)?;
    // What cannot be read is not signed either.
    Bundle::read(&files)?;
    let key = signing_key(&arguments.key, arguments.alg.as_ref())?;
    bundle::sign(&mut files, &key, &claims(&arguments.claims))?;
    let bytes = bundle::pack(&files)?;
    let target = arguments.output.as_ref().unwrap_or(&arguments.path);
    write(target, &bytes)?;
    Ok(print(&format!(
        "signed {}: {}, {}\n{}\n",
        target.display(),
        key.algorithm().as_str(),
        counted(files.len().saturating_sub(1), "file"),
        bundle::digest(&bytes)
    )))
}

/// What the flags of trust expect; nothing without a key.
fn expected(trust: &Trust) -> Result<Option<Expected>, Box<BundleError>> {
    let Some(path) = &trust.key else { return Ok(None) };
    let key = VerificationKey::read(&read(path)?, algorithm(trust.alg.as_ref())?)
        .map_err(|error| Box::new(error.at(&shown(path))))?;
    Ok(Some(Expected { key, key_id: trust.claims.key_id.clone(), scope: trust.claims.scope.clone() }))
}

fn verify(arguments: &Verify) -> Done {
    let (bytes, files) = open(&arguments.path)?;
    let expected = expected(&arguments.trust)?;
    let wanted = arguments.digest.as_deref().map(bundle::normalise_digest).transpose()?;
    let found = bundle::digest(&bytes);
    let mut text = format!("verified {}\n", arguments.path.display());
    let refused = |error: BundleError| {
        output::complain_of(&error.into());
        Ok(Exit::Block)
    };
    if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
        return refused(
            BundleError::new(format!("expected digest `{wanted}`, found `{found}`"))
                .at(&shown(&arguments.path)),
        );
    }
    if let Some(expected) = expected {
        let signed = match bundle::verify(&files, &expected) {
            Ok(signed) => signed,
            Err(error) => return refused(error),
        };
        let _ = writeln!(
            text,
            "signature     {}, {}{}",
            signed.algorithm,
            counted(signed.files, "file"),
            if signed.key_id.is_empty() {
                String::new()
            } else {
                format!(", key {}", inert::line(&signed.key_id))
            }
        );
        if !expected.key.fingerprint().is_empty() {
            let _ = writeln!(text, "key           {}", expected.key.fingerprint());
        }
    }
    // Well signed and broken is of no use.
    if let Err(error) = Bundle::read(&files) {
        return refused(error);
    }
    let _ = writeln!(text, "digest        {found}");
    Ok(print(&text))
}
