//! Whether the bounds given with predictions hold what they promise.

use super::choose::Faced;
use crate::domain::format::figure;
use crate::domain::model::{Check, Decision, Verdict};
use crate::learn::interval::Margin;
use crate::learn::judge::compare;

/// So many times as many outcomes as were asked for may lie outside of the bounds.
const OUTSIDE: f64 = 2.0;

/// Share of the outcomes `truth`, whose event times are `time` (ascending), outside of their `bounds`, at the lower end of
/// its interval of 95 %, days counting as one (see [`compare`]). `None` of fewer than two rows.
pub(super) fn outside(time: &[i64], truth: &[f64], bounds: &[(f64, f64)], seed: u64) -> Option<f64> {
    let missed = |(y, (low, high)): (&f64, &(f64, f64))| f64::from(u8::from(y < low || high < y));
    let missed: Vec<f64> = truth.iter().zip(bounds).map(missed).collect();
    Some(compare(time, &missed, &vec![0.0; missed.len()], seed)?.low)
}

/// The decision with what bounds of this `margin` do on the holdout, of whose outcomes the share `covered` lies between
/// them, at a mean `width`, and surely so much `outside`. A challenger whose bounds surely miss more than twice as many as
/// they may does not take the place of a champion that misses fewer; a first version is only told so.
pub(super) fn bounded(
    mut decision: Decision,
    Margin { level, margin, rows }: Margin,
    (covered, width): (f64, f64),
    outside: Option<f64>,
    champion: Option<&Faced>,
) -> Decision {
    let theirs = champion.and_then(|faced| match faced {
        Faced::Judged { covered, .. } => *covered,
        Faced::Other(_) => None,
    });
    let held = outside.is_none_or(|outside| outside <= OUTSIDE * (1.0 - level));
    let passed = held || theirs.is_some_and(|theirs| theirs <= covered);
    let detail = format!(
        "{:.1} % of the outcomes lie between them, asked {:.0} %; mean width {}, moved by {} after {rows} rows",
        100.0 * covered,
        100.0 * level,
        figure(width),
        figure(margin)
    );
    let name = "bounds of the predictions".to_owned();
    if !passed && decision.verdict == Verdict::Promoted && matches!(champion, Some(Faced::Judged { .. })) {
        decision.verdict = Verdict::Kept;
        decision.reason = format!("it fails {name:?}: {detail}");
    }
    decision.checks.push(Check { name, passed, detail });
    decision
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::frame::DAY;
    use crate::learn::judge::Judgement;
    use crate::learn::promote::Rival;

    fn promoted() -> Decision {
        Decision { verdict: Verdict::Promoted, reason: "not worse".to_owned(), checks: Vec::new() }
    }

    fn champion(covered: Option<f64>) -> Faced {
        let judgement = Judgement { losses: Vec::new(), loss: None, figures: Vec::new() };
        Faced::Judged { version: 3, recipe: String::new(), rows: 0..0, judgement, slope: None, covered }
    }

    /// The decision on a challenger of 90 % whose bounds hold 75 %, surely so many outside.
    fn beside(outside: f64, champion: Option<&Faced>) -> Decision {
        let margin = Margin { level: 0.9, margin: 0.5, rows: 300 };
        bounded(promoted(), margin, (0.75, 2.0), Some(outside), champion)
    }

    #[test]
    fn bounds_that_surely_miss_twice_as_many_as_they_may_keep_a_champion_that_misses_fewer() {
        let decision = beside(0.21, Some(&champion(Some(0.88))));
        assert_eq!(decision.verdict, Verdict::Kept);
        let said = "it fails \"bounds of the predictions\": 75.0 % of the outcomes lie between them, asked 90 %; \
                    mean width 2.00, moved by 0.500 after 300 rows";
        assert_eq!(decision.reason, said);
        assert!(decision.checks.iter().all(|check| !check.passed) && decision.checks.len() == 1);
        assert_eq!(beside(0.21, Some(&champion(None))).verdict, Verdict::Kept, "one without bounds misses none");
        // Not surely, or the champion does no better.
        for (outside, covered) in [(0.19, 0.88), (0.21, 0.70)] {
            let decision = beside(outside, Some(&champion(Some(covered))));
            assert!(decision.verdict == Verdict::Promoted && decision.checks[0].passed, "{outside} {covered}");
        }
    }

    #[test]
    fn a_first_version_and_one_that_takes_over_from_an_unfit_champion_are_only_told() {
        let unfit = Faced::Other(Rival::Unfit { version: 3, reason: "a column is gone".to_owned() });
        for champion in [None, Some(&unfit)] {
            let decision = beside(0.3, champion);
            assert!(decision.verdict == Verdict::Promoted && !decision.checks[0].passed);
        }
    }

    #[test]
    fn a_bad_day_leaves_more_room_than_its_rows_spread_out() {
        let time: Vec<i64> = (0..1_000).map(|row| row / 50 * DAY + row % 50).collect();
        let bounds = vec![(0.0, 1.0); 1_000];
        let outside = |missed: &dyn Fn(usize) -> bool| {
            let truth: Vec<f64> = (0..1_000).map(|row| if missed(row) { 2.0 } else { 0.5 }).collect();
            super::outside(&time, &truth, &bounds, 7).unwrap()
        };
        // A quarter of the rows in both cases.
        let (spread, days) = (outside(&|row| row % 4 == 0), outside(&|row| row / 50 % 4 == 0));
        assert!((0.24..=0.25).contains(&spread), "{spread}");
        assert!(days < 0.15, "{days}");
        assert_eq!(super::outside(&[0], &[1.0], &[(0.0, 1.0)], 7), None);
    }
}
