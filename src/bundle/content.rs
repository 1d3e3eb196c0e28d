//! What is in a bundle: manifest, modules, and the data merged below their folders.

use serde_json::{Map, Value};

use super::manifest::Manifest;
use super::node::Node;
use super::{BundleError, Files, MANIFEST, SIGNATURES};
use crate::policy::outline;

/// One Rego module of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its name in the bundle.
    pub name: String,
    /// Rego.
    pub text: String,
    /// 0 or 1.
    pub rego_version: u8,
    /// Its package.
    pub package: Vec<String>,
    /// Names of its rules, each once.
    pub rules: Vec<String>,
}

/// A bundle, read and checked.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its modules, by name.
    pub modules: Vec<Module>,
    /// What was met and not used.
    pub notes: Vec<String>,
    pub(super) data: Node,
}

impl Bundle {
    /// Reads the members of a bundle. Signatures are not looked at: see [`super::verify`].
    ///
    /// # Errors
    /// When it is a delta bundle, a member is broken, data is given twice, or something lies outside of its roots.
    pub fn read(files: &Files) -> Result<Self, BundleError> {
        if let Some(name) = files.keys().find(|name| base(name) == "patch.json") {
            return Err(BundleError::new("it is a delta bundle, which changes another one").at(name).help(
                "give the snapshot bundle that results: a delta bundle cannot be signed or judged by itself",
            ));
        }
        let mut bundle =
            Self { manifest: manifest(files)?, modules: Vec::new(), notes: Vec::new(), data: Node::empty() };
        if bundle.manifest.wasm {
            bundle.notes.push("the manifest names WebAssembly modules, which gate does not run".to_owned());
        }
        for (name, bytes) in files {
            let base = base(name);
            match base {
                _ if name.ends_with(".rego") => bundle.module(name, text(name, bytes)?)?,
                "data.json" => bundle.insert(name, Node::json(text(name, bytes)?, name)?)?,
                "data.yaml" | "data.yml" => bundle.insert(name, Node::yaml(text(name, bytes)?, name)?)?,
                "policy.wasm" | "plan.json" | "plan.pb" => {
                    bundle.notes.push(format!("`{name}` is compiled policy, which gate does not run"));
                }
                MANIFEST | SIGNATURES => {}
                _ => bundle.notes.push(format!("`{name}` is neither policy nor data")),
            }
        }
        bundle.check_roots()?;
        Ok(bundle)
    }

    /// The data, as the policy engine takes it.
    ///
    /// # Errors
    /// When a number is out of range.
    pub fn data(&self) -> Result<Map<String, Value>, BundleError> {
        match self.data.value().map_err(|message| BundleError::new(message).at("data"))? {
            Value::Object(map) => Ok(map),
            _ => Err(BundleError::new("expected an object of policy data").at("data")),
        }
    }

    /// The members of a bundle built from this content: modules as they are, one `data.json`, the manifest.
    ///
    /// # Errors
    /// When a name is used twice.
    pub fn members(&self) -> Result<Files, BundleError> {
        let mut files = Files::new();
        for module in &self.modules {
            files.insert(module.name.clone(), module.text.clone().into_bytes());
        }
        files.insert("data.json".to_owned(), (self.data.text() + "\n").into_bytes());
        files.insert(MANIFEST.to_owned(), (self.manifest.node().text() + "\n").into_bytes());
        Ok(files)
    }

    /// The names of the data's first two levels, such as `team.limits`.
    pub fn data_keys(&self) -> Vec<String> {
        let Node::Object(top) = &self.data else { return Vec::new() };
        top.iter()
            .flat_map(|(key, node)| match node {
                Node::Object(fields) if !fields.is_empty() => {
                    fields.keys().map(|below| format!("{key}.{below}")).collect()
                }
                _ => vec![key.clone()],
            })
            .collect()
    }

    /// The manifest's metadata as JSON text; empty where there is none.
    pub fn metadata(&self) -> Value {
        self.manifest.metadata.value().unwrap_or_default()
    }

