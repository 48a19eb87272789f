//! A drill: engine and worker are killed at moments drawn from a seed, over a landing into which good, late, doubled,
//! overwritten, growing, corrupt and hostile files go. Whatever the moment: after the next start every good version is
//! consumed once, none twice, none is lost, no partial output is visible, and the ledger says what the store holds.
//!
//! A thousand moments: `LANDFALL_DRILL_MOMENTS=1000 cargo test --test landfall -- --ignored drill` (with
//! `LANDFALL_DRILL_SEED=N` for others).

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use landfall::domain::dataset::DatasetKind;
use landfall::domain::file::FileState;
use landfall::store::{files, ledger, parts};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use polars::prelude::{ParquetReader, SerReader};

use super::workspace::Workspace;

/// Draws from a seed (Knuth's MMIX generator).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Three rows of the n-th day; every version has another target.
fn rows(day: u64, version: u64) -> String {
    let date = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(day);
    let row = |i: u64| format!("{date}T{i:02}:00:00Z,r{i},{version}.5,{}\n", (day + i + version).is_multiple_of(2));
    format!("at,id,x,y\n{}", (0..3).map(row).collect::<String>())
}

/// What upstream has done so far, and what must come of it.
struct Upstream {
    draw: Draw,
    day: u64,
    versions: u64,
    /// Good files: name to day and newest content.
    good: BTreeMap<String, (u64, String)>,
    /// Other files: name to the state they must end in.
    others: BTreeMap<String, FileState>,
    growing: Option<(String, String)>,
}

impl Upstream {
    fn new(seed: u64) -> Self {
        let (good, others) = (BTreeMap::new(), BTreeMap::new());
        Self { draw: Draw(seed), day: 1_000, versions: 0, good, others, growing: None }
    }

