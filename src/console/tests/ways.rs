//! Ways of working: read-only, held view, taking back, settings, comparing runs, the log, pictures of the screen.

use crossterm::event::{KeyCode, KeyModifiers, MouseEvent, MouseEventKind};

use super::fixture;
use super::flows::{key, press, sent, type_text};
use super::pictures::{check, picture, text};
use crate::console::action::{Action, Effect};
use crate::console::load::Page;
use crate::console::place::{List, Place};
use crate::console::settings::Setting;
use crate::console::state::State;
use crate::console::update::motion::log_lines;
use crate::console::update::{matters, update};
use crate::domain::Instant;
use crate::domain::run::RunState;
use crate::domain::wire::{Command, EngineEvent};

#[test]
fn a_console_that_only_looks_says_so_and_asks_nothing() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    state.settings.read_only = true;
    for c in ['c', 'p', 'x', 'Q'] {
        assert_eq!(key(&mut state, c), [], "{c}");
    }
    let drawn = text(&picture(&state));
    assert!(drawn.contains("this console only looks") && state.layers.is_empty(), "{drawn}");
    assert!(drawn.lines().next().unwrap().contains("only looking"));
    key(&mut state, '2');
    assert_eq!(state.place, Place::Runs, "looking is free");
}

#[test]
fn a_held_view_stands_still_until_it_goes_on() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, 'P');
    let before = text(&picture(&state));
    assert!(before.contains("view held"));
    assert_eq!(update(&mut state, Action::Engine(EngineEvent::Changed)), []);
    let later = state.now + chrono::Duration::minutes(9);
    update(&mut state, Action::Tick(later));
    assert_eq!(text(&picture(&state)), before);
    key(&mut state, 'j');
    assert_ne!(text(&picture(&state)), before, "the operator still moves");
    let effects = key(&mut state, 'P');
    assert!(matches!(effects.as_slice(), [Effect::Load { .. }]));
}

#[test]
fn an_acknowledgement_and_a_pause_are_taken_back() {
    let mut state = fixture::at(&Place::Alerts, (120, 40));
    assert_eq!(key(&mut state, 'u'), []);
    assert!(text(&picture(&state)).contains("nothing to take back"));
    key(&mut state, 'a');
    let effects = press(&mut state, KeyCode::Enter);
    let Some(Command::Acknowledge { alert, .. }) = sent(&effects).cloned() else { panic!("{effects:?}") };
    let effects = key(&mut state, 'u');
    assert_eq!(sent(&effects), Some(&Command::Unacknowledge { alert }));
    key(&mut state, '1');
    let effects = key(&mut state, 'p');
    assert!(matches!(sent(&effects), Some(Command::Pause { .. })));
    let effects = key(&mut state, 'u');
    assert!(matches!(sent(&effects), Some(Command::Resume { .. })));
}

#[test]
fn taking_back_goes_on_to_what_was_done_before_to_the_same_alert() {
    let mut state = fixture::at(&Place::Alerts, (120, 40));
    key(&mut state, 'a');
    let effects = press(&mut state, KeyCode::Enter);
    let Some(Command::Acknowledge { alert, .. }) = sent(&effects).cloned() else { panic!("{effects:?}") };
    key(&mut state, 'm');
    type_text(&mut state, "2h known");
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(sent(&effects), Some(Command::Mute { .. })), "{effects:?}");
    let effects = key(&mut state, 'u');
    assert_eq!(sent(&effects), Some(&Command::Unmute { alert }));
    let effects = key(&mut state, 'u');
    assert_eq!(sent(&effects), Some(&Command::Unacknowledge { alert }));
}

