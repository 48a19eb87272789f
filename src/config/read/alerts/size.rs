//! `[alerts.file_size]`

use crate::config::field::Field;
use crate::config::rules::{Direction, FileSizeRule, Sensitivity};
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> FileSizeRule {
    let defaults = FileSizeRule::default();
    let sensitivities = [("high", Sensitivity::High), ("medium", Sensitivity::Medium), ("low", Sensitivity::Low)];
    let directions = [("both", Direction::Both), ("up", Direction::Up), ("down", Direction::Down)];
    let rows = |field: &Field<'_>| field.integer(0, i64::MAX);
    let (min_bytes, min_rows) = (section.maybe("min_bytes", Field::size), section.maybe("min_rows", rows));
    FileSizeRule {
        ratio: section.or("ratio", defaults.ratio, |f| f.number_where("a factor above 1", |x| x > 1.0)),
        sensitivity: section.or("sensitivity", defaults.sensitivity, |f| f.choice(&sensitivities)),
        sigmas: section.maybe("sigmas", Field::positive),
        direction: section.or("direction", defaults.direction, |f| f.choice(&directions)),
        min_bytes,
        max_bytes: section.maybe("max_bytes", |f| above(f, f.size(), min_bytes)),
        min_rows,
        max_rows: section.maybe("max_rows", |f| above(f, rows(f), min_rows)),
    }
}

/// An upper bound that is not below its lower one.
fn above(field: &Field<'_>, most: Option<u64>, least: Option<u64>) -> Option<u64> {
    let most = most?;
    if least.is_some_and(|least| most < least) {
        field.error(format!("`{}` is below its lower bound", field.key), "expected more: every file would be abnormal");
        return None;
    }
    Some(most)
}
