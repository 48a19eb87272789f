//! Stories made of real days.

use chrono::{Duration, TimeZone, Utc};

use crate::domain::Instant;
use crate::domain::alert::{Alarm, AlertState, Severity};
use crate::domain::diagnosis;
use crate::domain::drift;
use crate::domain::model::{Check, Decision, ModelCard, Standing, Verdict};
use crate::domain::plan::Task;
use crate::domain::story::{Story, StoryAlert, StoryDay, StoryFile, StoryModel, StoryPrecision, StoryRun, StoryStage};
use crate::domain::why::{self, Why};

pub fn at(day: u32, hour: u32) -> Instant {
    Utc.with_ymd_and_hms(2013, 3, day, hour, 2, 11).unwrap()
}

/// A wave between -1 and 1 that repeats nowhere in a story: instead of noise, and the same everywhere.
pub fn wave(i: usize) -> f64 {
    let i = i as f64;
    (0.5 * (i * 0.9).sin() + 0.3 * (i * 2.31 + 1.0).sin() + 0.2 * (i * 5.7).cos()).clamp(-1.0, 1.0)
}

/// The flights of New York, January to March 2013: real rows and outcomes of each day, predictions as a model that
/// knows the calendar and not the weather would make them.
pub fn days() -> Vec<StoryDay> {
    let lines: Vec<&str> = include_str!("../../alerts/flights_by_day.csv").lines().skip(1).take(68).collect();
    let newest = lines.len() - 1;
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let f: Vec<&str> = line.split(',').collect();
            let [rows, arrived, late] = [1, 2, 3].map(|c| f[c].parse::<f64>().unwrap());
            let actual = late / arrived;
            let predicted = 0.225 + 0.045 * wave(i) + if i % 7 == 4 { -0.05 } else { 0.0 };
            let known = (i > 13 && i < newest).then_some(());
            StoryDay {
                day: f[0].to_owned(),
                rows: rows as u64,
                predicted: (i > 13).then_some(predicted),
                actual: (i < newest).then_some(actual),
                labelled: Some(if i < newest { arrived / rows } else { 0.0 }),
                headline: known.map(|()| 0.69 + 0.04 * wave(i + 40) - 0.0004 * i as f64),
                loss: known.map(|()| -(actual * predicted.ln() + (1.0 - actual) * (1.0 - predicted).ln()) - 0.03),
                ..StoryDay::default()
            }
        })
        .collect()
}

pub fn card(version: i64, verdict: Verdict, reason: &str) -> ModelCard {
    let gains = [
        ("sched_dep_time", 0.312),
        ("dest", 0.184),
        ("carrier", 0.141),
        ("sched_arr_time", 0.117),
        ("day_of_year", 0.098),
        ("weekday", 0.071),
        ("origin", 0.041),
        ("distance", 0.024),
        ("flight", 0.007),
        ("tailnum", 0.005),
    ];
    let check = |name: &str, passed, detail: &str| Check { name: name.into(), passed, detail: detail.into() };
    ModelCard {
        leaks: vec![],
        version,
        algorithm: "boosting".into(),
        bundle: format!("models/flights/{version:06}"),
        hash: "7c1e4b0d9f2a6683".repeat(4),
        data: "b90a11c2d4e5f607".repeat(4),
        from: Some(Utc.with_ymd_and_hms(2013, 1, 1, 5, 15, 0).unwrap()),
        to: Some(at(1, 4)),
        rows: 52_410,
        importance: gains.iter().map(|(name, gain)| ((*name).to_owned(), *gain)).collect(),
        decision: Decision {
            verdict,
            reason: reason.into(),
            checks: vec![
                check("better than the baseline", true, "log loss 0.489, baseline 0.537"),
                check(
                    "not worse than the champion",
                    verdict == Verdict::Promoted,
                    "log loss +0.3 % (95 % −0.4 to +1.1), limit +2 %",
                ),
                check("same predictions after reloading", true, "largest difference 0"),
                check("enough rows", true, "6,412 in the holdout, 1,391 late"),
            ],
        },
        seed: 42,
        calibration: None,
        standings: Vec::new(),
        continued: None,
        contest: [
            ("boosting", 0.489, Some(64), true),
            ("linear", 0.497, None, false),
            ("baseline", 0.537, None, false),
        ]
        .map(|(who, loss, rounds, chosen)| Standing { who: who.into(), loss: Some(loss), seconds: 1.5, rounds, chosen })
        .to_vec(),
    }
}

