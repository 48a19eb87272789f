//! A workspace of a test: its own folder, the real binary, and nothing left running at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use landfall::store::{self, Connection};
use serde_json::Value;
use tempfile::TempDir;

/// Longest wait for anything: a dev build on a busy machine is slow.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A folder with a workspace in it.
pub struct Workspace {
    folder: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Workspace {
    /// An empty folder below which a workspace may be made.
    pub fn nowhere() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// What `landfall init` writes, with a landing that settles at once. `landing` is added to its `[landing]`,
    /// `rest` behind everything.
    pub fn rentals(landing: &str, rest: &str) -> Self {
        let workspace = Self::nowhere();
        let made = workspace.landfall(&["init", &workspace.root().display().to_string()]);
        assert_eq!(made.code, 0, "{made:?}");
        // How full the disk of this machine is, is no part of any test.
        workspace.write("landfall.toml", "[alerts.disk_low]\nenabled = false\n");
        let text = fs::read_to_string(workspace.pipeline()).unwrap();
        let settle = format!("path = \"landing\"\nsettle = \"60ms\"\n{landing}\n");
        workspace
            .write("pipelines/rentals.toml", &format!("{}\n{rest}", text.replace("path = \"landing\"\n", &settle)));
        workspace
    }

    /// Its folder.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The file of its one pipeline.
    pub fn pipeline(&self) -> PathBuf {
        self.root().join("pipelines/rentals.toml")
    }

    /// Writes a file of the workspace.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.root().join(name), text).unwrap();
    }

    /// Lands a file as a careful upstream does: whole, by renaming.
    pub fn land(&self, name: &str, text: &str) {
        let part = self.root().join(format!(".{name}.part"));
        fs::write(&part, text).unwrap();
        fs::rename(part, self.root().join("landing").join(name)).unwrap();
    }

    /// Lands the files of days `from..=to` of May.
    pub fn land_days(&self, from: u32, to: u32) {
        for day in from..=to {
            self.land(&format!("rentals_{day:02}.csv"), &rentals(day, 1));
        }
    }

    /// A command line in this workspace that has not started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landfall"));
        command.arg("-C").arg(self.root()).args(arguments);
        command.env_remove("LANDFALL_WORKSPACE").env_remove("LANDFALL_LOG").stdin(Stdio::null());
        command
    }

    /// Runs `landfall -C … arguments` to its end.
    pub fn landfall(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).output().unwrap())
    }

    /// What it prints when all goes well.
    pub fn told(&self, arguments: &[&str]) -> String {
        let said = self.landfall(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.out
    }

    /// What it prints with `--json` when all goes well.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let text = self.told(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }

    /// The engine in the foreground, once it answers.
    pub fn watch(&self) -> Process {
        self.watch_with(&[])
    }

    /// As [`Self::watch`], with these environment variables.
    pub fn watch_with(&self, environment: &[(&str, &str)]) -> Process {
        let mut command = self.command(&["watch"]);
        let child = command.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let child = child.unwrap();
        let process = Process(Some(child));
        until("the engine has begun", || {
            let session = store::open_reader(&self.root().join(".landfall")).and_then(|c| store::engine::latest(&c));
            session.ok().flatten().is_some_and(|session| session.pid.cast_signed() == process.id())
        });
        process
    }

    /// A reader of its state.
    pub fn store(&self) -> Connection {
        store::open_reader(&self.root().join(".landfall")).unwrap()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // An engine that a console started in the background must not outlive its folder.
        self.landfall(&["stop"]);
    }
}

/// A process of a test; killed when the test ends before it does.
pub struct Process(Option<Child>);

impl Process {
    /// Its id.
    pub fn id(&self) -> i32 {
        i32::try_from(self.0.as_ref().unwrap().id()).unwrap()
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Said {
        let mut child = self.0.take().unwrap();
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if began.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("the process does not end: {:?}", said(child.wait_with_output().unwrap()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        said(child.wait_with_output().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// Looks again and again until it is so.
pub fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let began = Instant::now();
    while !reached() {
        assert!(began.elapsed() < PATIENCE, "waited {} s until {what}: it did not happen", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(15));
    }
}

/// Rented bicycles by the hour of a day of May, every row `times` times: the sun, the weather and the way to work.
pub fn rentals(day: u32, times: usize) -> String {
    let mut text = "hour,temperature,humidity,weather,working_day,rentals\n".to_owned();
    for hour in 0..24 {
        let sun = 10.0 - 8.0 * f64::from(hour * 15).to_radians().cos();
        let temperature = sun + f64::from(day * 7 % 5);
        let weather = ["clear", "cloudy", "rain"][((day * 7 + hour / 6) % 3) as usize];
        let working = day % 7 < 5;
        let rush = if working && [8, 17, 18].contains(&hour) { 80.0 } else { 0.0 };
        let rain = if weather == "rain" { 40.0 } else { 0.0 };
        let rentals = 60.0 + 10.0 * temperature + rush - rain + f64::from((day * 13 + hour * 7) % 11);
        let row = format!(
            "2024-05-{day:02}T{hour:02}:00:00Z,{temperature:.2},{},{weather},{working},{rentals:.0}\n",
            50 + (day * 5 + hour) % 40
        );
        text.push_str(&row.repeat(times));
    }
    text
}
