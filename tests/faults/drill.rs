//! A drill: engine and worker are killed at named points and at moments drawn from a seed, over a landing into which
//! good, late, doubled, overwritten, growing, corrupt and hostile files go, in folders and in object stores. Whatever the
//! moment: after the next start every good version is consumed once, none twice, none is lost, no partial output is
//! visible, and the ledger says what the store holds.
//!
//! A thousand kills: `LANDFALL_DRILL_KILLS=1000 cargo test --test landfall -- --ignored drill` (with
//! `LANDFALL_DRILL_SEED=N` for others, and `LANDFALL_DRILL_KIND=7` for folders with all stages alone, `8` for Azure, `9` for
//! S3).

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};
use landfall::domain::dataset::DatasetKind;
use landfall::domain::file::FileState;
use landfall::store::{files, ledger, parts};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use polars::prelude::{ParquetReader, SerReader};

use super::workspace::{FULL, Workspace};
use crate::servers::objects::Kind;

/// Draws from a seed (Knuth's MMIX generator).
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Three rows of the n-th day; every version has another feature, and every fourth no target yet.
fn rows(day: u64, version: u64) -> String {
    let date = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(day);
    let target = |i: u64| if version % 4 == 3 { "" } else { ["true", "false"][((day + i) % 2) as usize] };
    let row = |i: u64| format!("{date}T{i:02}:00:00Z,r{i},{version}.5,{}\n", target(i));
    format!("at,id,x,y\n{}", (0..3).map(row).collect::<String>())
}

/// What upstream has done so far, and what must come of it.
struct Upstream {
    draw: Draw,
    /// The landing is in an object store: nothing grows there, and names may be what no disk takes.
    remote: bool,
    day: u64,
    versions: u64,
    /// Good files: name to day and newest content.
    good: BTreeMap<String, (u64, String)>,
    /// Other files: name to the state they must end in.
    others: BTreeMap<String, FileState>,
    growing: Option<(String, String)>,
}

impl Upstream {
    fn new(seed: u64, remote: bool) -> Self {
        let (good, others) = (BTreeMap::new(), BTreeMap::new());
        Self { draw: Draw(seed), remote, day: 1_000, versions: 0, good, others, growing: None }
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
            4 if !self.remote => {
                let name = format!("growing-{n}.csv");
                self.day += 1;
                let text = rows(self.day, n);
                let (head, tail) = text.split_at(text.len() - 20);
                std::fs::write(workspace.path(&format!("landing/{name}")), head).unwrap();
                self.good.insert(name.clone(), (self.day, text.clone()));
                self.growing = Some((name, tail.to_owned()));
            }
            5 => {
                let cut = if self.remote { FileState::Quarantined } else { FileState::Settling };
                let (name, bytes, state) = match self.draw.below(3) {
                    0 => (
                        format!("corrupt-{n}.csv"),
                        format!("at,id,x,y\n\0\0{n}\0\n").into_bytes(),
                        FileState::Quarantined,
                    ),
                    1 => (format!("corrupt-{n}.csv.gz"), [b"\x1f\x8b\x08\0\0", &[n as u8][..]].concat(), cut),
                    _ => (format!("other-{n}.csv"), format!("a,b\n1,{n}\n").into_bytes(), FileState::Quarantined),
                };
                workspace.land(&name, bytes);
                self.others.insert(name, state);
            }
            6 if !self.remote => {
                let place = workspace.path(&format!("landing/hostile-{n}.csv"));
                match self.draw.below(3) {
                    0 => std::os::unix::fs::symlink("/etc/passwd", place).unwrap(),
                    1 => nix::unistd::mkfifo(&place, nix::sys::stat::Mode::S_IRWXU).unwrap(),
                    _ => std::os::unix::fs::symlink(workspace.path("landing"), place).unwrap(),
                }
            }
            6 => {
                // Good content under a name that no disk takes, or that leads elsewhere on one.
                let name = match self.draw.below(3) {
                    0 => format!("{}-{n}.csv", "long".repeat(120)),
                    1 => format!("what? *:|<{n}>.csv"),
                    _ => format!("~%2e%2e%2Fetc#{n}.csv"),
                };
                self.day += 1;
                self.land(workspace, name, self.day);
            }
            _ => {
                self.day += 1;
                // Our client of object stores knows no control characters; this one turns the writing round.
                let odd = if self.remote { "\u{202e}" } else { "\x1b[2J" };
                self.land(workspace, format!("good-{n}{odd}.csv"), self.day);
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
            // A rerun of what is in the lake already, such as one for the report alone, takes nothing in.
            let consumed = steps.windows(2).filter(|pair| {
                pair[1].state == FileState::Committed && pair[0].before.is_some_and(|state| !state.is_in_the_lake())
            });
            let (consumed, key) = (consumed.count(), &row.key);
            assert_eq!(consumed, usize::from(row.state == FileState::Committed), "{moment}: {key:?} {}", row.state);
            for (before, after) in steps.iter().zip(&steps[1..]) {
                assert_eq!(after.before, Some(before.state), "{moment}: {:?}", row.key);
            }
            used.insert(row.id, row);
        }
        // Every row of the history comes from a version that the ledger calls committed.
        for part in parts::live(&connection, "p", DatasetKind::Clean).unwrap() {
            let path = workspace.lake().file(&part.part.path).unwrap();
            let frame = ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap();
            for id in frame.column("_file").unwrap().i64().unwrap().iter().flatten() {
                assert_eq!(used[&id].state, FileState::Committed, "{moment}: rows of {:?}", used[&id].key);
            }
        }
    }
}

