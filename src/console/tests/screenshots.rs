//! The pictures of the documentation: the console at the end of a demo, of which a recording is kept beside this file.
//! They fail when they are stale; `LANDFALL_WRITE=1` draws them anew. Another demo is recorded by
//!
//!     landfall demo FOLDER --headless
//!     LANDFALL_RECORD=FOLDER LANDFALL_WRITE=1 cargo test --lib screenshots
//!
//! A recording, because every demo takes other times; the versions of Landfall that come migrate its store.

use std::path::{Path, PathBuf};

use super::pictures::picture;
use super::real_store::{answer, press};
use crate::console::action::{Effect, Link};
use crate::console::picture::svg;
use crate::console::state::State;
use crate::domain::Instant;
use crate::store::{self, Connection, Store};

/// The pictures, and the keys that lead to each from the overview.
const SHOWN: [(&str, &str); 7] = [
    ("overview", ""),
    ("run", "2\n"),
    ("files", "3"),
    ("rows", "4\n"),
    ("models", "5"),
    ("model", "5\nllll"),
    ("alert", "7\n"),
];

fn recording() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/tests/recorded")
}

/// Keeps what the pictures need of a demo's workspace: its store, and the objects that are looked at.
fn record(demo: &Path) {
    let copy = tempfile::tempdir().unwrap();
    let store = copy.path().join("state.db");
    let connection = Connection::open(store::path(&demo.join(".landfall"))).unwrap();
    connection.execute("VACUUM INTO ?1", [store.to_str().unwrap()]).unwrap();
    let connection = Connection::open(&store).unwrap();
    // Who recorded it, on which machine, and what came after the last run.
    connection
        .execute_batch(
            "DELETE FROM operations;
             DELETE FROM events WHERE subject IN ('operator', 'engine') OR text LIKE 'disk low%';
             DELETE FROM alert_history WHERE alert IN (SELECT id FROM alerts WHERE kind = 'disk_low');
             DELETE FROM alerts WHERE kind = 'disk_low';
             VACUUM",
        )
        .unwrap();
    drop(connection);
    let packed = zstd::encode_all(std::fs::File::open(&store).unwrap(), 19).unwrap();
    let _ = std::fs::remove_dir_all(recording());
    std::fs::create_dir_all(recording()).unwrap();
    std::fs::write(recording().join("state.db.zst"), packed).unwrap();
    let connection = Connection::open(&store).unwrap();
    let newest =
        "SELECT path FROM parts WHERE state = 'live' AND kind IN ('predictions', 'drift') ORDER BY id DESC LIMIT 8";
    let mut statement = connection.prepare(newest).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
    let bundle: String = connection
        .query_row("SELECT json_extract(card, '$.bundle') FROM models ORDER BY version DESC LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    for path in rows.chain([format!("{bundle}/diagnosis.json")]) {
        let to = recording().join("lake").join(&path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(demo.join("lake").join(&path), to).unwrap();
    }
}

/// The recorded store in `state`, migrated, and the instant of its last word.
fn open(state: &Path) -> (Connection, Instant) {
    let packed = std::fs::File::open(recording().join("state.db.zst")).unwrap();
    std::fs::write(store::path(state), zstd::decode_all(packed).unwrap()).unwrap();
    drop(Store::open(state).unwrap());
    let connection = store::open_reader(state).unwrap();
    let last = store::events::list(&connection, None, 1).unwrap()[0].at;
    (connection, last)
}

#[test]
fn the_pictures_of_the_documentation_are_what_the_console_draws() {
    if let Some(demo) = std::env::var_os("LANDFALL_RECORD") {
        record(Path::new(&demo));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshots");
    let state = tempfile::tempdir().unwrap();
    let (connection, last) = open(state.path());
    for (name, keys) in SHOWN {
        let now = last + chrono::Duration::seconds(20);
        let mut state = State::new("nyc".into(), recording().join("lake").as_path().into(), now, (120, 36));
        state.link = Link::Up { started: None };
        let wish = state.wish();
        answer(&mut state, &connection, vec![Effect::Load { wish, soon: false }]);
        press(&mut state, &connection, keys);
        let drawn = svg(&picture(&state), false);
        assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        let file = folder.join(format!("{name}.svg"));
        if std::env::var_os("LANDFALL_WRITE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == drawn, "assets/screenshots/{name}.svg is stale: run this test with LANDFALL_WRITE=1");
    }
}
