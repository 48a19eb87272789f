//! File-system events, which only shorten the wait for a look.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinHandle;

use super::{Core, TICK};
use crate::config::Landing;
use crate::domain::job::Level;
use crate::domain::run::Cause;
use crate::engine::context::Context;
use crate::landing::names::Names;
use crate::landing::watch::{Hint, Hints, Moved};

/// Files that arrive with no more than this between two of them are looked at, and run, together.
const GATHER: TimeDelta = TimeDelta::milliseconds(40);
/// The first of them waits no longer than this for the others.
const GATHER_AT_MOST: TimeDelta = TimeDelta::seconds(1);
/// A change in a landing where something is settling is looked at after this, however long that takes.
const SELDOM: TimeDelta = TimeDelta::seconds(5);

impl Core {
    /// Begins to watch the landings, and goes on with those that come or are made anew in a task of its own: a folder on a
    /// server that does not answer keeps nobody else waiting.
    pub(super) async fn watch(&self, hint: UnboundedSender<Hint>) -> Option<JoinHandle<()>> {
        if !self.triggers {
            return None;
        }
        let told = hint.clone();
        let made = Hints::new(move |found| {
            // The core may have left already.
            let _ = told.send(found);
        });
        let context = Arc::clone(&self.context);
        match made {
            // What is watched from the beginning is looked at then anyway.
            Ok(hints) => {
                let begun = tend(&context, hints).await;
                begun.map(|(hints, _)| tokio::spawn(keep_watching(context, hints, hint)))
            }
            Err(error) => {
                let said = format!("file-system events are not available ({error}); the schedule alone decides");
                context.note(Level::Warn, None, None, "trigger", &said).await;
                None
            }
        }
    }

    pub(super) fn hint(&mut self, hint: &Hint) {
        for pipeline in &self.context.workspace().pipelines {
            let path = &pipeline.landing.path;
            let is_here = match hint {
                Hint::Anywhere => true,
                Hint::Folder(folder) | Hint::Moved(folder, _) => {
                    path == folder || path.canonicalize().is_ok_and(|path| path == *folder)
                }
            };
            if is_here && is_watched(&pipeline.landing) {
                let now = self.context.now();
                // Something may have come that does not wait for what is settling; what keeps growing asks all the time.
                let settle = TimeDelta::from_std(pipeline.landing.settle).unwrap_or(SELDOM);
                let soon = now + settle.clamp(GATHER, SELDOM);
                let first = if self.looks.is_under_way(&pipeline.name) { soon } else { now + GATHER };
                let relook = self.relook.entry(pipeline.name.clone()).or_insert((first, Cause::Event));
                relook.0 = relook.0.min(soon);
                if let Hint::Moved(_, moved) = hint
                    && is_arrival(&pipeline.landing, moved)
                {
                    let first = self.context.moved.mark(&pipeline.name, moved.key.clone(), moved.token.clone(), now);
                    // It does not wait for what is still settling, only for those that come with it.
                    relook.0 = (now + GATHER).min(first + GATHER_AT_MOST);
                }
            }
        }
    }
}

async fn keep_watching(context: Arc<Context>, mut hints: Hints, hint: UnboundedSender<Hint>) {
    loop {
        tokio::time::sleep(TICK).await;
        let Some((tended, changed)) = tend(&context, hints).await else { return };
        hints = tended;
        for folder in changed {
            // The core may have left already.
            let _ = hint.send(Hint::Folder(folder));
        }
    }
}

/// Answers the folders in which something may have happened unheard; nothing when the thread broke.
async fn tend(context: &Context, mut hints: Hints) -> Option<(Hints, Vec<PathBuf>)> {
    let workspace = context.workspace();
    let landings = workspace.pipelines.iter().map(|pipeline| &pipeline.landing).filter(|landing| is_watched(landing));
    let folders: Vec<PathBuf> = landings.map(|landing| landing.path.clone()).collect();
    let tended = tokio::task::spawn_blocking(move || (hints.tend(&folders), hints)).await;
    let (tended, hints) = tended.inspect_err(|panic| tracing::error!("the watcher broke: {panic}")).ok()?;
    for (folder, why) in tended.refused {
        let said = format!("{} is not watched ({why}); the schedule alone decides", folder.display());
        context.note(Level::Warn, None, None, "trigger", &said).await;
    }
    Some((hints, tended.changed.into_iter().collect()))
}

/// Whether a rename means that a file is whole: one that had the name of a finished file before may be any file, such as a
/// log that is put aside and written to.
fn is_arrival(landing: &Landing, moved: &Moved) -> bool {
    Names::of(landing)
        .is_ok_and(|names| names.take(&moved.key) && !moved.from.as_ref().is_some_and(|old| names.take(old)))
}

fn is_watched(landing: &Landing) -> bool {
    landing.watch && landing.remote.is_none()
}