/// Every point that a run passes.
const POINTS: [&str; 21] = [
    "checked",
    "quarantine-recorded",
    "run-started",
    "clean-started",
    "clean-ended",
    "score-started",
    "score-ended",
    "train-started",
    "train-ended",
    "publish-started",
    "commit-begun",
    "commit-first",
    "commit-promoted",
    "commit-recorded",
    "commit-pointed",
    "output-staged",
    "output-moved",
    "publish-ended",
    "report-started",
    "report-ended",
    "alert-recorded",
];

/// Kills the engine at a named point; whether it came to that point.
fn killed_at(workspace: &Workspace, point: &str) -> bool {
    let mut command = workspace.command(&["run"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.env("LANDFALL_CRASH", point).status().unwrap().code().is_none()
}

/// Kills the engine or its worker at a moment within `span`, or the engine at a named point; answers what it was, and
/// whether anybody was hit.
fn killed_at_a_moment(workspace: &Workspace, upstream: &mut Upstream, span: Duration) -> (String, bool) {
    if upstream.draw.below(3) == 0 {
        let point = POINTS[upstream.draw.below(POINTS.len() as u64) as usize];
        return (point.to_owned(), killed_at(workspace, point));
    }
    let mut command = workspace.command(&["run"]);
    let mut engine = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let wait = span * u32::try_from(upstream.draw.below(1_000)).unwrap() / 1_000;
    std::thread::sleep(wait);
    if upstream.draw.below(3) == 0 {
        // Upstream does not wait for anybody.
        upstream.act(workspace);
    }
    let worker = upstream.draw.below(3) == 0;
    let mut hit = false;
    if worker {
        // Of the engine's children; there may be none at this moment.
        let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", engine.id())).unwrap_or_default();
        for pid in children.split_whitespace().filter(|pid| lives(pid)).filter_map(|pid| pid.parse().ok()) {
            // It may have ended by itself just now.
            hit |= kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok();
        }
    } else {
        engine.kill().unwrap();
    }
    hit |= engine.wait().unwrap().code().is_none();
    (format!("{wait:?} after the start, {}", if worker { "worker" } else { "engine" }), hit)
}

/// Whether a process is more than an end that its parent has not asked about yet.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with('Z'))
}

/// Tells the moment and what the engine did since, when the drill ends here.
struct Told<'a>(&'a Workspace, &'a str);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.1);
            for listing in [&["events", "-n", "60"][..], &["files", "-n", "40"], &["runs", "-n", "10"]] {
                eprintln!("{}", self.0.call(listing).out);
            }
        }
    }
}

/// Works until nobody has anything left to do; answers how long the longest call took.
fn worked_off(workspace: &Workspace, when: &str) -> Duration {
    let (mut said, mut longest, mut idle) = (String::new(), Duration::ZERO, 0);
    // A run of which no file can be used fails, and what a failed run leaves is for the next.
    for _ in 0..8 {
        let began = Instant::now();
        said = workspace.call(&["run"]).out;
        longest = longest.max(began.elapsed());
        // Nobody is idle who could not look: a store that has much to do is asked again.
        let looked = !said.contains("false (cannot look");
        idle = if said.contains("false (") { idle + u32::from(looked) } else { 0 };
        // What never becomes whole is waited for until a busy machine has no patience for anything else.
        if idle > 1 || said.contains("false (nothing new") {
            return longest;
        }
    }
    panic!("{when}: it comes to no end: {said}");
}

