//! What is recorded when an engine begins, and when its configuration changes.

use crate::domain::job::Level;
use crate::engine::context::Context;
use crate::engine::life;
use crate::engine::lock::boot_id;
use crate::store::{Result, engine, events, pipelines};

/// Records the session and the configured pipelines.
pub async fn begin(context: &Context) -> Result<i64> {
    record_pipelines(context).await?;
    context
        .write(|tx, now| {
            let id = engine::start(tx, std::process::id(), &boot_id(), now)?;
            events::add(tx, Level::Info, None, None, "engine", "engine started", now)?;
            Ok(id)
        })
        .await
}

/// Enters the configured pipelines into the store.
pub async fn record_pipelines(context: &Context) -> Result<()> {
    let workspace = context.workspace();
    context
        .write(move |tx, now| {
            for pipeline in &workspace.pipelines {
                let headline = pipeline.model.as_ref().map_or("", |model| model.task.headline());
                let names: Vec<String> = pipeline.stages.iter().map(|stage| stage.name.clone()).collect();
                pipelines::upsert(tx, &pipeline.name, &pipeline.title, &pipeline.config_hash, headline, &names)?;
            }
            life::retire(tx, &workspace, now)?;
            let names: Vec<String> = workspace.pipelines.iter().map(|pipeline| pipeline.name.clone()).collect();
            pipelines::keep_only(tx, &names)
        })
        .await
}
