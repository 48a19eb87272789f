//! The store as it stood at an earlier instant.
//!
//! Every transition is kept with its instant, so the past needs no copy: on a connection of its own each table is hidden
//! behind a temporary view of the same name that knows nothing later. Every function that reads works on it unchanged.
//!
//! What is kept only as it stands now cannot be wound back, and is shown so: the wording and the last observation of an
//! alert, what a rule last said (left out when it began to say so later), and mutes that are over. How far streams were
//! read is not shown at all.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::{Result, instant, ms, open_reader};
use crate::domain::Instant;

/// A table: its name, which rows there were, and columns whose value was another then. `{at}` is the instant; the row
/// as it is now is `now`. A column of `not_yet` is null when its instant came later.
struct Then {
    table: &'static str,
    rows: &'static str,
    columns: &'static [(&'static str, &'static str)],
    not_yet: &'static [&'static str],
}

const fn logged(table: &'static str) -> Then {
    Then { table, rows: "now.at <= {at}", columns: &[], not_yet: &[] }
}

const TABLES: &[Then] = &[
    logged("events"),
    logged("operations"),
    logged("logs"),
    logged("triggers"),
    logged("champions"),
    logged("aliases"),
    logged("file_history"),
    logged("alert_history"),
    logged("deliveries"),
    logged("receipts"),
    Then {
        table: "engine",
        rows: "now.started <= {at}",
        columns: &[("seen", "MIN(now.seen, {at})")],
        not_yet: &["stopped"],
    },
    Then {
        table: "pipelines",
        rows: "1",
        columns: &[
            ("next_check", "NULL"),
            (
                "paused",
                "COALESCE((SELECT o.what = 'pause' FROM main.operations o WHERE o.target = now.name
                     AND o.what IN ('pause', 'resume') AND o.at <= {at} ORDER BY o.id DESC LIMIT 1), 0)",
            ),
        ],
        not_yet: &[],
    },
    Then {
        table: "runs",
        rows: "now.created <= {at}",
        columns: &[
            (
                "state",
                "CASE WHEN now.ended <= {at} THEN now.state WHEN now.started <= {at} THEN 'running' ELSE 'queued' END",
            ),
            ("rows", "CASE WHEN now.ended <= {at} THEN now.rows END"),
            ("error", "CASE WHEN now.ended <= {at} THEN now.error END"),
            ("error_class", "CASE WHEN now.ended <= {at} THEN now.error_class END"),
        ],
        not_yet: &["started", "ended", "committing", "committed"],
    },
    Then {
        table: "run_files",
        rows: "(SELECT r.created FROM main.runs r WHERE r.id = now.run) <= {at}",
        columns: &[],
        not_yet: &[],
    },
    Then {
        table: "stages",
        rows: "(SELECT r.created FROM main.runs r WHERE r.id = now.run) <= {at}",
        columns: &[
            (
                "state",
                "CASE WHEN now.ended <= {at} THEN now.state ELSE COALESCE(
                     (SELECT CASE WHEN a.ended <= {at} THEN 'retrying' ELSE 'running' END FROM main.attempts a
                      WHERE a.run = now.run AND a.stage = now.name AND a.started <= {at} ORDER BY a.attempt DESC LIMIT 1),
                     'waiting') END",
            ),
            (
                "started",
                "COALESCE((SELECT MAX(a.started) FROM main.attempts a
                     WHERE a.run = now.run AND a.stage = now.name AND a.started <= {at}),
                     CASE WHEN now.started <= {at} THEN now.started END)",
            ),
            (
                "attempt",
                "(SELECT COUNT(*) FROM main.attempts a
                     WHERE a.run = now.run AND a.stage = now.name AND a.started <= {at})",
            ),
            ("summary", "CASE WHEN now.ended <= {at} THEN now.summary ELSE '' END"),
            ("error", "CASE WHEN now.ended <= {at} THEN now.error END"),
            ("reused_from", "CASE WHEN now.ended <= {at} THEN now.reused_from END"),
        ],
        not_yet: &["ended"],
    },
    Then {
        table: "attempts",
        rows: "now.started <= {at}",
        columns: &[
            ("outcome", "CASE WHEN now.ended <= {at} THEN now.outcome END"),
            ("error", "CASE WHEN now.ended <= {at} THEN now.error END"),
            ("error_class", "CASE WHEN now.ended <= {at} THEN now.error_class END"),
            ("peak_memory", "CASE WHEN now.ended <= {at} THEN now.peak_memory END"),
            ("cpu_ms", "CASE WHEN now.ended <= {at} THEN now.cpu_ms END"),
        ],
        not_yet: &["ended"],
    },
    Then {
        table: "metrics",
        rows: "COALESCE((SELECT s.ended FROM main.stages s WHERE s.run = now.run AND s.name = now.stage),
                        (SELECT r.ended FROM main.runs r WHERE r.id = now.run)) <= {at}",
        columns: &[],
        not_yet: &[],
    },
    Then { table: "models", rows: "now.made <= {at}", columns: &[], not_yet: &["committed"] },
    Then {
        table: "parts",
        rows: "now.committed <= {at}",
        columns: &[
            ("state", "CASE WHEN now.retired <= {at} THEN 'retired' ELSE 'live' END"),
            ("retired_by", "CASE WHEN now.retired <= {at} THEN now.retired_by END"),
        ],
        not_yet: &["retired"],
    },
    Then {
        table: "files",
        rows: "now.first_seen <= {at}",
        columns: &[
            ("state", "(SELECT h.state FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} ORDER BY h.id DESC LIMIT 1)"),
            ("reason", "(SELECT h.reason FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} ORDER BY h.id DESC LIMIT 1)"),
            ("run", "(SELECT h.run FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} AND h.run IS NOT NULL ORDER BY h.id DESC LIMIT 1)"),
            ("attempts", "(SELECT COUNT(*) FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} AND h.state = 'claimed')"),
            ("rows", "(SELECT now.rows FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} AND h.before = 'claimed' LIMIT 1)"),
            ("rejected", "(SELECT now.rejected FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} AND h.before = 'claimed' LIMIT 1)"),
            ("archived", "(SELECT now.archived FROM main.file_history h WHERE h.file = now.id AND h.at <= {at} AND h.state = 'archived' LIMIT 1)"),
            ("unchanged_since", "MIN(now.unchanged_since, {at})"),
        ],
        not_yet: &["settled"],
    },
    Then {
        table: "alerts",
        rows: "now.raised <= {at}",
        columns: &[
            ("state", "(SELECT h.state FROM main.alert_history h WHERE h.alert = now.id AND h.at <= {at} ORDER BY h.id DESC LIMIT 1)"),
            ("updated", "MIN(now.updated, {at})"),
            ("who", "(SELECT h.who FROM main.alert_history h WHERE h.alert = now.id AND h.at <= {at} AND h.who <> 'landfall' ORDER BY h.id DESC LIMIT 1)"),
            ("note", "(SELECT h.note FROM main.alert_history h WHERE h.alert = now.id AND h.at <= {at} AND h.who <> 'landfall' AND h.note <> '' ORDER BY h.id DESC LIMIT 1)"),
            ("alarm", "CASE WHEN now.updated <= {at} THEN now.alarm END"),
        ],
        not_yet: &["ended", "fired", "notified", "told", "escalated", "flapping", "normal"],
    },
    Then { table: "streams", rows: "0", columns: &[], not_yet: &[] },
    Then { table: "mutes", rows: "now.since <= {at} AND now.until > {at}", columns: &[], not_yet: &[] },
    Then {
        table: "standings",
        rows: "now.since <= {at}",
        columns: &[("at", "MIN(now.at, {at})")],
        not_yet: &[],
    },
    Then { table: "deadlines", rows: "now.slot <= {at}", columns: &[], not_yet: &["met", "missed"] },
    Then {
        table: "outbox",
        rows: "now.created <= {at}",
        columns: &[("state", "CASE WHEN now.ended <= {at} THEN now.state ELSE 'waiting' END")],
        not_yet: &["ended"],
    },
];

