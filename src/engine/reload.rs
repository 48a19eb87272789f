//! The configuration as it changes under a running engine: taken over when it is valid, told about when it is not.

use std::path::Path;

use crate::domain::job::Level;
use crate::store::Result;

use super::core::{ConfigFiles, Core, record_pipelines};
use super::detect;
use super::watch::own::tell;

impl Core {
    /// Takes over a changed configuration, or keeps the old one and says what is wrong with the new.
    pub(super) async fn reload(&mut self) -> Result<()> {
        let root = self.context.workspace().root.clone();
        let seen = config_files(&root);
        if seen == self.config_seen {
            return Ok(());
        }
        self.config_seen = seen;
        let verdict = match crate::config::load(&root) {
            Ok(workspace) => {
                self.context.set_workspace(workspace);
                self.due.clear();
                record_pipelines(&self.context).await?;
                self.context.note(Level::Info, None, None, "config", "the changed configuration is in force").await;
                None
            }
            Err(problems) => {
                let first = problems.to_string().lines().take(2).collect::<Vec<_>>().join(" ");
                let said = format!("the changed configuration is not valid, the old one stays in force: {first}");
                self.context.note(Level::Error, None, None, "config", &said).await;
                Some(format!("{said}; `landfall check` shows all of it"))
            }
        };
        let workspace = self.context.workspace();
        let said = detect::own("configuration", verdict);
        self.context.write(move |tx, now| tell(tx, &workspace, &[said], now)).await.map(drop)
    }
}

/// The configuration files and when each was last written.
pub(super) fn config_files(root: &Path) -> ConfigFiles {
    let mut paths = vec![root.join("landfall.toml")];
    if let Ok(entries) = std::fs::read_dir(root.join("pipelines")) {
        paths.extend(entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")));
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), path.metadata().and_then(|m| m.modified()).ok())).collect()
}
