//! Handing a page to the browser.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::mpsc;

use super::action::Action;
use super::load::tidy::line;

#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(not(target_os = "macos"))]
const OPENER: &str = "xdg-open";

/// Opens `path` with the system's opener, in the background. How it went comes back as an action.
pub fn page(path: PathBuf, out: mpsc::Sender<Action>) {
    tokio::spawn(async move {
        let shown = line(&path.display().to_string());
        let result = if tokio::fs::metadata(&path).await.is_err() {
            Err(format!("the page is not there: {shown}"))
        } else {
            let opened = Command::new(OPENER)
                .arg(&path)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .await;
            match opened {
                Ok(status) if status.success() => Ok(format!("opened {shown}")),
                _ => Err(format!("no browser could be started; the page is {shown}")),
            }
        };
        out.send(Action::Opened(result)).await.ok();
    });
}
