//! `[alerts.data_drift]`

use crate::config::field::Field;
use crate::config::rules::DataDriftRule;
use crate::config::section::Section;

pub(super) fn read(section: &Section<'_>) -> DataDriftRule {
    let defaults = DataDriftRule::default();
    let of = section.or("of", defaults.of, |f| f.integer(1, 20));
    DataDriftRule {
        effect: section.or("effect", defaults.effect, Field::positive),
        discoveries: section.or("discoveries", defaults.discoveries, Field::share),
        runs: section.or("runs", defaults.runs, |f| runs(f, of)),
        of,
        important: section.or("important", defaults.important, Field::share),
        auc: section
            .or("auc", defaults.auc, |f| f.number_where("a number from 0.5 to 1", |x| (0.5..=1.0).contains(&x))),
        min_rows: section.or("min_rows", defaults.min_rows, |f| f.integer(1, 1_000_000)),
    }
}

/// No more than the runs looked at.
fn runs(field: &Field<'_>, of: usize) -> Option<usize> {
    let runs: usize = field.integer(1, 20)?;
    if runs > of {
        field.error(format!("`runs` is {runs}, but only {of} are looked at"), "expected no more than `of`");
        return None;
    }
    Some(runs)
}
