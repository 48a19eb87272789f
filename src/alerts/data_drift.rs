//! The rows predicted differ from those the model was trained on.
//!
//! Feature by feature the score stage says how far a run's rows lie from the training rows, what chunks of these of the
//! same size stay below, and how probable that is; here it is decided. A feature moved when it is beyond its limit by an
//! effect that matters and is a discovery among all features (Benjamini and Hochberg 1995); it is at fault when it did
//! so in two of the last three runs. A single run is watched. What moved is weighed by what the model makes of it: rows
//! that differ say nothing of the model's quality, which is why even much is a warning and little is information.
//!
//! All features at once are told apart by a small model; its AUC is far when even the lower end of its interval is beyond
//! what the AUC of past runs was, in as many runs.

use std::collections::BTreeMap;

use super::results_drift::daily::short_history;
use crate::config::DataDriftRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::drift::{Input, Look, discovery_limit};
use crate::domain::format;
use crate::domain::quantile::{median, robust_sd};

/// What is said of the features one by one.
pub const FEATURES: &str = "features";
/// What is said of all of them together.
pub const TOGETHER: &str = "all features at once";
/// Robust standard deviations beyond past AUCs.
const SIGMAS: f64 = 3.0;
/// Past runs that a usual AUC needs.
const MIN_RUNS: usize = 7;
/// Past runs looked back at for it.
const WINDOW: usize = 28;

/// The features that moved in a run, with their limits. Of one that an operator called normal as far away as `normal`
/// says, that is the limit.
fn moved<'a>(look: &'a Look, rule: &DataDriftRule, normal: &BTreeMap<String, f64>) -> Vec<(&'a Input, f64)> {
    let p: Vec<f64> = look.features.iter().map(|feature| feature.p).collect();
    let Some(most) = discovery_limit(&p, rule.discoveries) else { return Vec::new() };
    let limit = |f: &Input| f.limit.max(rule.effect).max(normal.get(&f.name).copied().unwrap_or(0.0));
    let with_limits = look.features.iter().map(|feature| (feature, limit(feature)));
    with_limits.filter(|(feature, limit)| feature.psi > *limit && feature.p <= most).collect()
}

/// Judges the newest of `runs`, oldest first. `normal` has the index of features that an operator called normal.
pub fn judge(runs: &[Look], normal: &BTreeMap<String, f64>, rule: &DataDriftRule) -> Vec<Verdict> {
    let Some(newest) = runs.last() else { return Vec::new() };
    let learning = |object: &str, have: usize, need: usize| Verdict::Learning {
        kind: AlertKind::DataDrift,
        object: object.to_owned(),
        have,
        need,
    };
    if newest.rows < rule.min_rows {
        let (have, need) = (newest.rows as usize, rule.min_rows as usize);
        return vec![learning(FEATURES, have, need), learning(TOGETHER, have, need)];
    }
    let enough: Vec<&Look> = runs.iter().filter(|run| run.rows >= rule.min_rows).collect();
    let last = &enough[enough.len().saturating_sub(rule.of)..];
    let mut verdicts = Vec::new();
    verdicts.push(match last.len() < rule.runs {
        true => learning(FEATURES, last.len(), rule.runs),
        false => features(newest, last, &enough, normal, rule),
    });
    let past: Vec<f64> = enough[..enough.len() - 1].iter().filter_map(|run| run.auc).map(|(auc, _)| auc).collect();
    verdicts.extend(newest.auc.map(|auc| match past.len() < MIN_RUNS {
        true => learning(TOGETHER, past.len(), MIN_RUNS),
        false => together(auc, last, &enough, &past[past.len().saturating_sub(WINDOW)..], rule),
    }));
    verdicts
}