pub fn models() -> Vec<StoryModel> {
    (1..=14)
        .map(|version| {
            let i = version as usize;
            let promoted = [1, 3, 8].contains(&version);
            let champion = (version > 1).then(|| 0.497 - 0.0006 * i as f64 + 0.006 * wave(i));
            StoryModel {
                version,
                made: at(1, 6) + Duration::hours(12 * version),
                algorithm: if version < 3 { "linear" } else { "boosting" }.into(),
                verdict: if promoted { "promoted" } else { "kept" }.into(),
                reason: if promoted {
                    "better than the champion"
                } else {
                    "not better: log loss +0.4 % (95 % −0.6 to +1.4)"
                }
                .into(),
                headline: (Some(0.70 + 0.008 * wave(i + 3)), champion.map(|_| 0.699 + 0.006 * wave(i)), Some(0.5)),
                loss: (
                    Some(0.495 - 0.0006 * i as f64 + 0.009 * wave(i + 7) - if promoted { 0.006 } else { 0.0 }),
                    champion,
                    Some(0.537 + 0.004 * wave(i + 2)),
                ),
            }
        })
        .collect()
}

/// A full story: two months of days, fourteen versions, a bad batch.
pub fn rich() -> Story {
    let file = |key: &str, bytes, rows, rejected, state: &str, reason: &str| StoryFile {
        key: key.into(),
        bytes,
        rows,
        rejected,
        state: state.into(),
        reason: reason.into(),
    };
    let stage = |name: &str, seconds, usual, memory, summary: &str| StoryStage {
        name: name.into(),
        state: "succeeded".into(),
        seconds: Some(seconds),
        usual_seconds: usual,
        peak_memory: Some(memory),
        summary: summary.into(),
    };
    let alert = |day, severity, state, kind: &str, message: &str| StoryAlert {
        raised: at(day, 14),
        severity,
        state,
        kind: kind.into(),
        message: message.into(),
        here: day == 9,
        inhibited: false,
        who: (state != AlertState::Firing).then(|| "op".into()),
        note: (state != AlertState::Firing).then(|| "blizzard, <expected>".into()),
        alarm: (state == AlertState::Resolved).then_some(Alarm::False),
        muted_until: None,
        ended: (state == AlertState::Resolved).then(|| at(day, 15)),
    };
    Story {
        title: "Late arrivals from New York".into(),
        pipeline: "flights".into(),
        run: 128,
        started: at(9, 14),
        trigger: "by schedule: 3 new files".into(),
        config_hash: "5d1f0c6e2b7a9934".into(),
        target: "late".into(),
        task: Task::Binary,
        files: vec![
            file("flights_2013-03-08.csv", 133_812, Some(1_959), Some(0), "committed", ""),
            file("flights_2013-03-09.csv", 1_190_204, Some(7_440), Some(212), "committed", ""),
            file(
                "flights_2013-03-09b.csv.gz",
                4_096,
                None,
                None,
                "quarantined",
                "gzip ends after 4,096 bytes, in the middle of a block",
            ),
        ],
        stages: vec![
            stage("clean", 0.41, Some(0.4), 88_000_000, "9,399 rows, 212 rejected"),
            stage("score", 0.22, Some(0.2), 61_000_000, "765 predicted, 979 judged: AUC 0.648"),
            stage("train", 18.6, Some(8.1), 412_000_000, "version 14 kept: not better than version 8"),
            stage("publish", 0.31, Some(0.3), 47_000_000, "2 days, 4 files"),
            StoryStage {
                state: "running".into(),
                seconds: None,
                usual_seconds: None,
                peak_memory: None,
                ..stage("report", 0.0, None, 0, "")
            },
        ],
        days: days(),
        models: models(),
        champion: Some(card(8, Verdict::Promoted, "better than version 3")),
        challenger: Some(card(14, Verdict::Kept, "not better than the champion (log loss +0.3 %, 95 % −0.4 to +1.1)")),
        diagnosis: Some((8, diagnosis::tests::binary())),
        drift: Some(drift::tests::account()),
        inputs: drift::tests::looks(),
        expected: Some(("auc".into(), drift::tests::expected())),
        rejects: vec![
            ("dep_time".into(), "beyond 2400".into(), 160),
            ("carrier".into(), "not one of the allowed values: ZZ".into(), 41),
            (String::new(), "11 fields, 12 expected".into(), 11),
        ],
        alerts: vec![
            alert(
                9,
                Severity::Critical,
                AlertState::Firing,
                "file size",
                "flights_2013-03-09.csv is 10.2x its usual 117 kB (1.2 MB now, usual 70 kB to 199 kB)",
            ),
            alert(
                9,
                Severity::Warning,
                AlertState::Firing,
                "quarantine",
                "flights_2013-03-09b.csv.gz could not be used and lies in quarantine: gzip ends after 4,096 bytes",
            ),
            alert(
                8,
                Severity::Warning,
                AlertState::Acknowledged,
                "results drift",
                "the mean outcome of 2013-03-08 is 79.2 %, far from the usual 19.8 % (usual 1.1 % to 52.5 %)",
            ),
            alert(9, Severity::Warning, AlertState::Resolved, "null rate", "dep_time is empty in 41.0 % of the rows"),
        ],
        alerts_left: 0,
        precision: vec![
            StoryPrecision { kind: "file size".into(), fired: 11, right: 8, wrong: 1 },
            StoryPrecision { kind: "staleness".into(), fired: 2, right: 0, wrong: 0 },
        ],
        predicted: days().last().and_then(|d| Some((d.rows, d.predicted?))),
        runs: [(6, 1.0, Some(0.71)), (7, 0.834, Some(0.69)), (8, 0.0, None)]
            .map(|(run, labelled, headline)| StoryRun {
                run,
                rows: 1_942,
                labelled,
                headline,
                loss: headline.map(|h| 1.2 - h),
            })
            .to_vec(),
        worst: vec![
            why::tests::late(),
            Why {
                corrected: Some("isotonic".into()),
                called: Some("late".into()),
                about: Some("late".into()),
                ..why::tests::late()
            },
        ],
    }
}

