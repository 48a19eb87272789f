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
];

/// Every key of the console. Within a place, the order is that of footer and help.
pub const BINDINGS: &[Binding] = &[
    on(OPENING, Act::Open, &[k(KeyCode::Enter)], "open", "Open what is under the cursor"),
    on(OF_ALERTS, Act::Acknowledge, &[c('a')], "acknowledge", "Acknowledge the alert, with a note"),
    on(&[Screen::Alerts, Screen::Alert], Act::Resolve, &[c('e')], "resolve", "Resolve the alert, with a note"),
    on(OF_RUNS, Act::Rerun, &[c('r')], "rerun", "Run again: whole, from a stage, or from what failed"),
    on(OF_RUNS, Act::Cancel, &[c('x')], "cancel", "Cancel the run"),
    on(&[Screen::Run], Act::OnlyStage, &[c('s')], "this stage", "Show the log of the selected stage only, or of all"),
    on(
        &[Screen::Alert, Screen::File, Screen::Models, Screen::Model, Screen::Reports],
        Act::OpenRun,
        &[c('o')],
        "its run",
        "Open the run that this is about",
    ),
    on(&[Screen::Data], Act::WholeDataset, &[c('t')], "all parts", "Open all parts of the dataset as one table"),
    on(&[Screen::Reports], Act::OpenPage, &[c('b')], "browser", "Open the report page in the browser"),
    on(&[Screen::Overview], Act::Check, &[c('c')], "check now", "Check the landing of the pipeline now"),
    on(&[Screen::Overview], Act::Pause, &[c('p')], "pause", "Pause the pipeline's checks, or resume them"),
    on(&[Screen::Data], Act::Right, &[k(KeyCode::Right), c('l')], "dataset", "The next dataset"),
    on(&[Screen::Data], Act::Left, &[k(KeyCode::Left), c('h')], "", "The dataset before"),
    on(&[Screen::Table], Act::Right, &[k(KeyCode::Right), c('l')], "columns", "The columns further right"),
    on(&[Screen::Table], Act::Left, &[k(KeyCode::Left), c('h')], "", "The columns further left"),
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
    on(
        &[Screen::Overview, Screen::Run],
        Act::Focus,
        &[k(KeyCode::Tab), k(KeyCode::BackTab)],
        "focus",
        "Move between the panes of this screen",
    ),
    on(FILTERED, Act::Filter, &[c('/')], "filter", "Filter the list as you type"),
    all(Act::Back, &[k(KeyCode::Esc), k(KeyCode::Backspace)], "", "Back: clear the filter, then one level up"),
    all(Act::Down, &[c('j'), k(KeyCode::Down)], "", "Down one row"),
    all(Act::Up, &[c('k'), k(KeyCode::Up)], "", "Up one row"),
    all(Act::PageDown, &[k(KeyCode::PageDown), Chord::control('d'), c(' ')], "", "Down one page"),
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
    all(Act::Palette, &[c(':'), Chord::control('p')], "commands", "Find and do any command by name"),
    all(Act::Help, &[c('?'), k(KeyCode::F(1))], "help", "Show every key; type to search, Enter does it"),
    all(Act::Redraw, &[Chord::control('l')], "", "Draw the screen anew"),
    all(Act::Suspend, &[Chord::control('z')], "", "Suspend the console; `fg` brings it back"),
    all(Act::StopEngine, &[c('Q')], "", "Stop the engine and leave"),
    all(Act::Leave, &[c('q'), Chord::control('c')], "leave", "Leave the console; asks when something runs"),
];
