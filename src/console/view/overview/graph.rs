//! The stage graph of a run: what each stage took, did, or is doing.

use std::collections::BTreeMap;

use ratatui::text::Span;

use super::super::Ui;
use crate::console::load::overview::{PipelineCard, RunCard};
use crate::console::theme::Role;
use crate::console::widgets::stages::Node;
use crate::console::{format, marks};
use crate::domain::run::StageState;
use crate::store::stages::StageRow;

/// `flights · run 128 · 3 files · 2,741 rows · 14:02:11 by schedule (3 new files)`
pub fn title(ui: Ui<'_>, card: &PipelineCard) -> Vec<Span<'static>> {
    let mut parts = vec![ui.text(Role::Strong, card.row.name.clone())];
    if let Some(run) = &card.run {
        let row = &run.run;
        parts.push(ui.text(Role::Text, format!("run {}", row.id)));
        parts.push(ui.text(Role::Muted, format::counted(row.files, "file")));
        parts.push(ui.text(Role::Muted, row.rows.map(|rows| format::counted(rows, "row")).unwrap_or_default()));
        let at = format::when(row.started.unwrap_or(row.created), ui.state.now);
        parts.push(ui.text(Role::Muted, format!("{at} by {} ({})", row.cause, row.reason)));
    } else if let Some(trigger) = &card.trigger {
        let at = format::when(trigger.at, ui.state.now);
        parts.push(ui.text(Role::Muted, format!("checked {at}: {}", trigger.answer.reason)));
    }
    if card.waiting > 0 {
        parts.push(ui.text(Role::Accent, format!("{} waiting", format::counted(card.waiting, "file"))));
    }
    ui.joined(parts)
}

/// The nodes of a run's graph, the trigger first.
pub fn nodes(ui: Ui<'_>, card: &RunCard, usual: &BTreeMap<String, f64>) -> Vec<Node> {
    let mut nodes = vec![Node {
        name: "trigger".into(),
        mark: ("✓", Role::Ok),
        time: card.run.cause.name().into(),
        note: card.run.reason.clone(),
        joined: false,
        live: false,
    }];
    for (n, stage) in card.stages.iter().enumerate() {
        let before = n.checked_sub(1).and_then(|n| card.stages.get(n));
        nodes.push(Node {
            name: stage.name.clone(),
            mark: marks::stage(stage.state),
            time: time(ui, stage, usual.get(&stage.name).copied()),
            note: note(ui, stage),
            joined: before.map_or(stage.needs.is_empty(), |before| stage.needs.contains(&before.name)),
            live: stage.state == StageState::Running,
        });
    }
    nodes
}

fn time(ui: Ui<'_>, stage: &StageRow, usual: Option<f64>) -> String {
    match (stage.state, stage.seconds(ui.state.now)) {
        (StageState::Waiting, _) => usual.map(|s| format!("usually {}", format::duration(s))).unwrap_or_default(),
        (StageState::Reused, _) => stage.reused_from.map(|run| format!("from run {run}")).unwrap_or_default(),
        (StageState::Skipped, _) => "skipped".into(),
        (StageState::Retrying, _) => format!("try {} failed", stage.attempt),
        (StageState::Running, Some(seconds)) => {
            let live = ui.state.live.get(&(stage.run, stage.name.clone()));
            let memory = live.and_then(|live| live.progress.memory).map(|bytes| format!(" · {}", format::bytes(bytes)));
            format!("{}{}", format::duration(seconds), memory.unwrap_or_default())
        }
        (_, Some(seconds)) if stage.attempt > 1 => format!("{}, try {}", format::duration(seconds), stage.attempt),
        (_, Some(seconds)) => format::duration(seconds),
        (_, None) => String::new(),
    }
}

/// What a running stage says of itself; what an ended one did.
pub fn note(ui: Ui<'_>, stage: &StageRow) -> String {
    if stage.state != StageState::Running {
        return stage.error.clone().unwrap_or_else(|| stage.summary.clone());
    }
    let Some(live) = ui.state.live.get(&(stage.run, stage.name.clone())) else { return String::new() };
    let said = &live.progress;
    let total = said.total.map(|total| format!(" of {}", format::count(total))).unwrap_or_default();
    if said.done == 0 && said.total.is_none() && !said.note.is_empty() {
        return said.note.clone();
    }
    let note = if said.note.is_empty() { String::new() } else { format!(", {}", said.note) };
    format!("{}{total} {}{note}", format::count(said.done), said.unit)
}
