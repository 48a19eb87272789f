//! Each finding appears for its reason and stays away without it.

use super::findings;
use crate::domain::alert::Severity;
use crate::domain::diagnosis::{self, Diagnosis};
use crate::domain::model::{Leak, LeakSign, Verdict};
use crate::domain::story::{Story, StoryDay};
use crate::report::tests::stories::rich;

/// A story in which nothing is wrong: forty calm days, a champion that wins, a clean batch.
fn calm() -> Story {
    let mut story = rich();
    story.files.retain(|f| f.state == "committed");
    story.rejects.clear();
    story.diagnosis = None;
    let start = chrono::NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
    story.days = start
        .iter_days()
        .take(40)
        .enumerate()
        .map(|(i, day)| {
            let wobble = [0.0, 0.01, -0.01, 0.02, -0.02][i % 5];
            StoryDay {
                day: day.to_string(),
                rows: 900,
                predicted: Some(0.22),
                actual: Some(0.22 + wobble),
                labelled: Some(1.0),
                headline: Some(0.70 + wobble),
                loss: Some(0.48 + wobble),
                ..StoryDay::default()
            }
        })
        .collect();
    for stage in &mut story.stages {
        (stage.state, stage.seconds, stage.usual_seconds) = ("succeeded".into(), Some(1.0), Some(1.0));
    }
    story.models.last_mut().unwrap().verdict = Verdict::Promoted.name().into();
    story.champion.as_mut().unwrap().importance.truncate(2);
    story
}

/// The titles found after `change` was made to the calm story.
fn after(change: impl FnOnce(&mut Story)) -> Vec<(Severity, String)> {
    let mut story = calm();
    change(&mut story);
    findings(&story).into_iter().map(|f| (f.severity, f.title)).collect()
}

#[test]
fn a_feature_that_may_know_the_answer_is_a_finding() {
    let leak = Leak { feature: "landed".to_owned(), sign: LeakSign::Late, value: 0.99 };
    let found = after(|story| story.champion.as_mut().unwrap().leaks = vec![leak]);
    assert!(found.contains(&(Severity::Warning, "landed may know what is to be predicted".to_owned())), "{found:?}");
}

#[test]
fn a_calm_story_has_nothing_to_enhance() {
    assert_eq!(after(|_| ()), []);
}

#[test]
fn each_finding_has_its_reason() {
    use Severity::{Critical, Info, Warning};
    type Change = fn(&mut Story);
    let cases: [(Severity, &str, Change); 14] = [
        (Critical, "The clean stage failed", |s| s.stages[0].state = "failed".into()),
        (Warning, "1 file of this batch could not be used", |s| s.files[0].state = "quarantined".into()),
        (Info, "0.1 % of the rows were rejected", |s| s.rejects = vec![("a".into(), "b".into(), 10)]),
        (Warning, "1.1 % of the rows were rejected", |s| s.rejects = vec![("a".into(), "b".into(), 100)]),
        (Critical, "10.6 % of the rows were rejected", |s| s.rejects = vec![("a".into(), "b".into(), 1000)]),
        (Warning, "Outcomes are overdue", |s| s.days.iter_mut().skip(30).for_each(|d| d.actual = None)),
        (Warning, "There is no model to predict with yet", |s| (s.champion, s.challenger) = (None, None)),
        (Critical, "The AUC has been getting worse", |s| {
            s.days.iter_mut().skip(33).for_each(|d| d.headline = Some(0.6));
        }),
        (Warning, "Predictions are too high on average", |s| {
            s.days.iter_mut().for_each(|d| d.predicted = Some(0.26));
        }),
        (Info, "No challenger has won for 6 versions", |s| {
            s.models.iter_mut().rev().take(5).for_each(|m| m.verdict = "kept".into());
        }),
        (Warning, "The model hardly beats the baseline", |s| s.models.last_mut().unwrap().loss.0 = Some(0.534)),
        (Warning, "arr_delay alone carries most of the model", |s| {
            s.champion.as_mut().unwrap().importance[0] = ("arr_delay".into(), 0.93);
        }),
        (Info, "1 day took the model by surprise", |s| s.days[30].actual = Some(0.79)),
        (Warning, "The train stage was slower than usual", |s| {
            (s.stages[2].seconds, s.stages[2].usual_seconds) = (Some(20.0), Some(8.0));
        }),
    ];
    for (severity, title, change) in cases {
        assert_eq!(after(change), [(severity, title.to_owned())], "{title}");
    }
}

#[test]
fn a_diagnosis_is_a_finding_where_it_gives_reason_for_one() {
    use Severity::{Info, Warning};
    let with = |change: fn(&mut Diagnosis)| {
        after(|story| {
            let mut of = diagnosis::tests::binary();
            change(&mut of);
            story.diagnosis = Some((8, of));
        })
    };
    let worst = "Version 8 is worst where carrier = EV, sched_dep_hour ≥ 17".to_owned();
    let over = "Version 8 is over-confident".to_owned();
    assert_eq!(with(|_| ()), [(Warning, worst.clone()), (Info, over.clone())]);
    assert_eq!(with(|of| of.segments[0].share = 0.1), [(Info, worst.clone()), (Info, over.clone())]);
    assert_eq!(with(|of| of.segments[0].loss = 0.5), [(Info, over)], "hardly worse than all");
    let exact =
        with(|of| of.classes.as_mut().unwrap().calibration.iter_mut().for_each(|bin| bin.actual = bin.predicted));
    assert_eq!(exact, [(Warning, worst)]);
}

#[test]
fn the_gravest_comes_first_and_every_finding_says_what_to_do() {
    let found = findings(&rich());
    assert!(found.len() >= 6, "{found:#?}");
    assert!(found.is_sorted_by_key(|f| std::cmp::Reverse(f.severity)));
    for finding in &found {
        assert!(!finding.evidence.is_empty() && !finding.action.is_empty(), "{finding:?}");
        assert!(finding.action.ends_with('.') && finding.evidence.ends_with('.'), "{finding:?}");
    }
}

#[test]
fn less_is_better_for_a_regression() {
    let worse = |value: f64| {
        after(|s| {
            s.task = crate::domain::plan::Task::Regression;
            s.days.iter_mut().skip(33).for_each(|d| d.headline = Some(value));
        })
    };
    assert_eq!(worse(0.9), [(Severity::Critical, "The RMSE has been getting worse".to_owned())]);
    assert_eq!(worse(0.5), []);
}
