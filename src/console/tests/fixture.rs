//! A workspace in the middle of an afternoon: one pipeline training, one idle, one failed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{Duration, TimeZone, Utc};

use crate::console::action::{Action, Link};
use crate::console::load::alerts::AlertDetail;
use crate::console::load::data::{DataPage, TablePage, Total};
use crate::console::load::files::FileDetail;
use crate::console::load::metrics::{Figure, MetricsPage};
use crate::console::load::models::ModelsPage;
use crate::console::load::overview::{Overview, PipelineCard, RunCard};
use crate::console::load::reports::ReportLine;
use crate::console::load::run::RunDetail;
use crate::console::load::window::{Head, Window};
use crate::console::load::{Page, Snapshot};
use crate::console::place::{Place, Source};
use crate::console::state::{Live, State};
use crate::console::update::update;
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Finding, Severity};
use crate::domain::dataset::{DatasetKind, Part};
use crate::domain::file::FileState;
use crate::domain::job::Level;
use crate::domain::metric::{Metric, Split};
use crate::domain::model::{Check, Decision, ModelCard, Verdict};
use crate::domain::run::{Cause, RunState, StageKind, StageState};
use crate::domain::trigger::Answer;
use crate::domain::wire::{EngineEvent, Progress};
use crate::store::alerts::AlertRow;
use crate::store::champions::Reign;
use crate::store::events::EventRow;
use crate::store::files::FileRow;
use crate::store::logs::LogRow;
use crate::store::metrics::Point;
use crate::store::models::ModelRow;
use crate::store::parts::PartRow;
use crate::store::pipelines::PipelineRow;
use crate::store::runs::RunRow;
use crate::store::stages::{AttemptRow, StageRow};
use crate::store::triggers::TriggerRow;

/// The fixture's now.
pub fn now() -> Instant {
    Utc.with_ymd_and_hms(2013, 3, 9, 14, 2, 31).unwrap()
}

fn ago(seconds: i64) -> Instant {
    now() - Duration::seconds(seconds)
}

fn ago_ms(ms: i64) -> Instant {
    now() - Duration::milliseconds(ms)
}

pub fn run_row(id: i64, pipeline: &str, state: RunState, seconds_ago: i64) -> RunRow {
    let over = state.is_final();
    RunRow {
        id,
        pipeline: pipeline.into(),
        state,
        cause: Cause::Schedule,
        reason: "3 new files".into(),
        parent: None,
        rerun_from: None,
        created: ago(seconds_ago),
        started: Some(ago(seconds_ago)),
        ended: over.then(|| ago(seconds_ago - 9)),
        committed: state.is_committed().then(|| ago(seconds_ago - 9)),
        generation: 40,
        config_hash: "5f2c9a7b11d0e3a4".into(),
        seed: 7,
        files: 3,
        bytes: 279_000,
        rows: Some(2_741),
        error_class: None,
        error: None,
    }
}

fn stage(run: i64, name: &str, kind: StageKind, state: StageState, from_ms: i64, to_ms: Option<i64>) -> StageRow {
    let began = !matches!(state, StageState::Waiting);
    StageRow {
        run,
        name: name.into(),
        kind,
        needs: Vec::new(),
        state,
        attempt: u32::from(began),
        started: began.then(|| ago_ms(from_ms)),
        ended: to_ms.map(ago_ms),
        reused_from: None,
        summary: String::new(),
        error: None,
    }
}

fn chained(mut stages: Vec<StageRow>) -> Vec<StageRow> {
    for n in 1..stages.len() {
        stages[n].needs = vec![stages[n - 1].name.clone()];
    }
    stages
}

fn running_stages() -> Vec<StageRow> {
    use StageState::{Running, Succeeded, Waiting};
    let mut stages = chained(vec![
        stage(128, "clean", StageKind::Clean, Succeeded, 8_900, Some(8_500)),
        stage(128, "score", StageKind::Score, Succeeded, 8_450, Some(8_250)),
        stage(128, "train", StageKind::Train, Running, 8_100, None),
        stage(128, "publish", StageKind::Publish, Waiting, 0, None),
        stage(128, "report", StageKind::Report, Waiting, 0, None),
    ]);
    stages[0].summary = "2,741 rows, 12 rejected".into();
    stages[1].summary = "AUC 0.702 on 1,368 rows".into();
    stages
}

