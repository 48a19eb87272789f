//! The catalogue: which lake objects are live. A commit here is the commit of the data.

use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed, uint};
use crate::domain::Instant;
use crate::domain::dataset::{Artifact, DatasetKind, Part};

/// A part with its place in the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartRow {
    /// Its id.
    pub id: i64,
    /// The run that made it.
    pub run: i64,
    /// The stage that made it.
    pub stage: String,
    /// The part itself.
    pub part: Part,
    /// Where it lies until its run commits.
    pub staged: String,
    /// Whether committing it retires the live part of its kind and partition.
    pub replaces: bool,
    /// When it became live.
    pub committed: Option<Instant>,
}

impl PartRow {
    /// As a worker announced it.
    pub fn artifact(&self) -> Artifact {
        Artifact { part: self.part.clone(), staged: self.staged.clone(), replaces: self.replaces }
    }
}

/// Enters what a worker staged.
pub fn stage(tx: &Transaction<'_>, pipeline: &str, run: i64, stage: &str, artifact: &Artifact) -> Result<()> {
    let part = &artifact.part;
    tx.prepare_cached(
        "INSERT INTO parts (pipeline, run, stage, kind, partition, path, staged, rows, bytes, hash, first, last,
                            replaces, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'staged')",
    )?
    .execute(params![
        pipeline,
        run,
        stage,
        part.kind.name(),
        part.partition,
        part.path,
        artifact.staged,
        int(part.rows),
        int(part.bytes),
        part.hash,
        part.from.map(ms),
        part.to.map(ms),
        artifact.replaces,
    ])?;
    Ok(())
}

/// Forgets what one stage of a run staged (its next attempt stages anew).
pub fn drop_staged(tx: &Transaction<'_>, run: i64, stage: Option<&str>) -> Result<()> {
    tx.execute(
        "UPDATE parts SET state = 'dropped' WHERE run = ?1 AND state = 'staged' AND (?2 IS NULL OR stage = ?2)",
        params![run, stage],
    )?;
    Ok(())
}

/// Makes the staged parts of a run live and retires those they replace. `Batch` parts are never live.
pub fn commit(tx: &Transaction<'_>, pipeline: &str, run: i64, now: Instant) -> Result<()> {
    tx.execute(
        "UPDATE parts SET state = 'retired', retired = ?3, retired_by = ?2
         WHERE pipeline = ?1 AND state = 'live' AND (kind, partition) IN
               (SELECT kind, partition FROM parts WHERE run = ?2 AND state = 'staged' AND replaces)",
        params![pipeline, run, ms(now)],
    )?;
    tx.execute(
        "UPDATE parts SET state = 'live', committed = ?2 WHERE run = ?1 AND state = 'staged' AND kind <> 'batch'",
        params![run, ms(now)],
    )?;
    // A part without rows only retires what it replaces.
    tx.execute(
        "UPDATE parts SET state = 'retired', retired = ?2, retired_by = ?1
         WHERE run = ?1 AND state = 'live' AND replaces AND rows = 0",
        params![run, ms(now)],
    )?;
    Ok(())
}

/// Bytes that the largest of the newest `runs` committed runs wrote, all datasets together.
pub fn largest_output(connection: &Connection, runs: usize) -> Result<Option<u64>> {
    let bytes: Option<i64> = connection
        .prepare_cached(
            "SELECT MAX(bytes) FROM (SELECT SUM(bytes) AS bytes FROM parts WHERE committed IS NOT NULL
                                     GROUP BY run ORDER BY run DESC LIMIT ?1)",
        )?
        .query_row(params![int(runs as u64)], |row| row.get(0))?;
    Ok(bytes.map(uint))
}

/// Live parts of a dataset by partition.
pub fn live(connection: &Connection, pipeline: &str, kind: DatasetKind) -> Result<Vec<PartRow>> {
    select(
        connection,
        "SELECT * FROM parts WHERE pipeline = ?1 AND kind = ?2 AND state = 'live' ORDER BY partition, id",
        params![pipeline, kind.name()],
    )
}

