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