fn trigger(reason: &str, fired: bool, run: Option<i64>) -> TriggerRow {
    let answer = Answer { cause: Cause::Schedule, fired, reason: reason.into(), ready: 3, settling: 0 };
    TriggerRow { at: ago(20), answer, run }
}

fn pipeline(name: &str, headline: &str, next: Option<i64>) -> PipelineRow {
    PipelineRow {
        name: name.into(),
        title: name.into(),
        config_hash: "5f2c9a7b11d0e3a4".into(),
        headline: headline.into(),
        stages: ["clean", "score", "train", "publish", "report"].map(String::from).to_vec(),
        paused: false,
        next_check: next.map(|seconds| now() + Duration::seconds(seconds)),
        generation: 41,
    }
}

pub fn usual() -> BTreeMap<String, f64> {
    [("clean", 0.4), ("score", 0.2), ("train", 20.0), ("publish", 0.3), ("report", 0.5)]
        .map(|(name, seconds)| (name.to_owned(), seconds))
        .into()
}

fn wave(count: usize, base: f64, swing: f64) -> Vec<f64> {
    (0..count).map(|n| base + swing * ((n as f64) * 0.9).sin() + swing * 0.05 * n as f64).collect()
}

pub fn live(done: u64, total: u64) -> Live {
    let progress = Progress {
        pipeline: "flights".into(),
        run: 128,
        stage: "train".into(),
        done,
        total: Some(total),
        unit: "rounds".into(),
        note: "best 290".into(),
        memory: Some(412_000_000),
        at: now(),
    };
    Live { progress, rate: Some(42.0) }
}

pub fn alert_row(id: i64, severity: Severity, state: AlertState, kind: AlertKind, message: &str) -> AlertRow {
    AlertRow {
        id,
        pipeline: if kind == AlertKind::Staleness { "bikes".into() } else { "flights".into() },
        finding: Finding {
            kind,
            object: "flights_2013-03-09.csv".into(),
            severity,
            message: message.into(),
            observed: Some(949_000.0),
            expected: Some((61_000.0, 142_000.0)),
            unit: "bytes".into(),
            rule: "more than 5 robust standard deviations from the median of the last 61 files, and 3.2x".into(),
        },
        state,
        run: Some(128),
        raised: ago(90 + id * 600),
        updated: ago(30),
        ended: (!state.is_open()).then(|| ago(40)),
        note: None,
        who: None,
    }
}

pub fn alerts() -> Vec<AlertRow> {
    use AlertKind::{FileSize, ResultsDrift, Staleness};
    let size = "flights_2013-03-09.csv is 949 kB, 10.2x its usual 93 kB (61 kB to 142 kB)";
    let stale = "no file since 07:02; one was due at 08:00 and 15 minutes are granted";
    let drift = "AUC of 2013-02-08 is 0.611, the trailing 28 days say 0.672 to 0.731";
    let mut answered = alert_row(29, Severity::Warning, AlertState::Acknowledged, ResultsDrift, drift);
    answered.note = Some("blizzard, expected".into());
    answered.who = Some("op".into());
    vec![
        alert_row(31, Severity::Critical, AlertState::Firing, FileSize, size),
        alert_row(30, Severity::Warning, AlertState::Firing, Staleness, stale),
        answered,
    ]
}

