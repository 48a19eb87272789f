//! Histories that there is little to learn from: each has an outcome with a name of its own, alone and beside a champion.

use polars::prelude::{DataFrame, IdxCa, NamedFrom, Series};

use super::*;
use crate::domain::model::Decision;
use crate::domain::plan::{Algorithm, ColumnType, PromotionPlan};
use crate::learn::random::Random;
use crate::learn::samples;
use crate::stages::score::samples::{Lake, logs};

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// The baseline of the new version serves.
    Baseline,
    /// Nothing was made; who served before goes on.
    Nothing,
    /// The champion goes on; what was made does not serve.
    Stays(Verdict),
    /// The stage failed and left nothing.
    Failed,
}

struct Case {
    name: &'static str,
    plan: ModelPlan,
    table: DataFrame,
    /// How it ends and how its sentence begins: without a champion, and with one.
    ends: [(End, &'static str); 2],
    /// Words of a line of the checklist or the log that name what is odd.
    named: Option<&'static str>,
}

/// The good history of 36 days with these columns in the place of its own.
fn history(lake: &Lake, with: impl IntoIterator<Item = (&'static str, Series)>) -> DataFrame {
    let mut table = lake.table(&lake.history(36));
    for (name, values) in with {
        table.with_column(values.with_name(name.into()).into()).unwrap();
    }
    table
}

fn all(value: Option<f64>) -> Series {
    Series::new("".into(), vec![value; 36 * 40])
}

/// Numbers that have nothing to do with anything.
fn noise(seed: u64) -> Series {
    let mut random = Random::seeded(seed);
    Series::new("".into(), (0..36 * 40).map(|_| random.unit()).collect::<Vec<_>>())
}

/// A number that x tells, and noise.
fn told_by_x(lake: &Lake) -> Series {
    let table = history(lake, []);
    (table.column("x").unwrap().as_materialized_series() + &noise(7)).unwrap()
}

fn numbers(algorithms: &[Algorithm]) -> ModelPlan {
    ModelPlan { task: Task::Regression, algorithms: algorithms.to_vec(), ..samples::plan() }
}

fn cases(lake: &Lake) -> Vec<Case> {
    let null = || all(None);
    let number = |value| all(Some(value));
    let mut wide = samples::plan();
    wide.promotion = PromotionPlan { min_rows: 10, min_per_class: 1, ..wide.promotion };
    let mut few = history(lake, []);
    for at in 0..150_u64 {
        let name: &'static str = format!("c{at}").leak();
        wide.features.push(samples::feature(name, ColumnType::Float));
        few.with_column(noise(at).with_name(name.into()).into()).unwrap();
    }
    wide.features.drain(..3);
    wide.algorithms = vec![Algorithm::Linear];
    // Three rows a day: 108, of which the last five days are held out.
    let three: Vec<u32> = (0..36 * 40).filter(|row| row % 40 < 3).collect();
    let few = few.take(&IdxCa::from_vec("".into(), three)).unwrap();
    let mut twins = numbers(&[Algorithm::Ridge]);
    twins.linear.penalty = 0.0;
    twins.features = ["gap", "twin"].map(|name| samples::feature(name, ColumnType::Float)).to_vec();
    let [stays, kept] = [End::Stays(Verdict::Provisional), End::Stays(Verdict::Kept)];
    let [baseline, failed] = [End::Baseline, End::Failed];
    vec![
        Case {
            name: "cold start",
            plan: samples::plan(),
            table: history(lake, [("late", Series::new("".into(), vec![None::<bool>; 36 * 40]))]),
            ends: [(End::Nothing, "no labelled rows yet, nothing to learn from"); 2],
            named: None,
        },
        Case {
            name: "one class",
            plan: samples::plan(),
            table: history(lake, [("late", Series::new("".into(), vec![false; 36 * 40]))]),
            ends: [
                (
                    baseline,
                    "nobody else can serve, so the baseline does: too little to judge on: 0 holdout rows of the",
                ),
                (
                    stays,
                    "too little to judge on: 0 holdout rows of the rarer class, at least 10 (linear needs 10 training",
                ),
            ],
            named: None,
        },
        Case {
            name: "constant target",
            plan: numbers(&[Algorithm::Linear, Algorithm::Boosting]),
            table: history(lake, [("late", number(5.0))]),
            ends: [
                (
                    baseline,
                    "nobody else can serve, so the baseline does: too little to judge on: the target never varies",
                ),
                (stays, "too little to judge on: the target never varies in the rows to train on (1,240 rows)"),
            ],
            named: None,
        },
        Case {
            name: "target that stands still at the end",
            plan: numbers(&[Algorithm::Linear]),
            table: {
                let values = (0..36 * 40).map(|row| f64::from(if row < 31 * 40 { row % 7 } else { 3 }));
                history(lake, [("late", Series::new("".into(), values.collect::<Vec<_>>()))])
            },
            ends: [
                (
                    baseline,
                    "nobody else can serve, so the baseline does: too little to judge on: the target never varies",
                ),
                (stays, "too little to judge on: the target never varies in the holdout (200 rows)"),
            ],
            named: None,
        },
        Case {
            name: "tiny data",
            plan: samples::plan(),
            table: history(lake, []).head(Some(12)),
            ends: [
                (
                    baseline,
                    "nobody else can serve, so the baseline does: too little to judge on: 3 holdout rows, at least",
                ),
                (
                    stays,
                    "too little to judge on: 3 holdout rows, at least 50 (linear needs 50 labelled rows to train on",
                ),
            ],
            named: None,
        },
        Case {
            name: "columns without a value",
            plan: samples::plan(),
            table: history(lake, [("x", null()), ("gap", null()), ("colour", null())]),
            ends: [
                (
                    baseline,
                    "nobody else can serve, so the baseline does: too little to judge on: no feature has a value",
                ),
                (stays, "too little to judge on: no feature has a value in the rows to train on (1,240 rows)"),
            ],
            named: Some("none in the rows to train on: \"x\", \"gap\", \"colour\""),
        },
        Case {
            name: "fewer rows than columns",
            plan: wide,
            table: few,
            ends: [
                (baseline, "first version: nothing was better than the baseline, which serves"),
                (kept, "not better than version 2: log loss"),
            ],
            named: Some("150 columns of linear models and 93 rows to train on"),
        },
        Case {
            name: "singular matrix",
            plan: twins,
            table: history(lake, [("late", told_by_x(lake)), ("gap", noise(2)), ("twin", noise(2))]),
            ends: [
                (
                    baseline,
                    "first version: nothing was better than the baseline, which serves (ridge could not be fitted: \
                            columns of the linear model depend on each other: give it a penalty above 0)",
                ),
                (kept, "not better than version 1: squared error"),
            ],
            named: Some("ridge could not be fitted: columns of the linear model depend on each other"),
        },
        Case {
            name: "infinite target",
            plan: numbers(&[Algorithm::Linear]),
            table: history(lake, [("late", number(f64::INFINITY))]),
            ends: [(failed, "the target \"late\" is inf in a row, too much to calculate with: give the column a `min`");
                2],
            named: None,
        },
        Case {
            name: "infinite features",
            plan: samples::plan(),
            table: history(lake, [("x", number(f64::INFINITY)), ("gap", number(-1e39)), ("colour", null())]),
            ends: [
                (
                    baseline,
                    "nobody else can serve, so the baseline does: too little to judge on: no feature has a value",
                ),
                (stays, "too little to judge on: no feature has a value in the rows to train on (1,240 rows)"),
            ],
            named: Some("\"gap\" is infinite or too large in 1,440 rows, where it counts as missing"),
        },
    ]
}

#[test]
fn whatever_is_wrong_with_the_history_the_outcome_has_a_name_and_a_champion_stays() {
    let lake = Lake::new();
    let champion_of = |task: Task| {
        let (version, table) = match task {
            Task::Regression => (1, history(&lake, [("late", told_by_x(&lake))])),
            _ => (2, history(&lake, [])),
        };
        let part = lake.put(&format!("clean/champion {version}.parquet"), &mut table.head(Some(30 * 40)));
        let plan = ModelPlan { task, algorithms: vec![Algorithm::Linear], ..samples::plan() };
        let (_, events) = lake.train_with(plan, version, None, vec![part], vec![], version);
        lake.commit(&events);
        lake.reference(version)
    };
    let champions = [champion_of(Task::Regression), champion_of(Task::Binary)];
    let mut wrong = Vec::new();
    for Case { name, plan, mut table, ends, named } in cases(&lake) {
        let part = lake.put(&format!("clean/{name}.parquet"), &mut table);
        let champion = champions[usize::from(plan.task != Task::Regression)].clone();
        for (champion, (end, sentence)) in [None, Some(champion)].into_iter().zip(ends) {
            let beside = champion.is_some();
            let (found, said, lines) = match lake.try_train(plan.clone(), 9, champion, vec![part.clone()], vec![], 9) {
                Ok((summary, events)) => ended(summary, &events),
                Err(error) => (End::Failed, error.to_string(), Vec::new()),
            };
            let told = match end {
                End::Failed => said.contains(sentence),
                _ => said.starts_with(sentence),
            };
            if found != end || !told || !named.is_none_or(|words| lines.iter().any(|line| line.contains(words))) {
                wrong.push(format!("{name}, beside a champion {beside}: {found:?}, {said}\n{lines:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How a training ended, its sentence, and what else it said.
fn ended(summary: String, events: &[WorkerEvent]) -> (End, String, Vec<String>) {
    let card = events.iter().find_map(|event| match event {
        WorkerEvent::Model(card) => Some(card),
        _ => None,
    });
    let Some(card) = card else { return (End::Nothing, summary, logs(events)) };
    let Decision { verdict, reason, checks } = &card.decision;
    let end = match verdict {
        Verdict::Promoted if card.algorithm == "baseline" => End::Baseline,
        other => End::Stays(*other),
    };
    let lines = checks.iter().map(|check| check.detail.clone()).chain(logs(events)).collect();
    (end, reason.clone(), lines)
}

#[test]
fn a_whole_number_with_few_values_may_be_a_class_and_the_log_says_so() {
    let lake = Lake::new();
    let said = |task, modulus: i64| {
        let values = (0..36 * 40).map(|row| (row * 7 % modulus) as f64);
        let table = history(&lake, [("late", Series::new("".into(), values.collect::<Vec<_>>()))]);
        let part = lake.put(&format!("clean/{modulus}.parquet"), &mut table.clone());
        let plan = ModelPlan { task, algorithms: vec![], ..samples::plan() };
        let (_, events) = lake.train_with(plan, 1, None, vec![part], vec![], 1);
        logs(&events).into_iter().find(|line| line.contains("if these are classes"))
    };
    let hint = "\"late\" is predicted as a number, though it has 4 values only: if these are classes, say `task = \
                \"multiclass\"` (or \"binary\" for 0 and 1)";
    assert_eq!(said(Task::Regression, 4).as_deref(), Some(hint));
    assert_eq!(said(Task::Regression, 11), None, "eleven values are a number");
    assert_eq!(said(Task::Binary, 2), None, "what is a class already");
}
