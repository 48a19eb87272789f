//! Replaying the rules: asked for by a key, worked out elsewhere, dropped when one has left.

use crossterm::event::KeyCode;

use super::fixture;
use super::flows::{key, press};
use super::pictures::{picture, text};
use crate::alerts::replay::ReplayReport;
use crate::console::action::{Action, Effect, ReplayRequest};
use crate::console::load::replay::read;
use crate::console::place::Place;
use crate::console::reader;
use crate::console::state::State;
use crate::console::update::update;
use crate::domain::alert::{AlertKind, AlertState, Finding, Severity};
use crate::domain::file::{Listed, VersionToken};
use crate::store::{self, Store};

fn asked(effects: &[Effect]) -> Option<&ReplayRequest> {
    effects.iter().find_map(|effect| match effect {
        Effect::Replay(request) => request.as_ref(),
        _ => None,
    })
}

fn done(state: &mut State, number: u64, outcome: Result<ReplayReport, String>) {
    update(state, Action::Replayed(number, outcome));
}

#[test]
fn the_rules_lead_to_their_replay_and_that_to_what_one_would_have_fired() {
    let mut state = fixture::at(&Place::Rules, (120, 40));
    let effects = key(&mut state, 'p');
    let request = asked(&effects).unwrap().clone();
    assert_eq!((state.place.clone(), request.to), (Place::Replay, fixture::now()));
    assert!(text(&picture(&state)).contains("replaying …"));
    // A key that comes before the answer is not lost.
    press(&mut state, KeyCode::Enter);
    done(&mut state, request.number, Ok(fixture::replay()));
    assert_eq!(state.place, Place::Replayed { pipeline: "flights".into(), kind: AlertKind::Staleness });
    let shown = text(&picture(&state));
    assert!(shown.contains("rules ▸ replay ▸ staleness of flights"), "{shown}");
    assert!(shown.contains("raised then as alert 22, resolved, called a true alarm [op: blizzard]"), "{shown}");
    assert!(asked(&press(&mut state, KeyCode::Esc)).is_none(), "what was replayed is still there");
    assert_eq!(state.place, Place::Replay);
    key(&mut state, 'G');
    press(&mut state, KeyCode::Enter);
    let shown = text(&picture(&state));
    assert!(shown.contains("2 alerts · 0.5 a week") && shown.contains("would no longer fire"), "{shown}");
}

#[test]
fn leaving_ends_the_replay_and_a_late_answer_is_dropped() {
    let mut state = fixture::at(&Place::Rules, (120, 40));
    let first = asked(&key(&mut state, 'p')).unwrap().number;
    assert!(press(&mut state, KeyCode::Esc).contains(&Effect::Replay(None)));
    assert_eq!(state.place, Place::Rules);
    done(&mut state, first, Ok(fixture::replay()));
    let second = asked(&key(&mut state, 'p')).unwrap().number;
    done(&mut state, first, Err("of another time".into()));
    assert!(text(&picture(&state)).contains("replaying …"));
    done(&mut state, second, Ok(fixture::replay()));
    let shown = text(&picture(&state));
    assert!(shown.contains("0 of 1") && shown.contains("1 of 2"), "true alarms lost, false ones kept: {shown}");
    assert!(!key(&mut state, '7').contains(&Effect::Replay(None)), "there is nothing to end");
}

#[test]
fn a_configuration_that_cannot_be_used_is_one_sentence_and_p_tries_again() {
    let mut state = fixture::at(&Place::Replay, (80, 24));
    let number = asked(&key(&mut state, 'p')).unwrap().number;
    done(&mut state, number, Err("pipelines/flights.toml:12: unknown key `ratoi`".into()));
    let shown = text(&picture(&state));
    assert!(shown.contains("flights.toml:12: unknown key `ratoi`") && shown.contains("p replays"), "{shown}");
    assert!(asked(&key(&mut state, 'p')).unwrap().number > number);
}

