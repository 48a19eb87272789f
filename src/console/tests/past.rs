//! Time travel: every screen as it stood, marked as such, and nothing that can be changed there.

use chrono::Duration;
use crossterm::event::{KeyCode, KeyModifiers};

use super::fixture;
use super::flows::{key, press, type_text};
use super::pictures::{check, picture, text};
use crate::console::action::{Action, Effect};
use crate::console::load::overview::Overview;
use crate::console::load::{Page, Snapshot, Wish};
use crate::console::place::Place;
use crate::console::query::Answer;
use crate::console::state::State;
use crate::console::update::update;
use crate::domain::Instant;
use crate::domain::wire::EngineEvent;

fn control(state: &mut State, c: char) -> Vec<Effect> {
    update(state, Action::Key(crossterm::event::KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)))
}

/// What is to be read, if anything is.
fn wished(effects: &[Effect]) -> Option<Option<Instant>> {
    effects.iter().find_map(|effect| match effect {
        Effect::Load { wish, .. } => Some(wish.past),
        _ => None,
    })
}

fn arrives(state: &mut State, past: Option<Instant>, page: Page) {
    let snapshot = Snapshot { wish: Wish { past, ..state.wish() }, overview: fixture::overview(), page, beside: None };
    update(state, Action::Snapshot(Box::new(snapshot)));
}

/// The runs as they stood two hours ago.
fn two_hours_ago() -> (State, Instant) {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, '@');
    type_text(&mut state, "2h");
    let effects = press(&mut state, KeyCode::Enter);
    let past = fixture::now() - Duration::hours(2);
    assert_eq!(wished(&effects), Some(Some(past)));
    arrives(&mut state, Some(past), Page::Runs(fixture::runs()));
    (state, past)
}

#[test]
fn an_earlier_instant_is_marked_and_nothing_of_it_can_be_changed() {
    let (mut state, past) = two_hours_ago();
    let drawn = text(&picture(&state));
    assert!(drawn.contains(&format!("AS OF {} UTC, 2h ago", past.format("%Y-%m-%d %H:%M:%S"))), "{drawn}");
    check("past_runs", &state);
    state.size = (80, 24);
    assert!(text(&picture(&state)).contains("ctrl-n now"), "the way back is said where there is little room");
    for c in ['r', 'x'] {
        assert_eq!(key(&mut state, c), []);
        assert!(state.layers.is_empty());
    }
    assert!(text(&picture(&state)).contains("this is the past, which nobody changes"));
    let effects = control(&mut state, 'n');
    assert_eq!(wished(&effects), Some(None));
    arrives(&mut state, None, Page::Runs(fixture::runs()));
    assert!(!text(&picture(&state)).contains("AS OF"));
    assert_eq!(state.now, state.clock);
}

#[test]
fn nothing_changes_on_screen_before_the_past_was_read_and_a_late_answer_of_another_instant_is_dropped() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    let before = text(&picture(&state));
    let effects = key(&mut state, '{');
    let past = fixture::now() - Duration::hours(1);
    assert_eq!(wished(&effects), Some(Some(past)));
    assert_eq!(text(&picture(&state)).lines().next(), before.lines().next());
    let wish = Wish { past: None, ..state.wish() };
    let empty = Snapshot { wish, overview: Overview::default(), page: Page::Runs(Vec::new()), beside: None };
    update(&mut state, Action::Snapshot(Box::new(empty)));
    assert!(!state.pages.runs.as_ref().unwrap().is_empty(), "the present came too late");
    arrives(&mut state, Some(past), Page::Runs(Vec::new()));
    assert_eq!(state.pages.runs, Some(Vec::new()));
    assert!(state.pages.files.is_none(), "what other screens held was of another instant");
}

#[test]
fn steps_lead_from_event_to_event_and_at_last_back_to_now() {
    let (mut state, past) = two_hours_ago();
    assert_eq!(key(&mut state, '<'), [Effect::Step { from: past, back: true }]);
    let earlier = past - Duration::minutes(7);
    let effects = update(&mut state, Action::Stepped(true, Ok(Some(earlier))));
    assert_eq!(wished(&effects), Some(Some(earlier)));
    assert_eq!(update(&mut state, Action::Stepped(true, Ok(None))), []);
    assert!(text(&picture(&state)).contains("nothing happened before"));
    let effects = update(&mut state, Action::Stepped(false, Ok(None)));
    assert_eq!(wished(&effects), Some(None), "beyond the last event there is now");
    let refused = key(&mut state, '>');
    assert_eq!(refused, [], "later than now there is nothing");
}

#[test]
fn the_clock_and_the_engine_go_on_without_moving_the_past() {
    let (mut state, past) = two_hours_ago();
    let before = text(&picture(&state));
    assert_eq!(update(&mut state, Action::Engine(EngineEvent::Changed)), []);
    update(&mut state, Action::Tick(fixture::now() + Duration::seconds(40)));
    assert_eq!((state.now, text(&picture(&state))), (past, before));
}

#[test]
fn what_is_no_instant_is_said_in_the_dialog() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    for (typed, problem) in [("soon", "write 90m"), ("2099-01-01 00:00", "yet to come")] {
        key(&mut state, '@');
        type_text(&mut state, typed);
        assert_eq!(press(&mut state, KeyCode::Enter), []);
        assert!(text(&picture(&state)).contains(problem), "{typed}");
        press(&mut state, KeyCode::Esc);
    }
    assert_eq!(state.goal, None);
}

#[test]
fn rows_that_were_found_in_the_present_are_given_up_for_the_past() {
    let mut state = fixture::at(&Place::Table(fixture::source()), (120, 40));
    key(&mut state, 's');
    let found = Answer::Rows("/state/console/7/1.parquet".into(), 3);
    let number = state.asking.number;
    update(&mut state, Action::Queried(number, Ok(found)));
    key(&mut state, 's');
    key(&mut state, '{');
    let past = fixture::now() - Duration::hours(1);
    let snapshot = Snapshot {
        wish: Wish { past: Some(past), ..state.wish() },
        overview: fixture::overview(),
        page: Page::Runs(Vec::new()),
        beside: None,
    };
    let effects = update(&mut state, Action::Snapshot(Box::new(snapshot)));
    assert!(effects.contains(&Effect::Forget("/state/console/7/1.parquet".into())), "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Query(_, None))), "{effects:?}");
}
