//! One model version with its diagnosis, as text or JSON.

use std::process::ExitCode;

use anyhow::Context;
use serde_json::json;

use super::super::{Place, Refused, print};
use crate::config;
use crate::domain::diagnosis::{Bin, Classes, Diagnosis, OneClass, Residuals, Several};
use crate::domain::format::{count, figure, share};
use crate::domain::location::Location;
use crate::domain::model::Standing;
use crate::domain::text::one_line;
use crate::lake::Lake;
use crate::learn::place::Place as LearnPlace;
use crate::learn::preprocess::Told;
use crate::learn::{LearnError, bundle};
use crate::store::models::ModelRow;
use crate::store::{self, Connection, champions, models, pipelines};

/// Days printed; all of them are in the JSON.
const DAYS: usize = 31;
/// False positive rates at which the ROC curve is read.
const ROC_AT: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];

/// Prints it.
///
/// # Errors
/// When configuration, state or lake cannot be read; refused when there is no such version, or more than one.
pub async fn show(place: &Place, version: i64, pipeline: Option<&str>) -> anyhow::Result<ExitCode> {
    let connection = store::open_reader(&place.state())?;
    let (pipeline, model) = find(&connection, version, pipeline)?;
    let champion = champions::current(&connection, &pipeline)? == Some(version);
    let workspace = config::load(&place.root).map_err(|problems| anyhow::anyhow!("{problems}"))?;
    let lake = Lake::open(&workspace.lake)?;
    let mut diagnosis = lake.diagnosis(&model.card.bundle).await.context("the diagnosis cannot be read")?;
    let told = told(&workspace.lake, &model.card.bundle);
    if place.json {
        let prepared = told.as_deref().ok();
        print::json(&json!({
            "pipeline": pipeline, "champion": champion, "model": model, "diagnosis": diagnosis, "prepared": prepared
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    diagnosis.iter_mut().flat_map(Diagnosis::texts_mut).for_each(|text| *text = one_line(text));
    card(&pipeline, champion, &model)?;
    features(&model, diagnosis.as_ref())?;
    prepared(&told)?;
    match &diagnosis {
        None => print::line(&format!("\nversion {version} was trained before diagnoses were kept"))?,
        Some(of) => report(of, version)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The version with this number, and its pipeline.
pub(super) fn find(connection: &Connection, version: i64, wanted: Option<&str>) -> anyhow::Result<(String, ModelRow)> {
    let mut found = Vec::new();
    for pipeline in pipelines::list(connection)? {
        if wanted.is_none_or(|name| *name == pipeline.name)
            && let Some(model) = models::get(connection, &pipeline.name, version)?
        {
            found.push((pipeline.name, model));
        }
    }
    if found.len() > 1 {
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        return Err(Refused(format!("more than one pipeline has a version {version}: say --pipeline {names}")).into());
    }
    found.pop().ok_or_else(|| {
        let of = wanted.map(|name| format!(" of {name}")).unwrap_or_default();
        Refused(format!("there is no version {version}{of}; `landfall models` lists them")).into()
    })
}

fn card(pipeline: &str, champion: bool, model: &ModelRow) -> anyhow::Result<()> {
    let card = &model.card;
    let serves = if champion { ", champion" } else { "" };
    print::line(&one_line(&format!(
        "version {} of {pipeline}{serves}: {}, made {} UTC by run {} from {} rows",
        card.version,
        card.algorithm,
        print::stamp(model.made),
        model.run,
        count(card.rows)
    )))?;
    print::line(&one_line(&format!("{}: {}", card.decision.verdict, card.decision.reason)))?;
    let row = |check: &crate::domain::model::Check| {
        let passed = if check.passed { "✓" } else { "✗" };
        vec![passed.to_owned(), check.name.clone(), check.detail.clone()]
    };
    let rows: Vec<Vec<String>> = card.decision.checks.iter().map(row).collect();
    section("how it was judged", &["", "check", "figures"], &rows)?;
    let tried = |one: &Standing| {
        let chosen = if one.chosen { "▸" } else { "" };
        let rounds = print::or_dash(one.rounds.map(|rounds| rounds.to_string()));
        vec![
            chosen.to_owned(),
            one.who.clone(),
            print::or_dash(one.loss.map(figure)),
            rounds,
            format!("{:.1}", one.seconds),
        ]
    };
    let rows: Vec<Vec<String>> = card.standings.iter().map(tried).collect();
    section("who was tried before the holdout", &["", "learner", "loss", "rounds", "seconds"], &rows)?;
    for leak in &card.leaks {
        print::line(&one_line(&format!("△ a leak? {}", leak.told())))?;
    }
    Ok(())
}

fn features(model: &ModelRow, diagnosis: Option<&Diagnosis>) -> anyhow::Result<()> {
    let gains = &model.card.importance;
    let shuffled = diagnosis.map(|of| of.permutation.as_slice()).unwrap_or_default();
    let mut names: Vec<&String> = shuffled.iter().map(|one| &one.feature).collect();
    for (name, _) in gains {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let row = |name: &&String| {
        let gain = gains.iter().find(|(other, _)| other == *name).map(|(_, gain)| share(*gain));
        let cost = shuffled.iter().find(|one| one.feature == **name);
        vec![
            (*name).clone(),
            print::or_dash(gain),
            print::or_dash(cost.map(|one| format!("{:+.1} %", one.mean * 100.0))),
            print::or_dash(cost.map(|one| share(one.deviation))),
        ]
    };
    let rows: Vec<Vec<String>> = names.iter().map(row).collect();
    let sample = diagnosis.map(|of| format!(" (shuffled {})", of.sample())).unwrap_or_default();
    section(&format!("features{sample}"), &["feature", "gain", "loss when shuffled", "±"], &rows)
}

/// What the bundle says of its features.
fn told(lake: &Location, folder: &str) -> Result<Vec<Told>, LearnError> {
    Ok(bundle::load(&LearnPlace::open(lake)?, folder)?.serving.preprocess.told())
}

fn prepared(told: &Result<Vec<Told>, LearnError>) -> anyhow::Result<()> {
    let told = match told {
        Ok(told) => told,
        Err(error) => return print::line(&one_line(&format!("\nwhat was fitted cannot be read: {error}"))),
    };
    let row = |one: &Told| {
        let origin = if one.origin.is_empty() { "column" } else { &one.origin };
        vec![one.feature.clone(), one_line(origin), one_line(&one.prepared)]
    };
    section(
        "how features are made and prepared",
        &["feature", "from", "fitted"],
        &told.iter().map(row).collect::<Vec<_>>(),
    )
}

fn report(of: &Diagnosis, version: i64) -> anyhow::Result<()> {
    print::line(&format!("\n{}", of.basis(version)))?;
    if let Some(classes) = &of.classes {
        self::classes(classes)?;
    }
    if let Some(several) = &of.several {
        self::several(several)?;
    }
    if let Some(residuals) = &of.residuals {
        self::residuals(residuals)?;
    }
    bins(of)?;
    dependence(of)?;
    segments(of)?;
    learning(of)?;
    days(of)
}

fn classes(classes: &Classes) -> anyhow::Result<()> {
    let number = |value: Option<f64>| print::or_dash(value.map(figure));
    let part = |value: Option<f64>| print::or_dash(value.map(share));
    let rows = [
        ("AUC", number(classes.auc)),
        ("average precision", number(classes.average_precision)),
        ("positive from", figure(classes.threshold)),
        ("recall", part(classes.recall())),
        ("precision", part(classes.precision())),
        ("positives", part(classes.base_rate())),
    ];
    section("classes", &["figure", "value"], &rows.map(|(name, value)| vec![name.to_owned(), value]))?;
    let [no, yes] = classes.matrix();
    let row = |name: &str, [called_no, called_yes]: [u64; 2]| vec![name.into(), count(called_no), count(called_yes)];
    section("confusion", &["", "predicted no", "predicted yes"], &[row("is no", no), row("is yes", yes)])?;
    let read = |at: f64| Some(vec![share(at), share(height(&classes.roc, at)?)]);
    let rows: Vec<Vec<String>> = ROC_AT.into_iter().filter_map(read).collect();
    section("ROC curve", &["false alarms", "found"], &rows)
}

fn several(of: &Several) -> anyhow::Result<()> {
    let one = |class: &OneClass| {
        let rates = [Some(class.precision), Some(class.recall)].map(|value| print::or_dash(value.map(share)));
        let auc = print::or_dash(class.auc.map(figure));
        [class.name.clone(), count(class.rows)].into_iter().chain(rates).chain([auc]).collect()
    };
    let rows: Vec<Vec<String>> = of.classes.iter().map(one).collect();
    section("classes", &["class", "rows", "precision", "recall", "AUC"], &rows)?;
    let names: Vec<String> = of.classes.iter().map(|class| format!("called {}", class.name)).collect();
    let header: Vec<&str> = std::iter::once("").chain(names.iter().map(String::as_str)).collect();
    let row = |(class, counts): (&OneClass, &Vec<u64>)| {
        std::iter::once(format!("is {}", class.name)).chain(counts.iter().map(|n| count(*n))).collect()
    };
    let rows: Vec<Vec<String>> = of.classes.iter().zip(&of.confusion).map(row).collect();
    section("confusion", &header, &rows)
}

/// The height of a curve at `x`, on a straight line between its points.
fn height(curve: &[(f64, f64)], x: f64) -> Option<f64> {
    let after = curve.iter().position(|point| point.0 >= x)?;
    let (to, from) = (curve[after], curve[after.saturating_sub(1)]);
    let share = if to.0 > from.0 { (x - from.0) / (to.0 - from.0) } else { 1.0 };
    Some(from.1 + share * (to.1 - from.1))
}

fn residuals(residuals: &Residuals) -> anyhow::Result<()> {
    let quantiles = ["1 %", "5 %", "25 %", "50 %", "75 %", "95 %", "99 %"];
    let rows = [residuals.quantiles.iter().map(|value| figure(*value)).collect()];
    section("residuals: outcome minus prediction, by quantile", &quantiles, &rows)
}

fn bins(of: &Diagnosis) -> anyhow::Result<()> {
    let row = |bin: &Bin| vec![count(bin.rows), of.level(bin.predicted), of.level(bin.actual)];
    let rows: Vec<Vec<String>> = of.bins().iter().map(row).collect();
    section("calibration", &["rows", "predicted", "actual"], &rows)?;
    of.confidence().map_or(Ok(()), |said| print::line(&said))
}

fn dependence(of: &Diagnosis) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = of
        .dependence
        .iter()
        .map(|one| {
            let points: Vec<String> =
                one.points.iter().map(|(label, _, mean)| format!("{label}: {}", of.level(*mean))).collect();
            vec![one.feature.clone(), points.join(", ")]
        })
        .collect();
    let title = format!("mean prediction as one feature varies ({})", of.sample());
    section(&title, &["feature", "value: mean prediction"], &rows)
}

fn segments(of: &Diagnosis) -> anyhow::Result<()> {
    let row = |one: &crate::domain::diagnosis::Segment| {
        vec![
            one.what.clone(),
            count(one.rows),
            figure(one.loss),
            figure(one.overall),
            share(one.share),
            of.level(one.predicted),
            of.level(one.actual),
        ]
    };
    let rows: Vec<Vec<String>> = of.segments.iter().map(row).collect();
    let head = ["where", "rows", of.loss_name(), "over all", "of all loss", "predicted", "actual"];
    section("where it is worst", &head, &rows)
}

fn learning(of: &Diagnosis) -> anyhow::Result<()> {
    let rows: Vec<Vec<String>> = of.learning.iter().map(|one| vec![count(one.rows), figure(one.loss)]).collect();
    section("trained on fewer rows, the newest before the holdout", &["rows", of.loss_name()], &rows)
}

fn days(of: &Diagnosis) -> anyhow::Result<()> {
    let row = |day: &crate::domain::diagnosis::Day| {
        let (predicted, actual) = (of.level(day.predicted), of.level(day.actual));
        vec![day.day.clone(), count(day.rows), predicted, actual, figure(day.loss)]
    };
    let skip = of.by_day.len().saturating_sub(DAYS);
    let rows: Vec<Vec<String>> = of.by_day.iter().skip(skip).map(row).collect();
    let title = if skip > 0 { format!("the last {DAYS} of {} days", of.by_day.len()) } else { "days".into() };
    section(&title, &["day", "rows", "predicted", "actual", of.loss_name()], &rows)
}

/// A table under its title; nothing without rows.
fn section(title: &str, header: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    print::line(&format!("\n{title}"))?;
    print::table(header, rows)
}

#[cfg(test)]
mod tests {
    use super::height;

    #[test]
    fn a_curve_is_read_between_its_points() {
        let curve = [(0.0, 0.0), (0.0, 0.2), (0.5, 0.6), (1.0, 1.0)];
        assert!((height(&curve, 0.25).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!([height(&curve, 1.0), height(&curve, 1.1), height(&[], 0.1)], [Some(1.0), None, None]);
    }
}
