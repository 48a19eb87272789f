//! A stream that the test writes, a real store, and crashes between the disk and the transaction.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::sync::broadcast;

use super::{drain, sweep};
use crate::config::stream::{Start, Stream};
use crate::config::{self, Pipeline};
use crate::domain::clock::{Clock, ManualClock};
use crate::domain::file::FileState;
use crate::domain::run::Cause;
use crate::engine::check::check;
use crate::engine::context::{Context, WorkerProgram};
use crate::engine::watch::stream::lost;
use crate::lake::Lake;
use crate::lake::trouble::{Cause as Why, Trouble};
use crate::landing::stream::{Begin, Limits, Lost, Partition, Piece, Point, Source};
use crate::store::{Store, files, streams};

/// A stream in memory: of every partition its records, and how many of the first have gone.
#[derive(Debug, Default, Clone)]
struct Log {
    partitions: BTreeMap<String, (Vec<String>, usize)>,
    parents: BTreeMap<String, String>,
    away: Option<String>,
}

impl Log {
    fn write(&mut self, partition: &str, records: impl IntoIterator<Item = String>) {
        self.partitions.entry(partition.to_owned()).or_default().0.extend(records);
    }
}

impl Source for Log {
    async fn partitions(&self) -> Result<Vec<Partition>, Trouble> {
        let parents = |name| self.parents.get(name).cloned().into_iter().collect();
        Ok(self.partitions.keys().map(|name| Partition { name: name.clone(), parents: parents(name) }).collect())
    }

    async fn read(&self, partition: &str, from: Begin<'_>, limits: Limits) -> Result<Piece, Trouble> {
        if self.away.as_deref() == Some(partition) {
            return Err(Trouble { cause: Why::Cut, words: "the broker is away".to_owned() });
        }
        let (records, gone) = &self.partitions[partition];
        let at = match from {
            Begin::New(Start::Earliest) => *gone,
            Begin::New(Start::Latest) => records.len(),
            Begin::On(point) => point.position.parse().unwrap(),
        };
        let start = at.max(*gone);
        let next = records.len().min(start + limits.rows as usize);
        let taken = if from == Begin::New(Start::Latest) { 0 } else { next - start };
        let lost = (at < start).then(|| Lost { range: format!("{at}-{}", start - 1), records: (start - at) as u64 });
        Ok(Piece {
            lines: records[start..start + taken]
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>()
                .into_bytes(),
            rows: taken as u64,
            empty: 0,
            range: format!("{start}-{}", (start + taken).saturating_sub(1)),
            newest: None,
            next: Point { position: (start + taken).to_string(), mark: None },
            behind: (records.len() - start - taken) as u64,
            lost,
        })
    }
}

/// A workspace with one pipeline whose landing is a stream, and its store.
struct Desk {
    _folder: TempDir,
    context: Arc<Context>,
    clock: Arc<ManualClock>,
}

impl Desk {
    fn new(keys: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("pipelines")).unwrap();
        let pipeline = format!(
            "[landing]\npath = \"kafka://127.0.0.1:1/rides\"\n{keys}\n\
             [columns]\nt = \"date\"\nx = \"float\"\n[stages.clean]\n"
        );
        std::fs::write(folder.path().join("pipelines/p.toml"), pipeline).unwrap();
        std::fs::write(folder.path().join("landfall.toml"), "").unwrap();
        let workspace = config::load(folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
        std::fs::create_dir_all(workspace.state()).unwrap();
        let store = Store::open(&workspace.state()).unwrap();
        let lake = Lake::open(&workspace.lake).unwrap();
        let clock = Arc::new(ManualClock::at(Utc.timestamp_opt(1_700_000_000, 0).unwrap()));
        let by: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let (events, _) = broadcast::channel(64);
        let context = Arc::new(Context::new(workspace, store, lake, by, WorkerProgram(Vec::new()), events));
        Self { _folder: folder, context, clock }
    }

    fn pipeline(&self) -> Pipeline {
        self.context.pipeline("p").unwrap()
    }

    fn stream(&self) -> Stream {
        self.pipeline().landing.stream.unwrap()
    }

    async fn look(&self, log: &Log) -> Option<String> {
        let pipeline = self.pipeline();
        sweep(&self.context, &pipeline).await.unwrap().unwrap();
        drain(&self.context, &pipeline, &self.stream(), log).await.unwrap()
    }

