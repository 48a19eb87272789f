//! Metrics of runs. Only those of committed runs count in a series.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed, uint};
use crate::domain::Instant;
use crate::domain::metric::{Metric, Split};

/// A point of a metric's history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// A calendar day (`2013-03-01`) in a series by day, `run 17` in a series by run.
    pub label: String,
    /// The run that measured it.
    pub run: i64,
    /// The figure.
    pub value: f64,
    /// Rows behind it.
    pub n: u64,
    /// Version of the model that made the predictions.
    pub model: Option<i64>,
}

/// Records a figure.
pub fn record(tx: &Transaction<'_>, pipeline: &str, run: i64, stage: &str, metric: &Metric) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO metrics (pipeline, run, stage, name, value, n, split, who, model, day, column_name, first, last,
                              of_run)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        pipeline,
        run,
        stage,
        metric.name,
        metric.value,
        int(metric.n),
        metric.split.name(),
        metric.who,
        metric.model,
        metric.day,
        metric.column,
        metric.from.map(ms),
        metric.to.map(ms),
        metric.of_run,
    ])?;
    Ok(())
}

/// Forgets what one stage of a run measured (its next attempt measures anew).
pub fn forget(tx: &Transaction<'_>, run: i64, stage: &str) -> Result<()> {
    tx.execute("DELETE FROM metrics WHERE run = ?1 AND stage = ?2", params![run, stage])?;
    Ok(())
}

/// Copies what a reused stage measured to the rerun.
pub fn adopt(tx: &Transaction<'_>, from: i64, stage: &str, to: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO metrics (pipeline, run, stage, name, value, n, split, who, model, day, column_name, first, last,
                              of_run)
         SELECT pipeline, ?3, stage, name, value, n, split, who, model, day, column_name, first, last, of_run
         FROM metrics WHERE run = ?1 AND stage = ?2",
        params![from, stage, to],
    )?;
    Ok(())
}

/// Everything a run measured, in the order it was said, but for what it measured of the predictions of runs (see
/// [`of_predictions`]).
pub fn of_run(connection: &Connection, run: i64) -> Result<Vec<Metric>> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM metrics WHERE run = ?1 AND of_run IS NULL ORDER BY id")?;
    let rows = statement.query_map(params![run], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// What is known by now of the predictions that `run` made: of each figure the newest measurement of a committed run (or
/// of `run` itself), as outcomes that come late re-open it. `labelled` is the share of its rows that are judged.
pub fn of_predictions(connection: &Connection, run: i64) -> Result<Vec<Metric>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM (
             SELECT m.*, ROW_NUMBER() OVER (PARTITION BY m.name, m.who ORDER BY m.run DESC, m.id DESC) AS newest
             FROM metrics m JOIN runs r ON r.id = m.run
             WHERE m.of_run = ?1 AND (r.committed IS NOT NULL OR m.run = ?1))
         WHERE newest = 1 ORDER BY id",
    )?;
    let rows = statement.query_map(params![run], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The newest runs, at most `limit` up to `run`, whose predictions are known of: committed ones, and `run`; newest first.
pub fn predicting_runs(connection: &Connection, pipeline: &str, run: i64, limit: usize) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        // The plus keeps SQLite from walking all of the pipeline's figures instead of those about runs, newest first.
        "SELECT DISTINCT m.of_run FROM metrics m JOIN runs r ON r.id = m.run
         WHERE +m.pipeline = ?1 AND m.of_run <= ?2 AND (r.committed IS NOT NULL OR m.run = ?2)
         ORDER BY m.of_run DESC LIMIT ?3",
    )?;
    let rows = statement.query_map(params![pipeline, run, int(limit as u64)], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// First and last event time of the rows that committed runs predicted, of those runs that predicted any row from
/// `first` to `last`.
pub fn predicted_span(
    connection: &Connection,
    pipeline: &str,
    (first, last): (Instant, Instant),
) -> Result<Option<(Instant, Instant)>> {
    let mut statement = connection.prepare_cached(
        "SELECT MIN(m.first), MAX(m.last) FROM metrics m JOIN runs r ON r.id = m.run
         WHERE m.pipeline = ?1 AND m.name = 'labelled' AND m.of_run IS NOT NULL AND r.committed IS NOT NULL
           AND m.first <= ?3 AND m.last >= ?2",
    )?;
    let ends = |row: &Row<'_>| Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?));
    let found = statement.query_row(params![pipeline, ms(first), ms(last)], ends)?;
    Ok(found.map(|(first, last)| (instant(first), instant(last))))
}

/// The history of a figure by event day, oldest first, at most the newest `limit` days. Where several committed runs
/// measured a day, the newest counts: late labels re-open the figure.
pub fn by_day(connection: &Connection, pipeline: &str, name: &str, who: &str, limit: usize) -> Result<Vec<Point>> {
    points(
        connection,
        "SELECT day AS label, run, value, n, model FROM (
             SELECT m.*, ROW_NUMBER() OVER (PARTITION BY day ORDER BY m.run DESC, m.id DESC) AS newest
             FROM metrics m JOIN runs r ON r.id = m.run
             WHERE m.pipeline = ?1 AND m.name = ?2 AND m.split = 'prequential' AND m.who = ?3 AND m.day IS NOT NULL
               AND r.committed IS NOT NULL)
         WHERE newest = 1 ORDER BY day DESC LIMIT ?4",
        params![pipeline, name, who, int(limit as u64)],
    )
}

