//! The report's figures, drawn from the story.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::numbers::{MIN_DAYS, dated, headline, level, loss, usual, usual_prediction};
use super::svg::{Axis, Calendar, LineChart, Mark, Series, Strip, Style, ramp};
use crate::domain::format;
use crate::domain::model::Verdict;
use crate::domain::plan::Task;
use crate::domain::quantile::{median, quantile};
use crate::domain::story::{Story, StoryDay, StoryModel};

/// Judged days a band looks back over.
const BAND_DAYS: usize = 56;
/// Days a smoothed line looks back over.
const SMOOTH: usize = 7;
/// A silence of more days than this breaks a line: shorter ones are weekends.
const GAP_DAYS: f64 = 4.0;

/// Days with their dates; what is not a date cannot be placed.
fn placed(story: &Story) -> Vec<(NaiveDate, &StoryDay)> {
    let mut days: Vec<_> = story.days.iter().filter_map(|d| Some((d.day.parse().ok()?, d))).collect();
    days.sort_by_key(|(date, _)| *date);
    days.dedup_by_key(|(date, _)| *date);
    days
}

/// This run's mean prediction among those of the days before.
pub fn this_run(story: &Story) -> Option<String> {
    let (rows, mean) = story.predicted.filter(|(rows, mean)| *rows > 0 && mean.is_finite())?;
    let usual = usual_prediction(story)?;
    let others: Vec<(f64, String)> = placed(story)
        .iter()
        .rev()
        .filter_map(|(_, d)| Some((d.predicted?, format!("{}: {}", dated(&d.day), level(story.task, d.predicted?)))))
        .take(90)
        .collect();
    let text = |v: f64| level(story.task, v);
    let description = format!(
        "The mean prediction of this run, {}, over {}, among the {} days before: usually {} to {}, in the middle {}.",
        text(mean),
        format::counted(rows, "row"),
        others.len(),
        text(usual.low),
        text(usual.high),
        text(usual.middle)
    );
    let strip = Strip {
        id: "this-run",
        title: "This run among the days before",
        description: &description,
        others,
        usual: [usual.low, usual.middle, usual.high].map(|v| (v, text(v))),
        this: (mean, format!("this run {}", text(mean))),
    };
    Some(strip.draw())
}

/// Predicted and actual level of every day, with the band eight of ten outcomes lie in.
pub fn every_day(story: &Story) -> Option<String> {
    let days = placed(story);
    days.iter().find(|(_, d)| d.predicted.is_some())?;
    let hints = days.iter().map(|(_, d)| day_hint(story.task, d)).collect();
    let description = format!(
        "{} days from {} to {}. The table below holds the same figures.",
        days.len(),
        days.first()?.0,
        days.last()?.0
    );
    // Single days joined by a line are readable for a season; over a year only the cloud is.
    let style = if days.len() > 120 { Style::Dots } else { Style::LineAndDots };
    LineChart {
        id: "every-day",
        title: "Predicted and actual, day by day",
        description: &description,
        axis: day_axis(&days),
        series: vec![
            series("actual", "actual", style, days.iter().map(|(_, d)| d.actual)),
            series("predicted", "predicted", Style::Line, days.iter().map(|(_, d)| d.predicted)),
        ],
        band: outcome_band(story.task, &days),
        marks: Vec::new(),
        hints,
        percent: story.task.of_classes(),
        height: 300.0,
    }
    .draw()
}

/// Where eight of ten outcomes would lie around each day's prediction, judged by the misses of the days before.
fn outcome_band(task: Task, days: &[(NaiveDate, &StoryDay)]) -> Vec<Option<(f64, f64)>> {
    let mut misses: Vec<f64> = Vec::new();
    let mut band = Vec::with_capacity(days.len());
    for (_, day) in days {
        let recent = &misses[misses.len().saturating_sub(BAND_DAYS)..];
        band.push(day.predicted.filter(|_| recent.len() >= 2 * MIN_DAYS).and_then(|p| {
            let (low, high) = (p + quantile(recent, 0.1)?, p + quantile(recent, 0.9)?);
            Some(if task.of_classes() { (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)) } else { (low, high) })
        }));
        if let (Some(predicted), Some(actual)) = (day.predicted, day.actual) {
            misses.push(actual - predicted);
        }
    }
    band
}

