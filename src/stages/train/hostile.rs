//! Whatever the history is like, training ends in a whole bundle that can score or in a sentence, never in a panic.

use polars::prelude::{DataFrame, DataType, NamedFrom, Series, TimeUnit};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::feature::{Clip, Encoding, Scaling};
use crate::domain::model::Decision;
use crate::domain::plan::{
    Algorithm, BoostingPlan, Calling, ColumnType, Impute, LearningPlan, LinearPlan, Loss, PromotionPlan, SearchPlan,
    Window,
};
use crate::learn::frame::DAY;
use crate::learn::random::Random;
use crate::learn::samples;
use crate::stages::score::samples::{Lake, artifacts};

/// Names that no sane person gives a column.
const NAMES: [&str; 6] = ["\u{1b}[2J\u{202e}", "a,b\n\"c\"", "../../x", "__other__", "ß\0", "prediction"];

/// Of the column of ordinary numbers.
const SEED: u64 = 3;

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
    /// What a column of the kind [`Numbers::SameAsOrdinary`] tells.
    OfOrdinary,
    Huge,
    Infinite,
    Unknown,
}

/// A history and a plan for it.
#[derive(Debug, Clone)]
struct Case {
    rows: usize,
    columns: Vec<Numbers>,
    outcomes: Outcomes,
    /// What rows count, if that is in the history.
    weights: Option<Numbers>,
    /// Rows that share one instant; all of them when there are more than rows.
    together: usize,
    /// All but the features.
    plan: ModelPlan,
    /// How each feature is prepared; the name comes with the column.
    prepared: FeaturePlan,
}

fn cases() -> impl Strategy<Value = Case> {
    let texts = select(vec![Texts::One, Texts::Null, Texts::EachRowItsOwn, Texts::Hostile]);
    let numbers = select(vec![
        Numbers::Ordinary,
        Numbers::Constant,
        Numbers::Null,
        Numbers::Infinite,
        Numbers::NotANumber,
        Numbers::Huge,
        Numbers::Tiny,
        Numbers::SameAsOrdinary,
    ]);
    let column = prop_oneof![8 => numbers.clone(), 4 => texts.prop_map(Numbers::Text)];
    let outcomes = prop_oneof![
        3 => Just(Outcomes::Even),
        3 => Just(Outcomes::OfOrdinary),
        4 => select(vec![Outcomes::OneClass, Outcomes::OneOfTheOther, Outcomes::Huge, Outcomes::Infinite]),
        1 => Just(Outcomes::Unknown),
    ];
    // Fewer columns than rows, and more; enough rows for each of the learners, and too few.
    let rows = prop_oneof![0..4_usize, 20..90_usize, 500..540_usize];
    let columns = prop_oneof![3 => prop::collection::vec(column.clone(), 0..6), 1 => prop::collection::vec(column, 60)];
    let together = select(vec![1_usize, 20, 1_000]);
    let task = select(vec![Task::Binary, Task::Regression, Task::Multiclass]);
    let plan = (task, any::<u16>(), plans(), learning(), boosting()).prop_map(
        |(task, competing, plan, learning, boosting)| {
            let does =
                |(at, (_, of)): (usize, &(&str, Algorithm))| (competing >> at & 1 == 1 && of.does(task)).then_some(*of);
            let numbers = task == Task::Regression;
            let binary = task == Task::Binary;
            let calling = learning.calling;
            ModelPlan {
                task,
                algorithms: Algorithm::NAMES.iter().enumerate().filter_map(does).collect(),
                linear: LinearPlan { l1_ratio: if numbers { plan.linear.l1_ratio } else { 0.0 }, ..plan.linear },
                boosting: if numbers {
                    boosting
                } else {
                    BoostingPlan { loss: Loss::Squared, quantile: 0.0, ..boosting }
                },
                learning: LearningPlan {
                    interval: learning.interval.filter(|_| numbers),
                    calibrate: learning.calibrate && !numbers,
                    calling: if binary { calling } else { Calling::Given },
                    ..learning
                },
                ..plan
            }
        },
    );
    let weights = prop::option::weighted(0.3, numbers);
    (rows, columns, outcomes, weights, together, plan, preparations()).prop_map(
        |(rows, columns, outcomes, weights, together, plan, prepared)| Case {
            rows,
            columns,
            outcomes,
            weights,
            together,
            plan,
            prepared,
        },
    )
}

