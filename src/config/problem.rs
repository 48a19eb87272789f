//! What is wrong with a configuration, and how it is shown.

use std::fmt::{Display, Formatter};

use serde::Serialize;

use super::render;

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can, but it is probably not what was meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How grave.
    pub severity: Severity,
    /// The file, relative to the workspace, `/`-separated.
    pub file: String,
    /// 1-based line; 0 when the problem is about the file as a whole.
    pub line: usize,
    /// 1-based column in characters; 0 when the problem is about the file as a whole.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What was expected instead; written at the underlined place. May be empty.
    pub expected: String,
    /// What to do, if more can be said.
    pub help: Option<String>,
    /// The line it is on, as it stands in the file.
    #[serde(skip)]
    pub(super) excerpt: String,
    /// How many characters are underlined from `column` on.
    #[serde(skip)]
    pub(super) width: usize,
}

impl Display for Problem {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&render::problem(self, false))
    }
}

/// Everything that is wrong, in the order of files and lines. `Display` shows it as a compiler would, without colour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Problems {
    /// Why the configuration cannot be used.
    pub errors: Vec<Problem>,
    /// What is probably not meant.
    pub warnings: Vec<Problem>,
}

impl Problems {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.warnings.is_empty()
    }

    /// All of it as text, each problem with its line underlined, and a count at the end; `colour` adds ANSI colours.
    pub fn render(&self, colour: bool) -> String {
        render::problems(self, colour)
    }

    /// The first error in one sentence with its place, for where there is room for one line only.
    pub fn headline(&self) -> Option<String> {
        let first = self.errors.first()?;
        let place = if first.line == 0 { first.file.clone() } else { format!("{}:{}", first.file, first.line) };
        let more = match self.errors.len() {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        Some(format!("{place}: {}{more}", first.message))
    }

    pub(super) fn push(&mut self, problem: Problem) {
        match problem.severity {
            Severity::Error => self.errors.push(problem),
            Severity::Warning => self.warnings.push(problem),
        }
    }

    /// A problem of a file as a whole.
    pub(super) fn push_whole(&mut self, file: impl Into<String>, message: impl Into<String>, help: Option<String>) {
        self.push(Problem {
            severity: Severity::Error,
            file: file.into(),
            line: 0,
            column: 0,
            message: message.into(),
            expected: String::new(),
            help,
            excerpt: String::new(),
            width: 0,
        });
    }
}

impl Display for Problems {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}
