//! Everything the console knows. Only `update` changes it; views read it.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::path::PathBuf;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::action::Link;
use super::keymap::Act;
use super::layer::Layer;
use super::layout::{Beside, Divider, Layout};
use super::lists::Listings;
use super::load::Wish;
use super::load::alerts::{AlertDetail, Group};
use super::load::data::DataPage;
use super::load::deliveries::DeliveriesPage;
use super::load::files::FileDetail;
use super::load::metrics::MetricsPage;
use super::load::model::ModelDetail;
use super::load::models::ModelsPage;
use super::load::overview::Overview;
use super::load::reports::ReportLine;
use super::load::rules::RuleLine;
use super::load::run::RunDetail;
use super::place::{List, Place, Side};
use super::rows::{Asking, TableView};
use super::settings::Setting;
use super::verb::Verb;
use crate::alerts::replay::{ReplayReport, RuleReplay};
use crate::config::console::ConsoleSettings;
use crate::domain::Instant;
use crate::domain::alert::Severity;
use crate::domain::dataset::DatasetKind;
use crate::domain::job::Level;
use crate::domain::location::Location;
use crate::domain::wire::{Command, Progress};
use crate::store::alerts::AlertRow;
use crate::store::events::EventRow;
use crate::store::files::FileRow;
use crate::store::runs::RunRow;
use crate::store::triage::View;

/// The state.
pub struct State {
    /// Name of the workspace.
    pub name: String,
    /// The lake.
    pub lake: Location,
    /// The instant that the view stands at: now, or an earlier one.
    pub now: Instant,
    /// What the clock says.
    pub clock: Instant,
    /// The earlier instant that is shown; absent: now.
    pub past: Option<Instant>,
    /// The earlier instant that was asked for; what is on screen follows with the next snapshot.
    pub goal: Option<Instant>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The link to the engine.
    pub link: Link,
    /// Why the store cannot be read.
    pub trouble: Option<String>,
    /// Where the operator is.
    pub place: Place,
    /// Where the operator came from.
    pub back: Vec<Place>,
    /// What the other pane shows, where there are two.
    pub beside: Option<Beside>,
    /// Whether the pane with the keys is the second one.
    pub swapped: bool,
    /// Whether the pane with the keys has the whole screen for itself.
    pub whole: bool,
    /// How the screen is divided.
    pub layout: Layout,
    /// Where the other pane was at the last frame.
    pub other: Cell<Rect>,
    /// The divider that the mouse has.
    pub drag: Option<Divider>,
    /// The dataset in view.
    pub kind: DatasetKind,
    /// The side from which a model version is looked at.
    pub side: Side,
    /// Whether the second pane of the screen has the keys.
    pub second: bool,
    /// Selection, filter and scroll of every list.
    pub lists: HashMap<List, ListState>,
    /// The list whose filter is being typed.
    pub typing: Option<List>,
    /// The overview, once read.
    pub overview: Option<Overview>,
    /// What the places show, once read.
    pub pages: Pages,
    /// What running stages last said: by run and stage.
    pub live: HashMap<(i64, String), Live>,
    /// The log's view.
    pub log: LogView,
    /// The table in view.
    pub table: Option<TableView>,
    /// What is asked about its rows.
    pub asking: Asking,
    /// The landing of every pipeline.
    pub landings: HashMap<String, PathBuf>,
    /// The workspace's folder.
    pub root: PathBuf,
    /// Folder for what questions find.
    pub found: PathBuf,
    /// How the alerts are looked at.
    pub triage: Triage,
    /// How far down the page in view is.
    pub scroll: Scroll,
    /// The marked rows of the list in view.
    pub marked: BTreeSet<i64>,
    /// Many requests that are on their way to the engine.
    pub batch: Option<Batch>,
    /// Overlays, the front one last.
    pub layers: Vec<Layer>,
    /// The console's own settings as they are.
    pub settings: ConsoleSettings,
    /// The console's own settings as they are written.
    pub written: ConsoleSettings,
    /// What is wrong about the operator's own keys.
    pub conflicts: Vec<String>,
    /// Whether the view is held: what happens is not shown until it goes on.
    pub held: bool,
    /// What the last answers can be taken back by, newest last.
    pub undo: Vec<Undo>,
    /// Everything that was said, newest last.
    pub said: VecDeque<(Instant, Level, String)>,
    /// From when to when runs are listed; the end is left out.
    pub range: Option<(Instant, Instant)>,
    /// How the runs are ordered.
    pub order: RunOrder,
    /// The run that the next one is compared with.
    pub marked_run: Option<i64>,
    /// Whether the pane with the keys has the whole screen.
    pub zoomed: bool,
    /// What a click would mean, by place; of the last frame.
    pub hits: RefCell<Vec<(Rect, Hit)>>,
    /// Messages on screen, newest last.
    pub toasts: Vec<Toast>,
    /// What the newest snapshot answers.
    pub read: Option<Wish>,
    /// What was asked of a list before it was read; done as soon as it is.
    pub pending: Vec<KeyEvent>,
    /// Whether something changed since the last frame.
    pub dirty: bool,
    /// Counts what changes the rows of lists.
    pub version: u64,
    /// The rows of every list as they were last worked out.
    pub listings: RefCell<Listings>,
}

