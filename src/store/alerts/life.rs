//! The steps of an alert's life other than its state.

use rusqlite::{Transaction, params};

use super::{AlertRow, get};
use crate::domain::Instant;
use crate::domain::alert::{Alarm, Occasion};
use crate::store::{Result, StoreError, ms};

/// Records how many clean looks in a row there were, of those that are needed.
pub fn set_clean(tx: &Transaction<'_>, id: i64, clean: u32, needed: u32, now: Instant) -> Result<()> {
    let set = "UPDATE alerts SET clean = ?2, needed = ?3, updated = ?4 WHERE id = ?1";
    tx.execute(set, params![id, clean, needed, ms(now)])?;
    Ok(())
}

/// Records which alert explains this one, or that none does any more.
pub fn set_inhibited(tx: &Transaction<'_>, id: i64, by: Option<i64>) -> Result<()> {
    tx.execute("UPDATE alerts SET inhibited_by = ?2 WHERE id = ?1", params![id, by])?;
    Ok(())
}

/// An alert that fires is to be told as if it were new.
pub fn owe(tx: &Transaction<'_>, id: i64) -> Result<()> {
    tx.execute("UPDATE alerts SET told = NULL WHERE id = ?1", params![id])?;
    Ok(())
}

/// Records that something was told of it.
pub fn set_told(tx: &Transaction<'_>, id: i64, occasion: Occasion, now: Instant) -> Result<()> {
    tx.execute(
        "UPDATE alerts SET notified = ?2,
             told = CASE WHEN ?3 IN ('fired', 'flapping') THEN ?2 ELSE told END,
             escalated = CASE WHEN ?3 = 'escalated' THEN ?2 ELSE escalated END,
             flapping = CASE WHEN ?3 = 'flapping' THEN ?2 ELSE flapping END
         WHERE id = ?1",
        params![id, ms(now), occasion.name()],
    )?;
    Ok(())
}

/// Records since when it comes and goes, or that it does no more.
pub fn set_flapping(tx: &Transaction<'_>, id: i64, since: Option<Instant>) -> Result<()> {
    tx.execute("UPDATE alerts SET flapping = ?2 WHERE id = ?1", params![id, since.map(ms)])?;
    Ok(())
}

/// Records the run that an open alert is about now.
pub fn set_run(tx: &Transaction<'_>, id: i64, run: i64) -> Result<()> {
    tx.execute("UPDATE alerts SET run = ?2 WHERE id = ?1", params![id, run])?;
    Ok(())
}

/// Records that an operator called what was seen normal.
pub fn set_normal(tx: &Transaction<'_>, id: i64, now: Instant) -> Result<()> {
    tx.execute("UPDATE alerts SET normal = ?2 WHERE id = ?1", params![id, ms(now)])?;
    Ok(())
}

/// Records whether it was right to raise it.
pub fn set_alarm(tx: &Transaction<'_>, id: i64, alarm: Alarm) -> Result<()> {
    tx.execute("UPDATE alerts SET alarm = ?2 WHERE id = ?1", params![id, alarm.name()])?;
    Ok(())
}

/// Adds to its history what changes no state: who, when, what.
pub fn remark(tx: &Transaction<'_>, id: i64, who: &str, what: &str, now: Instant) -> Result<()> {
    let AlertRow { state, .. } = required(tx, id)?;
    super::remember(tx, id, state, who, what, now)
}

/// An alert that must be there.
///
/// # Errors
/// [`StoreError::Forbidden`] when it is not.
pub fn required(tx: &Transaction<'_>, id: i64) -> Result<AlertRow> {
    get(tx, id)?.ok_or_else(|| StoreError::Forbidden(format!("there is no alert {id}")))
}