pub fn overview() -> Overview {
    let running = RunCard {
        run: RunRow { started: Some(ago(9)), ..run_row(128, "flights", RunState::Running, 20) },
        stages: running_stages(),
    };
    let mut broken_run = run_row(126, "cards", RunState::Failed, 2_460);
    broken_run.error = Some("publish: the lake cannot be reached (connection refused); retried 3 times".into());
    let mut broken_stages = running_stages();
    broken_stages.iter_mut().for_each(|stage| stage.state = StageState::Succeeded);
    broken_stages[3].state = StageState::Failed;
    broken_stages[3].attempt = 4;
    broken_stages[3].error = broken_run.error.clone();
    broken_stages[4].state = StageState::Skipped;
    let idle = RunCard { run: run_row(127, "bikes", RunState::Succeeded, 7_300), stages: broken_stages.clone() };
    let card = |row, run, trigger, age: i64, headline, alerts| PipelineCard {
        row,
        run: Some(run),
        trigger: Some(trigger),
        newest_file: Some(ago(age)),
        waiting: 0,
        usual: usual(),
        headline,
        alerts,
    };
    let broken = RunCard { run: broken_run, stages: broken_stages };
    let nothing = || trigger("nothing new: 61 files known", false, None);
    let pipelines = vec![
        card(pipeline("flights", "auc", Some(3_440)), running.clone(), nothing(), 370, wave(40, 0.68, 0.02), (1, 1)),
        card(pipeline("bikes", "rmse", Some(749)), idle, nothing(), 7_210, wave(40, 410.0, 9.0), (0, 1)),
        card(pipeline("cards", "average_precision", Some(1_150)), broken, nothing(), 2_480, vec![0.31; 30], (0, 0)),
    ];
    let event = |id, seconds, level, subject: &str, text: &str| EventRow {
        id,
        at: ago(seconds),
        level,
        pipeline: Some("flights".into()),
        run: Some(128),
        subject: subject.into(),
        text: text.into(),
    };
    let events = vec![
        event(9, 19, Level::Warn, "clean", "12 rows rejected: dep_time beyond 2400 (9), unknown carrier (3)"),
        event(8, 21, Level::Info, "trigger", "run 128 over 3 new files"),
        event(
            7,
            231,
            Level::Info,
            "model",
            "version 41 kept: challenger not better (AUC -0.004, 95 % -0.011 to +0.003)",
        ),
        event(6, 90_000, Level::Error, "publish", "run 126 failed: the lake cannot be reached (connection refused)"),
    ];
    Overview { pipelines, alerts: alerts(), events, open_runs: vec![running.run] }
}

fn file_row(id: i64, key: &str, state: FileState, reason: &str) -> FileRow {
    FileRow {
        id,
        pipeline: "flights".into(),
        key: key.into(),
        token: "t".into(),
        bytes: 93_410,
        modified: ago(400),
        hash: Some("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262".into()),
        first_seen: ago(390),
        unchanged_since: ago(390),
        settled: Some(ago(380)),
        state,
        reason: reason.into(),
        rows: Some(914),
        rejected: Some(if id % 2 == 0 { 4 } else { 0 }),
        run: Some(128),
        attempts: 1,
    }
}

pub fn files() -> Vec<FileRow> {
    vec![
        file_row(64, "flights_2013-03-09.csv", FileState::Claimed, "taken by run 128"),
        file_row(63, "flights_2013-03-08 (copy).csv", FileState::Duplicate, "same content as flights_2013-03-08.csv"),
        file_row(62, "flights_2013-03-08.csv", FileState::Claimed, "taken by run 128"),
        file_row(
            61,
            "upstream/a_very_long_folder_name/flights_2013-03-07_final_v2.csv",
            FileState::Quarantined,
            "line 412: 9 fields, 12 expected",
        ),
        file_row(60, "flights_2013-03-06.csv", FileState::Committed, "published by run 127"),
        file_row(59, "flights_2013-03-05.csv", FileState::Settling, "still growing: 41 kB more since the last look"),
    ]
}

