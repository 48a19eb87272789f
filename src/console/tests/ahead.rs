//! Keys that are typed before what they are about was read.

use crossterm::event::KeyCode;

use super::fixture;
use super::flows::{key, press, type_text};
use crate::console::layer::Layer;
use crate::console::load::Page;
use crate::console::place::Place;

#[test]
fn a_key_that_comes_before_the_list_is_not_lost() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    state.pages.alerts = None;
    key(&mut state, '7');
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert_eq!(state.place, Place::Alerts);
    fixture::show(&mut state, Page::Alerts(fixture::alerts()));
    assert_eq!(state.place, Place::Alert { alert: 31 });
}

#[test]
fn keys_that_come_before_the_rows_are_taken_in_their_order() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    let shown = fixture::at(&Place::Data, (120, 40)).pages.data.unwrap();
    state.pages.data = None;
    // `/` is for what `t` opens, and the text for what `/` opens.
    type_text(&mut state, "4t/x > 1");
    assert_eq!((&state.place, state.pending.len(), state.typing), (&Place::Data, 7, None));
    fixture::show(&mut state, Page::Data(shown));
    assert!(matches!(state.place, Place::Table(_)), "{:?}", state.place);
    assert_eq!(state.pending.len(), 6, "the table was not read yet");
    fixture::show(&mut state, Page::Table(fixture::table_page()));
    let Some(Layer::Prompt(prompt)) = state.layers.last() else { panic!("{:?}", state.layers) };
    assert_eq!((prompt.input.value(), state.pending.len()), ("x > 1", 0));
}

#[test]
fn whoever_goes_elsewhere_does_not_mean_the_rows_any_more() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    for leave in [KeyCode::Char('1'), KeyCode::Esc] {
        state.pages.alerts = None;
        type_text(&mut state, "7jj");
        assert_eq!((&state.place, state.pending.len()), (&Place::Alerts, 2));
        press(&mut state, leave);
        assert_eq!((&state.place, state.pending.len()), (&Place::Overview, 0));
    }
}

#[test]
fn a_key_is_not_about_the_rows_of_the_list_before() {
    let mut state = fixture::at(&Place::Alerts, (120, 40));
    fixture::show(&mut state, Page::Alerts(fixture::alerts()));
    // The next view; what is still on screen is of the one before.
    type_text(&mut state, "l");
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert_eq!(state.place, Place::Alerts);
    fixture::show(&mut state, Page::Alerts(fixture::alerts().into_iter().skip(1).collect()));
    assert_eq!(state.place, Place::Alert { alert: fixture::alerts()[1].id });
    // The same with datasets.
    let mut state = fixture::at(&Place::Data, (120, 40));
    let mut page = state.pages.data.clone().unwrap();
    type_text(&mut state, "lt");
    assert_eq!(state.place, Place::Data);
    page.kind = state.kind;
    fixture::show(&mut state, Page::Data(page));
    let Place::Table(source) = &state.place else { panic!("{:?}", state.place) };
    assert_eq!(source.kind, state.kind);
}

#[test]
fn asking_for_a_replay_that_is_under_way_begins_one_anew_at_once() {
    let mut state = fixture::at(&Place::Rules, (120, 40));
    type_text(&mut state, "p");
    let number = state.pages.replay.number;
    type_text(&mut state, "p");
    assert_eq!((state.pages.replay.number, state.pending.len()), (number + 1, 0));
}
