//! What diagnoses say; and one of each task, which tests of other rooms draw.

use super::{Bin, Classes, Day, Dependence, Diagnosis, Learning, OneClass, Permutation, Residuals, Segment, Several};
use crate::domain::plan::Task;

/// A wave between -1 and 1 that repeats nowhere here: instead of noise, and the same everywhere.
fn wave(n: usize) -> f64 {
    let n = n as f64;
    0.6 * (n * 0.9).sin() + 0.4 * (n * 2.31 + 1.0).sin()
}

fn by_day(level: f64, swing: f64, loss: f64) -> Vec<Day> {
    let first = chrono::NaiveDate::from_ymd_opt(2013, 2, 18).unwrap();
    let day = |(n, day): (usize, chrono::NaiveDate)| Day {
        day: day.to_string(),
        rows: 850 + (n as u64 * 37) % 120,
        predicted: level + swing * wave(n),
        actual: level + 2.0 * swing * wave(n + 1),
        loss: loss * (1.0 + 0.2 * wave(n + 5)),
    };
    first.iter_days().take(14).enumerate().map(day).collect()
}

fn dependence(low: f64, high: f64) -> Vec<Dependence> {
    let hours = (5..=23).map(|hour| {
        let share = f64::from(hour - 5) / 18.0;
        (format!("{hour}"), Some(f64::from(hour)), low + (high - low) * share * share)
    });
    let levels = |names: &[&str], step: usize| {
        let point =
            |(n, name): (usize, &&str)| ((*name).to_owned(), None, low + (high - low) * (0.3 + 0.2 * wave(n + step)));
        names.iter().enumerate().map(point).collect()
    };
    let miles =
        (0..12).map(|n| (format!("{}", 200 + n * 200), Some(200.0 + n as f64 * 200.0), low + (high - low) * 0.3));
    vec![
        Dependence { feature: "sched_dep_hour".into(), points: hours.collect() },
        Dependence { feature: "carrier".into(), points: levels(&["UA", "B6", "EV", "DL", "AA", "MQ", "US", "WN"], 0) },
        Dependence { feature: "dest".into(), points: levels(&["ORD", "ATL", "LAX", "BOS", "MCO", "CLT"], 4) },
        Dependence { feature: "distance".into(), points: miles.collect() },
    ]
}

fn permutation() -> Vec<Permutation> {
    let costs =
        [("sched_dep_hour", 0.124), ("carrier", 0.061), ("dest", 0.048), ("distance", 0.012), ("origin", -0.001)];
    let cost =
        |(feature, mean): (&str, f64)| Permutation { feature: feature.into(), mean, deviation: mean.abs() / 12.0 };
    costs.map(cost).to_vec()
}

fn segments(overall: f64, level: f64) -> Vec<Segment> {
    let whats = [
        ("carrier = EV, sched_dep_hour ≥ 17", 703, 1.96, 0.152),
        ("dest = CLT", 412, 1.61, 0.074),
        ("sched_dep_hour 15 to 17, origin = LGA", 988, 1.4, 0.155),
        ("distance < 300", 301, 1.22, 0.041),
    ];
    let segment = |(what, rows, times, share): (&str, u64, f64, f64)| Segment {
        what: what.into(),
        rows,
        loss: overall * times,
        overall,
        share,
        predicted: level * 1.1,
        actual: level * times,
    };
    whats.map(segment).to_vec()
}

fn curve(power: f64) -> Vec<(f64, f64)> {
    (0..=50).map(|n| f64::from(n) / 50.0).map(|x| (x, x.powf(power))).collect()
}

