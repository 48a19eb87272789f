//! The rule by which a challenger replaces the champion.
//!
//! The same recipe on newer data must be *not worse*: the upper end of the confidence interval of its relative loss
//! increase stays within the tolerance. Another recipe must be *better*: the interval excludes zero. Either must beat
//! the baseline, be judged on enough rows, be surely worse in no segment, and (classes) be as sure of itself as it should
//! be. Without a champion, beating the baseline on enough rows is enough; calibration is then looked at and said.

use super::judge::Difference;
use super::segments::{LEAST_ROWS, Worse};
use super::slope::Slope;
use crate::domain::format::{count, counted};
use crate::domain::model::{Check, Decision, Verdict};
use crate::domain::plan::{PromotionPlan, Task};

/// A challenger must not be worse than the champion by more than this share of its loss in any segment.
const SEGMENT: f64 = 0.1;

/// Calibration slopes that are sane.
const SLOPES: (f64, f64) = (0.8, 1.25);

/// What is known about a challenger when it is decided on.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// What is predicted.
    pub task: Task,
    /// What its loss is called.
    pub loss_name: &'a str,
    /// The rule's numbers.
    pub plan: &'a PromotionPlan,
    /// Who challenges: `boosting`, say.
    pub algorithm: &'a str,
    /// Holdout rows.
    pub rows: u64,
    /// Those of the positive class (binary), of the second most frequent (several classes).
    pub positives: u64,
    /// Why the rows themselves tell nothing, if they do not.
    pub ailment: Option<&'a str>,
    /// The challenger's mean loss on the holdout; `None` without one.
    pub loss: Option<f64>,
    /// The baseline's.
    pub baseline: Option<f64>,
    /// How the challenger's log-odds follow the outcomes on the holdout (classes), where that can be said.
    pub slope: Option<Slope>,
    /// Who serves.
    pub champion: Option<Rival>,
}

/// The champion in the contest.
#[derive(Debug, Clone, PartialEq)]
pub enum Rival {
    /// Its judged twin was scored on holdout rows it has not seen.
    Judged {
        /// Its version.
        version: i64,
        /// Whether the challenger is the same recipe on newer data.
        same_recipe: bool,
        /// Its mean loss on the rows compared.
        loss: f64,
        /// Challenger's loss minus its loss.
        difference: Difference,
        /// The segment in which the challenger is worst against it, if it is surely worse in any.
        worst: Option<Worse>,
        /// Its own calibration slope on the rows compared.
        slope: Option<Slope>,
    },
    /// Its judged twin has seen the holdout (or all but one row of it).
    Unjudged {
        /// Its version.
        version: i64,
    },
    /// It cannot score today's history at all, so it cannot go on serving.
    Unfit {
        /// Its version.
        version: i64,
        /// Why.
        reason: String,
    },
}

/// Decides on one challenger.
pub fn decide(case: &Case) -> Decision {
    let mut checks = vec![enough_rows(case)];
    checks.extend(enough_of_each_class(case));
    checks.extend(case.ailment.map(says_nothing));
    if let Some(short) = checks.iter().find(|check| !check.passed) {
        let reason = format!("too little to judge on: {}", short.detail);
        return decision(Verdict::Provisional, reason, checks);
    }
    if case.algorithm != "baseline" {
        let check = better_than_baseline(case);
        let (passed, detail) = (check.passed, check.detail.clone());
        checks.push(check);
        if !passed {
            return decision(
                Verdict::Kept,
                format!("{} is not better than the baseline: {detail}", case.algorithm),
                checks,
            );
        }
    }
    against_champion(case, checks)
}

