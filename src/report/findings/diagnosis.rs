//! Findings from the diagnosis: where the model fails, and whether it says too much.

use super::{FindingNote, note};
use crate::domain::alert::Severity;
use crate::domain::format::figure;
use crate::domain::story::Story;

/// A segment is worth a word from this many times the loss of all rows and this share of the whole loss on.
const SEGMENT: (f64, f64) = (1.5, 0.05);
/// It is worth a warning from this share on.
const GRAVE: f64 = 0.15;

/// The segment where the loss is worst.
pub fn segment(story: &Story) -> Option<FindingNote> {
    let (version, of) = story.diagnosis.as_ref()?;
    let worst = of.segments.first().filter(|one| one.loss >= SEGMENT.0 * one.overall && one.share >= SEGMENT.1)?;
    note(
        if worst.share >= GRAVE { Severity::Warning } else { Severity::Info },
        format!("Version {version} is worst where {}", worst.what),
        format!(
            "{} The mean {} is {} there, {} over all rows.",
            of.tell(worst),
            of.loss_name(),
            figure(worst.loss),
            figure(worst.overall)
        ),
        "Look at these rows: a column that tells them apart from the others, or more history of them, is where a better \
         model is most likely to be found.",
    )
}

/// Predictions too far from the mean, or too close to it.
pub fn confidence(story: &Story) -> Option<FindingNote> {
    let (version, of) = story.diagnosis.as_ref()?;
    let over = of.slope()?.over_confident()?;
    let (word, action) = if over {
        (
            "over-confident",
            "Do not take its highest and lowest predictions at their word. Fewer rounds, a stronger penalty or more \
             history pull them towards the mean.",
        )
    } else {
        (
            "under-confident",
            "Its highest and lowest predictions are too careful: the differences are larger than it says. More rounds \
             or a weaker penalty let it follow them.",
        )
    };
    note(Severity::Info, format!("Version {version} is {word}"), format!("It is {}", of.confidence()?), action)
}