fn features(
    newest: &Look,
    last: &[&Look],
    enough: &[&Look],
    normal: &BTreeMap<String, f64>,
    rule: &DataDriftRule,
) -> Verdict {
    let times = |name: &str| {
        last.iter().filter(|run| moved(run, rule, normal).iter().any(|(feature, _)| feature.name == name)).count()
    };
    let (mut lasting, watched): (Vec<_>, Vec<_>) =
        moved(newest, rule, normal).into_iter().partition(|(f, _)| times(&f.name) >= rule.runs);
    lasting.sort_by(|(a, of_a), (b, of_b)| {
        (b.importance * b.psi / of_b).total_cmp(&(a.importance * a.psi / of_a)).then_with(|| a.name.cmp(&b.name))
    });
    let Some((worst, limit)) = lasting.first() else {
        let names: Vec<&str> = watched.iter().map(|(feature, _)| feature.name.as_str()).collect();
        let reason = match names.as_slice() {
            [] => format!("{} are as the training rows are", format::counted(newest.features.len() as u64, "feature")),
            names => format!("watched: {} moved in this run and not before", names.join(", ")),
        };
        return Verdict::Fine { kind: AlertKind::DataDrift, object: FEATURES.to_owned(), reason };
    };
    let weight: f64 = lasting.iter().map(|(feature, _)| feature.importance).sum();
    let names: Vec<String> = lasting.iter().take(Evidence::MOST).map(|(feature, _)| feature.name.clone()).collect();
    let others = match lasting.len() {
        1 => String::new(),
        n => format!(" and {} more moved", n - 1),
    };
    let line = |(f, limit): &(&Input, f64)| {
        let (gain, times) = (format::share(f.importance), times(&f.name));
        format!(
            "{}: PSI {:.2}, usual up to {limit:.2}, {gain} of the gain, in {times} of {} runs",
            f.name,
            f.psi,
            last.len()
        )
    };
    let sample = |run: &&Look| {
        let feature = run.features.iter().find(|feature| feature.name == worst.name)?;
        Some(Sample { at: run.at, value: feature.psi, band: Some((0.0, feature.limit.max(rule.effect))) })
    };
    let mut history: Vec<Sample> = enough.iter().filter_map(sample).collect();
    history.drain(..history.len().saturating_sub(Evidence::LONGEST));
    Verdict::Bad(Finding {
        observed: Some(worst.psi),
        expected: Some((0.0, *limit)),
        unit: "input_psi".to_owned(),
        evidence: Evidence {
            history,
            columns: names,
            lines: lasting.iter().take(Evidence::MOST).map(line).collect(),
            ..Evidence::default()
        },
        ..Finding::new(
            AlertKind::DataDrift,
            FEATURES,
            if weight >= rule.important { Severity::Warning } else { Severity::Info },
            format!(
                "{} is far from the training rows: PSI {:.2}, usual up to {limit:.2}{others}; {} of the model's gain is \
                 concerned",
                worst.name,
                worst.psi,
                format::share(weight)
            ),
            &format!(
                "beyond what chunks of the training rows of this size are and at least {}, a discovery at {}, in {} of {} \
                 runs",
                rule.effect,
                format::share(rule.discoveries),
                rule.runs,
                rule.of
            ),
        )
    })
}

