//! Every text of a story through the one sanitiser, before anything is written.

use crate::domain::drift::Account;
use crate::domain::model::ModelCard;
use crate::domain::story::Story;
use crate::domain::text::one_line;
use crate::domain::why::Why;

/// The story with all its texts safe to show on one line.
pub fn sanitised(story: &Story) -> Story {
    let mut safe = story.clone();
    for text in [&mut safe.title, &mut safe.pipeline, &mut safe.trigger, &mut safe.config_hash, &mut safe.target] {
        clean(text);
    }
    for file in &mut safe.files {
        [&mut file.key, &mut file.state, &mut file.reason].into_iter().for_each(clean);
    }
    for stage in &mut safe.stages {
        [&mut stage.name, &mut stage.state, &mut stage.summary].into_iter().for_each(clean);
    }
    safe.days.iter_mut().for_each(|day| clean(&mut day.day));
    for model in &mut safe.models {
        [&mut model.algorithm, &mut model.verdict, &mut model.reason].into_iter().for_each(clean);
    }
    safe.champion.iter_mut().chain(&mut safe.challenger).for_each(card);
    safe.diagnosis.iter_mut().flat_map(|(_, of)| of.texts_mut()).for_each(clean);
    safe.drift.iter_mut().flat_map(Account::texts_mut).for_each(clean);
    safe.inputs.iter_mut().flat_map(|look| &mut look.features).for_each(|input| clean(&mut input.name));
    if let Some((metric, days)) = &mut safe.expected {
        clean(metric);
        days.iter_mut().for_each(|day| clean(&mut day.day));
    }
    for (column, reason, _) in &mut safe.rejects {
        [column, reason].into_iter().for_each(clean);
    }
    for alert in &mut safe.alerts {
        [&mut alert.kind, &mut alert.message].into_iter().for_each(clean);
        alert.who.iter_mut().chain(&mut alert.note).for_each(clean);
    }
    safe.worst.iter_mut().flat_map(Why::texts_mut).for_each(clean);
    safe.precision.iter_mut().for_each(|rule| clean(&mut rule.kind));
    safe
}

fn card(card: &mut ModelCard) {
    for text in [&mut card.algorithm, &mut card.bundle, &mut card.hash, &mut card.data, &mut card.decision.reason] {
        clean(text);
    }
    card.contest.iter_mut().chain(&mut card.standings).for_each(|standing| clean(&mut standing.who));
    card.importance.iter_mut().for_each(|(name, _)| clean(name));
    for check in &mut card.decision.checks {
        [&mut check.name, &mut check.detail].into_iter().for_each(clean);
    }
}

fn clean(text: &mut String) {
    let safe = one_line(text);
    if safe != *text {
        *text = safe;
    }
}
