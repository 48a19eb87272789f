//! Findings about the run itself.

use super::{FindingNote, note};
use crate::domain::alert::Severity;
use crate::domain::format::{duration, ratio, share};
use crate::domain::run::StageState;
use crate::domain::story::{Story, StoryStage};

/// A stage is slow beyond this factor of its usual time, if it also costs so many seconds.
const SLOW: (f64, f64) = (1.5, 5.0);
/// A run shorter than this (in seconds) needs no advice on where its time goes.
const LONG_RUN: f64 = 60.0;

/// Stages that failed.
pub fn failed_stages(story: &Story) -> Option<FindingNote> {
    let failed: Vec<&StoryStage> = story.stages.iter().filter(|s| s.state == StageState::Failed.name()).collect();
    let first = failed.first()?;
    let names: Vec<&str> = failed.iter().map(|s| s.name.as_str()).collect();
    note(
        Severity::Critical,
        format!("The {} stage failed", names.join(" and ")),
        if first.summary.is_empty() { "It left no message.".to_owned() } else { first.summary.clone() },
        format!("Open run {} in the console, read the log of {}, and rerun from there.", story.run, first.name),
    )
}

/// The stage that took longest beyond its usual time.
pub fn slow_stages(story: &Story) -> Option<FindingNote> {
    let excess = |s: &StoryStage| Some((s.seconds?, s.usual_seconds.filter(|u| *u > 0.0)?));
    let (stage, (took, usual)) = story
        .stages
        .iter()
        .filter_map(|s| Some((s, excess(s)?)))
        .filter(|(_, (took, usual))| *took > SLOW.0 * usual && took - usual > SLOW.1)
        .max_by(|a, b| (a.1.0 - a.1.1).total_cmp(&(b.1.0 - b.1.1)))?;
    note(
        Severity::Warning,
        format!("The {} stage was slower than usual", stage.name),
        format!("It took {}, {} its usual {}.", duration(took), ratio(took / usual), duration(usual)),
        "If the batch was larger than usual this is expected; if not, look at what else ran on the machine, and at the \
         stage's memory.",
    )
}

/// Where a long run spends its time.
pub fn dominant_stage(story: &Story) -> Option<FindingNote> {
    let total: f64 = story.stages.iter().filter_map(|s| s.seconds).sum();
    let (name, longest) = story
        .stages
        .iter()
        .filter_map(|s| Some((&s.name, s.seconds?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, longest)| total > LONG_RUN && *longest > 0.6 * total)?;
    note(
        Severity::Info,
        format!("The {name} stage takes most of the run"),
        format!("{} of {}, {} of the whole.", duration(longest), duration(total), share(longest / total)),
        "This is the stage to make faster: a shorter training window, fewer rounds, or less often.",
    )
}
