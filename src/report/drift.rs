//! Are the rows those the model was trained on? What the run said of them, worded and drawn.

use chrono::{Datelike, NaiveDate};

use super::numbers::dated;
use super::svg::{Axis, Canvas, LineChart, Pairs, Plane, Series, Style, Trace};
use crate::domain::drift::{Account, Expected, Moved};
use crate::domain::format::{count, counted, figure, share};
use crate::domain::story::Story;

/// Features in the table.
const FEATURES: usize = 20;
/// Features whose bins are drawn.
const DRAWN: usize = 4;
/// Runs in the heat of a feature.
const RUNS: usize = 30;
/// A small chart.
const SMALL: (f64, f64) = (440.0, 220.0);

/// Everything the section says.
pub struct Block {
    /// The answer in a few sentences.
    pub sentences: Vec<String>,
    /// Features: name, share of gain, index, usual up to, times the usual, missing, unknown values, heat of the runs.
    pub features: Vec<[String; 8]>,
    /// How important features are over how far they moved.
    pub quadrants: Option<String>,
    /// Names and bins of the features that weigh most.
    pub bins: Vec<(String, String)>,
    /// The same as a table: feature, bin, trained on, now.
    pub shares: Vec<[String; 4]>,
    /// A figure expected before the outcomes, and what it was.
    pub expected: Option<(String, String)>,
    /// The same as a table: day, expected, usual, what it was.
    pub days: Vec<[String; 4]>,
}

/// The section, when the run said something of its rows.
pub fn block(story: &Story) -> Option<Block> {
    let of = story.drift.as_ref()?;
    let drawn: Vec<&Moved> = of.features.iter().take(DRAWN).collect();
    let (metric, days) = story.expected.as_ref().map_or(("", &[][..]), |(metric, days)| (metric.as_str(), days));
    Some(Block {
        sentences: sentences(of),
        features: of.features.iter().chain(&of.score).take(FEATURES).map(|one| row(story, one)).collect(),
        quadrants: quadrants(of),
        bins: drawn.iter().enumerate().filter_map(|(n, one)| Some((one.name.clone(), bins(n, one)?))).collect(),
        shares: drawn
            .iter()
            .flat_map(|one| {
                one.bins.iter().map(|bin| [one.name.clone(), bin.name.clone(), share(bin.reference), share(bin.batch)])
            })
            .collect(),
        expected: expected(metric, days),
        days: days.iter().map(day).collect(),
    })
}

fn sentences(of: &Account) -> Vec<String> {
    let far: Vec<&Moved> = of.features.iter().filter(|one| one.drift() > 1.0).collect();
    let basis = format!(
        "{} of this run against the {} that version {} was trained on.",
        counted(of.rows, "row"),
        count(of.reference),
        of.version
    );
    let moved = match far.as_slice() {
        [] => "No feature lies farther from them than parts of the training rows do.".to_owned(),
        [one, others @ ..] => {
            let more = if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
            format!(
                "Farther from them than parts of the training rows are: {} ({} of the usual, {} of the gain){more}.",
                one.name,
                times(one.drift()),
                share(one.importance)
            )
        }
    };
    let together = of.classifier.as_ref().map(|all| {
        let by = all.features.first().map(|(name, gain)| format!(", {} of it by {name}", share(*gain)));
        format!(
            "A small model tells them apart with AUC {} ({} to {}){}.",
            figure(all.auc),
            figure(all.low),
            figure(all.high),
            by.unwrap_or_default()
        )
    });
    let sampled = (of.sampled < of.rows)
        .then(|| format!("Distances that need an order look at {}, evenly spaced.", counted(of.sampled, "row")));
    [Some(basis), Some(moved), together, sampled].into_iter().flatten().collect()
}

fn row(story: &Story, one: &Moved) -> [String; 8] {
    let usual = one.psi.limit.map_or("–".to_owned(), figure);
    let unknown = one.out_of_range.or(one.new_share).map_or("–".to_owned(), share);
    [
        one.name.clone(),
        share(one.importance),
        figure(one.psi.value),
        usual,
        times(one.drift()),
        share(one.missing.1),
        unknown,
        heat(story, &one.name),
    ]
}

fn times(drift: f64) -> String {
    format!("{}x", figure(drift))
}

