//! Names of model versions, as in MLflow's registry: `champion` serves, `challenger` is the newest that does not,
//! and operators give others.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Result, StoreError, champions, ms};
use crate::domain::Instant;

/// The version that serves.
pub const CHAMPION: &str = "champion";
/// The newest committed version, unless it serves.
pub const CHALLENGER: &str = "challenger";

/// What is recorded with a change of an alias.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The operator.
    pub who: &'a str,
    /// Why, if the operator said.
    pub reason: Option<&'a str>,
    /// When.
    pub now: Instant,
}

/// Gives a version the name, or takes the name away.
///
/// # Errors
/// [`StoreError::Forbidden`] for a name that Landfall gives itself, or one that could be taken for a version.
pub fn set(tx: &Transaction<'_>, pipeline: &str, name: &str, version: Option<i64>, given: Given) -> Result<()> {
    check(name)?;
    tx.execute(
        "INSERT INTO aliases (pipeline, name, version, at, who, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![pipeline, name, version, ms(given.now), given.who, given.reason],
    )?;
    Ok(())
}

fn check(name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let number = name.strip_prefix('v').unwrap_or(name).chars().all(|c| c.is_ascii_digit());
    let forbidden = match name {
        CHAMPION => "the champion is changed by `models promote` and `models rollback`".to_owned(),
        CHALLENGER => "the challenger is the newest version, nobody names it".to_owned(),
        _ if name.is_empty() || name.len() > 64 || number || !name.chars().all(plain) => {
            "an alias is up to 64 letters, digits, `-`, `_` and `.`, and no number".to_owned()
        }
        _ => return Ok(()),
    };
    Err(StoreError::Forbidden(forbidden))
}

/// The version behind a name; `None` when there is none.
pub fn version(connection: &Connection, pipeline: &str, name: &str) -> Result<Option<i64>> {
    match name {
        CHAMPION => champions::current(connection, pipeline),
        CHALLENGER => challenger(connection, pipeline),
        _ => Ok(connection
            .prepare_cached("SELECT version FROM aliases WHERE pipeline = ?1 AND name = ?2 ORDER BY id DESC LIMIT 1")?
            .query_row(params![pipeline, name], |row| row.get::<_, Option<i64>>(0))
            .optional()?
            .flatten()),
    }
}

fn challenger(connection: &Connection, pipeline: &str) -> Result<Option<i64>> {
    let newest: Option<i64> = connection
        .prepare_cached("SELECT MAX(version) FROM models WHERE pipeline = ?1 AND committed IS NOT NULL")?
        .query_row(params![pipeline], |row| row.get(0))?;
    let champion = champions::current(connection, pipeline)?;
    Ok(newest.filter(|newest| champion.is_none_or(|champion| *newest > champion)))
}

/// The names of each version that has any: Landfall's own first, then those given, in alphabetical order.
pub fn by_version(connection: &Connection, pipeline: &str) -> Result<BTreeMap<i64, Vec<String>>> {
    let mut names: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for own in [CHAMPION, CHALLENGER] {
        if let Some(version) = version(connection, pipeline, own)? {
            names.entry(version).or_default().push(own.to_owned());
        }
    }
    let mut statement = connection.prepare_cached(
        "SELECT name, version FROM aliases AS given WHERE pipeline = ?1 AND version IS NOT NULL
         AND id = (SELECT MAX(id) FROM aliases WHERE pipeline = given.pipeline AND name = given.name) ORDER BY name",
    )?;
    let rows = statement.query_map(params![pipeline], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    for row in rows {
        let (name, version) = row?;
        names.entry(version).or_default().push(name);
    }
    Ok(names)
}
