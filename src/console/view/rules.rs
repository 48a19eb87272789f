//! What every rule says: fine, bad, learning, cannot check; since when; and how right its alerts were.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{Ui, message, scroll};
use crate::console::load::rules::{RuleLine, Word};
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::{bar, paint};
use crate::console::{format, marks};
use crate::store::standings::StandingRow;

/// Draws the rules, and what the one under the cursor watches.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) {
    let Some(rules) = &ui.state.pages.rules else {
        return message(ui, area, buf, Role::Muted, &["reading the rules …"]);
    };
    if rules.is_empty() {
        let text = ["No rule has said anything yet.", "They are asked at every check, and before and after every run."];
        return message(ui, area, buf, Role::Strong, &text);
    }
    let below = (area.height / 3).clamp(3, 12);
    let list_height = area.height.saturating_sub(below).min(rules.len() as u16 + 2);
    let shown = scroll::shown(ui, List::Rules, list_height.saturating_sub(2));
    ui.heading(buf, paint::row(area, 0), "rules", &shown.note);
    let columns = vec![
        Column::new("pipeline", 10).rank(2),
        Column::new("rule", 19),
        Column::new("says", 26).grow(1),
        Column::new("since", 8).right().rank(3),
        Column::new("watched", 7).right().rank(5),
        Column::new("fired", 6).right().rank(4),
        Column::new("right", 24).rank(1),
    ];
    let rows = shown.rows.iter().filter_map(|index| rules.get(*index)).map(|rule| row(ui, rule)).collect();
    let table = Table { columns, rows, selected: shown.selected, focused: true };
    table.draw(buf, Rect { height: list_height.saturating_sub(1), ..paint::below(area, 1) }, ui.theme);
    shown.clickable(ui, Rect { height: list_height.saturating_sub(1), ..paint::below(area, 1) });
    if let Some(rule) = ui.state.selected_index(List::Rules).and_then(|index| rules.get(index)) {
        objects(ui, paint::below(area, list_height), buf, rule);
    }
}

fn row(ui: Ui<'_>, rule: &RuleLine) -> Vec<Line<'static>> {
    let precision = rule.precision.as_ref();
    let age = |standing: &StandingRow| format::span((ui.state.now - standing.since).num_seconds());
    vec![
        ui.line(Role::Text, rule.pipeline.clone()),
        ui.line(Role::Strong, rule.kind.name()),
        rule.chief().map_or_else(|| ui.line(Role::Faint, "nothing now"), |standing| says(ui, rule, standing)),
        ui.number(rule.chief().map(age)),
        ui.number((rule.objects > 0).then(|| format::count(rule.objects))),
        ui.number(precision.map(|precision| format::count(precision.fired))),
        right(ui, rule),
    ]
}

/// `✗ 3 of 41 bad`, `○ learning ████░░░░ 12 of 30`, `? cannot check: reason`.
fn says(ui: Ui<'_>, rule: &RuleLine, chief: &StandingRow) -> Line<'static> {
    let word = Word::of(chief);
    let alike = rule.notable.iter().filter(|standing| Word::of(standing) == word).count() as u64;
    match word {
        Word::Fine => ui.marked(marks::rule(word), "fine"),
        Word::Bad if rule.objects > 1 => {
            ui.marked(marks::rule(word), &format!("{} of {} bad", format::count(alike), format::count(rule.objects)))
        }
        Word::Bad => ui.marked(marks::rule(word), "bad"),
        Word::Learning => learning(ui, chief),
        Word::CannotCheck => ui.marked(marks::rule(word), &format!("cannot check: {}", chief.reason)),
    }
}

fn learning(ui: Ui<'_>, standing: &StandingRow) -> Line<'static> {
    let (symbol, role) = marks::rule(Word::Learning);
    let mut spans = vec![ui.text(role, symbol), ui.text(Role::Text, " learning ")];
    if let Some((have, need)) = standing.learning {
        spans.extend(bar::spans(have as f64 / need.max(1) as f64, 6, role, ui.theme));
        spans.push(ui.text(Role::Muted, format!(" {} of {}", format::count(have), format::count(need))));
    }
    Line::from(spans)
}

/// `89 % of 9, 2 not judged`
fn right(ui: Ui<'_>, rule: &RuleLine) -> Line<'static> {
    let Some(precision) = &rule.precision else { return ui.number(None) };
    let unanswered = match precision.unanswered() {
        0 => String::new(),
        n => format!("{} not judged", format::count(n)),
    };
    let Some(share) = precision.share() else { return ui.line(Role::Muted, unanswered) };
    let judged = precision.right + precision.wrong;
    let role = if share < 0.5 { Role::Warn } else { Role::Text };
    Line::from(ui.joined(vec![
        ui.text(role, format!("{:.0} % of {}", share * 100.0, format::count(judged))),
        ui.text(Role::Muted, unanswered),
    ]))
}

/// What the rule under the cursor watches and does not call fine, with its reasons.
fn objects(ui: Ui<'_>, area: Rect, buf: &mut Buffer, rule: &RuleLine) {
    let title = format!("{} of {}", rule.kind, rule.pipeline);
    let hidden = rule.not_fine.saturating_sub(u64::from(area.height.saturating_sub(1)));
    let note = if hidden > 0 { format!("{} more", format::count(hidden)) } else { String::new() };
    ui.heading(buf, paint::row(area, 0), &title, &note);
    let wide = usize::from(area.width.saturating_sub(2));
    let line = |standing: &StandingRow| {
        let (symbol, role) = marks::rule(Word::of(standing));
        let name = paint::fit_middle(&standing.object, wide / 3);
        let pad = " ".repeat((wide / 3).saturating_sub(paint::width(&name)));
        paint::clip(
            vec![
                ui.text(role, symbol),
                Span::raw(" "),
                ui.text(Role::Text, format!("{name}{pad}  ")),
                ui.text(Role::Muted, format!("{:>8}  ", format::span((ui.state.now - standing.since).num_seconds()))),
                ui.text(Role::Muted, standing.reason.clone()),
            ],
            wide,
        )
    };
    let mut lines: Vec<Line<'static>> = rule.notable.iter().map(line).collect();
    if lines.is_empty() {
        lines.extend(rule.fine.as_ref().map(line));
    }
    if lines.is_empty() {
        lines.push(ui.line(Role::Muted, "It watches nothing now; ⏎ shows the alerts it raised."));
    }
    paint::lines(buf, paint::indent(paint::below(area, 1), 2), &lines);
}
