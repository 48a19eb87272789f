//! The workspace of the measurement: a long past, a long table, and a stage that talks a lot.

use std::path::Path;
use std::process::Command;

use chrono::{Duration, Utc};
use landfall::domain::dataset::{Artifact, DatasetKind, Part};
use landfall::domain::file::{Listed, VersionToken};
use landfall::domain::run::{Cause, RunState};
use landfall::store::{self, Store};
use polars::prelude::{Column, DataFrame, IntoLazy, ParquetWriter, col, lit};

const PIPELINE: &str = r#"
title = "Late flights"

[landing]
path = "landing"
pattern = "*.csv"
settle = "60ms"

[columns]
at = { type = "datetime", role = "time" }
a = "integer"

[stages.clean]

[stages.flood]
kind = "command"
program = ["sh", "-c", "n=0; while [ $n -lt 200 ]; do i=0; while [ $i -lt 500 ]; do echo \"line $n $i of a program that talks\"; i=$((i+1)); done; n=$((n+1)); sleep 0.05; done"]
"#;

const MANY: &str = r#"
title = "Many files"

[landing]
path = "many"
settle = "1h"

[columns]
at = { type = "datetime", role = "time" }
a = "integer"

[stages.clean]
"#;

/// Lays it out.
pub fn lay_out(root: &Path, rows: u64, runs: u64, files: u64) {
    for folder in ["pipelines", "landing", "lake/predictions/flights", ".landfall"] {
        std::fs::create_dir_all(root.join(folder)).unwrap();
    }
    std::fs::write(root.join("landfall.toml"), "name = \"bench\"\n[alerts.disk_low]\nenabled = false\n").unwrap();
    std::fs::write(root.join("pipelines/flights.toml"), PIPELINE).unwrap();
    std::fs::write(root.join("pipelines/many.toml"), MANY).unwrap();
    let path = "predictions/flights/all.parquet";
    table(&root.join("lake").join(path), rows);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let written = runtime.block_on(async {
        let store = Store::open(&root.join(".landfall"))?;
        store.write(move |tx| past(tx, path, rows, runs, files)).await
    });
    written.unwrap();
}

fn table(path: &Path, rows: u64) {
    let columns = vec![
        Column::new("key".into(), (0..rows).map(|n| format!("k{n:08}")).collect::<Vec<_>>()),
        Column::new("day".into(), (0..rows).map(|n| (n / 1_000) as i32).collect::<Vec<_>>()),
    ];
    let mut frame = DataFrame::new(rows as usize, columns).unwrap().lazy();
    for n in 0..10 {
        let name = format!("figure_{n}");
        frame = frame
            .with_column(((col("day") * lit(n + 3)).cast(polars::prelude::DataType::Float64) / lit(7.0)).alias(name));
    }
    let mut frame = frame.collect().unwrap();
    let file = std::fs::File::create(path).unwrap();
    ParquetWriter::new(file).with_row_group_size(Some(250_000)).finish(&mut frame).unwrap();
}

fn past(tx: &store::Transaction<'_>, path: &str, rows: u64, runs: u64, files: u64) -> store::Result<()> {
    let now = Utc::now();
    store::pipelines::upsert(tx, "flights", "Late flights", "c0ffee", "auc", &["flood".to_owned()])?;
    for n in 0..runs {
        let at = now - Duration::minutes(i64::try_from(runs - n).unwrap_or(0));
        let new = store::runs::NewRun {
            pipeline: "flights",
            cause: Cause::Schedule,
            reason: "1 new file",
            parent: None,
            config_hash: "c0ffee",
            seed: 1,
            files: &[],
            bytes: 93_000,
        };
        let last = store::runs::create(tx, &new, at)?;
        store::runs::start(tx, last, at)?;
        if n + 1 == runs {
            let part = Part {
                kind: DatasetKind::Predictions,
                partition: String::new(),
                path: path.into(),
                rows,
                bytes: 1,
                hash: "00".into(),
                from: None,
                to: None,
            };
            store::parts::stage(tx, "flights", last, "flood", &Artifact { part, staged: "s".into(), replaces: true })?;
            store::parts::commit(tx, "flights", last, at)?;
        }
        store::runs::set_state(tx, last, RunState::Succeeded, at + Duration::seconds(9))?;
    }
    for n in 0..files {
        let at = now - Duration::seconds(i64::try_from(files - n).unwrap_or(0));
        let key = format!("flights_{n}.csv");
        let listed = Listed { key: key.clone(), bytes: 93_000, modified: at, token: VersionToken(key) };
        store::files::enter(tx, "flights", &listed, at)?;
    }
    // A million files that went the whole way would be four million steps of history.
    tx.execute("UPDATE files SET state = 'committed', reason = 'published', settled = first_seen", ())?;
    tx.execute(
        "INSERT INTO file_history (file, at, before, state, reason)
         SELECT id, first_seen, 'claimed', 'committed', 'published' FROM files",
        (),
    )?;
    Ok(())
}

/// Lands a file, on which the stage that talks a lot begins.
pub fn flood(root: &Path) {
    let part = root.join("landing/.new.part");
    std::fs::write(&part, "at,a\n2026-01-01 00:00:00,1\n").unwrap();
    std::fs::rename(part, root.join("landing/new.csv")).unwrap();
}

/// Lands so many files at once: their folder gets the name that the engine waits for.
pub fn land(root: &Path, files: u64) {
    let aside = root.join("aside");
    std::fs::create_dir(&aside).unwrap();
    for n in 0..files {
        std::fs::write(aside.join(format!("{n}.csv")), "at,a\n2026-01-01 00:00:00,1\n").unwrap();
    }
    std::fs::rename(aside, root.join("many")).unwrap();
}

/// How many of those the ledger knows.
pub fn landed(root: &Path) -> u64 {
    let state = store::open_reader(&root.join(".landfall")).unwrap();
    store::files::count_known(&state, "many").unwrap()
}

/// Stops the engine.
pub fn stop(root: &Path) {
    Command::new(env!("CARGO_BIN_EXE_landfall")).arg("-C").arg(root).arg("stop").output().unwrap();
}
