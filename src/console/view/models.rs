//! The model versions: which one serves, how each was judged, what it goes by.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::console::load::models::ModelsPage;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::console::{format, marks};
use crate::domain::model::Standing;
use crate::store::metrics::Point;
use crate::store::models::ModelRow;

/// Suspicious features that are named.
const LEAKS: usize = 3;
/// Judged batches in shadow whose figures are shown.
const SHADOWED: usize = 4;
/// Contenders that are shown.
const CONTENDERS: usize = 5;

/// Draws the list and the version under the cursor.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(page) = &ui.state.pages.models else {
        return message(ui, area, buf, Role::Muted, &["reading the versions …"]);
    };
    if page.models.is_empty() {
        let text = ["No model yet.", "The first run that is published trains one."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let beside = area.width >= 110;
    let list_height = if beside { area.height } else { (area.height / 3).clamp(3, 10) };
    let list_width = if beside { 58 } else { area.width };
    let list = Rect { width: list_width, height: list_height, ..area };
    versions(ui, list, buf, page);
    let detail = if beside { paint::indent(area, list_width + 3) } else { paint::below(area, list_height) };
    let chosen = ui.state.selected_index(List::Models).and_then(|index| page.models.get(index));
    if let Some(model) = chosen {
        self::detail(ui, detail, buf, page, model);
    }
}

fn versions(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &ModelsPage) {
    let shown = scroll::shown(ui, List::Models, area.height.saturating_sub(2));
    ui.heading(buf, paint::row(area, 0), "versions, newest first", &shown.note);
    let metric = format::metric(&page.headline);
    let columns = vec![
        Column::new("", 1),
        Column::new("version", 7).right(),
        Column::new("verdict", 12),
        Column::new("by", 8).grow(1),
        Column::new(metric, 7).right(),
        Column::new("champion", 8).right().rank(1),
        Column::new("baseline", 8).right().rank(2),
    ];
    let rows =
        shown.rows.iter().filter_map(|index| page.models.get(*index)).map(|model| row(ui, page, model)).collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(area, 1), ui.theme);
    shown.clickable(ui, paint::below(area, 1));
}

