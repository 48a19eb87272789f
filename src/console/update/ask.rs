//! Questions to the operator and requests to the engine.

use super::layers::LEAVE;
use crate::console::Leave;
use crate::console::action::{Ask, Effect, Link};
use crate::console::format;
use crate::console::layer::{Answer, Choice, Layer, Outcome, Rerun};
use crate::console::place::{List, Place};
use crate::console::state::{State, Undo};
use crate::domain::run::{RerunFrom, RunState};
use crate::domain::wire::Command;

/// Checks the landing of the pipeline in view.
pub fn check(state: &mut State) -> Vec<Effect> {
    let pipeline = state.card().map(|card| card.row.name.clone());
    vec![Effect::Send(Ask::Plain, Command::Check { pipeline })]
}

/// Pauses the pipeline in view, or resumes it.
pub fn pause(state: &mut State) -> Vec<Effect> {
    let Some(row) = state.card().map(|card| &card.row) else { return Vec::new() };
    let pipeline = row.name.clone();
    let (pause, resume) = (Command::Pause { pipeline: pipeline.clone() }, Command::Resume { pipeline });
    let (command, back) = if row.paused { (resume, pause) } else { (pause, resume) };
    state.undo.push(Undo::Command(back));
    vec![Effect::Send(Ask::Plain, command)]
}

/// Opens the rerun dialog and asks the engine what it would do.
pub fn rerun(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.run() else { return Vec::new() };
    let broken = !run.state.is_committed() || run.state == RunState::Partial;
    let mut options = Vec::new();
    if broken {
        options.push(RerunFrom::Failed);
    }
    options.push(RerunFrom::Whole);
    if matches!(state.place, Place::Run { .. }) {
        let stages = state.pages.run.as_ref().map(|page| page.card.stages.as_slice()).unwrap_or_default();
        options.extend(stages.iter().skip(1).map(|stage| RerunFrom::Stage(stage.name.clone())));
    }
    let chosen_stage = state.lists.get(&List::Stages).and_then(|list| list.selected.clone());
    let chosen = chosen_stage.map(RerunFrom::Stage).and_then(|from| options.iter().position(|one| *one == from));
    let dialog = Rerun {
        run: run.id,
        pipeline: run.pipeline.clone(),
        options,
        chosen: chosen.unwrap_or(0),
        preview: None,
        go: false,
    };
    let effect = preview(&dialog);
    state.layers.push(Layer::Rerun(dialog));
    effect.into_iter().collect()
}

/// Asks the engine what the chosen rerun would do.
pub fn preview(dialog: &Rerun) -> Option<Effect> {
    let from = dialog.options.get(dialog.chosen)?.clone();
    let ask = Ask::Preview { run: dialog.run, from: from.clone() };
    Some(Effect::Send(ask, Command::PreviewRerun { run: dialog.run, from }))
}

/// Asks whether to cancel the run.
pub fn cancel(state: &mut State) -> Vec<Effect> {
    let Some(run) = state.run() else { return Vec::new() };
    let took = run.seconds(state.now).map(|s| format!(" for {}", format::duration(s))).unwrap_or_default();
    let body = vec![
        format!("It is {}{took}, over {}.", run.state, format::counted(run.files, "file")),
        "Its stage is stopped at once. Nothing of it is published and its files are free for the next run.".into(),
    ];
    let command = Command::Cancel { run: run.id, reason: None };
    let answers = vec![
        answer_of("Keep it running", "", Outcome::Close, false),
        answer_of("Cancel the run", "", Outcome::Send(Ask::Plain, command), true),
    ];
    let title = format!("Cancel run {} of {}?", run.id, run.pipeline);
    state.layers.push(Layer::Choice(Choice { title, body, answers, selected: 0 }));
    Vec::new()
}

/// Hands the selected report's page to the browser.
pub fn page(state: &mut State) -> Vec<Effect> {
    let reports = state.pages.reports.as_deref().unwrap_or_default();
    let report = state.selected_index(List::Reports).and_then(|index| reports.get(index));
    report.map(|report| Effect::Open(report.part.part.path.clone())).into_iter().collect()
}

/// Leaves; asks first when something runs and could be stopped.
pub fn leave(state: &mut State) -> Vec<Effect> {
    let open = state.overview.as_ref().map(|overview| overview.open_runs.as_slice()).unwrap_or_default();
    if open.is_empty() || !matches!(state.link, Link::Up { .. }) {
        return vec![Effect::Leave(Leave::Detach)];
    }
    let named = open.iter().take(4).map(|run| format!("run {} of {} is {}", run.id, run.pipeline, run.state));
    let mut body: Vec<String> = named.collect();
    if open.len() > 4 {
        body.push(format!("and {} more", open.len() - 4));
    }
    let answers = vec![
        answer_of("Leave, let it run", "the engine goes on in the background", LEAVE, false),
        answer_of("Stay", "back to the console", Outcome::Close, false),
        drain(),
        stop_now(state),
    ];
    let title = "Leave while something runs?".to_owned();
    state.layers.push(Layer::Choice(Choice { title, body, answers, selected: 0 }));
    Vec::new()
}

/// Asks whether to stop the engine.
pub fn stop(state: &mut State) -> Vec<Effect> {
    let body = vec!["Without the engine no landing is watched and no run starts.".to_owned()];
    let answers = vec![answer_of("Keep it running", "", Outcome::Close, false), drain(), stop_now(state)];
    let title = "Stop the engine?".to_owned();
    state.layers.push(Layer::Choice(Choice { title, body, answers, selected: 0 }));
    Vec::new()
}

fn drain() -> Answer {
    let outcome = Outcome::Send(Ask::Stop, Command::Stop { drain: true });
    answer_of("Stop after this", "once the runs under way are over", outcome, false)
}

/// Ends what runs, which cannot be taken back: that is to be typed. Where nothing runs nothing is lost.
fn stop_now(state: &State) -> Answer {
    let runs = state.overview.as_ref().is_some_and(|overview| !overview.open_runs.is_empty());
    let stop = Outcome::Send(Ask::Stop, Command::Stop { drain: false });
    let outcome = if runs { Outcome::Typed("stop", Box::new(stop)) } else { stop };
    answer_of("Stop now", "the runs under way are cancelled", outcome, true)
}

fn answer_of(label: &'static str, about: &'static str, outcome: Outcome, grave: bool) -> Answer {
    Answer { label, about, outcome, grave }
}
