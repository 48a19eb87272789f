//! Whatever the history is like, training ends in a whole bundle that can score or in a sentence, never in a panic.

use polars::prelude::{DataFrame, DataType, NamedFrom, Series, TimeUnit};
use proptest::prelude::*;

use super::*;
use crate::domain::plan::{Algorithm, BoostingPlan, ColumnType, Impute, ModelPlan, PromotionPlan, Task};
use crate::learn::frame::DAY;
use crate::learn::random::Random;
use crate::learn::samples;
use crate::stages::score::samples::{Lake, artifacts};

/// Names that no sane person gives a column.
const NAMES: [&str; 6] = ["\u{1b}[2J\u{202e}", "a,b\n\"c\"", "../../x", "__other__", "ß\0", "prediction"];

/// What a column of numbers is like.
#[derive(Debug, Clone, Copy)]
enum Numbers {
    Ordinary,
    Constant,
    Null,
    Infinite,
    NotANumber,
    Huge,
    Tiny,
    SameAsOrdinary,
    Text(Texts),
}

/// What a column of texts is like.
#[derive(Debug, Clone, Copy)]
enum Texts {
    One,
    Null,
    EachRowItsOwn,
    Hostile,
}

/// What the outcome is like.
#[derive(Debug, Clone, Copy)]
enum Outcomes {
    Even,
    OneClass,
    OneOfTheOther,
    Huge,
    Infinite,
    Unknown,
}

#[derive(Debug, Clone)]
struct Case {
    rows: usize,
    columns: Vec<Numbers>,
    outcomes: Outcomes,
    /// Rows that share one instant; all of them when there are more than rows.
    together: usize,
    task: Task,
    algorithms: Vec<Algorithm>,
    impute: Impute,
    l1_ratio: f64,
    penalty: f64,
}

fn cases() -> impl Strategy<Value = Case> {
    let texts = prop_oneof![Just(Texts::One), Just(Texts::Null), Just(Texts::EachRowItsOwn), Just(Texts::Hostile)];
    let column = prop_oneof![
        Just(Numbers::Ordinary),
        Just(Numbers::Constant),
        Just(Numbers::Null),
        Just(Numbers::Infinite),
        Just(Numbers::NotANumber),
        Just(Numbers::Huge),
        Just(Numbers::Tiny),
        Just(Numbers::SameAsOrdinary),
        texts.prop_map(Numbers::Text),
    ];
    let outcomes = prop_oneof![
        3 => Just(Outcomes::Even),
        1 => Just(Outcomes::OneClass),
        1 => Just(Outcomes::OneOfTheOther),
        1 => Just(Outcomes::Huge),
        1 => Just(Outcomes::Infinite),
        1 => Just(Outcomes::Unknown),
    ];
    // Fewer columns than rows, and more; enough rows for each of the learners, and too few.
    let rows = prop_oneof![0..4_usize, 20..90_usize, 380..400_usize];
    let columns = prop_oneof![3 => prop::collection::vec(column.clone(), 0..6), 1 => prop::collection::vec(column, 60)];
    let task = prop_oneof![Just(Task::Binary), Just(Task::Regression), Just(Task::Multiclass)];
    let algorithms = prop_oneof![
        Just(vec![Algorithm::Linear, Algorithm::Boosting]),
        Just(vec![Algorithm::Linear]),
        Just(vec![Algorithm::Boosting]),
        Just(vec![]),
    ];
    let impute = prop_oneof![Just(Impute::Leave), Just(Impute::Median), Just(Impute::Mean), Just(Impute::Mode)];
    let penalties = (prop_oneof![Just(0.0), Just(0.5), Just(1.0)], prop_oneof![Just(1e-9), Just(1.0), Just(1e9)]);
    let together = prop_oneof![Just(1_usize), Just(20), Just(1_000)];
    (rows, columns, outcomes, together, task, algorithms, impute, penalties).prop_map(
        |(rows, columns, outcomes, together, task, algorithms, impute, (l1_ratio, penalty))| Case {
            rows,
            columns,
            outcomes,
            together,
            task,
            algorithms,
            impute,
            l1_ratio,
            penalty,
        },
    )
}

impl Case {
    fn name(&self, at: usize) -> String {
        NAMES.get(at).map_or_else(|| format!("c{at}"), |name| (*name).to_owned())
    }

    fn plan(&self) -> ModelPlan {
        let plan = samples::plan();
        let feature = |(at, column): (usize, &Numbers)| {
            let ty = if matches!(column, Numbers::Text(_)) { ColumnType::Text } else { ColumnType::Float };
            let mut feature = samples::feature(&self.name(at), ty);
            feature.impute = match self.impute {
                Impute::Median | Impute::Mean if ty == ColumnType::Text => Impute::Mode,
                ref other => other.clone(),
            };
            feature
        };
        let mut linear = plan.linear;
        linear.penalty = self.penalty;
        linear.l1_ratio = if self.task == Task::Regression { self.l1_ratio } else { 0.0 };
        ModelPlan {
            task: self.task,
            features: self.columns.iter().enumerate().map(feature).collect(),
            algorithms: self.algorithms.clone(),
            linear,
            boosting: BoostingPlan { max_rounds: 4, min_child_weight: 0.0, ..plan.boosting },
            promotion: PromotionPlan { min_rows: 5, min_per_class: 1, ..plan.promotion },
            ..plan
        }
    }