    /// Something happens in the landing.
    fn act(&mut self, workspace: &Workspace) {
        self.versions += 1;
        let n = self.versions;
        if let Some((name, text)) = self.growing.take() {
            let path = workspace.path(&format!("landing/{name}"));
            std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        match self.draw.below(10) {
            0 => {
                // Late: its day is before all others.
                let day = 999 - n.min(998);
                self.land(workspace, format!("late-{n}.csv"), day);
            }
            1 => {
                if let Some((_, _, text)) = self.any_good() {
                    // Listed after what it is a double of, also when both are new.
                    let name = format!("zz-doubled-{n}.csv");
                    workspace.land(&name, text);
                    self.others.insert(name, FileState::Duplicate);
                }
            }
            2 | 3 => {
                // Where there is a double of it, that would no longer be one.
                let doubled = self.others.values().any(|state| *state == FileState::Duplicate);
                if let Some((name, day, _)) = self.any_good().filter(|_| !doubled) {
                    self.land(workspace, name, day);
                }
            }
            4 => {
                let name = format!("growing-{n}.csv");
                self.day += 1;
                let text = rows(self.day, n);
                let (head, tail) = text.split_at(text.len() - 20);
                std::fs::write(workspace.path(&format!("landing/{name}")), head).unwrap();
                self.good.insert(name.clone(), (self.day, text.clone()));
                self.growing = Some((name, tail.to_owned()));
            }
            5 => {
                let (name, bytes, state) = match self.draw.below(3) {
                    0 => (format!("corrupt-{n}.csv"), b"at,id,x,y\n\0\0\0\0\n".to_vec(), FileState::Quarantined),
                    1 => (format!("corrupt-{n}.csv.gz"), b"\x1f\x8b\x08\0\0".to_vec(), FileState::Settling),
                    _ => (format!("other-{n}.csv"), format!("a,b\n1,{n}\n").into_bytes(), FileState::Quarantined),
                };
                workspace.land(&name, bytes);
                self.others.insert(name, state);
            }
            6 => {
                let place = workspace.path(&format!("landing/hostile-{n}.csv"));
                match self.draw.below(3) {
                    0 => std::os::unix::fs::symlink("/etc/passwd", place).unwrap(),
                    1 => nix::unistd::mkfifo(&place, nix::sys::stat::Mode::S_IRWXU).unwrap(),
                    _ => std::os::unix::fs::symlink(workspace.path("landing"), place).unwrap(),
                }
            }
            _ => {
                self.day += 1;
                self.land(workspace, format!("good-{n}\x1b[2J.csv"), self.day);
            }
        }
    }

    /// Name, day and content of a file that is whole, if there is one.
    fn any_good(&mut self) -> Option<(String, u64, String)> {
        let growing = self.growing.as_ref().map(|(name, _)| name);
        let whole: Vec<_> = self.good.iter().filter(|(name, _)| Some(*name) != growing).collect();
        let at = self.draw.below(whole.len().max(1) as u64) as usize;
        whole.get(at).map(|(name, (day, text))| ((*name).clone(), *day, text.clone()))
    }

    fn land(&mut self, workspace: &Workspace, name: String, day: u64) {
        let text = rows(day, self.versions);
        workspace.land(&name, &text);
        self.good.insert(name, (day, text));
    }

    /// What must hold whenever an engine has had its time and left.
    fn must_be_true(&self, workspace: &Workspace, moment: &str) {
        let growing = self.growing.as_ref().map(|(name, _)| name);
        let done = self.good.iter().filter(|(name, _)| Some(*name) != growing).count();
        workspace.must_be_whole(done * 3);
        let connection = workspace.store();
        for (name, (_, text)) in &self.good {
            let newest = files::named(&connection, Some("p"), name).unwrap().pop().unwrap();
            let expected = if Some(name) == growing { FileState::Settling } else { FileState::Committed };
            assert_eq!(newest.state, expected, "{moment}: {name:?}: {}", newest.reason);
            if Some(name) != growing {
                let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
                assert_eq!(newest.hash.as_deref(), Some(hash.as_str()), "{moment}: {name:?}");
            }
        }
        for (name, state) in &self.others {
            let newest = files::named(&connection, Some("p"), name).unwrap().pop().unwrap();
            assert_eq!(newest.state, *state, "{moment}: {name:?}: {}", newest.reason);
        }
        let mut used = BTreeMap::new();
        for row in files::list(&connection, Some("p"), 100_000).unwrap() {
            let steps = ledger::transitions(&connection, row.id).unwrap();
            let commits = steps.iter().filter(|step| step.state == FileState::Committed).count();
            assert_eq!(
                commits,
                usize::from(row.state == FileState::Committed),
                "{moment}: {:?} {}",
                row.key,
                row.state
            );
            for (before, after) in steps.iter().zip(&steps[1..]) {
                assert_eq!(after.before, Some(before.state), "{moment}: {:?}", row.key);
            }
            used.insert(row.id, row);
        }
        // Every row of the history comes from a version that the ledger calls committed.
        for part in parts::live(&connection, "p", DatasetKind::Clean).unwrap() {
            let path = workspace.path("lake").join(&part.part.path);
            let frame = ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap();
            for id in frame.column("_file").unwrap().i64().unwrap().iter().flatten() {
                assert_eq!(used[&id].state, FileState::Committed, "{moment}: rows of {:?}", used[&id].key);
            }
        }
    }
}

/// Kills the engine, or the whole group with its worker, at a moment; answers what it was.
fn killed_at_a_moment(workspace: &Workspace, upstream: &mut Upstream) -> String {
    let mut engine = workspace.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let wait = upstream.draw.below(700);
    std::thread::sleep(Duration::from_millis(wait));
    if upstream.draw.below(3) == 0 {
        // Upstream does not wait for anybody.
        upstream.act(workspace);
    }
    let worker = upstream.draw.below(3) == 0;
    if worker {
        // Of the engine's children; there may be none at this moment.
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", engine.id())).unwrap_or_default();
        for pid in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    } else {
        engine.kill().unwrap();
    }
    engine.wait().unwrap();
    format!("seeded moment after {wait} ms, {}", if worker { "worker" } else { "engine" })
}

fn drill(seed: u64, moments: u64) {
    let workspace = Workspace::landing_with("max_attempts = 100\n", "[stages.clean]\n");
    let mut upstream = Upstream::new(seed);
    for moment in 0..moments {
        for _ in 0..=upstream.draw.below(3) {
            upstream.act(&workspace);
        }
        let when = format!("seed {seed}, moment {moment}: {}", killed_at_a_moment(&workspace, &mut upstream));
        // A run of which no file can be used fails, and what a failed run leaves is for the next.
        let mut said = workspace.call(&["run"]);
        for _ in 0..4 {
            if said.out.contains("false (") {
                break;
            }
            said = workspace.call(&["run"]);
        }
        assert!(said.out.contains("false ("), "{when}: {said:?}");
        upstream.must_be_true(&workspace, &when);
    }
}

#[test]
fn killed_at_a_few_dozen_moments_nothing_is_lost_or_doubled() {
    std::thread::scope(|scope| {
        [7, 11].map(|seed| scope.spawn(move || drill(seed, 12))).map(|drill| drill.join().unwrap())
    });
}

#[test]
#[ignore = "takes long; the command is in this file's head"]
fn drill_of_as_many_moments_as_are_asked_for() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    drill(number("LANDFALL_DRILL_SEED", 1), number("LANDFALL_DRILL_MOMENTS", 1_000));
}
