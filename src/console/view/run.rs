//! One run: its stages on a time axis, what went in and came out, what went wrong, its log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, log, message, overview, scroll};
use crate::console::load::run::RunDetail;
use crate::console::place::{List, Screen};
use crate::console::theme::Role;
use crate::console::widgets::columns::{self, Column, Table};
use crate::console::widgets::{gantt, paint};
use crate::console::{format, marks, outlook};
use crate::domain::dataset::DatasetKind;
use crate::domain::metric::Split;
use crate::domain::run::StageState;
use crate::store::stages::StageRow;

/// Draws the run.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, id: i64) {
    let Some(page) = ui.state.pages.run.as_ref().filter(|page| page.card.run.id == id) else {
        return message(ui, area, buf, Role::Muted, &["reading the run …"]);
    };
    paint::heading(buf, paint::row(area, 0), ui.theme, Line::from(title(ui, page)), "");
    if (ui.keys && ui.state.zoomed) || (ui.whole() && ui.state.second) {
        return log::draw(ui, paint::below(area, 1), buf, page);
    }
    let mut used = 1;
    for line in facts(ui, page, area) {
        paint::line(buf, paint::indent(paint::row(area, used), 2), &line);
        used += 1;
    }
    let room = area.height.saturating_sub(used);
    let natural = (page.card.stages.len() as u16 + 1).min(room.saturating_sub(4).max(3));
    let most = if ui.whole() { room } else { room.saturating_sub(3).max(3).min(room) };
    let stages = if ui.whole() { most } else { ui.state.layout.height(Screen::Run, natural, 2, most) };
    stage_table(ui, Rect { height: stages.min(room), ..paint::below(area, used) }, buf, page);
    used += stages;
    if area.height > used + 10 {
        axis(ui, paint::row(area, used), buf, page, area.width);
        used += 1;
    }
    if area.height > used + 12 {
        used += inputs(ui, paint::below(area, used), buf, page);
    }
    let row = paint::row(area, used);
    ui.divider(Screen::Run, row, (row.y + natural).saturating_sub(stages));
    log::draw(ui, paint::below(area, used), buf, page);
}

