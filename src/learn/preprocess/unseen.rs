//! Levels that training never saw.

use std::collections::HashSet;

use super::fit::present;
use super::{Coding, Preprocess};
use crate::learn::frame::{Column, Frame};

/// What rows hold of one category that the model has not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The feature.
    pub feature: String,
    /// Rows that have a value.
    pub rows: u64,
    /// The levels never seen with their rows, most frequent first.
    pub levels: Vec<(String, u64)>,
}

impl Preprocess {
    /// What `frame` (with this preprocessing's features) holds that training never saw, for every category.
    pub fn unseen(&self, frame: &Frame) -> Vec<Unseen> {
        let mut unseen = Vec::new();
        for (feature, column) in self.features.iter().zip(&frame.columns) {
            let (Coding::Category { levels: known, .. }, Column::Category { codes, levels }) =
                (&feature.coding, column)
            else {
                continue;
            };
            let mut rows = vec![0_u64; levels.len()];
            (0..codes.len()).filter_map(|row| present(codes, row)).for_each(|code| rows[code] += 1);
            let known: HashSet<&str> = known.iter().map(|level| level.name.as_str()).collect();
            let mut new: Vec<(String, u64)> = levels
                .iter()
                .zip(&rows)
                .filter(|(name, rows)| **rows > 0 && !known.contains(name.as_str()))
                .map(|(name, rows)| (name.clone(), *rows))
                .collect();
            new.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            unseen.push(Unseen { feature: feature.plan.name.clone(), rows: rows.iter().sum(), levels: new });
        }
        unseen
    }
}
