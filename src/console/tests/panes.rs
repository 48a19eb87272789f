//! Two places at once, their divider, and layouts with a name.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixture;
use super::flows::{key, press};
use super::pictures::{check, picture, text};
use crate::console::action::{Action, Effect};
use crate::console::layout::Beside;
use crate::console::place::Place;
use crate::console::state::State;
use crate::console::update::update;

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
    picture(state);
    update(state, Action::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

fn over(state: &mut State) {
    update(state, Action::Key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL)));
}

fn split() -> State {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    let effects = key(&mut state, '|');
    assert!(
        matches!(&effects[..], [Effect::Remember, Effect::Load { wish, .. }] if wish.beside == Some(Place::Alerts))
    );
    state
}

#[test]
fn two_places_are_on_screen_and_keys_go_to_one_of_them() {
    let mut state = split();
    let drawn = text(&picture(&state));
    assert!(drawn.contains("succeeded") && drawn.contains("is 949 kB"), "{drawn}");
    check("panes_beside", &state);
    over(&mut state);
    assert_eq!(state.place, Place::Alerts);
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.place, Place::Alert { .. }), "{:?}", state.place);
    assert_eq!(state.beside.as_ref().unwrap().place, Place::Runs);
    over(&mut state);
    assert_eq!(state.place, Place::Runs);
    key(&mut state, '|');
    assert!(state.beside.is_none() && state.place == Place::Runs);
}

#[test]
fn a_click_into_the_other_pane_goes_over_and_does_what_it_says() {
    let mut state = split();
    picture(&state);
    let other = state.other.get();
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), other.x + 4, other.y + 4);
    assert_eq!(state.place, Place::Alerts);
}

#[test]
fn the_divider_is_dragged_and_remembered() {
    let mut state = split();
    picture(&state);
    let line = state.other.get().x - 1;
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), line, 10);
    mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), 48, 12);
    assert_eq!(mouse(&mut state, MouseEventKind::Up(MouseButton::Left), 48, 12), [Effect::Remember]);
    picture(&state);
    assert_eq!(state.other.get().x, 49);
    key(&mut state, '+');
    picture(&state);
    assert!(state.other.get().x > 49, "{:?}", state.other.get());
}

#[test]
fn the_divider_inside_a_run_is_dragged_too() {
    let mut state = fixture::at(&Place::Run { run: 128 }, (120, 40));
    let row_of =
        |state: &State| text(&picture(state)).lines().position(|line| line.contains("following")).unwrap() as u16;
    let before = row_of(&state);
    mouse(&mut state, MouseEventKind::Down(MouseButton::Left), 20, before);
    mouse(&mut state, MouseEventKind::Drag(MouseButton::Left), 20, before + 5);
    mouse(&mut state, MouseEventKind::Up(MouseButton::Left), 20, before + 5);
    assert_eq!(row_of(&state), before + 5);
    key(&mut state, '-');
    assert_eq!(row_of(&state), before + 4);
}

#[test]
fn a_pane_has_the_whole_screen_until_it_gives_it_back() {
    let mut state = split();
    key(&mut state, '\\');
    let drawn = text(&picture(&state));
    assert!(!drawn.contains("is 949 kB") && drawn.contains("why, or what went wrong"), "{drawn}");
    press(&mut state, KeyCode::Esc);
    assert!(text(&picture(&state)).contains("is 949 kB"));
    let mut run = fixture::at(&Place::Run { run: 128 }, (120, 40));
    key(&mut run, '\\');
    assert!(!text(&picture(&run)).contains("following"), "the stages have all of it");
}

#[test]
fn layouts_with_a_name_follow_each_other() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    let beside = |state: &State| state.beside.as_ref().map(|beside| beside.place.clone());
    for expected in [Some(Place::Alerts), Some(Place::Events), Some(Place::Runs), None] {
        key(&mut state, 'L');
        assert_eq!(beside(&state), expected);
    }
    key(&mut state, 'L');
    key(&mut state, 'L');
    check("panes_below", &state);
}

#[test]
fn of_what_there_is_one_at_a_time_the_other_pane_goes_one_level_up() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    state.beside = Some(Beside::new(Place::Run { run: 1 }));
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.place, Place::Run { .. }));
    assert_eq!(state.beside.unwrap().place, Place::Runs);
}

#[test]
fn on_a_small_screen_only_the_pane_with_the_keys_is_shown() {
    let mut state = fixture::at(&Place::Runs, (60, 24));
    key(&mut state, '|');
    let drawn = text(&picture(&state));
    assert!(drawn.contains("run") && !drawn.contains("is 949 kB"), "{drawn}");
}