#[test]
fn settings_are_switched_here_and_written_only_when_asked() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    let effects = key(&mut state, ',');
    assert!(effects.contains(&Effect::Settings), "{effects:?}");
    let one =
        |of: &str, name: &str| Setting { of: of.into(), name: name.into(), value: "x".into(), from: "default".into() };
    update(&mut state, Action::Settings(Ok(vec![one("workspace", "lake"), one("flights", "clean.columns[0].name")])));
    let drawn = text(&picture(&state));
    assert!(drawn.contains("theme") && drawn.contains("auto") && drawn.contains("mark-normal"), "{drawn}");
    assert_eq!(press(&mut state, KeyCode::Enter), [Effect::Apply]);
    assert_eq!((state.settings.theme.as_str(), state.written.theme.as_str()), ("dark", "auto"));
    assert!(text(&picture(&state)).contains("here, not written"));
    let effects = key(&mut state, 'W');
    let [Effect::WriteSettings(settings)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(settings.theme, "dark");
    update(&mut state, Action::Written(Ok("written".into())));
    assert_eq!(state.written.theme, "dark");
    key(&mut state, '/');
    type_text(&mut state, "workspace lake");
    press(&mut state, KeyCode::Enter);
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert!(text(&picture(&state)).contains("lake is changed in the configuration, not here"));
}

#[test]
fn two_runs_stand_side_by_side() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, 'j');
    key(&mut state, '=');
    assert_eq!(state.place, Place::Compare { left: 124, right: 127 }, "the run before of its pipeline");
    press(&mut state, KeyCode::Esc);
    key(&mut state, 'm');
    key(&mut state, 'k');
    key(&mut state, '=');
    assert_eq!(state.place, Place::Compare { left: 127, right: 128 });
    fixture::show(&mut state, Page::Compare(Box::new(fixture::two_runs())));
    let drawn = text(&picture(&state));
    assert!(drawn.contains("+0.014") && drawn.contains("differs"), "{drawn}");
}

#[test]
fn runs_are_shown_by_state_in_another_order_and_from_a_day_on() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, 's');
    let shown = state.listing(List::Runs).shown.len();
    let failed = state.pages.runs.as_ref().unwrap().iter().filter(|run| run.state == RunState::Failed).count();
    assert_eq!(shown, failed);
    for _ in 0..4 {
        key(&mut state, 's');
    }
    key(&mut state, 'S');
    let longest = state.listing(List::Runs).shown[0];
    let seconds = |at: usize, now: Instant| state.pages.runs.as_ref().unwrap()[at].seconds(now).unwrap_or(-1.0);
    assert!((0..60).all(|at| seconds(at, state.now) <= seconds(longest, state.now)));
    for _ in 0..2 {
        key(&mut state, 'S');
    }
    key(&mut state, 'd');
    for _ in 0..10 {
        press(&mut state, KeyCode::Backspace);
    }
    type_text(&mut state, "2013-03-0x");
    press(&mut state, KeyCode::Enter);
    assert!(text(&picture(&state)).contains("write a day as 2013-03-09"));
    press(&mut state, KeyCode::Backspace);
    type_text(&mut state, "8");
    press(&mut state, KeyCode::Enter);
    let run = state.run().unwrap();
    assert_eq!(run.created.format("%Y-%m-%d").to_string(), "2013-03-08");
    key(&mut state, 'd');
    let oldest = state.pages.runs.as_ref().unwrap().last().unwrap().created;
    press_clear(&mut state);
    type_text(&mut state, &(oldest - chrono::Duration::days(40)).format("%Y-%m-%d").to_string());
    let effects = press(&mut state, KeyCode::Enter);
    let [Effect::Load { wish, .. }] = effects.as_slice() else { panic!("it reads further back: {effects:?}") };
    assert!(wish.range.unwrap().1 < oldest);
    assert!(matches!(press(&mut state, KeyCode::Esc).as_slice(), [Effect::Load { wish, .. }] if wish.range.is_none()));
}

fn press_clear(state: &mut State) {
    update(state, Action::Key(crossterm::event::KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)));
}

