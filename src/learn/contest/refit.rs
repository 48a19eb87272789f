//! The winner once more, on all labelled rows.

use crate::domain::plan::ModelPlan;
use crate::learn::LearnError;
use crate::learn::bundle::Twin;
use crate::learn::entrants::Entrant;
use crate::learn::frame::Frame;
use crate::learn::learner::{Lead, Sample, Settings, Watch, boost_ahead, learner};
use crate::learn::preprocess::Preprocess;

/// The boosting model on all rows, fitted while its rounds are still being found.
pub(super) fn refit_ahead(
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    lead: &Lead,
) -> Result<Option<Twin>, LearnError> {
    let rows = 0..frame.len();
    let preprocess = Preprocess::fit(&plan.features, frame, rows.clone());
    let sample = Sample { preprocess: &preprocess, frame, rows };
    let learned = boost_ahead(settings, &sample, lead)?;
    Ok(learned.map(|learned| Twin { preprocess, model: learned.model, calibrator: None, interval: None }))
}

/// The winner's recipe on all rows.
pub(super) fn refit(
    winner: &Entrant,
    frame: &Frame,
    plan: &ModelPlan,
    settings: &Settings,
    watch: &mut Watch,
) -> Result<Twin, LearnError> {
    let rows = 0..frame.len();
    let preprocess = Preprocess::fit(&plan.features, frame, rows.clone());
    let effort = winner.learned.again(rows.len());
    let all = Sample { preprocess: &preprocess, frame, rows };
    let learned = learner(winner.algorithm, settings).fit(&all, effort, watch)?;
    Ok(Twin { preprocess, model: learned.model, calibrator: None, interval: None })
}
