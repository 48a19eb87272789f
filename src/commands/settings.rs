//! `landfall settings`: every value in effect, and where it came from.

use std::process::ExitCode;

use super::{Place, Refused, print};
use crate::console;

/// Prints them.
///
/// # Errors
/// When the configuration is not valid.
pub fn settings(place: &Place) -> anyhow::Result<ExitCode> {
    let all = console::settings_of(&place.root).map_err(Refused)?;
    if place.json {
        print::json(&all)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = all.into_iter().map(|one| vec![one.of, one.name, one.value, one.from]).collect();
    print::table(&["of", "name", "value", "from"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
