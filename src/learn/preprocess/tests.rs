use super::*;
use crate::domain::plan::{ColumnType, Impute};
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
    assert!(levels[0].effect > *overall && levels[0].effect < 1.0 && levels[1].effect < *overall);
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