/// Kills so many times; nothing may come of it.
fn drill(workspace: &Workspace, remote: bool, seed: u64, stages: &str, kills: u64) {
    workspace.configure("max_attempts = 100\n", stages);
    let mut upstream = Upstream::new(seed, remote);
    let (mut span, mut hits, mut moments) = (Duration::from_millis(700), 0, 0);
    while hits < kills {
        assert!(moments < 5 * kills + 20, "seed {seed}: only {hits} of {moments} kills hit anybody");
        for _ in 0..=upstream.draw.below(3) {
            upstream.act(workspace);
        }
        let (when, hit) = killed_at_a_moment(workspace, &mut upstream, span);
        let when = format!("seed {seed}, moment {moments}: {when}");
        let _told = Told(workspace, &when);
        span = worked_off(workspace, &when);
        upstream.must_be_true(workspace, &when);
        (moments, hits) = (moments + 1, hits + u64::from(hit));
    }
    eprintln!("seed {seed}: {hits} kills at {moments} moments, {} files landed", upstream.versions);
}

/// Kills at every named point in turn; nothing may come of it.
fn drill_of_points(workspace: &Workspace, remote: bool, seed: u64) {
    workspace.configure("max_attempts = 100\n", FULL);
    let mut upstream = Upstream::new(seed, remote);
    // An output of its own is only where the stores are.
    for point in POINTS.into_iter().filter(|point| remote || !point.starts_with("output")) {
        let when = format!("seed {seed}: {point}");
        let _told = Told(workspace, &when);
        let mut tries = 0;
        loop {
            // What lands decides which points are passed: there is no quarantine without a corrupt file.
            (0..3).for_each(|_| upstream.act(workspace));
            let hit = killed_at(workspace, point);
            worked_off(workspace, &when);
            upstream.must_be_true(workspace, &when);
            if hit {
                break;
            }
            tries += 1;
            assert!(tries < 30, "{when}: it was never passed");
        }
    }
    eprintln!("seed {seed}: every point, {} files landed", upstream.versions);
}

/// Kills in one workspace of the long drill.
const LEG: u64 = 25;

const CLEAN: &str = "[stages.clean]\n";

fn in_folders(seed: u64, stages: &str, kills: u64) {
    drill(&Workspace::with(stages), false, seed, stages, kills);
}

/// Landing, lake and output in stores of this kind; nothing where there is none, which is said.
fn in_stores(kind: Kind, seed: u64, stages: &str, kills: u64) {
    let Some(landing) = kind.container() else { return };
    let (lake, output) = (kind.container(), kind.container());
    let workspace = Workspace::elsewhere(stages, Some(&landing), lake.as_ref(), output.as_ref());
    drill(&workspace, true, seed, stages, kills);
}

#[test]
fn killed_at_a_few_dozen_moments_nothing_is_lost_or_doubled() {
    std::thread::scope(|scope| {
        scope.spawn(|| in_folders(7, CLEAN, 16));
        scope.spawn(|| in_folders(11, FULL, 6));
    });
}

#[test]
fn killed_at_a_few_moments_nothing_is_lost_or_doubled_in_object_stores() {
    std::thread::scope(|scope| {
        for (kind, seed) in Kind::ALL.into_iter().zip([13, 17]) {
            scope.spawn(move || in_stores(kind, seed, FULL, 4));
        }
    });
}

#[test]
fn killed_at_every_named_point_nothing_is_lost_or_doubled() {
    drill_of_points(&Workspace::with(FULL), false, 19);
}

#[test]
fn killed_at_every_named_point_nothing_is_lost_or_doubled_in_object_stores() {
    std::thread::scope(|scope| {
        for (kind, seed) in Kind::ALL.into_iter().zip([23, 29]) {
            scope.spawn(move || {
                let Some(landing) = kind.container() else { return };
                let (lake, output) = (kind.container(), kind.container());
                let workspace = Workspace::elsewhere(FULL, Some(&landing), lake.as_ref(), output.as_ref());
                drill_of_points(&workspace, true, seed);
            });
        }
    });
}

#[test]
#[ignore = "takes long; the command is in this file's head"]
fn drill_of_as_many_kills_as_are_asked_for() {
    let number =
        |name: &str, default: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (seed, kills) = (number("LANDFALL_DRILL_SEED", 1), number("LANDFALL_DRILL_KILLS", 1_000));
    let only = std::env::var("LANDFALL_DRILL_KIND").ok().and_then(|kind| kind.parse::<u64>().ok());
    // Not one long history: what must hold is looked at whole after every kill.
    let all = kills.div_ceil(LEG);
    let next = std::sync::atomic::AtomicU64::new(0);
    let legs = || {
        loop {
            let leg = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if leg >= all {
                return;
            }
            let (seed, kills) = (seed * 10_000 + leg, LEG.min(kills - leg * LEG));
            match only.unwrap_or(leg) % 10 {
                0..7 => in_folders(seed, CLEAN, kills),
                7 => in_folders(seed, FULL, kills),
                8 => in_stores(Kind::Azure, seed, FULL, kills),
                _ => in_stores(Kind::S3, seed, FULL, kills),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(legs);
        }
    });
}
