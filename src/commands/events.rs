//! `landfall events`: what happened, and what operators did.

use std::process::ExitCode;

use super::arguments::Listing;
use super::{Place, print};
use crate::store::{self, events};

/// Prints them, newest first.
///
/// # Errors
/// When there is no state, or it cannot be read.
pub fn events(place: &Place, options: &Listing) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let list = events::list(&connection, options.pipeline.as_deref(), options.limit)?;
    if place.json {
        print::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|event| {
            vec![
                print::stamp(event.at),
                format!("{:?}", event.level).to_lowercase(),
                print::or_dash(event.pipeline.as_ref()),
                print::or_dash(event.run),
                event.subject.clone(),
                event.text.clone(),
            ]
        })
        .collect();
    print::table(&["at (UTC)", "level", "pipeline", "run", "about", "what"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
