//! The figures of the contest.

use std::ops::Range;

use crate::domain::job::TrainJob;
use crate::domain::metric::{Metric, Split};
use crate::learn::contest::Outcome;
use crate::learn::frame::Frame;
use crate::learn::judge::Judgement;
use crate::learn::metrics::skill;

/// Says how challenger, baseline and champion did on the holdout. The champion's rows are those of the holdout that
/// its judged twin has not seen.
pub fn holdout(work: &TrainJob, frame: &Frame, outcome: &Outcome, mut say: impl FnMut(Metric)) {
    let all = outcome.split.holdout.clone();
    let mut who = |who: &str, model: Option<i64>, rows: Range<usize>, judgement: &Judgement| {
        let instant = |row: Option<usize>| {
            row.and_then(|row| frame.time.get(row)).and_then(|&t| chrono::DateTime::from_timestamp_micros(t))
        };
        let skill = judgement.loss.zip(outcome.baseline.loss).and_then(|(loss, baseline)| skill(loss, baseline));
        // Over other rows than the baseline's a skill would compare apples with pears.
        let skill = skill.filter(|_| who != "baseline" && rows == all).map(|value| ("skill", value));
        let rows_figure = (!rows.is_empty()).then_some(("rows", rows.len() as f64));
        for (name, value) in judgement.figures.iter().copied().chain(skill).chain(rows_figure) {
            say(Metric {
                name: name.to_owned(),
                value,
                n: rows.len() as u64,
                split: Split::Holdout,
                who: who.to_owned(),
                model,
                day: None,
                column: None,
                from: instant(rows.clone().next()),
                to: instant(rows.clone().next_back()),
                of_run: None,
            });
        }
    };
    who("challenger", Some(work.version), all.clone(), &outcome.challenger);
    who("baseline", None, all.clone(), &outcome.baseline);
    if let Some((version, rows, judgement)) = &outcome.champion {
        who("champion", Some(*version), rows.clone(), judgement);
    }
}
