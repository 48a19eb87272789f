//! `landfall init`: a new workspace to begin with.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};

use super::arguments::Init;
use super::print;

const FILES: [(&str, &str); 2] = [
    ("landfall.toml", "# All keys may be left out: name, lake, time_zone, max_parallel_runs.\n"),
    ("pipelines/rentals.toml", include_str!("../../config/examples/ten-lines/pipelines/rentals.toml")),
];

/// Writes the example workspace; never over anything.
///
/// # Errors
/// When there is a workspace already, or the folder cannot be written.
pub fn init(options: &Init) -> anyhow::Result<ExitCode> {
    let root = &options.directory;
    if root.join("landfall.toml").exists() {
        bail!("{} is a workspace already (it has a landfall.toml); nothing was changed", root.display());
    }
    write(root, &FILES)?;
    std::fs::create_dir_all(root.join("landing")).with_context(|| format!("{}: landing", root.display()))?;
    print::line(&format!("a workspace was written to {}", root.display()))?;
    print::line("edit pipelines/rentals.toml, put files into its landing, then `landfall check` and `landfall`")?;
    Ok(ExitCode::SUCCESS)
}

/// Writes files of a workspace, making folders as needed.
///
/// # Errors
/// Names the file that could not be written.
pub fn write(root: &Path, files: &[(&str, &str)]) -> anyhow::Result<()> {
    for (name, text) in files {
        let path = root.join(name);
        let what = || format!("{} cannot be written", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(what)?;
        }
        std::fs::write(&path, text).with_context(what)?;
    }
    Ok(())
}