fn plans() -> impl Strategy<Value = ModelPlan> {
    let windows = prop_oneof![
        3 => Just(Window::All),
        3 => select(vec![Window::Days(3.0), Window::Rows(50), Window::HalfLife(2.0), Window::HalfLife(1e-6)]),
    ];
    let penalties = (select(vec![0.0, 0.5, 1.0]), select(vec![0.0, 1e-9, 1.0, 1e9]));
    let days = (select(vec![0.1, 5.0, 1_000.0]), select(vec![0.0, 2.0, 1_000.0]));
    (windows, penalties, days, any::<bool>(), select(vec![0.0, 0.5, 1.0])).prop_map(
        |(window, (l1_ratio, penalty), (holdout_days, label_delay_days), refit, threshold)| {
            let plan = samples::plan();
            ModelPlan {
                features: Vec::new(),
                window,
                linear: LinearPlan { penalty, l1_ratio },
                holdout_days,
                label_delay_days,
                refit,
                threshold,
                promotion: PromotionPlan { min_rows: 5, min_per_class: 1, ..plan.promotion },
                ..plan
            }
        },
    )
}

fn learning() -> impl Strategy<Value = LearningPlan> {
    let search = prop::option::weighted(0.2, any::<bool>().prop_map(|halving| SearchPlan { halving, trials: 3 }));
    let calling = select(vec![Calling::Given, Calling::F1, Calling::Cost { miss: 1e9, false_alarm: 1e-9 }]);
    let label_time = prop::option::weighted(0.3, Just("known".to_owned()));
    let bounds = prop::option::weighted(0.3, select(vec![0.01, 0.9, 0.999]));
    let rates = (select(vec![1.01, 1.5, 1.99]), select(vec![0.01, 1.0, 1e4]), select(vec![0.0, 600.0]));
    (prop::bool::weighted(0.1), search, any::<bool>(), calling, label_time, bounds, rates, select(vec![1, 7])).prop_map(
        |(
            auto,
            search,
            calibrate,
            calling,
            label_time,
            interval,
            (power, season_days, budget_seconds),
            refit_every,
        )| {
            LearningPlan {
                auto,
                search,
                budget_seconds,
                calibrate,
                weight: None,
                season_days,
                power,
                interval,
                refit_every,
                label_time,
                calling,
            }
        },
    )
}

fn boosting() -> impl Strategy<Value = BoostingPlan> {
    let losses = [Loss::Squared, Loss::Absolute, Loss::Huber, Loss::Quantile, Loss::Poisson, Loss::Tweedie];
    let weights = (select(vec![0.0, 1.0, 1e9]), select(vec![0.0, 1.0, 1e9]));
    (select(losses.to_vec()), weights, select(vec![0.0, 0.3]), select(vec![0, 2])).prop_map(
        |(loss, (min_child_weight, lambda), rate, max_depth)| BoostingPlan {
            max_rounds: 4,
            min_child_weight,
            lambda,
            learning_rate: 0.1 + rate,
            max_depth,
            loss,
            quantile: if loss == Loss::Quantile { 0.9 } else { 0.0 },
            ..samples::plan().boosting
        },
    )
}

fn preparations() -> impl Strategy<Value = FeaturePlan> {
    let impute = select(vec![Impute::Leave, Impute::Median, Impute::Mean, Impute::Mode]);
    let clip = select(vec![None, Some(Clip::Bounds(-1.0, 0.5)), Some(Clip::Quantiles(0.1, 0.9))]);
    let scaling = select(vec![Scaling::Standard, Scaling::Robust, Scaling::MinMax, Scaling::None]);
    let encoding = select(vec![Encoding::Auto, Encoding::OneHot, Encoding::Ordinal, Encoding::Target]);
    (impute, any::<bool>(), clip, scaling, encoding).prop_map(|(impute, indicator, clip, scaling, encoding)| {
        FeaturePlan { impute, indicator, clip, scaling, encoding, ..samples::feature("", ColumnType::Float) }
    })
}