fn title(ui: Ui<'_>, page: &RunDetail) -> Vec<Span<'static>> {
    let run = &page.card.run;
    let ((symbol, role), word) = ui.run(run.state);
    let mut parts = vec![
        ui.text(Role::Strong, format!("run {} of {}", run.id, run.pipeline)),
        ui.text(role, format!("{symbol} {word}")),
        ui.text(Role::Text, run.seconds(ui.state.now).map(format::duration).unwrap_or_default()),
    ];
    let outlook = outlook::run(&page.card, &ui.state.live, &page.usual, ui.state.now);
    if let Some(outlook) = outlook.filter(|_| !ui.state.is_abandoned()) {
        let left = outlook.left.map(|s| format!(", ~{} left", format::duration(s.ceil()))).unwrap_or_default();
        parts.push(ui.text(Role::Accent, format!("{:.0} %{left}", (outlook.share * 100.0).floor())));
    }
    ui.joined(parts)
}

/// Why it ran, over what, what it measured, and what went wrong.
fn facts(ui: Ui<'_>, page: &RunDetail, area: Rect) -> Vec<Line<'static>> {
    let run = &page.card.run;
    let wide = usize::from(area.width.saturating_sub(2));
    let rows = run.rows.map(|rows| format::counted(rows, "row")).unwrap_or_default();
    let parent = run.parent.map(|parent| format!("repeats run {parent}")).unwrap_or_default();
    let waited = run.started.map(|at| seconds_between(run.created, at)).filter(|seconds| *seconds >= 1.0);
    let waited = waited.map(|seconds| format!("waited {}", format::duration(seconds))).unwrap_or_default();
    let started = format!("{} by {}: {}", format::full(run.started.unwrap_or(run.created)), run.cause, run.reason);
    let mut lines = vec![Line::from(ui.joined(vec![
        ui.text(Role::Text, format::counted(run.files, "file")),
        ui.text(Role::Text, format::bytes(run.bytes)),
        ui.text(Role::Text, rows),
        ui.text(Role::Muted, parent),
        ui.text(Role::Muted, waited),
        ui.text(Role::Muted, started),
    ]))];
    let measured = measured(ui, page);
    if !measured.is_empty() && area.height > 16 {
        lines.push(paint::clip(measured, wide));
    }
    let predicted = predicted(ui, page);
    if !predicted.is_empty() && area.height > 16 {
        lines.push(paint::clip(predicted, wide));
    }
    let made = made(ui, page);
    if !made.is_empty() && area.height > 16 {
        lines.push(paint::clip(made, wide));
    }
    if let Some(error) = &run.error {
        let most = if area.height > 20 { 3 } else { 1 };
        let broken = paint::wrap(error, wide);
        lines.extend(broken.into_iter().take(most).map(|line| ui.line(Role::Critical, line)));
    }
    lines
}

/// The champion's figures on the batch, and the verdict on the version it made.
fn measured(ui: Ui<'_>, page: &RunDetail) -> Vec<Span<'static>> {
    let mut parts = Vec::new();
    for metric in page.metrics.iter().filter(|m| m.split != Split::Batch && m.who != "baseline").take(4) {
        let text = format!("{} {} {}", metric.who, format::metric(&metric.name), format::figure(metric.value));
        parts.push(ui.text(Role::Text, text.trim().to_owned()));
    }
    if let Some(model) = &page.model {
        let (symbol, role) = marks::verdict(model.card.decision.verdict);
        let text = format!("{symbol} version {} {}", model.card.version, model.card.decision.verdict);
        parts.push(ui.text(role, text));
        parts.push(ui.text(Role::Muted, model.card.decision.reason.clone()));
    }
    ui.joined(parts)
}

/// How good its predictions were, and on how many of them that is judged by now.
fn predicted(ui: Ui<'_>, page: &RunDetail) -> Vec<Span<'static>> {
    let of = |name: &str| page.predictions.iter().find(|m| m.name == name && m.who == "champion");
    let (Some(rows), Some(labelled)) = (of("rows"), of("labelled")) else { return Vec::new() };
    let rows = format::counted(rows.value.max(0.0) as u64, "row");
    let judged = match labelled.value {
        0.0 => format!("predicted {rows}, none of them judged yet"),
        share => format!("predicted {rows}, judged on {}", format::share(share)),
    };
    let figures = ["auc", "log_loss", "rmse", "mae", "coverage"].into_iter().filter_map(of);
    let told = figures.map(|m| ui.text(Role::Text, format!("{} {}", format::metric(&m.name), format::figure(m.value))));
    ui.joined(std::iter::once(ui.text(Role::Text, judged)).chain(told.take(3)).collect())
}

/// What it made, by dataset.
fn made(ui: Ui<'_>, page: &RunDetail) -> Vec<Span<'static>> {
    let mut sums: Vec<(DatasetKind, u64, u64, u64)> = Vec::new();
    for part in page.parts.iter().map(|row| &row.part).filter(|part| part.kind != DatasetKind::Batch) {
        match sums.iter_mut().find(|sum| sum.0 == part.kind) {
            Some(sum) => *sum = (sum.0, sum.1 + 1, sum.2 + part.rows, sum.3 + part.bytes),
            None => sums.push((part.kind, 1, part.rows, part.bytes)),
        }
    }
    let text = |(kind, parts, rows, bytes): (DatasetKind, u64, u64, u64)| {
        let of = if rows > 0 { format::counted(rows, "row") } else { format::counted(parts, "object") };
        ui.text(Role::Muted, format!("{} {of} {}", kind.name(), format::bytes(bytes)))
    };
    ui.joined(sums.into_iter().map(text).collect())
}

fn table_columns() -> Vec<Column> {
    vec![
        Column::new("stage", 12),
        Column::new("state", 12),
        Column::new("tries", 5).right().rank(6),
        Column::new("took", 8).right(),
        Column::new("usually", 8).right().rank(5),
        Column::new("memory", 7).right().rank(4),
        Column::new("cpu", 7).right().rank(7),
        Column::new("time", 18).grow(4).rank(2),
        Column::new("what it did", 22).grow(4).rank(1),
    ]
}

fn stage_table(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &RunDetail) {
    let columns = table_columns();
    let width = columns::widths(&columns, area.width)[7].unwrap_or(0);
    let shown = scroll::shown(ui, List::Stages, area.height.saturating_sub(1));
    let stages = shown.rows.iter().filter_map(|index| page.card.stages.get(*index));
    let rows = stages.map(|stage| row(ui, page, stage, usize::from(width))).collect();
    Table { columns, rows, selected: shown.selected, focused: ui.first() }.draw(buf, area, ui.theme);
    shown.clickable(ui, area);
}

fn row(ui: Ui<'_>, page: &RunDetail, stage: &StageRow, width: usize) -> Vec<Line<'static>> {
    let attempts = || page.attempts.iter().filter(|attempt| attempt.stage == stage.name);
    let live = ui.state.live.get(&(stage.run, stage.name.clone()));
    let memory = live.and_then(|live| live.progress.memory).or(attempts().filter_map(|a| a.peak_memory).max());
    let cpu = attempts().filter_map(|attempt| attempt.cpu_ms).sum::<u64>();
    let usual = page.usual.get(&stage.name).copied();
    let note = overview::note(ui, stage);
    let role = if stage.error.is_some() { Role::Critical } else { Role::Text };
    vec![
        ui.line(Role::Strong, stage.name.clone()),
        ui.marked(marks::stage(stage.state), stage.state.name()),
        ui.number((stage.attempt > 0).then(|| stage.attempt.to_string())),
        ui.number(took(ui, stage)),
        usual.map_or_else(|| ui.number(None), |s| ui.line(Role::Muted, format::duration(s))),
        ui.number(memory.map(format::bytes)),
        ui.number((cpu > 0).then(|| format::duration(cpu as f64 / 1000.0))),
        span(ui, page, stage, width),
        ui.line(role, note),
    ]
}

fn took(ui: Ui<'_>, stage: &StageRow) -> Option<String> {
    if matches!(stage.state, StageState::Waiting | StageState::Reused | StageState::Skipped) {
        return None;
    }
    stage.seconds(ui.state.now).map(format::duration)
}

/// Every attempt of the stage as a bar on the run's time axis; failed ones in their colour.
fn span(ui: Ui<'_>, page: &RunDetail, stage: &StageRow, width: usize) -> Line<'static> {
    let Some((start, total)) = axis_of(ui, page) else { return Line::default() };
    let mut cells: Vec<(char, Role)> = vec![(' ', Role::Text); width];
    for attempt in page.attempts.iter().filter(|attempt| attempt.stage == stage.name) {
        let since = |at| seconds_between(start, at);
        let (from, to) = gantt::bar(since(attempt.started), since(attempt.ended.unwrap_or(ui.state.now)), total, width);
        let role = attempt.outcome.map_or(Role::Accent, |outcome| marks::stage(outcome).1);
        for cell in cells.iter_mut().take(to).skip(from) {
            *cell = ('━', role);
        }
    }
    let spans = cells.chunk_by(|a, b| a.1 == b.1);
    Line::from(spans.map(|run| ui.text(run[0].1, run.iter().map(|c| c.0).collect::<String>())).collect::<Vec<_>>())
}

/// The beginning of the axis and its length in seconds.
fn axis_of(ui: Ui<'_>, page: &RunDetail) -> Option<(crate::domain::Instant, f64)> {
    let start = page.card.run.started.or(page.attempts.first().map(|attempt| attempt.started))?;
    let end = page.card.run.ended.unwrap_or(ui.state.now);
    Some((start, seconds_between(start, end).max(0.001)))
}

fn seconds_between(from: crate::domain::Instant, to: crate::domain::Instant) -> f64 {
    (to - from).num_milliseconds() as f64 / 1000.0
}

/// Marks at round seconds below the bars.
fn axis(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &RunDetail, width: u16) {
    let columns = table_columns();
    let widths = columns::widths(&columns, width);
    let (Some(room), Some((_, total))) = (widths[7], axis_of(ui, page)) else { return };
    let before: u16 = widths[..7].iter().flatten().map(|w| w + 2).sum();
    let place = Rect { width: room, ..paint::indent(area, before + 2) };
    let marks = gantt::marks(total, usize::from(room));
    if marks.len() < 2 {
        // One mark is no scale: the whole width is the whole time.
        paint::line(buf, place, &ui.line(Role::Faint, "0"));
        return paint::right(buf, place, &ui.line(Role::Faint, format::duration(total)));
    }
    for (column, seconds) in marks {
        let label = if seconds == 0.0 { "0".to_owned() } else { format::duration(seconds) };
        if column + label.len() <= usize::from(room) {
            paint::line(buf, paint::indent(place, column as u16), &ui.line(Role::Faint, label));
        }
    }
}

/// The batch and what came of it, in a few lines.
fn inputs(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &RunDetail) -> u16 {
    if page.files.is_empty() {
        return 0;
    }
    ui.heading(buf, paint::row(area, 0), "batch", &format::counted(page.files.len() as u64, "file"));
    let most = usize::from(area.height / 5).clamp(1, 6);
    let shown = if page.files.len() > most { most - 1 } else { most };
    let mut used = 1;
    for file in page.files.iter().take(shown) {
        let (symbol, role) = marks::file(file.state);
        let rows = file.rows.map(|rows| format::counted(rows, "row")).unwrap_or_default();
        let rejected = file.rejected.filter(|n| *n > 0).map(|n| format!("{} rejected", format::count(n)));
        let mut spans = vec![ui.text(role, symbol), Span::raw(" ")];
        spans.extend(ui.joined(vec![
            ui.text(Role::Text, paint::fit_middle(&file.key, 44)),
            ui.text(Role::Muted, format::bytes(file.bytes)),
            ui.text(Role::Muted, rows),
            ui.text(Role::Warn, rejected.unwrap_or_default()),
        ]));
        paint::line(buf, paint::indent(paint::row(area, used), 2), &Line::from(spans));
        used += 1;
    }
    if page.files.len() > shown {
        let more = format!("  and {} more", format::count((page.files.len() - shown) as u64));
        paint::line(buf, paint::indent(paint::row(area, used), 2), &ui.line(Role::Muted, more));
        used += 1;
    }
    used
}
