//! Files with other columns than the files before them.
//!
//! A header is compared with the usual one of its series: files of one landing whose names differ in digits only. New
//! columns become the usual ones when enough usable files in a row have them, or when an operator calls them normal.

use std::collections::HashSet;

use crate::config::rules::{HeaderChange, SchemaRule};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};

/// What a file was found to have.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Name of the file, sanitised.
    pub file: String,
    /// When it was first seen.
    pub at: Instant,
    /// Names of its columns in order, sanitised.
    pub columns: Vec<String>,
    /// Their types; empty when the format has none.
    pub types: Vec<String>,
    /// Whether it could be used: files in quarantine make nothing usual.
    pub usable: bool,
}

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// No longer there.
    Removed(String),
    /// Gone, and another in its place: a guess by place and name.
    Renamed(String, String),
    /// New.
    Added(String),
    /// The columns both have stand in another order.
    Reordered,
    /// Another type: column, before, now.
    Type(String, String, String),
}

/// So alike are two names (Jaro-Winkler) that one probably replaced the other.
const ALIKE: f64 = 0.8;
/// Of a list in a message, so many are named.
const NAMED: usize = 6;

/// The series a file belongs to: its name with `*` for dates and numbers.
pub fn series(file: &str) -> String {
    let mut name = String::with_capacity(file.len());
    let mut characters = file.chars().peekable();
    while let Some(c) = characters.next() {
        if !c.is_ascii_digit() {
            name.push(c);
            continue;
        }
        // What stands between digits belongs to them: 2013-03-09T12:00.
        while let Some(next) = characters.peek().copied() {
            let mut ahead = characters.clone();
            ahead.next();
            let joins = "-_:.T".contains(next) && ahead.peek().is_some_and(char::is_ascii_digit);
            if !next.is_ascii_digit() && !joins {
                break;
            }
            characters.next();
        }
        name.push('*');
    }
    name
}

/// Judges the newest header of a series (oldest first). `normal`: up to when an operator called what was seen normal.
/// `None` with fewer than two headers.
pub fn judge(series: &str, headers: &[Header], normal: Option<Instant>, rule: &SchemaRule) -> Option<Verdict> {
    let [first, rest @ ..] = headers else { return None };
    let newest = rest.last()?;
    let fine = |reason: String| Verdict::Fine { kind: AlertKind::SchemaChange, object: series.to_owned(), reason };
    // The usual header, the first file that had the one since, and how many usable files did.
    let mut usual = first;
    let mut other: Option<(&Header, usize)> = None;
    let mut accepted = None;
    for header in rest {
        if same(usual, header) {
            other = None;
            continue;
        }
        let (begin, had) = other.filter(|(begin, _)| same(begin, header)).unwrap_or((header, 0));
        let had = had + usize::from(header.usable);
        if had >= rule.accept_after || normal.is_some_and(|until| header.at <= until) {
            (usual, other, accepted) = (header, None, Some(header.file.as_str()));
        } else {
            other = Some((begin, had));
        }
    }
    let Some((begin, _)) = other else {
        return Some(fine(match accepted {
            Some(file) if file == newest.file => "its columns are the usual ones from now on".to_owned(),
            _ => format!("{} has the usual columns", newest.file),
        }));
    };
    let changes: Vec<Change> =
        changes(usual, begin).into_iter().filter(|change| rule.changes.contains(&change.kind())).collect();
    if changes.is_empty() {
        return Some(fine(format!("{} differs only in what does not count", newest.file)));
    }
    Some(Verdict::Bad(finding(series, usual, begin, &changes, rule)))
}

fn finding(series: &str, usual: &Header, begin: &Header, changes: &[Change], rule: &SchemaRule) -> Finding {
    let grave = changes.iter().any(|change| !matches!(change, Change::Added(_) | Change::Reordered));
    let message = format!("the columns changed with {} (before: {}): {}", begin.file, usual.file, told(changes));
    let severity = if grave { Severity::Warning } else { Severity::Info };
    let count = usual.columns.len() as f64;
    Finding {
        observed: Some(begin.columns.len() as f64),
        expected: Some((count, count)),
        unit: "columns".to_owned(),
        evidence: Evidence {
            files: vec![begin.file.clone(), usual.file.clone()],
            columns: changes.iter().flat_map(Change::columns).take(Evidence::MOST).collect(),
            lines: vec![format!("before: {}", listed(&usual.columns)), format!("now: {}", listed(&begin.columns))],
            ..Evidence::default()
        },
        ..Finding::new(
            AlertKind::SchemaChange,
            series,
            severity,
            message,
            &format!("columns other than before; {} usable files in a row make them the usual", rule.accept_after),
        )
    }
}

