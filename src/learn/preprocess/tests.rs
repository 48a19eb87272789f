use super::*;
use crate::domain::feature::{Clip, Encoding, Scaling};
use crate::domain::plan::{ColumnType, FeaturePlan, Impute};
use crate::learn::frame::{Column, Frame, MISSING};
use crate::learn::samples::feature;

fn frame(columns: Vec<Column>, target: Vec<f64>) -> Frame {
    let rows = target.len() as i64;
    Frame {
        time: (0..rows).collect(),
        source: (0..rows).map(|r| (1, r)).collect(),
        target,
        columns,
        ..Frame::default()
    }
}

fn text(values: &[Option<&str>]) -> Column {
    let mut levels: Vec<String> = Vec::new();
    let codes = values
        .iter()
        .map(|value| match value {
            None => MISSING,
            Some(name) => levels.iter().position(|l| l == name).unwrap_or_else(|| {
                levels.push((*name).to_owned());
                levels.len() - 1
            }) as u32,
        })
        .collect();
    Column::Category { codes, levels }
}

fn imputed(name: &str, ty: ColumnType, impute: Impute) -> FeaturePlan {
    FeaturePlan { impute, ..feature(name, ty) }
}

#[test]
fn levels_are_ranked_by_frequency_then_name_and_unknown_ones_are_missing() {
    let train = frame(vec![text(&[Some("b"), Some("c"), Some("a"), Some("c"), None])], vec![0.0; 5]);
    let fitted = Preprocess::fit(&[feature("f", ColumnType::Text)], &train, 0..5);
    let other = frame(vec![text(&[Some("new"), Some("a"), Some("b"), Some("c"), None])], vec![0.0; 5]);
    let seen = fitted.trees(&other, 0..5).unwrap();
    assert!(seen[0].is_nan() && seen[4].is_nan());
    assert_eq!(seen[1..4], [1.0, 2.0, 0.0]);
}

