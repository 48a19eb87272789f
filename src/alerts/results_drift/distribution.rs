//! All predictions of a day against two references: the model's own validation, and like days before.
//!
//! A distance fires when it is an effect that matters *and* no chance (Wasserstein in standard deviations with
//! Kolmogorov-Smirnov, Jensen-Shannon with χ², the stability index only above its sample-size floor), and when it is
//! far from what distances of this pipeline's days usually are: days differ by weather or holidays more than rows
//! explain, and such a pipeline's limit is median + k robust standard deviations of its past days' own distances.
//! Against both references, where both are to be had: a season moves predictions away from the validation and not from
//! last week, a drift that crept into the trailing window away from the validation only.

use chrono::{NaiveDate, NaiveTime};

use super::daily::{MIN_DAYS, short_history};
use crate::alerts::baseline::{Point, usable};
use crate::config::ResultsRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::format;
use crate::domain::quantile::{median, robust_sd};
use crate::learn::drift::{kolmogorov_smirnov_limit, population_stability_floor};

/// The probability of a χ² below which classes differ by more than chance.
const CHI2_P: f64 = 0.001;
/// A critical distance between classes, in critical distances between numbers: 0.20 to 0.25.
const CLASSES_CRITICAL: f64 = 0.8;
/// The newest day counts once it has this share of the usual rows: before, it is its first hours only.
const WHOLE_DAY: f64 = 0.5;

/// A day's predictions against one reference, as the score stage measured it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distance {
    /// The event day.
    pub day: NaiveDate,
    /// Rows of it that were compared.
    pub rows: u64,
    /// Rows of the reference.
    pub reference_rows: u64,
    /// Wasserstein-1 in standard deviations of the reference.
    pub wasserstein: Option<f64>,
    /// Kolmogorov-Smirnov D.
    pub ks: Option<f64>,
    /// Population stability index.
    pub psi: Option<f64>,
    /// Jensen-Shannon distance of the classes.
    pub js: Option<f64>,
    /// Probability of the classes' χ² by chance.
    pub chi2_p: Option<f64>,
}

/// What is known of both references, oldest day first.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Against the champion's validation.
    pub validation: &'a [Distance],
    /// Against like days before.
    pub trailing: &'a [Distance],
    /// Whether a day raised an alert on this object that nobody called normal.
    pub alerted: &'a dyn Fn(&str, NaiveDate) -> bool,
    /// Days before this one are forgotten: an operator called a day normal.
    pub since: Option<NaiveDate>,
}

/// Which distance is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Numbers,
    Classes,
}

impl Measure {
    fn object(self) -> &'static str {
        match self {
            Self::Numbers => "predictions",
            Self::Classes => "predicted classes",
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Numbers => "drift_wasserstein",
            Self::Classes => "drift_js",
        }
    }

    fn effect(self, distance: &Distance) -> Option<f64> {
        match self {
            Self::Numbers => distance.wasserstein,
            Self::Classes => distance.js,
        }
    }

    /// Whether chance does not explain it, and how that is said.
    fn significance(self, d: &Distance) -> (bool, String) {
        match self {
            Self::Numbers => {
                let (ks, limit) = (d.ks.unwrap_or(0.0), kolmogorov_smirnov_limit(d.rows, d.reference_rows));
                let limit = limit.unwrap_or(f64::INFINITY);
                let floor = population_stability_floor(d.rows, d.reference_rows).unwrap_or(f64::INFINITY);
                let psi = d.psi.unwrap_or(0.0);
                let text = format!("KS D {ks:.3} (chance reaches {limit:.3}), PSI {psi:.2} (floor {floor:.2})");
                (ks > limit || psi > floor, text)
            }
            Self::Classes => {
                let p = d.chi2_p.unwrap_or(1.0);
                (p < CHI2_P, format!("chi-square p {p:.1e} (limit {CHI2_P})"))
            }
        }
    }

    fn critical(self, rule: &ResultsRule) -> f64 {
        match self {
            Self::Numbers => rule.effect_critical,
            Self::Classes => CLASSES_CRITICAL * rule.effect_critical,
        }
    }
}

/// The newest day against one reference.
struct Judged {
    name: &'static str,
    newest: Distance,
    effect: f64,
    limit: f64,
    days: usize,
    significance: String,
    far: bool,
}

