//! `gate bundle push` and `pull`.

use std::path::{Path, PathBuf};

use super::{BundleError, Exit};
use super::{Done, Trust, bundle, counted, expected, open, output, print, unpack, write};
use crate::bundle::oci::{self, Options, Reference, Shape, Surroundings};

/// How a bundle is laid into a registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// One layer with the whole bundle, as OPA downloads it; signatures stay.
    #[default]
    Opa,
    /// A layer for each file, as `conftest pull` expects them; without signature.
    Conftest,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle push registry.example/team/policy:1.2 policy.tar.gz
  gate bundle push localhost:5000/policy:dev policy.tar.gz --format conftest

Credentials are those of `docker login`: DOCKER_CONFIG, ~/.docker/config.json, and its credential helpers.")]
pub(super) struct Push {
    /// Where to: registry/repository:tag.
    #[arg(value_name = "REF")]
    reference: String,
    /// Bundle to push.
    #[arg(value_name = "BUNDLE", default_value = "bundle.tar.gz")]
    path: PathBuf,
    /// How it is laid into the registry.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Speak plain HTTP; loopback addresses are spoken to so anyway.
    #[arg(long)]
    plain_http: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  gate bundle pull registry.example/team/policy:1.2 -o policy.tar.gz --key public.pem
  gate bundle pull registry.example/team/policy@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

What conftest pushed is made into a bundle. The digest that the tag named is printed.

Exit codes: 0 pulled, 1 not verified and not written, 2 not pulled.")]
pub(super) struct Pull {
    /// Where from: registry/repository:tag, or with @sha256:... for exact bytes.
    #[arg(value_name = "REF")]
    reference: String,
    /// File to write.
    #[arg(long, short, value_name = "FILE", default_value = "bundle.tar.gz")]
    output: PathBuf,
    #[command(flatten)]
    trust: Trust,
    /// Speak plain HTTP; loopback addresses are spoken to so anyway.
    #[arg(long)]
    plain_http: bool,
}

fn options(plain_http: bool) -> Options {
    Options { plain_http, surroundings: Surroundings::of(&|name| std::env::var(name).ok()) }
}

pub(super) fn push(arguments: &Push) -> Done {
    let reference = Reference::parse(&arguments.reference)?;
    if reference.digest.is_some() {
        return Err(Box::new(
            BundleError::new("a digest cannot be chosen, it follows from the content").help("push to a tag"),
        ));
    }
    let (bytes, files) = open(&arguments.path)?;
    let shape = match arguments.format {
        Format::Opa => Shape::Opa,
        Format::Conftest => Shape::Conftest,
    };
    if shape == Shape::Conftest && bundle::is_signed(&files) {
        output::complain("the signature is left out: conftest's layout has no place for it");
    }
    let pushed = oci::push(&reference, bytes, &files, shape, &options(arguments.plain_http))?;
    let tag = reference.tag.as_deref().unwrap_or_default();
    Ok(print(&format!("pushed {}:{tag}\n{}@{}\n", reference.name(), reference.name(), pushed.digest)))
}

pub(super) fn pull(arguments: &Pull) -> Done {
    let reference = Reference::parse(&arguments.reference)?;
    let expected = expected(&arguments.trust)?;
    let pulled = oci::pull(&reference, &options(arguments.plain_http))?;
    let files = unpack(Path::new(&arguments.reference), &pulled.bundle)?;
    // Nothing is written that could not be used.
    let inspected = bundle::inspect(&files, Some(&pulled.bundle))?;
    let mut verified = "";
    if let Some(expected) = expected {
        if let Err(error) = bundle::verify(&files, &expected) {
            output::complain_of(&error.into());
            return Ok(Exit::Block);
        }
        verified = ", signature verified";
    }
    write(&arguments.output, &pulled.bundle)?;
    Ok(print(&format!(
        "pulled {}@{}\nwrote {}: {}, {}{verified}\n{}\n",
        reference.name(),
        pulled.digest,
        arguments.output.display(),
        counted(inspected.modules.len(), "module"),
        counted(inspected.data.len(), "data key"),
        inspected.digest
    )))
}
