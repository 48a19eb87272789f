//! What an operator does with file versions: asked first where it matters, then sent.

use super::batch;
use crate::console::action::Effect;
use crate::console::format;
use crate::console::layer::{Answer, Choice, Goal, Layer, Outcome, Prompt};
use crate::console::ledger;
use crate::console::state::State;
use crate::domain::file::FileVerb;
use crate::domain::wire::Command;

/// Asks what there is to ask before it is done, or does it.
pub fn operate(state: &mut State, verb: FileVerb) -> Vec<Effect> {
    let targets = state.chosen_files();
    let fitting: Vec<_> = targets.iter().filter(|file| ledger::refusal(verb, file).is_none()).collect();
    let files: Vec<i64> = fitting.iter().map(|file| file.id).collect();
    let Some(first) = fitting.first() else { return Vec::new() };
    let said = format!("{} of {} ({}): {}.", first.key, first.pipeline, first.state, first.reason);
    let (what, said) = match files.len() {
        1 => (first.key.clone(), said),
        n => {
            let others = targets.len() - n;
            let skipped = if others > 0 { format!(" {others} marked ones are not concerned.") } else { String::new() };
            (format::counted(n as u64, "file"), format!("The first of them: {said}{skipped}"))
        }
    };
    let title = format!("{} {what}?", ledger::name(verb));
    let body = vec![said, ledger::meaning(verb).to_owned()];
    match verb {
        FileVerb::Release | FileVerb::Hold => {
            state.layers.push(Layer::Prompt(Prompt::new(title, body, Goal::Files(verb, files))));
        }
        FileVerb::Drop => {
            let answer = |label, outcome, grave| Answer { label, about: "", outcome, grave };
            let answers = vec![
                answer("Leave it", Outcome::Close, false),
                answer(ledger::name(verb), Outcome::Files(verb, files), true),
            ];
            state.layers.push(Layer::Choice(Choice { title, body, answers, selected: 0 }));
        }
        FileVerb::Retry => return send(state, verb, &files, ""),
    }
    Vec::new()
}

/// Sends it. An empty `reason` is none.
pub fn send(state: &mut State, verb: FileVerb, files: &[i64], reason: &str) -> Vec<Effect> {
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    let commands = files.iter().map(|file| Command::FileVersion { file: *file, verb, reason: reason.clone() });
    batch::send(state, ledger::name(verb), "file", commands.collect())
}
