//! `landfall alerts replay`: what the rules would have fired over the recorded history.

use std::path::Path;
use std::process::ExitCode;

use chrono::{NaiveDate, NaiveTime, Utc};

use crate::alerts::replay::{Fired, ReplayReport, RuleReplay, replay as replay_rules};
use crate::commands::arguments::Replay;
use crate::commands::{Place, Refused, print};
use crate::config::{self, Pipeline};
use crate::domain::Instant;
use crate::domain::format;
use crate::domain::text::one_line;
use crate::store;

/// Prints it.
///
/// # Errors
/// When the configuration is not valid, there is no state, or no such pipeline.
pub fn replay(place: &Place, options: &Replay) -> anyhow::Result<ExitCode> {
    let now = Utc::now();
    let from = match options.since {
        Some(since) => since,
        None => now - chrono::Duration::from_std(options.last)?,
    };
    let mut pipelines = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?.pipelines;
    if let Some(name) = &options.pipeline {
        pipelines.retain(|pipeline| pipeline.name == *name);
    }
    if let Some(file) = &options.rules {
        pipelines = vec![unsaved(place, file, &pipelines)?];
    }
    if pipelines.is_empty() {
        return Err(Refused("there is no such pipeline: `landfall status` lists them".to_owned()).into());
    }
    let connection = store::open_reader(&place.state())?;
    let report = replay_rules(&connection, &pipelines.iter().collect::<Vec<_>>(), from, now)?;
    if place.json {
        print::json(&report)?;
    } else {
        tell(&report)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A pipeline file that is not, or not yet, part of the workspace: its rules over the history of the pipeline it is
/// called after, or of the only one there is.
fn unsaved(place: &Place, file: &Path, pipelines: &[Pipeline]) -> anyhow::Result<Pipeline> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = match pipelines {
        [only] => &only.name,
        several => several.iter().map(|pipeline| &pipeline.name).find(|name| **name == stem).ok_or_else(|| {
            Refused(format!("{stem} is none of the pipelines: say with `--pipeline` whose history is meant"))
        })?,
    };
    config::load_pipeline_file(&place.root, file, name).map_err(|problems| anyhow::anyhow!("{problems}"))
}

fn tell(report: &ReplayReport) -> anyhow::Result<()> {
    let span = format!("{} to {}", print::stamp(report.from), print::stamp(report.to));
    print::line(&format!("what the rules would have fired, {span} (UTC)"))?;
    let rows: Vec<Vec<String>> = report.rules.iter().map(summary).collect();
    let heads =
        ["pipeline", "kind", "fired", "a week", "raised then", "no longer", "checks", "learning", "cannot check"];
    print::table(&heads, &rows)?;
    for rule in &report.rules {
        if rule.fired.is_empty() && rule.no_longer.is_empty() {
            continue;
        }
        let off = if rule.enabled { "" } else { " (switched off)" };
        print::line(&format!("\n{} {}{off}", one_line(&rule.pipeline), rule.kind))?;
        for fired in &rule.fired {
            print::line(&format!("  {}  {:<8}  {}", print::stamp(fired.at), fired.severity, one_line(&fired.message)))?;
            print::line(&format!("      {}", answered(fired)))?;
        }
        for then in &rule.no_longer {
            let about = one_line(&then.object);
            print::line(&format!("  {}  would no longer fire: {about}, {then}", print::stamp(then.raised)))?;
        }
    }
    Ok(())
}

fn summary(rule: &RuleReplay) -> Vec<String> {
    let count = |n: usize| format::count(n as u64);
    vec![
        rule.pipeline.clone(),
        rule.kind.to_string(),
        count(rule.fired.len()),
        format!("{:.1}", rule.per_week),
        count(rule.fired.iter().filter(|fired| fired.then.is_some()).count()),
        count(rule.no_longer.len()),
        format::count(rule.checks),
        format::count(rule.learning),
        format::count(rule.cannot_check),
    ]
}

fn answered(fired: &Fired) -> String {
    match &fired.then {
        None => "not raised then".to_owned(),
        Some(then) => format!("raised then as {then}"),
    }
}

/// Reads `2026-11-01` (midnight, UTC) or an instant as RFC 3339 writes it.
pub fn since(text: &str) -> Result<Instant, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|_| text.parse::<Instant>())
        .map_err(|_| "a day such as 2026-11-01 or an instant such as 2026-11-01T06:00:00Z was expected".to_owned())
}

#[cfg(test)]
mod tests {
    use super::since;

    #[test]
    fn a_day_or_an_instant_is_understood() {
        assert_eq!(since("2026-11-01").unwrap(), "2026-11-01T00:00:00Z".parse::<crate::domain::Instant>().unwrap());
        assert_eq!(since("2026-11-01T06:00:00+02:00").unwrap().to_string(), "2026-11-01 04:00:00 UTC");
        assert!(since("yesterday").is_err() && since("2026-13-01").is_err());
    }
}
