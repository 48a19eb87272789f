//! A sign of life to somebody outside, who notices when it stays away: an engine that is dead cannot say so itself.

use std::sync::Arc;
use std::time::Duration;

use crate::alerts::delivery::failing;
use crate::config::rules::Heartbeat;
use crate::domain::alert::{AlertKind, Verdict};
use crate::domain::text::one_line;
use crate::engine::context::Context;
use crate::lake::tls;

use super::own::tell;

/// The alert's object.
pub const OBJECT: &str = "heartbeat";
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon one that is configured under a running engine is begun.
const IDLE: Duration = Duration::from_secs(15);

/// Beats for as long as the engine runs. A beat that fails is told as an alert after as many attempts as a notice has.
pub async fn beat(context: Arc<Context>) {
    tls::use_ring();
    let client = match reqwest::Client::builder().timeout(PATIENCE).build() {
        Ok(client) => client,
        Err(error) => return tracing::error!("no heartbeat: {error}"),
    };
    let (mut failed, mut told) = (0_u32, None);
    loop {
        let workspace = context.workspace();
        let Some(heartbeat) = &workspace.heartbeat else {
            tokio::time::sleep(IDLE).await;
            continue;
        };
        let outcome = once(&client, heartbeat).await;
        failed = if outcome.is_ok() { 0 } else { failed.saturating_add(1) };
        let rule = &workspace.own.delivery;
        let verdict = match outcome {
            Ok(()) => Some(Verdict::Fine {
                kind: AlertKind::Delivery,
                object: OBJECT.to_owned(),
                reason: "it gets through".to_owned(),
            }),
            Err(why) if failed >= rule.attempts => {
                let what = format!("{failed} signs of life in a row failed");
                Some(Verdict::Bad(failing(OBJECT, &what, Some(&one_line(&why)), rule)))
            }
            Err(_) => None,
        };
        // Once an episode: what is said again and again in other words is the same trouble.
        let news = verdict.as_ref().map(|verdict| matches!(verdict, Verdict::Bad(_)));
        if let Some(verdict) = verdict.filter(|_| news != told) {
            let write = context.write(move |tx, now| tell(tx, &workspace, &[verdict], now));
            match write.await {
                Ok(_) => told = news,
                Err(error) => tracing::error!("{error}"),
            }
        }
        tokio::time::sleep(context.workspace().heartbeat.as_ref().map_or(IDLE, |heartbeat| heartbeat.every)).await;
    }
}

/// One beat. What went wrong is said without the address, which may be a secret.
async fn once(client: &reqwest::Client, heartbeat: &Heartbeat) -> Result<(), String> {
    let address = heartbeat.url.reveal()?;
    let answer = client.get(address.expose()).send().await.map_err(|error| told(&error.without_url()))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}

/// An error with its causes.
fn told(error: &reqwest::Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        said.push_str(&format!(": {error}"));
        cause = error.source();
    }
    said
}