fn together((auc, low): (f64, f64), last: &[&Look], enough: &[&Look], past: &[f64], rule: &DataDriftRule) -> Verdict {
    let (kind, object) = (AlertKind::DataDrift, TOGETHER);
    let centre = median(past).unwrap_or(0.5);
    let residuals: Vec<f64> = past.iter().map(|v| v - centre).collect();
    let spread = robust_sd(&residuals).unwrap_or(0.0);
    let limit = rule.auc.max(centre + SIGMAS * short_history(past.len()) * spread).min(1.0);
    let far = last.iter().filter(|run| run.auc.is_some_and(|(_, low)| low > limit)).count();
    if low <= limit || far < rule.runs {
        let reason = format!("a model tells the rows from the training rows with AUC {auc:.2}, usual up to {limit:.2}");
        return Verdict::Fine { kind, object: object.to_owned(), reason };
    }
    let told = &enough[enough.len().saturating_sub(Evidence::LONGEST)..];
    let sample = |run: &&Look| Some(Sample { at: run.at, value: run.auc?.0, band: Some((0.0, limit)) });
    Verdict::Bad(Finding {
        observed: Some(auc),
        expected: Some((0.0, limit)),
        unit: "domain_auc".to_owned(),
        evidence: Evidence { history: told.iter().filter_map(sample).collect(), ..Evidence::default() },
        ..Finding::new(
            kind,
            object,
            Severity::Info,
            format!(
                "a model tells the rows from the training rows with AUC {auc:.2} (at least {low:.2}), usual up to \
                     {limit:.2}"
            ),
            &format!(
                "even the lower end of the interval is beyond {} and beyond {SIGMAS} robust standard deviations of {} \
                 runs before, in {} of {} runs",
                rule.auc,
                past.len(),
                rule.runs,
                rule.of
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, psi: f64, importance: f64) -> Input {
        Input { name: name.to_owned(), psi, limit: 0.2, p: if psi > 0.25 { 1e-6 } else { 0.4 }, importance }
    }

    fn look(run: i64, psi: [f64; 2], auc: f64) -> Look {
        Look {
            run,
            at: chrono::DateTime::UNIX_EPOCH,
            rows: 500,
            features: vec![feature("temp", psi[0], 0.4), feature("dest", psi[1], 0.05)],
            auc: Some((auc, auc - 0.03)),
        }
    }

    fn verdicts(runs: &[([f64; 2], f64)]) -> Vec<Verdict> {
        let looks: Vec<Look> = (1..).zip(runs).map(|(run, (psi, auc))| look(run, *psi, *auc)).collect();
        judge(&looks, &BTreeMap::new(), &DataDriftRule::default())
    }

    fn of_features(psi: &[[f64; 2]]) -> Verdict {
        verdicts(&psi.iter().map(|psi| (*psi, 0.55)).collect::<Vec<_>>()).remove(0)
    }

    const CALM: [f64; 2] = [0.05, 0.1];

    #[test]
    fn a_feature_that_moves_once_is_watched_and_one_that_stays_away_fires() {
        let Verdict::Fine { reason, .. } = of_features(&[CALM, CALM, [0.9, 0.1]]) else { panic!() };
        assert_eq!(reason, "watched: temp moved in this run and not before");
        let Verdict::Bad(finding) = of_features(&[CALM, [0.9, 0.1], CALM, [0.8, 0.1]]) else { panic!() };
        assert_eq!(
            finding.message,
            "temp is far from the training rows: PSI 0.80, usual up to 0.20; 40.0 % of the model's gain is concerned"
        );
        assert_eq!((finding.severity, finding.evidence.columns), (Severity::Warning, vec!["temp".to_owned()]));
        assert_eq!(finding.evidence.history.len(), 4);
        assert!(matches!(of_features(&[[0.9, 0.1], CALM, CALM, [0.8, 0.1]]), Verdict::Fine { .. }), "too long ago");
        assert!(matches!(of_features(&[[0.9, 0.1], [0.9, 0.1], CALM]), Verdict::Fine { .. }), "it is back");
    }

    #[test]
    fn what_the_model_hardly_uses_is_for_information_and_the_weightiest_is_named_first() {
        let severity = |v: Verdict| if let Verdict::Bad(finding) = v { finding.severity } else { panic!("{v:?}") };
        assert_eq!(severity(of_features(&[[0.0, 0.9], [0.0, 0.9]])), Severity::Info);
        let Verdict::Bad(finding) = of_features(&[[0.3, 0.9], [0.3, 0.9]]) else { panic!() };
        assert_eq!(finding.evidence.columns, ["temp", "dest"], "0.4 x 1.5 weighs more than 0.05 x 4.5");
        assert!(finding.message.contains("and 1 more moved"), "{}", finding.message);
    }

    #[test]
    fn an_effect_that_chance_explains_or_that_is_no_effect_is_fine() {
        let fine = |change: fn(&mut Input)| {
            let mut looks = [look(1, [0.9, 0.1], 0.5), look(2, [0.9, 0.1], 0.5)];
            looks.iter_mut().for_each(|look| change(&mut look.features[0]));
            let verdict = judge(&looks, &BTreeMap::new(), &DataDriftRule::default()).remove(0);
            assert!(matches!(verdict, Verdict::Fine { .. }), "{verdict:?}");
        };
        fine(|feature| feature.p = 0.02);
        fine(|feature| feature.limit = 1.0);
        fine(|feature| (feature.psi, feature.limit) = (0.09, 0.01));
    }

    #[test]
    fn what_was_called_normal_is_the_limit_from_then_on() {
        let looks = [look(1, [0.9, 0.1], 0.5), look(2, [0.9, 0.1], 0.5)];
        let normal = BTreeMap::from([("temp".to_owned(), 0.95)]);
        let of = |looks: &[Look]| judge(looks, &normal, &DataDriftRule::default()).remove(0);
        assert!(matches!(of(&looks), Verdict::Fine { .. }));
        assert!(matches!(of(&[look(1, [2.0, 0.1], 0.5), look(2, [2.0, 0.1], 0.5)]), Verdict::Bad(_)));
    }

    #[test]
    fn all_at_once_are_far_when_they_are_farther_than_runs_usually_are() {
        let usual = |n: usize| (0..n).map(|n| (CALM, 0.70 + 0.01 * (n % 3) as f64)).collect::<Vec<_>>();
        let with = |n: usize, auc: &[f64]| {
            let runs = [usual(n), auc.iter().map(|auc| (CALM, *auc)).collect()].concat();
            verdicts(&runs).remove(1)
        };
        assert!(matches!(with(3, &[0.9]), Verdict::Learning { have: 3, need: 7, .. }));
        assert!(matches!(with(20, &[0.95]), Verdict::Fine { .. }), "once is watched");
        assert!(matches!(with(20, &[0.72, 0.73]), Verdict::Fine { .. }), "above 0.65, as usual here");
        let Verdict::Bad(finding) = with(20, &[0.95, 0.95]) else { panic!() };
        assert_eq!((finding.object.as_str(), finding.severity), (TOGETHER, Severity::Info));
    }

    #[test]
    fn few_rows_and_a_first_run_say_nothing() {
        let few = Look { rows: 60, ..look(2, [0.9, 0.1], 0.9) };
        let of = judge(&[look(1, CALM, 0.5), few], &BTreeMap::new(), &DataDriftRule::default());
        assert!(of.iter().all(|v| matches!(v, Verdict::Learning { have: 60, need: 100, .. })), "{of:?}");
        assert!(matches!(of_features(&[[0.9, 0.1]]), Verdict::Learning { have: 1, need: 2, .. }));
        assert!(judge(&[], &BTreeMap::new(), &DataDriftRule::default()).is_empty());
    }
}
