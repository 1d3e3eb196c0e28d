//! `.signatures.json`: one JSON Web Signature over the digests of all files, as OPA makes and checks it.
//!
//! Order matters: the signature is verified before its payload is believed, and the payload must name every file of
//! the bundle and no other. A bundle is never half verified.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::keys::{Algorithm, SigningKey, VerificationKey};
use super::node::Node;
use super::{BundleError, Files, MANIFEST, SIGNATURES};
use crate::digest::hex;

/// What a signature says beside the digests.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// Name of the key; may be empty.
    pub key_id: String,
    /// What the bundle is meant for; may be empty.
    pub scope: String,
}

/// What a signature must fulfil.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The key.
    pub key: VerificationKey,
    /// The name that the signature must give its key, if it gives one; empty = any.
    pub key_id: String,
    /// The scope that the signature must name; empty = none.
    pub scope: String,
}

/// What a signature says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// `ES256`, ...
    pub algorithm: String,
    /// Name of the key; may be empty.
    pub key_id: String,
    /// What the bundle is meant for; may be empty.
    pub scope: String,
    /// How many files it covers.
    pub files: usize,
}

/// Whether a bundle holds signatures, wherever.
pub fn is_signed(files: &Files) -> bool {
    files.keys().any(|name| is_signatures(name))
}

/// Signs the members of a bundle: whatever signatures they had are replaced.
///
/// # Errors
/// When a structured file cannot be read, or the key cannot sign.
pub fn sign(files: &mut Files, key: &SigningKey, claims: &Claims) -> Result<(), BundleError> {
    files.retain(|name, _| !is_signatures(name));
    let list = files
        .iter()
        .map(|(name, bytes)| {
            let text = |text: &str| Node::Text(text.to_owned());
            let fields = [
                ("algorithm".to_owned(), text("SHA-256")),
                ("hash".to_owned(), Node::Text(hex(&hashed::<Sha256>(name, bytes)?))),
                ("name".to_owned(), text(name)),
            ];
            Ok(Node::Object(fields.into_iter().collect()))
        })
        .collect::<Result<Vec<_>, BundleError>>()?;
    let mut payload = BTreeMap::from([("files".to_owned(), Node::Array(list))]);
    let mut header = BTreeMap::from([("alg".to_owned(), Node::Text(key.algorithm().as_str().to_owned()))]);
    if !claims.key_id.is_empty() {
        payload.insert("keyid".to_owned(), Node::Text(claims.key_id.clone()));
        header.insert("kid".to_owned(), Node::Text(claims.key_id.clone()));
    }
    if !claims.scope.is_empty() {
        payload.insert("scope".to_owned(), Node::Text(claims.scope.clone()));
    }
    let part = |node: BTreeMap<String, Node>| URL_SAFE_NO_PAD.encode(Node::Object(node).text());
    let message = format!("{}.{}", part(header), part(payload));
    let mark = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes())?);
    let token = Node::Text(format!("{message}.{mark}"));
    let signatures =
        Node::Object([("signatures".to_owned(), Node::Array(vec![token]))].into_iter().collect());
    files.insert(SIGNATURES.to_owned(), (signatures.text() + "\n").into_bytes());
    Ok(())
}

/// What the signature of a bundle says of itself, unverified: for display only.
///
/// # Errors
/// When it cannot be read.
pub fn peek(files: &Files) -> Result<Option<Signed>, BundleError> {
    if !is_signed(files) {
        return Ok(None);
    }
    let token = Token::of(files)?;
    let files = token.files()?.len();
    Ok(Some(Signed {
        algorithm: token.field(&token.header, "alg"),
        key_id: token.key_id(),
        scope: token.field(&token.payload, "scope"),
        files,
    }))
}

/// Verifies the signature of a bundle and the digest of each of its files.
///
/// # Errors
/// When there is no signature, more than one, it does not match the key, or a file is missing, added or changed.
pub fn verify(files: &Files, expected: &Expected) -> Result<Signed, BundleError> {
    if !is_signed(files) {
        return Err(BundleError::new("the bundle is not signed, and a key says that it must be")
            .help("`gate bundle sign BUNDLE --key FILE` signs it"));
    }
    let token = Token::of(files)?;
    let algorithm =
        Algorithm::named(&token.field(&token.header, "alg")).map_err(|error| error.at(SIGNATURES))?;
    if token.has(&token.header, "crit") {
        return Err(BundleError::new("the signature has critical extensions, of which gate knows none")
            .at(SIGNATURES));
    }
    expected
        .key
        .verify(algorithm, token.message.as_bytes(), &token.mark)
        .map_err(|error| error.at(SIGNATURES))?;
    let scope = token.field(&token.payload, "scope");
    if scope != expected.scope {
        return Err(BundleError::new(format!(
            "the signature is for scope `{scope}`, expected `{}`",
            expected.scope
        ))
        .at(SIGNATURES));
    }
    let key_id = token.key_id();
    if !expected.key_id.is_empty() && !key_id.is_empty() && key_id != expected.key_id {
        return Err(BundleError::new(format!(
            "the signature names the key `{key_id}`, expected `{}`",
            expected.key_id
        ))
        .at(SIGNATURES));
    }
    let mut signed = token.files()?;
    let covered = signed.len();
    for (name, bytes) in files.iter().filter(|(name, _)| !is_signatures(name)) {
        let Some((method, digest)) = signed.remove(name) else {
            return Err(BundleError::new(format!("`{name}` is not covered by the signature"))
                .help("it was added after the bundle was signed: do not use it"));
        };
        let found = match method.as_str() {
            "SHA-256" => hashed::<Sha256>(name, bytes)?,
            "SHA-224" => hashed::<Sha224>(name, bytes)?,
            "SHA-384" => hashed::<Sha384>(name, bytes)?,
            "SHA-512" => hashed::<Sha512>(name, bytes)?,
            other => {
                return Err(BundleError::new(format!(
                    "`{name}` is hashed by `{other}`, which gate does not accept"
                ))
                .help("sign the bundle with SHA-256"));
            }
        };
        if !digest.eq_ignore_ascii_case(&hex(&found)) {
            return Err(BundleError::new(format!("`{name}` has another digest than the signed one"))
                .help("it was changed after the bundle was signed: do not use it"));
        }
    }
    if let Some(name) = signed.keys().next() {
        return Err(BundleError::new(format!("`{name}` is signed, but not in the bundle"))
            .help("it was taken out after the bundle was signed: do not use it"));
    }
    Ok(Signed { algorithm: algorithm.as_str().to_owned(), key_id, scope, files: covered })
}

