//! When landings are looked at. The look itself is a task of its own: a landing that is large or far away keeps nobody
//! waiting.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinSet};

use super::Core;
use crate::domain::run::Cause;
use crate::engine::check::Checked;
use crate::engine::schedule::next_check;
use crate::engine::visit::{Visited, visit};
use crate::store::{Result, pipelines};

/// What those who asked for a look are told: what it led to, nothing when it was not to be, or why it failed.
pub type Told = std::result::Result<Option<Checked>, String>;

/// A look that is to be: what asks for it, whether it is a second look that an earlier one for the same cause led to,
/// and who waits for its end.
struct Wanted {
    cause: Cause,
    again: bool,
    waiting: Vec<oneshot::Sender<Told>>,
}

/// Looks under way, one of a pipeline at a time.
#[derive(Default)]
pub struct Looks {
    tasks: JoinSet<(String, Result<Option<Visited>>)>,
    /// By pipeline.
    under_way: BTreeMap<String, UnderWay>,
}

/// A look under way: its task, who waits for it, and the look that is to follow it.
struct UnderWay {
    task: tokio::task::Id,
    waiting: Vec<oneshot::Sender<Told>>,
    next: Option<Wanted>,
}

impl Looks {
    /// The end of one; never when none is under way.
    pub async fn ended(&mut self) -> Ended {
        match self.tasks.join_next().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }

    /// Whether a pipeline's landing is being looked at.
    pub fn is_under_way(&self, pipeline: &str) -> bool {
        self.under_way.contains_key(pipeline)
    }
}

/// How a look's task ended.
pub type Ended = std::result::Result<(String, Result<Option<Visited>>), JoinError>;

impl Core {
    /// Ends when the earliest second look at a settling file is due; never when none is.
    pub(super) fn wait_for_relook(&self) -> impl Future<Output = ()> + use<> {
        let wait = self
            .relook
            .values()
            .map(|(at, _)| *at)
            .min()
            .map(|at| (at - self.context.now()).to_std().unwrap_or_default());
        async move {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        }
    }

    pub(super) fn look_again(&mut self) {
        let now = self.context.now();
        let due = self.relook.iter().filter(|(_, (at, _))| *at <= now);
        let due: Vec<(String, Cause)> = due.map(|(name, (_, cause))| (name.clone(), *cause)).collect();
        for (name, cause) in due {
            self.relook.remove(&name);
            self.look_as(&name, cause, true);
        }
    }

    /// One check of one pipeline, and what follows from it; answers where its end will be told.
    pub(in crate::engine) fn look(&mut self, name: &str, cause: Cause) -> oneshot::Receiver<Told> {
        self.look_as(name, cause, false)
    }

    fn look_as(&mut self, name: &str, cause: Cause, again: bool) -> oneshot::Receiver<Told> {
        let (tell, told) = oneshot::channel();
        let wanted = Wanted { cause, again, waiting: vec![tell] };
        match self.looks.under_way.get_mut(name) {
            None => self.begin_look(name, wanted),
            // What landed since it began may have escaped the one under way.
            Some(UnderWay { next: next @ None, .. }) => *next = Some(wanted),
            Some(UnderWay { next: Some(next), .. }) => {
                let asked = |cause| [Cause::Event, Cause::Schedule].iter().position(|of| *of == cause).unwrap_or(2);
                next.cause = if asked(cause) > asked(next.cause) { cause } else { next.cause };
                next.again &= again;
                next.waiting.extend(wanted.waiting);
            }
        }
        told
    }

    fn begin_look(&mut self, name: &str, wanted: Wanted) {
        let (context, owned) = (Arc::clone(&self.context), name.to_owned());
        let task = self.looks.tasks.spawn(async move {
            let visited = visit(&context, &owned, wanted.cause, wanted.again).await;
            (owned, visited)
        });
        self.looks.under_way.insert(name.to_owned(), UnderWay { task: task.id(), waiting: wanted.waiting, next: None });
    }

    pub(super) fn look_ended(&mut self, ended: Ended) -> Result<()> {
        let (name, visited) = match ended {
            Ok((name, visited)) => (Some(name), visited),
            Err(panic) => {
                tracing::error!("a look's task broke: {panic}");
                let of = self.looks.under_way.iter().find(|(_, look)| look.task == panic.id());
                (of.map(|(name, _)| name.clone()), Ok(None))
            }
        };
        let Some(name) = name else { return Ok(()) };
        let Some(UnderWay { waiting, next, .. }) = self.looks.under_way.remove(&name) else { return Ok(()) };
        if let Some(next) = next {
            self.begin_look(&name, next);
        }
        let told = match &visited {
            Ok(visited) => Ok(visited.as_ref().map(|visited| visited.checked.clone())),
            Err(error) => Err(error.to_string()),
        };
        for one in waiting {
            // Not everybody who asks waits.
            let _ = one.send(told.clone());
        }
        if let Some(again) = visited?.and_then(|visited| visited.again) {
            // Something may have been heard since that does not wait so long.
            let at = self.relook.get(&name).map_or(again.0, |(at, _)| again.0.min(*at));
            self.relook.insert(name, (at, again.1));
        }
        Ok(())
    }

    pub(super) async fn scheduled(&mut self) -> Result<()> {
        let now = self.context.now();
        let workspace = self.context.workspace();
        for pipeline in &workspace.pipelines {
            let name = &pipeline.name;
            let reached = self.due.get(name).is_some_and(|due| *due <= now);
            if reached {
                self.look(name, Cause::Schedule);
            }
            if reached || !self.due.contains_key(name) {
                let next = next_check(&pipeline.landing.schedule, now);
                match next {
                    Some(next) => self.due.insert(name.clone(), next),
                    None => self.due.remove(name),
                };
                let name = name.clone();
                self.context.write(move |tx, _| pipelines::set_next_check(tx, &name, next)).await?;
            }
        }
        Ok(())
    }
}