/// As [`by_day`], without the days of which fewer than half of the outcomes are known by now: a figure over the few
/// that came early says little about the day.
pub fn by_judged_day(
    connection: &Connection,
    pipeline: &str,
    name: &str,
    who: &str,
    limit: usize,
) -> Result<Vec<Point>> {
    let known = by_day(connection, pipeline, "labelled", who, limit.saturating_add(1000))?;
    let immature = |day: &str| known.iter().any(|point| point.label == day && point.value < 0.5);
    let mut points = by_day(connection, pipeline, name, who, limit.saturating_add(8))?;
    points.retain(|point| !immature(&point.label));
    points.drain(..points.len().saturating_sub(limit));
    Ok(points)
}

/// The history of a figure that is not about one day or column, by run, oldest first, at most the newest `limit`.
pub fn by_run(
    connection: &Connection,
    pipeline: &str,
    name: &str,
    split: Split,
    who: &str,
    limit: usize,
) -> Result<Vec<Point>> {
    points(
        connection,
        "SELECT 'run ' || m.run AS label, m.run, m.value, m.n, m.model FROM metrics m JOIN runs r ON r.id = m.run
         WHERE m.pipeline = ?1 AND m.name = ?2 AND m.split = ?3 AND m.who = ?4 AND m.day IS NULL
           AND m.of_run IS NULL AND m.column_name IS NULL AND r.committed IS NOT NULL
         ORDER BY m.run DESC, m.id DESC LIMIT ?5",
        params![pipeline, name, split.name(), who, int(limit as u64)],
    )
}

/// A figure about one column or day, as one run measured it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    /// The column or the day.
    pub about: String,
    /// The run.
    pub run: i64,
    /// When it committed.
    pub at: Instant,
    /// The figure.
    pub value: f64,
    /// Rows behind it.
    pub n: u64,
}

/// What committed runs measured of a batch's columns, oldest run first, at most the newest `limit` figures.
pub fn by_column(connection: &Connection, pipeline: &str, name: &str, who: &str, limit: usize) -> Result<Vec<Detail>> {
    details(connection, "column_name", Split::Batch, pipeline, name, who, limit)
}

/// What committed runs measured of event days, oldest run first, at most the newest `limit` figures: other than
/// [`by_day`] with every run that measured a day.
pub fn of_days(connection: &Connection, pipeline: &str, name: &str, who: &str, limit: usize) -> Result<Vec<Detail>> {
    details(connection, "day", Split::Prequential, pipeline, name, who, limit)
}

