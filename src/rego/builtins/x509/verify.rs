//! Whether a chain of certificates holds, at a given time.
//!
//! There is no clock here and no list of trusted roots: the first certificate is the root. The verification is
//! stricter than Go's where they differ: RSA keys have 2,048 bits or more, and the last certificate is no authority.

use std::time::Duration;

use regorus::Value;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeId,
    KeyPurposeIdIter, RequiredEkuNotFoundContext, anchor_from_trusted_cert,
};

use super::super::operand::Fallible;
use super::certificate::Certificate;
use super::extension::PURPOSES;

/// Certificates that a chain is looked for in.
const MAX_CERTIFICATES: usize = 64;

/// What is asked of a chain.
#[derive(Default)]
pub(super) struct Options {
    /// The name that the last certificate must be for; empty for any.
    pub(super) name: String,
    /// Nanoseconds from 1970.
    pub(super) time: Option<i64>,
    /// Go's numbers of the purposes, of which one must be allowed; empty for that of a server.
    pub(super) purposes: Vec<usize>,
}

const NAMES: [&str; 14] = [
    "KeyUsageAny",
    "KeyUsageServerAuth",
    "KeyUsageClientAuth",
    "KeyUsageCodeSigning",
    "KeyUsageEmailProtection",
    "KeyUsageIPSECEndSystem",
    "KeyUsageIPSECTunnel",
    "KeyUsageIPSECUser",
    "KeyUsageTimeStamping",
    "KeyUsageOCSPSigning",
    "KeyUsageMicrosoftServerGatedCrypto",
    "KeyUsageNetscapeServerGatedCrypto",
    "KeyUsageMicrosoftCommercialCodeSigning",
    "KeyUsageMicrosoftKernelCodeSigning",
];

impl Options {
    /// The options of an object.
    pub(super) fn read<'a>(
        pairs: impl Iterator<Item = (&'a Value, &'a Value)>,
    ) -> Fallible<Options> {
        let mut options = Options::default();
        for (key, value) in pairs {
            let Value::String(key) = key else { continue };
            match (&**key, value) {
                ("DNSName", Value::String(name)) => options.name = name.trim_matches('"').to_owned(),
                ("DNSName", _) => return Err("'DNSName' should be a string".to_owned()),
                ("CurrentTime", Value::Number(_)) => {
                    let time = value.as_i64();
                    let wrong = "'CurrentTime' should be a valid int64 number";
                    options.time = Some(time.map_err(|_| wrong.to_owned())?);
                }
                ("CurrentTime", _) => return Err("'CurrentTime' should be a number".to_owned()),
                // The verification bounds its own work.
                ("MaxConstraintComparisons", Value::Number(_)) => {
                    let wrong = "'MaxConstraintComparisons' should be a valid number";
                    value.as_i64().map_err(|_| wrong.to_owned())?;
                }
                ("MaxConstraintComparisons", _) => {
                    return Err("'MaxConstraintComparisons' should be a number".to_owned());
                }
                ("KeyUsages", Value::Array(items)) => options.purposes = purposes(items.iter())?,
                ("KeyUsages", Value::Set(items)) => {
                    options.purposes = purposes(items.iter_sorted())?;
                }
                ("KeyUsages", _) => return Err("'KeyUsages' should be an Array or Set".to_owned()),
                _ => return Err(format!("invalid key option `{key}`")),
            }
        }
        Ok(options)
    }
}

fn purposes<'a>(items: impl Iterator<Item = &'a Value>) -> Fallible<Vec<usize>> {
    let (mut found, mut unknown) = (Vec::new(), Vec::new());
    for item in items {
        let Value::String(name) = item else { continue };
        let name = name.trim_matches('"');
        match NAMES.iter().position(|known| *known == name) {
            Some(number) => found.push(number),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() {
        Ok(found)
    } else {
        Err(format!("invalid entries for 'KeyUsages' found: [{}]", unknown.join(" ")))
    }
}

/// The certificates from the last to the root, if the chain holds.
pub(super) fn chain<'c, 'd>(
    certificates: &'c [Certificate<'d>],
    options: &Options,
    time: i64,
) -> Option<Vec<&'c Certificate<'d>>> {
    if certificates.len() > MAX_CERTIFICATES {
        return None;
    }
    let [root, between @ .., leaf] = certificates else { return None };
    let seconds = time.div_euclid(1_000_000_000);
    // A root is trusted as it is, but Go looks at its dates too.
    if seconds < root.validity.0 || seconds > root.validity.1 {
        return None;
    }
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).ok()?));
    let root_der = CertificateDer::from(root.der);
    let leaf_der = CertificateDer::from(leaf.der);
    let intermediates: Vec<CertificateDer<'_>> =
        between.iter().map(|certificate| CertificateDer::from(certificate.der)).collect();
    let anchors = [anchor_from_trusted_cert(&root_der).ok()?];
    let entity = EndEntityCert::try_from(&leaf_der).ok()?;
    let path = entity
        .verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &anchors,
            &intermediates,
            at,
            Purposes(&options.purposes),
            None,
            None,
        )
        .ok()?;
    if !options.name.is_empty() {
        let name = options.name.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(name).ok()?;
        entity.verify_is_valid_for_subject_name(&name).ok()?;
    }
    let mut chain = vec![leaf];
    for used in path.intermediate_certificates() {
        chain.push(between.iter().find(|certificate| certificate.der == &*used.der())?);
    }
    chain.push(root);
    Some(chain)
}

/// One of these purposes, or any where the certificate names none.
struct Purposes<'a>(&'a [usize]);

impl ExtendedKeyUsageValidator for Purposes<'_> {
    fn validate(&self, named: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let wanted: Vec<&[u32]> = match self.0 {
            [] => PURPOSES.get(1).copied().into_iter().collect(),
            [..] if self.0.contains(&0) => return Ok(()),
            some => some.iter().filter_map(|number| PURPOSES.get(*number).copied()).collect(),
        };
        let any = PURPOSES.first().copied().unwrap_or_default();
        let same = |id: &KeyPurposeId<'_>, purpose: &[u32]| {
            let arcs = id.to_decoded_oid();
            arcs.len() == purpose.len()
                && arcs.iter().zip(purpose).all(|(a, b)| u32::try_from(*a) == Ok(*b))
        };
        let mut none = true;
        let mut present = Vec::new();
        for id in named {
            let id = id?;
            none = false;
            if same(&id, any) || wanted.iter().any(|purpose| same(&id, purpose)) {
                return Ok(());
            }
            present.push(id.to_decoded_oid());
        }
        if none {
            return Ok(());
        }
        let required = webpki::KeyUsage::server_auth();
        Err(Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}
