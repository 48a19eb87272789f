//! The table itself.

use crossterm::event::KeyCode;

use super::{Act, Binding, Chord, On};
use crate::console::place::Screen;

const fn c(character: char) -> Chord {
    Chord::char(character)
}

const fn k(code: KeyCode) -> Chord {
    Chord::key(code)
}

const fn on(
    screens: &'static [Screen],
    act: Act,
    chords: &'static [Chord],
    hint: &'static str,
    about: &'static str,
) -> Binding {
    Binding { act, chords, on: On::Only(screens), hint, about }
}

const fn all(act: Act, chords: &'static [Chord], hint: &'static str, about: &'static str) -> Binding {
    Binding { act, chords, on: On::All, hint, about }
}

/// Screens on which a run can be asked for again or stopped.
const OF_RUNS: &[Screen] = &[Screen::Overview, Screen::Runs, Screen::Run];
/// Screens with an alert under the cursor.
const OF_ALERTS: &[Screen] = &[Screen::Overview, Screen::Alerts, Screen::Alert];
/// Screens on which an alert is answered in every way there is.
const ANSWERING: &[Screen] = &[Screen::Alerts, Screen::Alert];
/// Screens with a file version under the cursor.
const OF_FILES: &[Screen] = &[Screen::Files, Screen::File];
/// Screens with a model version under the cursor.
const OF_MODELS: &[Screen] = &[Screen::Models, Screen::Model];
/// Screens that are read page by page.
const READING: &[Screen] =
    &[Screen::Compare, Screen::Events, Screen::Run, Screen::Table, Screen::Alert, Screen::Replayed, Screen::Runs];
/// Screens where Enter leads further.
const OPENING: &[Screen] = &[
    Screen::Overview,
    Screen::Runs,
    Screen::Run,
    Screen::Files,
    Screen::Data,
    Screen::Table,
    Screen::Models,
    Screen::Alerts,
    Screen::Reports,
    Screen::Rules,
    Screen::Replay,
    Screen::Deliveries,
    Screen::Events,
    Screen::Settings,
];
/// Screens with a list that can be filtered.
const FILTERED: &[Screen] = &[
    Screen::Overview,
    Screen::Runs,
    Screen::Files,
    Screen::Data,
    Screen::Models,
    Screen::Metrics,
    Screen::Alerts,
    Screen::Reports,
    Screen::Rules,
    Screen::Replay,
    Screen::Deliveries,
    Screen::Events,
    Screen::Settings,
];

