//! Manifests and layers: what OPA and conftest call a bundle in a registry.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bundle::node::Node;
use crate::bundle::{Bundle, BundleError, Files, digest, normalise_digest, pack};

/// Media type of a manifest.
pub(super) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of a list of manifests.
pub(super) const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG_TYPE: &str = "application/vnd.cncf.openpolicyagent.config.v1+json";
const BUNDLE_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const POLICY_TYPE: &str = "application/vnd.cncf.openpolicyagent.policy.layer.v1+rego";
const DATA_TYPE: &str = "application/vnd.cncf.openpolicyagent.data.layer.v1+json";
const TITLE: &str = "org.opencontainers.image.title";
const REVISION: &str = "org.opencontainers.image.revision";
const CONFIG: &[u8] = b"{}";

/// Lists of manifests within lists: so deep.
const INDEX_DEPTH: u32 = 3;
/// Manifests of a list that are looked at.
const INDEX_WIDTH: usize = 32;
/// Layers of one manifest.
const LAYERS: usize = 10_000;

/// How a bundle lies in a registry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// One layer with the whole archive: what OPA downloads.
    #[default]
    Opa,
    /// A layer for each module and data file: what `conftest pull` expects. Signatures do not fit in.
    Conftest,
}

/// What is pushed.
pub(super) struct Artifact {
    layers: Vec<Vec<u8>>,
    pub(super) manifest: Vec<u8>,
}

impl Artifact {
    /// All blobs, the configuration first.
    pub(super) fn blobs(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(CONFIG).chain(self.layers.iter().map(Vec::as_slice))
    }
}

/// The artifact of a bundle: always the same for the same bundle.
pub(super) fn of(bundle: &[u8], files: &Files, shape: Shape) -> Result<Artifact, BundleError> {
    let content = Bundle::read(files)?;
    let layers: Vec<(&str, String, Vec<u8>)> = match shape {
        Shape::Opa => vec![(BUNDLE_TYPE, "bundle.tar.gz".to_owned(), bundle.to_vec())],
        Shape::Conftest => {
            let policies =
                content.modules.iter().map(|m| (POLICY_TYPE, m.name.clone(), m.text.clone().into_bytes()));
            let data = content.data.text().into_bytes();
            let data = (content.data != Node::empty()).then(|| (DATA_TYPE, "data.json".to_owned(), data));
            policies.chain(data).collect()
        }
    };
    let descriptors: Vec<Value> = layers
        .iter()
        .map(|(kind, title, bytes)| {
            json!({
                "mediaType": kind,
                "digest": digest(bytes),
                "size": bytes.len(),
                "annotations": { TITLE: title },
            })
        })
        .collect();
    let mut manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": { "mediaType": CONFIG_TYPE, "digest": digest(CONFIG), "size": CONFIG.len() },
        "layers": descriptors,
    });
    if !content.manifest.revision.is_empty()
        && let Some(manifest) = manifest.as_object_mut()
    {
        manifest.insert("annotations".to_owned(), json!({ REVISION: content.manifest.revision }));
    }
    Ok(Artifact {
        manifest: manifest.to_string().into_bytes(),
        layers: layers.into_iter().map(|(_, _, bytes)| bytes).collect(),
    })
}

/// A layer as a manifest names it.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    kind: String,
    pub(super) digest: String,
    pub(super) size: u64,
    title: String,
}

impl Layer {
    fn is_usable(&self) -> bool {
        matches!(self.kind.as_str(), BUNDLE_TYPE | POLICY_TYPE | DATA_TYPE)
    }
}

/// The layers that a manifest names; of a list, those of the first manifest that has a bundle.
pub(super) fn layers(
    manifest: &[u8],
    fetch: &dyn Fn(&str) -> Result<Vec<u8>, BundleError>,
) -> Result<Vec<Layer>, BundleError> {
    descend(manifest, fetch, INDEX_DEPTH)?.ok_or_else(|| {
        BundleError::new("what lies there is no policy bundle")
            .help(format!("expected a layer of type `{BUNDLE_TYPE}` or `{POLICY_TYPE}`"))
    })
}

