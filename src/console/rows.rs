//! The table in view: where its cursor is, which columns are shown, and what is asked about its rows.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::load::data::TablePage;
use super::load::window::{Head, Window};
use super::place::Source;
use super::query::Job;
use crate::domain::Instant;

/// The view of a table: a window of rows around the cursor.
#[derive(Debug, Clone)]
pub struct TableView {
    /// What it shows.
    pub source: Source,
    /// What that is made of, once known.
    pub page: Option<TablePage>,
    /// Rows in all.
    pub total: u64,
    /// Row under the cursor.
    pub cursor: u64,
    /// First row on screen.
    pub top: u64,
    /// Every column, once known.
    pub schema: Vec<Head>,
    /// Columns that are not shown, by name.
    pub hidden: BTreeSet<String>,
    /// How many of the shown columns stay at the left.
    pub frozen: usize,
    /// Column under the cursor, among the shown ones.
    pub column: usize,
    /// First column on screen that is not frozen. The view moves it as little as it can.
    pub left: Cell<usize>,
    /// The rows that were read last.
    pub window: Window,
    /// Counts what the rows are read from: what an older reading brings is dropped.
    pub generation: u64,
    /// The rows that are being read: (first, count).
    pub asked: Option<(u64, u64)>,
    /// Why they could not be read.
    pub trouble: Option<String>,
    /// Rows on screen at the last frame.
    pub height: Cell<u64>,
    /// What is asked of the rows.
    pub query: Query,
    /// Where the rows are that fit it, as parts; absent: it asks nothing.
    pub found: Option<Vec<(String, u64)>>,
    /// Whether the dataset has changed since they were found.
    pub outdated: bool,
}

/// What is asked of the rows of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// A SELECT that takes the place of the table.
    pub sql: String,
    /// Only rows for which this holds.
    pub conditions: String,
    /// Columns to sort by, each with whether the largest comes first.
    pub sort: Vec<(String, bool)>,
}

impl Query {
    /// Whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        self.sql.is_empty() && self.conditions.is_empty() && self.sort.is_empty()
    }
}

/// A question that is being answered.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its number, by which its answer is known.
    pub number: u64,
    /// What is asked, for the heading: `sorting by delay`.
    pub what: String,
    /// Since when.
    pub since: Instant,
    /// What holds for the table once it is answered, where it is about that.
    pub query: Option<Query>,
    /// The question itself.
    pub job: Job,
}

/// What was typed before, oldest first, and the question under way.
#[derive(Debug, Default)]
pub struct Asking {
    /// Counts the questions.
    pub number: u64,
    /// The one under way.
    pub question: Option<Question>,
    /// SELECTs that were typed.
    pub selects: Vec<String>,
    /// Conditions that were typed.
    pub conditions: Vec<String>,
}

impl TableView {
    /// A table before anything of it was read.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            page: None,
            total: 0,
            cursor: 0,
            top: 0,
            schema: Vec::new(),
            hidden: BTreeSet::new(),
            frozen: 0,
            column: 0,
            left: Cell::new(0),
            window: Window::default(),
            generation: 0,
            asked: None,
            trouble: None,
            height: Cell::new(20),
            query: Query::default(),
            found: None,
            outdated: false,
        }
    }

    /// The shown columns.
    pub fn shown(&self) -> Vec<&Head> {
        self.schema.iter().filter(|head| !self.hidden.contains(&head.name)).collect()
    }

    /// The column under the cursor.
    pub fn current(&self) -> Option<&Head> {
        self.shown().get(self.column).copied()
    }

    /// Where its rows are: (path, rows), in order.
    pub fn parts(&self) -> &[(String, u64)] {
        let page = self.page.as_ref().map(|page| page.parts.as_slice());
        self.found.as_deref().or(page).unwrap_or_default()
    }

    /// Takes other rows into view, from their beginning.
    pub fn turn(&mut self) {
        self.generation += 1;
        self.window = Window::default();
        self.asked = None;
        self.trouble = None;
        self.total = self.parts().iter().map(|(_, rows)| rows).sum();
        self.cursor = 0;
        self.top = 0;
    }

    /// The cells of the row under the cursor that were read: column by column.
    pub fn row(&self) -> Option<&[Option<String>]> {
        let at = self.cursor.checked_sub(self.window.from)?;
        self.window.rows.get(usize::try_from(at).ok()?).map(Vec::as_slice)
    }
}