/// Every key of the console. Within a place, the order is that of footer and help.
pub const BINDINGS: &[Binding] = &[
    on(OPENING, Act::Open, &[k(KeyCode::Enter)], "open", "Open what is under the cursor"),
    on(OF_ALERTS, Act::Acknowledge, &[c('a')], "acknowledge", "Acknowledge the alert, with a note"),
    on(ANSWERING, Act::Mute, &[c('m')], "mute", "Mute the alert until an instant, with a reason"),
    on(ANSWERING, Act::Resolve, &[c('R'), c('e')], "resolve", "Resolve the alert, with a note"),
    on(ANSWERING, Act::MarkNormal, &[c('n')], "normal", "What was seen is normal: ends the alert, and is learnt from"),
    on(ANSWERING, Act::TrueAlarm, &[c('t')], "true alarm", "It was right to raise this alert"),
    on(ANSWERING, Act::FalseAlarm, &[c('f')], "false alarm", "It was wrong to raise this alert"),
    on(
        &[Screen::Alerts],
        Act::Mark,
        &[c(' ')],
        "mark",
        "Mark the alert, or a folded group; answers then go to the marked",
    ),
    on(&[Screen::Alerts], Act::MarkAll, &[c('*')], "all", "Mark all alerts of the list, or none"),
    on(&[Screen::Alerts], Act::Fold, &[c('z')], "fold", "Fold the alerts of one run into one line, or unfold them"),
    on(&[Screen::Alerts], Act::FoldAll, &[c('Z')], "", "Fold the alerts of every run, or unfold them"),
    on(
        &[Screen::Alerts],
        Act::Right,
        &[k(KeyCode::Right), c('l')],
        "view",
        "Standing, firing, muted, … : the next view",
    ),
    on(&[Screen::Alerts], Act::Left, &[k(KeyCode::Left), c('h')], "", "The view before"),
    on(
        &[Screen::Alerts],
        Act::Severity,
        &[c('s')],
        "severity",
        "Only critical alerts, only warnings, only infos, or all",
    ),
    on(ANSWERING, Act::TakeBack, &[c('A')], "", "Take the acknowledgement back"),
    on(ANSWERING, Act::Unmute, &[c('M')], "", "End the mute of the alert"),
    on(&[Screen::Deliveries], Act::Redeliver, &[c('r')], "retry", "Try again now what this channel could not deliver"),
    on(&[Screen::Deliveries], Act::TestChannel, &[c('t')], "test", "Send a test message to a channel"),
    on(
        &[Screen::Rules, Screen::Replay],
        Act::Replay,
        &[c('p')],
        "replay",
        "What the rules, as the configuration stands now, would have fired over the last 30 days",
    ),
    on(OF_RUNS, Act::Rerun, &[c('r')], "rerun", "Run again: whole, from a stage, or from what failed"),
    on(OF_RUNS, Act::Cancel, &[c('x')], "cancel", "Cancel the run"),
    on(&[Screen::Run], Act::OnlyStage, &[c('s')], "this stage", "Show the log of the selected stage only, or of all"),
    on(
        &[Screen::Alerts, Screen::Alert, Screen::File, Screen::Models, Screen::Model, Screen::Reports, Screen::Events],
        Act::OpenRun,
        &[c('o')],
        "its run",
        "Open the run that this is about",
    ),
    on(&[Screen::Alert], Act::OpenFile, &[c('F')], "its file", "Open the file that this is about"),
    on(&[Screen::File], Act::Landed, &[c('t')], "rows", "The rows of the file, as it lies in the landing"),
    on(OF_FILES, Act::HoldFile, &[c('h')], "hold", "Hold the file: no run takes it until it is released"),
    on(OF_FILES, Act::ReleaseFile, &[c('R')], "release", "Release the file: the next run takes it as it is"),
    on(OF_FILES, Act::RetryFile, &[c('r')], "retry", "Look at the file anew, as if it had just landed"),
    on(OF_FILES, Act::DropFile, &[c('x')], "drop", "Drop the file: no run will ever take it"),
    on(
        &[Screen::Files],
        Act::Mark,
        &[c(' ')],
        "mark",
        "Mark the file; hold, release, retry and drop then go to the marked",
    ),
    on(&[Screen::Files], Act::MarkAll, &[c('*')], "all", "Mark all files of the list, or none"),
    on(&[Screen::Data], Act::WholeDataset, &[c('t')], "all parts", "Open all parts of the dataset as one table"),
    on(&[Screen::Reports], Act::OpenPage, &[c('b')], "browser", "Open the report page in the browser"),
    on(&[Screen::Overview], Act::Check, &[c('c')], "check now", "Check the landing of the pipeline now"),
    on(&[Screen::Overview], Act::Pause, &[c('p')], "pause", "Pause the pipeline's checks, or resume them"),
    on(&[Screen::Data], Act::Right, &[k(KeyCode::Right), c('l')], "dataset", "The next dataset"),
    on(&[Screen::Data], Act::Left, &[k(KeyCode::Left), c('h')], "", "The dataset before"),
    on(&[Screen::Table], Act::Conditions, &[c('/')], "where", "Only rows for which a condition holds, as delay > 15"),
    on(
        &[Screen::Table],
        Act::Sort,
        &[c('s')],
        "sort",
        "Sort by this column: smallest first, largest first, not at all",
    ),
    on(&[Screen::Table], Act::SortAlso, &[c('S')], "", "Sort by this column too, after those before"),
    on(&[Screen::Table], Act::Select, &[c('e')], "SQL", "Ask by SQL; this table is called data, others by their names"),
    on(
        &[Screen::Table],
        Act::Summary,
        &[c('i')],
        "column",
        "What is in this column: nulls, distinct values, quantiles",
    ),
    on(&[Screen::Table], Act::Groups, &[c('b')], "group", "Rows by the values of this column, as a chart"),
    on(&[Screen::Table], Act::Why, &[c('W')], "why", "Why this prediction? What each feature adds to it, in this row"),
    on(&[Screen::Table], Act::Columns, &[c('c')], "columns", "Choose which columns are shown, or find one"),
    on(
        &[Screen::Table],
        Act::Freeze,
        &[c('f')],
        "freeze",
        "Keep the columns up to this one at the left, or let them go",
    ),
    on(&[Screen::Table], Act::CopyCell, &[c('y')], "copy", "Copy the cell, whole"),
    on(&[Screen::Table], Act::CopyRow, &[c('Y')], "", "Copy the row with the names of its columns"),
    on(&[Screen::Table], Act::CopyTable, &[c('C')], "", "Copy the table, up to 10,000 rows"),
    on(&[Screen::Table], Act::Export, &[c('w')], "write", "Write the rows to a CSV, JSON or Parquet file"),
    on(&[Screen::Table], Act::Again, &[c('r')], "", "Ask the same again of the data as it is now"),
    on(&[Screen::Table], Act::Right, &[k(KeyCode::Right), c('l')], "", "The next column"),
    on(&[Screen::Table], Act::Left, &[k(KeyCode::Left), c('h')], "", "The column before"),
    on(
        &[Screen::Model],
        Act::Right,
        &[k(KeyCode::Tab), k(KeyCode::Right), c('l')],
        "next page",
        "The next page about the model",
    ),
    on(
        &[Screen::Model],
        Act::Left,
        &[k(KeyCode::BackTab), k(KeyCode::Left), c('h')],
        "",
        "The page before about the model",
    ),
    on(OF_MODELS, Act::Promote, &[c('p')], "promote", "Make this version the one that serves, with a reason"),
    on(OF_MODELS, Act::RollBack, &[c('b')], "roll back", "Back to the version that served before, with a reason"),
    on(
        &[Screen::Overview, Screen::Run],
        Act::Focus,
        &[k(KeyCode::Tab), k(KeyCode::BackTab)],
        "focus",
        "Move between the panes of this screen",
    ),
    on(&[Screen::Run], Act::Search, &[c('/')], "search", "Only lines of the log with a text in them"),
    on(&[Screen::Run], Act::Level, &[c('v')], "level", "All lines of the log, warnings and errors, or errors only"),
    on(&[Screen::Run], Act::Wrap, &[c('w')], "wrap", "Long lines of the log go on in the next row, or are cut"),
    on(&[Screen::Run], Act::Stamps, &[c('t')], "", "Show the instants of the log's lines, or not"),
    on(&[Screen::Run], Act::Zoom, &[c('z')], "zoom", "The log has the whole screen, or its part of it"),
    on(&[Screen::Run], Act::SaveLog, &[c('W')], "", "Write the log to a file"),
    on(
        &[Screen::Runs],
        Act::RunState,
        &[c('s')],
        "state",
        "Only failed runs, running ones, succeeded, cancelled, or all",
    ),
    on(&[Screen::Runs], Act::RunOrder, &[c('S')], "order", "Newest first, longest first, or most rows first"),
    on(&[Screen::Runs], Act::MarkRun, &[c('m')], "mark", "Mark the run that another one is to be compared with"),
    on(
        &[Screen::Runs, Screen::Run],
        Act::Compare,
        &[c('=')],
        "compare",
        "Side by side with the marked run, or with the one before",
    ),
    on(
        &[Screen::Runs],
        Act::Range,
        &[c('f')],
        "from, to",
        "Only runs of a span of time, as 7d or 2013-03-01 2013-03-09",
    ),
    on(&[Screen::Runs], Act::Date, &[c('d')], "day", "Go to the runs of a day"),
    on(
        &[Screen::Settings],
        Act::Switch,
        &[c(' ')],
        "switch",
        "Switch what is under the cursor: the next theme, on or off",
    ),
    on(&[Screen::Settings], Act::WriteSettings, &[c('W')], "write", "Write the switches into landfall.toml"),
    on(READING, Act::PageDown, &[c(' ')], "", "Down one page"),
    on(FILTERED, Act::Filter, &[c('/')], "filter", "Filter the list as you type"),
    all(Act::Back, &[k(KeyCode::Esc), k(KeyCode::Backspace)], "", "Back: clear the filter, then one level up"),
    all(Act::Down, &[c('j'), k(KeyCode::Down)], "", "Down one row"),
    all(Act::Up, &[c('k'), k(KeyCode::Up)], "", "Up one row"),
    all(Act::PageDown, &[k(KeyCode::PageDown), Chord::control('d')], "", "Down one page"),
    all(Act::PageUp, &[k(KeyCode::PageUp), Chord::control('u')], "", "Up one page"),
    all(Act::Top, &[c('g'), k(KeyCode::Home)], "", "To the first row"),
    all(Act::Bottom, &[c('G'), k(KeyCode::End)], "", "To the last row; a log follows from there"),
    all(Act::PreviousPipeline, &[c('[')], "", "Show the pipeline before this one"),
    all(Act::NextPipeline, &[c(']')], "", "Show the pipeline after this one"),
    all(Act::Go(Screen::Overview), &[c('1')], "", "Go to the overview"),
    all(Act::Go(Screen::Runs), &[c('2')], "", "Go to the history of runs"),
    all(Act::Go(Screen::Files), &[c('3')], "", "Go to the ledger of files"),
    all(Act::Go(Screen::Data), &[c('4')], "", "Go to the data: predictions, rejects, history"),
    all(Act::Go(Screen::Models), &[c('5')], "", "Go to the model versions"),
    all(Act::Go(Screen::Metrics), &[c('6')], "", "Go to the metrics"),
    all(Act::Go(Screen::Alerts), &[c('7')], "", "Go to the alerts"),
    all(Act::Go(Screen::Reports), &[c('8')], "", "Go to the reports"),
    all(Act::Go(Screen::Rules), &[c('9')], "", "Go to the rules: what is fine, learning, or cannot be checked"),
    all(Act::Go(Screen::Deliveries), &[c('0')], "", "Go to the delivery log: what was told to whom"),
    all(Act::Go(Screen::Events), &[c('E')], "", "Go to the events: what happened, and what operators did"),
    all(Act::Go(Screen::Settings), &[c(',')], "", "Go to the settings: what is in effect, and where it came from"),
    all(Act::AsOf, &[c('@')], "", "Show everything as of an earlier instant"),
    all(Act::Earlier, &[c('<')], "", "Back to where something happened before"),
    all(Act::Later, &[c('>')], "", "On to where something happened next"),
    all(Act::HourEarlier, &[c('{')], "", "An hour back"),
    all(Act::HourLater, &[c('}')], "", "An hour on"),
    all(Act::Now, &[Chord::control('n')], "", "Back to now"),
    all(Act::Split, &[c('|')], "", "Open a pane beside this one, or close it"),
    all(Act::OtherPane, &[Chord::control('w')], "", "Go over to the other pane"),
    all(Act::Whole, &[c('\\')], "", "This pane has the whole screen, or its part of it"),
    all(Act::Grow, &[c('+')], "", "Make this pane larger; a divider can be dragged too"),
    all(Act::Shrink, &[c('-')], "", "Make this pane smaller"),
    all(Act::Layout, &[c('L')], "", "The next layout: one screen, alerts beside, events below, runs below"),
    all(Act::Hold, &[c('P')], "", "Hold the view: nothing on screen changes until it goes on"),
    all(Act::Said, &[c('T')], "", "Show what was said lately"),
    all(Act::Undo, &[c('u')], "", "Take the last acknowledgement, mute or pause back"),
    all(Act::Mouse, &[Chord::control('o')], "", "The mouse is the console's, or the terminal's to select text"),
    all(Act::Picture, &[Chord::control('s')], "", "Write a picture of the screen, as text and as SVG"),
    all(Act::Palette, &[c(':'), Chord::control('p')], "commands", "Find and do any command by name"),
    all(Act::Help, &[c('?'), k(KeyCode::F(1))], "help", "Show every key; type to search, Enter does it"),
    all(Act::Redraw, &[Chord::control('l')], "", "Draw the screen anew"),
    all(Act::Suspend, &[Chord::control('z')], "", "Suspend the console; `fg` brings it back"),
    all(Act::StopEngine, &[c('Q')], "", "Stop the engine and leave"),
    all(Act::Leave, &[c('q'), Chord::control('c')], "leave", "Leave the console; asks when something runs"),
];
