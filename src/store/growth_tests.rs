//! What is asked all day costs the same however long the past is: counted in steps of SQLite's machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::Utc;
use rusqlite::Connection;

use super::{Result, Store, alerts, files, ledger, metrics, models, open_reader, parts, runs, stages, triggers};
use crate::domain::file::FileState;

/// Further back than any function below looks.
const PAST: [u64; 2] = [1_000, 4_000];

/// A run a minute, each with a file, a part, a model, the answer that began it, and an alert.
const FILL: &str = "
    CREATE TEMP TABLE n AS WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < {n}) SELECT n FROM t;
    INSERT INTO pipelines (name, title, config_hash, headline, stages) VALUES ('p', 'P', '', '', '[]');
    INSERT INTO files (pipeline, key, token, bytes, modified, hash, first_seen, unchanged_since, settled, state, reason,
                       run, data_from, data_to)
        SELECT 'p', 'f' || n, n, 1, n, n, n * 60000, n, n, 'committed', '', n, n * 60000, n * 60000 FROM n;
    INSERT INTO runs (pipeline, state, cause, reason, created, started, ended, committed, generation, config_hash, seed,
                      files, bytes)
        SELECT 'p', 'succeeded', 'schedule', '', n * 60000, n * 60000, n * 60000, n * 60000, n, '', 0, 1, 1 FROM n;
    INSERT INTO stages (run, name, position, kind, needs, state, started, ended)
        SELECT n, 'clean', 0, 'clean', '[]', 'succeeded', n, n FROM n;
    INSERT INTO parts (pipeline, run, stage, kind, partition, path, staged, rows, bytes, hash, last, replaces, state,
                       committed)
        SELECT 'p', n, 'clean', 'clean', n, n, '', 1, 1, '', n * 60000, 0, 'live', n * 60000 FROM n;
    INSERT INTO triggers (pipeline, at, cause, fired, reason, ready, settling, run)
        SELECT 'p', n, 'schedule', 1, '', 1, 0, n FROM n;
    INSERT INTO alerts (fingerprint, pipeline, kind, object, severity, state, message, unit, rule, raised, updated, ended)
        SELECT n, 'p', 'run_failed', n, 'warning', 'resolved', '', '', '', n, n, n FROM n;
    INSERT INTO metrics (pipeline, run, stage, name, value, n, split, who, day, column_name)
        SELECT 'p', n, 'score', 'auc', 0.7, 1, 'prequential', 'champion', n, NULL FROM n UNION ALL
        SELECT 'p', n, 'score', 'auc', 0.7, 1, 'prequential', 'champion', NULL, NULL FROM n UNION ALL
        SELECT 'p', n, 'score', 'psi', 0.7, 1, 'batch', 'champion', NULL, 'x' FROM n;
";

/// A question, by the name of who asks it.
type Question = (&'static str, fn(&Connection) -> Result<()>);

const QUESTIONS: [Question; 14] = [
    ("arrivals", |c| files::arrived(c, "p", 400).map(drop)),
    ("files that wait", |c| ledger::waiting(c, "p").map(drop)),
    ("how many wait", |c| files::count_waiting(c, "p").map(drop)),
    ("how many are ready", |c| files::count(c, "p", FileState::Ready).map(drop)),
    ("what was overwritten", |c| ledger::overwritten(c, "p", Utc::now()).map(drop)),
    ("the watermark", |c| ledger::watermark(c, "p", 7).map(drop)),
    ("open runs", |c| runs::open(c).map(drop)),
    ("publications", |c| runs::published(c, "p", 400).map(drop)),
    ("paces", |c| stages::paces(c, "p", "clean", 30).map(drop)),
    ("data times", |c| parts::newest_events(c, "p", 400).map(drop)),
    ("the model of a run", |c| models::of_run(c, 7).map(drop)),
    ("the answer that began a run", |c| triggers::of_run(c, 7).map(drop)),
    ("open alerts", |c| alerts::open(c, None).map(drop)),
    ("the names of figures", |c| metrics::names(c, "p").map(drop)),
];

/// Steps that each question takes over a past of `n` runs.
fn steps(n: u64) -> Vec<u64> {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let filled = Connection::open(super::path(folder.path())).unwrap();
    filled.execute_batch(&FILL.replace("{n}", &n.to_string())).unwrap();
    let mut connection = open_reader(folder.path()).unwrap();
    let count = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&count);
    let step = move || {
        counting.fetch_add(1, Ordering::Relaxed);
        false
    };
    connection.progress_handler(1, Some(step)).unwrap();
    let ask = |(_, question): &Question| {
        count.store(0, Ordering::Relaxed);
        question(&connection).unwrap();
        count.load(Ordering::Relaxed)
    };
    QUESTIONS.iter().map(ask).collect()
}

#[test]
fn what_is_asked_all_day_costs_no_more_with_a_longer_past() {
    let [short, long] = PAST.map(steps);
    for ((name, _), (short, long)) in QUESTIONS.iter().zip(short.into_iter().zip(long)) {
        assert!(long * 10 <= short * 11 + 100, "{name}: {short} steps over {}, {long} over {}", PAST[0], PAST[1]);
    }
}