/// A cell a run, deeper the farther; an ornament beside the figure of the newest.
fn heat(story: &Story, name: &str) -> String {
    let newest = &story.inputs[story.inputs.len().saturating_sub(RUNS)..];
    let mut canvas = Canvas::new();
    for (n, run) in newest.iter().enumerate() {
        let Some(input) = run.features.iter().find(|input| input.name == name) else { continue };
        let depth = (input.drift() * 3.0).clamp(0.0, 6.0) as usize;
        let hint = format!("run {}: {} of the usual", run.run, times(input.drift()));
        canvas.cell(&format!("cell predicted q{depth}"), (n as f64 * 7.0, 1.0), 6.0, Some(&hint));
    }
    canvas.ornament("heat", (RUNS as f64 * 7.0, 8.0))
}

/// The upper right is what to look at: important, and far.
fn quadrants(of: &Account) -> Option<String> {
    let points: Vec<(f64, f64)> = of.features.iter().map(|one| (one.drift().min(5.0), one.importance)).collect();
    let most = points.iter().map(|(_, importance)| *importance).fold(0.0, f64::max);
    let hints = of
        .features
        .iter()
        .map(|one| format!("{}: {} of the usual, {} of the gain", one.name, times(one.drift()), share(one.importance)));
    let line = |points| Trace { class: "baseline dashed", points, hints: Vec::new(), line: true };
    Plane {
        id: "drift-quadrants",
        title: "Importance over drift",
        description: "Right of the dashed line a feature is farther than usual; the higher the more the model goes by it.",
        axes: ("times the usual", "share of gain"),
        ends: (Some((0.0, 5.0)), Some((0.0, most.max(0.01)))),
        labels: Vec::new(),
        traces: vec![
            line(vec![(1.0, 0.0), (1.0, most.max(0.01))]),
            Trace { class: "predicted", points, hints: hints.collect(), line: false },
        ],
        size: SMALL,
    }
    .draw()
}

fn bins(n: usize, one: &Moved) -> Option<String> {
    let title = format!("{}: shares of rows, trained on and now", one.name);
    Pairs {
        id: &format!("drift-bins-{n}"),
        title: &title,
        description: "Grey: the training rows; coloured: the rows of this run. The table below holds the same figures.",
        bins: one.bins.iter().map(|bin| (bin.name.clone(), bin.reference, bin.batch)).collect(),
        size: SMALL,
    }
    .draw()
}

/// The chart with its caption.
fn expected(metric: &str, days: &[Expected]) -> Option<(String, String)> {
    let placed: Vec<(NaiveDate, &Expected)> =
        days.iter().filter_map(|day| Some((day.day.parse().ok()?, day))).collect();
    let (first, last) = (placed.first()?.0, placed.last()?.0);
    let name = metric.replace('_', " ");
    let series = |name, class, style, value: fn(&Expected) -> Option<f64>| Series {
        name,
        class,
        style,
        values: placed.iter().map(|(_, day)| value(day).filter(|v| v.is_finite())).collect(),
    };
    let every = placed.len().div_ceil(8).max(1);
    let title = format!("{name} of each day: expected before the outcomes, and what it was");
    let chart = LineChart {
        id: "drift-expected",
        title: &title,
        description: &format!("{first} to {last}. The table below holds the same figures."),
        axis: Axis {
            positions: placed.iter().map(|(day, _)| f64::from(day.num_days_from_ce())).collect(),
            ticks: placed
                .iter()
                .step_by(every)
                .map(|(day, _)| (f64::from(day.num_days_from_ce()), day.format("%-d %b").to_string()))
                .collect(),
            gap: 4.0,
        },
        series: vec![
            series("what it was", "actual", Style::Dots, |day| day.actual),
            series("expected", "predicted", Style::Line, |day| Some(day.value)),
        ],
        band: placed.iter().map(|(_, day)| day.band.filter(|(a, b)| a.is_finite() && b.is_finite())).collect(),
        marks: Vec::new(),
        hints: placed
            .iter()
            .map(|(_, of)| day(of))
            .map(|[day, value, usual, actual]| format!("{day}: expected {value}, usual {usual}, it was {actual}"))
            .collect(),
        percent: false,
        height: 220.0,
    }
    .draw()?;
    let caption = format!(
        "{name} as the predictions themselves let expect it, in the band of parts of the holdout. It holds while only the \
         mix of rows changes; a world that answers differently shows in what it was."
    );
    Some((caption, chart))
}

fn day(of: &Expected) -> [String; 4] {
    let usual = of.band.map_or("–".to_owned(), |(low, high)| format!("{} to {}", figure(low), figure(high)));
    [dated(&of.day), figure(of.value), usual, of.actual.map_or("not known yet".to_owned(), figure)]
}
