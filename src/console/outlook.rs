//! How far a run is and how long it will still take, from what its stages say and what they usually took.

use std::collections::{BTreeMap, HashMap};

use super::load::overview::RunCard;
use super::state::Live;
use crate::domain::Instant;
use crate::domain::run::{RunState, StageState};
use crate::store::stages::StageRow;

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outlook {
    /// Share done, 0 to 1.
    pub share: f64,
    /// Seconds left, when there is something to tell it from.
    pub left: Option<f64>,
}

/// Of one stage under way: how much is done by its own word when it knows its total, by past runs otherwise; what is
/// left by whichever says less (a fit that usually stops long before its last round is not said to take all of them),
/// and by its own pace alone once it takes longer than usual. A stage that takes longer than usual stays just short of
/// done.
pub fn stage(stage: &StageRow, live: Option<&Live>, usual: Option<f64>, now: Instant) -> Option<Outlook> {
    let elapsed = stage.seconds(now)?;
    let told = live.and_then(|live| {
        let total = live.progress.total.filter(|total| *total > 0)?;
        Some((live.progress.done as f64 / total as f64).min(1.0))
    });
    let usual = usual.filter(|seconds| *seconds > 0.0);
    let past = usual.map(|usual| (usual - elapsed).max(0.0));
    let Some(share) = told else {
        return Some(Outlook { share: (elapsed / usual?).min(0.99), left: past });
    };
    // The first per cent says little about the rest.
    let own = (share > 0.01).then(|| elapsed * (1.0 - share) / share);
    let left = match (own, past) {
        (Some(own), Some(past)) if past > 0.0 => Some(own.min(past)),
        (own, past) => own.or(past),
    };
    Some(Outlook { share, left })
}

/// Of a whole run: every stage weighs what it usually takes; without a past all weigh the same and nothing is said of
/// the time left.
pub fn run(
    card: &RunCard,
    live: &HashMap<(i64, String), Live>,
    usual: &BTreeMap<String, f64>,
    now: Instant,
) -> Option<Outlook> {
    if card.run.state != RunState::Running || card.stages.is_empty() {
        return None;
    }
    let known = card.stages.iter().all(|stage| usual.contains_key(&stage.name));
    let (mut whole, mut done, mut left) = (0.0, 0.0, Some(0.0));
    for row in &card.stages {
        let past = usual.get(&row.name).copied();
        let weight = if known { past.unwrap_or(1.0).max(0.01) } else { 1.0 };
        whole += weight;
        if row.state.is_final() {
            done += weight;
            continue;
        }
        let said = live.get(&(row.run, row.name.clone()));
        let running = matches!(row.state, StageState::Running);
        let outlook = running.then(|| stage(row, said, past, now)).flatten();
        done += weight * outlook.map_or(0.0, |outlook| outlook.share);
        let more = if running { outlook.and_then(|outlook| outlook.left) } else { past };
        left = left.zip(more).map(|(sum, more)| sum + more);
    }
    Some(Outlook { share: done / whole, left })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::tests::fixture;

    #[test]
    fn a_run_is_as_far_as_its_stages_weighed_by_what_they_usually_take() {
        let card = fixture::overview().pipelines[0].clone();
        let live = HashMap::from([((128, "train".to_owned()), fixture::live(340, 1_000))]);
        let outlook = run(card.run.as_ref().unwrap(), &live, &card.usual, fixture::now()).unwrap();
        assert!(outlook.share > 0.2 && outlook.share < 0.6, "{outlook:?}");
        assert!(outlook.left.unwrap() > 5.0);
    }

    #[test]
    fn a_fit_that_usually_stops_early_is_not_said_to_take_all_its_rounds() {
        let card = fixture::overview().pipelines[0].clone();
        let row = card.run.unwrap().stages.into_iter().find(|row| row.name == "train").unwrap();
        let now = row.started.unwrap() + chrono::Duration::milliseconds(500);
        let fits = fixture::live(5, 300);
        let left = |usual| stage(&row, Some(&fits), usual, now).unwrap().left.unwrap();
        assert!((left(Some(0.7)) - 0.2).abs() < 1e-9, "{}", left(Some(0.7)));
        // Longer than usual: only its own pace says something.
        assert!((left(Some(0.4)) - 29.5).abs() < 1e-9);
        assert!((left(None) - 29.5).abs() < 1e-9);
    }

    #[test]
    fn without_a_past_nothing_is_said_of_the_time_left() {
        let card = fixture::overview().pipelines[0].clone();
        let outlook = run(card.run.as_ref().unwrap(), &HashMap::new(), &BTreeMap::new(), fixture::now()).unwrap();
        assert_eq!(outlook.left, None);
        assert!((outlook.share - 2.0 / 5.0).abs() < 1e-9, "{outlook:?}");
    }
}
