//! What a diagnosis amounts to, in figures and sentences that console, command line and report share.

use super::{Bin, Classes, Diagnosis, Segment, Several};
use crate::domain::format::{count, counted, figure, share};

/// Fewer rows than this in a bin say nothing of it.
pub const BIN_ROWS: u64 = 50;

/// How outcomes follow predictions over the bins of a calibration curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slope {
    /// 1 is right; below it predictions are too far from the mean, above it too close to it.
    pub slope: f64,
    /// Its standard error.
    pub error: f64,
}

impl Slope {
    /// `Some(true)` over-confident, `Some(false)` under-confident, `None` when chance may explain it or it is small.
    pub fn over_confident(&self) -> Option<bool> {
        let off = self.slope - 1.0;
        (off.abs() > 0.1 && off.abs() > 2.0 * self.error).then_some(off < 0.0)
    }
}

impl Diagnosis {
    /// Its texts, for whoever has to make them safe to show.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let days = self.days.iter_mut().flat_map(|(from, to)| [from, to]);
        let dependence = self
            .dependence
            .iter_mut()
            .flat_map(|one| std::iter::once(&mut one.feature).chain(one.points.iter_mut().map(|(label, _, _)| label)));
        std::iter::once(&mut self.target)
            .chain(days)
            .chain(self.permutation.iter_mut().map(|one| &mut one.feature))
            .chain(dependence)
            .chain(self.several.iter_mut().flat_map(|of| of.classes.iter_mut().map(|class| &mut class.name)))
            .chain(self.segments.iter_mut().map(|segment| &mut segment.what))
            .chain(self.by_day.iter_mut().map(|day| &mut day.day))
    }

    /// What every figure of it is about: `version 41 on its holdout: 8,342 rows, 2013-02-20 to 2013-03-01`.
    pub fn basis(&self, version: i64) -> String {
        let days = self.days.as_ref().map(|(from, to)| format!(", {from} to {to}")).unwrap_or_default();
        format!("version {version} on its holdout: {}{days}", counted(self.rows, "row"))
    }

    /// Where only a part of the rows was looked at: `on a sample of 5,000 rows`; otherwise on how many.
    pub fn sample(&self) -> String {
        let rows = counted(self.sampled, "row");
        if self.sampled < self.rows { format!("on a sample of {rows}") } else { format!("on {rows}") }
    }

    /// A mean prediction or outcome: a share where classes are predicted, a plain figure otherwise.
    pub fn level(&self, value: f64) -> String {
        if self.task.of_classes() && value.is_finite() { share(value) } else { figure(value) }
    }

    /// Name of the loss of a row.
    pub fn loss_name(&self) -> &'static str {
        if self.task.of_classes() { "log loss" } else { self.loss.name() }
    }

    /// The worst segment in one sentence.
    pub fn worst(&self) -> Option<String> {
        self.segments.first().map(|segment| self.tell(segment))
    }

    /// A segment in one sentence.
    pub fn tell(&self, segment: &Segment) -> String {
        let part = if self.rows > 0 { segment.rows as f64 / self.rows as f64 } else { 0.0 };
        format!(
            "{}: {} of the rows ({}) carry {} of the {}; predicted {}, actual {}.",
            segment.what,
            share(part),
            count(segment.rows),
            share(segment.share),
            self.loss_name(),
            self.level(segment.predicted),
            self.level(segment.actual)
        )
    }

    /// What the rows beyond the largest smaller fit brought, in one sentence; none where that had no loss left.
    pub fn learned(&self) -> Option<String> {
        let [.., less, all] = self.learning.as_slice() else { return None };
        (less.loss > 0.0).then_some(())?;
        let better = 1.0 - all.loss / less.loss;
        let verdict = match better {
            b if b > 0.005 => "more rows may help further",
            b if b < -0.005 => "a shorter window may do better",
            _ => "more rows hardly help",
        };
        Some(format!(
            "fitted on the newest {} its {} on the same holdout is {}, on all {} it is {} ({:+.1} %): {verdict}.",
            counted(less.rows, "row"),
            self.loss_name(),
            figure(less.loss),
            count(all.rows),
            figure(all.loss),
            -100.0 * better
        ))
    }

    /// Bins of predictions with their outcomes: of the calibration curve, or of a regression's residuals.
    pub fn bins(&self) -> &[Bin] {
        match (&self.classes, &self.several, &self.residuals) {
            (Some(classes), ..) => &classes.calibration,
            (None, Some(several), _) => &several.calibration,
            (None, None, Some(residuals)) => &residuals.by_prediction,
            (None, None, None) => &[],
        }
    }

    /// The slope of outcomes over predictions: weighted least squares over the bins, each weighed by the inverse of
    /// the known variance of its mean: p (1 - p) / n for shares, (interquartile range / 1.349)² / n otherwise.
    pub fn slope(&self) -> Option<Slope> {
        let spread = self.residuals.as_ref().map(|of| ((of.quantiles[4] - of.quantiles[2]) / 1.349).powi(2));
        let weigh = |bin: &Bin| {
            let variance =
                if self.task.of_classes() { bin.predicted * (1.0 - bin.predicted) } else { spread.unwrap_or(0.0) };
            (variance > 0.0).then(|| (bin.rows as f64 / variance, bin.predicted, bin.actual))
        };
        let bins: Vec<(f64, f64, f64)> =
            self.bins().iter().filter(|bin| bin.rows >= BIN_ROWS).filter_map(weigh).collect();
        let total: f64 = bins.iter().map(|(w, _, _)| w).sum();
        let mean = |of: fn(&(f64, f64, f64)) -> f64| bins.iter().map(|bin| bin.0 * of(bin)).sum::<f64>() / total;
        let (x, y) = (mean(|bin| bin.1), mean(|bin| bin.2));
        let extent: f64 = bins.iter().map(|(w, p, _)| w * (p - x).powi(2)).sum();
        let slope = bins.iter().map(|(w, p, a)| w * (p - x) * (a - y)).sum::<f64>() / extent;
        let error = 1.0 / extent.sqrt();
        // With predictions all at one place any slope would do.
        (bins.len() >= 3 && slope.is_finite() && error < 1.0).then_some(Slope { slope, error })
    }

    /// Whether it says too much or too little, in one sentence with its highest predictions as the example.
    pub fn confidence(&self) -> Option<String> {
        let slope = self.slope()?;
        let high = self.bins().iter().rfind(|bin| bin.rows >= BIN_ROWS)?;
        let verdict = match slope.over_confident() {
            Some(true) => "over-confident: predictions lie too far from the mean",
            Some(false) => "under-confident: predictions lie too close to the mean",
            None => "calibrated, or nearly",
        };
        Some(format!(
            "{verdict}. Where it predicts most, {} on average over {}, the outcome is {} (slope {:.2} ± {:.2}; 1 is \
             right).",
            self.level(high.predicted),
            counted(high.rows, "row"),
            self.level(high.actual),
            slope.slope,
            slope.error
        ))
    }
}