fn row(ui: Ui<'_>, page: &ModelsPage, model: &ModelRow) -> Vec<Line<'static>> {
    let card = &model.card;
    let serves = page.champion == Some(card.version);
    let figure = |who| page.figure(model.run, &page.headline, who).map(format::figure);
    vec![
        if serves { ui.line(Role::Accent, "★") } else { Line::default() },
        ui.line(Role::Strong, card.version.to_string()),
        ui.marked(marks::verdict(card.decision.verdict), card.decision.verdict.name()),
        ui.line(Role::Muted, card.algorithm.clone()),
        ui.number(figure("challenger")),
        ui.number(figure("champion")),
        ui.number(figure("baseline")),
    ]
}

/// One version: how it was judged, its figures, what it goes by.
pub fn detail(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &ModelsPage, model: &ModelRow) {
    let card = &model.card;
    let wide = usize::from(area.width.saturating_sub(2));
    let serves = (page.champion == Some(card.version)).then(|| "★ serves".to_owned());
    let named = page.names.get(&card.version).into_iter().flatten().map(|name| format!("@{name}"));
    let beside: Vec<String> = serves.into_iter().chain(named).collect();
    ui.heading(buf, paint::row(area, 0), &format!("version {}", card.version), &beside.join(" "));
    let mut lines: Vec<Line<'static>> = Vec::new();
    let (_, role) = marks::verdict(card.decision.verdict);
    let role = if role == Role::Muted { Role::Text } else { role };
    lines.extend(paint::wrap(&card.decision.reason, wide).into_iter().map(|line| ui.line(role, line)));
    let day = |at: Option<crate::domain::Instant>| at.map(|at| at.format("%Y-%m-%d").to_string()).unwrap_or_default();
    let rows = format::counted(card.rows, "row");
    for text in [
        format!("{}, made by run {}", card.algorithm, model.run),
        format!("trained on {rows} of {} to {}", day(card.from), day(card.to)),
    ] {
        lines.push(ui.line(Role::Muted, paint::fit(&text, wide)));
    }
    let reign = page.reigns.iter().find(|reign| reign.version == card.version);
    if let Some(reign) = reign {
        let said = format!("served from {} on, by {}: {}", format::full(reign.at), reign.who, reign.reason);
        lines.push(ui.line(Role::Muted, paint::fit(&said, wide)));
    }
    if let Some(said) = in_shadow(page, card.version) {
        lines.push(ui.line(Role::Muted, paint::fit(&said, wide)));
    }
    for leak in card.leaks.iter().take(LEAKS) {
        lines.push(ui.line(Role::Warn, paint::fit(&format!("△ a leak? {}", leak.told()), wide)));
    }
    paint::lines(buf, paint::indent(paint::below(area, 1), 2), &lines);
    let mut used = lines.len() as u16 + 1;
    used += u16::from(area.height > 24);
    used += checks(ui, paint::below(area, used), buf, model, wide);
    used += u16::from(area.height > 24);
    used += figures(ui, paint::below(area, used), buf, page, model);
    used += u16::from(area.height > 24);
    used += contest(ui, paint::below(area, used), buf, model);
    importance(ui, paint::below(area, used), buf, model);
}

fn checks(ui: Ui<'_>, area: Rect, buf: &mut Buffer, model: &ModelRow, wide: usize) -> u16 {
    let checks = &model.card.decision.checks;
    if checks.is_empty() || area.height < 3 {
        return 0;
    }
    ui.heading(buf, paint::row(area, 0), "how it was judged", "");
    let names = checks.iter().map(|check| paint::width(&check.name)).max().unwrap_or(0);
    let details = checks.iter().map(|check| paint::width(&check.detail)).max().unwrap_or(0);
    // The numbers stand beside the question where there is room, below it otherwise.
    let beside = names + details + 4 <= wide;
    let mut used = 1;
    for check in checks {
        let (symbol, role) = if check.passed { ("✓", Role::Ok) } else { ("✗", Role::Warn) };
        let pad = " ".repeat(names.saturating_sub(paint::width(&check.name)) + 2);
        let mut spans = vec![
            ui.text(role, symbol),
            Span::raw(" "),
            ui.text(Role::Text, paint::fit(&check.name, wide - 2.min(wide))),
        ];
        if beside {
            spans.extend([Span::raw(pad), ui.text(Role::Muted, check.detail.clone())]);
        }
        paint::line(buf, paint::indent(paint::row(area, used), 2), &Line::from(spans));
        used += 1;
        if !beside {
            let detail = ui.line(Role::Muted, paint::fit(&check.detail, wide.saturating_sub(2)));
            paint::line(buf, paint::indent(paint::row(area, used), 4), &detail);
            used += 1;
        }
    }
    used
}

/// Challenger against champion against baseline, on the same holdout.
fn figures(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &ModelsPage, model: &ModelRow) -> u16 {
    let Some(metrics) = page.holdout.get(&model.run).filter(|metrics| !metrics.is_empty()) else { return 0 };
    if area.height < 4 {
        return 0;
    }
    let mut names: Vec<&str> = Vec::new();
    for metric in metrics {
        if !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    ui.heading(buf, paint::row(area, 0), "on the holdout", "");
    let columns = vec![
        Column::new("", 16).grow(1),
        Column::new("this", 8).right(),
        Column::new("champion", 8).right(),
        Column::new("baseline", 8).right(),
    ];
    let most = usize::from(area.height.saturating_sub(2)).min(7);
    let row = |name: &&str| {
        let figure = |who| ui.number(page.figure(model.run, name, who).map(format::figure));
        vec![ui.line(Role::Muted, format::metric(name)), figure("challenger"), figure("champion"), figure("baseline")]
    };
    let rows: Vec<_> = names.iter().take(most).map(row).collect();
    let used = rows.len() as u16 + 2;
    Table { columns, rows, selected: None, focused: false }.draw(buf, paint::below(area, 1), ui.theme);
    used
}

/// How the champion did against this version, which predicted along in shadow: its loss on the same rows.
fn in_shadow(page: &ModelsPage, version: i64) -> Option<String> {
    let own: Vec<&Point> = page.shadow.iter().filter(|point| point.model == Some(version)).collect();
    let rows: u64 = own.iter().map(|point| point.n).sum();
    let shares: Vec<String> = own.iter().map(|point| format!("{:+.1} %", 100.0 * point.value)).collect();
    let newest = shares.get(shares.len().saturating_sub(SHADOWED)..)?.join(", ");
    let batches = format::counted(own.len() as u64, "batch");
    (!own.is_empty()).then(|| {
        format!(
            "in shadow over {batches}, {}: the champion's loss against its own was {newest}",
            format::counted(rows, "row")
        )
    })
}

/// Who took part in the contest, best first, where there is room.
fn contest(ui: Ui<'_>, area: Rect, buf: &mut Buffer, model: &ModelRow) -> u16 {
    let field = &model.card.contest;
    if field.is_empty() || area.height < 12 {
        return 0;
    }
    ui.heading(buf, paint::row(area, 0), "who took part", "mean loss on the holdout");
    let columns = vec![
        Column::new("", 1),
        Column::new("", 12).grow(1),
        Column::new("loss", 8).right(),
        Column::new("rounds", 7).right(),
    ];
    let row = |standing: &Standing| {
        vec![
            if standing.chosen { ui.line(Role::Accent, "▲") } else { Line::default() },
            ui.line(Role::Text, standing.who.clone()),
            ui.number(standing.loss.map(format::figure)),
            ui.line(Role::Muted, standing.rounds.map(|rounds| rounds.to_string()).unwrap_or_default()),
        ]
    };
    let rows: Vec<_> = field.iter().take(CONTENDERS).map(row).collect();
    let used = rows.len() as u16 + 3;
    Table { columns, rows, selected: None, focused: false }.draw(buf, paint::below(area, 1), ui.theme);
    used
}

fn importance(ui: Ui<'_>, area: Rect, buf: &mut Buffer, model: &ModelRow) {
    let features = &model.card.importance;
    if features.is_empty() || area.height < 2 {
        return;
    }
    ui.heading(buf, paint::row(area, 0), "what it goes by", "share of gain");
    let inner = paint::indent(paint::below(area, 1), 2);
    let names = features.iter().map(|(name, _)| paint::width(name)).max().unwrap_or(0);
    let name_width = names.min(usize::from(inner.width) / 3);
    let width = usize::from(inner.width).saturating_sub(name_width + 12).min(40);
    let most = features.first().map_or(1.0, |(_, share)| *share).max(1e-9);
    for (n, (name, share)) in features.iter().enumerate().take(usize::from(inner.height)) {
        let name = paint::fit(name, name_width);
        let pad = " ".repeat(name_width - paint::width(&name) + 2);
        let length = ((share / most).clamp(0.0, 1.0) * width as f64).round() as usize;
        let full = "━".repeat(length);
        let blank = " ".repeat(width - length);
        let spans = vec![
            ui.text(Role::Text, name),
            Span::raw(pad),
            ui.text(Role::Accent, full),
            Span::raw(blank),
            ui.text(Role::Muted, format!(" {:>5.1} %", share * 100.0)),
        ];
        paint::line(buf, paint::row(inner, n as u16), &Line::from(spans));
    }
}
