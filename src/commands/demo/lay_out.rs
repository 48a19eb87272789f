//! Laying out the demo's workspace.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use super::super::init::write;
use crate::config::units::format_duration;

const WORKSPACE: &str = include_str!("../../../config/demo/landfall.toml");
const PIPELINE: &str = include_str!("../../../config/demo/pipelines/flights.toml");
/// Written into the folder, so that a later demo knows its own.
const MARK: &str = ".landfall-demo";

/// Writes the workspace, unless it is there already: then the demo goes on where it was. `every` is the time between
/// two files (zero: as fast as they are worked on); the declared staleness follows it.
///
/// # Errors
/// When the folder holds something that is no demo.
pub fn lay_out(root: &Path, every: Duration) -> anyhow::Result<()> {
    if root.join(MARK).exists() {
        return Ok(());
    }
    let occupied = std::fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        bail!("{} is not empty and no demo: name another folder, or empty this one", root.display());
    }
    let stale = format_duration((every * 6).max(Duration::from_secs(12)));
    let pipeline = PIPELINE.replace("after = \"12s\"", &format!("after = \"{stale}\""));
    write(root, &[("landfall.toml", WORKSPACE), ("pipelines/flights.toml", &pipeline)])?;
    std::fs::create_dir_all(root.join("landing")).with_context(|| format!("{}", root.display()))?;
    std::fs::write(root.join(MARK), "Made by `landfall demo`. It goes on here when it is started again.\n")?;
    Ok(())
}
