//! One file as it was read, and what was found wrong with it.

use std::cell::RefCell;
use std::ops::Range;

use super::problem::{Problem, Severity};

/// The place of what is about a file as a whole: something is missing in it.
pub(super) const WHOLE: Range<usize> = 0..0;

/// A file's text, with the problems found in it so far.
pub(super) struct Source {
    name: String,
    text: String,
    found: RefCell<Vec<(usize, Problem)>>,
}

impl Source {
    /// `name` is how the file is called in messages: its path within the workspace.
    pub(super) fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), found: RefCell::default() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Records an error at a byte range: what is wrong, and what was expected there (may be empty).
    pub(super) fn error(&self, at: Range<usize>, message: impl Into<String>, expected: impl Into<String>) {
        self.record(Severity::Error, at, message.into(), expected.into(), None);
    }

    /// As [`Self::error`], with what to do.
    pub(super) fn error_with_help(
        &self,
        at: Range<usize>,
        message: impl Into<String>,
        expected: impl Into<String>,
        help: Option<String>,
    ) {
        self.record(Severity::Error, at, message.into(), expected.into(), help);
    }

    /// As [`Self::error_with_help`], and does not show what stands there.
    pub(super) fn error_about_secret(&self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.error_with_help(at, message, "", Some(help.into()));
        if let Some((_, problem)) = self.found.borrow_mut().last_mut() {
            let from = problem.column.saturating_sub(1);
            let shown = problem.excerpt.chars().enumerate().filter(|(i, _)| !(from..from + problem.width).contains(i));
            let mut shown: Vec<char> = shown.map(|(_, c)| c).collect();
            shown.splice(from..from, "***".chars());
            (problem.excerpt, problem.width) = (shown.into_iter().collect(), 3);
        }
    }

    /// Records a warning.
    pub(super) fn warning(&self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.record(Severity::Warning, at, message.into(), String::new(), Some(help.into()));
    }

    fn record(&self, severity: Severity, at: Range<usize>, message: String, expected: String, help: Option<String>) {
        if at == WHOLE {
            let excerpt = String::new();
            let file = self.name.clone();
            let problem = Problem { severity, file, line: 0, column: 0, message, expected, help, excerpt, width: 0 };
            self.found.borrow_mut().push((0, problem));
            return;
        }
        let start = at.start.min(self.text.len());
        let line_start = self.text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |i| start + i);
        let problem = Problem {
            severity,
            file: self.name.clone(),
            line: self.text[..start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            message,
            expected,
            help,
            excerpt: self.text[line_start..line_end].trim_end_matches('\r').to_owned(),
            width: self.text[start..at.end.clamp(start, line_end)].chars().count(),
        };
        self.found.borrow_mut().push((start, problem));
    }

    /// Whether an error was found so far.
    pub(super) fn has_errors(&self) -> bool {
        self.found.borrow().iter().any(|(_, p)| p.severity == Severity::Error)
    }

    /// What was found, in the order of the file.
    pub(super) fn into_problems(self) -> impl Iterator<Item = Problem> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|(at, _)| *at);
        found.into_iter().map(|(_, problem)| problem)
    }
}