    fn table(&self) -> DataFrame {
        let n = self.rows;
        let at: Vec<i64> = (0..n).map(|row| (row / self.together) as i64 * DAY / 2).collect();
        let mut columns: Vec<Series> = vec![
            Series::new("id".into(), (0..n).map(|row| row.to_string()).collect::<Vec<_>>()),
            Series::new("at".into(), at).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap(),
            Series::new("_file".into(), vec![1_i64; n]),
            Series::new("_line".into(), (1..=n as i64).collect::<Vec<_>>()),
            self.target(),
        ];
        columns.extend(self.columns.iter().enumerate().map(|(at, kind)| self.column(&self.name(at), *kind)));
        DataFrame::new(n, columns.into_iter().map(Into::into).collect()).unwrap()
    }

    fn target(&self) -> Series {
        let value = |row: usize| match self.outcomes {
            Outcomes::Even => Some((row % 3 % 2) as f64),
            Outcomes::OneClass => Some(1.0),
            Outcomes::OneOfTheOther => Some(f64::from(u8::from(row == self.rows / 2))),
            Outcomes::Huge => Some(if row.is_multiple_of(2) { 1e300 } else { -1e300 }),
            Outcomes::Infinite => Some(if row.is_multiple_of(7) { f64::INFINITY } else { row as f64 }),
            Outcomes::Unknown => None,
        };
        let values: Vec<Option<f64>> = (0..self.rows).map(value).collect();
        match self.task {
            Task::Regression => Series::new("late".into(), values),
            Task::Multiclass => {
                let name = |at: usize| NAMES.get(at % 9).map_or_else(|| at.to_string(), |name| (*name).to_owned());
                let names = values.iter().enumerate().map(|(row, v)| v.map(|v| name(if v > 0.0 { row } else { 0 })));
                Series::new("late".into(), names.collect::<Vec<_>>())
            }
            Task::Binary => Series::new("late".into(), values.iter().map(|v| v.map(|v| v > 0.0)).collect::<Vec<_>>()),
        }
    }

    fn column(&self, name: &str, kind: Numbers) -> Series {
        let mut random = Random::seeded(3);
        let mut numbers = |of: &dyn Fn(usize, f64) -> Option<f64>| -> Series {
            Series::new(name.into(), (0..self.rows).map(|row| of(row, random.unit())).collect::<Vec<_>>())
        };
        let texts = |of: &dyn Fn(usize) -> Option<String>| -> Series {
            Series::new(name.into(), (0..self.rows).map(of).collect::<Vec<_>>())
        };
        match kind {
            Numbers::Ordinary | Numbers::SameAsOrdinary => numbers(&|_, unit| Some(unit)),
            Numbers::Constant => numbers(&|_, _| Some(7.0)),
            Numbers::Null => numbers(&|_, _| None),
            Numbers::Infinite => numbers(&|row, unit| Some([unit, f64::INFINITY, f64::NEG_INFINITY][row % 3])),
            Numbers::NotANumber => numbers(&|row, unit| Some(if row % 2 == 0 { f64::NAN } else { unit })),
            Numbers::Huge => numbers(&|row, unit| Some(if row % 5 == 0 { f64::MAX } else { unit * 1e38 })),
            Numbers::Tiny => numbers(&|_, unit| Some(unit * 1e-310)),
            Numbers::Text(Texts::One) => texts(&|_| Some("always".to_owned())),
            Numbers::Text(Texts::Null) => texts(&|_| None),
            Numbers::Text(Texts::EachRowItsOwn) => texts(&|row| Some(format!("level {row}"))),
            Numbers::Text(Texts::Hostile) => texts(&|row| {
                [Some("\u{1b}]0;x\u{7}"), Some(""), None, Some("\u{202e}\n,\"")][row % 4].map(str::to_owned)
            }),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_the_history_there_is_a_whole_bundle_or_a_sentence(case in cases()) {
        let lake = Lake::new();
        let history = lake.put("clean/1.parquet", &mut case.table());
        match lake.try_train(case.plan(), 1, None, vec![history.clone()], vec![], 1) {
            Ok((summary, events)) => {
                prop_assert!(!summary.is_empty() && !summary.contains('\n'), "{summary:?}");
                let made = events.iter().any(|event| matches!(event, WorkerEvent::Model(_)));
                prop_assert_eq!(made, !artifacts(&events).is_empty(), "files of a model and the model come together");
                if made {
                    lake.commit(&events);
                    let place = Place::open(lake.path("").to_str().unwrap()).unwrap();
                    let bundle = bundle::load(&place, "models/p/1").unwrap();
                    let plan = case.plan();
                    let wanted = Wanted::unlabelled(&plan.features, "at");
                    let frame = read_all(&lake, &history, wanted);
                    let predictions = bundle.serving.predict(&frame).unwrap();
                    prop_assert!(predictions.iter().all(|p| !p.is_nan()), "{predictions:?}");
                }
            }
            Err(error) => {
                let text = error.to_string();
                prop_assert!(text.len() > 10 && !text.contains('\n') && !text.contains('\u{1b}'), "{text:?}");
                prop_assert!(!lake.path("models").exists());
            }
        }
    }
}

fn read_all(lake: &Lake, part: &Part, wanted: Wanted) -> Frame {
    crate::learn::frame::from_table(&lake.table(part), wanted).unwrap()
}