    /// Takes another manifest and checks the content against it.
    ///
    /// # Errors
    /// When roots overlap or something lies outside of them.
    pub fn set_manifest(&mut self, mut manifest: Manifest) -> Result<(), BundleError> {
        manifest.normalise()?;
        self.manifest = manifest;
        self.check_roots()
    }

    fn module(&mut self, name: &str, text: &str) -> Result<(), BundleError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let outline = outline(text);
        if outline.package.is_empty() {
            return Err(BundleError::new("expected `package`, found none").at(name));
        }
        let rego_version = self.manifest.version_of(name)?;
        self.modules.push(Module {
            name: name.to_owned(),
            text: text.to_owned(),
            // A module of the old language that imports the new one is read as the new one by both.
            rego_version: if outline.imports_rego_v1 { 1 } else { rego_version },
            package: outline.package,
            rules: outline.rules,
        });
        Ok(())
    }

    /// Data lies below the folders of its file.
    fn insert(&mut self, name: &str, node: Node) -> Result<(), BundleError> {
        let folder = name.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
        let folder = folder.trim_start_matches(['/', '.']);
        let node = folder
            .split('/')
            .filter(|part| !part.is_empty())
            .rev()
            .fold(node, |node, part| Node::Object([(part.to_owned(), node)].into_iter().collect()));
        if !matches!(node, Node::Object(_)) {
            return Err(BundleError::new("expected an object of policy data")
                .at(name)
                .help("write keys at its top, or put the file into a folder that names it"));
        }
        self.data.merge(node).map_err(|key| {
            BundleError::new(format!("policy data `{key}` is given twice"))
                .at(name)
                .help("keep each value in one file")
        })
    }

    fn check_roots(&self) -> Result<(), BundleError> {
        let roots = self.manifest.roots.join("`, `");
        for module in &self.modules {
            let package: Vec<&str> = module.package.iter().map(String::as_str).collect();
            if !self.manifest.owns(&package) {
                return Err(BundleError::new(format!(
                    "package `{}` lies outside of the roots `{roots}`",
                    module.package.join(".")
                ))
                .at(&module.name)
                .help("add its path to the roots of the manifest, or take the module out"));
            }
        }
        self.check_data(&self.data, &mut Vec::new(), &roots)
    }

    fn check_data<'a>(
        &self,
        node: &'a Node,
        path: &mut Vec<&'a str>,
        roots: &str,
    ) -> Result<(), BundleError> {
        if self.manifest.owns(path) {
            return Ok(());
        }
        match node {
            Node::Object(fields) if self.manifest.leads_to_root(path) => {
                for (key, below) in fields {
                    path.push(key);
                    self.check_data(below, path, roots)?;
                    path.pop();
                }
                Ok(())
            }
            _ => Err(BundleError::new(format!(
                "data at `{}` lies outside of the roots `{roots}`",
                path.join("/")
            ))
            .help("add its path to the roots of the manifest, or move the data")),
        }
    }
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, BundleError> {
    std::str::from_utf8(bytes).map_err(|_| BundleError::new("expected UTF-8 text").at(name))
}

/// The manifest. OPA takes any file whose name ends so for it: two such, or one elsewhere, would be read differently.
fn manifest(files: &Files) -> Result<Manifest, BundleError> {
    if let Some(name) = files.keys().find(|name| name.ends_with(".manifest.pb")) {
        return Err(BundleError::new("the manifest is written as protobuf, which gate does not read")
            .at(name)
            .help("build the bundle with a JSON manifest"));
    }
    if let Some(name) = files.keys().find(|name| name.ends_with(MANIFEST) && *name != MANIFEST) {
        return Err(BundleError::new("a manifest may only lie at the top of the bundle").at(name));
    }
    match files.get(MANIFEST) {
        Some(bytes) => Manifest::parse(text(MANIFEST, bytes)?),
        None => Ok(Manifest::default()),
    }
}
