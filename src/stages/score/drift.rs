//! How far the predictions made now lie from those of the model's validation and from those of like days before.
//!
//! Of each day that got new predictions two samples are compared with a reference: what this version predicted, with
//! what its judged twin predicted on the holdout (`who` = `validation`); everything predicted for the day, with the
//! days of the same kind (weekday or weekend) of the four weeks before it (`trailing`). The figures of one comparison
//! carry the rows compared as `n`, and `drift_reference_rows` says how many rows stood on the other side.

use std::collections::BTreeMap;

use super::book::{self, Book, Day, Entry};
use super::figures::About;
use super::{Batch, Model};
use crate::domain::dataset::Part;
use crate::domain::job::Job;
use crate::domain::metric::{Metric, Split};
use crate::domain::plan::Task;
use crate::learn::LearnError;
use crate::learn::drift::{
    homogeneity, jensen_shannon, kolmogorov_smirnov, normalised_wasserstein, population_stability,
};
use crate::learn::place::Place;
use crate::stages::Events;

/// Days compared in one run, the newest ones.
const DAYS: usize = 60;
/// Length of the trailing window in days.
const WINDOW: i64 = 28;
/// Like days that a trailing window needs.
const LIKE_DAYS: usize = 3;
/// Values of a sample that are compared: of more, every second, third, … one in order of size.
const VALUES: usize = 50_000;

/// What is compared.
pub struct Drift<'a> {
    pub job: &'a Job,
    pub place: &'a Place,
    pub batch: Batch<'a>,
    pub model: Model<'a>,
    pub book: &'a Book,
}

/// Predictions of some rows.
#[derive(Debug, Clone, Default)]
struct Sample {
    values: Vec<f64>,
    positives: u64,
    /// Rows: more than there are values when these stand for a larger sample.
    rows: u64,
}

impl Sample {
    /// Of predictions and classes; those that are no numbers are counted elsewhere (`predicted_invalid`).
    fn of(rows: impl IntoIterator<Item = (f64, bool)>) -> Self {
        let mut sample = Self::default();
        for (value, positive) in rows.into_iter().filter(|(value, _)| value.is_finite()) {
            sample.values.push(value);
            sample.positives += u64::from(positive);
        }
        // What is sorted once costs nothing to sort again, and every distance sorts.
        sample.values.sort_by(f64::total_cmp);
        sample.rows = sample.values.len() as u64;
        sample
    }

    fn of_entries<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        Self::of(entries.into_iter().map(|entry| (entry.prediction, entry.class)))
    }

    /// At most [`VALUES`] of its values: what is compared is then said to be so many.
    fn thinned(mut self) -> Self {
        let step = self.values.len().div_ceil(VALUES).max(1);
        if step > 1 {
            self.values = self.values.into_iter().step_by(step).collect();
            self.positives /= step as u64;
            self.rows = self.values.len() as u64;
        }
        self
    }

    fn classes(&self) -> [u64; 2] {
        [self.positives, self.rows.saturating_sub(self.positives)]
    }
}