/// Judges the newest day: one verdict on the predictions, one on the classes where there are any, and one that says
/// so when the model keeps nothing of its validation.
pub fn judge(look: &Look<'_>, rule: &ResultsRule) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let Some(day) = look.trailing.iter().chain(look.validation).map(|d| d.day).max() else { return verdicts };
    for measure in [Measure::Numbers, Measure::Classes] {
        let known = |distances: &[Distance]| distances.iter().any(|d| measure.effect(d).is_some());
        if known(look.trailing) || known(look.validation) {
            verdicts.push(judge_measure(measure, look, day, rule));
        }
    }
    let object = "predictions against validation".to_owned();
    verdicts.push(match look.validation.iter().any(|d| d.day == day) {
        true => Verdict::Fine { kind: AlertKind::ResultsDrift, object, reason: format!("compared on {day}") },
        false => Verdict::CannotCheck {
            kind: AlertKind::ResultsDrift,
            object,
            reason: "the serving model keeps nothing of its validation: it was made before that was kept, or without \
                     a holdout; the next one will"
                .to_owned(),
        },
    });
    verdicts
}

fn judge_measure(measure: Measure, look: &Look<'_>, day: NaiveDate, rule: &ResultsRule) -> Verdict {
    let (kind, object) = (AlertKind::ResultsDrift, measure.object().to_owned());
    let references = [("like days", look.trailing), ("the model's validation", look.validation)];
    let mut judged = Vec::new();
    for (name, distances) in references {
        match judge_reference(measure, name, distances, look, day, rule) {
            Some(Ok(one)) => judged.push(one),
            Some(Err(verdict)) => return verdict,
            None => {}
        }
    }
    let Some(worst) = judged.first() else {
        // Like days are still too few, and there is no validation: the history of days says how far that is.
        return Verdict::Learning { kind, object, have: look.trailing.len(), need: MIN_DAYS };
    };
    if let Some(near) = judged.iter().find(|one| !one.far) {
        let reason =
            format!("predictions of {day} are {:.2} from {}, within {:.2}", near.effect, near.name, near.limit);
        return Verdict::Fine { kind, object, reason };
    }
    let critical = judged.iter().all(|one| one.effect >= measure.critical(rule).max(2.0 * one.limit));
    let unit = if measure == Measure::Numbers { " standard deviations" } else { "" };
    let told: Vec<String> = judged
        .iter()
        .map(|one| format!("{:.2}{unit} from {} (usual up to {:.2})", one.effect, one.name, one.limit))
        .collect();
    Verdict::Bad(Finding {
        kind,
        object: object.clone(),
        severity: if critical { Severity::Critical } else { Severity::Warning },
        message: format!("{object} of {day} are far from the past: {}", told.join(", ")),
        observed: Some(worst.effect),
        expected: Some((0.0, worst.limit)),
        unit: measure.unit().to_owned(),
        rule: format!(
            "the distance matters (at least {}), is no chance, and is beyond what {} days before were (median + k robust \
             standard deviations), against every reference there is",
            rule.effect_warning, worst.days
        ),
        evidence: Evidence {
            history: history(measure, if worst.name == "like days" { look.trailing } else { look.validation }, worst),
            lines: judged
                .iter()
                .map(|one| {
                    let (rows, others) = (format::count(one.newest.rows), format::count(one.newest.reference_rows));
                    format!("against {}: {rows} predictions with {others}; {}", one.name, one.significance)
                })
                .collect(),
            ..Evidence::default()
        },
    })
}