fn model(version: i64, verdict: Verdict, run: i64) -> ModelRow {
    let check = |name: &str, passed, detail: &str| Check { name: name.into(), passed, detail: detail.into() };
    let reason = match verdict {
        Verdict::Promoted => "better than the champion on the holdout by more than chance",
        _ => "not better than the champion: AUC -0.004 (95 % -0.011 to +0.003)",
    };
    let features = [("sched_dep_hour", 0.41), ("carrier", 0.22), ("dest", 0.14), ("distance", 0.12), ("origin", 0.11)];
    let card = ModelCard {
        version,
        algorithm: "boosting".into(),
        bundle: format!("models/flights/{version}"),
        hash: "00".into(),
        data: "11".into(),
        from: Some(Utc.with_ymd_and_hms(2013, 1, 1, 5, 0, 0).unwrap()),
        to: Some(Utc.with_ymd_and_hms(2013, 3, 1, 23, 0, 0).unwrap()),
        rows: 51_955,
        importance: features.map(|(name, share)| (name.to_owned(), share)).to_vec(),
        decision: Decision {
            verdict,
            reason: reason.into(),
            checks: vec![
                check("enough labelled rows", true, "8,342, at least 500"),
                check("better than the baseline", true, "log loss 0.491 against 0.537"),
                check(
                    "not worse than the champion",
                    verdict == Verdict::Promoted,
                    "AUC -0.004 (95 % -0.011 to +0.003)",
                ),
                check("self-test", true, "reloaded and re-scored: same to 1e-9"),
            ],
        },
        seed: 7,
    };
    ModelRow { run, made: ago(2_000), committed: Some(ago(1_990)), card }
}

fn metric(name: &str, value: f64, split: Split, who: &str) -> Metric {
    Metric {
        name: name.into(),
        value,
        n: 1_368,
        split,
        who: who.into(),
        model: Some(39),
        day: None,
        column: None,
        from: None,
        to: None,
    }
}

fn holdout() -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (who, auc, loss) in [("challenger", 0.698, 0.493), ("champion", 0.702, 0.491), ("baseline", 0.5, 0.537)] {
        metrics.push(metric("auc", auc, Split::Holdout, who));
        metrics.push(metric("log_loss", loss, Split::Holdout, who));
    }
    metrics
}

pub fn models() -> ModelsPage {
    let verdicts = [Verdict::Kept, Verdict::Kept, Verdict::Promoted, Verdict::Kept];
    let models: Vec<ModelRow> = (0..4).map(|n| model(41 - n, verdicts[n as usize], 127 - n)).collect();
    let holdout = models.iter().map(|model| (model.run, holdout())).collect();
    let reign = Reign { version: 39, at: ago(9_000), run: Some(125), who: "landfall".into(), reason: "better".into() };
    ModelsPage { headline: "auc".into(), models, champion: Some(39), reigns: vec![reign], holdout }
}

pub fn run_detail() -> RunDetail {
    let overview = overview();
    let card = overview.pipelines[0].run.clone().unwrap();
    let attempt = |stage: &StageRow| AttemptRow {
        stage: stage.name.clone(),
        attempt: 1,
        started: stage.started.unwrap(),
        ended: stage.ended,
        outcome: stage.ended.map(|_| stage.state),
        error_class: None,
        error: None,
        peak_memory: stage.ended.map(|_| 212_000_000),
        cpu_ms: stage.ended.map(|_| 640),
    };
    let attempts = card.stages.iter().filter(|stage| stage.started.is_some()).map(attempt).collect();
    let log = (0..200)
        .map(|n| LogRow {
            id: n,
            stage: if n < 40 { "clean".into() } else { "train".into() },
            attempt: 1,
            at: ago_ms(8_900 - n * 40),
            level: if n == 7 { Level::Warn } else { Level::Info },
            text: if n == 7 { "12 rows rejected".into() } else { format!("round {n}: log loss 0.4{:02}", 99 - n % 90) },
        })
        .collect();
    RunDetail {
        attempts,
        files: files().into_iter().take(3).collect(),
        parts: vec![
            part(1, DatasetKind::Clean, "2013-03", 20_741),
            part(2, DatasetKind::Predictions, "2013-03-09", 914),
        ],
        metrics: vec![
            metric("auc", 0.702, Split::Prequential, "champion"),
            metric("log_loss", 0.488, Split::Prequential, "champion"),
        ],
        model: None,
        log,
        usual: usual(),
        card,
    }
}

