//! The boundary where text that others wrote becomes safe to show.

use crate::domain::alert::Evidence;
use crate::domain::diagnosis::Diagnosis;
use crate::domain::drift::Account;
use crate::domain::text::one_line;
use crate::store::alerts::AlertRow;
use crate::store::deliveries::DeliveryRow;
use crate::store::events::EventRow;
use crate::store::files::FileRow;
use crate::store::logs::LogRow;
use crate::store::models::ModelRow;
use crate::store::outbox::OutboxRow;
use crate::store::parts::PartRow;
use crate::store::pipelines::PipelineRow;
use crate::store::runs::RunRow;
use crate::store::stages::{AttemptRow, StageRow};
use crate::store::standings::StandingRow;
use crate::store::streams::StreamRow;
use crate::store::triggers::TriggerRow;

/// Longest text, in bytes, that is worth measuring and drawing; a cell may hold megabytes.
const LONGEST: usize = 8_192;

/// Something with text in it that others wrote.
pub trait Tidy {
    /// Makes its text safe to show.
    fn tidy(&mut self);
}

/// A list of such things.
pub fn tidied<T: Tidy>(mut rows: Vec<T>) -> Vec<T> {
    rows.iter_mut().for_each(Tidy::tidy);
    rows
}

/// One line that is safe to show and not endless.
pub fn line(text: &str) -> String {
    if text.len() <= LONGEST {
        return one_line(text);
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    one_line(&text[..end]) + "…"
}

impl Tidy for String {
    fn tidy(&mut self) {
        *self = line(self);
    }
}

impl<T: Tidy> Tidy for Option<T> {
    fn tidy(&mut self) {
        if let Some(inner) = self {
            inner.tidy();
        }
    }
}

impl<T: Tidy> Tidy for Vec<T> {
    fn tidy(&mut self) {
        self.iter_mut().for_each(Tidy::tidy);
    }
}

macro_rules! tidy_fields {
    ($($ty:ty => $($field:ident).+ $(, $more:ident $(. $rest:ident)*)*;)+) => {
        $(impl Tidy for $ty {
            fn tidy(&mut self) {
                self.$($field).+.tidy();
                $(self.$more$(.$rest)*.tidy();)*
            }
        })+
    };
}

tidy_fields! {
    PipelineRow => name, title, headline, stages;
    RunRow => pipeline, reason, error_class, error;
    StageRow => name, needs, summary, error;
    AttemptRow => stage, error_class, error;
    TriggerRow => answer.reason;
    FileRow => pipeline, key, token, hash, reason;
    StreamRow => pipeline, source, partition, position, mark;
    LogRow => stage, text;
    EventRow => pipeline, subject, text;
    PartRow => stage, part.partition;
    AlertRow => pipeline, finding.object, finding.message, finding.unit, finding.rule, finding.evidence, note, who;
    Evidence => files, columns, lines;
    DeliveryRow => channel, grouping, outcome, detail;
    OutboxRow => channel, key, grouping, state;
    StandingRow => pipeline, object, reason;
}

impl Tidy for ModelRow {
    fn tidy(&mut self) {
        let card = &mut self.card;
        card.algorithm.tidy();
        card.decision.reason.tidy();
        for check in &mut card.decision.checks {
            check.name.tidy();
            check.detail.tidy();
        }
        for standing in card.contest.iter_mut().chain(&mut card.standings) {
            standing.who.tidy();
        }
        for (feature, _) in &mut card.importance {
            feature.tidy();
        }
        for leak in &mut card.leaks {
            leak.feature.tidy();
        }
    }
}

impl Tidy for Account {
    fn tidy(&mut self) {
        self.texts_mut().for_each(Tidy::tidy);
    }
}

impl Tidy for Diagnosis {
    fn tidy(&mut self) {
        self.texts_mut().for_each(Tidy::tidy);
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn endless_and_hostile_text_becomes_short_and_harmless() {
        let hostile = "\x1b[2J".to_owned() + &"é".repeat(1_000_000);
        let shown = line(&hostile);
        assert!(shown.starts_with("\\x1b[2J") && shown.ends_with('…'));
        assert!(shown.len() < 9_000);
    }
}
