//! What each detector last said of each object: fine, bad, still learning, or unable to check.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction, params};
use serde::Serialize;

use super::{Result, instant, int, ms, parsed, uint};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Verdict};

/// What a detector last said of an object.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StandingRow {
    /// Its pipeline.
    pub pipeline: String,
    /// The detector.
    pub kind: AlertKind,
    /// The object.
    pub object: String,
    /// `fine`, `bad`, `learning` or `cannot_check`.
    pub verdict: String,
    /// Of `learning`: how much history there is, and how much is needed.
    pub learning: Option<(u64, u64)>,
    /// Why, in one sentence.
    pub reason: String,
    /// When it began to say so.
    pub since: Instant,
    /// When it last said so.
    pub at: Instant,
}

/// Records what was said at one look. Of kinds whose objects are files, of which there are ever more, only the gravest
/// word is kept, under an empty object.
pub fn record(tx: &Transaction<'_>, pipeline: &str, verdicts: &[&Verdict], now: Instant) -> Result<()> {
    let mut gravest: BTreeMap<AlertKind, &Verdict> = BTreeMap::new();
    for verdict in verdicts {
        let kind = verdict.about().0;
        if !is_one_row(kind) {
            say(tx, pipeline, verdict, now)?;
        } else if gravest.get(&kind).is_none_or(|known| gravity(verdict) > gravity(known)) {
            gravest.insert(kind, verdict);
        }
    }
    gravest.into_values().try_for_each(|verdict| say(tx, pipeline, verdict, now))
}

fn gravity(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Fine { .. } => 0,
        Verdict::Learning { .. } => 1,
        Verdict::CannotCheck { .. } => 2,
        Verdict::Bad(_) => 3,
    }
}

/// Records what was said, and since when. What has not changed is not written
/// again, and another wording of the same at most once a minute, so that a timer with nothing new to say writes nothing.
pub fn say(tx: &Transaction<'_>, pipeline: &str, verdict: &Verdict, now: Instant) -> Result<()> {
    let (kind, object) = verdict.about();
    let object = if is_one_row(kind) { "" } else { object };
    let (word, have, need, reason) = match verdict {
        Verdict::Fine { reason, .. } => ("fine", None, None, reason.clone()),
        Verdict::Bad(finding) => ("bad", None, None, finding.message.clone()),
        Verdict::Learning { have, need, .. } => {
            ("learning", Some(int(*have as u64)), Some(int(*need as u64)), format!("{have} of {need}"))
        }
        Verdict::CannotCheck { reason, .. } => ("cannot_check", None, None, reason.clone()),
    };
    tx.prepare_cached(
        "INSERT INTO standings (pipeline, kind, object, verdict, have, need, reason, since, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
         ON CONFLICT (pipeline, kind, object) DO UPDATE SET
             since = CASE WHEN verdict = excluded.verdict THEN since ELSE excluded.since END,
             verdict = excluded.verdict, have = excluded.have, need = excluded.need, reason = excluded.reason,
             at = excluded.at
         WHERE verdict <> excluded.verdict OR have IS NOT excluded.have OR need IS NOT excluded.need
             OR (verdict <> 'fine' AND reason <> excluded.reason AND excluded.at - at >= 60000)",
    )?
    .execute(params![pipeline, kind.name(), object, word, have, need, reason, ms(now)])?;
    Ok(())
}

/// Drops what was said of a kind: its rule was switched off.
pub fn forget(tx: &Transaction<'_>, pipeline: &str, kind: AlertKind) -> Result<()> {
    tx.prepare_cached("DELETE FROM standings WHERE pipeline = ?1 AND kind = ?2")?
        .execute(params![pipeline, kind.name()])?;
    Ok(())
}

/// Whether the kind's objects are files.
fn is_one_row(kind: AlertKind) -> bool {
    use AlertKind::{FileSize, Overwritten, Quarantine, SchemaChange, Unsettled};
    matches!(kind, FileSize | Overwritten | Quarantine | SchemaChange | Unsettled)
}

/// What was last said; of one pipeline or all, by pipeline, kind and object.
pub fn list(connection: &Connection, pipeline: Option<&str>) -> Result<Vec<StandingRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT * FROM standings WHERE (?1 IS NULL OR pipeline = ?1) ORDER BY pipeline, kind, object",
    )?;
    Ok(statement.query_map(params![pipeline], row)?.collect::<rusqlite::Result<_>>()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<StandingRow> {
    let have: Option<i64> = row.get("have")?;
    let need: Option<i64> = row.get("need")?;
    Ok(StandingRow {
        pipeline: row.get("pipeline")?,
        kind: parsed(row, "kind", AlertKind::parse)?,
        object: row.get("object")?,
        verdict: row.get("verdict")?,
        learning: have.map(uint).zip(need.map(uint)),
        reason: row.get("reason")?,
        since: instant(row.get("since")?),
        at: instant(row.get("at")?),
    })
}
