//! `landfall notify`: the channels that tell of alerts.

use std::process::ExitCode;

use serde::Serialize;

use super::arguments::Notify;
use super::{Place, Refused, operate, print};
use crate::config::routes::Route;
use crate::config::{self, Channel};
use crate::domain::wire::Command;
use crate::store::{self, StoreError, deliveries, outbox};

/// Does what is asked.
///
/// # Errors
/// When it is refused, or state or configuration cannot be read.
pub async fn notify(place: &Place, what: Notify) -> anyhow::Result<ExitCode> {
    match what {
        Notify::List => list(place),
        Notify::Log { limit } => log(place, limit),
        Notify::Retry { channel } => operate::once(place, Command::Redeliver { channel }).await,
        Notify::Test { channel } => operate::once(place, Command::TestChannel { channel }).await,
    }
}

/// A channel, and how what it was to tell stands.
#[derive(Serialize)]
struct Standing {
    #[serde(flatten)]
    channel: Channel,
    waiting: u64,
    delivered: u64,
    failed: u64,
}

#[derive(Serialize)]
struct Listing {
    channels: Vec<Standing>,
    routes: Vec<Route>,
}

fn list(place: &Place) -> anyhow::Result<ExitCode> {
    let workspace = config::load(&place.root).map_err(|problems| Refused(problems.to_string()))?;
    let counts = match store::open_reader(&place.state()) {
        Ok(connection) => outbox::counts(&connection)?,
        // It has never been started: nothing was told.
        Err(StoreError::Missing(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let count = |channel: &Channel, states: &[&str]| {
        let of = counts.iter().filter(|(name, state, _)| *name == channel.name && states.contains(&state.as_str()));
        of.map(|(.., n)| n).sum()
    };
    let standing = |channel: Channel| Standing {
        waiting: count(&channel, &["waiting"]),
        delivered: count(&channel, &["delivered", "merged"]),
        failed: count(&channel, &["failed"]),
        channel,
    };
    let listing =
        Listing { channels: workspace.channels.into_iter().map(standing).collect(), routes: workspace.routes };
    if place.json {
        print::json(&listing)?;
        return Ok(ExitCode::SUCCESS);
    }
    if listing.channels.is_empty() {
        print::line(
            "no channel is configured: nobody is told of alerts; write one as [channels.NAME] in landfall.toml",
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = listing.channels.iter().map(row).collect();
    print::table(&["channel", "kind", "waiting", "told", "failed"], &rows)?;
    print::line("")?;
    if listing.routes.is_empty() {
        print::line("without routes every channel is told of warnings and of what is graver")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = listing.routes.iter().map(route).collect();
    print::table(&["pipelines", "kinds", "from", "hours", "channels", "escalates to", "then"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(standing: &Standing) -> Vec<String> {
    let channel = &standing.channel;
    let counts = [standing.waiting, standing.delivered, standing.failed].map(|n| n.to_string());
    [channel.name.clone(), channel.kind.name().to_owned()].into_iter().chain(counts).collect()
}

fn route(route: &Route) -> Vec<String> {
    let all = |list: Vec<String>| if list.is_empty() { "all".to_owned() } else { list.join(", ") };
    vec![
        all(route.pipelines.clone()),
        all(route.kinds.iter().map(|kind| kind.key()).collect()),
        route.severity.to_string(),
        route.hours.as_ref().map_or_else(|| "always".to_owned(), |hours| hours.to_string()),
        route.channels.join(", "),
        print::or_dash(Some(route.escalate_to.join(", ")).filter(|list| !list.is_empty())),
        if route.and_on { "the next" } else { "done" }.to_owned(),
    ]
}

fn log(place: &Place, limit: usize) -> anyhow::Result<ExitCode> {
    let attempts = deliveries::list(&store::open_reader(&place.state())?, limit)?;
    if place.json {
        print::json(&attempts)?;
        return Ok(ExitCode::SUCCESS);
    }
    if attempts.is_empty() {
        print::line("nothing was told yet")?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<Vec<String>> = attempts
        .iter()
        .map(|attempt| {
            vec![
                print::stamp(attempt.at),
                attempt.channel.clone(),
                attempt.occasion.to_string(),
                print::or_dash(attempt.alert),
                attempt.alerts.to_string(),
                attempt.outcome.clone(),
                format!("{} ms", attempt.milliseconds),
                attempt.detail.clone(),
            ]
        })
        .collect();
    print::table(&["at (UTC)", "channel", "occasion", "alert", "alerts", "outcome", "took", "what was said"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
