//! Whether a chain of certificates holds, at a given time.
//!
//! There is no clock here and no list of trusted roots: the first certificate is the root. The verification is
//! stricter than Go's where they differ: RSA keys have 2,048 bits or more, and the last certificate is no authority.

use std::time::Duration;

use regorus::Value;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter,
    RequiredEkuNotFoundContext, anchor_from_trusted_cert,
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

/// Go's number of the purpose that every other is.
const ANY: usize = 0;
/// Go's number of the purpose of a server.
const SERVER: usize = 1;

/// Names of the purposes by Go's number.
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
    pub(super) fn read<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Fallible<Options> {
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
    // One purpose must serve from end to end, so each is tried by itself.
    let purposes: Vec<Option<usize>> = match options.purposes.as_slice() {
        [] => vec![Some(SERVER)],
        some if some.contains(&ANY) => vec![None],
        some => (0..NAMES.len()).filter(|number| some.contains(number)).map(Some).collect(),
    };
    purposes.into_iter().find_map(|purpose| chain_for(certificates, options, time, purpose))
}

fn chain_for<'c, 'd>(
    certificates: &'c [Certificate<'d>],
    options: &Options,
    time: i64,
    purpose: Option<usize>,
) -> Option<Vec<&'c Certificate<'d>>> {
    let [root, between @ .., leaf] = certificates else { return None };
    let seconds = time.div_euclid(1_000_000_000);
    // A root is trusted as it is, but Go asks of it what it asks of every other.
    let dated = root.validity.0 <= seconds && seconds <= root.validity.1;
    if !dated || !root.is_understood() || !root.serves(purpose) {
        return None;
    }
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).ok()?));
    let root_der = CertificateDer::from(root.der);
    let leaf_der = CertificateDer::from(leaf.der);
    // What may not sign is no intermediate; the library does not look at that.
    let intermediates: Vec<CertificateDer<'_>> = between
        .iter()
        .filter(|certificate| certificate.may_issue(0))
        .map(|certificate| CertificateDer::from(certificate.der))
        .collect();
    let anchors = [anchor_from_trusted_cert(&root_der).ok()?];
    let entity = EndEntityCert::try_from(&leaf_der).ok()?;
    let path = entity
        .verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &intermediates, at, Purpose(purpose), None, None)
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
    if !root.may_issue(chain.len().saturating_sub(1)) {
        return None;
    }
    chain.push(root);
    Some(chain)
}

/// A purpose, which a certificate serves that names it, names any, or names none.
struct Purpose(Option<usize>);

impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, named: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let Some(purpose) = self.0 else { return Ok(()) };
        let serving = [ANY, purpose].map(|n| PURPOSES.get(n).copied().unwrap_or_default());
        let mut present = Vec::new();
        for id in named {
            let id = id?.to_decoded_oid();
            let is = |purpose: &[u32]| {
                id.len() == purpose.len() && id.iter().zip(purpose).all(|(a, b)| u32::try_from(*a) == Ok(*b))
            };
            if serving.into_iter().any(is) {
                return Ok(());
            }
            present.push(id);
        }
        if present.is_empty() {
            return Ok(());
        }
        let required = webpki::KeyUsage::server_auth();
        Err(Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}
