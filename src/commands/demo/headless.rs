//! The demo without a screen: as fast as the engine works, to the end of the data, with a plain account.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant as Monotonic};

use anyhow::bail;
use tokio::sync::broadcast::Receiver;

use super::super::print;
use super::mishap::Mishap;
use super::player::{Piece, Player};
use crate::domain::alert::AlertKind;
use crate::domain::dataset::DatasetKind;
use crate::domain::format;
use crate::domain::model::Verdict;
use crate::domain::run::RunState;
use crate::domain::wire::{Command, EngineEvent};
use crate::engine::{Engine, Options};
use crate::store::{self, Connection, alerts, champions, files, metrics, models, parts, runs};

/// Longest wait for anything a demo waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Plays and prints.
///
/// # Errors
/// When the workspace cannot be used, or something that should happen does not.
pub async fn play(root: &Path, player: Player) -> anyhow::Result<ExitCode> {
    let engine = Engine::start(Options::new(root.to_owned())?).await?;
    let mut stage = Stage {
        events: engine.subscribe(),
        reader: store::open_reader(&engine.workspace.state())?,
        told_runs: 0,
        told_alerts: 0,
        failed: 0,
    };
    stage.told_runs = runs::list(&stage.reader, None, None, 1)?.first().map_or(0, |run| run.id);
    let played = stage.play(player).await;
    let account = played.and_then(|()| stage.account(root));
    engine.ask(Command::Stop { drain: true }).await;
    engine.ended().await;
    account?;
    Ok(if stage.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

struct Stage {
    events: Receiver<EngineEvent>,
    reader: Connection,
    told_runs: i64,
    told_alerts: i64,
    failed: u32,
}

impl Stage {
    async fn play(&mut self, mut player: Player) -> anyhow::Result<()> {
        let history = player.history()?;
        if history > 0 {
            print::line(&format!("history: {history} daily files land at once"))?;
            self.until_committed(0).await?;
        }
        while let Some((mishap, pieces)) = player.day()? {
            if let Some(mishap) = mishap {
                print::line(&format!("         {}", mishap.told()))?;
            }
            let yesterday = self.newest_file()?;
            for piece in pieces {
                let before = self.newest_file()?;
                match piece {
                    Piece::Silence(Mishap::Truncated) => self.until_alert(AlertKind::Quarantine).await?,
                    Piece::Silence(_) => self.until_alert(AlertKind::Staleness).await?,
                    // Long enough for the engine to see the half that is there.
                    Piece::Pause => self.until_seen(yesterday).await?,
                    Piece::Raw(..) => player.put(&piece)?,
                    Piece::Whole(_) => {
                        player.put(&piece)?;
                        self.until_taken(before).await?;
                    }
                }
            }
            self.until_committed(yesterday).await?;
        }
        Ok(())
    }

    fn newest_file(&self) -> anyhow::Result<i64> {
        Ok(files::list(&self.reader, None, 1)?.first().map_or(0, |row| row.id))
    }

    async fn until_committed(&mut self, before: i64) -> anyhow::Result<()> {
        self.until_taken(before).await?;
        self.until_quiet().await
    }

    /// A file newer than `before` has been seen, and nothing waits to be looked at again.
    async fn until_taken(&mut self, before: i64) -> anyhow::Result<()> {
        self.until("the file is taken", move |reader| {
            use crate::domain::file::FileState::Duplicate;
            let newest = files::list(reader, None, 1)?;
            Ok(newest.first().is_some_and(|row| row.id > before && (row.settled.is_some() || row.state == Duplicate)))
        })
        .await
    }

    /// The first look at a file newer than `before` is over.
    async fn until_seen(&mut self, before: i64) -> anyhow::Result<()> {
        self.until("the file is seen", move |reader| {
            use crate::domain::file::FileState::Seen;
            Ok(files::list(reader, None, 1)?.first().is_some_and(|row| row.id > before && row.state != Seen))
        })
        .await
    }

    async fn until_alert(&mut self, kind: AlertKind) -> anyhow::Result<()> {
        self.until("the alert is raised", move |reader| {
            Ok(alerts::open(reader, None)?.iter().any(|alert| alert.finding.kind == kind))
        })
        .await
    }

    /// No run is open and no file waits.
    async fn until_quiet(&mut self) -> anyhow::Result<()> {
        self.until("the runs are over", |reader| {
            use crate::domain::file::FileState::{Claimed, Ready, Seen, Settling};
            let waits = files::list(reader, None, 5)?
                .iter()
                .any(|row| matches!(row.state, Seen | Settling | Claimed) || row.state == Ready && row.attempts == 0);
            Ok(!waits && runs::open(reader)?.is_empty())
        })
        .await
    }

    async fn until(
        &mut self,
        what: &str,
        mut reached: impl FnMut(&Connection) -> store::Result<bool>,
    ) -> anyhow::Result<()> {
        let began = Monotonic::now();
        loop {
            self.tell()?;
            if reached(&self.reader)? {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                bail!("waited {} s until {what}: it did not happen", PATIENCE.as_secs());
            }
            // Any word of the engine is a reason to look; half a second without one is as well.
            let _ = tokio::time::timeout(Duration::from_millis(500), self.events.recv()).await;
        }
    }

    /// Prints what has happened since the last time.
    fn tell(&mut self) -> anyhow::Result<()> {
        let mut news = alerts::list(&self.reader, None, 50)?;
        news.retain(|alert| alert.id > self.told_alerts);
        for alert in news.iter().rev() {
            self.told_alerts = alert.id;
            print::line(&format!(
                "         {} {}: {}",
                alert.finding.severity, alert.finding.kind, alert.finding.message
            ))?;
        }
        let mut over = runs::list(&self.reader, None, None, 50)?;
        over.retain(|run| run.id > self.told_runs && run.state.is_final());
        over.reverse();
        for run in over {
            self.told_runs = run.id;
            if run.state != RunState::Succeeded {
                self.failed += 1;
            }
            print::line(&self.run_line(&run)?)?;
        }
        Ok(())
    }

    fn run_line(&self, run: &runs::RunRow) -> anyhow::Result<String> {
        let measured = metrics::of_run(&self.reader, run.id)?;
        let judged = measured.iter().find(|m| {
            m.name == "auc"
                && m.who == "champion"
                && m.day.is_none()
                && m.split == crate::domain::metric::Split::Prequential
        });
        let judged =
            judged.map_or(String::new(), |m| format!(", judged {} flights: AUC {:.3}", format::count(m.n), m.value));
        let model = models::of_run(&self.reader, run.id)?
            .map_or(String::new(), |row| format!(", model {} {}", row.card.version, row.card.decision.verdict));
        let newest = files::of_run(&self.reader, run.id)?.last().map(|row| row.key.clone()).unwrap_or_default();
        Ok(format!(
            "run {:>3}  {newest}: {} rows, {} in {}{judged}{model}{}",
            run.id,
            run.rows.map_or("-".into(), format::count),
            run.state,
            run.seconds(chrono::Utc::now()).map_or("-".into(), format::duration),
            run.error.as_ref().map_or(String::new(), |error| format!(" ({error})")),
        ))
    }

    fn account(&self, root: &Path) -> anyhow::Result<()> {
        let pipeline = "flights";
        let all = runs::list(&self.reader, Some(pipeline), None, 10_000)?;
        let well = all.iter().filter(|run| run.state == RunState::Succeeded).count();
        let live = parts::live(&self.reader, pipeline, DatasetKind::Predictions)?;
        let predicted: u64 =
            live.iter().filter(|row| row.part.path.ends_with(".parquet")).map(|row| row.part.rows).sum();
        let versions = models::list(&self.reader, pipeline, 10_000)?;
        let promoted = versions.iter().filter(|row| row.card.decision.verdict == Verdict::Promoted).count();
        let raised = alerts::list(&self.reader, None, 10_000)?;
        print::line("")?;
        print::line(&format!("runs         {} of {} succeeded", well, all.len()))?;
        print::line(&format!("predictions  {} flights published", format::count(predicted)))?;
        print::line(&format!(
            "models       {} trained, {promoted} promoted, version {} serves",
            versions.len(),
            print::or_dash(champions::current(&self.reader, pipeline)?)
        ))?;
        for (name, label) in [("auc", "AUC"), ("log_loss", "log loss")] {
            let days = metrics::by_judged_day(&self.reader, pipeline, name, "champion", 400)?;
            if !days.is_empty() {
                let n: u64 = days.iter().map(|day| day.n).sum();
                let mean = days.iter().map(|day| day.value * day.n as f64).sum::<f64>() / n.max(1) as f64;
                print::line(&format!("{label:<12} {mean:.3} by day over {} days, judged after the fact", days.len()))?;
            }
        }
        print::line(&format!(
            "alerts       {} raised, {} stand (landfall alerts -C {})",
            raised.len(),
            raised.iter().filter(|alert| alert.state.is_open()).count(),
            root.display()
        ))?;
        let report = parts::live(&self.reader, pipeline, DatasetKind::Report)?;
        if let Some(newest) = report.last() {
            print::line(&format!("report       {}", root.join("lake").join(&newest.part.path).display()))?;
        }
        Ok(())
    }
}