fn is_signatures(name: &str) -> bool {
    name.rsplit('/').next() == Some(SIGNATURES)
}

/// The digest of a file: of its parsed content where it is structured, else of its bytes.
fn hashed<H: Digest>(name: &str, bytes: &[u8]) -> Result<Vec<u8>, BundleError> {
    let base = name.rsplit('/').next().unwrap_or(name);
    let mut hash = H::new();
    if matches!(base, "data.json" | "data.yaml" | "data.yml" | MANIFEST) {
        let text =
            std::str::from_utf8(bytes).map_err(|_| BundleError::new("expected UTF-8 text").at(name))?;
        Node::yaml(text, name)?.feed(&mut |part| hash.update(part));
    } else {
        hash.update(bytes);
    }
    Ok(hash.finalize().to_vec())
}

/// The one signature of a bundle, taken apart.
struct Token {
    /// What is signed.
    message: String,
    header: Node,
    payload: Node,
    mark: Vec<u8>,
}

impl Token {
    fn of(files: &Files) -> Result<Self, BundleError> {
        let error = |message: &str| BundleError::new(message).at(SIGNATURES);
        let mut found = files.iter().filter(|(name, _)| is_signatures(name));
        let (name, bytes) = found.next().ok_or_else(|| error("there is no signature"))?;
        if name != SIGNATURES || found.next().is_some() {
            return Err(error("signatures may only lie in one file at the top of the bundle"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| error("expected UTF-8 text"))?;
        let Node::Object(fields) = Node::json(text, SIGNATURES)? else {
            return Err(error("expected an object"));
        };
        // `opa build` writes the name of its own method, which is the standard one.
        let own =
            |plugin: &&Node| !matches!(plugin, Node::Text(name) if matches!(name.as_str(), "" | "_default"));
        if let Some(Node::Text(plugin)) = fields.get("plugin").filter(own) {
            return Err(error(&format!(
                "the signature is made by the plugin `{plugin}`, which gate has not"
            )));
        }
        let token = match fields.get("signatures") {
            Some(Node::Array(tokens)) => match tokens.as_slice() {
                [Node::Text(token)] => token,
                [] => return Err(error("there is no signature")),
                _ => return Err(error("expected exactly one signature")),
            },
            _ => return Err(error("expected `signatures`, an array with one signature")),
        };
        let parts: Vec<&str> = token.split('.').collect();
        let [header, payload, mark] = parts.as_slice() else {
            return Err(error("the signature is not of three parts"));
        };
        let bytes = |part: &str| {
            URL_SAFE_NO_PAD.decode(part).map_err(|_| error("a part of the signature is no base64url"))
        };
        let node = |part: &str| {
            let text =
                String::from_utf8(bytes(part)?).map_err(|_| error("expected UTF-8 in the signature"))?;
            match Node::json(&text, SIGNATURES)? {
                node @ Node::Object(_) => Ok(node),
                _ => Err(error("a part of the signature is no object")),
            }
        };
        Ok(Self {
            message: format!("{header}.{payload}"),
            header: node(header)?,
            payload: node(payload)?,
            mark: bytes(mark)?,
        })
    }

    fn has(&self, of: &Node, key: &str) -> bool {
        matches!(of, Node::Object(fields) if fields.contains_key(key))
    }

    fn field(&self, of: &Node, key: &str) -> String {
        match of {
            Node::Object(fields) => match fields.get(key) {
                Some(Node::Text(text)) => text.clone(),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    fn key_id(&self) -> String {
        let of_header = self.field(&self.header, "kid");
        if of_header.is_empty() { self.field(&self.payload, "keyid") } else { of_header }
    }

    /// Algorithm and digest by name.
    fn files(&self) -> Result<BTreeMap<String, (String, String)>, BundleError> {
        let error = |message: &str| BundleError::new(message).at(SIGNATURES);
        let Node::Object(fields) = &self.payload else { return Err(error("expected an object")) };
        let Some(Node::Array(items)) = fields.get("files") else {
            return Err(error("expected `files`, a list of the signed files"));
        };
        let mut files = BTreeMap::new();
        for item in items {
            let (name, digest) = (self.field(item, "name"), self.field(item, "hash"));
            if name.is_empty() || digest.is_empty() {
                return Err(error("a signed file has no name or no hash"));
            }
            let value = (self.field(item, "algorithm"), digest);
            if files.insert(name.trim_start_matches('/').to_owned(), value).is_some() {
                return Err(error(&format!("`{name}` is signed twice")));
            }
        }
        Ok(files)
    }
}
