//! The overview: every pipeline, the stage graph of the selected one, what needs an answer, what happened.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, scroll};
use crate::console::action::Link;
use crate::console::load::overview::PipelineCard;
use crate::console::place::{List, Screen};
use crate::console::theme::Role;
use crate::console::widgets::columns::{self, Column, Table};
use crate::console::widgets::{bar, paint, sparkline, stages};
use crate::console::{format, marks, outlook};
use crate::domain::alert::AlertState;
use crate::domain::run::RunState;
use crate::store::triage::Tally;

mod graph;
pub use graph::note;

/// Draws the overview.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(overview) = &ui.state.overview else { return };
    if overview.pipelines.is_empty() {
        let text =
            ["No pipeline yet.", "Write one as pipelines/<name>.toml; `landfall check` tells whether it is right."];
        return super::message(ui, area, buf, Role::Strong, &text);
    }
    if ui.whole() && ui.state.second {
        return needs(ui, area, buf);
    }
    let most = (area.height * 2 / 5).max(2);
    let table_height = 1 + (ui.state.listing(List::Pipelines).shown.len() as u16).clamp(1, most);
    pipelines(ui, Rect { height: table_height.min(area.height), ..area }, buf, &overview.pipelines);
    let mut rest = paint::below(area, table_height);
    if rest.height > 16 {
        rest = paint::below(rest, 1);
    }
    if let Some(card) = ui.state.card() {
        let used = selected(ui, rest, buf, card);
        rest = paint::below(rest, used);
    }
    if ui.whole() {
        return;
    }
    let wanted = (overview.needs.len() as u16).max(1) + 1;
    let happened = if rest.height > 8 { (rest.height / 2).max(4) } else { 0 };
    let natural = wanted.min(rest.height - happened);
    let alerts = ui.state.layout.height(Screen::Overview, natural, 2, rest.height);
    needs(ui, Rect { height: alerts, ..rest }, buf);
    let gap = u16::from(rest.height > alerts + 6);
    let row = paint::row(rest, alerts + gap);
    ui.divider(Screen::Overview, row, (row.y + natural).saturating_sub(alerts));
    events(ui, paint::below(rest, alerts + gap), buf);
}

fn pipelines(ui: Ui<'_>, area: Rect, buf: &mut Buffer, cards: &[PipelineCard]) {
    let columns = vec![
        Column::new("pipeline", 10).grow(1),
        Column::new("state", 11),
        Column::new("stage", 11).rank(1),
        Column::new("progress", if area.width >= 70 { 20 } else { 11 }).grow(8),
        Column::new("data", 7).right().rank(4),
        Column::new("next check", 10).right().rank(5),
        Column::new("headline", 13).right().rank(3),
        Column::new("trend", 10).right().rank(6),
    ];
    let widths = columns::widths(&columns, area.width);
    let room = usize::from(widths[3].unwrap_or(0));
    let shown = scroll::shown(ui, List::Pipelines, area.height.saturating_sub(1));
    let rows = shown.rows.iter().filter_map(|index| cards.get(*index)).map(|card| row(ui, card, room)).collect();
    Table { columns, rows, selected: shown.selected, focused: ui.first() }.draw(buf, area, ui.theme);
    shown.clickable(ui, area);
}

