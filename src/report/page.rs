//! The page: everything the template needs, worded and drawn.

use anyhow::Context;
use askama::Template;

use super::alerts::{AlertLine, RuleLine};
use super::findings::{FindingNote, findings};
use super::numbers::{self, dated, difference, headline, last, level, loss};
use super::sanitise::sanitised;
use super::svg::{bar, spark};
use super::tables::{RunRow, StandingRow};
use super::{alerts, diagnosis, drift, figures, tables, telling, why};
use crate::domain::alert::Severity;
use crate::domain::format::{bytes, count, duration, figure, share};
use crate::domain::model::ModelCard;
use crate::domain::story::{Story, StoryDay};

/// Days in the first table.
const RECENT: usize = 14;
/// Features shown.
const FEATURES: usize = 12;
/// Versions in the table of the contest.
const VERSIONS: usize = 20;

/// Renders the story as one self-contained HTML page, well under a megabyte for the longest story.
///
/// # Errors
/// When the template cannot be filled, which only a formatting failure of the standard library could cause.
pub fn render(story: &Story) -> anyhow::Result<String> {
    let story = sanitised(story);
    Page::of(&story).render().with_context(|| format!("the report of run {} could not be written", story.run))
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    story: &'a Story,
    started: String,
    headline: String,
    opening: Vec<String>,
    tiles: Vec<Tile>,
    metric: &'static str,
    loss: Option<&'static str>,
    difference: &'static str,
    strip: Option<String>,
    recent: Vec<DayRow>,
    every_day: String,
    days_chart: Option<String>,
    days: Vec<DayRow>,
    calendars: Option<(Vec<String>, String)>,
    metrics: String,
    metric_charts: Vec<(String, &'static str, String)>,
    runs: Vec<RunRow>,
    contest: Option<String>,
    versions: Vec<VersionRow>,
    how: Option<diagnosis::Block>,
    worst: Option<why::Block>,
    drift: Option<drift::Block>,
    findings: Vec<FindingNote>,
    alerts: String,
    alert_tables: Vec<(&'static str, Vec<AlertLine>)>,
    rules: Vec<RuleLine>,
    model: Option<ModelBlock>,
    files: Vec<FileRow>,
    stages: Vec<StageRow>,
    total: String,
    rejects: Vec<RejectRow>,
    models: Vec<(&'static str, &'a ModelCard)>,
}

/// One figure at a glance.
struct Tile {
    label: String,
    value: String,
    note: String,
    spark: String,
}

struct DayRow {
    day: String,
    rows: String,
    predicted: String,
    actual: String,
    difference: String,
    labelled: String,
    headline: String,
    loss: String,
    bar: String,
    unusual: bool,
}

struct VersionRow {
    version: i64,
    made: String,
    algorithm: String,
    verdict: String,
    reason: String,
    loss: [String; 3],
    headline: [String; 3],
}

struct FileRow {
    key: String,
    size: String,
    rows: String,
    rejected: String,
    state: String,
    reason: String,
}

struct StageRow {
    name: String,
    state: String,
    seconds: String,
    usual: String,
    memory: String,
    summary: String,
    bar: String,
}

struct RejectRow {
    column: String,
    reason: String,
    rows: String,
    bar: String,
}

struct ModelBlock {
    title: String,
    trained: String,
    checks: Vec<(bool, String, String)>,
    features: Vec<(String, String, String)>,
    left: usize,
    /// Who took part in the contest, and who was tried in the search before it.
    standings: [Vec<StandingRow>; 2],
}

impl<'a> Page<'a> {
    fn of(story: &'a Story) -> Self {
        let mut opening = telling::opening(story).into_iter();
        let top = story.days.iter().filter_map(|d| d.predicted).fold(0.0, f64::max);
        let row = |d: &StoryDay| day_row(story, d, top);
        let (metric, name) = (headline(story.task).0, loss(story.task));
        Page {
            story,
            started: story.started.format("%a %-d %B %Y, %H:%M UTC").to_string(),
            headline: opening.next().unwrap_or_default(),
            opening: opening.collect(),
            tiles: tiles(story),
            metric,
            loss: (name != metric).then_some(name),
            difference: if story.task.of_classes() { "Difference, points" } else { "Difference" },
            strip: figures::this_run(story),
            recent: story.days.iter().rev().take(RECENT).map(row).collect(),
            every_day: telling::every_day(story),
            days_chart: figures::every_day(story),
            days: story.days.iter().rev().map(row).collect(),
            calendars: figures::calendars(story),
            metrics: telling::metrics(story),
            metric_charts: figures::metrics(story),
            runs: tables::runs(story),
            contest: figures::contest(story),
            versions: versions(story),
            how: diagnosis::block(story),
            worst: why::block(story),
            drift: drift::block(story),
            findings: findings(story),
            alerts: alerts::sentence(story),
            alert_tables: alerts::tables(story),
            rules: alerts::rules(story),
            model: story.champion.as_ref().or(story.challenger.as_ref()).map(model_block),
            files: files(story),
            stages: stages(story),
            total: duration(story.stages.iter().filter_map(|s| s.seconds).sum()),
            rejects: rejects(story),
            models: [("Model that serves", &story.champion), ("Newest model", &story.challenger)]
                .into_iter()
                .filter_map(|(role, card)| Some((role, card.as_ref()?)))
                .collect(),
        }
    }
}

fn tiles(story: &Story) -> Vec<Tile> {
    let usual = |values: &[f64], text: &dyn Fn(f64) -> String| {
        numbers::usual(values).map_or("too early to say what is usual".to_owned(), |u| {
            format!("usually {} to {}", text(u.low), text(u.high))
        })
    };
    let mut tiles = Vec::new();
    if let Some((_, mean)) = story.predicted.filter(|(rows, _)| *rows > 0) {
        let values: Vec<f64> = story.days.iter().filter_map(|d| d.predicted).collect();
        let past = last(&story.days, numbers::WINDOW, |d| d.predicted);
        tiles.push(Tile {
            label: "Mean prediction".to_owned(),
            value: level(story.task, mean),
            note: usual(&past, &|v| level(story.task, v)),
            spark: spark(tail(&values), "predicted"),
        });
    }
    let metric = |label: String, f: fn(&StoryDay) -> Option<f64>| {
        let values = last(&story.days, numbers::WINDOW, f);
        values.last().map(|v| Tile {
            label,
            value: figure(*v),
            note: usual(&values, &figure),
            spark: spark(&values, "predicted"),
        })
    };
    tiles.extend(metric(format!("{}, last judged day", headline(story.task).0), |d| d.headline));
    if story.task.of_classes() {
        tiles.extend(metric("Log loss, last judged day".to_owned(), |d| d.loss));
    }
    let read: u64 = story.files.iter().filter_map(|f| f.rows).sum();
    let rejected: u64 = story.files.iter().filter_map(|f| f.rejected).sum();
    if read > 0 {
        tiles.push(Tile {
            label: "Rows read".to_owned(),
            value: count(read),
            note: match rejected {
                0 => "none rejected".to_owned(),
                n => format!("{} rejected ({})", count(n), share(n as f64 / read as f64)),
            },
            spark: String::new(),
        });
    }
    tiles.truncate(4);
    tiles
}

fn tail(values: &[f64]) -> &[f64] {
    &values[values.len().saturating_sub(numbers::WINDOW)..]
}

fn day_row(story: &Story, day: &StoryDay, top: f64) -> DayRow {
    let text = |v: Option<f64>| v.map_or("–".to_owned(), |v| level(story.task, v));
    let metric = |v: Option<f64>| v.map_or("–".to_owned(), figure);
    let miss = day.actual.zip(day.predicted).map(|(a, p)| a - p);
    DayRow {
        day: dated(&day.day),
        rows: count(day.rows),
        predicted: text(day.predicted),
        actual: text(day.actual),
        difference: miss.map_or("–".to_owned(), |m| difference(story.task, m)),
        labelled: day.labelled.map_or("–".to_owned(), |l| format!("{:.0} %", (l * 100.0).floor())),
        headline: metric(day.headline),
        loss: metric(day.loss),
        bar: if top > 0.0 { bar(day.predicted.unwrap_or(0.0) / top, "predicted") } else { String::new() },
        unusual: figures::is_unusual(story, day.predicted),
    }
}

fn versions(story: &Story) -> Vec<VersionRow> {
    let text = |(a, b, c): (Option<f64>, Option<f64>, Option<f64>)| [a, b, c].map(|v| v.map_or("–".to_owned(), figure));
    story
        .models
        .iter()
        .rev()
        .take(VERSIONS)
        .map(|m| VersionRow {
            version: m.version,
            made: m.made.format("%Y-%m-%d %H:%M").to_string(),
            algorithm: m.algorithm.clone(),
            verdict: m.verdict.clone(),
            reason: m.reason.clone(),
            loss: text(m.loss),
            headline: text(m.headline),
        })
        .collect()
}

fn files(story: &Story) -> Vec<FileRow> {
    let text = |n: Option<u64>| n.map_or("–".to_owned(), count);
    story
        .files
        .iter()
        .map(|f| FileRow {
            key: f.key.clone(),
            size: bytes(f.bytes),
            rows: text(f.rows),
            rejected: text(f.rejected),
            state: f.state.clone(),
            reason: f.reason.clone(),
        })
        .collect()
}

fn stages(story: &Story) -> Vec<StageRow> {
    let longest = story.stages.iter().filter_map(|s| s.seconds).fold(0.0, f64::max);
    story
        .stages
        .iter()
        .map(|s| StageRow {
            name: s.name.clone(),
            state: s.state.clone(),
            seconds: s.seconds.map_or("–".to_owned(), duration),
            usual: s.usual_seconds.map_or("–".to_owned(), duration),
            memory: s.peak_memory.map_or("–".to_owned(), bytes),
            summary: s.summary.clone(),
            bar: s.seconds.filter(|_| longest > 0.0).map_or(String::new(), |took| bar(took / longest, "second")),
        })
        .collect()
}

fn rejects(story: &Story) -> Vec<RejectRow> {
    let most = story.rejects.iter().map(|(_, _, n)| *n).max().unwrap_or(0);
    story
        .rejects
        .iter()
        .take(20)
        .map(|(column, reason, rows)| RejectRow {
            column: if column.is_empty() { "whole row".to_owned() } else { column.clone() },
            reason: reason.clone(),
            rows: count(*rows),
            bar: bar(*rows as f64 / most.max(1) as f64, "second"),
        })
        .collect()
}

fn model_block(card: &ModelCard) -> ModelBlock {
    let day = |at: Option<crate::domain::Instant>| at.map(|at| at.format("%-d %B %Y").to_string());
    let span = match (day(card.from), day(card.to)) {
        (Some(from), Some(to)) => format!(", {from} to {to}"),
        _ => String::new(),
    };
    let top = card.importance.first().map_or(1.0, |(_, gain)| gain.max(1e-12));
    ModelBlock {
        title: format!("Version {} ({})", card.version, card.algorithm),
        trained: format!("trained on {} rows{span}", count(card.rows)),
        checks: card.decision.checks.iter().map(|c| (c.passed, c.name.clone(), c.detail.clone())).collect(),
        features: card
            .importance
            .iter()
            .take(FEATURES)
            .map(|(name, gain)| (name.clone(), share(*gain), bar(gain / top, "predicted")))
            .collect(),
        left: card.importance.len().saturating_sub(FEATURES),
        standings: [&card.contest, &card.standings].map(|of| tables::standings(of)),
    }
}

/// A severity's symbol: never colour alone.
fn symbol(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "▲",
        Severity::Warning => "△",
        Severity::Info => "○",
    }
}