/// Whether a flight is late: over-confident, worst in the evening.
pub fn binary() -> Diagnosis {
    let bins = [
        (1_204, 0.06, 0.09),
        (2_931, 0.14, 0.16),
        (2_110, 0.25, 0.24),
        (1_204, 0.35, 0.31),
        (702, 0.45, 0.38),
        (391, 0.55, 0.45),
        (160, 0.65, 0.5),
        (41, 0.74, 0.58),
    ];
    Diagnosis {
        task: Task::Binary,
        target: "late".into(),
        loss: crate::domain::plan::Loss::Squared,
        rows: 8_743,
        days: Some(("2013-02-18".into(), "2013-03-03".into())),
        sampled: 5_000,
        classes: Some(Classes {
            threshold: 0.5,
            confusion: [6_512, 201, 1_638, 392],
            auc: Some(0.702),
            average_precision: Some(0.412),
            roc: curve(0.45),
            precision_recall: curve(1.0).into_iter().map(|(x, _)| (x, 0.75 - 0.52 * x.powf(0.6))).collect(),
            calibration: bins.map(|(rows, predicted, actual)| Bin { rows, predicted, actual }).to_vec(),
        }),
        several: None,
        residuals: None,
        permutation: permutation(),
        dependence: dependence(0.1, 0.55),
        segments: segments(0.49, 0.23),
        by_day: by_day(0.23, 0.06, 0.49),
        learning: [(2_888, 0.531), (5_777, 0.513), (11_554, 0.502), (46_216, 0.49)]
            .map(|(rows, loss)| Learning { rows, loss })
            .to_vec(),
    }
}

/// Flights as one of four classes.
pub fn several() -> Diagnosis {
    let names = ["cancelled", "early", "late", "on time"];
    let found =
        [(214, 0.41, 0.12, 0.80), (3_610, 0.55, 0.61, 0.68), (2_030, 0.47, 0.38, 0.70), (2_889, 0.46, 0.51, 0.62)];
    let one = |(name, (rows, precision, recall, auc)): (&str, (u64, f64, f64, f64))| OneClass {
        name: name.into(),
        rows,
        precision,
        recall,
        auc: Some(auc),
        average_precision: Some(precision),
        // The least frequent one was left out, as it is where there are many.
        roc: if rows > 300 { curve(0.5 + (1.0 - auc)) } else { Vec::new() },
        precision_recall: curve(1.0).into_iter().map(|(x, _)| (x, precision + 0.3 - 0.4 * x)).collect(),
    };
    Diagnosis {
        task: Task::Multiclass,
        target: "outcome".into(),
        loss: crate::domain::plan::Loss::Squared,
        several: Some(Several {
            classes: names.into_iter().zip(found).map(one).collect(),
            confusion: vec![
                vec![26, 80, 62, 46],
                vec![4, 2_202, 410, 994],
                vec![20, 560, 771, 679],
                vec![13, 1_150, 253, 1_473],
            ],
            calibration: binary().classes.map(|classes| classes.calibration).unwrap_or_default(),
        }),
        classes: None,
        by_day: by_day(0.51, 0.05, 1.02),
        segments: segments(1.21, 1.02),
        ..binary()
    }
}

/// Bicycles rented in an hour.
pub fn regression() -> Diagnosis {
    let height = |n: i32| (900.0 * (-(f64::from(n) / 9.0).powi(2)).exp()) as u64 + 3;
    let bar = |n: i32| (f64::from(n) * 10.0, f64::from(n + 1) * 10.0, height(n));
    let bin = |n: u32| Bin { rows: 874, predicted: f64::from(n) * 52.0 + 12.0, actual: f64::from(n) * 55.0 + 3.0 };
    Diagnosis {
        task: Task::Regression,
        target: "rentals".into(),
        loss: crate::domain::plan::Loss::Squared,
        classes: None,
        residuals: Some(Residuals {
            quantiles: [-178.0, -112.0, -38.2, 1.4, 41.0, 119.0, 201.0],
            histogram: (-20..20).map(bar).collect(),
            by_prediction: (0..10).map(bin).collect(),
        }),
        dependence: dependence(40.0, 460.0),
        segments: segments(3_120.0, 240.0),
        by_day: by_day(250.0, 40.0, 3_120.0),
        ..binary()
    }
}

fn of_bins(bins: &[(u64, f64, f64)]) -> Diagnosis {
    let bin = |&(rows, predicted, actual): &(u64, f64, f64)| Bin { rows, predicted, actual };
    Diagnosis {
        task: Task::Binary,
        target: "late".into(),
        loss: crate::domain::plan::Loss::Squared,
        rows: 8_000,
        days: Some(("2013-02-20".into(), "2013-03-01".into())),
        sampled: 5_000,
        classes: Some(Classes {
            threshold: 0.5,
            confusion: [60, 10, 20, 10],
            auc: Some(0.7),
            average_precision: Some(0.4),
            roc: Vec::new(),
            precision_recall: Vec::new(),
            calibration: bins.iter().map(bin).collect(),
        }),
        several: None,
        residuals: None,
        permutation: Vec::new(),
        dependence: Vec::new(),
        segments: Vec::new(),
        by_day: Vec::new(),
        learning: Vec::new(),
    }
}

