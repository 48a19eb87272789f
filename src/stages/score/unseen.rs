//! Saying what the model was never shown.

use crate::domain::metric::Metric;
use crate::domain::text::one_line;
use crate::learn::preprocess::Unseen;
use crate::stages::Events;

/// Levels of a column that are named.
const NAMED: usize = 5;

/// Says for every category of the batch the share of its rows whose level training never saw (`new_level_rate`), and
/// the rows of the most frequent of these levels (`new_level`, the level in `who`).
pub fn say(unseen: &[Unseen], version: i64, events: &Events) {
    for category in unseen.iter().filter(|category| category.rows > 0) {
        let say = |name: &str, who: &str, value: f64| {
            let (who, column) = (who.to_owned(), Some(category.feature.clone()));
            let metric = Metric::of_batch(name, value, category.rows);
            events.metric(Metric { who, column, model: Some(version), ..metric });
        };
        let rows: u64 = category.levels.iter().map(|(_, rows)| rows).sum();
        say("new_level_rate", "champion", rows as f64 / category.rows as f64);
        category.levels.iter().take(NAMED).for_each(|(level, rows)| say("new_level", &one_line(level), *rows as f64));
    }
}