/// The very first run: files, and nothing else yet.
pub fn first_run() -> Story {
    Story {
        title: "Late arrivals from New York".into(),
        pipeline: "flights".into(),
        run: 1,
        started: at(1, 6),
        trigger: "asked for by an operator".into(),
        config_hash: "5d1f0c6e2b7a9934".into(),
        target: "late".into(),
        task: Task::Binary,
        files: Vec::new(),
        stages: Vec::new(),
        days: Vec::new(),
        models: Vec::new(),
        champion: None,
        challenger: None,
        diagnosis: None,
        drift: None,
        inputs: Vec::new(),
        expected: None,
        rejects: Vec::new(),
        alerts: Vec::new(),
        alerts_left: 0,
        precision: Vec::new(),
        predicted: None,
        runs: Vec::new(),
        worst: Vec::new(),
    }
}

/// Writes the pages where `LANDFALL_REPORT_PREVIEW` says, to be looked at.
pub fn regression() -> Story {
    let mut story = rich();
    story.task = Task::Regression;
    story.target = "rentals".into();
    story.title = "Bicycle rentals".into();
    story.diagnosis = Some((8, diagnosis::tests::regression()));
    story.predicted = Some((24, 4_120.5));
    for (i, day) in story.days.iter_mut().enumerate() {
        day.predicted = day.predicted.map(|p| 15_000.0 * p + 400.0 * wave(i + 5));
        day.actual = day.actual.map(|a| 3_600.0 + 2_000.0 * a);
        day.headline = day.headline.map(|h| 400.0 * h + 100.0 * wave(i));
        day.loss = day.headline;
        (day.coverage, day.width) = (day.headline.map(|_| 0.9 + 0.03 * wave(i)), day.headline.map(|h| 3.0 * h));
    }
    story
}

/// The longest story there is: 400 days, 100 versions, 400 files.
pub fn year() -> Story {
    let mut story = rich();
    let start = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
    let template = story.days[30].clone();
    story.days = start
        .iter_days()
        .take(400)
        .enumerate()
        .map(|(i, day)| StoryDay {
            day: day.to_string(),
            predicted: Some(0.22 + 0.08 * (i as f64 / 58.0).sin() + 0.03 * wave(i)),
            actual: (i < 399).then_some(0.22 + 0.10 * (i as f64 / 58.0).sin() + 0.08 * wave(i * 3)),
            ..template.clone()
        })
        .collect();
    let model = story.models[5].clone();
    story.models = (1..=100).map(|version| StoryModel { version, ..model.clone() }).collect();
    let file = story.files[0].clone();
    story.files = (0..400).map(|i| StoryFile { key: format!("flights_{i}.csv"), ..file.clone() }).collect();
    story
}