#[test]
fn outcomes_that_follow_predictions_half_way_are_over_confident() {
    // actual = 0.2 + 0.5 (predicted - 0.2), exactly: the slope is 0.5 whatever the weights.
    let half = of_bins(&[(2_000, 0.1, 0.15), (2_000, 0.2, 0.2), (2_000, 0.5, 0.35), (500, 0.8, 0.5)]);
    let slope = half.slope().unwrap();
    assert!((slope.slope - 0.5).abs() < 1e-12, "{slope:?}");
    assert_eq!(slope.over_confident(), Some(true));
    let said = half.confidence().unwrap();
    assert!(said.contains("over-confident") && said.contains("80.0 % on average over 500 rows"), "{said}");
    let double = of_bins(&[(2_000, 0.2, 0.1), (2_000, 0.3, 0.3), (2_000, 0.4, 0.5)]);
    assert_eq!(double.slope().unwrap().over_confident(), Some(false));
}

#[test]
fn few_rows_or_bins_say_nothing() {
    let noise = of_bins(&[(100, 0.2, 0.25), (100, 0.3, 0.3), (100, 0.4, 0.35)]);
    assert_eq!(noise.slope().unwrap().over_confident(), None, "{:?}", noise.slope());
    assert_eq!(of_bins(&[(900, 0.2, 0.3), (900, 0.3, 0.3), (49, 0.9, 0.1)]).slope(), None);
    assert_eq!(of_bins(&[(900, 0.2, 0.3); 5]).slope(), None, "bins at one place have no slope");
    assert_eq!(of_bins(&[(900, 0.0, 0.0), (900, 1.0, 1.0), (900, 0.0, 0.1)]).slope(), None);
}

#[test]
fn a_matrix_counts_as_its_four_figures_say() {
    let classes = of_bins(&[]).classes.unwrap();
    assert_eq!(classes.matrix(), [[60, 10], [20, 10]]);
    assert_eq!(classes.precision(), Some(0.5));
    assert!((classes.recall().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert!((classes.base_rate().unwrap() - 0.3).abs() < 1e-12);
    let none = Classes { confusion: [9, 0, 0, 0], ..classes };
    assert_eq!((none.precision(), none.recall(), none.base_rate()), (None, None, Some(0.0)));
}

#[test]
fn a_segment_is_told_with_its_share_of_rows_and_loss() {
    let mut one = of_bins(&[]);
    let what = "carrier = EV, departure ≥ 1020".to_owned();
    one.segments =
        vec![Segment { what, rows: 800, loss: 0.9, overall: 0.5, share: 0.18, predicted: 0.2, actual: 0.41 }];
    let told = "carrier = EV, departure ≥ 1020: 10.0 % of the rows (800) carry 18.0 % of the log loss; predicted \
                20.0 %, actual 41.0 %.";
    assert_eq!(one.worst().as_deref(), Some(told));
    assert_eq!(one.basis(41), "version 41 on its holdout: 8,000 rows, 2013-02-20 to 2013-03-01");
    assert_eq!(one.sample(), "on a sample of 5,000 rows");
}

#[test]
fn every_text_can_be_reached() {
    let mut one = of_bins(&[]);
    one.dependence = vec![Dependence { feature: "a".into(), points: vec![("b".into(), None, 0.1)] }];
    one.texts_mut().for_each(|text| *text = "safe".into());
    let json = serde_json::to_value(&one).unwrap();
    let texts = json.to_string();
    assert!(!texts.contains("late") && !texts.contains("2013") && !texts.contains("\"a\""), "{texts}");
}

#[test]
fn what_more_rows_brought_is_told_by_the_last_two_points() {
    let mut one = binary();
    let told = "fitted on the newest 11,554 rows its log loss on the same holdout is 0.502, on all 46,216 it is 0.490 \
                (-2.4 %): more rows may help further.";
    assert_eq!(one.learned().as_deref(), Some(told));
    one.learning[3].loss = 0.51;
    assert!(one.learned().unwrap().ends_with("(+1.6 %): a shorter window may do better."));
    one.learning[2].loss = 0.0;
    assert_eq!(one.learned(), None, "nothing is any per cent of nothing");
    one.learning.truncate(1);
    assert_eq!(one.learned(), None);
}
