//! Alerts answered at the keyboard: keys in, commands out.

use crossterm::event::KeyCode;

use super::fixture;
use super::flows::{key, press, sent, type_text};
use super::pictures::{picture, text};
use crate::console::action::{Action, Ask, Effect, Link};
use crate::console::layer::Layer;
use crate::console::load::Page;
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::console::update::update;
use crate::domain::alert::{Alarm, AlertState};
use crate::domain::wire::{Command, Reply};
use crate::store::triage::View;

fn alerts() -> State {
    fixture::at(&Place::Alerts, (120, 40))
}

fn detail() -> State {
    fixture::at(&Place::Alert { alert: 31 }, (120, 40))
}

fn done(message: &str) -> Reply {
    Reply::Done { message: message.into(), run: None }
}

fn toast(state: &State) -> &str {
    state.toasts.last().map_or("", |toast| toast.text.as_str())
}

/// Puts the cursor on an alert of the list.
fn to(state: &mut State, alert: i64) {
    state.list_mut(List::Alerts).selected = Some(alert.to_string());
    assert_eq!(state.alert().unwrap().id, alert);
}

#[test]
fn an_alert_is_acknowledged_with_a_note() {
    let mut state = alerts();
    key(&mut state, 'a');
    type_text(&mut state, "upstream knowsx");
    press(&mut state, KeyCode::Backspace);
    let effects = press(&mut state, KeyCode::Enter);
    let note = Some("upstream knows".to_owned());
    assert_eq!(sent(&effects), Some(&Command::Acknowledge { alert: 31, note }));
    assert!(state.layers.is_empty());
}

#[test]
fn an_answered_alert_says_why_it_is_not_answered_again() {
    let mut state = alerts();
    to(&mut state, 29);
    assert_eq!(key(&mut state, 'a'), []);
    assert!(state.layers.is_empty());
    assert!(toast(&state).contains("acknowledged already"));
    assert_eq!(sent(&key(&mut state, 'A')), Some(&Command::Unacknowledge { alert: 29 }));
    to(&mut state, 26);
    assert_eq!(key(&mut state, 'a'), []);
    assert!(toast(&state).contains("pending"));
    assert_eq!(key(&mut state, 'M'), []);
    assert!(toast(&state).contains("not muted"));
}

#[test]
fn the_engines_refusal_is_shown_in_its_own_words() {
    let mut state = detail();
    key(&mut state, 'R');
    let effects = press(&mut state, KeyCode::Enter);
    let Some(Effect::Send(ask, Command::Resolve { alert: 31, note: None })) = effects.into_iter().next() else {
        panic!("nothing was sent")
    };
    let message = "alert 31 is resolved and cannot become resolved".to_owned();
    update(&mut state, Action::Reply(ask, Reply::Refused { message: message.clone() }));
    assert_eq!(toast(&state), message);
}

#[test]
fn a_mute_needs_an_end_and_a_reason() {
    let mut state = detail();
    key(&mut state, 'm');
    assert_eq!(press(&mut state, KeyCode::Enter), [], "no reason yet");
    let Some(Layer::Mute(dialog)) = state.layers.last() else { panic!("the dialog is gone") };
    assert!(dialog.problem.contains("needs a reason"));
    press(&mut state, KeyCode::Down);
    type_text(&mut state, "jack works on it");
    let effects = press(&mut state, KeyCode::Enter);
    let until = fixture::now() + chrono::Duration::hours(4);
    let mute = Command::Mute { alert: 31, until, reason: "jack works on it".into() };
    assert_eq!(sent(&effects), Some(&mute));
}

#[test]
fn a_mute_of_ones_own_length_is_typed_and_checked() {
    let mut state = detail();
    key(&mut state, 'm');
    for _ in 0..4 {
        press(&mut state, KeyCode::Down);
    }
    type_text(&mut state, "40d");
    press(&mut state, KeyCode::Tab);
    type_text(&mut state, "moving house");
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    let Some(Layer::Mute(dialog)) = state.layers.last() else { panic!("the dialog is gone") };
    assert!(dialog.problem.contains("30 days") && dialog.in_own, "{dialog:?}");
    for _ in 0..3 {
        press(&mut state, KeyCode::Backspace);
    }
    type_text(&mut state, "3d");
    let effects = press(&mut state, KeyCode::Enter);
    let until = fixture::now() + chrono::Duration::days(3);
    assert_eq!(sent(&effects), Some(&Command::Mute { alert: 31, until, reason: "moving house".into() }));
}