fn against_champion(case: &Case, mut checks: Vec<Check>) -> Decision {
    match &case.champion {
        None => {
            let reason = match case.algorithm {
                "baseline" => "first version: nothing was better than the baseline, which serves".to_owned(),
                algorithm => format!("first version: {algorithm} is better than the baseline"),
            };
            checks.extend(case.slope.filter(|_| case.algorithm != "baseline").map(|ours| calibrated(&ours, None)));
            decision(Verdict::Promoted, reason, checks)
        }
        Some(Rival::Unfit { version, reason }) => {
            checks.push(Check {
                name: "champion can score".to_owned(),
                passed: false,
                detail: format!("version {version}: {reason}"),
            });
            decision(Verdict::Promoted, format!("version {version} can no longer score: {reason}"), checks)
        }
        Some(Rival::Unjudged { version }) => {
            let detail = format!("version {version} was trained on the holdout's rows");
            let reason = format!("no rows that neither side has seen: {detail}");
            checks.push(Check { name: "rows that neither side has seen".to_owned(), passed: false, detail });
            decision(Verdict::Provisional, reason, checks)
        }
        Some(Rival::Judged { version, same_recipe, loss, difference, worst, slope }) => {
            let check = match same_recipe {
                true => not_worse(case, *version, *loss, difference),
                false => better(case, *version, *loss, difference),
            };
            let said = match (check.passed, same_recipe) {
                (true, _) => check.name.clone(),
                (false, true) => format!("it may be worse than version {version}"),
                (false, false) => format!("not better than version {version}"),
            };
            let mut reason = format!("{said}: {}", check.detail);
            let mut verdict = if check.passed { Verdict::Promoted } else { Verdict::Kept };
            let further = std::iter::once(worse_nowhere(worst.as_ref()))
                .chain(case.slope.map(|ours| calibrated(&ours, slope.as_ref())));
            checks.push(check);
            for check in further {
                if verdict == Verdict::Promoted && !check.passed {
                    verdict = Verdict::Kept;
                    reason = format!("it fails {:?}: {}", check.name, check.detail);
                }
                checks.push(check);
            }
            let enough = Check {
                name: "rows that neither side has seen".to_owned(),
                passed: difference.rows as u64 >= case.plan.min_rows,
                detail: format!("{}, at least {}", counted(difference.rows as u64, "row"), count(case.plan.min_rows)),
            };
            if !enough.passed {
                reason = format!("too few rows that neither side has seen: {}", enough.detail);
                verdict = Verdict::Provisional;
            }
            checks.push(enough);
            decision(verdict, reason, checks)
        }
    }
}

fn worse_nowhere(worst: Option<&Worse>) -> Check {
    Check {
        name: "no segment much worse".to_owned(),
        passed: worst.is_none_or(|worst| worst.increase <= SEGMENT),
        detail: match worst {
            None => format!("none of at least {LEAST_ROWS} rows is surely worse"),
            Some(Worse { what, rows, increase }) => {
                let rows = counted(*rows as u64, "row");
                format!("{what}: {:+.1} % on {rows}, limit {:+.0} %", 100.0 * increase, 100.0 * SEGMENT)
            }
        },
    }
}

/// Sane when the interval of the slope reaches into the sane range, or as near to 1 as the champion's lies: a model must not
/// be kept for a fault that its champion has, too.
fn calibrated(ours: &Slope, champion: Option<&Slope>) -> Check {
    let (low, high) = ours.interval();
    let sane = low <= SLOPES.1 && high >= SLOPES.0;
    let end = |slope| Slope { slope, ..*ours }.off();
    let no_further = champion.is_some_and(|theirs| end(low).min(end(high)) < theirs.off());
    let beside = match champion {
        Some(theirs) if !sane => format!(", the champion's is {:.2}", theirs.slope),
        _ => String::new(),
    };
    Check {
        name: "calibration slope is sane".to_owned(),
        passed: sane || no_further,
        detail: format!(
            "{:.2} (95 % {low:.2} to {high:.2}), right is 1, sane {} to {}{beside}",
            ours.slope, SLOPES.0, SLOPES.1
        ),
    }
}

fn enough_rows(case: &Case) -> Check {
    Check {
        name: "enough holdout rows".to_owned(),
        passed: case.rows >= case.plan.min_rows && case.loss.is_some(),
        detail: format!("{}, at least {}", counted(case.rows, "holdout row"), count(case.plan.min_rows)),
    }
}

fn enough_of_each_class(case: &Case) -> Option<Check> {
    let rarer = case.positives.min(case.rows.saturating_sub(case.positives));
    case.task.of_classes().then(|| Check {
        name: "enough of each class".to_owned(),
        passed: rarer >= case.plan.min_per_class,
        detail: format!(
            "{} of the rarer class, at least {}",
            counted(rarer, "holdout row"),
            count(case.plan.min_per_class)
        ),
    })
}

fn says_nothing(ailment: &str) -> Check {
    Check { name: "rows that tell something".to_owned(), passed: false, detail: ailment.to_owned() }
}