impl Case {
    fn name(&self, at: usize) -> String {
        NAMES.get(at).map_or_else(|| format!("c{at}"), |name| (*name).to_owned())
    }

    fn plan(&self) -> ModelPlan {
        let mut plan = self.plan.clone();
        for (at, column) in self.columns.iter().enumerate() {
            let (name, text) = (self.name(at), matches!(column, Numbers::Text(_)));
            if !text && at % 2 == 1 {
                plan.boosting.monotone.push((name.clone(), at % 4 == 1));
            }
            let impute = match self.prepared.impute {
                Impute::Median | Impute::Mean if text => Impute::Mode,
                ref other => other.clone(),
            };
            let (ty, clip) = if text { (ColumnType::Text, None) } else { (ColumnType::Float, self.prepared.clip) };
            plan.features.push(FeaturePlan { name, ty, impute, clip, ..self.prepared.clone() });
        }
        plan.learning.weight = self.weights.map(|_| "weight".to_owned());
        plan
    }

    fn table(&self) -> DataFrame {
        let n = self.rows;
        let instants = |name: &str, days: &dyn Fn(usize) -> Option<i64>| {
            let at: Vec<Option<i64>> = (0..n).map(|row| days(row).map(|day| day * DAY / 2)).collect();
            Series::new(name.into(), at).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap()
        };
        let day = |row: usize| (row / self.together) as i64;
        let mut columns: Vec<Series> = vec![
            Series::new("id".into(), (0..n).map(|row| row.to_string()).collect::<Vec<_>>()),
            instants("at", &|row| Some(day(row))),
            instants("known", &|row| (row % 5 > 0).then(|| day(row) + [0, 1, 40][row % 3])),
            Series::new("_file".into(), vec![1_i64; n]),
            Series::new("_line".into(), (1..=n as i64).collect::<Vec<_>>()),
            self.target(),
        ];
        columns.extend(self.weights.map(|kind| self.column("weight", n, kind)));
        columns.extend(self.columns.iter().enumerate().map(|(at, kind)| self.column(&self.name(at), at, *kind)));
        DataFrame::new(n, columns.into_iter().map(Into::into).collect()).unwrap()
    }

    fn target(&self) -> Series {
        let mut random = Random::seeded(SEED);
        let ordinary: Vec<f64> = (0..self.rows).map(|_| random.unit()).collect();
        let value = |row: usize| match self.outcomes {
            Outcomes::Even => Some((row % 3 % 2) as f64),
            Outcomes::OneClass => Some(1.0),
            Outcomes::OneOfTheOther => Some(f64::from(u8::from(row == self.rows / 2))),
            Outcomes::OfOrdinary => Some((ordinary[row] * 3.0 - 1.0).floor()),
            Outcomes::Huge => Some(if row.is_multiple_of(2) { 1e300 } else { -1e300 }),
            Outcomes::Infinite => Some(if row.is_multiple_of(7) { f64::INFINITY } else { row as f64 }),
            Outcomes::Unknown => None,
        };
        let values: Vec<Option<f64>> = (0..self.rows).map(value).collect();
        match self.plan.task {
            Task::Regression => Series::new("late".into(), values),
            Task::Multiclass => {
                let name = |at: usize| NAMES.get(at % 9).map_or_else(|| at.to_string(), |name| (*name).to_owned());
                let names = values.iter().enumerate().map(|(row, v)| v.map(|v| name(if v > 0.0 { row } else { 0 })));
                Series::new("late".into(), names.collect::<Vec<_>>())
            }
            Task::Binary => Series::new("late".into(), values.iter().map(|v| v.map(|v| v > 0.0)).collect::<Vec<_>>()),
        }
    }

