//! Which channels are told of an alert.

use crate::config::{Channel, Workspace};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Occasion, Severity};
use crate::store::alerts::AlertRow;

/// The channels that are told of an alert on an occasion, in the order of the configuration. `told` are the names of
/// those that know that it fires: nobody else hears of its end or its answer. That a channel does not deliver is told
/// through the others.
pub(super) fn of<'w>(
    workspace: &'w Workspace,
    alert: &AlertRow,
    told: &[String],
    occasion: Occasion,
    now: Instant,
) -> Vec<&'w Channel> {
    let wanted: Box<dyn Fn(&str) -> bool> = match occasion {
        Occasion::Resolved | Occasion::Acknowledged => Box::new(|name| told.iter().any(|known| known == name)),
        _ => {
            let routed = routed(workspace, alert, occasion == Occasion::Escalated, now);
            Box::new(move |name| routed.contains(&name))
        }
    };
    let itself = |name: &str| alert.finding.kind == AlertKind::Delivery && alert.finding.object == name;
    workspace
        .channels
        .iter()
        .filter(|channel| wanted(&channel.name) && !itself(&channel.name) && channel.occasions.contains(&occasion))
        .collect()
}

/// Names of the channels that the routes lead an alert to.
fn routed<'w>(workspace: &'w Workspace, alert: &AlertRow, escalated: bool, now: Instant) -> Vec<&'w str> {
    let (kind, severity) = (alert.finding.kind, alert.finding.severity);
    if workspace.routes.is_empty() {
        let all = workspace.channels.iter().filter(|_| severity >= Severity::Warning);
        return all.map(|channel| channel.name.as_str()).collect();
    }
    let mut names = Vec::new();
    for route in workspace.routes.iter().filter(|route| route.matches(&alert.pipeline, kind, severity, now)) {
        let further = route.escalate_to.iter().filter(|_| escalated);
        names.extend(route.channels.iter().chain(further).map(String::as_str));
        if !route.and_on {
            break;
        }
    }
    names
}