#[test]
fn calling_it_normal_takes_more_than_one_key_and_judging_takes_one() {
    let mut state = detail();
    key(&mut state, 'n');
    assert_eq!(press(&mut state, KeyCode::Enter), [], "the default leaves it");
    key(&mut state, 'n');
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(sent(&effects), Some(&Command::MarkNormal { alert: 31, note: None }));
    let judged = Command::Judge { alert: 31, alarm: Alarm::False, note: None };
    assert_eq!(sent(&key(&mut state, 'f')), Some(&judged));
    let mut page = fixture::alert_detail();
    page.alert.alarm = Some(Alarm::False);
    fixture::show(&mut state, Page::Alert(page));
    assert_eq!(key(&mut state, 'f'), []);
    assert!(toast(&state).contains("a false alarm already"));
    let judged = Command::Judge { alert: 31, alarm: Alarm::True, note: None };
    assert_eq!(sent(&key(&mut state, 't')), Some(&judged), "one may change one's mind");
}

#[test]
fn an_answer_goes_to_the_marked_alerts_that_take_it_one_after_the_other() {
    let mut state = alerts();
    key(&mut state, '*');
    assert_eq!(state.marked.len(), 8);
    key(&mut state, 'a');
    assert!(text(&picture(&state)).contains("2 marked ones are not concerned"));
    type_text(&mut state, "on it");
    let mut effects = press(&mut state, KeyCode::Enter);
    assert!(state.marked.is_empty());
    let mut asked = Vec::new();
    let note = || Some("on it".to_owned());
    while let [Effect::Send(Ask::Batch, Command::Acknowledge { alert, note: said })] = effects.as_slice() {
        assert_eq!(*said, note());
        asked.push(*alert);
        let refused = Reply::Refused { message: "alert 27 is over".into() };
        let reply = if *alert == 27 { refused } else { done("acknowledged") };
        effects = update(&mut state, Action::Reply(Ask::Batch, reply));
    }
    assert_eq!(asked, [31, 28, 27, 30, 25, 24]);
    assert_eq!(toast(&state), "Acknowledge: 5 alerts; 1 refused: alert 27 is over");
    assert!(matches!(effects.as_slice(), [Effect::Load { .. }]));
    assert!(state.batch.is_none());
}

#[test]
fn a_second_answer_waits_for_the_first_batch_and_none_is_lost() {
    let mut state = alerts();
    type_text(&mut state, "  ");
    assert_eq!(state.marked.iter().copied().collect::<Vec<_>>(), [28, 31]);
    let mut effects = key(&mut state, 't');
    type_text(&mut state, "g  ");
    assert_eq!(key(&mut state, 'f'), [], "queued behind");
    let mut asked = Vec::new();
    while let Some(Effect::Send(Ask::Batch, Command::Judge { alert, alarm, .. })) = effects.first() {
        asked.push((*alert, *alarm));
        effects = update(&mut state, Action::Reply(Ask::Batch, done("judged")));
    }
    let expected = [(31, Alarm::True), (28, Alarm::True), (31, Alarm::False), (28, Alarm::False)];
    assert_eq!(asked, expected);
    assert!(toast(&state).contains("4 alerts"));
}

#[test]
fn marks_end_with_escape_with_the_place_and_with_the_alert() {
    let mut state = alerts();
    key(&mut state, ' ');
    assert_eq!(state.alert().unwrap().id, 28, "the cursor went on");
    press(&mut state, KeyCode::Esc);
    assert!(state.marked.is_empty());
    assert_eq!(state.place, Place::Alerts);
    key(&mut state, '*');
    fixture::show(&mut state, Page::Alerts(fixture::alerts().into_iter().skip(6).collect()));
    assert_eq!(state.marked.len(), 2, "what is gone is not answered unseen");
    key(&mut state, '1');
    assert!(state.marked.is_empty());
}

#[test]
fn a_folded_run_is_one_line_and_its_answer_is_for_all_of_it() {
    let mut state = alerts();
    to(&mut state, 27);
    key(&mut state, 'z');
    assert_eq!(state.listing(List::Alerts).shown.len(), 4);
    assert_eq!(state.alert().unwrap().id, 31, "the line that stands for it");
    assert!(text(&picture(&state)).contains("5 of flights · 128"));
    key(&mut state, 'e');
    press(&mut state, KeyCode::Enter);
    let batch = state.batch.as_ref().unwrap();
    assert_eq!(batch.left.len(), 4);
    key(&mut state, 'z');
    assert_eq!(state.listing(List::Alerts).shown.len(), 8);
    key(&mut state, 'Z');
    assert_eq!(state.listing(List::Alerts).shown.len(), 2);
}