    fn column(&self, name: &str, at: usize, kind: Numbers) -> Series {
        let other = if matches!(kind, Numbers::SameAsOrdinary) { 0 } else { at as u64 };
        let mut random = Random::seeded(SEED + other);
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

/// `PROPTEST_CASES`, or few.
fn config() -> ProptestConfig {
    let wished = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig::with_cases(wished.unwrap_or(32))
}

proptest! {
    #![proptest_config(config())]

    /// Trained on the older three quarters of the rows, then, with what came of it as the champion, on all of them.
    #[test]
    fn whatever_the_history_there_is_a_whole_bundle_or_a_sentence_and_a_champion_stays_unless_one_is_promoted(
        case in cases(),
    ) {
        let (lake, plan, mut all) = (Lake::new(), case.plan(), case.table());
        let older = lake.put("clean/1.parquet", &mut all.head(Some(case.rows * 3 / 4)));
        let history = lake.put("clean/2.parquet", &mut all);
        let mut champion = None;
        for (version, part) in [(1, older), (2, history)] {
            let before = stored(&lake, champion.as_ref());
            let card = match lake.try_train(plan.clone(), version, champion.clone(), vec![part.clone()], vec![], version) {
                Ok((summary, events)) => {
                    prop_assert!(!summary.is_empty() && !summary.contains('\n'), "{summary:?}");
                    let card = events.iter().find_map(|event| match event {
                        WorkerEvent::Model(card) => Some(card.clone()),
                        _ => None,
                    });
                    prop_assert_eq!(card.is_some(), !artifacts(&events).is_empty(), "card and files come together");
                    lake.commit(&events);
                    card
                }
                Err(error) => {
                    let text = error.to_string();
                    prop_assert!(text.len() > 10 && !text.contains('\n') && !text.contains('\u{1b}'), "{text:?}");
                    None
                }
            };
            let made = lake.path(&format!("models/p/{version}"));
            prop_assert_eq!(card.is_some(), made.exists(), "no half a bundle");
            prop_assert_eq!(stored(&lake, champion.as_ref()), before, "who serves is not touched");
            if let Some(card) = card {
                let Decision { verdict, reason, .. } = &card.decision;
                prop_assert!(*verdict != Verdict::Blocked && reason.len() > 10 && !reason.contains('\n'), "{reason:?}");
                prop_assert!(champion.is_some() || *verdict == Verdict::Promoted, "somebody has to serve: {reason}");
                scores(&lake, &part, &lake.reference(version), &plan)?;
                if *verdict == Verdict::Promoted {
                    champion = Some(lake.reference(version));
                }
            }
            if let Some(champion) = &champion {
                scores(&lake, &part, champion, &plan)?;
            }
        }
    }
}

/// The names and bytes of a version's files.
fn stored(lake: &Lake, version: Option<&ModelRef>) -> Vec<(String, Vec<u8>)> {
    let Some(ModelRef { bundle, .. }) = version else { return Vec::new() };
    let files = std::fs::read_dir(lake.path(bundle)).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.map(|file| (file.display().to_string(), std::fs::read(file).unwrap())).collect();
    files.sort();
    files
}

/// That a version is whole and has a number for every row.
fn scores(lake: &Lake, part: &Part, version: &ModelRef, plan: &ModelPlan) -> Result<(), TestCaseError> {
    let bundle = bundle::load(&Place::open(lake.path("").to_str().unwrap()).unwrap(), &version.bundle).unwrap();
    let wanted = Wanted::unlabelled(&plan.features, "at");
    let frame = crate::learn::frame::from_table(&lake.table(part), wanted).unwrap();
    let predictions = bundle.serving.predict(&frame).unwrap();
    let bounds = bundle.serving.bounds(&frame, 0..frame.len(), &predictions).unwrap();
    let ordered = bounds.iter().zip(&predictions).all(|((low, high), p)| low <= p && p <= high);
    prop_assert!(predictions.iter().all(|p| p.is_finite()) && ordered, "{predictions:?} {bounds:?}");
    Ok(())
}