fn better_than_baseline(case: &Case) -> Check {
    let (loss, baseline) = (case.loss.unwrap_or(f64::NAN), case.baseline.unwrap_or(f64::NAN));
    Check {
        name: "better than the baseline".to_owned(),
        passed: loss < baseline,
        detail: format!("{} {loss:.4}, the baseline's {baseline:.4}", case.loss_name),
    }
}

fn not_worse(case: &Case, version: i64, loss: f64, difference: &Difference) -> Check {
    Check {
        name: format!("not worse than version {version}"),
        passed: relative(difference.high, loss) <= case.plan.tolerance,
        detail: format!("{}, limit {:+.1} %", describe(case.loss_name, loss, difference), 100.0 * case.plan.tolerance),
    }
}

fn better(case: &Case, version: i64, loss: f64, difference: &Difference) -> Check {
    Check {
        name: format!("better than version {version}"),
        passed: difference.high < 0.0,
        detail: format!("{}; another recipe must stay below 0", describe(case.loss_name, loss, difference)),
    }
}

fn describe(name: &str, loss: f64, difference: &Difference) -> String {
    let percent = |value| 100.0 * relative(value, loss);
    let p = difference.p.map(|p| format!(", p {p:.3}")).unwrap_or_default();
    format!(
        "{} {:+.1} % (95 % {:+.1} to {:+.1}{p})",
        name,
        percent(difference.mean),
        percent(difference.low),
        percent(difference.high)
    )
}

/// A loss difference as a share of the champion's loss; of a champion without loss any increase is infinite.
fn relative(difference: f64, loss: f64) -> f64 {
    match (difference, loss) {
        (0.0, _) => 0.0,
        (d, loss) if loss > 0.0 => d / loss,
        (d, _) => d * f64::INFINITY,
    }
}