/// `None` when there is nothing to say of this reference on this day, `Err` when too little is known.
fn judge_reference(
    measure: Measure,
    name: &'static str,
    distances: &[Distance],
    look: &Look<'_>,
    day: NaiveDate,
    rule: &ResultsRule,
) -> Option<Result<Judged, Verdict>> {
    let newest = *distances.iter().find(|d| d.day == day)?;
    let effect = measure.effect(&newest)?;
    let learning = |have: usize, need: usize| {
        Some(Err(Verdict::Learning { kind: AlertKind::ResultsDrift, object: measure.object().to_owned(), have, need }))
    };
    let usual_rows: Vec<f64> = distances.iter().filter(|d| d.day < day).map(|d| d.rows as f64).collect();
    let whole = median(&usual_rows).map_or(0, |rows| (rows * WHOLE_DAY) as u64);
    if newest.rows < rule.min_rows.max(whole) {
        return learning(newest.rows as usize, rule.min_rows.max(whole) as usize);
    }
    let past: Vec<Point> = distances
        .iter()
        .filter(|d| d.day < day && d.rows >= rule.min_rows && look.since.is_none_or(|since| d.day >= since))
        .filter_map(|d| {
            let alerted = (look.alerted)(measure.object(), d.day);
            Some(Point { at: d.day.and_time(NaiveTime::MIN), value: measure.effect(d)?, alerted })
        })
        .collect();
    let past: Vec<f64> = usable(&past, |v| v).into_iter().map(|(_, value)| value).collect();
    if past.len() < MIN_DAYS {
        return learning(past.len(), MIN_DAYS);
    }
    let past = &past[past.len().saturating_sub(56)..];
    let limit = rule.effect_warning.max(usual_limit(past, rule.sigmas)?);
    let (significant, significance) = measure.significance(&newest);
    let far = effect > limit && significant;
    Some(Ok(Judged { name, newest, effect, limit, days: past.len(), significance, far }))
}

/// Median + k robust standard deviations of past distances; k grows for a short history.
fn usual_limit(past: &[f64], sigmas: f64) -> Option<f64> {
    let centre = median(past)?;
    let residuals: Vec<f64> = past.iter().map(|v| v - centre).collect();
    Some(centre + sigmas * short_history(past.len()) * robust_sd(&residuals)?)
}

