//! Do runs take too long, wait too long, give no sign of life, or fail?

use crate::alerts::long_run::{self, Pace};
use crate::alerts::{heartbeat, queued, run_failed};
use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::alert::Verdict;
use crate::domain::run::{RunState, StageState};
use crate::store::{Connection, Result, files, logs, runs, stages};

use crate::engine::pulse::Beats;

/// Lines of a failed stage's log that are kept with the alert.
const TAIL: usize = 20;

/// Do the pipeline's run and its stages take too long, and do they give signs of life? Asked while they run, and once
/// when they have ended.
pub fn slow(
    connection: &Connection,
    pipeline: &Pipeline,
    run: i64,
    beats: &Beats,
    now: Instant,
) -> Result<Vec<Verdict>> {
    let Some(row) = runs::get(connection, run)? else { return Ok(Vec::new()) };
    let paces = |rows: Vec<_>| rows.into_iter().map(Pace::from).collect::<Vec<_>>();
    let past = paces(runs::paces(connection, &pipeline.name, long_run::WINDOW)?);
    let whole = long_run::Look {
        object: &pipeline.name,
        now,
        elapsed: row.seconds(now).unwrap_or(0.0),
        bytes: row.bytes,
        ended: row.state.is_final(),
        slow_after: pipeline.alerts.long_run.after,
        successes: &past,
    };
    let mut verdicts = vec![long_run::judge(&whole)];
    for stage in stages::of_run(connection, run)? {
        if stage.state == StageState::Waiting {
            continue;
        }
        let past = paces(stages::paces(connection, &pipeline.name, &stage.name, long_run::WINDOW)?);
        let config = pipeline.stage(&stage.name);
        verdicts.push(long_run::judge(&long_run::Look {
            object: &stage.name,
            elapsed: stage.seconds(now).unwrap_or(0.0),
            ended: stage.state.is_final(),
            slow_after: config.and_then(|stage| stage.slow_after),
            successes: &past,
            ..whole.clone()
        }));
        verdicts.push(heartbeat::judge(&heartbeat::Look {
            stage: &stage.name,
            run,
            now,
            alive: beats.get(&(run, stage.name.clone())).copied(),
            after: pipeline.alerts.heartbeat.after,
            timeout: config.map(|stage| stage.timeout).unwrap_or_default(),
        }));
    }
    Ok(verdicts)
}

/// Does a run of the pipeline wait for its turn for too long?
pub fn queued(connection: &Connection, pipeline: &Pipeline, watched_since: Instant, now: Instant) -> Result<Verdict> {
    let open = runs::open(connection)?;
    let waiting = open.iter().find(|run| run.pipeline == pipeline.name && run.state == RunState::Queued);
    let ahead: Vec<String> = open
        .iter()
        .filter(|run| run.state == RunState::Running)
        .map(|run| format!("run {} of {}", run.id, run.pipeline))
        .collect();
    let behind = match ahead.as_slice() {
        [] => "no run is under way; is the engine busy or its disk full?".to_owned(),
        ahead => format!("it waits for {}; see `max_parallel_runs`", ahead.join(", ")),
    };
    Ok(queued::judge(&queued::Look {
        pipeline: &pipeline.name,
        now,
        waiting: waiting.map(|run| (run.id, run.created.max(watched_since))),
        behind: &behind,
        after: pipeline.alerts.queued.after,
    }))
}

/// How a run ended.
pub fn failed(connection: &Connection, pipeline: &Pipeline, run: i64) -> Result<Option<Verdict>> {
    let Some(row) = runs::get(connection, run)? else { return Ok(None) };
    let recent = runs::list(connection, Some(&pipeline.name), None, 50)?;
    let bad = |state: RunState| matches!(state, RunState::Failed | RunState::Partial);
    let in_a_row = recent.iter().skip_while(|other| other.id != run).take_while(|run| bad(run.state)).count();
    let good = runs::list(connection, Some(&pipeline.name), Some(RunState::Succeeded), 1)?.pop();
    let stage = stages::of_run(connection, run)?.into_iter().find(|stage| stage.state == StageState::Failed);
    let stage = stage.map(|stage| (stage.name, stage.error.unwrap_or_default()));
    let (mut class, mut log) = (String::new(), Vec::new());
    if let Some((name, _)) = &stage {
        let attempts = stages::attempts(connection, run)?;
        let newest = attempts.into_iter().rfind(|attempt| attempt.stage == *name);
        class = newest.and_then(|attempt| attempt.error_class).unwrap_or_default();
        log = logs::tail(connection, run, Some(name), TAIL)?.into_iter().map(|line| line.text).collect();
    }
    let keys: Vec<String> = files::of_run(connection, run)?.into_iter().map(|file| file.key).collect();
    Ok(run_failed::judge(&run_failed::Look {
        pipeline: &pipeline.name,
        run,
        state: row.state,
        failure: stage.as_ref().map(|(stage, error)| run_failed::Failure { stage, class: &class, error, log: &log }),
        in_a_row: u32::try_from(in_a_row).unwrap_or(u32::MAX),
        last_good: good.and_then(|row| Some((row.id, row.ended?))),
        files: &keys,
    }))
}
