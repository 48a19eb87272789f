//! Findings about the model: where it falls behind, leans too hard, or is no longer renewed.

use super::{FindingNote, note};
use crate::domain::alert::Severity;
use crate::domain::format::{count, figure, share};
use crate::domain::model::{Leak, ModelCard, Verdict};
use crate::domain::quantile::median;
use crate::domain::story::{Story, StoryModel};
use crate::report::numbers::{MIN_DAYS, WINDOW, difference, headline, judged, last, level, loss};

/// Versions kept in a row that are worth a word, and a warning.
const KEPT: (usize, usize) = (5, 10);
/// The loss must be this much below the baseline's.
const MIN_SKILL: f64 = 0.02;
/// One feature with this share of the gain deserves suspicion.
const ONE_FEATURE: f64 = 0.6;

/// Nobody serves.
pub fn no_champion(story: &Story) -> Option<FindingNote> {
    if story.champion.is_some() || story.challenger.as_ref().is_some_and(|c| c.decision.verdict == Verdict::Promoted) {
        return None;
    }
    let why = story.challenger.as_ref().map_or_else(
        || "No version has been trained yet.".to_owned(),
        |c| format!("Version {} does not serve: {}.", c.version, c.decision.reason.trim_end_matches('.')),
    );
    note(
        Severity::Warning,
        "There is no model to predict with yet",
        why,
        "The first version serves as soon as enough rows with an outcome have landed; drop history into the landing to \
         get there at once.",
    )
}

/// The headline metric of the last week against the weeks before.
pub fn trend(story: &Story) -> Option<FindingNote> {
    let values = last(&story.days, WINDOW + MIN_DAYS, |d| d.headline);
    if values.len() < 3 * MIN_DAYS {
        return None;
    }
    let (before, week) = values.split_at(values.len() - MIN_DAYS);
    let (name, more_is_better) = headline(story.task);
    let (was, is) = (median(before)?, median(week)?);
    let loss_of_skill = if more_is_better { was - is } else { is - was };
    let mean = before.iter().sum::<f64>() / before.len() as f64;
    let variance = before.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (before.len() - 1) as f64;
    // The standard error of a median is about 1.25 times that of a mean.
    let error = 1.25 * variance.sqrt() / (MIN_DAYS as f64).sqrt();
    if loss_of_skill <= 2.0 * error || loss_of_skill < 0.01 * was.abs() {
        return None;
    }
    note(
        if loss_of_skill > 4.0 * error { Severity::Critical } else { Severity::Warning },
        format!("The {name} has been getting worse"),
        format!(
            "Median of the last {MIN_DAYS} judged days {}, of the {} before {} (chance explains about {}).",
            figure(is),
            before.len(),
            figure(was),
            figure(2.0 * error)
        ),
        "Compare what the newest days look like with the days the model was trained on. If the world changed for good, \
         a shorter training window lets the model follow.",
    )
}