fn history(measure: Measure, distances: &[Distance], judged: &Judged) -> Vec<Sample> {
    let day = judged.newest.day;
    let mut told: Vec<Sample> = distances
        .iter()
        .filter(|d| d.day <= day)
        .filter_map(|d| {
            let band = (d.day == day).then_some((0.0, judged.limit));
            Some(Sample { at: d.day.and_time(NaiveTime::MIN).and_utc(), value: measure.effect(d)?, band })
        })
        .collect();
    told.drain(..told.len().saturating_sub(Evidence::LONGEST));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(n)
    }

    fn calm(n: u64, wasserstein: f64) -> Distance {
        Distance {
            day: day(n),
            rows: 1_000,
            reference_rows: 20_000,
            wasserstein: Some(wasserstein),
            ks: Some(0.02),
            psi: Some(0.01),
            js: Some(0.01),
            chi2_p: Some(0.4),
        }
    }

    /// Twenty days whose distances are near 0.03, and the day after.
    fn days(newest: Distance) -> Vec<Distance> {
        (0..20).map(|n| calm(n, 0.03 + 0.001 * (n % 5) as f64)).chain([newest]).collect()
    }

    fn verdict(validation: &[Distance], trailing: &[Distance], object: &str) -> Verdict {
        let look = Look { validation, trailing, alerted: &|_, _| false, since: None };
        let of = |v: &Verdict| v.about().1 == object;
        judge(&look, &ResultsRule::default()).into_iter().find(of).unwrap()
    }

    fn far(wasserstein: f64, ks: f64) -> Distance {
        Distance { ks: Some(ks), ..calm(20, wasserstein) }
    }

    #[test]
    fn it_takes_an_effect_and_significance_and_both_references() {
        let predictions =
            |validation: Distance, trailing: Distance| verdict(&days(validation), &days(trailing), "predictions");
        let fine = |v: Verdict| assert!(matches!(v, Verdict::Fine { .. }), "{v:?}");
        fine(predictions(far(0.09, 0.2), far(0.09, 0.2)));
        fine(predictions(far(0.18, 0.03), far(0.18, 0.03)));
        fine(predictions(far(0.18, 0.2), calm(20, 0.03)));
        fine(predictions(calm(20, 0.03), far(0.18, 0.2)));
        let severity = |v: Verdict| if let Verdict::Bad(finding) = v { finding.severity } else { panic!("{v:?}") };
        assert_eq!(severity(predictions(far(0.18, 0.2), far(0.18, 0.2))), Severity::Warning);
        assert_eq!(severity(predictions(far(0.4, 0.2), far(0.4, 0.2))), Severity::Critical);
        assert_eq!(
            severity(verdict(&[], &days(far(0.4, 0.2)), "predictions")),
            Severity::Critical,
            "only one is there"
        );
        let index = Distance { psi: Some(0.3), ..far(0.18, 0.01) };
        assert_eq!(severity(predictions(index, index)), Severity::Warning);
    }

    #[test]
    fn classes_are_judged_by_their_own_distance() {
        let classes = |js: f64, p: f64| {
            let newest = Distance { js: Some(js), chi2_p: Some(p), ..calm(20, 0.03) };
            verdict(&days(newest), &days(newest), "predicted classes")
        };
        assert!(matches!(classes(0.15, 0.01), Verdict::Fine { .. }));
        assert!(matches!(classes(0.09, 1e-9), Verdict::Fine { .. }));
        assert!(matches!(classes(0.15, 1e-9), Verdict::Bad(Finding { severity: Severity::Warning, .. })));
        assert!(matches!(classes(0.21, 1e-9), Verdict::Bad(Finding { severity: Severity::Critical, .. })));
    }

    #[test]
    fn where_days_differ_by_their_nature_the_limit_is_theirs() {
        let stormy: Vec<Distance> = (0..20).map(|n| far(0.2 + 0.1 * (n % 4) as f64, 0.2)).collect();
        let stormy: Vec<Distance> = stormy.into_iter().zip(0..).map(|(d, n)| Distance { day: day(n), ..d }).collect();
        let with = |w: f64| [stormy.clone(), vec![far(w, 0.3)]].concat();
        assert!(matches!(verdict(&with(0.6), &with(0.6), "predictions"), Verdict::Fine { .. }));
        assert!(matches!(verdict(&with(2.0), &with(2.0), "predictions"), Verdict::Bad(_)));
    }

    #[test]
    fn too_little_is_never_fine() {
        let few = Distance { rows: 150, ..far(0.5, 0.4) };
        let v = verdict(&days(few), &days(few), "predictions");
        assert!(matches!(v, Verdict::Learning { have: 150, need: 500, .. }), "{v:?}");
        let v = verdict(&[], &days(far(0.5, 0.4))[8..], "predictions");
        assert!(matches!(v, Verdict::Learning { have: 12, need: 14, .. }), "{v:?}");
        let v = verdict(&[], &days(far(0.1, 0.1)), "predictions against validation");
        assert!(matches!(v, Verdict::CannotCheck { .. }), "{v:?}");
        assert!(
            judge(
                &Look { validation: &[], trailing: &[], alerted: &|_, _| false, since: None },
                &ResultsRule::default()
            )
            .is_empty()
        );
    }

    #[test]
    fn a_finding_shows_its_history_its_band_and_its_significance() {
        let Verdict::Bad(finding) = verdict(&days(far(0.4, 0.2)), &days(far(0.3, 0.1)), "predictions") else {
            panic!("silent")
        };
        assert_eq!(
            finding.message,
            "predictions of 2024-01-21 are far from the past: 0.30 standard deviations from like days (usual up to \
             0.10), 0.40 standard deviations from the model's validation (usual up to 0.10)"
        );
        assert_eq!((finding.observed, finding.expected), (Some(0.3), Some((0.0, 0.1))));
        let last = finding.evidence.history.last().unwrap();
        assert_eq!((finding.evidence.history.len(), last.value, last.band), (21, 0.3, Some((0.0, 0.1))));
        assert_eq!(
            finding.evidence.lines,
            [
                "against like days: 1,000 predictions with 20,000; KS D 0.100 (chance reaches 0.063), PSI 0.01 (floor \
                 0.20)",
                "against the model's validation: 1,000 predictions with 20,000; KS D 0.200 (chance reaches 0.063), PSI \
                 0.01 (floor 0.20)"
            ]
        );
    }

    #[test]
    fn what_an_operator_called_normal_is_learned_anew() {
        let distances = days(far(0.3, 0.2));
        let look = |since| Look { validation: &[], trailing: &distances, alerted: &|_, _| false, since };
        let first = |since| judge(&look(since), &ResultsRule::default()).remove(0);
        assert!(matches!(first(None), Verdict::Bad(_)));
        assert!(matches!(first(Some(day(15))), Verdict::Learning { have: 5, need: 14, .. }));
    }
}
