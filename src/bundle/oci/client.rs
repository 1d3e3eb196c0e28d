//! A small blocking client of the OCI distribution protocol: limits and time-outs on everything, digests checked.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::artifact::{INDEX_TYPE, MANIFEST_TYPE};
use super::credentials::Credentials;
use super::{Options, Reference};
use crate::bundle::{ArchiveLimits, BundleError, digest};

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(15);
/// Time for one request with its answer.
const WHOLE: Duration = Duration::from_secs(300);
/// Time without a byte.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes of a manifest, a token or an error.
const SMALL: u64 = 4 << 20;
/// How often a request is sent that a busy registry turns away.
const TRIES: u32 = 3;

/// Docker's own types of the same two documents.
const DOCKER_TYPES: [&str; 2] = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];

/// A client for one repository.
pub(super) struct Client {
    agent: Agent,
    base: String,
    reference: Reference,
    credentials: Option<Credentials>,
    /// The header that the registry accepted last.
    authorization: RefCell<Option<String>>,
    plain: bool,
}

/// What is sent.
#[derive(Clone, Copy)]
enum Send<'a> {
    Get { accept: &'a str },
    Head,
    Post,
    Put { kind: &'a str, body: &'a [u8] },
}

impl Client {
    pub(super) fn new(reference: &Reference, options: &Options) -> Result<Self, BundleError> {
        let plain = options.plain_http || reference.is_loopback();
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let mut config = Agent::config_builder()
            .tls_config(tls)
            .https_only(!plain)
            .http_status_as_error(false)
            .max_redirects(5)
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .user_agent(concat!("gate/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity")
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(WHOLE))
            .timeout_recv_response(Some(SILENCE));
        if reference.is_loopback() {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().into(),
            base: format!(
                "{}://{}/v2/{}",
                if plain { "http" } else { "https" },
                reference.registry,
                reference.repository
            ),
            credentials: options.surroundings.find(&reference.registry)?,
            authorization: RefCell::new(None),
            reference: reference.clone(),
            plain,
        })
    }

    /// A manifest by tag or digest: its digest and its bytes.
    pub(super) fn manifest(&self, wanted: &str) -> Result<(String, Vec<u8>), BundleError> {
        let accept = [&[MANIFEST_TYPE, INDEX_TYPE][..], &DOCKER_TYPES].concat().join(", ");
        let url = format!("{}/manifests/{wanted}", self.base);
        let response = self.send(Send::Get { accept: &accept }, &url, "pull")?;
        let bytes = self.body(self.expect(response, &[StatusCode::OK], wanted)?, SMALL)?;
        let found = digest(&bytes);
        if wanted.starts_with("sha256:") && found != wanted {
            return Err(self.differs(wanted, &found));
        }
        Ok((found, bytes))
    }

    /// A blob by digest.
    pub(super) fn blob(&self, wanted: &str, size: u64) -> Result<Vec<u8>, BundleError> {
        let most = ArchiveLimits::default().packed;
        if size > most {
            return Err(BundleError::new(format!(
                "the layer has {size} bytes, more than the limit of {most}"
            )));
        }
        let url = format!("{}/blobs/{wanted}", self.base);
        let response = self.send(Send::Get { accept: "*/*" }, &url, "pull")?;
        let bytes = self.body(self.expect(response, &[StatusCode::OK], wanted)?, size)?;
        let found = digest(&bytes);
        if found != wanted || bytes.len() as u64 != size {
            return Err(self.differs(wanted, &found));
        }
        Ok(bytes)
    }

    /// Uploads a blob, unless it is there.
    pub(super) fn put_blob(&self, bytes: &[u8]) -> Result<(), BundleError> {
        let digest = digest(bytes);
        let there = self.send(Send::Head, &format!("{}/blobs/{digest}", self.base), "pull,push")?;
        if there.status() == StatusCode::OK {
            return Ok(());
        }
        let started = self.send(Send::Post, &format!("{}/blobs/uploads/", self.base), "pull,push")?;
        let started = self.expect(started, &[StatusCode::ACCEPTED], &digest)?;
        let location = started
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| self.error("the registry does not say where to upload"))?;
        let url = self.absolute(location);
        let mark = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{mark}digest={digest}");
        let put = Send::Put { kind: "application/octet-stream", body: bytes };
        let response = self.send(put, &url, "pull,push")?;
        self.expect(response, &[StatusCode::CREATED, StatusCode::NO_CONTENT], &digest).map(|_| ())
    }

    /// Uploads the manifest under the tag, and returns its digest.
    pub(super) fn put_manifest(&self, bytes: &[u8]) -> Result<String, BundleError> {
        let digest = digest(bytes);
        let name = self.reference.tag.clone().unwrap_or_else(|| digest.clone());
        let put = Send::Put { kind: MANIFEST_TYPE, body: bytes };
        let response = self.send(put, &format!("{}/manifests/{name}", self.base), "pull,push")?;
        let response = self.expect(response, &[StatusCode::CREATED, StatusCode::OK], &name)?;
        let said = response.headers().get("docker-content-digest").and_then(|value| value.to_str().ok());
        match said.filter(|said| *said != digest) {
            Some(said) => Err(self.differs(&digest, said)),
            None => Ok(digest),
        }
    }

    fn error(&self, what: impl std::fmt::Display) -> BundleError {
        BundleError::new(format!("{}: {what}", self.reference.name()))
    }

    fn differs(&self, wanted: &str, found: &str) -> BundleError {
        self.error(format!("asked for `{wanted}`, got `{found}`"))
            .help("the registry, or something on the way to it, gives other bytes: do not use them")
    }

    fn absolute(&self, location: &str) -> String {
        if location.contains("://") {
            return location.to_owned();
        }
        let root = self.base.split("/v2/").next().unwrap_or_default();
        format!("{root}/{}", location.trim_start_matches('/'))
    }

    fn body(&self, mut response: Response<Body>, most: u64) -> Result<Vec<u8>, BundleError> {
        response.body_mut().with_config().limit(most.saturating_add(1)).read_to_vec().map_err(|error| {
            match error {
                ureq::Error::BodyExceedsLimit(_) => {
                    self.error(format!("the answer has more than {most} bytes"))
                }
                other => self.error(format!("the answer was cut off: {other}")),
            }
        })
    }

    fn expect(
        &self,
        mut response: Response<Body>,
        wanted: &[StatusCode],
        what: &str,
    ) -> Result<Response<Body>, BundleError> {
        let status = response.status();
        if wanted.contains(&status) {
            return Ok(response);
        }
        let said = response.body_mut().with_config().limit(SMALL).read_to_vec().unwrap_or_default();
        let said: Value = serde_json::from_slice(&said).unwrap_or_default();
        let said = said.pointer("/errors/0/message").and_then(Value::as_str).unwrap_or_default();
        let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
        let colon = if said.is_empty() { "" } else { ": " };
        let error = self.error(format!("the registry answers {status} for `{what}`{colon}{said}"));
        Err(match (status, &self.credentials) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, None) => {
                error.help(format!("log in: `docker login {}`", self.reference.registry))
            }
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, Some(_)) => {
                error.help("the credentials that were found do not allow it: log in again")
            }
            (StatusCode::NOT_FOUND, _) => error.help("check repository, tag and digest"),
            _ => error,
        })
    }

    /// Sends a request; asks for a token where the registry wants one, and again where it is busy.
    fn send(&self, what: Send<'_>, url: &str, actions: &str) -> Result<Response<Body>, BundleError> {
        let mut asked = false;
        let mut tries = 1;
        loop {
            // A registry may send an upload elsewhere; what is meant for the registry stays with it.
            let root = self.base.split("/v2/").next().unwrap_or_default();
            let is_own = url.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
            let authorization = self.authorization.borrow().clone().filter(|_| is_own);
            let response = self.once(what, url, authorization.as_deref())?;
            match response.status() {
                StatusCode::UNAUTHORIZED if !asked && is_own => {
                    asked = true;
                    let Some(header) = self.authorize(&response, actions)? else { return Ok(response) };
                    *self.authorization.borrow_mut() = Some(header);
                }
                StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
                    if tries < TRIES =>
                {
                    std::thread::sleep(Duration::from_millis(500).saturating_mul(tries));
                    tries += 1;
                }
                _ => return Ok(response),
            }
        }
    }

    fn once(
        &self,
        what: Send<'_>,
        url: &str,
        authorization: Option<&str>,
    ) -> Result<Response<Body>, BundleError> {
        let header = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let (with, value) = (authorization.is_some(), header(authorization));
        macro_rules! authorized {
            ($request:expr) => {
                if with { $request.header("authorization", &value) } else { $request }
            };
        }
        let sent = match what {
            Send::Get { accept } => authorized!(self.agent.get(url).header("accept", accept)).call(),
            Send::Head => authorized!(self.agent.head(url)).call(),
            Send::Post => authorized!(self.agent.post(url)).send_empty(),
            Send::Put { kind, body } => {
                authorized!(self.agent.put(url).header("content-type", kind)).send(body)
            }
        };
        sent.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &ureq::Error) -> BundleError {
        let wrapped = self.error(format!("the registry cannot be reached: {error}"));
        match self.plain {
            false => wrapped.help("check name and network; a registry without TLS needs `--plain-http`"),
            true => wrapped.help("check that a registry listens there"),
        }
    }

    /// The header that answers a challenge; nothing where there is no way to answer it.
    fn authorize(&self, response: &Response<Body>, actions: &str) -> Result<Option<String>, BundleError> {
        let challenges: Vec<&str> =
            response.headers().get_all("www-authenticate").iter().filter_map(|v| v.to_str().ok()).collect();
        let is = |challenge: &str, scheme: &str| {
            challenge.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        };
        if let Some(challenge) = challenges.iter().find(|c| is(c, "bearer ")) {
            return self.token(challenge.get(7..).unwrap_or_default(), actions).map(Some);
        }
        if challenges.iter().any(|c| is(c, "basic ")) {
            return Ok(self.credentials.as_ref().and_then(Credentials::basic));
        }
        Ok(None)
    }

    /// A token of the service that the registry names.
    fn token(&self, challenge: &str, actions: &str) -> Result<String, BundleError> {
        let realm = parameter(challenge, "realm").unwrap_or_default();
        let service = parameter(challenge, "service").unwrap_or_default();
        let scope = format!("repository:{}:{actions}", self.reference.repository);
        // Credentials go there: never in the clear, unless that was asked for.
        if !(realm.starts_with("https://") || (self.plain && realm.starts_with("http://"))) {
            return Err(
                self.error(format!("the registry names `{realm}` for tokens, expected an https address"))
            );
        }
        let answer = match &self.credentials {
            Some(Credentials::Identity(token)) => self.agent.post(&realm).send_form([
                ("grant_type", "refresh_token"),
                ("service", service.as_str()),
                ("scope", scope.as_str()),
                ("client_id", "gate"),
                ("refresh_token", token.as_str()),
            ]),
            other => {
                let request = self.agent.get(&realm).query("service", &service).query("scope", &scope);
                match other.as_ref().and_then(Credentials::basic) {
                    Some(basic) => request.header("authorization", &basic).call(),
                    None => request.call(),
                }
            }
        };
        let answer = answer.map_err(|error| self.unreachable(&error))?;
        let answer = self.expect(answer, &[StatusCode::OK], "a token")?;
        let value: Value = serde_json::from_slice(&self.body(answer, SMALL)?)
            .map_err(|_| self.error("the token service answers something else than JSON"))?;
        ["token", "access_token"]
            .iter()
            .find_map(|key| value.get(key)?.as_str())
            .filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()))
            .map(|token| format!("Bearer {token}"))
            .ok_or_else(|| self.error("the token service gives no token"))
    }
}

/// A parameter of a challenge: `realm="..."`.
fn parameter(challenge: &str, name: &str) -> Option<String> {
    let lower = challenge.to_ascii_lowercase();
    let at = lower.match_indices(&format!("{name}=")).map(|(at, _)| at).find(|at| {
        lower.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([',', ' ']))
    })?;
    let value = challenge.get(at.saturating_add(name.len()).saturating_add(1)..)?;
    match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().map(str::to_owned),
        None => value.split(',').next().map(|v| v.trim().to_owned()),
    }
}
