//! What every rule says of what it watches, and how right it was.

use std::collections::BTreeMap;

use super::tidy::{Tidy, tidied};
use crate::domain::Instant;
use crate::domain::alert::AlertKind;
use crate::store::standings::StandingRow;
use crate::store::triage::{self, Precision};
use crate::store::{self, Connection};

/// What a rule says, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the verdicts of the domain")]
pub enum Word {
    Bad,
    CannotCheck,
    Learning,
    Fine,
}

impl Word {
    /// What a standing says.
    pub fn of(standing: &StandingRow) -> Self {
        match standing.verdict.as_str() {
            "fine" => Self::Fine,
            "bad" => Self::Bad,
            "learning" => Self::Learning,
            _ => Self::CannotCheck,
        }
    }
}

/// A rule in a pipeline.
#[derive(Debug, Clone)]
pub struct RuleLine {
    /// The pipeline.
    pub pipeline: String,
    /// The rule.
    pub kind: AlertKind,
    /// What it watches and says something of other than fine, gravest first; at most [`SHOWN`].
    pub notable: Vec<StandingRow>,
    /// One of those that are fine.
    pub fine: Option<StandingRow>,
    /// How much it watches.
    pub objects: u64,
    /// Of those, not fine.
    pub not_fine: u64,
    /// When it last said something.
    pub at: Option<Instant>,
    /// How right it was, if it ever fired.
    pub precision: Option<Precision>,
}

/// Objects of a rule that are listed.
pub const SHOWN: usize = 100;

impl RuleLine {
    /// What stands for the whole rule: the gravest it says.
    pub fn chief(&self) -> Option<&StandingRow> {
        self.notable.first().or(self.fine.as_ref())
    }
}

/// Reads the rules of every pipeline.
pub fn load(read: &Connection) -> store::Result<Vec<RuleLine>> {
    let mut rules: BTreeMap<(String, AlertKind), RuleLine> = BTreeMap::new();
    fn rule<'a>(
        rules: &'a mut BTreeMap<(String, AlertKind), RuleLine>,
        pipeline: &str,
        kind: AlertKind,
    ) -> &'a mut RuleLine {
        rules.entry((pipeline.to_owned(), kind)).or_insert_with(|| RuleLine {
            pipeline: pipeline.to_owned(),
            kind,
            notable: Vec::new(),
            fine: None,
            objects: 0,
            not_fine: 0,
            at: None,
            precision: None,
        })
    }
    for standing in store::standings::list(read, None)? {
        let rule = rule(&mut rules, &standing.pipeline, standing.kind);
        rule.objects += 1;
        rule.at = rule.at.max(Some(standing.at));
        if Word::of(&standing) == Word::Fine {
            // The newest word stands for the others.
            if rule.fine.as_ref().is_none_or(|fine| fine.at < standing.at) {
                rule.fine = Some(standing);
            }
        } else {
            rule.not_fine += 1;
            rule.notable.push(standing);
        }
    }
    for precision in triage::precision(read, None)? {
        let of = rule(&mut rules, &precision.pipeline, precision.kind);
        of.precision = Some(precision);
    }
    let mut rules: Vec<RuleLine> = rules.into_values().collect();
    for rule in &mut rules {
        rule.notable.sort_by_key(|standing| (Word::of(standing), std::cmp::Reverse(standing.since)));
        rule.notable.truncate(SHOWN);
    }
    Ok(tidied(rules))
}

impl Tidy for RuleLine {
    fn tidy(&mut self) {
        self.pipeline.tidy();
        self.notable.tidy();
        self.fine.tidy();
    }
}