/// Predicted against actual level over the last judged days.
pub fn calibration(story: &Story) -> Option<FindingNote> {
    let days: Vec<_> = judged(&story.days).rev().take(WINDOW).collect();
    if days.len() < MIN_DAYS {
        return None;
    }
    let misses: Vec<f64> = days.iter().map(|d| d.predicted.unwrap_or(0.0) - d.actual.unwrap_or(0.0)).collect();
    let n = misses.len() as f64;
    let mean = misses.iter().sum::<f64>() / n;
    let error = (misses.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    let actual = days.iter().filter_map(|d| d.actual).sum::<f64>() / n;
    if mean.abs() <= 2.0 * error || mean.abs() < 0.05 * actual.abs() {
        return None;
    }
    let direction = if mean > 0.0 { "too high" } else { "too low" };
    let unit = if story.task.of_classes() { " points" } else { "" };
    note(
        Severity::Warning,
        format!("Predictions are {direction} on average"),
        format!(
            "Over the last {} judged days it predicted {} and saw {}: {}{unit} a day.",
            days.len(),
            level(story.task, actual + mean),
            level(story.task, actual),
            difference(story.task, mean)
        ),
        "Take the level with care until it is corrected: the order of the predictions may still be right. Training on a \
         more recent window, or adding a feature for the season, usually brings the level back.",
    )
}

/// The champion has not been beaten for long.
pub fn kept_challengers(story: &Story) -> Option<FindingNote> {
    let kept: Vec<&StoryModel> =
        story.models.iter().rev().take_while(|m| m.verdict != Verdict::Promoted.name()).collect();
    let champion = story.champion.as_ref()?;
    if kept.len() < KEPT.0 {
        return None;
    }
    let newest = kept.first()?;
    note(
        if kept.len() >= KEPT.1 { Severity::Warning } else { Severity::Info },
        format!("No challenger has won for {} versions", kept.len()),
        format!(
            "Version {} still serves{}. The last one, version {}, was {}: {}.",
            champion.version,
            champion.to.map(|to| format!("; it knows nothing after {}", to.format("%-d %B %Y"))).unwrap_or_default(),
            newest.version,
            newest.verdict,
            newest.reason.trim_end_matches('.')
        ),
        "If the reasons are all of one kind, the rule of promotion or the length of the holdout may be too strict for \
         the noise in this data; otherwise train less often and save the time.",
    )
}

/// The model earns little over the baseline.
pub fn close_to_baseline(story: &Story) -> Option<FindingNote> {
    let newest = story.models.last()?;
    let (challenger, champion, baseline) = newest.loss;
    let serves = if newest.verdict == Verdict::Promoted.name() { challenger } else { champion };
    let (serves, baseline) = (serves?, baseline.filter(|b| *b > 0.0)?);
    let skill = 1.0 - serves / baseline;
    if skill >= MIN_SKILL {
        return None;
    }
    note(
        Severity::Warning,
        "The model hardly beats the baseline",
        format!(
            "On the holdout its {} is {}, the baseline's {}: {} better.",
            loss(story.task),
            figure(serves),
            figure(baseline),
            share(skill)
        ),
        "The features say little about the target. Add columns that are known before the event, or derive better ones \
         from those there are.",
    )
}

/// Features that may know what they are to predict.
pub fn leaks(story: &Story) -> Option<FindingNote> {
    let of = |card: &Option<ModelCard>| card.as_ref().map(|card| card.leaks.clone()).filter(|leaks| !leaks.is_empty());
    let leaks = of(&story.champion).or_else(|| of(&story.challenger))?;
    let told: Vec<String> = leaks.iter().map(Leak::told).collect();
    note(
        Severity::Warning,
        format!("{} may know what is to be predicted", leaks[0].feature),
        format!("On the training rows {}.", told.join("; ")),
        "Make sure that it is really known when the prediction is made. If it is filled in afterwards, give it the role \
         `never`: the figures look better than the model is.",
    )
}

/// One feature dominates: a leak, perhaps.
pub fn one_feature(story: &Story) -> Option<FindingNote> {
    let champion = story.champion.as_ref()?;
    let (name, gain) = champion.importance.first().filter(|(_, gain)| *gain >= ONE_FEATURE)?;
    (champion.importance.len() > 1).then_some(())?;
    note(
        Severity::Warning,
        format!("{name} alone carries most of the model"),
        format!("{} of the gain comes from this one of {} features.", share(*gain), champion.importance.len()),
        format!(
            "Make sure `{name}` is really known when the prediction is made. If it is filled in afterwards it is a leak: \
             give it the role `never`."
        ),
    )
}

/// What the champion leans on, and what it could do without.
pub fn leaning(story: &Story) -> Option<FindingNote> {
    let champion = story.champion.as_ref()?;
    if champion.importance.len() < 3 {
        return None;
    }
    let top: Vec<String> =
        champion.importance.iter().take(3).map(|(name, gain)| format!("{name} ({})", share(*gain))).collect();
    let idle: Vec<&str> =
        champion.importance.iter().filter(|(_, gain)| *gain < 0.01).map(|(name, _)| name.as_str()).collect();
    let (evidence, action) = if idle.is_empty() {
        (
            String::new(),
            "Finer versions of these (by hour, by route, by season) are where a new feature pays most.".to_owned(),
        )
    } else {
        let named = idle.iter().take(5).copied().collect::<Vec<_>>().join(", ");
        let more = if idle.len() > 5 { ", …" } else { "" };
        (
            format!(" {} of {} features carry less than 1 % each: {named}{more}.", idle.len(), champion.importance.len()),
            "Finer versions of the strong ones are where a new feature pays most; the idle ones can be dropped without \
             loss."
                .to_owned(),
        )
    };
    note(
        Severity::Info,
        format!("The model leans on {}", champion.importance[0].0),
        format!("Most important: {}, over {} training rows.{evidence}", top.join(", "), count(champion.rows)),
        action,
    )
}
