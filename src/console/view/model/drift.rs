//! How the rows of the newest run differ from those the version was trained on, and what is expected of it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{figure, said};
use crate::console::format;
use crate::console::load::drift::DriftPage;
use crate::console::place::List;
use crate::console::theme::Role;
use crate::console::view::{Ui, scroll};
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::curve::{Axes, Look as Drawn, Trace};
use crate::console::widgets::{bar, chart, paint};
use crate::domain::drift::{Estimate, Measured, Moved, kept};
use crate::domain::format::share;

/// Columns of a bar.
const BAR: usize = 8;
/// Runs in the heat of a feature.
const RUNS: usize = 14;
/// Columns of the table where something stands beside it.
const TABLE: u16 = 68;

/// Draws the list of features, the one under the cursor, and what is expected.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &DriftPage) {
    let of = &page.account;
    let span = of.from.zip(of.to).map(|(from, to)| {
        let (from, to) = (from.date_naive(), to.date_naive());
        if from == to { format!(" of {from}") } else { format!(" of {from} to {to}") }
    });
    let basis = format!(
        "run {}: {} rows{} against the {} it was trained on{}",
        of.run,
        format::count(of.rows),
        span.unwrap_or_default(),
        format::count(of.reference),
        together(page)
    );
    paint::line(buf, paint::row(area, 0), &ui.line(Role::Muted, paint::fit(&basis, usize::from(area.width))));
    let told = of.estimates.iter().filter(|one| one.day.is_none()).map(estimate).collect::<Vec<_>>().join(" · ");
    let used = 1 + u16::from(!told.is_empty() && area.height > 12);
    if used > 1 {
        paint::line(buf, paint::row(area, 1), &ui.line(Role::Text, paint::fit(&told, usize::from(area.width))));
    }
    let area = paint::below(area, used + u16::from(area.height > 24));
    let beside = area.width >= 110;
    let wanted = of.features.len() as u16 + 3;
    let height = if beside { area.height } else { wanted.min(area.height.div_ceil(2)) };
    let list = Rect { width: if beside { TABLE } else { area.width }, height, ..area };
    table(ui, list, buf, page);
    let rest = if beside { paint::indent(area, TABLE + 2) } else { paint::below(area, height) };
    let chosen = ui.state.selected_index(List::Moved).and_then(|index| page.moved(index));
    let used = chosen.map_or(0, |moved| one(ui, rest, buf, moved, beside));
    if beside {
        expected(ui, paint::below(rest, used + 1), buf, page);
    }
}

/// `AUC 0.694 expected (usual 0.660 to 0.750), 0.688 with 83.0 % of the outcomes known`.
fn estimate(of: &Estimate) -> String {
    let usual = of.band.map(|(low, high)| format!(" (usual {} to {})", format::figure(low), format::figure(high)));
    let known = match (of.actual, of.known) {
        (Some(was), Some(known)) => format!(", {} with {} of the outcomes known", format::figure(was), share(known)),
        (None, Some(known)) if known > 0.0 => format!(", {} of the outcomes known", share(known)),
        _ => String::new(),
    };
    let (metric, value) = (format::metric(&of.metric), format::figure(of.value));
    format!("{metric} {value} expected{}{known}", usual.unwrap_or_default())
}

impl DriftPage {
    /// The features, then the predictions.
    pub fn moved(&self, index: usize) -> Option<&Moved> {
        self.account.features.iter().chain(&self.account.score).nth(index)
    }
}

fn together(page: &DriftPage) -> String {
    page.account.classifier.as_ref().map_or_else(String::new, |of| {
        let by = of.features.first().map(|(name, _)| format!(", most by {name}")).unwrap_or_default();
        format!(" · told apart with AUC {:.2} ({:.2} to {:.2}){by}", of.auc, of.low, of.high)
    })
}

