//! Overlays: a stack of layers of which the front one gets the keys.

use std::cell::Cell;

use tui_input::Input;

use super::Leave;
use super::action::Ask;
use super::keymap::{self, Act, On};
use super::load::data::TABLES;
use super::place::Place;
use super::query::{Groups, Summary};
use super::rows::TableView;
use super::state::State;
use super::verb::Verb;
use crate::console::fuzzy;
use crate::domain::dataset::DatasetKind;
use crate::domain::file::FileVerb;
use crate::domain::run::RerunFrom;
use crate::domain::why::Why;
use crate::domain::wire::{Command, RerunPreview};

/// An overlay.
#[derive(Debug, Clone)]
pub enum Layer {
    /// Help, or the palette.
    Commands(Commands),
    /// A question with a few answers.
    Choice(Choice),
    /// A question for a line of text.
    Prompt(Prompt),
    /// How long to mute, and why.
    Mute(Mute),
    /// What a rerun would do.
    Rerun(Rerun),
    /// One row of a table with its cells whole.
    Record(Record),
    /// Which columns of a table are shown.
    Columns(Columns),
    /// What is in a column.
    Summary(Summary),
    /// What was said; holds how many of the newest are passed over.
    Said(usize),
    /// Rows by the values of a column; holds the first group shown.
    Groups(Groups, usize),
    /// Why a row was predicted as it was; holds the first feature shown.
    Why(Box<Why>, usize),
}

/// A searchable list of everything that can be asked for.
#[derive(Debug, Clone)]
pub struct Commands {
    /// Help lists keys by place; the palette is for typing.
    pub help: bool,
    /// What was typed.
    pub input: Input,
    /// Which of the entries is selected.
    pub selected: usize,
}

/// What an entry leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Something to do.
    Act(Act),
    /// A place.
    Place(Place),
    /// A pipeline, on the overview.
    Pipeline(String),
    /// A dataset of a pipeline.
    Dataset(String, DatasetKind),
}

/// One entry of [`Commands`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it does.
    pub target: Target,
    /// Its keys; of what has none, what it is.
    pub keys: String,
    /// Its description.
    pub about: String,
    /// Whether it belongs to this place rather than to all.
    pub own: bool,
}

impl Commands {
    /// The entries that fit what was typed: best first when something was, in the table's order otherwise.
    pub fn entries(&self, state: &State) -> Vec<Entry> {
        let screen = state.place.screen();
        let needle = self.input.value();
        let mut fitting: Vec<(i64, Entry)> = keymap::here(screen)
            .filter_map(|binding| {
                let keys = binding.keys();
                let score = fuzzy::score(needle, &format!("{} {keys}", binding.about))?;
                let own = matches!(binding.on, On::Only(_));
                Some((score, Entry { target: Target::Act(binding.act), keys, about: binding.about.to_owned(), own }))
            })
            .collect();
        if !self.help && !needle.trim().is_empty() {
            fitting.extend(things(state).into_iter().filter_map(|(target, kind, about)| {
                let score = fuzzy::score(needle, &format!("{kind} {about}"))?;
                Some((score, Entry { target, keys: kind.to_owned(), about, own: false }))
            }));
        }
        if !needle.trim().is_empty() {
            fitting.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        }
        fitting.into_iter().map(|(_, entry)| entry).collect()
    }
}

/// What the palette finds beside commands: (where it leads, what it is, what it is called).
fn things(state: &State) -> Vec<(Target, &'static str, String)> {
    let mut all = Vec::new();
    let overview = state.overview.as_ref();
    for card in overview.iter().flat_map(|overview| &overview.pipelines) {
        let name = &card.row.name;
        all.push((Target::Pipeline(name.clone()), "pipeline", format!("{name}: {}", card.row.title)));
        for kind in TABLES {
            all.push((Target::Dataset(name.clone(), kind), "dataset", format!("{} of {name}", kind.name())));
        }
    }
    let newest = overview.iter().flat_map(|overview| &overview.pipelines).filter_map(|card| card.run.as_ref());
    let listed = state.pages.runs.iter().flatten();
    let mut seen = std::collections::BTreeSet::new();
    for run in listed.chain(newest.map(|card| &card.run)).filter(|run| seen.insert(run.id)) {
        let day = run.created.format("%Y-%m-%d");
        let about = format!("{} of {}, {}, {day}", run.id, run.pipeline, run.state);
        all.push((Target::Place(Place::Run { run: run.id }), "run", about));
    }
    all
}

