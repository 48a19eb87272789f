//! What runs said of the rows they predicted from: a view of the metrics.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Connection, Result, metrics};
use crate::domain::drift::{Estimate, Expected, Input, Look};
use crate::domain::metric::Split;
use crate::domain::text::one_line;

/// The days of a century: all there are.
const EVERY_DAY: usize = 36_525;

/// What the newest `runs` committed runs of a pipeline said of its features, oldest first. `features` is how many it has.
pub fn runs(connection: &Connection, pipeline: &str, runs: usize, features: usize) -> Result<Vec<Look>> {
    let mut looks: BTreeMap<i64, Look> = BTreeMap::new();
    let read = |name: &str| metrics::by_column(connection, pipeline, name, "champion", runs * features);
    for of in read("input_psi")? {
        let new = || Look { run: of.run, at: of.at, rows: of.n, features: Vec::new(), auc: None };
        let name = one_line(&of.about);
        let input = Input { name, psi: of.value, limit: 0.0, p: 1.0, importance: 0.0 };
        looks.entry(of.run).or_insert_with(new).features.push(input);
    }
    let mut fill = |name: &str, set: fn(&mut Input, f64)| -> Result<()> {
        for of in read(name)? {
            let features = looks.get_mut(&of.run).map(|look| &mut look.features);
            let about = one_line(&of.about);
            features.into_iter().flatten().filter(|f| f.name == about).for_each(|feature| set(feature, of.value));
        }
        Ok(())
    };
    fill("input_limit", |feature, value| feature.limit = value)?;
    fill("input_p", |feature, value| feature.p = value)?;
    fill("input_weight", |feature, value| feature.importance = value)?;
    let by_run = |who: &str| metrics::by_run(connection, pipeline, "domain_auc", Split::Batch, who, runs);
    let low: BTreeMap<i64, f64> = by_run("low")?.into_iter().map(|point| (point.run, point.value)).collect();
    for point in by_run("champion")? {
        if let (Some(look), Some(low)) = (looks.get_mut(&point.run), low.get(&point.run)) {
            look.auc = Some((point.value, *low));
        }
    }
    Ok(looks.into_values().collect())
}

/// Fills in how many outcomes of what `run` predicted are known by now, and what the figures that it expected are once half
/// of them are:
/// those of a day are over all of its rows that were predicted, as in [`expected`].
pub fn judge(connection: &Connection, pipeline: &str, run: i64, estimates: &mut [Estimate]) -> Result<()> {
    let whole = metrics::of_predictions(connection, run)?;
    let known = whole.iter().find(|figure| figure.name == "labelled").map(|figure| figure.value);
    let of_day = metrics::by_day(connection, pipeline, "labelled", "champion", EVERY_DAY)?;
    let mut days: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for one in estimates {
        let (metric, of_whole) = (&one.metric, one.day.is_none() && known >= Some(0.5));
        one.known = known.filter(|_| one.day.is_none());
        one.actual = whole.iter().find(|f| of_whole && f.name == *metric && f.who == "champion").map(|f| f.value);
        if let Some(day) = &one.day {
            let of_days = match days.entry(metric.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let points = metrics::by_judged_day(connection, pipeline, metric, "champion", EVERY_DAY)?;
                    new.insert(points.into_iter().map(|point| (point.label, point.value)).collect())
                }
            };
            one.actual = of_days.get(day).copied();
            one.known = of_day.iter().find(|point| point.label == *day).map(|point| point.value);
        }
    }
    Ok(())
}

/// What a figure was expected to be before the outcomes were known, and what it was, by event day, oldest first, at most
/// the newest `days`.
pub fn expected(connection: &Connection, pipeline: &str, metric: &str, days: usize) -> Result<Vec<Expected>> {
    let series = |who: &str| -> Result<BTreeMap<String, f64>> {
        let points = metrics::by_day(connection, pipeline, metric, who, days)?;
        Ok(points.into_iter().map(|point| (point.label, point.value)).collect())
    };
    let (low, high) = (series("estimate_low")?, series("estimate_high")?);
    let actual = metrics::by_judged_day(connection, pipeline, metric, "champion", days)?;
    let actual: BTreeMap<String, f64> = actual.into_iter().map(|point| (point.label, point.value)).collect();
    let told = series("estimate")?.into_iter().map(|(day, value)| Expected {
        band: low.get(&day).copied().zip(high.get(&day).copied()),
        actual: actual.get(&day).copied(),
        value,
        day,
    });
    Ok(told.collect())
}