/// Opens the store read-only as it stood at `at`.
///
/// # Errors
/// As of [`open_reader`].
pub fn open_past(state: &Path, at: Instant) -> Result<Connection> {
    let connection = open_reader(state)?;
    let stamp = ms(at).to_string();
    for then in TABLES {
        let mut statement = connection.prepare("SELECT name FROM main.pragma_table_info(?1)")?;
        let names: Vec<String> =
            statement.query_map([then.table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        let column = |name: &String| {
            let other = then.columns.iter().find(|(of, _)| of == name).map(|(_, sql)| (*sql).to_owned());
            let masked = then.not_yet.contains(&name.as_str());
            let sql = match other {
                Some(sql) => sql,
                None if masked => format!("CASE WHEN now.{name} <= {{at}} THEN now.{name} END"),
                None => format!("now.{name}"),
            };
            format!("{sql} AS {name}")
        };
        let columns: Vec<String> = names.iter().map(column).collect();
        let sql = format!(
            "CREATE TEMP VIEW {table} AS SELECT {} FROM main.{table} AS now WHERE {}",
            columns.join(", "),
            then.rows,
            table = then.table,
        );
        connection.execute_batch(&sql.replace("{at}", &stamp))?;
    }
    // The store's own views look at the tables of the past too.
    let views: Vec<String> = connection
        .prepare("SELECT sql FROM main.sqlite_master WHERE type = 'view'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for sql in views {
        connection.execute_batch(&sql.replacen("CREATE VIEW", "CREATE TEMP VIEW", 1))?;
    }
    Ok(connection)
}

/// The instant before `at`, or after it, at which something happened; none when nothing did.
///
/// # Errors
/// SQLite's.
pub fn step(connection: &Connection, at: Instant, back: bool) -> Result<Option<Instant>> {
    // Instants come in the order of their ids but for a clock that was put back.
    let sql = if back {
        "SELECT at FROM events WHERE at < ?1 ORDER BY id DESC LIMIT 1"
    } else {
        "SELECT at FROM events WHERE at > ?1 ORDER BY id LIMIT 1"
    };
    let found: Option<i64> = connection.prepare_cached(sql)?.query_row([ms(at)], |row| row.get(0)).optional()?;
    Ok(found.map(instant))
}

#[cfg(test)]
mod tests;
