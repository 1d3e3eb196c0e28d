//! Invocations (§3.20) with their notifications (§3.58), and the revision that was analysed (§3.23).

use super::result::Place;
use super::rule::{Level, Reference, excerpt};
use super::text::Message;
use crate::model::{Evidence, Text};
use crate::read::{Interner, Json, JsonKind, ParseError, timestamp};

type Result<T> = std::result::Result<T, ParseError>;

/// An invocation (§3.20).
#[derive(Default)]
pub(super) struct Invocation {
    pub(super) successful: Option<bool>,
    pub(super) unreadable: bool,
    pub(super) exit: Vec<String>,
    pub(super) notifications: Vec<Notification>,
    pub(super) overrides: Vec<(Reference, Level)>,
    /// Whether there is an exit code other than 0.
    pub(super) exit_failed: bool,
}

/// A notification (§3.58).
pub(super) struct Notification {
    pub(super) level: Level,
    pub(super) descriptor: Option<Text>,
    pub(super) message: Option<Message>,
    pub(super) place: Place,
    /// Whether it tells of the run rather than of the tool's configuration.
    pub(super) execution: bool,
}

/// An entry of `versionControlProvenance` (§3.23).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Revision {
    pub(super) commit: Text,
    repository: Option<Text>,
    branch: Option<Text>,
}

impl Invocation {
    pub(super) fn read(j: &mut Json<'_>, interner: &mut Interner, evidence: &mut Evidence) -> Result<Self> {
        let mut invocation = Self::default();
        let was_object = j.object(|j, key| {
            match key {
                "executionSuccessful" => {
                    let said = !matches!(j.kind(), Some(JsonKind::Null));
                    invocation.successful = j.bool()?;
                    invocation.unreadable = said && invocation.successful.is_none();
                }
                "endTimeUtc" => {
                    evidence.produced_at =
                        evidence.produced_at.max(j.str()?.and_then(|time| timestamp(&time)));
                }
                "exitCode" => {
                    let code = j.number()?;
                    invocation.exit_failed = code.is_some_and(|code| code != 0.0);
                    invocation.exit.extend(code.map(|code| format!("exit code {code}")));
                }
                "exitCodeDescription" | "exitSignalName" | "processStartFailureMessage" => {
                    invocation.exit.extend(j.str()?.map(|text| excerpt(&text)));
                }
                "toolExecutionNotifications" | "toolConfigurationNotifications" => {
                    let execution = key == "toolExecutionNotifications";
                    j.array(|j, _| {
                        invocation.notifications.push(Notification::read(j, interner, execution)?);
                        Ok(())
                    })?;
                }
                "ruleConfigurationOverrides" => {
                    j.array(|j, _| {
                        let (mut descriptor, mut level) = (None, None);
                        j.object(|j, key| {
                            match key {
                                "descriptor" => descriptor = Some(Reference::read(j, interner)?),
                                "configuration" => {
                                    j.object(|j, key| {
                                        if key == "level" {
                                            level = Level::read(j)?;
                                        }
                                        Ok(())
                                    })?;
                                }
                                _ => {}
                            }
                            Ok(())
                        })?;
                        invocation.overrides.extend(descriptor.zip(level));
                        Ok(())
                    })?;
                }
                _ => {}
            }
            Ok(())
        })?;
        invocation.unreadable |= !was_object;
        Ok(invocation)
    }
}

impl Notification {
    pub(super) fn read(j: &mut Json<'_>, interner: &mut Interner, execution: bool) -> Result<Self> {
        let mut notification = Self {
            level: Level::Warning,
            descriptor: None,
            message: None,
            place: Place::default(),
            execution,
        };
        let was_object = j.object(|j, key| {
            match key {
                "level" => notification.level = Level::read(j)?.unwrap_or(Level::Warning),
                "descriptor" => notification.descriptor = Reference::read(j, interner)?.id,
                "message" => notification.message = Message::read(j, interner)?,
                "locations" => notification.place.read_first(j, interner)?,
                _ => {}
            }
            Ok(())
        })?;
        if !was_object {
            notification.level = Level::Unknown;
        }
        Ok(notification)
    }
}

impl Revision {
    /// Whether the revision is written as a commit hash, shortened or not.
    pub(super) fn is_commit(&self) -> bool {
        (7..=64).contains(&self.commit.len()) && self.commit.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    pub(super) fn read(j: &mut Json<'_>, interner: &mut Interner) -> Result<Self> {
        let mut revision = Self::default();
        j.object(|j, key| {
            match key {
                "revisionId" => {
                    let id = j.str()?.unwrap_or_default();
                    revision.commit = interner.get(&id.trim().to_ascii_lowercase());
                }
                "repositoryUri" => {
                    revision.repository = j.str()?.map(|uri| interner.get(&repository(&uri)));
                }
                "branch" => {
                    revision.branch = j.str()?.map(|name| match &*name {
                        full if full.starts_with("refs/") => interner.get(full),
                        short => interner.get(&format!("refs/heads/{short}")),
                    });
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(revision)
    }
}

/// `host/owner/name` of a repository's address, without scheme, credentials and `.git`.
fn repository(uri: &str) -> String {
    let uri = uri.trim();
    let (scheme, address) = uri.split_once("://").map_or((false, uri), |(_, rest)| (true, rest));
    let (authority, path) = address.split_once('/').unwrap_or((address, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // `git@host:owner/name` has no scheme, and a colon where others have a slash.
    let host = if scheme { host.to_owned() } else { host.replacen(':', "/", 1) };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    if path.is_empty() { host } else { format!("{host}/{path}") }
}

/// States the revision that all runs speak of, if it is one.
pub(super) fn subject(revisions: &[Revision], evidence: &mut Evidence) {
    let mut commits: Vec<&Text> = revisions.iter().map(|revision| &revision.commit).collect();
    commits.sort_unstable();
    commits.dedup();
    match (commits.as_slice(), revisions) {
        ([commit], [first, ..]) => {
            evidence.subject.commit = Some(Text::clone(commit));
            let alike = |same: fn(&Revision) -> &Option<Text>| {
                let all = revisions.iter().all(|revision| same(revision) == same(first));
                same(first).clone().filter(|_| all)
            };
            evidence.subject.repository = alike(|revision| &revision.repository);
            evidence.subject.git_ref = alike(|revision| &revision.branch);
        }
        ([], _) | (_, []) => {}
        (several, _) => evidence.warn(
            "several-commits",
            format!("{} different commits are named: the subject is not known", several.len()),
        ),
    }
}