fn table(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &DriftPage) {
    let shown = scroll::shown(ui, List::Moved, area.height.saturating_sub(2));
    let moved = page.account.features.iter().filter(|one| one.drift() > 1.0).count();
    let note = match (shown.note.as_str(), moved) {
        ("", 0) => "as the training rows are".to_owned(),
        ("", moved) => format!("{moved} beyond the usual"),
        (note, _) => note.to_owned(),
    };
    ui.heading(buf, paint::row(area, 0), "features, what weighs most first", &note);
    let columns = vec![
        Column::new("", 10).grow(1),
        Column::new("gain", 7).right(),
        Column::new("PSI", 5).right(),
        Column::new("of usual", 8).right(),
        Column::new("weight", BAR as u16).rank(2),
        Column::new("newest runs", RUNS as u16).rank(1),
    ];
    let most = page.account.features.iter().map(Moved::weight).fold(0.0, f64::max);
    let rows = shown.rows.iter().filter_map(|index| page.moved(*index)).map(|moved| row(ui, page, moved, most));
    let rows = rows.collect();
    Table { columns, rows, selected: shown.selected, focused: true }.draw(buf, paint::below(area, 1), ui.theme);
}

fn row(ui: Ui<'_>, page: &DriftPage, moved: &Moved, most: f64) -> Vec<Line<'static>> {
    let drift = moved.drift();
    let (mark, role) = if drift > 1.0 { ("△ ", Role::Warn) } else { ("", Role::Text) };
    let is_score = page.account.score.as_ref().is_some_and(|score| std::ptr::eq(score, moved));
    let name = if is_score { "the predictions".to_owned() } else { moved.name.clone() };
    let weight = bar::spans(moved.weight() / most.max(1e-12), BAR, Role::First, ui.theme);
    vec![
        Line::from(vec![ui.text(role, mark), ui.text(Role::Text, name)]),
        ui.number((!is_score).then(|| share(moved.importance))),
        ui.number(Some(format!("{:.2}", moved.psi.value))),
        ui.line(role, format!("{drift:.1}x")),
        if is_score { Line::default() } else { Line::from(weight) },
        if is_score { Line::default() } else { heat(ui, page, &moved.name) },
    ]
}

/// A cell a run, the newest at the right: the denser the farther, coloured beyond the usual.
fn heat(ui: Ui<'_>, page: &DriftPage, name: &str) -> Line<'static> {
    let newest = &page.looks[page.looks.len().saturating_sub(RUNS)..];
    let cell = |drift: Option<f64>| -> Span<'static> {
        match drift {
            None => ui.text(Role::Faint, " "),
            Some(d) if d > 2.0 => ui.text(Role::Warn, "█"),
            Some(d) if d > 1.0 => ui.text(Role::Warn, "▓"),
            Some(d) if d > 0.5 => ui.text(Role::Muted, "░"),
            Some(_) => ui.text(Role::Faint, "·"),
        }
    };
    let cells = newest.iter().map(|run| run.features.iter().find(|f| f.name == name).map(|f| f.drift()));
    Line::from(cells.map(cell).collect::<Vec<_>>())
}

/// The bins of a feature and its other figures; answers the rows used.
fn one(ui: Ui<'_>, area: Rect, buf: &mut Buffer, moved: &Moved, wide: bool) -> u16 {
    ui.heading(buf, paint::row(area, 0), &moved.name, "share of rows: trained on, now");
    let told = words(moved);
    let foot = if wide { 4 } else { u16::from(area.height > 8) * 2 };
    let inner = paint::indent(paint::below(area, 1), 2);
    let room = usize::from(inner.height.saturating_sub(foot)).min(if wide { 14 } else { 12 });
    let names = moved.bins.iter().map(|bin| paint::width(&bin.name)).max().unwrap_or(0).min(18);
    let filled: Vec<_> = moved.bins.iter().filter(|bin| bin.reference > 0.0 || bin.batch > 0.0).collect();
    let most = filled.iter().flat_map(|bin| [bin.reference, bin.batch]).fold(0.0, f64::max);
    let length = usize::from(inner.width).saturating_sub(names + 20).div_euclid(2).min(18);
    for (n, bin) in filled.iter().take(room).enumerate() {
        let bar = |share: f64, role| bar::spans(share / most.max(1e-12), length, role, ui.theme);
        let figure = |share: f64| format!(" {:>5.1} % ", share * 100.0);
        let mut spans = vec![ui.text(Role::Muted, format!("{:<names$} ", paint::fit(&bin.name, names)))];
        spans.extend(bar(bin.reference, Role::Second));
        spans.push(ui.text(Role::Text, figure(bin.reference)));
        spans.extend(bar(bin.batch, Role::First));
        spans.push(ui.text(Role::Strong, figure(bin.batch)));
        paint::line(buf, paint::row(inner, n as u16), &Line::from(spans));
    }
    let used = filled.len().min(room) as u16 + 1;
    let below = Rect { height: foot.min(area.height.saturating_sub(used)), ..paint::below(area, used) };
    said(ui, below, buf, &told);
    used + foot
}

/// Its other figures, and the levels that came and went.
fn words(moved: &Moved) -> Vec<String> {
    let one = |name: &str, of: Option<Measured>| {
        let of = of?;
        let usual = of.limit.map(|limit| format!(" (usual to {limit:.2})")).unwrap_or_default();
        Some(format!("{name} {:.2}{usual}", of.value))
    };
    let figures = [
        Some(format!("p {:.0e}", moved.p)),
        one("JS", Some(moved.js)),
        one("KS", moved.ks),
        one("W1/σ", moved.wasserstein),
        moved.cramer_v.map(|v| format!("V {v:.2}")),
        moved.out_of_range.map(|of| format!("{} out of range", share(of))),
        moved.new_share.map(|of| format!("{} new levels", share(of))),
    ];
    let named = |levels: &[(String, u64)]| {
        levels
            .iter()
            .take(4)
            .map(|(name, rows)| format!("{name} ({})", format::count(*rows)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let new = (!moved.new_levels.is_empty()).then(|| format!("New: {}.", named(&moved.new_levels)));
    let gone =
        (!moved.vanished.is_empty()).then(|| format!("Gone, with the rows expected: {}.", named(&moved.vanished)));
    let figures: Vec<String> = figures.into_iter().flatten().collect();
    std::iter::once(figures.join(", ")).chain(new).chain(gone).collect()
}

/// What the figure is expected to be day by day, its band, and what it was.
fn expected(ui: Ui<'_>, area: Rect, buf: &mut Buffer, page: &DriftPage) {
    if page.expected.is_empty() || area.height < 8 {
        return;
    }
    let points = |value: &dyn Fn(&crate::domain::drift::Expected) -> Option<f64>| -> Vec<(f64, f64)> {
        page.expected.iter().enumerate().filter_map(|(n, day)| Some((n as f64, value(day)?))).collect()
    };
    let trace = |points, role, look| Trace { points, role, look };
    let traces = [
        trace(points(&|day| Some(day.band?.0)), Role::Faint, Drawn::Line),
        trace(points(&|day| Some(day.band?.1)), Role::Faint, Drawn::Line),
        trace(points(&|day| Some(day.value)), Role::First, Drawn::Line),
        trace(points(&|day| day.actual), Role::Second, Drawn::Marks),
    ];
    let values = traces.iter().flat_map(|trace| trace.points.iter().map(|point| point.1));
    let y = chart::scale(values, usize::from(area.height / 4).clamp(1, 4)).unwrap_or((0.0, 1.0, 1.0));
    let labels: Vec<String> = page.expected.iter().map(|day| day.day.clone()).collect();
    let axes = Axes { x: (0.0, labels.len().saturating_sub(1) as f64), y, labels };
    let title = format!("{} expected before the outcomes", page.metric.replace('_', " "));
    let key = match kept(&page.expected) {
        (_, 0) => "━━ expected, in its band · ● what it was".to_owned(),
        (inside, judged) => format!("━━ expected · ● was, on {inside} of {judged} days in the band"),
    };
    figure(ui, area, buf, (&title, "if only the mix of rows changed", &key), &axes, &traces);
}
