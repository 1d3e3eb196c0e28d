//! CycloneDX, JSON 1.2 to 1.7 and XML 1.0 to 1.7 (ECMA-424, <https://cyclonedx.org/specification/overview/>).
//!
//! Read are `metadata` (time, tools, described component), `components`, `services` (names), `dependencies`,
//! `compositions` and `vulnerabilities`, in any order; in XML also the vulnerability extension 1.0 that came
//! before 1.4. The rules are in [`bom`] and [`vulnerability`], both serialisations only fill them.
//!
//! The inventory is what stands under `components`, nested components included. The described component with
//! its parts, and pedigrees, are not inventory. Hash values, licence texts, properties and external references
//! are never read, BOM-Links never followed, and a statement about a vulnerability (`analysis.state`) is
//! recorded as a VEX suppression that is not in force.

mod bom;
mod json;
mod vulnerability;
mod xml;

use crate::format::{Clean, Document, Format, Info};
use crate::model::{Evidence, Kind};
use crate::read::{Head, Keys, ParseError, Shape};

/// Reads CycloneDX.
pub(crate) struct CycloneDx;

/// What the namespaces of the XML serialisation start with; the version follows.
const NAMESPACE: &str = "http://cyclonedx.org/schema/bom/";

static INFO: Info = Info {
    id: "cyclonedx",
    title: "CycloneDX",
    kinds: &[Kind::Sbom, Kind::SecurityScan],
    producers: &[
        "syft",
        "trivy",
        "npm",
        "cyclonedx-npm",
        "cyclonedx-py",
        "cyclonedx-maven-plugin",
        "cargo-cyclonedx",
        "cyclonedx-php-composer",
        "cyclonedx-gomod",
        "cdxgen",
        "checkov",
        "pip-audit",
        "grype",
    ],
    detection: "JSON object with `bomFormat` `CycloneDX`, or XML root `bom` in the namespace \
                `http://cyclonedx.org/schema/bom/`",
    clean: Clean::Recognisable,
};

impl Format for CycloneDx {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn detect(&self, head: &Head<'_>) -> bool {
        match &head.shape {
            Shape::Object(keys) => keys.text("bomFormat") == Some("CycloneDX"),
            Shape::Xml { root, attributes, .. } => {
                root == "bom"
                    && attributes
                        .iter()
                        .any(|(name, value)| is_namespace(name) && value.starts_with(NAMESPACE))
            }
            _ => false,
        }
    }

    fn parse(&self, document: &Document<'_>, evidence: &mut Evidence) -> Result<(), ParseError> {
        let bom = if document.text.trim_start().starts_with('<') {
            xml::read(document, evidence)?
        } else {
            json::read(document, evidence)?
        };
        bom.finish(evidence);
        Ok(())
    }
}

/// Whether an attribute of that name declares a namespace.
fn is_namespace(attribute: &str) -> bool {
    attribute == "xmlns" || attribute.starts_with("xmlns:")
}

/// Fails unless the version is one of `1.first` to `1.7`.
fn check_version(version: &str, first: u8, at: usize) -> Result<(), ParseError> {
    let minor = version.strip_prefix("1.").filter(|minor| minor.len() == 1);
    match minor.and_then(|minor| minor.parse::<u8>().ok()) {
        Some(minor) if (first..=7).contains(&minor) => Ok(()),
        _ => Err(ParseError::at(at, format!("unsupported CycloneDX version `{version}`"))
            .help(format!("have the tool write one of the versions 1.{first} to 1.7"))),
    }
}
