//! A small workspace in a temporary folder, the program that works in it, and what must hold of it at any time.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use landfall::domain::dataset::DatasetKind;
use landfall::domain::location::Location;
use landfall::lake::{Lake, layout, wait};
use landfall::store::{self, Connection, parts, runs};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use polars::prelude::{ParquetReader, SerReader};
use serde_json::Value;
use tempfile::TempDir;

use crate::servers::objects::Container;

/// Longer than anything here takes, even on a machine that has other things to do.
const DEADLINE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

pub const COLUMNS: &str = r#"
[columns]
at = { type = "datetime", key = true }
id = { type = "text", key = true }
x = "float"
y = { type = "boolean", role = "target" }
"#;

/// All five stages, with a learner that is quick.
pub const FULL: &str = r#"
[stages.clean]
max_reject_ratio = 0.5
[stages.score]
[stages.train]
algorithms = ["linear"]
holdout = "5d"
min_rows = 20
min_per_class = 5
[stages.publish]
[stages.report]
"#;

/// A stage that says who it is and then waits until somebody opens the gate: a moment that lasts as long as needed.
/// `worker.pid` holds the process ids of the worker and of the program.
pub const HOLD: &str = r#"
[stages.hold]
kind = "command"
program = ["sh", "-c", "echo $PPID $$ > pids.new; mv pids.new pids; while [ ! -e gate ]; do sleep 0.02; done"]
"#;

/// A workspace with one pipeline, `p`.
pub struct Workspace {
    folder: TempDir,
    landing: Option<Container>,
    lake: Location,
    output: Option<Location>,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// An engine in the background; killed when this goes.
pub struct Engine(pub Child);

impl Workspace {
    /// All five stages.
    pub fn full() -> Self {
        Self::with(FULL)
    }

    /// Cleaning alone, which is quick.
    pub fn light() -> Self {
        Self::with("[stages.clean]\nmax_reject_ratio = 0.5\n")
    }

    /// These stages.
    pub fn with(stages: &str) -> Self {
        Self::landing_with("", stages)
    }

    /// These stages, and further keys of the landing.
    pub fn landing_with(landing: &str, stages: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = folder.path().join("lake").as_path().into();
        let workspace = Self { folder, landing: None, lake, output: None };
        workspace.lay_out("", landing, stages);
        workspace
    }

    /// These stages, with landing, lake and output in object stores, each as it is given.
    pub fn elsewhere(
        stages: &str,
        landing: Option<&Container>,
        lake: Option<&Container>,
        out: Option<&Container>,
    ) -> Self {
        let mut workspace = Self::landing_with("", stages);
        let mut keys = String::new();
        if let Some(lake) = lake {
            workspace.lake = lake.location("lake");
            keys.push_str(&format!("lake = {:?}\n", lake.url("lake")));
        }
        if let Some(out) = out {
            workspace.output = Some(out.location("out"));
            keys.push_str(&format!("output = {:?}\n", out.url("out/")));
        }
        let mut tables: Vec<String> = [landing, lake, out].into_iter().flatten().map(Container::table).collect();
        tables.dedup();
        workspace.landing = landing.cloned();
        workspace.lay_out(&format!("{keys}{}", tables.concat()), "", stages);
        workspace
    }

    fn lay_out(&self, keys: &str, landing: &str, stages: &str) {
        for folder in ["landing", "pipelines"] {
            std::fs::create_dir_all(self.path(folder)).unwrap();
        }
        // How full the disk of this machine is, is no part of any drill.
        self.write("landfall.toml", format!("name = \"drill\"\n{keys}[alerts.disk_low]\nenabled = false\n"));
        self.configure(landing, stages);
    }

    /// Writes the pipeline's configuration anew.
    pub fn configure(&self, landing: &str, stages: &str) {
        let pattern = if landing.contains("pattern") { "" } else { "pattern = \"*.csv*\"\n" };
        let settle = if landing.contains("settle =") { "" } else { "settle = \"0s\"\n" };
        let path = self.landing.as_ref().map_or("landing".to_owned(), |landing| landing.url("in"));
        let text = format!("[landing]\npath = {path:?}\n{pattern}{settle}{landing}\n{COLUMNS}{stages}");
        self.write("pipelines/p.toml", &text);
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the workspace, whole at once.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let unfinished = self.path(".unfinished");
        std::fs::write(&unfinished, bytes).unwrap();
        std::fs::rename(unfinished, self.path(name)).unwrap();
    }

    /// Lands a file, whole at once.
    pub fn land(&self, name: &str, bytes: impl AsRef<[u8]>) {
        match &self.landing {
            None => self.write(&format!("landing/{name}"), bytes),
            Some(landing) => landing.put(&format!("in/{name}"), bytes.as_ref()),
        }
    }