fn listed(columns: &[String]) -> String {
    let more = columns.len().saturating_sub(Evidence::MOST);
    let shown = columns.iter().take(Evidence::MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

fn same(a: &Header, b: &Header) -> bool {
    a.columns == b.columns && a.types == b.types
}

/// What changed from one header to the next.
pub fn changes(before: &Header, now: &Header) -> Vec<Change> {
    let (old, new): (HashSet<&String>, HashSet<&String>) =
        (before.columns.iter().collect(), now.columns.iter().collect());
    let gone: Vec<&String> = before.columns.iter().filter(|name| !new.contains(name)).collect();
    let mut fresh: Vec<&String> = now.columns.iter().filter(|name| !old.contains(name)).collect();
    let mut found = Vec::new();
    for name in gone {
        match replacement(name, before, now, &fresh) {
            Some(at) => found.push(Change::Renamed(name.clone(), fresh.remove(at).clone())),
            None => found.push(Change::Removed(name.clone())),
        }
    }
    found.extend(fresh.into_iter().map(|name| Change::Added(name.clone())));
    let kept = |all: &[String], other: &HashSet<&String>| -> Vec<String> {
        all.iter().filter(|name| other.contains(name)).cloned().collect()
    };
    if kept(&before.columns, &new) != kept(&now.columns, &old) {
        found.push(Change::Reordered);
    }
    for (name, was) in before.columns.iter().zip(&before.types) {
        let is = now.columns.iter().position(|other| other == name).and_then(|at| now.types.get(at));
        if let Some(is) = is.filter(|is| *is != was) {
            found.push(Change::Type(name.clone(), was.clone(), is.clone()));
        }
    }
    found
}

/// Which of the new columns probably replaced one that is gone: the most alike by name, else the one in its place.
fn replacement(gone: &str, before: &Header, now: &Header, fresh: &[&String]) -> Option<usize> {
    let likeness = |name: &String| strsim::jaro_winkler(&gone.to_lowercase(), &name.to_lowercase());
    let alike = (0..fresh.len()).max_by(|a, b| likeness(fresh[*a]).total_cmp(&likeness(fresh[*b])));
    if let Some(at) = alike.filter(|at| likeness(fresh[*at]) > ALIKE) {
        return Some(at);
    }
    let place = before.columns.iter().position(|name| name == gone)?;
    let there = now.columns.get(place).filter(|_| before.columns.len() == now.columns.len())?;
    (before.types.get(place) == now.types.get(place)).then_some(())?;
    fresh.iter().position(|name| *name == there)
}

impl Change {
    fn kind(&self) -> HeaderChange {
        match self {
            Self::Removed(_) => HeaderChange::Removed,
            Self::Renamed(..) => HeaderChange::Renamed,
            Self::Added(_) => HeaderChange::Added,
            Self::Reordered => HeaderChange::Reordered,
            Self::Type(..) => HeaderChange::Type,
        }
    }

    fn columns(&self) -> Vec<String> {
        match self {
            Self::Removed(name) | Self::Added(name) | Self::Type(name, ..) => vec![name.clone()],
            Self::Renamed(from, to) => vec![from.clone(), to.clone()],
            Self::Reordered => Vec::new(),
        }
    }
}

/// Changes in plain words.
pub fn told(changes: &[Change]) -> String {
    let mut said: Vec<String> = Vec::new();
    let names = |pick: fn(&Change) -> Option<&String>| changes.iter().filter_map(pick).collect::<Vec<_>>();
    for change in changes.iter().filter(|change| matches!(change, Change::Renamed(..))).take(NAMED) {
        if let Change::Renamed(from, to) = change {
            said.push(format!("column `{from}` is gone, `{to}` is new in its place"));
        }
    }
    let gone = names(|change| if let Change::Removed(name) = change { Some(name) } else { None });
    let fresh = names(|change| if let Change::Added(name) = change { Some(name) } else { None });
    said.extend([(gone, "gone"), (fresh, "new")].into_iter().filter_map(|(names, what)| some(&names, what)));
    for change in changes.iter().take(NAMED) {
        if let Change::Type(name, was, is) = change {
            said.push(format!("column `{name}` is {is} where it was {was}"));
        }
    }
    if changes.contains(&Change::Reordered) {
        said.push("the columns stand in another order".to_owned());
    }
    said.join("; ")
}

fn some(names: &[&String], what: &str) -> Option<String> {
    let shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("column {shown} is {what}")),
        n if n > NAMED => Some(format!("columns {shown} and {} more are {what}", n - NAMED)),
        _ => Some(format!("columns {shown} are {what}")),
    }
}

#[cfg(test)]
mod tests;
