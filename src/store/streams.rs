//! Where reading stands in the partitions of streams.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use serde::Serialize;

use super::{Result, StoreError, instant, int, ms, uint};
use crate::domain::Instant;

/// One partition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamRow {
    /// Its pipeline.
    pub pipeline: String,
    /// What is read, with its generation.
    pub source: String,
    /// Its name in the stream.
    pub partition: String,
    /// Where reading goes on.
    pub position: String,
    /// What the last record was.
    pub mark: Option<String>,
    /// Records after the position when it was last looked at.
    pub behind: u64,
    /// Records taken so far.
    pub records: u64,
    /// Micro-batches taken so far.
    pub batches: u64,
    /// When it was last looked at.
    pub looked: Instant,
    /// When something was taken last.
    pub moved: Option<Instant>,
    /// Records that had gone before they were read.
    pub lost: u64,
    /// When that was last noticed.
    pub lost_at: Option<Instant>,
}

/// A step of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance<'a> {
    /// Its pipeline.
    pub pipeline: &'a str,
    /// What is read, with its generation.
    pub source: &'a str,
    /// Its partition.
    pub partition: &'a str,
    /// The position that was read from; `None` where the partition was never read.
    pub from: Option<&'a str>,
    /// The position from now on.
    pub to: &'a str,
    /// What the last record was.
    pub mark: Option<&'a str>,
    /// Records that are known to come after it.
    pub behind: u64,
    /// Records that this step takes.
    pub records: u64,
    /// Records that had gone before they were read.
    pub lost: u64,
}

/// Moves a position, from where it is to be thought and from nowhere else.
///
/// # Errors
/// [`StoreError::Forbidden`] when the position is another one by now: what was read must not be taken a second time.
pub fn advance(tx: &Transaction<'_>, step: &Advance<'_>, now: Instant) -> Result<()> {
    let found: Option<String> = tx
        .prepare_cached("SELECT position FROM streams WHERE pipeline = ?1 AND source = ?2 AND partition = ?3")?
        .query_row(params![step.pipeline, step.source, step.partition], |row| row.get(0))
        .optional()?;
    if found.as_deref() != step.from {
        return Err(StoreError::Forbidden(format!(
            "partition {} of {} was read from {} and stands at {}",
            step.partition,
            step.source,
            step.from.unwrap_or("its start"),
            found.as_deref().unwrap_or("its start")
        )));
    }
    tx.prepare_cached(
        "INSERT INTO streams (pipeline, source, partition, position, mark, behind, records, batches, looked, moved, lost, lost_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7 > 0, ?8, CASE WHEN ?7 > 0 THEN ?8 END, ?9, CASE WHEN ?9 > 0 THEN ?8 END)
         ON CONFLICT (pipeline, source, partition) DO UPDATE SET
             position = ?4, mark = ?5, behind = ?6, records = records + ?7, batches = batches + (?7 > 0), looked = ?8,
             moved = COALESCE(excluded.moved, moved), lost = lost + ?9, lost_at = COALESCE(excluded.lost_at, lost_at)",
    )?
    .execute(params![
        step.pipeline,
        step.source,
        step.partition,
        step.to,
        step.mark,
        int(step.behind),
        int(step.records),
        ms(now),
        int(step.lost)
    ])?;
    Ok(())
}

/// The partitions of a stream, by name; numbers by their value.
pub fn of(connection: &Connection, pipeline: &str, source: &str) -> Result<Vec<StreamRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM streams WHERE pipeline = ?1 AND source = ?2 ORDER BY CAST(partition AS INTEGER), partition",
    )?;
    let rows = statement.query_map(params![pipeline, source], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

/// The partitions of the streams that pipelines (or one of them) read now: of each the stream looked at last.
pub fn list(connection: &Connection, pipeline: Option<&str>) -> Result<Vec<StreamRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM streams s WHERE (?1 IS NULL OR pipeline = ?1)
         AND source = (SELECT source FROM streams WHERE pipeline = s.pipeline ORDER BY looked DESC, source DESC LIMIT 1)
         ORDER BY pipeline, CAST(partition AS INTEGER), partition",
    )?;
    let rows = statement.query_map(params![pipeline], row)?.collect::<rusqlite::Result<_>>()?;
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<StreamRow> {
    Ok(StreamRow {
        pipeline: row.get("pipeline")?,
        source: row.get("source")?,
        partition: row.get("partition")?,
        position: row.get("position")?,
        mark: row.get("mark")?,
        behind: uint(row.get("behind")?),
        records: uint(row.get("records")?),
        batches: uint(row.get("batches")?),
        looked: instant(row.get("looked")?),
        moved: row.get::<_, Option<i64>>("moved")?.map(instant),
        lost: uint(row.get("lost")?),
        lost_at: row.get::<_, Option<i64>>("lost_at")?.map(instant),
    })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::{Advance, advance, list, of};
    use crate::store::{Store, StoreError};

    fn step<'a>(partition: &'a str, from: Option<&'a str>, to: &'a str, records: u64) -> Advance<'a> {
        let (pipeline, source, mark) = ("p", "kafka t 1", Some("m"));
        Advance { pipeline, source, partition, from, to, mark, behind: 3, records, lost: 0 }
    }

    #[tokio::test]
    async fn a_position_moves_only_from_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let at = |seconds: i64| Utc.timestamp_opt(1_700_000_000 + seconds, 0).unwrap();
        let go = |step: Advance<'static>, seconds| store.write(move |tx| advance(tx, &step, at(seconds)));
        go(step("2", None, "5", 5), 0).await.unwrap();
        go(step("10", None, "0", 0), 0).await.unwrap();
        let twice = go(step("2", None, "5", 5), 1).await;
        assert!(matches!(twice, Err(StoreError::Forbidden(why)) if why.contains("from its start and stands at 5")));
        go(step("2", Some("5"), "9", 4), 2).await.unwrap();
        go(Advance { lost: 7, ..step("2", Some("9"), "9", 0) }, 3).await.unwrap();
        let elsewhere = Advance { source: "kafka t 2", ..step("0", None, "1", 1) };
        let rows = store.read(|c| of(c, "p", "kafka t 1")).await.unwrap();
        let found: Vec<_> =
            rows.iter().map(|row| (row.partition.as_str(), row.position.as_str(), row.records)).collect();
        assert_eq!(found, [("2", "9", 9), ("10", "0", 0)]);
        let two = &rows[0];
        assert_eq!(
            (two.batches, two.moved, two.looked, two.lost, two.lost_at),
            (2, Some(at(2)), at(3), 7, Some(at(3)))
        );
        assert_eq!((rows[1].batches, rows[1].moved), (0, None));
        assert_eq!(store.read(|c| list(c, None)).await.unwrap(), rows);
        go(elsewhere, 4).await.unwrap();
        let now: Vec<_> = store.read(|c| list(c, Some("p"))).await.unwrap();
        assert_eq!(now.iter().map(|row| row.source.as_str()).collect::<Vec<_>>(), ["kafka t 2"]);
    }
}
