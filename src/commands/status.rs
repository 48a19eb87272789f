//! `landfall status`: how the workspace stands, on one page.

use std::process::ExitCode;

use serde_json::json;

use super::{Place, print};
use crate::domain::format;
use crate::engine::client;
use crate::store::{self, alerts, champions, engine, files, metrics, pipelines, runs, triggers};

/// Prints it.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub fn status(place: &Place) -> anyhow::Result<ExitCode> {
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
