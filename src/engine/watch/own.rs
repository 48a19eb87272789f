//! What all pipelines stand on, looked at once a minute: disks, lake, deliveries, credentials, the engine's own sign
//! of life; and with every tick the clock, which costs no more than reading it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Steady};

use crate::alerts::clock_jump::{self, Reading};
use crate::alerts::{credentials, disk_low};
use crate::config::Workspace;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict, WORKSPACE};
use crate::domain::location::Location;
use crate::domain::secret::SecretOrText;
use crate::engine::context::Context;
use crate::engine::detect;
use crate::engine::life::{self, Look};
use crate::store::{Connection, Result, Transaction, alerts, engine, parts};

use super::disk::{self, Found};
use super::{delivery, files, silence};

/// How often.
const MINUTE: Duration = Duration::from_secs(60);
/// Of so many runs the largest output counts.
const RUNS: usize = 10;

/// Secrets, each with the name it is known by.
type Secrets = Vec<(String, String)>;

/// What is remembered between ticks.
pub struct Own {
    session: i64,
    origin: Steady,
    clocks: Reading,
    looked: Option<Steady>,
    // On a thread of its own: a file system that hangs holds up this one look, and neither the engine nor its end.
    looking: Option<JoinHandle<(Found, Secrets)>>,
}

impl Own {
    /// Nothing looked at yet.
    pub fn new(session: i64, now: Instant) -> Self {
        let clocks = Reading { wall: now, steady: Duration::ZERO };
        Self { session, origin: Steady::now(), clocks, looked: None, looking: None }
    }

    /// Looks at what is due.
    ///
    /// # Errors
    /// The store's.
    pub async fn tick(&mut self, context: &Arc<Context>) -> Result<()> {
        let mut verdicts: Vec<Verdict> = self.jumped(context).into_iter().collect();
        let looked = self.looking.take_if(|looking| looking.is_finished()).and_then(|looking| looking.join().ok());
        let secrets = looked.map(|(found, secrets)| {
            verdicts.extend(judged(found, &context.workspace()));
            secrets
        });
        let due = self.looked.is_none_or(|at| at.elapsed() >= MINUTE);
        if due {
            self.looked = Some(Steady::now());
            match &self.looking {
                Some(_) => verdicts.push(hangs(&context.workspace().lake)),
                None => self.looking = probe(context).await?,
            }
        }
        if !due && verdicts.is_empty() {
            return Ok(());
        }
        let (workspace, session, now) = (context.workspace(), self.session, context.now());
        let write = move |tx: &Transaction<'_>| {
            let mut changed = false;
            if let Some(secrets) = secrets {
                verdicts.extend(expiring(tx, &workspace, &secrets, now)?);
            }
            if due {
                engine::seen(tx, session, now)?;
                verdicts.extend(delivery::channels(tx, &workspace.own.delivery, now)?);
                verdicts.extend(silence::calm(tx, &workspace, now)?);
                verdicts.extend(steady_again(tx, &workspace, now)?);
                for pipeline in &workspace.pipelines {
                    let said = files::files(tx, pipeline, now)?;
                    let look = Look { pipeline: &pipeline.name, verdicts: &said, run: None, timer: true };
                    changed |= life::apply(tx, &workspace, &look, now)?;
                }
            }
            Ok(tell(tx, &workspace, &verdicts, now)? || changed)
        };
        if context.store.write(write).await? {
            context.changed();
        }
        Ok(())
    }

    fn jumped(&mut self, context: &Context) -> Option<Verdict> {
        let now = Reading { wall: context.now(), steady: self.origin.elapsed() };
        let before = std::mem::replace(&mut self.clocks, now);
        clock_jump::judge(before, now, &context.workspace().own.clock_jump)
    }
}

