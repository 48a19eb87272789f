//! Who serves: promoting a version and going back, each with a reason.

use crate::console::action::{Ask, Effect};
use crate::console::layer::{Goal, Layer, Prompt};
use crate::console::load::models::ModelsPage;
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::domain::model::Verdict;
use crate::domain::wire::Command;
use crate::store::models::ModelRow;

/// The page and the version that a key is about.
fn chosen(state: &State) -> Option<(&ModelsPage, &ModelRow)> {
    match &state.place {
        Place::Model { .. } => {
            let page = &state.pages.model.as_ref()?.page;
            Some((page, page.models.first()?))
        }
        _ => {
            let page = state.pages.models.as_ref()?;
            Some((page, page.models.get(state.selected_index(List::Models)?)?))
        }
    }
}

/// The version that served before the one that serves.
fn previous(page: &ModelsPage) -> Option<i64> {
    page.reigns.iter().map(|reign| reign.version).find(|version| Some(*version) != page.champion)
}

/// Why the version cannot be promoted.
pub fn unfit(state: &State) -> Option<String> {
    let Some((page, model)) = chosen(state) else { return Some("there is no version here".into()) };
    let (version, decision) = (model.card.version, &model.card.decision);
    if page.champion == Some(version) {
        return Some(format!("version {version} serves already"));
    }
    (decision.verdict == Verdict::Blocked).then(|| format!("version {version} must not serve: {}", decision.reason))
}

/// Why there is no going back.
pub fn nowhere(state: &State) -> Option<String> {
    let page = chosen(state).map(|(page, _)| page);
    page.and_then(previous).is_none().then(|| "no other version has served before".into())
}

/// Asks for the reason of a promotion.
pub fn promote(state: &mut State) -> Vec<Effect> {
    let Some((page, model)) = chosen(state) else { return Vec::new() };
    let (pipeline, version) = (page.pipeline.clone(), model.card.version);
    let serving = page.champion.map(|champion| format!(" instead of version {champion}")).unwrap_or_default();
    let body = vec![
        format!("It serves from now on{serving}, whatever the rule says. Its verdict was:"),
        format!("{}: {}", model.card.decision.verdict, model.card.decision.reason),
    ];
    let title = format!("Promote version {version} of {pipeline}?");
    ask(state, title, body, Goal::Promote { pipeline, version })
}

/// Asks for the reason of going back.
pub fn roll_back(state: &mut State) -> Vec<Effect> {
    let Some((page, version)) = chosen(state).and_then(|(page, _)| Some((page, previous(page)?))) else {
        return Vec::new();
    };
    let pipeline = page.pipeline.clone();
    let body = match page.reigns.first() {
        Some(reign) => vec![
            format!("Version {} no longer serves. It does because:", reign.version),
            format!("{} ({})", reign.reason, reign.who),
        ],
        None => Vec::new(),
    };
    ask(state, format!("Back to version {version} of {pipeline}?"), body, Goal::Rollback { pipeline })
}

fn ask(state: &mut State, title: String, body: Vec<String>, goal: Goal) -> Vec<Effect> {
    state.layers.push(Layer::Prompt(Prompt::new(title, body, goal)));
    Vec::new()
}

/// The request of a prompt with its reason.
pub fn send(goal: &Goal, reason: &str) -> Vec<Effect> {
    let reason = reason.to_owned();
    let command = match goal.clone() {
        Goal::Promote { pipeline, version } => Command::Promote { pipeline, version, reason },
        Goal::Rollback { pipeline } => Command::Rollback { pipeline, reason },
        _ => return Vec::new(),
    };
    vec![Effect::Send(Ask::Plain, command)]
}
