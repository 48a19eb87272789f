//! One alert: what was observed against what was expected, by which rule, and what became of it. One page that scrolls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::alerts::state;
use super::{Ui, message, scroll};
use crate::console::load::alerts::AlertDetail;
use crate::console::theme::Role;
use crate::console::widgets::band::{self, Frame, Point};
use crate::console::widgets::paint;
use crate::console::{advice, format, marks};
use crate::domain::Instant;
use crate::domain::alert::{AlertState, Sample};
use crate::store::alerts::AlertRow;

/// Draws the alert.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, id: i64) {
    let Some(page) = ui.state.pages.alert.as_ref().filter(|page| page.alert.id == id) else {
        return message(ui, area, buf, Role::Muted, &["reading the alert …"]);
    };
    let alert = &page.alert;
    let (symbol, role) = marks::alert_row(alert);
    let title = ui.joined(vec![
        ui.text(role, format!("{symbol} {}", alert.finding.severity)),
        ui.text(Role::Strong, alert.finding.kind.name()),
        ui.text(Role::Strong, alert.pipeline.clone()),
        ui.text(Role::Text, state(alert, ui.state.now)),
    ]);
    let lines = page_lines(ui, page, usize::from(area.width), usize::from(area.height.saturating_sub(1)));
    scroll::page(ui, area, buf, Line::from(title), &lines);
}

/// Everything there is to say, in the order in which it is asked for.
fn page_lines(ui: Ui<'_>, page: &AlertDetail, width: usize, height: usize) -> Vec<Line<'static>> {
    let alert = &page.alert;
    let wide = width.saturating_sub(4);
    let mut lines: Vec<Line<'static>> = Vec::new();
    lines.extend(paint::wrap(&alert.finding.message, wide).into_iter().map(|text| ui.line(Role::Strong, text)));
    lines.extend(answer(ui, alert, wide));
    lines.extend(against(ui, alert));
    lines.extend(chart(ui, alert, wide, height));
    let mut lines: Vec<Line<'static>> = lines.into_iter().map(indented).collect();
    let mut section = |title: &str, content: Vec<Line<'static>>| {
        if !content.is_empty() {
            lines.push(Line::default());
            lines.push(paint::rule(ui.theme, ui.line(Role::Strong, title.to_owned()), "", width));
            lines.extend(content.into_iter().map(indented));
        }
    };
    let advice = advice::advice(alert).into_iter();
    let advice = advice.flat_map(|text| paint::wrap(text, wide)).map(|text| ui.line(Role::Text, text));
    section("what to do", advice.collect());
    section("what is at fault", at_fault(ui, alert, wide));
    section("the rule", facts(ui, page, wide));
    section("what became of it", history(ui, page, wide));
    section("who was told", told(ui, page, wide));
    section("earlier alerts like this", earlier(ui, page, wide));
    lines
}

