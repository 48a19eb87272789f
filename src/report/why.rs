//! The worst predictions of the run, and what made them: worded and drawn.

use super::svg::bar;
use crate::domain::format::figure;
use crate::domain::plan::Task;
use crate::domain::story::Story;
use crate::domain::why::{Adds, Why};

/// Features told of each prediction.
const FEATURES: usize = 6;

/// The section.
pub struct Block {
    /// What is told of them.
    pub sentence: String,
    /// Each prediction, the worst first.
    pub predictions: Vec<Explained>,
}

/// A prediction and what made it.
pub struct Explained {
    /// Which row it is.
    pub row: String,
    /// What was predicted, and what happened.
    pub told: String,
    /// What the parts are measured in.
    pub unit: String,
    /// Feature, value, what it adds, bar, and how that is coloured.
    pub parts: Vec<[String; 5]>,
    /// What has to be known beside.
    pub notes: Vec<String>,
}

/// The section, when the run judged predictions that can be explained.
pub fn block(story: &Story) -> Option<Block> {
    let of_numbers = story.task == Task::Regression;
    let what = if of_numbers { "the predictions that were furthest off" } else { "the surest of the wrong calls" };
    let sentence = format!(
        "Of the predictions whose outcome came with this run, these are {what}, each with what the features of its row \
         added to what a row would get of which nothing is known."
    );
    (!story.worst.is_empty()).then(|| Block { sentence, predictions: story.worst.iter().map(explained).collect() })
}

fn explained(why: &Why) -> Explained {
    let called = why.called.as_deref().map(|name| format!(" for “{name}”")).unwrap_or_default();
    let actual = why.actual.as_deref().unwrap_or("not known");
    let mut notes = why.notes();
    if why.parts.len() > FEATURES {
        let rest: f64 = why.parts[FEATURES..].iter().map(|part| part.adds).sum();
        notes.insert(0, format!("The other {} features together add {}.", why.parts.len() - FEATURES, signed(rest)));
    }
    let most = why.parts.iter().map(|part| part.adds.abs()).fold(f64::MIN_POSITIVE, f64::max);
    Explained {
        row: why.row.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", "),
        told: format!(
            "Version {} predicted {}{called}; {} was {actual}. Base {}; with all features {}.",
            why.version,
            figure(why.published),
            why.target,
            why.level(why.base),
            why.level(why.sum())
        ),
        unit: why.unit(),
        parts: why.parts.iter().take(FEATURES).map(|part| adds(part, most)).collect(),
        notes,
    }
}

fn adds(part: &Adds, most: f64) -> [String; 5] {
    let class = if part.adds < 0.0 { "actual" } else { "predicted" };
    let value = part.value.clone().unwrap_or_else(|| "missing".to_owned());
    [part.feature.clone(), value, signed(part.adds), bar(part.adds.abs() / most, class), class.to_owned()]
}

fn signed(value: f64) -> String {
    format!("{}{}", if value < 0.0 { "−" } else { "+" }, figure(value.abs()))
}
