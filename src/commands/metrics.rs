//! `landfall metrics`: what was measured, over days and runs.

use std::process::ExitCode;

use serde_json::json;

use super::arguments::Metrics;
use super::{Place, Refused, print};
use crate::store::{self, metrics, pipelines};

/// Days or runs printed of each history.
const LIMIT: usize = 400;

/// Prints the figures that there are, or the history of one, oldest first.
///
/// # Errors
/// When there is no state, it cannot be read, or nothing of that name was measured.
pub fn metrics(place: &Place, options: &Metrics) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let known = pipelines::list(&connection)?;
    let wanted = |name: &&String| options.pipeline.as_ref().is_none_or(|other| other == *name);
    let pipeline = known.iter().map(|row| &row.name).find(wanted);
    let pipeline = pipeline.ok_or_else(|| Refused("there is no such pipeline: `landfall status` lists them".into()))?;
    let names = metrics::names(&connection, pipeline)?;
    let by = |daily: bool| if daily { "day" } else { "run" };
    let Some(name) = &options.name else {
        let rows: Vec<Vec<String>> = names
            .iter()
            .map(|(name, split, who, daily)| vec![name.clone(), split.name().into(), who.clone(), by(*daily).into()])
            .collect();
        if place.json {
            let document =
                |row: &Vec<String>| json!({ "figure": row[0], "split": row[1], "who": row[2], "by": row[3] });
            print::json(&rows.iter().map(document).collect::<Vec<_>>())?;
        } else {
            print::table(&["figure", "judged on", "who", "by"], &rows)?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let mut documents = Vec::new();
    let mut rows = Vec::new();
    for (_, split, who, daily) in names.iter().filter(|(of, ..)| of == name) {
        let points = match daily {
            true => metrics::by_day(&connection, pipeline, name, who, LIMIT)?,
            false => metrics::by_run(&connection, pipeline, name, *split, who, LIMIT)?,
        };
        for point in points {
            rows.push(vec![
                split.name().to_owned(),
                who.clone(),
                point.label.clone(),
                point.value.to_string(),
                point.n.to_string(),
            ]);
            documents.push(json!({ "split": split.name(), "who": who, "by": by(*daily), "point": point }));
        }
    }
    if rows.is_empty() {
        return Err(Refused(format!("{pipeline} has no figure {name}: `landfall metrics` lists them")).into());
    }
    if place.json {
        print::json(&documents)?;
    } else {
        print::table(&["judged on", "who", "day or run", "value", "rows"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}