fn decision(verdict: Verdict, reason: String, checks: Vec<Check>) -> Decision {
    Decision { verdict, reason, checks }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: PromotionPlan =
        PromotionPlan { tolerance: 0.02, min_rows: 200, min_per_class: 30, rollback_after: None };

    fn case(champion: Option<Rival>) -> Case<'static> {
        Case {
            task: Task::Binary,
            loss_name: "log loss",
            plan: &PLAN,
            algorithm: "boosting",
            rows: 1_000,
            positives: 250,
            ailment: None,
            loss: Some(0.48),
            baseline: Some(0.53),
            slope: Some(Slope { slope: 0.95, intercept: 0.0, error: 0.1 }),
            champion,
        }
    }

    fn rival(same_recipe: bool, mean: f64, low: f64, high: f64) -> Option<Rival> {
        Some(judged(same_recipe, 0.5, Difference { mean, low, high, rows: 1_000, p: Some(0.2) }))
    }

    fn judged(same_recipe: bool, loss: f64, difference: Difference) -> Rival {
        Rival::Judged { version: 7, same_recipe, loss, difference, worst: None, slope: None }
    }

    fn verdict(case: &Case) -> Verdict {
        decide(case).verdict
    }

    #[test]
    fn the_first_version_needs_to_beat_the_baseline_only() {
        assert_eq!(verdict(&case(None)), Verdict::Promoted);
        let no_better = Case { loss: Some(0.53), ..case(None) };
        assert_eq!(verdict(&no_better), Verdict::Kept);
        assert!(decide(&no_better).reason.contains("0.5300"), "{}", decide(&no_better).reason);
        let baseline = Case { algorithm: "baseline", loss: Some(0.53), ..case(None) };
        assert_eq!(verdict(&baseline), Verdict::Promoted);
    }

    #[test]
    fn too_little_data_is_provisional_and_says_how_much_is_missing() {
        let few = Case { rows: 150, ..case(rival(true, -0.01, -0.02, -0.005)) };
        assert_eq!(verdict(&few), Verdict::Provisional);
        assert!(decide(&few).reason.contains("150 holdout rows, at least 200"));
        let rare = Case { positives: 980, ..case(None) };
        assert_eq!(verdict(&rare), Verdict::Provisional);
        assert!(decide(&rare).reason.contains("20 holdout rows of the rarer class"));
        assert_eq!(verdict(&Case { task: Task::Regression, ..rare }), Verdict::Promoted);
    }

    #[test]
    fn the_same_recipe_must_not_be_worse() {
        assert_eq!(verdict(&case(rival(true, 0.002, -0.004, 0.009))), Verdict::Promoted);
        assert_eq!(verdict(&case(rival(true, 0.002, -0.004, 0.011))), Verdict::Kept);
        assert_eq!(verdict(&case(rival(true, 0.0, 0.0, 0.0))), Verdict::Promoted);
    }

    #[test]
    fn another_recipe_must_be_better() {
        assert_eq!(verdict(&case(rival(false, -0.01, -0.02, -0.001))), Verdict::Promoted);
        assert_eq!(verdict(&case(rival(false, -0.01, -0.02, 0.001))), Verdict::Kept);
    }

    #[test]
    fn rows_the_champion_has_seen_judge_nobody() {
        assert_eq!(verdict(&case(Some(Rival::Unjudged { version: 7 }))), Verdict::Provisional);
        let few = judged(true, 0.5, Difference { mean: -0.1, low: -0.2, high: -0.05, rows: 60, p: None });
        assert_eq!(verdict(&case(Some(few))), Verdict::Provisional);
    }

    #[test]
    fn a_champion_that_cannot_score_is_replaced() {
        let decision = decide(&case(Some(Rival::Unfit { version: 7, reason: "column \"x\" is missing".to_owned() })));
        assert_eq!(decision.verdict, Verdict::Promoted);
        assert!(decision.reason.contains("column \"x\" is missing"));
    }

    #[test]
    fn a_champion_without_loss_is_not_replaced_by_one_with_loss() {
        let perfect = judged(true, 0.0, Difference { mean: 0.1, low: 0.05, high: 0.2, rows: 1_000, p: None });
        assert_eq!(verdict(&case(Some(perfect))), Verdict::Kept);
    }

    fn against(worse: Option<Worse>, ours: f64, theirs: f64) -> Case<'static> {
        let difference = Difference { mean: -0.02, low: -0.03, high: -0.01, rows: 1_000, p: Some(0.01) };
        let slope = |slope| Some(Slope { slope, intercept: 0.0, error: 0.05 });
        let rival = judged(false, 0.5, difference);
        let Rival::Judged { version, same_recipe, loss, difference, .. } = rival else { panic!("judged") };
        let rival = Rival::Judged { version, same_recipe, loss, difference, worst: worse, slope: slope(theirs) };
        Case { slope: slope(ours), ..case(Some(rival)) }
    }

    #[test]
    fn a_segment_that_is_much_worse_keeps_the_champion() {
        let worse = |increase| Some(Worse { what: "carrier = EV".to_owned(), rows: 140, increase });
        assert_eq!(verdict(&against(worse(0.09), 1.0, 1.0)), Verdict::Promoted);
        let decision = decide(&against(worse(0.12), 1.0, 1.0));
        assert_eq!(decision.verdict, Verdict::Kept);
        assert!(decision.reason.contains("carrier = EV: +12.0 % on 140 rows"), "{}", decision.reason);
    }

    #[test]
    fn a_challenger_too_sure_of_itself_keeps_the_champion_unless_that_is_worse() {
        assert_eq!(verdict(&against(None, 0.75, 1.0)), Verdict::Promoted, "0.8 is within its interval");
        let decision = decide(&against(None, 0.6, 1.0));
        assert_eq!(decision.verdict, Verdict::Kept);
        assert!(decision.reason.contains("0.60 (95 % 0.50 to 0.70)"), "{}", decision.reason);
        assert_eq!(verdict(&against(None, 1.5, 1.0)), Verdict::Kept);
        assert_eq!(verdict(&against(None, 0.6, 0.5)), Verdict::Promoted);
        assert_eq!(verdict(&against(None, 0.7, 0.72)), Verdict::Promoted, "no surer of itself than the champion is");
        let several = Case { task: Task::Multiclass, ..against(None, 0.6, 1.0) };
        assert_eq!(verdict(&several), Verdict::Kept, "of several classes too");
    }

    #[test]
    fn the_first_version_is_told_its_calibration_and_serves_all_the_same() {
        let sure = decide(&Case { slope: Some(Slope { slope: 0.5, intercept: 0.0, error: 0.01 }), ..case(None) });
        assert_eq!(sure.verdict, Verdict::Promoted);
        assert!(sure.checks.iter().any(|check| check.name.starts_with("calibration") && !check.passed));
    }
}
