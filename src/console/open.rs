//! Handing a page to the browser.

use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::mpsc;

use super::action::Action;
use super::load::tidy::line;
use crate::domain::location::Location;
use crate::lake::Lake;

#[cfg(target_os = "macos")]
const OPENER: &str = "open";
#[cfg(not(target_os = "macos"))]
const OPENER: &str = "xdg-open";

/// Opens the `page` of the lake with the system's opener, in the background. How it went comes back as an action.
pub fn page(lake: Location, page: String, out: mpsc::Sender<Action>) {
    tokio::spawn(async move {
        let shown = line(&lake.join(&page));
        let local = tokio::task::spawn_blocking(move || Lake::open(lake).and_then(|lake| lake.file(&page)).ok());
        let local = local.await.ok().flatten().filter(|path| path.exists());
        let result = if let Some(path) = local {
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
        } else {
            Err(format!("the page is not there: {shown}"))
        };
        out.send(Action::Opened(result)).await.ok();
    });
}