    /// Lines of all files that the ledger holds ready, in order of arrival.
    async fn taken(&self) -> Vec<String> {
        let rows = self.context.store.read(|c| files::in_state(c, "p", FileState::Ready)).await.unwrap();
        let folder = self.pipeline().landing.path;
        let text = |key: &str| std::fs::read_to_string(folder.join(key)).unwrap();
        rows.iter().flat_map(|row| text(&row.key).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    async fn positions(&self) -> Vec<(String, String, u64)> {
        let rows = self.context.store.read(|c| streams::list(c, None)).await.unwrap();
        rows.into_iter().map(|row| (row.partition, row.position, row.behind)).collect()
    }
}

fn numbers(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    range.map(|n| n.to_string())
}

#[tokio::test]
async fn partitions_are_read_to_their_ends_in_batches_and_a_new_one_from_its_start() {
    let desk = Desk::new("[landing.stream]\nmax_rows = 4\n");
    let mut log = Log::default();
    log.write("0", numbers(0..10));
    log.write("1", numbers(100..101));
    assert_eq!(desk.look(&log).await, None);
    let keys = |rows: Vec<files::FileRow>| rows.into_iter().map(|row| row.key).collect::<Vec<_>>();
    let rows = desk.context.store.read(|c| files::in_state(c, "p", FileState::Ready)).await.unwrap();
    assert_eq!(
        (rows[0].promised, rows[0].rule.as_deref()),
        (Some(4), Some("0-3 of partition 0 of `rides`, read whole"))
    );
    let expected = ["rides.0.0-3.ndjson", "rides.1.0-0.ndjson", "rides.0.4-7.ndjson", "rides.0.8-9.ndjson"];
    assert_eq!(keys(rows), expected);
    log.write("2", numbers(200..203));
    log.away = Some("0".to_owned());
    log.write("0", numbers(10..11));
    assert_eq!(desk.look(&log).await.as_deref(), Some("the broker is away"));
    assert_eq!(desk.taken().await.len(), 14, "what could be read was");
    log.away = None;
    assert_eq!(desk.look(&log).await, None);
    assert_eq!(desk.look(&log).await, None);
    assert_eq!(desk.taken().await.len(), 15);
    let at = |partition: &str, position: &str| (partition.to_owned(), position.to_owned(), 0);
    assert_eq!(desk.positions().await, [at("0", "11"), at("1", "1"), at("2", "3")]);
}

#[tokio::test]
async fn from_the_latest_on_nothing_old_is_taken_and_nothing_new_is_missed() {
    let desk = Desk::new("[landing.stream]\nstart = \"latest\"\n");
    let mut log = Log::default();
    log.write("0", numbers(0..10));
    log.write("1", numbers(0..5));
    log.away = Some("1".to_owned());
    assert!(desk.look(&log).await.is_some());
    assert!(desk.positions().await.is_empty(), "positions of all partitions or of none");
    log.away = None;
    assert_eq!(desk.look(&log).await, None);
    assert!(desk.taken().await.is_empty());
    log.write("1", numbers(5..7));
    log.write("2", numbers(0..1));
    assert_eq!(desk.look(&log).await, None);
    assert_eq!(desk.taken().await, ["0", "5", "6"]);
}

#[tokio::test]
async fn a_partition_that_was_split_is_read_on_where_its_parent_stood() {
    let desk = Desk::new("");
    let mut log = Log::default();
    log.write("0", numbers(0..4));
    desk.look(&log).await;
    let (records, _) = log.partitions.remove("0").unwrap();
    for child in ["1", "2"] {
        log.write(child, records.clone());
        log.parents.insert(child.to_owned(), "0".to_owned());
    }
    log.write("2", numbers(4..6));
    assert_eq!(desk.look(&log).await, None);
    assert_eq!(desk.taken().await, ["0", "1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn what_had_gone_before_it_was_read_is_in_the_ledger_and_an_alert_for_a_day() {
    let desk = Desk::new("");
    let mut log = Log::default();
    log.write("0", numbers(0..4));
    desk.look(&log).await;
    log.write("0", numbers(4..10));
    log.partitions.get_mut("0").unwrap().1 = 7;
    assert_eq!(desk.look(&log).await, None);
    assert_eq!(desk.taken().await, ["0", "1", "2", "3", "7", "8", "9"]);
    let gone = desk.context.store.read(|c| files::in_state(c, "p", FileState::Vanished)).await.unwrap();
    assert_eq!(gone[0].key, "rides.0.4-6.ndjson");
    assert_eq!(
        gone[0].reason,
        "up to 3 records had gone from the stream before they were read: it keeps them too briefly"
    );
    let pipeline = desk.pipeline();
    let said = |now| {
        let (pipeline, store) = (pipeline.clone(), &desk.context.store);
        store.read(move |c| lost(c, &pipeline, now))
    };
    let now = desk.clock.now();
    let verdict = said(now).await.unwrap().unwrap();
    assert!(format!("{verdict:?}").contains("up to 3 records of partition 0 had gone"), "{verdict:?}");
    let later = said(now + chrono::Duration::hours(25)).await.unwrap().unwrap();
    assert!(!format!("{later:?}").contains("had gone"), "{later:?}");
}

#[tokio::test]
async fn only_so_many_files_wait_for_a_run_and_the_rest_waits_in_the_stream() {
    let desk = Desk::new("max_files_per_run = 2\n[landing.stream]\nmax_rows = 1\n");
    let mut log = Log::default();
    log.write("0", numbers(0..5));
    desk.look(&log).await;
    desk.look(&log).await;
    assert_eq!(desk.taken().await, ["0", "1"]);
    assert_eq!(desk.positions().await, [("0".to_owned(), "2".to_owned(), 3)]);
}

#[tokio::test]
async fn brokers_that_are_away_are_no_empty_stream() {
    let desk = Desk::new("");
    let checked = check(&desk.context, &desk.pipeline(), Cause::Manual, false).await.unwrap();
    let said = checked.answer.reason;
    assert!(said.starts_with("cannot look: the stream kafka://127.0.0.1:1/rides cannot be read: "), "{said}");
    assert!(said.contains("the brokers 127.0.0.1:1 cannot be reached"), "{said}");
}

/// What may happen to a stream and its reader.
#[derive(Debug, Clone)]
enum Event {
    /// So many records are written to a partition.
    Write(u8, usize),
    /// A look.
    Look,
    /// A look that is cut off after a file was written and before its transaction.
    Crash(usize),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3_u8, 1..12_usize).prop_map(|(partition, n)| Event::Write(partition, n)),
        Just(Event::Look),
        (0..9_usize).prop_map(Event::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever is written and wherever a look is cut off: each record is taken once, and of a partition in its order.
    #[test]
    fn every_record_is_taken_exactly_once(events in prop::collection::vec(event(), 1..14)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new("[landing.stream]\nmax_rows = 5\n");
            let written = Mutex::new(BTreeMap::<u8, usize>::new());
            let mut log = Log::default();
            for event in events {
                match event {
                    Event::Write(partition, n) => {
                        let mut written = written.lock().unwrap();
                        let first = written.entry(partition).or_default();
                        log.write(&partition.to_string(), (*first..*first + n).map(|i| format!("{partition}:{i}")));
                        *first += n;
                    }
                    Event::Look => assert_eq!(desk.look(&log).await, None),
                    Event::Crash(n) => {
                        // What a crash leaves: a file whose transaction never was, with more or less than the next look
                        // will put into it.
                        let folder = desk.pipeline().landing.path;
                        let partition = (n % 3).to_string();
                        let at = desk.positions().await.into_iter().find(|(name, ..)| *name == partition);
                        let at: usize = at.map_or(0, |(_, position, _)| position.parse().unwrap());
                        std::fs::create_dir_all(&folder).unwrap();
                        let last = at + n;
                        std::fs::write(folder.join(format!("rides.{partition}.{at}-{last}.ndjson")), "half\n").unwrap();
                    }
                }
            }
            assert_eq!(desk.look(&log).await, None);
            let taken = desk.taken().await;
            for (partition, n) in written.into_inner().unwrap() {
                let prefix = format!("{partition}:");
                let mine: Vec<&String> = taken.iter().filter(|line| line.starts_with(&prefix)).collect();
                let expected: Vec<String> = (0..n).map(|i| format!("{partition}:{i}")).collect();
                assert_eq!(mine, expected.iter().collect::<Vec<_>>());
            }
            assert!(taken.iter().all(|line| line.contains(':')), "{taken:?}");
        });
    }
}