fn part(id: i64, kind: DatasetKind, partition: &str, rows: u64) -> PartRow {
    PartRow {
        id,
        run: 100 + id,
        stage: "score".into(),
        part: Part {
            kind,
            partition: partition.into(),
            path: format!("{}/flights/{partition}/run-{id}.parquet", kind.name()),
            rows,
            bytes: rows * 21,
            hash: "00".into(),
            from: Some(ago(90_000)),
            to: Some(ago(10_000)),
        },
        staged: String::new(),
        replaces: true,
        committed: Some(ago(3_000)),
    }
}

pub fn data() -> DataPage {
    let parts: Vec<PartRow> = (1..=25)
        .rev()
        .map(|day| part(day, DatasetKind::Predictions, &format!("2013-02-{day:02}"), 900 + day as u64))
        .collect();
    let total = |kind, parts, rows| Total { kind, parts, rows, bytes: rows * 21 };
    DataPage {
        pipeline: "flights".into(),
        totals: vec![
            total(DatasetKind::Predictions, 25, 22_825),
            total(DatasetKind::Rejects, 3, 31),
            total(DatasetKind::Clean, 3, 80_789),
            total(DatasetKind::Metrics, 0, 0),
            total(DatasetKind::Output, 0, 0),
        ],
        kind: DatasetKind::Predictions,
        parts,
    }
}

pub fn source() -> Source {
    Source { pipeline: "flights".into(), kind: DatasetKind::Predictions, part: None }
}

pub fn table_page() -> TablePage {
    let parts = vec![("a.parquet".into(), 400), ("b.parquet".into(), 22_425)];
    TablePage { source: source(), parts, title: "predictions, all 25 parts".into() }
}

pub fn window(from: u64, count: u64) -> Window {
    let head = |name: &str, dtype: &str, numeric| Head { name: name.into(), dtype: dtype.into(), numeric };
    let columns = vec![
        head("time_hour", "datetime", false),
        head("carrier", "str", false),
        head("flight", "i64", true),
        head("origin", "str", false),
        head("dest", "str", false),
        head("predicted", "f64", true),
        head("actual", "f64", true),
        head("model", "i64", true),
    ];
    let row = |n: u64| {
        let actual = (!n.is_multiple_of(3)).then(|| format!("{}", n % 2));
        vec![
            Some(format!("2013-02-{:02} {:02}:00:00", 1 + n % 28, 5 + n % 18)),
            Some(["UA", "DL", "B6", "EV"][(n % 4) as usize].to_owned()),
            Some(format!("{}", 100 + n * 7 % 4_000)),
            Some("EWR".into()),
            Some("ORD".into()),
            Some(format!("{:.6}", (n % 97) as f64 / 97.0)),
            actual,
            Some("39".into()),
        ]
    };
    Window { from, columns, rows: (from..from + count).map(row).collect() }
}

pub fn metrics() -> MetricsPage {
    let figure = |name: &str, split, daily| Figure { name: name.into(), split, daily };
    let figures = vec![
        figure("auc", Split::Prequential, true),
        figure("log_loss", Split::Prequential, true),
        figure("auc", Split::Holdout, false),
        figure("reject_ratio", Split::Batch, false),
    ];
    let series = |base: f64| -> Vec<Point> {
        wave(40, base, 0.02)
            .into_iter()
            .enumerate()
            .map(|(n, value)| Point {
                label: (Utc.with_ymd_and_hms(2013, 1, 29, 0, 0, 0).unwrap() + Duration::days(n as i64))
                    .format("%Y-%m-%d")
                    .to_string(),
                run: 80 + n as i64,
                value,
                n: 900,
                model: Some(39),
            })
            .collect()
    };
    MetricsPage {
        chosen: figures.first().cloned(),
        figures,
        series: vec![("champion".into(), series(0.68)), ("baseline".into(), series(0.55))],
    }
}

pub fn alert_detail() -> AlertDetail {
    let mut alert = alerts().remove(0);
    alert.finding.object = "flights_2013-03-09.csv".into();
    let earlier =
        alert_row(12, Severity::Warning, AlertState::Resolved, AlertKind::FileSize, "1.2 MB, 13x its usual 93 kB");
    AlertDetail {
        history: vec![(ago(90), AlertState::Firing, "landfall".into(), "10.2x its usual 93 kB".into())],
        run: Some(run_row(128, "flights", RunState::Running, 9)),
        earlier: vec![earlier],
        alert,
    }
}