#[test]
fn views_and_severities_are_read_anew_and_the_marks_go() {
    let mut state = alerts();
    key(&mut state, ' ');
    let effects = key(&mut state, 'l');
    let [Effect::Load { wish, soon: false }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((wish.view, wish.severity), (View::Firing, None));
    assert!(state.marked.is_empty());
    let effects = key(&mut state, 's');
    let [Effect::Load { wish, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(wish.severity, Some(crate::domain::alert::Severity::Critical));
    for _ in 0..9 {
        key(&mut state, 'l');
    }
    assert_eq!(state.triage.view, View::All);
}

#[test]
fn many_alerts_of_one_run_are_one_line_that_leads_to_them() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    press(&mut state, KeyCode::Tab);
    key(&mut state, 'G');
    assert_eq!(state.need().unwrap().alerts, 12);
    assert_eq!(key(&mut state, 'a'), []);
    assert!(toast(&state).contains("12 alerts of one run"));
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(state.place, Place::Alerts);
    let [Effect::Load { wish, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(wish.view, View::Firing);
    assert_eq!(state.lists[&List::Alerts].filter, "flights run 128");
    press(&mut state, KeyCode::Esc);
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.place, Place::Overview);
}

#[test]
fn the_overview_lists_only_what_needs_an_answer() {
    let shown = text(&picture(&fixture::at(&Place::Overview, (120, 40))));
    assert!(shown.contains("escalated") && shown.contains("12 alerts"), "{shown}");
    assert!(shown.contains("1 acknowledged, 1 muted, 1 pending, 1 recovering, 1 inhibited"), "{shown}");
    for answered in ["AUC of 2013-02-08", "no output since yesterday"] {
        assert!(!shown.contains(answered), "{answered}");
    }
    assert!(shown.lines().next().unwrap().contains("▲ 1 critical   △ 2 warnings"), "{shown}");
}

#[test]
fn without_an_engine_nothing_can_be_answered_and_the_screen_says_so() {
    let mut state = detail();
    update(&mut state, Action::Link(Link::Down("no engine runs in this workspace".into())));
    for c in ['a', 'A', 'm', 'M', 'n', 't', 'f', 'R'] {
        assert_eq!(key(&mut state, c), [], "{c}");
        assert!(state.layers.is_empty() && toast(&state).contains("does not answer"), "{c}");
    }
}

#[test]
fn the_alert_leads_to_its_file_and_its_run() {
    let mut state = detail();
    key(&mut state, 'F');
    assert_eq!(state.place, Place::File { file: 64 });
    press(&mut state, KeyCode::Esc);
    key(&mut state, 'o');
    assert_eq!(state.place, Place::Run { run: 128 });
}

#[test]
fn a_long_page_scrolls_to_its_end_and_no_further() {
    let mut state = fixture::at(&Place::Alert { alert: 31 }, (80, 24));
    assert!(!text(&picture(&state)).contains("earlier alerts like this"));
    for _ in 0..200 {
        key(&mut state, 'j');
    }
    let shown = text(&picture(&state));
    assert!(shown.contains("earlier alerts like this") && shown.contains("false alarm"), "{shown}");
    let top = state.scroll.top;
    key(&mut state, 'k');
    assert_eq!(state.scroll.top, top - 1, "no key is needed to come back from beyond the end");
    key(&mut state, 'g');
    assert!(text(&picture(&state)).contains("● observed 949 kB"));
}

#[test]
fn failed_deliveries_are_tried_again_and_a_channel_is_tested_by_name() {
    let mut state = fixture::at(&Place::Deliveries, (120, 40));
    let again = Command::Redeliver { channel: Some("work items".into()) };
    assert_eq!(sent(&key(&mut state, 'r')), Some(&again));
    key(&mut state, 't');
    for _ in 0.."work items".len() {
        press(&mut state, KeyCode::Backspace);
    }
    assert_eq!(press(&mut state, KeyCode::Enter), [], "no channel is called nothing");
    key(&mut state, 'j');
    key(&mut state, 't');
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(sent(&effects), Some(&Command::TestChannel { channel: "pager".into() }));
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.place, Place::Alert { alert: 31 });
}

#[test]
fn a_rule_leads_to_every_alert_it_raised() {
    let mut state = fixture::at(&Place::Rules, (120, 40));
    key(&mut state, '/');
    type_text(&mut state, "size");
    press(&mut state, KeyCode::Enter);
    press(&mut state, KeyCode::Enter);
    assert_eq!((state.place.clone(), state.triage.view), (Place::Alerts, View::All));
    assert_eq!(state.alert().unwrap().id, 31);
    assert!(state.alert().unwrap().state == AlertState::Firing);
}