/// The configuration and the store of forty daily files of which one is ten times as large.
#[tokio::test]
async fn a_rule_changed_in_the_file_is_replayed_over_a_real_store_before_any_engine_takes_it_over() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("pipelines/rentals.toml");
    let ten_lines = include_str!("../../../config/examples/ten-lines/pipelines/rentals.toml");
    std::fs::create_dir(rules.parent().unwrap()).unwrap();
    std::fs::write(folder.path().join("landfall.toml"), "").unwrap();
    std::fs::write(&rules, ten_lines).unwrap();
    let state = folder.path().join(".landfall");
    std::fs::create_dir(&state).unwrap();
    let store = Store::open(&state).unwrap();
    let written = store.write(|tx| {
        store::pipelines::upsert(tx, "rentals", "Rentals", "0", "", &[])?;
        for day in 0..40 {
            let now = fixture::now() - chrono::Duration::days(40 - day);
            let key = format!("f_{}.csv", now.format("%Y-%m-%d"));
            let bytes = if day == 35 { 1_000_000 } else { 100_000 + 500 * (day as u64 % 3) };
            let listed = Listed { key: key.clone(), bytes, modified: now, token: VersionToken(key.clone()) };
            let file = store::files::enter(tx, "rentals", &listed, now)?;
            store::files::set_state(tx, file, crate::domain::file::FileState::Ready, "whole", now)?;
            let new = store::runs::NewRun {
                pipeline: "rentals",
                cause: crate::domain::run::Cause::Schedule,
                reason: "",
                parent: None,
                config_hash: "0",
                seed: 1,
                files: &[file],
                bytes,
            };
            let run = store::runs::create(tx, &new, now)?;
            store::files::claim(tx, file, run, now)?;
            if day == 35 {
                let message = "far from\u{1b}[2J its usual".into();
                let found = Finding::new(AlertKind::FileSize, &key, Severity::Critical, message, "");
                let id = store::alerts::raise(tx, "rentals", &found, AlertState::Firing, Some(run), now)?;
                store::alerts::set_state(tx, id, AlertState::Acknowledged, "op", "a\u{1b}[2J fair day", now)?;
            }
        }
        Ok(())
    });
    written.await.unwrap();
    let replay = |is_left: fn() -> bool| read(folder.path(), &state, fixture::now(), is_left);
    let mut console = fixture::at(&Place::Rules, (120, 40));
    let request = asked(&key(&mut console, 'p')).unwrap().clone();
    let (out, mut inbox) = tokio::sync::mpsc::channel(4);
    let asks = reader::replays(folder.path().into(), state.clone(), out);
    asks.send(None).unwrap();
    asks.send(Some(request)).unwrap();
    let answer = inbox.recv().await.unwrap();
    update(&mut console, answer);
    for _ in 0..4 {
        key(&mut console, 'j');
    }
    press(&mut console, KeyCode::Enter);
    let shown = text(&picture(&console));
    assert!(shown.contains("file size of rentals · 1 alert"), "{shown}");
    assert!(shown.contains("raised then as alert 1, acknowledged [op: a\\x1b[2J fair day]"), "{shown}");
    assert_eq!(replay(|| true), Ok(None), "nobody waits for it any more");

    std::fs::write(&rules, format!("{ten_lines}\n[alerts.file_size]\nratio = 20\nsigmas = 200\n")).unwrap();
    let lenient = replay(|| false).unwrap().unwrap();
    let size = lenient.rules.iter().find(|rule| rule.kind == AlertKind::FileSize).unwrap();
    assert_eq!((size.fired.len(), size.no_longer.len()), (0, 1));
    std::fs::write(&rules, format!("{ten_lines}\n[alerts.file_size]\nratoi = 20\n")).unwrap();
    let trouble = replay(|| false).unwrap_err();
    assert!(trouble.contains("rentals.toml") && trouble.contains("ratoi") && !trouble.contains('\n'), "{trouble}");
}