fn descend(
    manifest: &[u8],
    fetch: &dyn Fn(&str) -> Result<Vec<u8>, BundleError>,
    depth: u32,
) -> Result<Option<Vec<Layer>>, BundleError> {
    let broken = |why: &str| BundleError::new(format!("the registry's manifest cannot be read: {why}"));
    let value: Value = serde_json::from_slice(manifest).map_err(|e| broken(&e.to_string()))?;
    if let Some(items) = value.get("layers").and_then(Value::as_array) {
        if items.len() > LAYERS {
            return Err(broken("it has too many layers"));
        }
        let text = |item: &Value, pointer: &str| {
            item.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let layer = |item: &Value| {
            Ok(Layer {
                kind: text(item, "/mediaType"),
                digest: normalise_digest(&text(item, "/digest"))?,
                size: item
                    .get("size")
                    .and_then(Value::as_u64)
                    .ok_or_else(|| broken("a layer has no size"))?,
                title: item
                    .get("annotations")
                    .and_then(|a| a.get(TITLE))
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            })
        };
        let layers = items.iter().map(layer).collect::<Result<Vec<Layer>, BundleError>>()?;
        return Ok(Some(layers).filter(|layers| layers.iter().any(Layer::is_usable)));
    }
    let Some(items) = value.get("manifests").and_then(Value::as_array) else {
        return Err(broken("it names no layers"));
    };
    let Some(depth) = depth.checked_sub(1) else { return Err(broken("lists nest too deep")) };
    for item in items.iter().take(INDEX_WIDTH) {
        // Attestations lie beside what they are about.
        if item.pointer("/platform/os").and_then(Value::as_str) == Some("unknown") {
            continue;
        }
        let digest = normalise_digest(item.get("digest").and_then(Value::as_str).unwrap_or_default())?;
        if let Some(layers) = descend(&fetch(&digest)?, fetch, depth)? {
            return Ok(Some(layers));
        }
    }
    Ok(None)
}

/// The bundle of layers: the archive as it is, or one made of conftest's layers.
pub(super) fn bundle(
    layers: &[Layer],
    fetch: &dyn Fn(&Layer) -> Result<Vec<u8>, BundleError>,
) -> Result<(Vec<u8>, Shape), BundleError> {
    let archives: Vec<&Layer> = layers.iter().filter(|layer| layer.kind == BUNDLE_TYPE).collect();
    match archives.as_slice() {
        [] => {}
        [one] => return Ok((fetch(one)?, Shape::Opa)),
        _ => {
            return Err(BundleError::new("there are several bundles in one manifest")
                .help("push one bundle under one tag"));
        }
    }
    let shared = shared_folder(layers);
    let mut files = Files::new();
    let mut data: BTreeMap<String, Node> = BTreeMap::new();
    for layer in layers.iter().filter(|layer| layer.is_usable()) {
        let title = layer.title.strip_prefix(&shared).unwrap_or(&layer.title);
        let name = crate::bundle::member_name(title)?;
        let bytes = fetch(layer)?;
        if layer.kind == DATA_TYPE {
            // Conftest takes data from files of any name; a bundle has one `data.json` in a folder.
            let folder = name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let text =
                std::str::from_utf8(&bytes).map_err(|_| BundleError::new("expected UTF-8 text").at(&name))?;
            let node = Node::yaml(text, &name)?;
            data.entry(format!("{folder}data.json"))
                .or_insert_with(Node::empty)
                .merge(node)
                .map_err(|key| BundleError::new(format!("policy data `{key}` is given twice")).at(&name))?;
        } else if name.ends_with(".rego") {
            if files.insert(name.clone(), bytes).is_some() {
                return Err(BundleError::new(format!("two layers are named `{name}`")));
            }
        } else {
            return Err(BundleError::new("a layer with a policy has no name that ends in `.rego`").at(&name));
        }
    }
    files.extend(data.into_iter().map(|(name, node)| (name, (node.text() + "\n").into_bytes())));
    Ok((pack(&files)?, Shape::Conftest))
}

/// The folder that all layers were pushed from, with its slash: conftest's names begin with it.
fn shared_folder(layers: &[Layer]) -> String {
    let mut folders = layers
        .iter()
        .filter(|layer| layer.is_usable())
        .map(|layer| layer.title.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev());
    let Some(first) = folders.next() else { return String::new() };
    let shared = folders.fold(first.collect::<Vec<_>>(), |shared, folder| {
        shared.into_iter().zip(folder).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    shared.iter().map(|part| format!("{part}/")).collect()
}
