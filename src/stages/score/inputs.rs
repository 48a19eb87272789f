//! Saying how the rows just predicted differ from those the model was trained on.

use super::{Merged, Model, Staging};
use crate::domain::drift::{Account, Estimate};
use crate::domain::job::Job;
use crate::domain::metric::{Metric, Split};
use crate::learn::LearnError;
use crate::learn::drift::{Fresh, account};
use crate::stages::Events;

/// Stages the account of the run and says what detectors and charts need of it. What cannot be measured costs the
/// measurement, not the predictions.
///
/// # Errors
/// [`LearnError::Lake`] when the account cannot be staged.
pub fn say(job: &Job, model: Model, merged: &Merged, events: &Events) -> Result<(), LearnError> {
    let Some(frame) = merged.fresh.0.frame().filter(|frame| !frame.is_empty()) else { return Ok(()) };
    let fresh = Fresh { run: job.run, frame, predictions: &merged.fresh.1, unseen: &merged.unseen };
    let account = match account(model.bundle, &fresh) {
        Ok(Some(account)) => account,
        Ok(None) => {
            events.info(format!(
                "version {} keeps nothing of its training rows to compare these with; the next version will",
                model.version
            ));
            return Ok(());
        }
        Err(error) => {
            events.warn(format!("the rows cannot be compared with those version {} knows: {error}", model.version));
            return Ok(());
        }
    };
    let bytes =
        serde_json::to_vec(&account).map_err(|e| LearnError::internal("cannot write the account of drift", e))?;
    events.artifact(Staging { job }.drift(&bytes)?);
    figures(&account).into_iter().for_each(|metric| events.metric(Metric { model: Some(model.version), ..metric }));
    Ok(())
}

/// The figures of an account that series are made of.
fn figures(account: &Account) -> Vec<Metric> {
    let span = |metric: Metric| Metric { from: account.from, to: account.to, ..metric };
    let mut figures = Vec::new();
    for feature in &account.features {
        let figure = |name: &str, value: f64| {
            let metric = Metric::of_batch(name, value, account.rows);
            span(Metric { who: "champion".to_owned(), column: Some(feature.name.clone()), ..metric })
        };
        figures.push(figure("input_psi", feature.psi.value));
        figures.extend(feature.psi.limit.map(|limit| figure("input_limit", limit)));
        figures.push(figure("input_p", feature.p));
        figures.push(figure("input_weight", feature.importance));
    }
    if let Some(of) = &account.classifier {
        for (who, value) in [("champion", of.auc), ("low", of.low), ("high", of.high)] {
            figures.push(span(Metric { who: who.to_owned(), ..Metric::of_batch("domain_auc", value, account.rows) }));
        }
    }
    figures.extend(account.estimates.iter().flat_map(expected).map(span));
    figures
}

fn expected(estimate: &Estimate) -> Vec<Metric> {
    let values = [("estimate", Some(estimate.value))]
        .into_iter()
        .chain([("estimate_low", estimate.band.map(|b| b.0)), ("estimate_high", estimate.band.map(|b| b.1))]);
    values
        .filter_map(|(who, value)| {
            let metric = Metric::of_batch(&estimate.metric, value?, estimate.rows);
            let (who, day) = (who.to_owned(), estimate.day.clone());
            Some(Metric { split: Split::Prequential, who, day, ..metric })
        })
        .collect()
}