/// How the alerts are looked at.
#[derive(Debug, Default, Clone)]
pub struct Triage {
    /// Which.
    pub view: View,
    /// How grave; all when absent.
    pub severity: Option<Severity>,
    /// Groups that are one line.
    pub folded: HashSet<Group>,
    /// Counts its changes.
    pub folds: u64,
}

/// A page that is longer than the screen.
#[derive(Debug, Default, Clone)]
pub struct Scroll {
    /// First line on screen.
    pub top: usize,
    /// Lines in all at the last frame.
    pub lines: Cell<usize>,
    /// Lines on screen at the last frame.
    pub page: Cell<usize>,
}

/// The same for many alerts or files: one request after the other, so that the engine is never flooded.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What is asked.
    pub name: &'static str,
    /// What one of them is called.
    pub of: &'static str,
    /// What is still to be sent.
    pub left: VecDeque<Command>,
    /// What the engine did.
    pub done: u64,
    /// What it refused.
    pub refused: u64,
    /// Its last sentence about that.
    pub reason: String,
}

/// What the places showed last; kept while elsewhere, so that going back shows something at once.
#[derive(Default)]
#[allow(missing_docs, reason = "named after the places")]
pub struct Pages {
    pub runs: Option<Vec<RunRow>>,
    pub run: Option<RunDetail>,
    pub files: Option<Vec<FileRow>>,
    pub file: Option<FileDetail>,
    pub data: Option<DataPage>,
    pub models: Option<ModelsPage>,
    pub model: Option<ModelDetail>,
    pub metrics: Option<MetricsPage>,
    pub alerts: Option<Vec<AlertRow>>,
    pub alert: Option<AlertDetail>,
    pub reports: Option<Vec<ReportLine>>,
    pub rules: Option<Vec<RuleLine>>,
    pub deliveries: Option<DeliveriesPage>,
    pub events: Option<Vec<EventRow>>,
    pub compare: Option<Box<[RunDetail; 2]>>,
    /// The workspace's settings, once read, or why they cannot be.
    pub settings: Option<Result<Vec<Setting>, String>>,
    pub replay: Replay,
    /// The place asked for is not in the store.
    pub gone: Option<Place>,
}

/// What the rules would have fired.
#[derive(Default)]
pub struct Replay {
    /// Number of the replay that was asked for last; the answers to earlier ones are dropped.
    pub number: u64,
    /// What came of it, or why nothing did; absent while it is under way.
    pub outcome: Option<Result<ReplayReport, String>>,
}

impl Replay {
    /// Every rule, once replayed.
    pub fn rules(&self) -> Option<&Vec<RuleReplay>> {
        self.outcome.as_ref()?.as_ref().ok().map(|report| &report.rules)
    }
}

/// A list as the operator left it. Rows are known by id, so that a refresh never moves the cursor.
#[derive(Debug, Default, Clone)]
pub struct ListState {
    /// Id of the row under the cursor; the first row when absent.
    pub selected: Option<String>,
    /// Where that row was last, for when it vanishes.
    pub index: usize,
    /// The filter.
    pub filter: String,
    /// First row on screen. The view moves it as little as it can.
    pub offset: Cell<usize>,
    /// Rows on screen at the last frame.
    pub page: Cell<usize>,
}

/// What a running stage last said, and how fast it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The last word.
    pub progress: Progress,
    /// Units a second, smoothed.
    pub rate: Option<f64>,
}