impl Several {
    /// Rows whose class was called rightly, and all rows.
    pub fn right(&self) -> (u64, u64) {
        let right = self.confusion.iter().enumerate().filter_map(|(at, row)| row.get(at)).sum();
        (right, self.confusion.iter().flatten().sum())
    }
}

impl Classes {
    /// Rows by actual and predicted class, negative first: `[actual][predicted]`.
    pub fn matrix(&self) -> [[u64; 2]; 2] {
        let [true_negative, false_positive, false_negative, true_positive] = self.confusion;
        [[true_negative, false_positive], [false_negative, true_positive]]
    }

    /// Share of the predicted positives that are; none without one.
    pub fn precision(&self) -> Option<f64> {
        let [_, false_positive, _, true_positive] = self.confusion;
        ratio(true_positive, false_positive)
    }

    /// Share of the positives that are found; none without one.
    pub fn recall(&self) -> Option<f64> {
        let [_, _, false_negative, true_positive] = self.confusion;
        ratio(true_positive, false_negative)
    }

    /// Share of positives among all rows: what precision is without a model.
    pub fn base_rate(&self) -> Option<f64> {
        let [true_negative, false_positive, false_negative, true_positive] = self.confusion;
        ratio(true_positive + false_negative, true_negative + false_positive)
    }
}

fn ratio(part: u64, rest: u64) -> Option<f64> {
    (part + rest > 0).then(|| part as f64 / (part + rest) as f64)
}