fn row(ui: Ui<'_>, card: &PipelineCard, room: usize) -> Vec<Line<'static>> {
    let now = ui.state.now;
    let mut name = vec![ui.text(Role::Strong, card.row.name.clone())];
    match card.alerts {
        (0, 0) => {}
        (0, n) => name.push(ui.text(Role::Warn, format!(" △{n}"))),
        (n, _) => name.push(ui.text(Role::Critical, format!(" ▲{n}"))),
    }
    let next = match card.row.next_check {
        _ if card.row.paused => ui.line(Role::Muted, "paused"),
        // What nobody is there to do is not announced.
        _ if !matches!(ui.state.link, Link::Up { .. } | Link::Connecting) => ui.line(Role::Warn, "no engine"),
        Some(at) => ui.line(Role::Muted, format::due(at, now)),
        None => ui.number(None),
    };
    let age = card.newest_file.map(|at| format::age(at, now));
    vec![
        Line::from(name),
        state_of(ui, card),
        stage_of(ui, card),
        progress(ui, card, room),
        age.map_or_else(|| ui.number(None), |age| ui.line(Role::Text, age)),
        next,
        headline(ui, card),
        trend_line(ui, &card.headline),
    ]
}

fn state_of(ui: Ui<'_>, card: &PipelineCard) -> Line<'static> {
    let state = card.run.as_ref().map(|run| run.run.state);
    match state {
        Some(
            state @ (RunState::Running
            | RunState::Queued
            | RunState::Failed
            | RunState::Partial
            | RunState::Interrupted),
        ) => {
            let (mark, word) = ui.run(state);
            ui.marked(mark, word)
        }
        _ if card.row.paused => ui.marked(("‖", Role::Warn), "paused"),
        Some(RunState::Succeeded) => ui.marked(("✓", Role::Ok), "idle"),
        _ => ui.marked(("○", Role::Muted), "idle"),
    }
}

fn stage_of(ui: Ui<'_>, card: &PipelineCard) -> Line<'static> {
    if let Some((number, of, stage)) = card.current_stage() {
        let name = ui.text(Role::Text, paint::fit(&stage.name, 8));
        return Line::from(vec![name, ui.text(Role::Muted, format!(" {number}/{of}"))]);
    }
    let failed = card.run.as_ref().filter(|run| run.run.state == RunState::Failed);
    let broken = failed.and_then(|run| run.stages.iter().find(|stage| stage.error.is_some()));
    match broken {
        Some(stage) => ui.line(Role::Text, stage.name.clone()),
        None => ui.number(None),
    }
}

/// A bar while it runs; why it stands otherwise.
fn progress(ui: Ui<'_>, card: &PipelineCard, room: usize) -> Line<'static> {
    let Some(run) = &card.run else {
        let waiting = card.trigger.as_ref().map_or("not checked yet", |trigger| trigger.answer.reason.as_str());
        return ui.line(Role::Muted, paint::fit(waiting, room));
    };
    if let Some(error) = run.run.error.as_ref().filter(|_| !run.run.state.is_committed()) {
        return ui.line(Role::Critical, paint::fit(error, room));
    }
    if !run.run.state.is_final() && ui.state.is_abandoned() {
        return ui.line(Role::Warn, paint::fit("waits for an engine", room));
    }
    let Some(outlook) = outlook::run(run, &ui.state.live, &card.usual, ui.state.now) else {
        let reason = card.trigger.as_ref().map(|trigger| trigger.answer.reason.as_str());
        let text = match run.run.state {
            RunState::Queued => "waits for its turn",
            _ => reason.unwrap_or_default(),
        };
        return ui.line(Role::Muted, paint::fit(text, room));
    };
    let percent = format!("{:>3.0} %", (outlook.share * 100.0).floor());
    let left =
        outlook.left.map(|seconds| format!(" ~{}", format::duration(seconds.ceil().max(1.0)))).unwrap_or_default();
    let rate = rate(ui, card).unwrap_or_default();
    let mut text = format!(" {percent}");
    for more in [&left, &rate] {
        if paint::width(&text) + paint::width(more) + 8 <= room {
            text.push_str(more);
        }
    }
    let width = room.saturating_sub(paint::width(&text)).min(24);
    let mut spans = bar::spans(outlook.share, width, Role::Accent, ui.theme);
    spans.push(ui.text(Role::Text, text));
    Line::from(spans)
}

fn rate(ui: Ui<'_>, card: &PipelineCard) -> Option<String> {
    let (_, _, stage) = card.current_stage()?;
    let live = ui.state.live.get(&(stage.run, stage.name.clone()))?;
    let rate = live.rate.filter(|rate| *rate >= 1.0)?;
    Some(format!("  {} {}/s", format::count(rate.round() as u64), live.progress.unit))
}

/// One or two values are no trend.
fn trend_line(ui: Ui<'_>, values: &[f64]) -> Line<'static> {
    if values.len() < 3 { ui.number(None) } else { ui.line(Role::Accent, sparkline::line(values, 10)) }
}

/// The newest value and where it went.
fn headline(ui: Ui<'_>, card: &PipelineCard) -> Line<'static> {
    let Some(last) = card.headline.last() else { return ui.number(None) };
    let past = &card.headline[card.headline.len().saturating_sub(8)..card.headline.len() - 1];
    Line::from(vec![
        ui.text(Role::Muted, format!("{} ", format::metric(&card.row.headline))),
        ui.text(Role::Text, format::figure(*last)),
        trend(ui, &card.row.headline, *last, past),
    ])
}

/// Against the mean of the seven values before: up, down, or level within 1 %. The colour tells good from bad.
fn trend(ui: Ui<'_>, metric: &str, last: f64, past: &[f64]) -> Span<'static> {
    let mean = past.iter().sum::<f64>() / past.len().max(1) as f64;
    if past.is_empty() || (last - mean).abs() <= mean.abs() * 0.01 {
        return ui.text(Role::Muted, " =");
    }
    let role = match format::smaller_is_better(metric) {
        Some(smaller) if smaller == (last < mean) => Role::Ok,
        Some(_) => Role::Warn,
        None => Role::Text,
    };
    ui.text(role, if last > mean { " ▲" } else { " ▼" })
}

/// The newest run of the selected pipeline. Answers the rows it took.
fn selected(ui: Ui<'_>, area: Rect, buf: &mut Buffer, card: &PipelineCard) -> u16 {
    if area.height < 5 {
        return 0;
    }
    let title = Line::from(graph::title(ui, card));
    paint::heading(buf, paint::row(area, 0), ui.theme, title, "");
    let Some(run) = &card.run else {
        let text = match &card.row.next_check {
            Some(at) => {
                format!("No run yet. The landing is checked {}; c checks it now.", format::due(*at, ui.state.now))
            }
            None => "No run yet. c checks the landing now.".to_owned(),
        };
        paint::line(buf, paint::indent(paint::row(area, 1), 2), &ui.line(Role::Muted, text));
        return if area.height > 10 { 3 } else { 2 };
    };
    let nodes = graph::nodes(ui, run, &card.usual);
    let inner = paint::indent(paint::below(area, 1), 2);
    let wanted = stages::height(nodes.len(), inner.width, area.height > 24);
    // Alerts matter more than stages that rest.
    let height = wanted.min(area.height.saturating_sub(4));
    if height < wanted && !stages::side_by_side(nodes.len(), inner.width) {
        let live = nodes.iter().position(|node| node.live).unwrap_or(0);
        let from = live.min(nodes.len() - usize::from(height));
        stages::draw(buf, Rect { height, ..inner }, ui.theme, &nodes[from..from + usize::from(height)]);
    } else {
        stages::draw(buf, Rect { height, ..inner }, ui.theme, &nodes);
    }
    let mut used = 1 + height;
    if let Some(error) = &run.run.error {
        for line in paint::wrap(error, usize::from(inner.width)).into_iter().take(2) {
            paint::line(buf, paint::indent(paint::row(area, used), 2), &ui.line(Role::Critical, line));
            used += 1;
        }
    }
    used + u16::from(area.height > used + 8)
}

fn needs(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(overview) = &ui.state.overview else { return };
    let shown = scroll::shown(ui, List::Needs, area.height.saturating_sub(1));
    let note = [quiet(&overview.tally), shown.note.clone()].into_iter().filter(|part| !part.is_empty());
    ui.heading(buf, paint::row(area, 0), "needs an answer", &note.collect::<Vec<_>>().join(" · "));
    if overview.needs.is_empty() {
        let text = if overview.tally.is_empty() { "Nothing. No alert stands." } else { "Nothing." };
        let text = ui.line(Role::Muted, text);
        paint::line(buf, paint::indent(paint::row(area, 1), 2), &text);
        return;
    }
    let rows = shown.rows.iter().filter_map(|index| overview.needs.get(*index));
    for (n, need) in rows.enumerate() {
        let row = paint::row(area, n as u16 + 1);
        let selected = shown.selected == Some(n) && ui.second();
        if selected {
            paint::line(buf, row, &ui.line(Role::Accent, "▸"));
        }
        let line = super::alerts::brief(ui, &need.alert, need.alerts, usize::from(area.width.saturating_sub(2)));
        paint::line(buf, paint::indent(row, 2), &line);
        if selected {
            paint::tint(buf, row, ui.theme.style(Role::Selected));
        }
    }
}

/// `1 acknowledged, 2 muted`: what stands and needs no answer is only counted.
fn quiet(tally: &[Tally]) -> String {
    let count = |fits: &dyn Fn(&Tally) -> bool, word: &str| {
        let n: u64 = tally.iter().filter(|tally| fits(tally)).map(|tally| tally.alerts).sum();
        (n > 0).then(|| format!("{} {word}", format::count(n)))
    };
    let in_state = |state: AlertState| count(&move |tally| !tally.inhibited && tally.state == state, state.name());
    let words = [
        in_state(AlertState::Acknowledged),
        in_state(AlertState::Muted),
        in_state(AlertState::Pending),
        in_state(AlertState::Recovering),
        count(&|tally| tally.inhibited, "inhibited"),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn events(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(overview) = &ui.state.overview else { return };
    if area.height < 2 {
        return;
    }
    ui.heading(buf, paint::row(area, 0), "what happened", "");
    if overview.events.is_empty() {
        let text = ui.line(Role::Muted, "Nothing yet.");
        return paint::line(buf, paint::indent(paint::row(area, 1), 2), &text);
    }
    for (n, event) in overview.events.iter().enumerate().take(usize::from(area.height - 1)) {
        let (symbol, role) = marks::level(event.level);
        let pipeline = event.pipeline.as_deref().unwrap_or_default();
        let wide = area.width >= 70;
        let mut spans = vec![
            Span::raw("  "),
            ui.text(role, symbol),
            Span::raw(" "),
            ui.text(Role::Muted, format!("{:>11}", format::when(event.at, ui.state.now))),
        ];
        if wide {
            spans.push(ui.text(Role::Muted, format!("  {:<10}", paint::fit(pipeline, 10))));
            spans.push(ui.text(Role::Muted, format!("  {:<9}", paint::fit(&event.subject, 9))));
        }
        let used: usize = spans.iter().map(Span::width).sum();
        let room = usize::from(area.width).saturating_sub(used + 2);
        let text_role = if role == Role::Text { Role::Text } else { role };
        spans.push(ui.text(text_role, format!("  {}", paint::fit(&event.text, room))));
        paint::line(buf, paint::row(area, n as u16 + 1), &Line::from(spans));
    }
}
