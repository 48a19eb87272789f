//! `landfall status`: how the workspace stands, on one page.

use std::io::Write;
use std::process::ExitCode;

use serde_json::json;

use super::arguments::Status;
use super::{Place, print};
use crate::domain::format;
use crate::domain::text::one_line;
use crate::engine::client;
use crate::store::{self, alerts, champions, engine, events, files, metrics, pipelines, runs, triggers};

/// How often it is looked whether something happened.
const LOOK: std::time::Duration = std::time::Duration::from_millis(500);

/// Prints it.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub async fn status(place: &Place, options: &Status) -> anyhow::Result<ExitCode> {
    let told = if options.plain { plain(place) } else { once(place) };
    if options.watch && told.is_ok() {
        return follow(place).await;
    }
    told
}

fn once(place: &Place) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let now = chrono::Utc::now();
    let session = engine::latest(&connection)?;
    let running = client::answers(&place.state());
    let open = alerts::open(&connection, None)?;
    let mut rows = Vec::new();
    let mut documents = Vec::new();
    for pipeline in pipelines::list(&connection)? {
        let run = runs::list(&connection, Some(&pipeline.name), None, 1)?.pop();
        let answer = triggers::list(&connection, &pipeline.name, 1)?.pop();
        let arrival = files::arrivals(&connection, &pipeline.name, 1)?.pop();
        let champion = champions::current(&connection, &pipeline.name)?;
        let headline = metrics::by_judged_day(&connection, &pipeline.name, &pipeline.headline, "champion", 1)?.pop();
        let firing = open.iter().filter(|alert| alert.pipeline == pipeline.name).count();
        rows.push(vec![
            pipeline.name.clone(),
            run.as_ref().map_or("never run".into(), |run| format!("run {} {}", run.id, run.state)),
            arrival.map_or("-".into(), |at| format::age(at, now)),
            answer.as_ref().map_or("-".into(), |row| format!("{} ({})", row.answer.fired, row.answer.reason)),
            if pipeline.paused { "paused".into() } else { print::or_dash(pipeline.next_check.map(print::stamp)) },
            print::or_dash(champion),
            headline
                .as_ref()
                .map_or("-".into(), |point| format!("{} {:.3} ({})", pipeline.headline, point.value, point.label)),
            firing.to_string(),
        ]);
        documents.push(json!({
            "pipeline": pipeline, "run": run, "trigger": answer, "last_arrival": arrival, "champion": champion,
            "headline": headline, "open_alerts": firing,
        }));
    }
    if place.json {
        print::json(&json!({ "running": running, "engine": session, "pipelines": documents }))?;
        return Ok(ExitCode::SUCCESS);
    }
    print::line(&match &session {
        Some(session) if running => {
            format!("engine: process {} since {} UTC", session.pid, print::stamp(session.started))
        }
        Some(session) => match session.stopped {
            Some(at) => format!("engine: not running (stopped {} UTC)", print::stamp(at)),
            None => format!("engine: not running (it was killed; it began {} UTC)", print::stamp(session.started)),
        },
        None => "engine: never started".into(),
    })?;
    print::table(
        &["pipeline", "last run", "data age", "last answer", "next check (UTC)", "champion", "headline", "alerts"],
        &rows,
    )?;
    Ok(ExitCode::SUCCESS)
}

/// One fact a line, in words and without columns.
fn plain(place: &Place) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let now = chrono::Utc::now();
    let running = client::answers(&place.state());
    print::line(if running { "The engine runs." } else { "The engine does not run." })?;
    for pipeline in pipelines::list(&connection)? {
        let mut facts = Vec::new();
        match runs::list(&connection, Some(&pipeline.name), None, 1)?.pop() {
            Some(run) => facts.push(format!("run {} {}, {} old", run.id, run.state, format::age(run.created, now))),
            None => facts.push("never run".into()),
        }
        if let Some(at) = files::arrivals(&connection, &pipeline.name, 1)?.pop() {
            facts.push(format!("newest file {} old", format::age(at, now)));
        }
        let metric = metrics::by_judged_day(&connection, &pipeline.name, &pipeline.headline, "champion", 1)?.pop();
        facts.extend(metric.map(|point| format!("{} {:.3} on {}", pipeline.headline, point.value, point.label)));
        if pipeline.paused {
            facts.push("paused".into());
        }
        print::line(&format!("{}: {}.", one_line(&pipeline.name), one_line(&facts.join(", "))))?;
    }
    for alert in alerts::open(&connection, None)? {
        let finding = &alert.finding;
        let text = format!("Alert {}, {}, {}: {}", alert.id, finding.severity, alert.state, finding.message);
        print::line(&one_line(&text))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A line for everything that happens from now on, until the reader has gone.
async fn follow(place: &Place) -> anyhow::Result<ExitCode> {
    let mut last = None;
    loop {
        // Opened anew each time: a state that is replaced meanwhile is seen.
        let connection = store::open_reader(&place.state())?;
        let newest = events::list(&connection, None, 200)?;
        let known = last.unwrap_or_else(|| newest.first().map_or(0, |event| event.id));
        for event in newest.iter().rev().filter(|event| event.id > known) {
            let of = event.pipeline.as_deref().map(|name| format!("{name}: ")).unwrap_or_default();
            let text = one_line(&format!("{of}{} {}", event.subject, event.text));
            if writeln!(std::io::stdout(), "{} {text}", print::stamp(event.at)).is_err() {
                // Whoever read this has gone.
                return Ok(ExitCode::SUCCESS);
            }
        }
        last = Some(newest.first().map_or(known, |event| event.id));
        drop(connection);
        tokio::time::sleep(LOOK).await;
    }
}
