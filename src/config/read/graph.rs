//! The graph of the stages: what each waits for, and an order in which they can run.

use std::ops::Range;

use super::stage::StageDraft;
use crate::config::nearest::nearest;
use crate::config::pipeline::StageConfig;
use crate::config::section::listed;
use crate::config::source::Source;
use crate::domain::run::StageKind;

/// What must come before what, where both are there, and why.
const ORDER: [(StageKind, StageKind, &str); 8] = [
    (StageKind::Clean, StageKind::Score, "it scores the rows that were cleaned"),
    (StageKind::Clean, StageKind::Train, "it trains on the rows that were cleaned"),
    (StageKind::Score, StageKind::Train, "a batch is scored by the model that serves before any model learns from it"),
    (StageKind::Clean, StageKind::Publish, "it publishes what the batch led to"),
    (StageKind::Score, StageKind::Publish, "it publishes the predictions"),
    (StageKind::Train, StageKind::Publish, "it publishes the predictions of a first model"),
    (StageKind::Clean, StageKind::Report, "it reports on the batch"),
    (StageKind::Publish, StageKind::Report, "it reports on what was published"),
];

/// The stages with their needs, each after all it needs and otherwise in the order of the file; `at` is where
/// `[stages]` is. `None` when there is no such order or a stage is missing, which is recorded.
pub(super) fn arrange(source: &Source, at: Range<usize>, drafts: &[StageDraft]) -> Option<Vec<StageConfig>> {
    let graph = Graph { source, drafts, needs: resolve(source, drafts)? };
    let kinds_hold = graph.check_kinds(at);
    let order = graph.order()?;
    (kinds_hold && graph.check_order()).then(|| order.into_iter().map(|i| graph.config(i)).collect())
}

struct Graph<'d> {
    source: &'d Source,
    drafts: &'d [StageDraft],
    /// Indices of what each stage needs.
    needs: Vec<Vec<usize>>,
}

/// Names to indices; the default is the stage before.
fn resolve(source: &Source, drafts: &[StageDraft]) -> Option<Vec<Vec<usize>>> {
    let names = || drafts.iter().map(|d| d.config.name.as_str());
    let mut sound = true;
    let mut all = Vec::with_capacity(drafts.len());
    for (i, draft) in drafts.iter().enumerate() {
        let Some(written) = &draft.needs else {
            all.push(i.checked_sub(1).into_iter().collect());
            continue;
        };
        let mut needs: Vec<usize> = Vec::new();
        for (name, at) in written {
            match names().position(|n| n == name) {
                Some(j) if j == i => {
                    source.error(at.clone(), format!("stage `{name}` needs itself"), "expected another stage");
                    sound = false;
                }
                Some(j) if !needs.contains(&j) => needs.push(j),
                Some(_) => {}
                None => {
                    let others = || names().filter(|n| *n != draft.config.name);
                    let help = match nearest(name, others()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("stages are {}", listed(others())),
                    };
                    source.error_with_help(at.clone(), format!("unknown stage `{name}`"), "", Some(help));
                    sound = false;
                }
            }
        }
        all.push(needs);
    }
    sound.then_some(all)
}

impl Graph<'_> {
    fn name(&self, i: usize) -> &str {
        &self.drafts[i].config.name
    }

    fn config(&self, i: usize) -> StageConfig {
        let needs = self.needs[i].iter().map(|&j| self.name(j).to_owned()).collect();
        StageConfig { needs, ..self.drafts[i].config.clone() }
    }

    /// Indices in an order that can run; of those that could come next, the first in the file does.
    fn order(&self) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = Vec::with_capacity(self.drafts.len());
        while order.len() < self.drafts.len() {
            let ready = |&i: &usize| !order.contains(&i) && self.needs[i].iter().all(|need| order.contains(need));
            match (0..self.drafts.len()).find(ready) {
                Some(next) => order.push(next),
                None => {
                    self.report_cycle(&order);
                    return None;
                }
            }
        }
        Some(order)
    }

    /// Every stage that is not `done` waits for another such one, so following needs comes round.
    fn report_cycle(&self, done: &[usize]) {
        let waits_for = |i: usize| self.needs[i].iter().copied().find(|need| !done.contains(need));
        let mut path: Vec<usize> = (0..self.drafts.len()).find(|i| !done.contains(i)).into_iter().collect();
        while let Some(next) = path.last().and_then(|&i| waits_for(i)) {
            if let Some(start) = path.iter().position(|&i| i == next) {
                let cycle: Vec<&str> = path[start..].iter().chain([&next]).map(|&i| self.name(i)).collect();
                let message = format!("stages wait for each other: {}", cycle.join(" needs "));
                let at = self.place_of_need(next, cycle.get(1).copied().unwrap_or_default());
                self.source.error(at, message, "expected needs without a circle");
                return;
            }
            path.push(next);
        }
    }

    fn place_of_need(&self, i: usize, need: &str) -> Range<usize> {
        let written = self.drafts[i].needs.iter().flatten().find(|(name, _)| name == need);
        written.map_or_else(|| self.drafts[i].at.clone(), |(_, at)| at.clone())
    }

    fn of_kind(&self, kind: StageKind) -> Option<usize> {
        self.drafts.iter().position(|d| d.config.kind == kind)
    }

    /// One clean stage, no built-in one twice, no score without train.
    fn check_kinds(&self, at: Range<usize>) -> bool {
        let mut sound = true;
        for (i, draft) in self.drafts.iter().enumerate() {
            let kind = draft.config.kind;
            if kind != StageKind::Command && self.of_kind(kind) != Some(i) {
                let message = format!("a second stage of kind `{kind}`");
                self.source.error(draft.at.clone(), message, "expected one of each kind beside `command`");
                sound = false;
            }
        }
        if self.of_kind(StageKind::Clean).is_none() {
            let help = "name every stage: [stages.clean], [stages.score], … (a table may be empty)";
            self.source.error_with_help(at, "there is no clean stage", "", Some(help.to_owned()));
            sound = false;
        }
        if let (Some(score), None) = (self.of_kind(StageKind::Score), self.of_kind(StageKind::Train)) {
            let help = "add [stages.train], or remove this one";
            let message = "nothing trains the model that this stage scores with";
            self.source.error_with_help(self.drafts[score].at.clone(), message, "", Some(help.to_owned()));
            sound = false;
        }
        sound
    }

    /// Stages of the built-in kinds must wait for those whose results they use.
    fn check_order(&self) -> bool {
        let mut sound = true;
        for (before, after, why) in ORDER {
            let (Some(first), Some(then)) = (self.of_kind(before), self.of_kind(after)) else { continue };
            if self.waits_for(then, first) {
                continue;
            }
            let message = format!("stage `{}` does not wait for `{}`", self.name(then), self.name(first));
            let at = self.drafts[then].needs.iter().flatten().map(|(_, at)| at.clone()).next();
            let at = at.unwrap_or_else(|| self.drafts[then].at.clone());
            self.source.error_with_help(at, message, "", Some(format!("it must: {why}")));
            sound = false;
        }
        sound
    }

    /// Whether `i` needs `other`, directly or through others.
    fn waits_for(&self, i: usize, other: usize) -> bool {
        let mut seen = self.needs[i].clone();
        let mut next = 0;
        while let Some(&need) = seen.get(next) {
            let further: Vec<usize> = self.needs[need].iter().copied().filter(|n| !seen.contains(n)).collect();
            seen.extend(further);
            next += 1;
        }
        seen.contains(&other)
    }
}
