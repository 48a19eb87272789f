//! Which column of a file is which column of the plan.

use std::collections::HashSet;

use super::columns::ColumnRule;
use super::filling::Taking;
use super::source::{Refusal, quarantine};
use crate::domain::form::{Budget, Evolution};
use crate::domain::format;
use crate::domain::job::WorkerEvent;
use crate::domain::plan::system;
use crate::domain::text::one_line;

/// Of a header, at most so many columns are told, and so many characters of a name.
const MOST: (usize, usize) = (5_000, 200);

/// Tells the engine which columns a file has.
pub(super) fn announce(taking: Taking<'_>, header: &[String], mut types: Vec<String>) {
    if !taking.first {
        // The members of one file are one file: the first speaks for all.
        return;
    }
    types.truncate(MOST.0);
    let short = |name: &String| one_line(&name.chars().take(MOST.1).collect::<String>());
    let columns = header.iter().take(MOST.0).map(short).collect();
    taking.events().send(WorkerEvent::Header { file: taking.file.id, columns, types });
}

/// A file with more columns than the budget has is no table.
pub(super) fn few_enough(columns: usize, budget: Budget) -> Result<(), Refusal> {
    if columns as u64 <= budget.columns {
        return Ok(());
    }
    let (found, most) = (format::count(columns as u64), format::count(budget.columns));
    quarantine(format!("the file has {found} columns or more, and may have {most} (`landing.max_columns`)"))
}

/// Position in the file of each of `rules` (which are read, not derived); `None` for an optional one that is not
/// there. A missing required column, or one that is there twice, is another schema, and so is a further one where the
/// landing says so.
pub(super) fn positions(header: &[String], taking: Taking<'_>) -> Result<Vec<Option<usize>>, Refusal> {
    let rules = taking.rules();
    let mut seen = HashSet::new();
    let is_read = |name: &str| rules.iter().any(|rule| rule.plan.source == name);
    if let Some(twice) = header.iter().find(|name| !seen.insert(name.as_str()) && is_read(name)) {
        return quarantine(format!("the header names `{twice}` twice"));
    }
    let positions: Vec<Option<usize>> =
        rules.iter().map(|rule| header.iter().position(|name| *name == rule.plan.source)).collect();
    let missing = missing(rules, |name| header.iter().any(|found| found == name));
    let frozen = taking.evolution() != Evolution::Fail || header.iter().all(|name| name.is_empty() || is_read(name));
    if missing.is_empty() && frozen { Ok(positions) } else { quarantine(other_schema(header, rules, &missing)) }
}

/// Names in the file that the rules cannot do without and that are not there.
pub(super) fn missing<'a>(rules: &[&'a ColumnRule<'_>], is_there: impl Fn(&str) -> bool) -> Vec<&'a str> {
    let needed = rules.iter().filter(|rule| !rule.plan.optional && rule.plan.source != system::RESCUED);
    needed.map(|rule| rule.plan.source.as_str()).filter(|name| !is_there(name)).collect()
}

fn other_schema(header: &[String], rules: &[&ColumnRule<'_>], missing: &[&str]) -> String {
    let unexpected: Vec<&str> = header
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty() && rules.iter().all(|rule| rule.plan.source != *name))
        .collect();
    let mut differences = Vec::new();
    if !missing.is_empty() {
        differences.push(format!("{} missing", named(missing)));
    }
    if !unexpected.is_empty() {
        differences.push(format!("{} not in the plan", named(&unexpected)));
    }
    let mut text = format!("the file has another schema: {}", differences.join("; "));
    for (missing, found) in missing.iter().filter_map(|name| Some((name, nearest(name, &unexpected)?))).take(2) {
        text.push_str(&format!("; did `{found}` take the place of `{missing}`?"));
    }
    if let [only] = header
        && let Some(delimiter) = [';', '\t', '|', ','].into_iter().find(|one| only.contains(*one))
    {
        text.push_str(&format!("; is the delimiter {delimiter:?}?"));
    }
    text
}

fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let likeness = |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let best = candidates.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.8).then_some(*best)
}

fn named(names: &[&str]) -> String {
    let shown = names.iter().take(8).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
    format!("{shown}{more} {}", if names.len() == 1 { "is" } else { "are" })
}
