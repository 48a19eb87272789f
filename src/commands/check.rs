//! `landfall check`: is the configuration valid?

use std::process::ExitCode;

use std::io::IsTerminal;

use super::{Place, print};
use crate::config;

/// Loads the configuration, prints every error of every file, or says that there is none.
///
/// # Errors
/// When the answer cannot be printed.
pub fn check(place: &Place) -> anyhow::Result<ExitCode> {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    match config::load_with_warnings(&place.root) {
        Ok(loaded) => {
            let n = loaded.workspace.pipelines.len();
            if place.json {
                print::json(&serde_json::json!({
                    "valid": true, "pipelines": n, "problems": [], "warnings": loaded.warnings.warnings,
                }))?;
            } else {
                if !loaded.warnings.is_empty() {
                    print::line(&loaded.warnings.render(colour))?;
                }
                let names: Vec<&str> = loaded.workspace.pipelines.iter().map(|p| p.name.as_str()).collect();
                print::line(&format!(
                    "valid: {n} {} ({})",
                    if n == 1 { "pipeline" } else { "pipelines" },
                    names.join(", ")
                ))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            if place.json {
                print::json(&serde_json::json!({ "valid": false, "problems": problems.errors, "warnings": [] }))?;
            } else {
                print::line(&problems.render(colour))?;
            }
            Ok(ExitCode::from(1))
        }
    }
}