/// Takes verdicts about the workspace through the life cycle. Answers whether anything changed.
///
/// # Errors
/// The store's.
pub fn tell(tx: &Transaction<'_>, workspace: &Workspace, verdicts: &[Verdict], now: Instant) -> Result<bool> {
    life::apply(tx, workspace, &Look { pipeline: WORKSPACE, verdicts, run: None, timer: true }, now)
}

async fn probe(context: &Context) -> Result<Option<JoinHandle<(Found, Secrets)>>> {
    let run = context.store.read(|connection| parts::largest_output(connection, RUNS)).await?;
    let (workspace, state) = (context.workspace(), context.state());
    // A system that has no thread to spare is asked again in a minute.
    Ok(std::thread::Builder::new().spawn(move || (disk::look(&workspace.lake, &state, run), secrets(&workspace))).ok())
}

/// What was found, judged.
pub(super) fn judged(found: Found, workspace: &Workspace) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> =
        found.disks.iter().map(|disk| disk_low::judge(disk, &workspace.own.disk_low)).collect();
    verdicts.push(detect::own("lake", found.unreachable));
    verdicts
}

fn hangs(lake: &Location) -> Verdict {
    let message = format!("the lake {lake} has not answered for a minute");
    detect::own("lake", Some(message))
}

/// Over, when the clock has not jumped for as long as the rule says.
fn steady_again(connection: &Connection, workspace: &Workspace, now: Instant) -> Result<Option<Verdict>> {
    let keep = workspace.own.clock_jump.keep;
    let standing = alerts::open(connection, Some(WORKSPACE))?;
    let jump = standing.iter().find(|alert| alert.finding.kind == AlertKind::ClockJump);
    // Set back, an instant to come says nothing: the alert is over as soon as it is reached and passed.
    let over = |at: Instant| (now - at).abs().to_std().is_ok_and(|age| age >= keep);
    Ok(jump.filter(|alert| over(alert.updated)).map(|_| Verdict::Fine {
        kind: AlertKind::ClockJump,
        object: clock_jump::OBJECT.to_owned(),
        reason: "the clock has kept time since".to_owned(),
    }))
}

/// Secrets that expire, and those that are no longer configured.
pub(super) fn expiring(
    connection: &Connection,
    workspace: &Workspace,
    secrets: &[(String, String)],
    now: Instant,
) -> Result<Vec<Verdict>> {
    let mut verdicts = credentials::judge(secrets, now, &workspace.own.credentials);
    for alert in alerts::open(connection, Some(WORKSPACE))? {
        let object = alert.finding.object;
        let gone = verdicts.iter().all(|verdict| verdict.about() != (AlertKind::Credentials, &object));
        if alert.finding.kind == AlertKind::Credentials && gone {
            let reason = "it is not used any more, or its end is not known".to_owned();
            verdicts.push(Verdict::Fine { kind: AlertKind::Credentials, object, reason });
        }
    }
    Ok(verdicts)
}

/// Every secret that the configuration refers to and that can be had now.
pub(super) fn secrets(workspace: &Workspace) -> Secrets {
    let heartbeat = workspace.heartbeat.iter().map(|heartbeat| ("heartbeat".to_owned(), heartbeat.url.clone()));
    let channels = workspace.channels.iter().flat_map(|channel| {
        let named = |(key, secret)| (format!("channels.{} {key}", channel.name), secret);
        channel.kind.secrets().into_iter().map(named)
    });
    let lakes = std::iter::once(&workspace.lake).chain(&workspace.output);
    let places = lakes.chain(workspace.pipelines.iter().filter_map(|pipeline| pipeline.landing.elsewhere()));
    let stores = places.flat_map(|place| {
        place.settings.iter().filter_map(move |(key, setting)| match setting {
            SecretOrText::Secret(_) => Some((format!("{place} {key}"), setting.clone())),
            SecretOrText::Text(_) => None,
        })
    });
    heartbeat
        .chain(channels)
        .chain(stores)
        .filter_map(|(name, at)| Some((name, at.reveal().ok()?.expose().to_owned())))
        .collect()
}
