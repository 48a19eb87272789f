//! `landfall models export`: a version for other programs.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::super::{Place, print};
use crate::config;
use crate::domain::text::one_line;
use crate::learn::bundle;
use crate::learn::export::export;
use crate::learn::place::Place as Lake;
use crate::store;

/// Writes the files into `folder`, which is made when it is not there.
///
/// # Errors
/// When the bundle cannot be read or a file cannot be written; refused when there is no such version.
pub fn write(place: &Place, version: i64, folder: &Path, pipeline: Option<&str>) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let (pipeline, model) = super::show::find(&connection, version, pipeline)?;
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{}", problems.render(false)))?;
    let lake = Lake::open(&workspace.lake)?;
    let files = export(&bundle::load(&lake, &model.card.bundle)?)?;
    let shown = one_line(&folder.display().to_string());
    std::fs::create_dir_all(folder).with_context(|| format!("{shown} cannot be made"))?;
    for (name, bytes) in &files {
        std::fs::write(folder.join(name), bytes).with_context(|| format!("{shown}/{name} cannot be written"))?;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    if place.json {
        print::json(&json!({ "pipeline": pipeline, "version": version, "folder": shown, "files": names }))?;
    } else {
        print::line(&format!("version {version} of {} is in {shown}: {}", one_line(&pipeline), names.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}
