//! A landing that is a folder, looked at by the real engine: many files, many rows in the ledger, and how soon a file's
//! run begins.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use landfall::landing::token;
use landfall::store::{self, Connection};
use tempfile::TempDir;

use super::{megabytes, memory, number};

/// A hundred thousand files that land at once: when all are in the ledger, and what that took.
pub fn files() {
    let files: u64 = number("LANDFALL_BENCH_FILES", 100_000);
    let folder = workspace("1h");
    land(folder.path(), files);
    let began = Instant::now();
    let mut engine = watch(folder.path());
    let (mut known, mut first) = (0, None);
    while known < files {
        std::thread::sleep(Duration::from_millis(20));
        known = state(folder.path()).map_or(0, |state| count(&state, "SELECT COUNT(*) FROM files"));
        first = first.or((known > 0).then(|| began.elapsed().as_secs_f64()));
        assert!(engine.try_wait().unwrap().is_none(), "the engine ended");
    }
    let took = began.elapsed().as_secs_f64();
    let id = engine.id().to_string();
    println!(
        "  {files} files in the ledger {took:.1} s after the engine was started (the first page after {:.1} s)",
        first.unwrap_or_default()
    );
    // What comes after the look: detectors, and the look that finds them still settling.
    std::thread::sleep(Duration::from_secs(5));
    println!("  peak memory of the engine {:.0} MB", megabytes(memory(&id, "VmHWM:")));
    end(engine);
}

/// A landing with nothing new beside a ledger of a million rows.
pub fn reconcile() {
    let rows: u64 = number("LANDFALL_BENCH_LEDGER", 1_000_000);
    let files: u64 = number("LANDFALL_BENCH_FILES", 100_000).min(rows);
    let folder = workspace("1h");
    run(folder.path());
    land(folder.path(), files);
    let mut state = Connection::open(store::path(&folder.path().join(".landfall"))).unwrap();
    let tx = state.transaction().unwrap();
    {
        let mut insert = tx
            .prepare(
                "INSERT INTO files (pipeline, key, token, bytes, modified, hash, first_seen, unchanged_since, settled,
                                    state, reason, rows, rejected, run)
                 VALUES ('rentals', ?1, ?2, 90, ?3, ?4, ?3, ?3, ?3, 'committed', 'by run 1', 1, 0, 1)",
            )
            .unwrap();
        for n in 0..rows {
            let token = if n < files { token::of(&folder.path().join(path(n))).unwrap().0 } else { format!("t{n}") };
            let at = 1_700_000_000_000 + i64::try_from(n).unwrap();
            insert.execute((name(n), token, at, blake3::hash(&n.to_le_bytes()).to_hex().to_string())).unwrap();
        }
    }
    tx.commit().unwrap();
    drop(state);
    let look = |with: &str| {
        let began = Instant::now();
        let said = run(folder.path());
        println!(
            "  {with}, from the start of `landfall run` to its end: {:.2} s ({})",
            began.elapsed().as_secs_f64(),
            said.lines().next_back().unwrap_or_default().trim(),
        );
    };
    println!("  {files} files in the landing, {rows} rows in the ledger");
    look("an engine of its own, which checks the store first");
    let engine = watch(folder.path());
    let socket = folder.path().join(".landfall/engine.sock");
    until(|| std::os::unix::net::UnixStream::connect(&socket).is_ok());
    (0..3).for_each(|_| look("an engine that runs"));
    end(engine);
}

/// Files that are renamed into the landing one after the other: how soon each one's run begins.
pub fn renamed() {
    let files: u64 = number("LANDFALL_BENCH_RENAMED", 200);
    // What `settle` is by default, which a renamed file does not wait for.
    let folder = workspace("5s");
    let engine = watch(folder.path());
    let mut waits = Vec::new();
    for n in 0..files {
        let part = folder.path().join("part");
        std::fs::write(&part, content(n)).unwrap();
        let ended = |state: &Connection| count(state, "SELECT COUNT(*) FROM runs WHERE ended IS NOT NULL");
        until(|| state(folder.path()).is_some_and(|state| ended(&state) == n));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        std::fs::rename(&part, folder.path().join(path(n))).unwrap();
        let mut started = 0;
        until(|| {
            let state = state(folder.path()).unwrap();
            started = count(&state, &format!("SELECT COALESCE(MAX(started), 0) FROM runs WHERE id = {}", n + 1));
            started > 0
        });
        waits.push(started as f64 - now.as_secs_f64() * 1e3);
    }
    end(engine);
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share).round() as usize];
    println!(
        "  {files} files, from the renaming to the start of the run: median {:.0} ms, p99 {:.0} ms, at most {:.0} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// A fresh workspace that only cleans.
fn workspace(settle: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let made = landfall(folder.path()).arg("init").arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let file = folder.path().join("pipelines/rentals.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let landing = format!("path = \"landing\"\nsettle = \"{settle}\"\n");
    let text = text.replace("path = \"landing\"\n", &landing) + "\n[stages.clean]\n";
    std::fs::write(file, text).unwrap();
    folder
}

fn landfall(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
    command.arg("-C").arg(root).env_remove("LANDFALL_WORKSPACE").env_remove("LANDFALL_LOG").stdin(Stdio::null());
    command
}

fn watch(root: &Path) -> Child {
    landfall(root).arg("watch").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn run(root: &Path) -> String {
    let output = landfall(root).arg("run").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn end(mut engine: Child) {
    engine.kill().unwrap();
    engine.wait().unwrap();
}

fn state(root: &Path) -> Option<Connection> {
    store::open_reader(&root.join(".landfall")).ok()
}

fn count(state: &Connection, query: &str) -> u64 {
    state.query_row(query, (), |row| row.get::<_, i64>(0)).map_or(0, |count| u64::try_from(count).unwrap())
}

fn until(mut reached: impl FnMut() -> bool) {
    let began = Instant::now();
    while !reached() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited a minute in vain");
        std::thread::sleep(Duration::from_millis(3));
    }
}

fn land(root: &Path, files: u64) {
    for n in 0..files {
        std::fs::write(root.join(path(n)), content(n)).unwrap();
    }
}

fn name(n: u64) -> String {
    format!("rentals_{n:08}.csv")
}

fn path(n: u64) -> String {
    format!("landing/{}", name(n))
}

fn content(n: u64) -> String {
    let (day, hour) = (n / 24 % 28 + 1, n % 24);
    let (year, month) = (2000 + n / 8064 % 100, n / 672 % 12 + 1);
    format!(
        "hour,temperature,humidity,weather,working_day,rentals\n\
         {year}-{month:02}-{day:02}T{hour:02}:00:00Z,{}.5,60,clear,true,{n}\n",
        n % 30
    )
}