impl Drift<'_> {
    /// Says the figures of every day that got predictions in this run, and how many of these are not valid.
    pub fn say(&self, events: &Events) {
        let mut days: BTreeMap<Day, Vec<Entry>> = BTreeMap::new();
        for entry in &self.book.entries {
            days.entry(Day::of(entry.time)).or_default().push(*entry);
        }
        let mut fresh: Vec<Day> =
            days.iter().filter(|(_, rows)| rows.iter().any(|e| e.run == self.job.run)).map(|(day, _)| *day).collect();
        self.validity(events);
        if fresh.len() > DAYS {
            events.info(format!("the newest {DAYS} of {} days are compared with the past", fresh.len()));
            fresh.drain(..fresh.len() - DAYS);
        }
        let past = match self.past(&days, &fresh) {
            Ok(past) => past,
            Err(error) => return events.warn(format!("the predictions cannot be compared with the past: {error}")),
        };
        for day in fresh {
            let mut entries = days.remove(&day).unwrap_or_default();
            entries.sort_by_key(|e| (e.time, e.source));
            self.against_validation(day, &entries, events);
            self.against_past(day, &entries, &past, events);
        }
    }

    fn against_validation(&self, day: Day, entries: &[Entry], events: &Events) {
        let Some(kept) = &self.model.bundle.reference.validation else { return };
        let reference = Sample { values: kept.quantiles.clone(), positives: kept.positives.unwrap_or(0), rows: kept.n };
        let own: Vec<Entry> = entries.iter().filter(|e| e.version == self.model.version).copied().collect();
        self.compare("validation", day, &own, &reference, events);
    }

    fn against_past(&self, day: Day, entries: &[Entry], past: &BTreeMap<Day, Sample>, events: &Events) {
        let like = past.range(Day(day.0 - WINDOW)..day).filter(|(other, _)| other.is_weekend() == day.is_weekend());
        let like: Vec<&Sample> = like.map(|(_, sample)| sample).collect();
        if like.len() < LIKE_DAYS {
            return;
        }
        let mut reference = Sample {
            values: like.iter().flat_map(|sample| sample.values.iter().copied()).collect(),
            positives: like.iter().map(|sample| sample.positives).sum(),
            rows: like.iter().map(|sample| sample.rows).sum(),
        };
        reference.values.sort_by(f64::total_cmp);
        self.compare("trailing", day, entries, &reference.thinned(), events);
    }

    fn compare(&self, who: &'static str, day: Day, entries: &[Entry], reference: &Sample, events: &Events) {
        let sample = Sample::of_entries(entries).thinned();
        let mut figures = vec![
            ("drift_wasserstein", normalised_wasserstein(&reference.values, &sample.values)),
            ("drift_ks", kolmogorov_smirnov(&reference.values, &sample.values)),
            ("drift_psi", population_stability(&reference.values, &sample.values)),
        ];
        if self.batch.plan.task == Task::Binary {
            let (theirs, ours) = (reference.classes(), sample.classes());
            figures.push(("drift_js", jensen_shannon(&theirs, &ours)));
            figures.push(("drift_chi2_p", homogeneity(&theirs, &ours).map(|test| test.p)));
        }
        let figures: Vec<(&str, f64)> = figures.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        if figures.is_empty() {
            return;
        }
        let about = About::new(who, entries, Some(day));
        for (name, value) in figures.into_iter().chain([("drift_reference_rows", reference.rows as f64)]) {
            events.metric(Metric { n: sample.rows, ..about.metric(name, value) });
        }
    }

    /// Predictions by day: those of the book, and those of like days in the trailing parts.
    fn past(&self, days: &BTreeMap<Day, Vec<Entry>>, fresh: &[Day]) -> Result<BTreeMap<Day, Sample>, LearnError> {
        let mut past = BTreeMap::new();
        for part in self.batch.trailing.iter().filter(|part| part.rows > 0) {
            let Some(day) = Day::parse(&part.partition) else { continue };
            let wanted = |new: &Day| new.is_weekend() == day.is_weekend() && (1..=WINDOW).contains(&(new.0 - day.0));
            if fresh.iter().any(wanted) {
                past.insert(day, self.read(part)?);
            }
        }
        past.extend(days.iter().map(|(day, entries)| (*day, Sample::of_entries(entries))));
        Ok(past)
    }

    fn read(&self, part: &Part) -> Result<Sample, LearnError> {
        let mut names = vec!["prediction".to_owned()];
        if self.batch.plan.task == Task::Binary {
            names.push("predicted_class".to_owned());
        }
        let table = self.place.read_table(&part.path, Some(&names))?;
        let columns: Vec<Vec<Option<f64>>> =
            names.iter().map(|name| book::floats(&table, name)).collect::<Result<_, _>>()?;
        let positive = |row: usize| columns.get(1).is_some_and(|classes| classes[row] == Some(1.0));
        Ok(Sample::of(columns[0].iter().enumerate().map(|(row, value)| (value.unwrap_or(f64::NAN), positive(row)))))
    }

    /// Says how many of the predictions made now are no numbers, or no probabilities where they should be.
    fn validity(&self, events: &Events) {
        let made: Vec<Entry> = self.book.entries.iter().filter(|e| e.run == self.job.run).copied().collect();
        if made.is_empty() {
            return;
        }
        let binary = self.batch.plan.task.of_classes();
        let valid = |p: f64| if binary { (0.0..=1.0).contains(&p) } else { p.is_finite() };
        let invalid = made.iter().filter(|e| !valid(e.prediction)).count();
        let about = About::new("champion", &made, None);
        events.metric(Metric { split: Split::Batch, ..about.metric("predicted_invalid", invalid as f64) });
    }
}
