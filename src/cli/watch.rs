//! Waits until files change.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Editors write a file in several steps: so long nothing may happen before it counts as written.
const SETTLED: Duration = Duration::from_millis(80);

/// Paths that are watched.
pub(super) struct Watch {
    /// Held so that it goes on.
    _watcher: RecommendedWatcher,
    events: Receiver<Vec<PathBuf>>,
}

impl Watch {
    /// Begins to watch files and folders; of a file its folder, as editors replace files.
    pub(super) fn begin(paths: &[PathBuf]) -> Result<Self, String> {
        let (sender, events) = channel();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !matches!(event.kind, EventKind::Access(_))
            {
                let _ = sender.send(event.paths);
            }
        })
        .map_err(|e| format!("cannot watch files: {e}"))?;
        for path in paths {
            let is_folder = path.is_dir();
            let folder = if is_folder { path.as_path() } else { path.parent().unwrap_or(Path::new(".")) };
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let mode = if is_folder { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            watcher.watch(folder, mode).map_err(|e| format!("cannot watch `{}`: {e}", folder.display()))?;
        }
        Ok(Self { _watcher: watcher, events })
    }

    /// Waits for a change that is meant, and until it is over. False where no more can come.
    pub(super) fn wait(&self, is_meant: &dyn Fn(&Path) -> bool) -> bool {
        loop {
            match self.events.recv() {
                Err(_) => return false,
                Ok(paths) if paths.iter().any(|path| is_meant(path)) => break,
                Ok(_) => {}
            }
        }
        while self.events.recv_timeout(SETTLED).is_ok() {}
        true
    }
}

/// Whether a file is one that policies are made of.
pub(super) fn is_policy(path: &Path) -> bool {
    path.extension()
        .is_some_and(|e| ["rego", "json", "yaml", "yml"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}
