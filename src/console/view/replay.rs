//! What the rules, as the configuration stands, would have fired: a line a rule, and everything about one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::alerts::replay::{Fired, ReplayReport, RuleReplay, Then};
use crate::console::load::replay::DAYS;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::domain::alert::{Alarm, AlertKind, AlertState};

/// The report; while there is none, the screen says why.
fn report<'a>(ui: Ui<'a>, area: Rect, buf: &mut Buffer) -> Option<&'a ReplayReport> {
    match &ui.state.pages.replay.outcome {
        Some(Ok(report)) => return Some(report),
        None => message(ui, area, buf, Role::Muted, &["replaying …", "esc leaves, and ends it."]),
        Some(Err(trouble)) => {
            let next = "The rules that run are as they were; p replays once this is put right.";
            message(ui, area, buf, Role::Warn, &[trouble, next]);
        }
    }
    None
}

/// Draws a line a rule.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(report) = report(ui, area, buf) else { return };
    if report.rules.is_empty() {
        return message(ui, area, buf, Role::Strong, &["The configuration has no pipeline."]);
    }
    let shown = scroll::shown(ui, List::Replay, area.height.saturating_sub(2));
    let mut title = format!("what the rules in the files would have fired in {DAYS} days");
    if area.width < 70 {
        title = format!("would have fired in {DAYS} days");
    }
    ui.heading(buf, paint::row(area, 0), &title, &shown.note);
    let columns = vec![
        Column::new("pipeline", 10).rank(2),
        Column::new("rule", 17).grow(1),
        Column::new("fires", 5).right(),
        Column::new("a week", 6).right(),
        Column::new("as then", 7).right().rank(3),
        Column::new("new", 4).right().rank(4),
        Column::new("no longer", 9).right().rank(5),
        Column::new("true kept", 9).right().rank(1),
        Column::new("false kept", 10).right().rank(1),
        Column::new("learning", 8).right().rank(6),
        Column::new("not checked", 11).right().rank(7),
    ];
    let rules = shown.rows.iter().filter_map(|index| report.rules.get(*index));
    let rows = rules.map(|rule| row(ui, rule)).collect();
    let table = Table { columns, rows, selected: shown.selected, focused: true };
    table.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn row(ui: Ui<'_>, rule: &RuleReplay) -> Vec<Line<'static>> {
    let fires = rule.fired.len() as u64;
    let known = raised_then(rule);
    let count = |n: u64| ui.number((n > 0).then(|| format::count(n)));
    let off = if rule.enabled { "" } else { " (off)" };
    vec![
        ui.line(Role::Text, rule.pipeline.clone()),
        ui.line(if rule.enabled { Role::Strong } else { Role::Muted }, format!("{}{off}", rule.kind)),
        count(fires),
        ui.number((fires > 0).then(|| format!("{:.1}", rule.per_week))),
        count(known),
        count(fires - known),
        count(rule.no_longer.len() as u64),
        kept(ui, rule, Alarm::True),
        kept(ui, rule, Alarm::False),
        count(rule.learning),
        count(rule.cannot_check),
    ]
}

/// How many would fire of those that were raised then.
fn raised_then(rule: &RuleReplay) -> u64 {
    rule.fired.iter().filter(|fired| fired.then.is_some()).count() as u64
}

/// `2 of 3`: so many alerts that an operator called so would fire again. A true one that is lost, or a false one that
/// is kept, is what a change of the rules is to be looked at for.
fn kept(ui: Ui<'_>, rule: &RuleReplay, alarm: Alarm) -> Line<'static> {
    let called = |then: &&Then| then.alarm == Some(alarm);
    let kept = rule.fired.iter().filter_map(|fired| fired.then.as_ref()).filter(called).count() as u64;
    let all = kept + rule.no_longer.iter().filter(called).count() as u64;
    if all == 0 {
        return ui.number(None);
    }
    let bad = if alarm == Alarm::True { kept < all } else { kept > 0 };
    let role = if bad { Role::Warn } else { Role::Text };
    ui.line(role, format!("{} of {}", format::count(kept), format::count(all)))
}

/// Draws everything about one rule. One page that scrolls.
pub fn one(ui: Ui<'_>, area: Rect, buf: &mut Buffer, pipeline: &str, kind: AlertKind) {
    let Some(report) = report(ui, area, buf) else { return };
    let Some(rule) = report.rules.iter().find(|rule| rule.pipeline == pipeline && rule.kind == kind) else {
        return message(ui, area, buf, Role::Muted, &["The configuration has no such pipeline any more."]);
    };
    let wide = usize::from(area.width.saturating_sub(4));
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut text = |role, indent: usize, text: &str| {
        for part in paint::wrap(text, wide.saturating_sub(indent).max(8)) {
            lines.push(Line::from(vec![Span::raw(" ".repeat(2 + indent)), ui.text(role, part)]));
        }
    };
    let from = report.from.format("%Y-%m-%d");
    let checks = format::counted(rule.checks, "check");
    let unsure =
        format!("{} learning, {} could not be made", format::count(rule.learning), format::count(rule.cannot_check));
    text(Role::Muted, 0, &format!("{checks} since {from}: {unsure}."));
    if !rule.enabled {
        text(Role::Warn, 0, "It is switched off: this is what it would do if it were not.");
    }
    if rule.fired.is_empty() {
        text(Role::Text, 0, "It would not have fired.");
    }
    for fired in &rule.fired {
        text(marks::alert(fired.severity, AlertState::Firing).1, 0, &head(fired));
        text(Role::Text, 2, &fired.message);
        let then = fired.then.as_ref().map_or("not raised then".into(), |then| format!("raised then as {then}"));
        text(Role::Muted, 2, &then);
    }
    for then in &rule.no_longer {
        text(Role::Strong, 0, &format!("– {}  would no longer fire", format::full(then.raised)));
        text(Role::Text, 2, &then.object);
        text(Role::Muted, 2, &format!("raised then as {then}"));
    }
    let count = format::counted(rule.fired.len() as u64, "alert");
    let title = ui.joined(vec![
        ui.text(Role::Strong, format!("{kind} of {}", rule.pipeline)),
        ui.text(Role::Text, count),
        ui.text(Role::Muted, format!("{:.1} a week", rule.per_week)),
    ]);
    scroll::page(ui, area, buf, Line::from(title), &lines);
}

/// `▲ 2013-03-08 14:02:11  critical, for 3h 5m`
fn head(fired: &Fired) -> String {
    let (symbol, _) = marks::alert(fired.severity, AlertState::Firing);
    let stood = fired.until.map(|until| (until - fired.at).num_seconds()).filter(|seconds| *seconds > 0);
    let stood = stood.map(|seconds| format!(", for {}", format::duration(seconds as f64))).unwrap_or_default();
    format!("{symbol} {}  {}{stood}", format::full(fired.at), fired.severity)
}
