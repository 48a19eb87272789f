//! Continued training: rounds of boosting added to the champion's, in proportion to the rows that came since.
//!
//! The champion's preprocessing is kept, for its trees speak of it: levels that are new stay unseen, scales stay, until
//! the next full fit.

use std::ops::Range;

use super::Incumbent;
use crate::domain::model::Continued;
use crate::domain::plan::{Algorithm, ModelPlan};
use crate::learn::LearnError;
use crate::learn::bundle::{Bundle, Span, Twin, recipe};
use crate::learn::frame::Frame;
use crate::learn::learner::{Learned, Sample, Settings, Watch, boost_on};
use crate::learn::split::Split;

/// What is added to.
#[derive(Clone, Copy)]
pub(in crate::learn) struct Base<'a> {
    version: i64,
    bundle: &'a Bundle,
    settings: &'a Settings,
}

impl<'a> Base<'a> {
    /// The champion, if the plan's boosting may go on from it: the same recipe, the same classes, fitted before the
    /// holdout, and rows that are new to it.
    pub fn of(
        frame: &Frame,
        plan: &ModelPlan,
        settings: &'a Settings,
        cut: &Split,
        incumbent: Option<&Incumbent<'a>>,
    ) -> Option<Self> {
        let Some(&Incumbent::Present { version, bundle, frame: None }) = incumbent else { return None };
        let content = &bundle.manifest.content;
        let last = frame.time.get(cut.train.clone())?.last()?;
        let fits = settings.continued
            && content.algorithm == Algorithm::Boosting
            && content.recipe == recipe(plan, Algorithm::Boosting)
            && content.classes == frame.classes
            && content.judged.to.is_some_and(|to| to < *last);
        fits.then_some(Self { version, bundle, settings })
    }

    /// The judged twin's model with more rounds, on `rows`.
    pub fn judged(self, frame: &Frame, rows: Range<usize>, watch: &mut Watch) -> Result<Learned, LearnError> {
        self.on(&self.bundle.judged, self.bundle.manifest.content.judged, frame, rows, watch)
    }

    /// The serving model with more rounds, on all rows of `frame`.
    pub fn serving(self, frame: &Frame, watch: &mut Watch) -> Result<Twin, LearnError> {
        let seen = self.bundle.manifest.content.serving;
        let learned = self.on(&self.bundle.serving, seen, frame, 0..frame.len(), watch)?;
        let preprocess = self.bundle.serving.preprocess.clone();
        Ok(Twin { preprocess, model: learned.model, calibrator: None, interval: None })
    }

    /// What is to be told of a model that has `rounds` in all.
    pub fn told(self, rounds: Option<u32>) -> Continued {
        let before = self.bundle.serving.model.rounds().unwrap_or(0);
        let full = self.bundle.manifest.content.continued.map_or(self.version, |of| of.full);
        Continued { from: self.version, full, rounds: rounds.unwrap_or(before).saturating_sub(before) }
    }

    /// The preprocessing of its judged twin.
    pub fn preprocess(self) -> &'a crate::learn::preprocess::Preprocess {
        &self.bundle.judged.preprocess
    }

    fn on(
        self,
        twin: &Twin,
        seen: Span,
        frame: &Frame,
        rows: Range<usize>,
        watch: &mut Watch,
    ) -> Result<Learned, LearnError> {
        let new = frame.time[rows.clone()].iter().filter(|t| Some(**t) > seen.to).count();
        let share = new as f64 / seen.rows.max(1) as f64;
        let before = twin.model.rounds().unwrap_or(1);
        let rounds = (f64::from(before) * share).round().clamp(1.0, f64::from(before.max(1))) as u32;
        let sample = Sample { preprocess: &twin.preprocess, frame, rows };
        boost_on(self.settings, &sample, &twin.model.to_bytes()?, rounds, watch)
    }
}
