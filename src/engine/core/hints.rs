//! File-system events, which only shorten the wait for a look.

use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::Core;
use crate::domain::job::Level;
use crate::domain::run::Cause;
use crate::landing::watch::Hints;

impl Core {
    pub(super) async fn watcher(&self, hint: mpsc::UnboundedSender<PathBuf>) -> Option<Hints> {
        if !self.triggers {
            return None;
        }
        let made = Hints::new(move |folder: &Path| {
            // The core may have left already.
            let _ = hint.send(folder.to_owned());
        });
        match made {
            Ok(mut watcher) => {
                self.watch_landings(&mut watcher).await;
                Some(watcher)
            }
            Err(error) => {
                let said = format!("file-system events are not available ({error}); the schedule alone decides");
                self.context.note(Level::Warn, None, None, "trigger", &said).await;
                None
            }
        }
    }

    pub(super) async fn watch_landings(&self, watcher: &mut Hints) {
        let workspace = self.context.workspace();
        let folders: Vec<PathBuf> = workspace
            .pipelines
            .iter()
            .filter(|pipeline| {
                pipeline.landing.watch && pipeline.landing.remote.is_none() && pipeline.landing.path.is_dir()
            })
            .map(|pipeline| pipeline.landing.path.clone())
            .collect();
        for (folder, why) in watcher.watch(&folders) {
            let said = format!("{} is not watched ({why}); the schedule alone decides", folder.display());
            self.context.note(Level::Warn, None, None, "trigger", &said).await;
        }
    }

    pub(super) fn hint(&mut self, folder: &Path) {
        for pipeline in &self.context.workspace().pipelines {
            let same = pipeline.landing.path == folder
                || pipeline.landing.path.canonicalize().is_ok_and(|path| path == folder);
            if same && pipeline.landing.watch && pipeline.landing.remote.is_none() {
                self.relook.entry(pipeline.name.clone()).or_insert_with(|| (self.context.now(), Cause::Event));
            }
        }
    }
}
