//! The sentences of the report: what happened, in plain words.

use super::alerts::needs_answer;
use super::numbers::{MIN_DAYS, WINDOW};
use super::numbers::{headline, judged, last, level, spoken, usual, usual_prediction};
use crate::domain::alert::Severity;
use crate::domain::format::{count, counted, figure};
use crate::domain::model::Verdict;
use crate::domain::plan::Task;
use crate::domain::run::StageState;
use crate::domain::story::Story;

/// What happened in this run: the first sentence is the headline, the others follow.
pub fn opening(story: &Story) -> Vec<String> {
    [failure(story), Some(prediction(story)), judgement(story), contest(story), Some(alerts(story))]
        .into_iter()
        .flatten()
        .collect()
}

fn failure(story: &Story) -> Option<String> {
    let stage = story.stages.iter().find(|s| s.state == StageState::Failed.name())?;
    Some(format!("The {} stage failed: {}.", stage.name, stage.summary.trim_end_matches('.')))
}

/// What the run predicted, against the usual.
pub fn prediction(story: &Story) -> String {
    let Some((rows, mean)) = story.predicted.filter(|(rows, _)| *rows > 0) else {
        let files = counted(story.files.len() as u64, "file");
        return match (story.champion.is_some(), story.days.is_empty()) {
            (false, true) => format!("The first run: {files} read, no model to predict with yet."),
            (false, false) => format!("{files} read; there is no model to predict with yet."),
            (true, _) => format!("{files} read; no row was waiting for a prediction."),
        };
    };
    let what = match story.task {
        Task::Binary => format!("an average probability of {} for “{}”", level(story.task, mean), story.target),
        Task::Multiclass => {
            format!(
                "a class of “{}” each, called with an average probability of {}",
                story.target,
                level(story.task, mean)
            )
        }
        Task::Regression => format!("an average “{}” of {}", story.target, level(story.task, mean)),
    };
    let compared = match usual_prediction(story) {
        None => String::new(),
        Some(u) if mean > u.high => {
            format!(", above the usual {} to {}", level(story.task, u.low), level(story.task, u.high))
        }
        Some(u) if mean < u.low => {
            format!(", below the usual {} to {}", level(story.task, u.low), level(story.task, u.high))
        }
        Some(u) => format!(", as usual ({} to {})", level(story.task, u.low), level(story.task, u.high)),
    };
    format!("{} predicted, with {what}{compared}.", counted(rows, "row"))
}

/// How the newest judged day went.
pub fn judgement(story: &Story) -> Option<String> {
    let day = judged(&story.days).next_back()?;
    let (name, _) = headline(story.task);
    let metric = day.headline.map(|v| {
        let before = last(&story.days, WINDOW, |d| d.headline);
        let middle = usual(&before).map(|u| format!(", the usual being {}", figure(u.middle))).unwrap_or_default();
        format!(" The {name} of that day is {}{middle}.", figure(v))
    });
    let part = day
        .labelled
        .filter(|l| *l < 0.9)
        .map(|l| format!(" ({} of its outcomes known)", crate::domain::format::share(l)));
    Some(format!(
        "For {}{} it had predicted {}, and it became {}.{}",
        spoken(&day.day),
        part.unwrap_or_default(),
        level(story.task, day.predicted?),
        level(story.task, day.actual?),
        metric.unwrap_or_default()
    ))
}

fn contest(story: &Story) -> Option<String> {
    let challenger = story.challenger.as_ref()?;
    let reason = challenger.decision.reason.trim_end_matches('.');
    let outcome = match challenger.decision.verdict {
        Verdict::Promoted => "was trained and serves from now on".to_owned(),
        Verdict::Kept | Verdict::Provisional => match &story.champion {
            Some(champion) if champion.version != challenger.version => {
                format!("was trained; version {} stays in service", champion.version)
            }
            _ => "was trained, but does not serve yet".to_owned(),
        },
        Verdict::Blocked => "was trained, but must not serve".to_owned(),
    };
    Some(format!("Version {} {outcome}: {reason}.", challenger.version))
}

fn alerts(story: &Story) -> String {
    let waiting = |severity| story.alerts.iter().filter(|a| a.severity == severity && needs_answer(a)).count() as u64;
    let (critical, warnings) = (waiting(Severity::Critical), waiting(Severity::Warning));
    match (critical, warnings) {
        (0, 0) => "No alert needs an answer.".to_owned(),
        (0, w) => format!("{} {} an answer.", counted(w, "warning"), needs(w)),
        (c, 0) => format!("{} {} an answer.", counted(c, "critical alert"), needs(c)),
        (c, w) => format!("{} and {} need an answer.", counted(c, "critical alert"), counted(w, "warning")),
    }
}

fn needs(n: u64) -> &'static str {
    if n == 1 { "needs" } else { "need" }
}

/// What it has been predicting, in one sentence.
pub fn every_day(story: &Story) -> String {
    let predicted: Vec<f64> = story.days.iter().filter_map(|d| d.predicted).collect();
    let rows: u64 = story.days.iter().filter(|d| d.predicted.is_some()).map(|d| d.rows).sum();
    if predicted.is_empty() {
        return "Nothing has been predicted yet. From the next batch on, every day has its entry here.".to_owned();
    }
    let compared = {
        let days: Vec<_> = judged(&story.days).collect();
        let n = days.len() as f64;
        let mean =
            |f: fn(&crate::domain::story::StoryDay) -> Option<f64>| days.iter().filter_map(|d| f(d)).sum::<f64>() / n;
        match days.len() {
            0 => " No outcome is known yet.".to_owned(),
            1 => String::new(),
            k => format!(
                " Over the {k} judged days it predicted {} on average and saw {}.",
                level(story.task, mean(|d| d.predicted)),
                level(story.task, mean(|d| d.actual))
            ),
        }
    };
    format!("{} on {}.{compared}", counted(rows, "prediction"), counted(predicted.len() as u64, "day"))
}

/// How the metrics moved, in one sentence.
pub fn metrics(story: &Story) -> String {
    let (name, more_is_better) = headline(story.task);
    let values = last(&story.days, WINDOW + MIN_DAYS, |d| d.headline);
    if values.len() < 2 * MIN_DAYS {
        return match values.last() {
            None => "No day has been judged yet: metrics come with the first outcomes.".to_owned(),
            Some(v) => format!(
                "{} judged so far, the last with an {name} of {}.",
                counted(values.len() as u64, "day"),
                figure(*v)
            ),
        };
    }
    let (before, week) = values.split_at(values.len() - MIN_DAYS);
    let (Some(was), Some(is)) = (crate::domain::quantile::median(before), crate::domain::quantile::median(week)) else {
        return String::new();
    };
    let word = match is - was {
        d if d.abs() < 0.01 * was.abs() => "steady at",
        d if (d > 0.0) == more_is_better => "better, at",
        _ => "worse, at",
    };
    let promotions = story.models.iter().filter(|m| m.verdict == Verdict::Promoted.name()).count() as u64;
    let versions = match story.models.len() as u64 {
        0 => String::new(),
        n => {
            let promoted = match promotions {
                0 => "none was".to_owned(),
                1 => "one was".to_owned(),
                k => format!("{} were", count(k)),
            };
            format!(" Of the last {} {promoted} promoted.", counted(n, "version"))
        }
    };
    format!(
        "The {name} of the last week is {word} {} (median), after {} in the {} days before.{versions}",
        figure(is),
        figure(was),
        before.len()
    )
}
