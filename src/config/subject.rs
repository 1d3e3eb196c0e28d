//! The subject of a decision: from the CI's environment, else from git's own files.

use std::path::Path;

use crate::model::{Subject, Text};

/// The subject as the CI's environment names it; `get` reads a variable.
pub fn from_ci(get: &dyn Fn(&str) -> Option<String>) -> Subject {
    // Each: a variable that tells the CI, then its commit, ref and repository.
    const CI: [(&str, &str, &str, &str); 6] = [
        ("GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_REF", "GITHUB_REPOSITORY"),
        ("GITLAB_CI", "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "CI_PROJECT_PATH"),
        ("TF_BUILD", "BUILD_SOURCEVERSION", "BUILD_SOURCEBRANCH", "BUILD_REPOSITORY_NAME"),
        ("CIRCLECI", "CIRCLE_SHA1", "CIRCLE_BRANCH", "CIRCLE_REPOSITORY_URL"),
        ("BUILDKITE", "BUILDKITE_COMMIT", "BUILDKITE_BRANCH", "BUILDKITE_REPO"),
        ("JENKINS_URL", "GIT_COMMIT", "GIT_BRANCH", "GIT_URL"),
    ];
    let text =
        |name: &str| get(name).filter(|value| !value.trim().is_empty()).map(|value| Text::from(value.trim()));
    CI.iter().find(|(ci, ..)| text(ci).is_some()).map_or_else(
        Subject::default,
        |(_, commit, git_ref, repository)| Subject {
            commit: text(commit),
            git_ref: text(git_ref),
            repository: text(repository),
            digest: None,
        },
    )
}

/// The subject as the git folder above a path names it, without running git.
pub fn from_git(from: &Path) -> Subject {
    let Some(folder) = std::path::absolute(from)
        .ok()
        .and_then(|from| from.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists()))
    else {
        return Subject::default();
    };
    // In a worktree `.git` is a file that names the folder; references shared by all lie in `commondir`.
    let read = |path: &Path| std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let folder = match read(&folder).and_then(|text| text.strip_prefix("gitdir: ").map(str::to_owned)) {
        Some(target) => folder.parent().map(|parent| parent.join(target)).unwrap_or_default(),
        None => folder,
    };
    let common = read(&folder.join("commondir")).map_or_else(|| folder.clone(), |c| folder.join(c));
    let Some(head) = read(&folder.join("HEAD")) else { return Subject::default() };
    let git_ref = head.strip_prefix("ref: ").map(str::to_owned);
    let commit = match &git_ref {
        None => Some(head),
        Some(name) => read(&folder.join(name)).or_else(|| read(&common.join(name))).or_else(|| {
            read(&common.join("packed-refs"))?
                .lines()
                .find_map(|line| line.strip_suffix(name.as_str())?.strip_suffix(' ').map(str::to_owned))
        }),
    };
    Subject {
        commit: commit.map(Text::from),
        git_ref: git_ref.map(Text::from),
        repository: read(&common.join("config")).as_deref().and_then(origin).map(Text::from),
        digest: None,
    }
}

/// The URL of the remote `origin`, without credentials.
fn origin(config: &str) -> Option<String> {
    let (_, section) = config.split_once("[remote \"origin\"]")?;
    let url = section
        .lines()
        .skip(1)
        .take_while(|line| !line.trim_start().starts_with('['))
        .find_map(|line| line.trim().strip_prefix("url")?.trim_start().strip_prefix('='))?
        .trim();
    Some(match url.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((_, host)) => format!("{scheme}://{host}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    })
}

/// Flags first, then the CI's environment, then git: the first that names a commit or digest says the rest too.
pub fn detect(flags: Subject, get: &dyn Fn(&str) -> Option<String>, from: &Path) -> Subject {
    let mut subject = flags;
    let mut known = from_ci(get);
    if known.commit.is_none() {
        known = from_git(from);
    }
    // A commit that was named by flag must not be mixed with the ref of another.
    if subject.commit.is_none() {
        subject.commit = known.commit;
        subject.git_ref = subject.git_ref.or(known.git_ref);
    }
    subject.repository = subject.repository.or(known.repository);
    subject
}

/// A subject in canonical spelling.
///
/// # Errors
/// When a commit or digest is not one.
pub fn normalise(mut subject: Subject) -> Result<Subject, String> {
    if let Some(commit) = &subject.commit {
        let lower = commit.to_ascii_lowercase();
        if !(7..=64).contains(&lower.len()) || !lower.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(format!("`{commit}` is no commit: expected 7 to 64 hexadecimal digits"));
        }
        subject.commit = Some(Text::from(lower));
    }
    if let Some(digest) = &subject.digest {
        let lower = digest.to_ascii_lowercase();
        let valid = lower
            .strip_prefix("sha256:")
            .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if !valid {
            return Err(format!("`{digest}` is no digest: expected `sha256:` and 64 hexadecimal digits"));
        }
        subject.digest = Some(Text::from(lower));
    }
    Ok(subject)
}
