//! What derived columns are made of: unknown names, cycles, types, and leaks.
//!
//! A leak is a feature that knows what it is to predict: it is computed, through however many steps, from the target
//! or from a column that is known only after the event. Such a model looks brilliant until it serves.

use super::column::{Derived, Draft};
use crate::config::expression::types::{Kind, kind};
use crate::config::nearest::nearest;
use crate::config::section::listed;
use crate::config::source::Source;
use crate::domain::plan::Role;

pub(super) fn check(source: &Source, drafts: &[Draft]) {
    let lineage = Lineage { source, drafts };
    for (i, draft) in drafts.iter().enumerate() {
        let Some(derived) = &draft.derived else { continue };
        lineage.check_names(i, derived);
        lineage.check_types(draft, derived);
        match draft.plan.role {
            Role::Feature => lineage.check_leaks(i, derived),
            Role::Target => lineage.check_target(i, derived),
            _ => {}
        }
    }
}

struct Lineage<'d> {
    source: &'d Source,
    drafts: &'d [Draft],
}

impl<'d> Lineage<'d> {
    fn find(&self, name: &str) -> Option<usize> {
        self.drafts.iter().position(|d| d.plan.name == name)
    }

    /// Columns that `i` mentions itself.
    fn inputs(&self, i: usize) -> Vec<usize> {
        let mentions = self.drafts[i].derived.iter().flat_map(|d| &d.mentions);
        mentions.filter_map(|(name, _)| self.find(name)).collect()
    }

    /// `i` and all that it is made of, nearest first.
    fn ancestry(&self, i: usize) -> Vec<usize> {
        let mut found = vec![i];
        let mut next = 0;
        while let Some(&i) = found.get(next) {
            for input in self.inputs(i) {
                if !found.contains(&input) {
                    found.push(input);
                }
            }
            next += 1;
        }
        found
    }

    /// Every name must be that of a column of the file or of one derived further up.
    fn check_names(&self, i: usize, derived: &Derived) {
        let own = &self.drafts[i].plan.name;
        for (name, at) in &derived.mentions {
            let Some(j) = self.find(name) else {
                let names = || self.drafts.iter().map(|d| d.plan.name.as_str()).filter(|n| n != own);
                let help = match nearest(name, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("columns are {}", listed(names())),
                };
                self.source.error_with_help(at.clone(), format!("unknown column `{name}`"), "", Some(help));
                continue;
            };
            if self.drafts[j].derived.is_none() || j < i {
                continue;
            }
            if j == i {
                self.source.error(at.clone(), format!("`{own}` is derived from itself"), "expected another column");
            } else if self.ancestry(j).contains(&i) {
                let message = format!("`{own}` and `{name}` are derived from each other");
                self.source.error(at.clone(), message, "");
            } else {
                let help = format!("columns are derived in the order of the file: move `{name}` above `{own}`");
                self.source.error_with_help(at.clone(), format!("`{name}` is derived later"), "", Some(help));
            }
        }
    }

    fn check_types(&self, draft: &Draft, derived: &Derived) {
        let Some(expr) = &draft.plan.expression else { return };
        let type_of = |name: &str| self.find(name).and_then(|i| self.drafts[i].ty());
        match (kind(expr, &type_of), draft.ty().map(Kind::of)) {
            (Err(mismatch), _) => {
                let mention = derived.mentions.iter().find(|(name, _)| Some(name) == mismatch.column.as_ref());
                let at = mention.map_or(&derived.at, |(_, at)| at);
                self.source.error(at.clone(), mismatch.message, "");
            }
            (Ok(Some(gives)), Some(needed)) if gives != needed => {
                let message =
                    format!("the expression gives {}, but `{}` is {}", gives.name(), draft.plan.name, needed.name());
                let help = "change its type, compare (`x > 0`), or convert with CAST(… AS …)";
                self.source.error_with_help(derived.at.clone(), message, "", Some(help.to_owned()));
            }
            _ => {}
        }
    }

    /// No feature may come from the target or from what is known only after the event.
    fn check_leaks(&self, i: usize, derived: &Derived) {
        let name = &self.drafts[i].plan.name;
        let mut reported = Vec::new();
        for (mention, at) in &derived.mentions {
            let Some(j) = self.find(mention).filter(|j| !reported.contains(j)) else { continue };
            let leak = self.ancestry(j).into_iter().map(|k| &self.drafts[k]).find(|d| is_outcome(d.plan.role));
            let Some(leak) = leak else { continue };
            reported.push(j);
            let leaked = &leak.plan.name;
            let through = if leaked == mention { String::new() } else { format!(", through `{mention}`") };
            let why = if leak.plan.role == Role::Target { "the target" } else { "known only after the event" };
            let message = format!("`{name}` is a leak: a feature computed from `{leaked}`{through}, and that is {why}");
            let help = format!("give `{name}` the role \"never\", or compute it from what is known beforehand");
            self.source.error_with_help(at.clone(), message, "", Some(help));
        }
    }

    /// What the target is made of should not be among the features.
    fn check_target(&self, i: usize, derived: &Derived) {
        let raw: Vec<&Draft> =
            self.ancestry(i).into_iter().map(|k| &self.drafts[k]).filter(|d| d.derived.is_none()).collect();
        let known = raw.iter().filter(|d| d.plan.role == Role::Feature);
        let names = listed(known.clone().map(|d| d.plan.name.as_str()));
        let help = |names: &str| format!("if it is known only after the event, give {names} the role \"never\"");
        if !raw.is_empty() && known.clone().count() == raw.len() {
            let message = format!("a leak: the target is computed from nothing but {names}, which may be learned from");
            self.source.error_with_help(derived.at.clone(), message, "", Some(help(&names)));
        } else if !names.is_empty() {
            let message = format!("the target is computed from {names}, which may be learned from");
            self.source.warning(derived.at.clone(), message, help(&names));
        }
    }
}

fn is_outcome(role: Role) -> bool {
    matches!(role, Role::Target | Role::Never | Role::LabelTime)
}