/// The view of a log.
#[derive(Debug, Default, Clone)]
pub struct LogView {
    /// Id of the last line on screen; the newest line when absent: the log is followed.
    pub held: Option<i64>,
    /// Only the selected stage.
    pub only_stage: bool,
    /// Long lines go on in the next row.
    pub wrap: bool,
    /// Instants are not shown.
    pub timeless: bool,
    /// Only lines at least this grave.
    pub level: Option<Level>,
    /// Only lines with this in them.
    pub search: String,
    /// Lines on screen at the last frame.
    pub page: Cell<usize>,
}

/// What takes an answer back.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// This answer to these alerts.
    Answer(Verb, Vec<i64>),
    /// This request.
    Command(Command),
}

/// What a click means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A row of a list, by its place among those shown.
    Row(List, usize),
    /// A row of the table in view.
    Line(u64),
    /// The heading of a column of the table in view.
    Head(usize),
    /// A key of the footer.
    Act(Act),
    /// A line that can be dragged.
    Divider(Divider),
}

/// How the runs are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RunOrder {
    /// The newest first.
    #[default]
    Newest,
    /// The longest first.
    Longest,
    /// Most rows first.
    Largest,
}

impl RunOrder {
    /// The next one, and what it is called.
    pub fn next(self) -> (Self, &'static str) {
        match self {
            Self::Newest => (Self::Longest, "the longest first"),
            Self::Longest => (Self::Largest, "most rows first"),
            Self::Largest => (Self::Newest, "the newest first"),
        }
    }

    /// Orders indices into `runs`, which are the newest first.
    pub fn sort(self, indices: &mut [usize], runs: &[RunRow], now: Instant) {
        let of = |index: &usize| runs.get(*index);
        match self {
            Self::Newest => {}
            Self::Longest => {
                let seconds = |index: &usize| of(index).and_then(|run| run.seconds(now)).unwrap_or(-1.0);
                indices.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
            }
            Self::Largest => indices.sort_by_key(|index| std::cmp::Reverse(of(index).and_then(|run| run.rows))),
        }
    }
}

/// A message that goes away by itself.
#[derive(Debug, Clone)]
pub struct Toast {
    /// How grave.
    pub level: Level,
    /// What it says.
    pub text: String,
    /// When it goes.
    pub until: Instant,
}

impl State {
    /// The console before anything was read.
    pub fn new(name: String, lake: Location, now: Instant, size: (u16, u16)) -> Self {
        Self {
            name,
            lake,
            now,
            clock: now,
            past: None,
            goal: None,
            size,
            link: Link::Connecting,
            trouble: None,
            place: Place::Overview,
            back: Vec::new(),
            beside: None,
            swapped: false,
            whole: false,
            layout: Layout::default(),
            other: Cell::default(),
            drag: None,
            kind: DatasetKind::Predictions,
            side: Side::default(),
            second: false,
            lists: HashMap::new(),
            typing: None,
            overview: None,
            pages: Pages::default(),
            live: HashMap::new(),
            log: LogView::default(),
            table: None,
            asking: Asking::default(),
            landings: HashMap::new(),
            root: PathBuf::new(),
            found: PathBuf::new(),
            triage: Triage::default(),
            marked: BTreeSet::new(),
            scroll: Scroll::default(),
            batch: None,
            layers: Vec::new(),
            settings: ConsoleSettings::default(),
            written: ConsoleSettings::default(),
            conflicts: Vec::new(),
            held: false,
            undo: Vec::new(),
            said: VecDeque::new(),
            range: None,
            order: RunOrder::default(),
            marked_run: None,
            zoomed: false,
            hits: RefCell::default(),
            toasts: Vec::new(),
            read: None,
            pending: Vec::new(),
            dirty: true,
            version: 0,
            listings: RefCell::default(),
        }
    }

    /// Shows a message for a while; a grave one stays longer.
    pub fn toast(&mut self, level: Level, text: impl Into<String>) {
        let seconds = if level >= Level::Warn { 12 } else { 6 };
        let until = self.clock + chrono::Duration::seconds(seconds);
        let text = text.into();
        self.said.push_back((self.clock, level, text.clone()));
        let excess = self.said.len().saturating_sub(500);
        self.said.drain(..excess);
        // The same message again only lasts longer.
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { level, text, until });
        let excess = self.toasts.len().saturating_sub(4);
        self.toasts.drain(..excess);
        self.dirty = true;
    }
}