    /// The program, to be started in this workspace.
    pub fn command(&self, arguments: &[&str]) -> Command {
        // Cargo says at run time where the program is; what it said at build time is for older ones.
        let program =
            std::env::var_os("CARGO_BIN_EXE_landfall").unwrap_or_else(|| env!("CARGO_BIN_EXE_landfall").into());
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        for name in ["LANDFALL_CRASH", "LANDFALL_FAULT", "LANDFALL_LOG", "LANDFALL_WORKSPACE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub fn call(&self, arguments: &[&str]) -> Said {
        said(&self.command(arguments).output().unwrap())
    }

    /// `landfall run` with one environment variable set.
    pub fn run_with(&self, name: &str, value: &str) -> Said {
        said(&self.command(&["run"]).env(name, value).output().unwrap())
    }

    /// `landfall run`, which must succeed.
    pub fn run(&self) -> Said {
        let said = self.call(&["run"]);
        assert_eq!(said.code, Some(0), "{said:?}");
        said
    }

    /// What a command answers as JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let said = self.call(&[arguments, &["--json"]].concat());
        assert_eq!(said.code, Some(0), "{said:?}");
        serde_json::from_str(&said.out).unwrap()
    }

    /// (state, reason) of the newest version of a landed file.
    pub fn file(&self, name: &str) -> (String, String) {
        let files = self.json(&["files", "-n", "1000"]);
        let newest =
            files.as_array().unwrap().iter().filter(|row| row["key"] == name).max_by_key(|row| row["id"].as_i64());
        let newest = newest.unwrap_or_else(|| panic!("{name} is not in {files}"));
        (text(&newest["state"]), text(&newest["reason"]))
    }

    /// State of a run; empty when there is none.
    pub fn state(&self, run: i64) -> String {
        runs::get(&self.store(), run).unwrap().map_or(String::new(), |row| row.state.to_string())
    }