fn indented(mut line: Line<'static>) -> Line<'static> {
    line.spans.insert(0, Span::raw("  "));
    line
}

/// What operators said of it.
fn answer(ui: Ui<'_>, alert: &AlertRow, wide: usize) -> Vec<Line<'static>> {
    let mut said = Vec::new();
    if let Some(until) = alert.muted_until {
        said.push(format!("Muted until {} UTC.", format::full(until)));
    }
    if let Some(other) = alert.inhibited_by {
        said.push(format!("Alert {other} explains it: nobody is told of this one while that one stands."));
    }
    if let Some(at) = alert.escalated {
        said.push(format!("Nobody acknowledged it in time: escalated {}.", format::ago(at, ui.state.now)));
    }
    if let Some(at) = alert.flapping {
        said.push(format!("It comes and goes since {}.", format::full(at)));
    }
    if let Some(alarm) = alert.alarm {
        said.push(format!("Called a {alarm} alarm."));
    }
    if let Some(at) = alert.normal {
        said.push(format!("Called normal at {}: it counts as usual from then on.", format::full(at)));
    }
    let note = alert.note.as_ref().zip(alert.answered_by()).map(|(note, who)| format!("{who}: {note}"));
    let said = said.join(" ");
    let texts = note.into_iter().chain((!said.is_empty()).then_some(said));
    texts.flat_map(|text| paint::wrap(&text, wide)).map(|text| ui.line(Role::Muted, text)).collect()
}

/// `● observed 949 kB · expected 61 kB to 142 kB`
fn against(ui: Ui<'_>, alert: &AlertRow) -> Option<Line<'static>> {
    let finding = &alert.finding;
    let unit = finding.unit.as_str();
    let (_, role) = marks::alert(finding.severity, AlertState::Firing);
    let observed = finding.observed.map(|v| ui.text(role, format!("● observed {}", format::with_unit(v, unit))));
    let expected = finding.expected.map(|band| ui.text(Role::Ok, format!("░ expected {}", span(band, unit))));
    let parts: Vec<Span<'static>> = observed.into_iter().chain(expected).collect();
    (!parts.is_empty()).then(|| Line::from(ui.joined(parts)))
}

/// `61 kB to 142 kB`; an end that is none is left out.
fn span((low, high): (f64, f64), unit: &str) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{} to {}", format::with_unit(low, unit), format::with_unit(high, unit)),
        (false, true) => format!("at most {}", format::with_unit(high, unit)),
        (true, false) => format!("at least {}", format::with_unit(low, unit)),
        (false, false) => "anything".into(),
    }
}

/// The history with its band; without one, observed against expected on one scale.
fn chart(ui: Ui<'_>, alert: &AlertRow, wide: usize, height: usize) -> Vec<Line<'static>> {
    let finding = &alert.finding;
    let history = &finding.evidence.history;
    let (Some(first), Some(last)) = (history.first(), history.last()) else { return strip(ui, alert, wide) };
    let judged = history.iter().any(|sample| sample.band.is_some());
    let point =
        |sample: &Sample| Point { value: sample.value, band: if judged { sample.band } else { finding.expected } };
    let points: Vec<Point> = history.iter().map(point).collect();
    let (_, role) = marks::alert(finding.severity, AlertState::Firing);
    let long = last.at - first.at > chrono::Duration::days(2);
    let at = |at: Instant| at.format(if long { "%Y-%m-%d" } else { "%m-%d %H:%M" }).to_string();
    let tick = |v: f64| format::with_unit(v, if finding.unit.len() > 8 { "" } else { &finding.unit });
    let frame = Frame {
        size: (wide.min(110), (height / 2).clamp(7, 14)),
        role,
        tick: &tick,
        ends: (at(first.at), at(last.at)),
    };
    let mut lines = band::lines(&points, &frame, ui.theme);
    if lines.is_empty() {
        return strip(ui, alert, wide);
    }
    let log = if band::is_logarithmic(&points) { ", on a logarithmic scale" } else { "" };
    let count = format::counted(points.len() as u64, "value");
    lines.push(ui.line(Role::Muted, format!("{count} up to the one observed; ░ what was expected{log}")));
    lines
}

/// Observed against expected on one scale: `────░░░░░──────────●──`.
fn strip(ui: Ui<'_>, alert: &AlertRow, wide: usize) -> Vec<Line<'static>> {
    let finding = &alert.finding;
    let (Some(observed), Some((low, high))) = (finding.observed, finding.expected) else { return Vec::new() };
    let width = wide.min(72);
    let figures = [observed, low, high];
    if width < 20 || figures.iter().any(|figure| !figure.is_finite()) {
        return Vec::new();
    }
    let (least, most) = figures.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
    let room = ((most - least) * 0.08).max(1e-12);
    let (from, to) = (least - room, most + room);
    let column = |v: f64| ((((v - from) / (to - from)) * (width - 1) as f64).round() as usize).min(width - 1);
    let mut cells = vec![('─', Role::Faint); width];
    for cell in cells.iter_mut().take(column(high) + 1).skip(column(low)) {
        *cell = ('░', Role::Ok);
    }
    let (_, role) = marks::alert(finding.severity, AlertState::Firing);
    cells[column(observed)] = ('●', role);
    let spans = cells.chunk_by(|a, b| a.1 == b.1);
    vec![Line::from(
        spans.map(|run| ui.text(run[0].1, run.iter().map(|c| c.0).collect::<String>())).collect::<Vec<_>>(),
    )]
}

fn at_fault(ui: Ui<'_>, alert: &AlertRow, wide: usize) -> Vec<Line<'static>> {
    let evidence = &alert.finding.evidence;
    let mut lines = Vec::new();
    for (name, values) in [("files", &evidence.files), ("columns", &evidence.columns)] {
        lines.extend(pair(ui, if values.is_empty() { "" } else { name }, &values.join(", "), wide));
    }
    let text = |text: &String| ui.line(Role::Muted, paint::fit(text, wide));
    lines.extend(evidence.lines.iter().map(text));
    lines
}

/// `name        value` over as many lines as it takes; nothing without a name.
fn pair(ui: Ui<'_>, name: &str, value: &str, wide: usize) -> Vec<Line<'static>> {
    if name.is_empty() {
        return Vec::new();
    }
    let parts = paint::wrap(value, wide.saturating_sub(12).max(8));
    let line = |(n, part): (usize, String)| {
        let name = if n == 0 { name } else { "" };
        Line::from(vec![ui.text(Role::Muted, format!("{name:<12}")), ui.text(Role::Text, part)])
    };
    parts.into_iter().enumerate().map(line).collect()
}

fn facts(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    let alert = &page.alert;
    let run = page.run.as_ref().map(|run| format!("run {}, {}  (o opens it)", run.id, run.state));
    let mut pairs = vec![
        ("rule", alert.finding.rule.clone()),
        ("about", alert.finding.object.clone()),
        ("raised", format!("{}, {}", format::full(alert.raised), format::ago(alert.raised, ui.state.now))),
        ("last seen", format::full(alert.updated)),
    ];
    pairs.extend(run.map(|run| ("run", run)));
    pairs.into_iter().flat_map(|(name, value)| pair(ui, name, &value, wide)).collect()
}

fn history(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    let line = |(at, state, who, note): &(Instant, AlertState, String, String)| {
        let (symbol, role) = marks::alert(page.alert.finding.severity, *state);
        let text = if note.is_empty() { who.clone() } else { format!("{who}: {note}") };
        Line::from(vec![
            ui.text(role, symbol),
            ui.text(Role::Muted, format!(" {}  ", format::full(*at))),
            ui.text(Role::Text, format!("{:<13}", state.name())),
            ui.text(Role::Muted, paint::fit(&text, wide.saturating_sub(37))),
        ])
    };
    page.history.iter().map(line).collect()
}

/// What was told of it, newest first; notices that are still on their way stand above.
fn told(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    let line = |outcome: &str, at: Instant, channel: &str, occasion: &str, detail: String| {
        let (symbol, role) = marks::delivery(outcome);
        Line::from(vec![
            ui.text(role, symbol),
            ui.text(Role::Muted, format!(" {}  ", format::full(at))),
            ui.text(Role::Text, format!("{:<13}", paint::fit(channel, 12))),
            ui.text(Role::Muted, paint::fit(&format!("{occasion}, {outcome}{detail}"), wide.saturating_sub(37))),
        ])
    };
    let unsent = page.notices.iter().rev().filter(|notice| notice.state != "delivered");
    let unsent = unsent.map(|n| line(&n.state, n.created, &n.channel, n.occasion.name(), String::new()));
    let sent = page.attempts.iter();
    let sent = sent.map(|a| line(&a.outcome, a.at, &a.channel, a.occasion.name(), format!(": {}", a.detail)));
    let lines: Vec<_> = unsent.chain(sent).collect();
    if lines.is_empty() { vec![ui.line(Role::Muted, "Nobody was told of it.")] } else { lines }
}

fn earlier(ui: Ui<'_>, page: &AlertDetail, wide: usize) -> Vec<Line<'static>> {
    if page.earlier.is_empty() {
        return vec![ui.line(Role::Muted, "None: this is the first of its kind on this.")];
    }
    let line = |alert: &AlertRow| {
        let (symbol, role) = marks::alert_row(alert);
        let spans = vec![
            ui.text(role, symbol),
            ui.text(Role::Muted, format!(" {}  ", format::full(alert.raised))),
            ui.text(Role::Text, format!("{:<30}  ", paint::fit(&ended(alert, ui.state.now), 30))),
            ui.text(Role::Muted, alert.finding.message.clone()),
        ];
        paint::clip(spans, wide)
    };
    page.earlier.iter().map(line).collect()
}

/// How an episode ended: `stood 3h 5m, false alarm`.
fn ended(alert: &AlertRow, now: Instant) -> String {
    let stood = format::duration((alert.ended.unwrap_or(now) - alert.raised).num_seconds().max(0) as f64);
    let how = match (alert.alarm, alert.normal) {
        (Some(alarm), _) => format!("{alarm} alarm"),
        (None, Some(_)) => "called normal".into(),
        (None, None) if alert.state.is_open() => "still open".into(),
        (None, None) => match alert.answered_by() {
            Some(who) => format!("resolved by {who}"),
            None => "over by itself".into(),
        },
    };
    format!("stood {stood}, {how}")
}