/// Parts of a dataset as they were live right after the commit at `at`, those without rows left out.
pub fn as_of(connection: &Connection, pipeline: &str, kind: DatasetKind, at: Instant) -> Result<Vec<Part>> {
    let rows = select(
        connection,
        "SELECT * FROM parts WHERE pipeline = ?1 AND kind = ?2 AND committed <= ?3 AND rows > 0
           AND (retired IS NULL OR retired > ?3) ORDER BY partition, id",
        params![pipeline, kind.name(), ms(at)],
    )?;
    Ok(rows.into_iter().map(|row| row.part).collect())
}

/// Of the newest `limit` commits to the cleaned history, oldest first: (instant of the commit, newest event time in it).
pub fn newest_events(connection: &Connection, pipeline: &str, limit: usize) -> Result<Vec<(Instant, Instant)>> {
    let mut statement = connection.prepare_cached(
        "SELECT committed, MAX(last) FROM parts
         WHERE pipeline = ?1 AND kind = ?2 AND committed IS NOT NULL AND last IS NOT NULL
         GROUP BY committed ORDER BY committed DESC LIMIT ?3",
    )?;
    let mut rows: Vec<(Instant, Instant)> = statement
        .query_map(params![pipeline, DatasetKind::Clean.name(), int(limit as u64)], |row| {
            Ok((instant(row.get(0)?), instant(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    rows.reverse();
    Ok(rows)
}

/// What a run staged and did not commit yet, in the order it was announced.
pub fn staged(connection: &Connection, run: i64) -> Result<Vec<PartRow>> {
    select(connection, "SELECT * FROM parts WHERE run = ?1 AND state = 'staged' ORDER BY id", params![run])
}

/// Every part a run made that was not dropped, whatever became of it.
pub fn of_run(connection: &Connection, run: i64) -> Result<Vec<PartRow>> {
    select(connection, "SELECT * FROM parts WHERE run = ?1 AND state <> 'dropped' ORDER BY id", params![run])
}

/// Final names of live and staged objects: what a sweep must not touch.
pub fn named(connection: &Connection) -> Result<std::collections::BTreeSet<String>> {
    let mut statement = connection.prepare_cached("SELECT path FROM parts WHERE state IN ('live', 'staged')")?;
    let rows = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Staged places that some row still needs.
pub fn staging_in_use(connection: &Connection) -> Result<std::collections::BTreeSet<String>> {
    let mut statement = connection.prepare_cached("SELECT staged FROM parts WHERE state = 'staged'")?;
    let rows = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// Hands the parts that a run staged in a stage over to a rerun that reuses the stage.
pub fn adopt(tx: &Transaction<'_>, from: i64, stage: &str, to: i64) -> Result<()> {
    tx.execute(
        "INSERT INTO parts (pipeline, run, stage, kind, partition, path, staged, rows, bytes, hash, first, last,
                            replaces, state)
         SELECT pipeline, ?3, stage, kind, partition, path, staged, rows, bytes, hash, first, last, replaces, 'staged'
         FROM parts WHERE run = ?1 AND stage = ?2 AND state = 'staged'",
        params![from, stage, to],
    )?;
    drop_staged(tx, from, Some(stage))
}

fn select(connection: &Connection, sql: &str, parameters: impl rusqlite::Params) -> Result<Vec<PartRow>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(parameters, row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<PartRow> {
    Ok(PartRow {
        id: row.get("id")?,
        run: row.get("run")?,
        stage: row.get("stage")?,
        part: Part {
            kind: parsed(row, "kind", DatasetKind::parse)?,
            partition: row.get("partition")?,
            path: row.get("path")?,
            rows: uint(row.get("rows")?),
            bytes: uint(row.get("bytes")?),
            hash: row.get("hash")?,
            from: row.get::<_, Option<i64>>("first")?.map(instant),
            to: row.get::<_, Option<i64>>("last")?.map(instant),
        },
        staged: row.get("staged")?,
        replaces: row.get("replaces")?,
        committed: row.get::<_, Option<i64>>("committed")?.map(instant),
    })
}