    /// States of a run's stages, in order: `clean succeeded, train failed`.
    pub fn stages(&self, run: i64) -> String {
        let run = self.json(&["runs", &run.to_string()]);
        let stages = run["stages"].as_array().unwrap();
        let one = |stage: &Value| format!("{} {}", text(&stage["name"]), text(&stage["state"]));
        stages.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The error that ended a run.
    pub fn error(&self, run: i64) -> String {
        text(&self.json(&["runs", &run.to_string()])["run"]["error"])
    }

    /// (kind, message) of every alert that stands.
    pub fn alerts(&self) -> Vec<(String, String)> {
        let alerts = self.json(&["alerts"]);
        alerts.as_array().unwrap().iter().map(|alert| (text(&alert["kind"]), text(&alert["message"]))).collect()
    }

    pub fn store(&self) -> Connection {
        store::open_reader(&self.path(".landfall")).unwrap()
    }

    pub fn lake(&self) -> Lake {
        Lake::open(&self.lake).unwrap()
    }

    /// Starts an engine in the background and waits until it answers.
    pub fn watch(&self) -> Engine {
        let log = std::fs::File::create(self.path("watch.log")).unwrap();
        let mut command = self.command(&["watch"]);
        let mut child = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let socket = self.path(".landfall/engine.sock");
        eventually("the engine answers", || {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", std::fs::read_to_string(self.path("watch.log")).unwrap());
            std::os::unix::net::UnixStream::connect(&socket).ok()
        });
        Engine(child)
    }

    /// Waits until the held stage is under way; answers the pids of its worker and of its program.
    pub fn held(&self) -> (u32, u32) {
        let pids = eventually("the stage is under way", || std::fs::read_to_string(self.path("pids")).ok());
        let (worker, program) = pids.trim().split_once(' ').unwrap();
        (worker.parse().unwrap(), program.parse().unwrap())
    }

    /// Lets the held stage go, and every one after it.
    pub fn open_gate(&self) {
        self.write("gate", "");
    }

    /// Waits until a run is in this state.
    pub fn until(&self, run: i64, state: &str) {
        eventually(&format!("run {run} is {state}"), || (self.state(run) == state).then_some(()));
    }

    /// What must hold whenever no engine runs: the history has these rows, each once; nothing is half there.
    pub fn must_be_whole(&self, rows: usize) {
        let connection = self.store();
        let (mut open, mut held) = (Vec::new(), BTreeSet::new());
        for run in runs::list(&connection, None, None, 1000).unwrap() {
            if !run.state.is_final() {
                open.push(run.id);
            }
            held.extend(parts::of_run(&connection, run.id).unwrap().into_iter().map(|row| row.part.path));
        }
        assert!(open.is_empty(), "runs {open:?} are not over");
        for kind in DatasetKind::ALL {
            for row in parts::live(&connection, "p", kind).unwrap() {
                assert_eq!(wait(self.lake().hash(&row.part.path)).unwrap(), row.part.hash, "{}", row.part.path);
            }
        }
        for object in wait(self.lake().list("")).unwrap() {
            let other = [layout::STAGING, "quarantine"].iter().any(|folder| object.path.starts_with(folder));
            assert!(other || object.path == layout::latest("p") || held.contains(&object.path), "{}", object.path);
        }
        assert_eq!(self.keys(DatasetKind::Clean), rows);
        self.pointer_must_be_true(&connection);
        self.output_must_be_true(&connection);
    }

    /// What is live for readers is at the place of the output, bit for bit, and the pointer there is the lake's.
    fn output_must_be_true(&self, connection: &Connection) {
        let Some(output) = self.output.as_ref().map(|place| Lake::open(place).unwrap()) else { return };
        for kind in [DatasetKind::Predictions, DatasetKind::Metrics, DatasetKind::Output, DatasetKind::Report] {
            for row in parts::live(connection, "p", kind).unwrap() {
                assert_eq!(wait(output.hash(&row.part.path)).unwrap(), row.part.hash, "{}", row.part.path);
            }
        }
        let latest = layout::latest("p");
        assert_eq!(wait(output.get(&latest)), wait(self.lake().get(&latest)));
    }

    /// Rows of a live dataset; each must be there once.
    pub fn keys(&self, kind: DatasetKind) -> usize {
        let mut keys = Vec::new();
        for row in parts::live(&self.store(), "p", kind).unwrap() {
            if !row.part.path.ends_with(".parquet") {
                continue;
            }
            let file = std::fs::File::open(self.lake().file(&row.part.path).unwrap()).unwrap();
            let frame = ParquetReader::new(file).finish().unwrap();
            assert_eq!(frame.height() as u64, row.part.rows, "{}", row.part.path);
            let (at, id) = (frame.column("at").unwrap(), frame.column("id").unwrap());
            for row in 0..frame.height() {
                keys.push(format!("{:?} {:?}", at.get(row).unwrap(), id.get(row).unwrap()));
            }
        }
        let different: BTreeSet<&String> = keys.iter().collect();
        assert_eq!(different.len(), keys.len(), "a row is there twice");
        keys.len()
    }

    /// `latest.json` names exactly what is live.
    fn pointer_must_be_true(&self, connection: &Connection) {
        let live: BTreeSet<(String, String)> = parts::live(connection, "p", DatasetKind::Predictions)
            .unwrap()
            .into_iter()
            .filter(|row| row.part.path.ends_with(".parquet"))
            .map(|row| (row.part.path, row.part.hash))
            .collect();
        let Some(_) = wait(self.lake().head(&layout::latest("p"))).unwrap() else {
            assert!(live.is_empty(), "there are predictions and no pointer to them");
            return;
        };
        let latest: Value = serde_json::from_slice(&wait(self.lake().get(&layout::latest("p"))).unwrap()).unwrap();
        let named = latest["parts"].as_array().unwrap().iter().map(|part| (text(&part["path"]), text(&part["blake3"])));
        assert_eq!(named.collect::<BTreeSet<_>>(), live, "latest.json points to something else");
        assert!(wait(self.lake().head(latest["manifest"].as_str().unwrap())).unwrap().is_some());
    }
}

impl Engine {
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.0.id() as i32), signal).unwrap();
    }

    /// Waits until it has left; answers its exit code.
    pub fn left(mut self) -> Option<i32> {
        eventually("the engine leaves", || self.0.try_wait().unwrap()).code()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // One that has left already needs no kill.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Rows of days of March 2024, 18 a day, with a target that depends on `x`; without it when `target` is not set.
pub fn days(days: std::ops::RangeInclusive<u32>, target: bool) -> String {
    let mut text = String::from("at,id,x,y\n");
    for day in days {
        for i in 0..18_u32 {
            let x = (day * 7 + i * 5) % 19;
            // Not quite what `x` says, so that there is something to be wrong about.
            let y = if target { ((x > 9) != ((day + i) % 5 == 0)).to_string() } else { String::new() };
            text.push_str(&format!("2024-03-{day:02}T{i:02}:00:00Z,r{i},{x},{y}\n"));
        }
    }
    text
}

/// Asks again and again until there is an answer; panics with `what` when there is none for a long time.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < DEADLINE, "never happened: {what}");
        std::thread::sleep(POLL);
    }
}

/// Whether a process is there and not just waiting to be buried.
pub fn lives(pid: u32) -> bool {
    let asked = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(asked.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}

/// Waits until a process is gone.
pub fn until_gone(pid: u32) {
    eventually(&format!("process {pid} ends"), || (!lives(pid)).then_some(()));
}

/// The text of a JSON value.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What a process that has ended said.
pub fn said(output: &Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}