/// Calendars of predictions and outcomes on one scale, and its legend.
pub fn calendars(story: &Story) -> Option<(Vec<String>, String)> {
    let days = placed(story);
    let all: Vec<f64> = days.iter().flat_map(|(_, d)| [d.predicted, d.actual]).flatten().collect();
    // The ends of the scale: single far days must not wash out all others.
    let range = (quantile(&all, 0.02)?, quantile(&all, 0.98)?);
    let draw = |id, title, class, value: fn(&StoryDay) -> Option<f64>| {
        let days: BTreeMap<NaiveDate, (f64, String)> =
            days.iter().filter_map(|(date, d)| Some((*date, (value(d)?, day_hint(story.task, d))))).collect();
        let description = "A column a week, a row a weekday; the stronger the colour the higher.";
        Calendar { id, title, description, class, days, range }.draw()
    };
    let calendars = [
        draw("calendar-predicted", "Predicted, as a calendar", "predicted", |d| d.predicted),
        draw("calendar-actual", "Actual, as a calendar", "actual", |d| d.actual),
    ];
    let legend = ramp("neutral", &level(story.task, range.0), &level(story.task, range.1));
    Some((calendars.into_iter().flatten().collect(), legend))
}

/// The headline metric and the loss of every judged day, once when they are the same, and what the bounds of predictions
/// held: of each its name, how to read it, and the chart.
pub fn metrics(story: &Story) -> Vec<(String, &'static str, String)> {
    let how = if headline(story.task).1 { "Higher is better; 0.5 is a coin." } else { "Lower is better." };
    type Value = fn(&StoryDay) -> Option<f64>;
    let mut wanted: Vec<(&str, &str, &'static str, Value)> =
        vec![("metric-headline", headline(story.task).0, how, |d| d.headline)];
    if headline(story.task).0 != loss(story.task) {
        wanted.push(("metric-loss", "Log loss", "Lower is better.", |d| d.loss));
    }
    if story.days.iter().any(|day| day.coverage.is_some()) {
        let share = "It should be about the share that was asked for.";
        wanted.push(("metric-coverage", "Share of outcomes between their bounds", share, |d| d.coverage));
        wanted.push(("metric-width", "Mean width of the bounds", "Narrower says more, as long as they hold.", |d| {
            d.width
        }));
    }
    let draw = |(id, name, how, value): (&str, &str, &'static str, Value)| {
        Some((name.to_owned(), how, metric(story, id, name, value)?))
    };
    wanted.into_iter().filter_map(draw).collect()
}

fn metric(story: &Story, id: &str, name: &str, value: fn(&StoryDay) -> Option<f64>) -> Option<String> {
    let days = placed(story);
    let values: Vec<Option<f64>> = days.iter().map(|(_, d)| value(d).filter(|v| v.is_finite())).collect();
    let smooth = (0..values.len()).map(|i| {
        let known: Vec<f64> = values[..=i].iter().rev().flatten().copied().take(SMOOTH).collect();
        values[i].and(median(&known)).filter(|_| known.len() == SMOOTH)
    });
    let title = format!("{name} of each day, judged when its outcomes had come in");
    let description = "Dots are single days, the line is the median of the last seven judged days.";
    LineChart {
        id,
        title: &title,
        description,
        axis: day_axis(&days),
        series: vec![
            series("each day", "second", Style::Dots, values.iter().copied()),
            series("7-day median", "predicted", Style::Line, smooth),
        ],
        band: Vec::new(),
        marks: Vec::new(),
        hints: days
            .iter()
            .zip(&values)
            .map(|((_, d), v)| format!("{}: {}", dated(&d.day), v.map_or("not judged".to_owned(), format::figure)))
            .collect(),
        percent: false,
        height: 190.0,
    }
    .draw()
}

/// Challenger, champion and baseline on the holdout, version by version, promotions marked.
pub fn contest(story: &Story) -> Option<String> {
    if story.models.len() < 2 {
        return None;
    }
    let models = &story.models;
    let name = loss(story.task);
    let title = format!("{name} on the holdout, version by version");
    let description = "Lower is better. Each version is judged on its own holdout, the newest days at that time, \
                       against the champion of that time and the baseline.";
    LineChart {
        id: "contest",
        title: &title,
        description,
        axis: version_axis(models),
        series: vec![
            series("baseline", "baseline", Style::Dashed, models.iter().map(|m| m.loss.2)),
            series("champion", "predicted", Style::Line, models.iter().map(|m| m.loss.1)),
            series("challenger", "actual", Style::LineAndDots, models.iter().map(|m| m.loss.0)),
        ],
        band: Vec::new(),
        marks: models
            .iter()
            .enumerate()
            .filter(|(_, m)| m.verdict == Verdict::Promoted.name())
            .map(|(index, m)| Mark { index, label: format!("▲ v{}", m.version) })
            .collect(),
        hints: models.iter().map(|m| format!("version {}: {}, {}", m.version, m.verdict, m.reason)).collect(),
        percent: false,
        height: 220.0,
    }
    .draw()
}

fn series<'a>(name: &'a str, class: &'a str, style: Style, values: impl Iterator<Item = Option<f64>>) -> Series<'a> {
    Series { name, class, style, values: values.collect() }
}

fn day_hint(task: Task, day: &StoryDay) -> String {
    let part =
        |name: &str, value: Option<f64>| value.map(|v| format!(", {name} {}", level(task, v))).unwrap_or_default();
    format!(
        "{}: {}{}{}",
        dated(&day.day),
        format::counted(day.rows, "row"),
        part("predicted", day.predicted),
        part("actual", day.actual)
    )
}

fn day_axis(days: &[(NaiveDate, &StoryDay)]) -> Axis {
    let positions: Vec<f64> = days.iter().map(|(d, _)| f64::from(d.num_days_from_ce())).collect();
    let span = positions.last().copied().unwrap_or(0.0) - positions.first().copied().unwrap_or(0.0);
    let every_months = (span / 400.0).ceil().max(1.0) as u32;
    let wanted = |d: &NaiveDate| match span as i64 {
        ..=10 => true,
        11..=110 => d.weekday().num_days_from_monday() == 0 && (span <= 70.0 || d.iso_week().week().is_multiple_of(2)),
        _ => d.day() == 1 && d.month0().is_multiple_of(every_months),
    };
    let label = |d: &NaiveDate| match span as i64 {
        ..=110 => d.format("%-d %b").to_string(),
        _ if d.month() == 1 => d.format("%Y").to_string(),
        _ => d.format("%b").to_string(),
    };
    let ticks = match (days.first(), days.last()) {
        (Some((first, _)), Some((last, _))) => first
            .iter_days()
            .take_while(|d| d <= last)
            .filter(|d| wanted(d))
            .map(|d| (f64::from(d.num_days_from_ce()), label(&d)))
            .collect(),
        _ => Vec::new(),
    };
    Axis { positions, ticks, gap: GAP_DAYS }
}

fn version_axis(models: &[StoryModel]) -> Axis {
    let every = models.len().div_ceil(16).max(1);
    Axis {
        positions: (0..models.len()).map(|i| i as f64).collect(),
        ticks: models
            .iter()
            .enumerate()
            .filter(|(i, _)| (models.len() - 1 - i).is_multiple_of(every))
            .map(|(i, m)| (i as f64, format!("v{}", m.version)))
            .collect(),
        gap: 1.5,
    }
}

/// Whether a day's level lies outside what is usual for the days of the story.
pub fn is_unusual(story: &Story, value: Option<f64>) -> bool {
    let all: Vec<f64> = story.days.iter().filter_map(|d| d.predicted).collect();
    match (usual(&all), value) {
        (Some(usual), Some(value)) => {
            let reach = (usual.high - usual.low).max(1e-12);
            value > usual.high + reach || value < usual.low - reach
        }
        _ => false,
    }
}