pub fn runs() -> Vec<RunRow> {
    let states = [
        RunState::Running,
        RunState::Succeeded,
        RunState::Failed,
        RunState::Cancelled,
        RunState::Interrupted,
        RunState::Partial,
    ];
    let mut runs: Vec<RunRow> = (0..60)
        .map(|n| {
            run_row(
                128 - n,
                ["flights", "bikes", "cards"][(n % 3) as usize],
                if n < 6 { states[n as usize] } else { RunState::Succeeded },
                9 + n * 3_600,
            )
        })
        .collect();
    runs[2].error = Some("publish: the lake cannot be reached (connection refused); retried 3 times".into());
    runs[5].error = Some("report: out of memory at 512 MB".into());
    runs
}

pub fn reports() -> Vec<ReportLine> {
    let line = |n: i64| {
        let mut part = part(n, DatasetKind::Report, "", 0);
        part.part.path = format!("reports/flights/run-{}.html", 100 + n);
        part.part.bytes = 84_000;
        let mut stages = running_stages();
        stages.iter_mut().for_each(|stage| stage.state = StageState::Succeeded);
        let run = RunCard { run: run_row(100 + n, "flights", RunState::Succeeded, 4_000), stages };
        ReportLine { pipeline: "flights".into(), part, run: Some(run), model: Some(model(41, Verdict::Kept, 127)) }
    };
    (20..28).rev().map(line).collect()
}

pub fn file_detail() -> FileDetail {
    let file = files().remove(0);
    FileDetail {
        history: vec![
            (ago(390), FileState::Seen, "listed".into()),
            (ago(385), FileState::Settling, "41 kB more since the last look".into()),
            (ago(380), FileState::Ready, "unchanged for 5 s".into()),
            (ago(20), FileState::Claimed, "taken by run 128".into()),
        ],
        versions: vec![file_row(64, "flights_2013-03-09.csv", FileState::Claimed, ""), file.clone()],
        file,
    }
}

/// Every place with what it shows.
pub fn pages() -> Vec<(&'static str, Place, Page)> {
    vec![
        ("overview", Place::Overview, Page::Overview),
        ("runs", Place::Runs, Page::Runs(runs())),
        ("run", Place::Run { run: 128 }, Page::Run(run_detail())),
        ("files", Place::Files, Page::Files(files())),
        ("file", Place::File { file: 64 }, Page::File(file_detail())),
        ("data", Place::Data, Page::Data(data())),
        ("rows", Place::Table(source()), Page::Table(table_page())),
        ("models", Place::Models, Page::Models(models())),
        ("metrics", Place::Metrics, Page::Metrics(metrics())),
        ("alerts", Place::Alerts, Page::Alerts(alerts())),
        ("alert", Place::Alert { alert: 31 }, Page::Alert(alert_detail())),
        ("reports", Place::Reports, Page::Reports(reports())),
    ]
}

/// A console that has read everything and is linked.
pub fn state(size: (u16, u16)) -> State {
    let mut state = State::new("nyc".into(), PathBuf::from("/work/lake"), now(), size);
    for (_, _, page) in pages() {
        show(&mut state, page);
    }
    update(&mut state, Action::Link(Link::Up { started: Some(ago(187_200)) }));
    update(&mut state, Action::Engine(EngineEvent::Progress(live(340, 1_000).progress)));
    state
}

/// Hands the console a page.
pub fn show(state: &mut State, page: Page) {
    let snapshot = Snapshot { overview: overview(), page };
    update(state, Action::Snapshot(Box::new(snapshot)));
}

/// The console at a place, with everything that belongs there.
pub fn at(place: &Place, size: (u16, u16)) -> State {
    let mut state = state(size);
    state.place = place.clone();
    if let Place::Table(source) = place {
        state.table = Some(crate::console::state::TableView::new(source.clone()));
        show(&mut state, Page::Table(table_page()));
        update(&mut state, Action::Window(source.clone(), Ok(window(0, 300))));
    }
    state
}