fn details(
    connection: &Connection,
    about: &'static str,
    split: Split,
    pipeline: &str,
    name: &str,
    who: &str,
    limit: usize,
) -> Result<Vec<Detail>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT m.{about} AS about, m.run, r.committed, m.value, m.n FROM metrics m JOIN runs r ON r.id = m.run
         WHERE m.pipeline = ?1 AND m.name = ?2 AND m.split = ?3 AND m.who = ?4 AND m.{about} IS NOT NULL
           AND r.committed IS NOT NULL
         ORDER BY m.run DESC, m.id DESC LIMIT ?5"
    ))?;
    let mut rows: Vec<Detail> = statement
        .query_map(params![pipeline, name, split.name(), who, int(limit as u64)], |row| {
            Ok(Detail {
                about: row.get("about")?,
                run: row.get("run")?,
                at: instant(row.get("committed")?),
                value: row.get("value")?,
                n: uint(row.get("n")?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// Names of figures that a pipeline has a history of: (name, split, who, by day).
pub fn names(connection: &Connection, pipeline: &str) -> Result<Vec<(String, Split, String, bool)>> {
    const OF: &str = "FROM metrics WHERE pipeline = ?1 AND column_name IS NULL AND of_run IS NULL";
    // From each name to the next one of the index: all figures are many more. A comparison of (name, split, who) as one
    // value would walk over every figure of the last name.
    let mut next = connection.prepare_cached(&format!(
        "SELECT * FROM (SELECT name, split, who {OF} AND name = ?2 AND split = ?3 AND who > ?4 ORDER BY who LIMIT 1)
         UNION ALL
         SELECT * FROM (SELECT name, split, who {OF} AND name = ?2 AND split > ?3 ORDER BY split, who LIMIT 1)
         UNION ALL
         SELECT * FROM (SELECT name, split, who {OF} AND name > ?2 ORDER BY name, split, who LIMIT 1)
         LIMIT 1"
    ))?;
    let mut has = connection.prepare_cached(&format!(
        "SELECT EXISTS (SELECT 1 {OF} AND name = ?2 AND split = ?3 AND who = ?4 AND day > ''),
                EXISTS (SELECT 1 {OF} AND name = ?2 AND split = ?3 AND who = ?4 AND day IS NULL)"
    ))?;
    let (mut names, mut last) = (Vec::new(), [const { String::new() }; 3]);
    loop {
        let [name, split, who] = &last;
        let read = |row: &Row<'_>| {
            let found: [String; 3] = [row.get(0)?, row.get(1)?, row.get(2)?];
            Ok((found, parsed(row, "split", Split::parse)?))
        };
        let Some((found, split)) = next.query_row(params![pipeline, name, split, who], read).optional()? else { break };
        let [name, of_split, who] = &found;
        let daily: [bool; 2] =
            has.query_row(params![pipeline, name, of_split, who], |row| Ok([row.get(0)?, row.get(1)?]))?;
        let kinds = [true, false].into_iter().zip(daily).filter(|(_, there)| *there);
        names.extend(kinds.map(|(daily, _)| (name.clone(), split, who.clone(), daily)));
        last = found;
    }
    names.sort_by(|a, b| b.1.name().cmp(a.1.name()).then_with(|| (&a.0, &a.2).cmp(&(&b.0, &b.2))));
    Ok(names)
}

fn points(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<Point>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows: Vec<Point> = statement
        .query_map(parameters, |row| {
            Ok(Point {
                label: row.get("label")?,
                run: row.get("run")?,
                value: row.get("value")?,
                n: uint(row.get("n")?),
                model: row.get("model")?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<Metric> {
    Ok(Metric {
        name: row.get("name")?,
        value: row.get("value")?,
        n: uint(row.get("n")?),
        split: parsed(row, "split", Split::parse)?,
        who: row.get("who")?,
        model: row.get("model")?,
        day: row.get("day")?,
        column: row.get("column_name")?,
        from: row.get::<_, Option<i64>>("first")?.map(instant),
        to: row.get::<_, Option<i64>>("last")?.map(instant),
        of_run: row.get("of_run")?,
    })
}