#[test]
fn runs_are_listed_of_a_span_of_time() {
    let day = |text: &str| crate::console::until::day_of(text).unwrap();
    for (typed, from, to) in [
        ("2013-03-01 2013-03-02", day("2013-03-01"), day("2013-03-03")),
        ("2013-03-02", day("2013-03-02"), day("2013-03-03")),
        ("7d", fixture::now() - chrono::Duration::days(7), fixture::now() + chrono::Duration::days(1)),
    ] {
        let mut state = fixture::at(&Place::Runs, (120, 40));
        key(&mut state, 'f');
        type_text(&mut state, typed);
        let effects = press(&mut state, KeyCode::Enter);
        assert!(matches!(effects.as_slice(), [Effect::Load { wish, .. }] if wish.range == Some((from, to))), "{typed}");
        assert!(text(&picture(&state)).contains("runs from "));
    }
    let mut state = fixture::at(&Place::Runs, (120, 40));
    for wrong in ["soon", "2013-03-09 2013-03-01"] {
        key(&mut state, 'f');
        type_text(&mut state, wrong);
        assert_eq!(press(&mut state, KeyCode::Enter), []);
        assert_eq!(state.layers.len(), 1, "{wrong}");
        press(&mut state, KeyCode::Esc);
    }
}

#[test]
fn the_log_is_searched_levelled_wrapped_zoomed_and_written() {
    let mut state = fixture::at(&Place::Run { run: 128 }, (120, 40));
    key(&mut state, 'v');
    assert_eq!(log_lines(&state).len(), 1);
    key(&mut state, 'v');
    assert!(text(&picture(&state)).contains("No line is like that"));
    key(&mut state, 'v');
    key(&mut state, '/');
    type_text(&mut state, "round 19");
    press(&mut state, KeyCode::Enter);
    assert_eq!(log_lines(&state).len(), 11);
    key(&mut state, 'W');
    let effects = press(&mut state, KeyCode::Enter);
    let [Effect::Save(path, written)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(path.to_str().unwrap(), "flights-run-128.log");
    assert!(written.lines().count() == 11 && written.contains(" info  train round 19"), "{written}");
    key(&mut state, 'z');
    check("log_zoomed", &state);
    state.pages.run.as_mut().unwrap().log[199].text = "round 199 ".repeat(30);
    state.version += 1;
    key(&mut state, 'w');
    let drawn = text(&picture(&state));
    assert!(drawn.matches("round 199").count() >= 30, "{drawn}");
}

#[test]
fn the_wheel_moves_and_a_moving_mouse_is_nothing() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    picture(&state);
    let event = |kind| MouseEvent { kind, column: 3, row: 9, modifiers: KeyModifiers::NONE };
    update(&mut state, Action::Mouse(event(MouseEventKind::ScrollDown)));
    assert_eq!(state.run().unwrap().id, 125);
    assert!(!matters(&event(MouseEventKind::Moved)));
}

#[test]
fn what_was_said_can_be_read_later() {
    let mut state = fixture::at(&Place::Overview, (80, 24));
    state.toast(crate::domain::job::Level::Warn, "the lake cannot be reached");
    let later = state.now + chrono::Duration::minutes(2);
    update(&mut state, Action::Tick(later));
    assert!(!text(&picture(&state)).contains("the lake cannot be reached"));
    key(&mut state, 'T');
    assert!(text(&picture(&state)).contains("the lake cannot be reached"));
    check("said", &state);
}

#[test]
fn the_worst_is_done_only_when_its_word_is_typed() {
    let mut state = fixture::at(&Place::Overview, (100, 30));
    key(&mut state, 'Q');
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Down);
    assert_eq!(press(&mut state, KeyCode::Enter), [], "a run is under way");
    type_text(&mut state, "yes");
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert!(text(&picture(&state)).contains("that is not stop"));
    for _ in 0..3 {
        press(&mut state, KeyCode::Backspace);
    }
    type_text(&mut state, "stop");
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(sent(&effects), Some(&Command::Stop { drain: false }));
}