/// A question with a few answers. The first one changes nothing and is the default.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The question.
    pub title: String,
    /// What to know before answering.
    pub body: Vec<String>,
    /// The answers.
    pub answers: Vec<Answer>,
    /// Which one is selected.
    pub selected: usize,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its name.
    pub label: &'static str,
    /// What it means.
    pub about: &'static str,
    /// What it does.
    pub outcome: Outcome,
    /// Whether it cannot be taken back.
    pub grave: bool,
}

/// What an answer does.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Nothing.
    Close,
    /// Leaves.
    Leave(Leave),
    /// Asks the engine.
    Send(Ask, Command),
    /// Answers these alerts.
    Answer(Verb, Vec<i64>),
    /// Does this with these file versions.
    Files(FileVerb, Vec<i64>),
    /// The same, once this word is typed.
    Typed(&'static str, Box<Outcome>),
    /// Writes the rows over the file at this path.
    Write(String),
}

/// A question for a line of text.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// The question.
    pub title: String,
    /// What it is about.
    pub body: Vec<String>,
    /// What was typed.
    pub input: Input,
    /// What the text is for.
    pub goal: Goal,
    /// What was wrong about it.
    pub problem: String,
    /// How many texts back in what was typed before.
    pub back: Option<usize>,
}

impl Prompt {
    /// An empty one.
    pub fn new(title: String, body: Vec<String>, goal: Goal) -> Self {
        Self { title, body, input: Input::default(), goal, problem: String::new(), back: None }
    }
}

/// One row of a table.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// First line shown.
    pub top: usize,
    /// Lines that can be scrolled at the last frame.
    pub lines: Cell<usize>,
    /// Its cells whole, once read; until then those of the table are shown.
    pub whole: Option<Vec<Option<String>>>,
}

/// The choice of columns.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// What was typed to find one.
    pub input: Input,
    /// Which one is under the cursor.
    pub selected: usize,
}

impl Columns {
    /// Names of the columns that fit what was typed.
    pub fn fitting(&self, view: &TableView) -> Vec<String> {
        let names = view.schema.iter().map(|head| &head.name);
        names.filter(|name| fuzzy::fits(self.input.value(), &name.to_lowercase())).cloned().collect()
    }
}

/// What the text of a prompt is for.
#[derive(Debug, Clone)]
pub enum Goal {
    /// The note of an answer to these alerts.
    Answer(Verb, Vec<i64>),
    /// Why this is done with these file versions.
    Files(FileVerb, Vec<i64>),
    /// The name of the channel to test.
    TestChannel,
    /// Conditions on the rows of the table.
    Conditions,
    /// A SELECT over the table.
    Select,
    /// Where to write the rows.
    Export,
    /// An earlier instant to look from.
    Instant,
    /// From when to when runs are listed.
    Range,
    /// A day to go to.
    Date,
    /// What lines of the log have in them.
    Search,
    /// Where to write the log.
    SaveLog,
    /// A word, before something that cannot be taken back.
    Word(&'static str, Box<Outcome>),
    /// Why this version is to serve.
    Promote {
        /// Of which pipeline.
        pipeline: String,
        /// Which.
        version: i64,
    },
    /// Why the version before is to serve again.
    Rollback {
        /// Of which pipeline.
        pipeline: String,
    },
}

/// The mute dialog. What is typed goes to the reason, or to the span when that is to be typed.
#[derive(Debug, Clone)]
pub struct Mute {
    /// The question.
    pub title: String,
    /// What it is about.
    pub body: Vec<String>,
    /// The alerts.
    pub alerts: Vec<i64>,
    /// Which of the spans is chosen.
    pub chosen: usize,
    /// The operator's own span.
    pub own: Input,
    /// Why.
    pub reason: Input,
    /// Whether what is typed goes to the span.
    pub in_own: bool,
    /// What is still missing.
    pub problem: String,
}

impl Mute {
    /// The dialog before anything was typed.
    pub fn new(title: String, body: Vec<String>, alerts: Vec<i64>) -> Self {
        let (own, reason) = (Input::default(), Input::default());
        Self { title, body, alerts, chosen: 0, own, reason, in_own: false, problem: String::new() }
    }
}

/// The rerun dialog.
#[derive(Debug, Clone)]
pub struct Rerun {
    /// The run to repeat.
    pub run: i64,
    /// Its pipeline.
    pub pipeline: String,
    /// From where it can be repeated.
    pub options: Vec<RerunFrom>,
    /// Which one is chosen.
    pub chosen: usize,
    /// What the engine says it would do: nothing yet, an answer, or a refusal.
    pub preview: Option<Result<RerunPreview, String>>,
    /// Whether the button that starts it has the focus; the other one closes the dialog.
    pub go: bool,
}
