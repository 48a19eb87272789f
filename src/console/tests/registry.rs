//! Deciding who serves.

use crossterm::event::KeyCode;

use super::fixture;
use super::flows::{key, press, sent, type_text};
use crate::console::layer::Layer;
use crate::console::place::Place;
use crate::domain::wire::Command;

#[test]
fn a_version_is_promoted_with_a_reason_and_not_without() {
    let mut state = fixture::at(&Place::Models, (120, 40));
    key(&mut state, 'p');
    let Some(Layer::Prompt(prompt)) = state.layers.last() else { panic!("it asks why") };
    assert_eq!(prompt.title, "Promote version 41 of flights?");
    assert!(prompt.body[0].contains("instead of version 39") && prompt.body[1].starts_with("kept: "), "{prompt:?}");
    assert_eq!(sent(&press(&mut state, KeyCode::Enter)), None);
    assert!(matches!(state.layers.last(), Some(Layer::Prompt(_))), "it still asks");
    type_text(&mut state, "new carriers");
    let effects = press(&mut state, KeyCode::Enter);
    let reason = "new carriers".to_owned();
    assert_eq!(sent(&effects), Some(&Command::Promote { pipeline: "flights".into(), version: 41, reason }));
    assert!(state.layers.is_empty());
}

#[test]
fn going_back_names_the_version_before_and_the_one_that_serves_cannot_be_promoted() {
    let mut state = fixture::at(&Place::Models, (120, 40));
    key(&mut state, 'b');
    let Some(Layer::Prompt(prompt)) = state.layers.last() else { panic!("it asks why") };
    assert_eq!(prompt.title, "Back to version 36 of flights?");
    type_text(&mut state, "complaints");
    let effects = press(&mut state, KeyCode::Enter);
    let command = Command::Rollback { pipeline: "flights".into(), reason: "complaints".into() };
    assert_eq!(sent(&effects), Some(&command));
    key(&mut state, 'j');
    key(&mut state, 'j');
    key(&mut state, 'p');
    assert!(state.layers.is_empty());
    assert!(state.toasts.last().unwrap().text.contains("version 39 serves already"));
    state.pages.models.as_mut().unwrap().reigns.truncate(1);
    key(&mut state, 'b');
    assert!(state.layers.is_empty());
    assert!(state.toasts.last().unwrap().text.contains("no other version has served before"));
}