#[test]
fn only_the_training_rows_are_learned_from() {
    let all = frame(
        vec![Column::Number(vec![1.0, 3.0, f32::NAN, 1_000.0]), text(&[Some("a"), Some("a"), Some("b"), Some("z")])],
        vec![0.0, 1.0, 0.0, 1.0],
    );
    let plan = [imputed("x", ColumnType::Float, Impute::Mean), feature("f", ColumnType::Text)];
    let fitted = Preprocess::fit(&plan, &all, 0..3);
    assert_eq!(fitted.rows, 3);
    assert_eq!(fitted.features[0].mean, 2.0);
    let Coding::Category { levels, .. } = &fitted.features[1].coding else { panic!("a category") };
    assert_eq!(levels.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(fitted.trees(&all, 2..3).unwrap(), [2.0, 1.0]);
}

#[test]
fn nulls_are_filled_by_their_rule() {
    let values = vec![1.0, 1.0, 2.0, 9.0, f32::NAN];
    let fill = |impute| {
        let train = frame(vec![Column::Number(values.clone())], vec![0.0; 5]);
        let fitted = Preprocess::fit(&[imputed("x", ColumnType::Float, impute)], &train, 0..5);
        fitted.trees(&train, 4..5).unwrap()[0]
    };
    assert!(fill(Impute::Leave).is_nan());
    assert_eq!(fill(Impute::Median), 1.5);
    assert_eq!(fill(Impute::Mean), 3.25);
    assert_eq!(fill(Impute::Mode), 1.0);
    let train = frame(vec![text(&[Some("b"), Some("b"), Some("a"), None])], vec![0.0; 4]);
    let fitted = Preprocess::fit(&[imputed("f", ColumnType::Text, Impute::Mode)], &train, 0..4);
    assert_eq!(fitted.trees(&train, 3..4).unwrap(), [0.0]);
}

#[test]
fn the_linear_view_is_standardised_and_says_what_was_missing() {
    let train = frame(
        vec![Column::Number(vec![1.0, 2.0, 6.0, f32::NAN]), text(&[Some("a"), Some("a"), Some("b"), None])],
        vec![1.0, 1.0, 0.0, 0.0],
    );
    let fitted = Preprocess::fit(&[feature("x", ColumnType::Float), feature("f", ColumnType::Text)], &train, 0..4);
    assert_eq!(fitted.linear_names(), ["x", "x", "f", "f"]);
    let rows = fitted.linear(&train, 0..4).unwrap();
    for at in [0, 2] {
        let column: Vec<f64> = rows.chunks(4).map(|row| row[at]).collect();
        let mean: f64 = column.iter().sum::<f64>() / 4.0;
        let variance: f64 = column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 4.0;
        assert!(mean.abs() < 1e-12 && (variance - 1.0).abs() < 1e-12, "column {at}: {column:?}");
    }
    assert_eq!(rows.chunks(4).map(|row| row[1]).collect::<Vec<_>>(), [0.0, 0.0, 0.0, 1.0]);
    // The more positive level lies higher, both are drawn towards the overall mean.
    let Coding::Category { levels, overall, .. } = &fitted.features[1].coding else { panic!("a category") };
    let (Means::One(high), Means::One(low), Means::One(overall)) = (&levels[0].effect, &levels[1].effect, overall)
    else {
        panic!("one mean target each")
    };
    assert!(high > overall && *high < 1.0 && low < overall);
}

#[test]
fn a_column_that_never_varies_says_nothing() {
    let train = frame(vec![Column::Number(vec![0.1; 3])], vec![0.0, 1.0, 0.0]);
    let fitted = Preprocess::fit(&[feature("x", ColumnType::Float)], &train, 0..3);
    assert_eq!(fitted.linear(&train, 0..3).unwrap(), [0.0; 3]);
    let empty = frame(vec![Column::Number(vec![f32::NAN; 2])], vec![0.0, 1.0]);
    let fitted = Preprocess::fit(&[imputed("x", ColumnType::Float, Impute::Median)], &empty, 0..2);
    assert!(fitted.linear(&empty, 0..2).unwrap().iter().all(|v| *v == 0.0));
    assert!(fitted.trees(&empty, 0..2).unwrap().iter().all(|v| v.is_nan()));
}

#[test]
fn a_column_that_changed_its_type_is_an_error() {
    let train = frame(vec![Column::Number(vec![1.0])], vec![0.0]);
    let fitted = Preprocess::fit(&[feature("x", ColumnType::Float)], &train, 0..1);
    let other = frame(vec![text(&[Some("1")])], vec![0.0]);
    assert!(fitted.trees(&other, 0..1).unwrap_err().to_string().contains("\"x\" has changed its type"));
    assert!(fitted.linear(&frame(vec![], vec![0.0]), 0..1).is_err());
}

#[test]
fn it_comes_back_from_json_as_it_was() {
    let all = crate::learn::samples::frame(6, 31, 5);
    let fitted = Preprocess::fit(&crate::learn::samples::plan().features, &all, 0..all.len());
    let back: Preprocess = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
    assert_eq!(back, fitted);
}

/// A text of `levels` levels in rows of `days` days, and a target that has nothing to do with it.
fn unrelated(days: i64, per_day: i64, levels: usize) -> Frame {
    let mut random = crate::learn::random::Random::seeded(5);
    let rows = (days * per_day) as usize;
    let names: Vec<String> = (0..levels).map(|level| format!("level {level}")).collect();
    let codes = (0..rows).map(|_| random.below(levels) as u32).collect();
    let target = (0..rows).map(|_| f64::from(u8::from(random.unit() < 0.4))).collect();
    let mut all = frame(vec![Column::Category { codes, levels: names }], target);
    all.time = (0..rows as i64).map(|row| row / per_day * crate::learn::frame::DAY).collect();
    all
}

#[test]
fn rows_that_are_learned_from_are_not_shown_their_own_target() {
    let all = unrelated(40, 25, 300);
    let plan = FeaturePlan { encoding: Encoding::Target, ..feature("f", ColumnType::Text) };
    let fitted = Preprocess::fit(&[plan], &all, 0..all.len());
    let truth = all.classes(0..all.len());
    let auc = |values: Vec<f64>| crate::learn::metrics::auc(&truth, &values).unwrap();
    let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect::<Vec<_>>();
    assert!(auc(fitted.linear(&all, 0..all.len()).unwrap()) > 0.6, "its own rows look explained");
    let honest = auc(fitted.linear_to_learn(&all, 0..all.len()).unwrap());
    assert!((0.42..0.55).contains(&honest), "{honest}");
    let honest = auc(wide(fitted.trees_to_learn(&all, 0..all.len()).unwrap()));
    assert!((0.42..0.55).contains(&honest), "{honest}");
    // Rows of one day are in one fold: a change of a target reaches no other row of its day.
    let mut other = all.clone();
    other.target[30] = 1.0 - other.target[30];
    let changed = Preprocess::fit(&[fitted.features[0].plan.clone()], &other, 0..all.len());
    let (before, after) =
        (fitted.trees_to_learn(&all, 25..50).unwrap(), changed.trees_to_learn(&other, 25..50).unwrap());
    assert_eq!(before, after);
    // New rows are shown what all rows tell, also once it comes from the bundle.
    let back: Preprocess = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
    assert_eq!(back.linear(&all, 0..9).unwrap(), fitted.linear(&all, 0..9).unwrap());
    assert_eq!(back.linear_to_learn(&all, 0..9).unwrap(), fitted.linear(&all, 0..9).unwrap());
}

#[test]
fn few_frequent_levels_get_a_column_each() {
    let values: Vec<Option<&str>> = (0..40).map(|row| [Some("a"), Some("b"), Some("a"), None][row % 4]).collect();
    let all = frame(vec![text(&values)], vec![0.0; 40]);
    let fitted = Preprocess::fit(&[feature("f", ColumnType::Text)], &all, 0..40);
    assert_eq!(fitted.linear_names(), ["f"; 3], "two levels and what is missing");
    let rows = fitted.linear(&all, 0..4).unwrap();
    assert_eq!(rows[..6], [0.5, -0.25, 0.0, -0.5, 0.75, 0.0]);
    assert_eq!(rows[9..], [-0.5, -0.25, 1.0]);
    let new = frame(vec![text(&[Some("new")])], vec![0.0]);
    assert_eq!(fitted.linear(&new, 0..1).unwrap(), [-0.5, -0.25, 1.0], "a level never seen is missing");
    let ranked = FeaturePlan { encoding: Encoding::Ordinal, ..feature("f", ColumnType::Text) };
    let fitted = Preprocess::fit(&[ranked], &all, 0..40);
    assert_eq!(fitted.linear_names(), ["f"; 2]);
}

#[test]
fn several_classes_have_a_mean_target_each() {
    let mut all = unrelated(20, 50, 30);
    let Column::Category { codes, .. } = &all.columns[0] else { panic!("a category") };
    all.target = codes.iter().map(|code| f64::from(code % 3)).collect();
    all.classes = ["x", "y", "z"].map(str::to_owned).to_vec();
    let fitted = Preprocess::fit(&[feature("f", ColumnType::Text)], &all, 0..all.len());
    assert_eq!(fitted.linear_names(), ["f"; 3]);
    let rows = fitted.linear(&all, 0..all.len()).unwrap();
    for (row, y) in rows.chunks(3).zip(&all.target) {
        let highest = (0..3).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        assert_eq!(highest as f64, *y, "{row:?}");
    }
    for class in 0..3 {
        let column: Vec<f64> = rows.chunks(3).map(|row| row[class]).collect();
        let mean = column.iter().sum::<f64>() / column.len() as f64;
        assert!(mean.abs() < 1e-9, "{mean}");
    }
}

#[test]
fn numbers_are_clipped_and_scaled_as_the_plan_says() {
    let values: Vec<f32> = (0..101).map(|row| if row == 100 { 1e6 } else { row as f32 }).collect();
    let all = frame(vec![Column::Number(values)], vec![0.0; 101]);
    let view = |clip, scaling| {
        let plan = FeaturePlan { clip, scaling, ..feature("x", ColumnType::Float) };
        let fitted = Preprocess::fit(&[plan], &all, 0..101);
        (fitted.linear(&all, 0..101).unwrap(), fitted.trees(&all, 100..101).unwrap()[0])
    };
    let (rows, tree) = view(Some(Clip::Bounds(10.0, 60.0)), Scaling::MinMax);
    assert_eq!((rows[0], rows[35], rows[100], tree), (0.0, 0.5, 1.0, 60.0));
    let (rows, tree) = view(Some(Clip::Quantiles(0.0, 0.99)), Scaling::None);
    assert_eq!((rows[0], rows[100], tree), (0.0, 99.0, 99.0));
    let (rows, _) = view(None, Scaling::Robust);
    assert_eq!(rows[50], 0.0);
    assert!((rows[75] - rows[25] - 1.349).abs() < 1e-12 && rows[100] > 1e4);
    let mostly = frame(vec![Column::Number(vec![0.0, 0.0, 0.0, 0.0, 9.0])], vec![0.0; 5]);
    let plan = FeaturePlan { scaling: Scaling::Robust, ..feature("x", ColumnType::Float) };
    let rows = Preprocess::fit(&[plan], &mostly, 0..5).linear(&mostly, 0..5).unwrap();
    assert!((rows[4] - 2.0).abs() < 1e-12, "without a range of quartiles the deviation counts: {rows:?}");
}

#[test]
fn what_was_filled_in_can_still_be_seen_to_have_been_missing() {
    let all = frame(vec![Column::Number(vec![1.0, 3.0, f32::NAN])], vec![0.0; 3]);
    let plan = FeaturePlan { indicator: true, ..imputed("x", ColumnType::Float, Impute::Mean) };
    let fitted = Preprocess::fit(&[plan], &all, 0..3);
    assert_eq!(fitted.linear_names(), ["x", "x"]);
    assert_eq!(fitted.linear(&all, 2..3).unwrap(), [0.0, 1.0]);
    assert!(fitted.trees(&all, 2..3).unwrap()[0].is_nan());
    let plan = imputed("x", ColumnType::Float, Impute::Constant(crate::domain::expr::Literal::Integer(7)));
    assert_eq!(Preprocess::fit(&[plan], &all, 0..3).trees(&all, 2..3).unwrap(), [7.0]);
}

#[test]
fn bundles_from_before_are_read_as_they_were_meant() {
    let old = r#"{"rows": 4, "features": [
        {"name": "x", "ty": "float", "impute": "leave", "missing": 0,
         "coding": {"kind": "number", "fill": null, "centre": 2.0}, "mean": 2.0, "deviation": 2.0},
        {"name": "f", "ty": "text", "impute": "leave", "missing": 0, "coding": {"kind": "category", "fill": null,
         "overall": 0.5, "levels": [{"name": "a", "rows": 3, "effect": 0.6}, {"name": "b", "rows": 1, "effect": 0.2}]},
         "mean": 0.5, "deviation": 0.1}]}"#;
    let fitted: Preprocess = serde_json::from_str(old).unwrap();
    let all = frame(vec![Column::Number(vec![6.0, 0.0]), text(&[Some("b"), Some("c")])], vec![0.0; 2]);
    assert_eq!(fitted.trees(&all, 0..1).unwrap(), [6.0, 1.0]);
    let rows = fitted.linear(&all, 0..2).unwrap();
    let expected = [2.0, (0.2 - 0.5) / 0.1, -1.0, 0.0];
    assert!(rows.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{rows:?}");
    let again = serde_json::to_value(&fitted).unwrap();
    assert_eq!(again["features"][1]["coding"]["levels"][0]["effect"], 0.6);
}

#[test]
fn what_was_fitted_reads_as_text() {
    let train = frame(
        vec![Column::Number(vec![1.0, 3.0, f32::NAN]), text(&[Some("b"), Some("a"), Some("b")])],
        vec![0.0, 1.0, 0.0],
    );
    let plan = [
        FeaturePlan { clip: Some(Clip::Bounds(0.0, 9.0)), ..imputed("x", ColumnType::Float, Impute::Mean) },
        feature("f", ColumnType::Text),
    ];
    let told = Preprocess::fit(&plan, &train, 0..3).told();
    let expected = [
        "1 training row without value, clipped to 0.000 … 9.00, nulls → 2.00, less 2.00, divided by 0.816",
        "2 levels (b 2, a 1), mean target for linear models, rank by frequency for trees",
    ];
    assert_eq!(told.iter().map(|one| one.prepared.as_str()).collect::<Vec<_>>(), expected);
}
