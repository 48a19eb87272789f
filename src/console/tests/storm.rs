//! Ten thousand alerts at once.

use std::sync::Arc;
use std::time::Instant as Clock;

use crossterm::event::KeyCode;

use super::fixture;
use super::flows::{key, press};
use super::pictures::{picture, text};
use crate::console::action::{Action, Effect, Link};
use crate::console::load::overview::NEEDS;
use crate::console::load::{self, LIST_LIMIT, Page};
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::console::update::update;
use crate::domain::alert::{AlertKind, AlertState, Finding, Sample, Severity};
use crate::store::{self, Connection, Store};

const ALERTS: usize = 10_000;
const RUNS: i64 = 400;

/// A store in the middle of the storm: alerts of many runs and three severities, each with a whole history.
async fn storm() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let written = store.write(|tx| {
        store::pipelines::upsert(tx, "flights", "Late flights", "c0ffee", "auc", &[])?;
        for n in 0..ALERTS as i64 {
            let severity = [Severity::Critical, Severity::Warning, Severity::Info][(n % 3) as usize];
            let message = format!("flights_{n}.csv is 949 kB, 10.2x its usual 93 kB (61 kB to 142 kB)");
            let mut finding =
                Finding::new(AlertKind::FileSize, &format!("flights_{n}.csv"), severity, message, "5 sigmas");
            let sample = |m: i64| Sample { at: fixture::ago(m * 86_400), value: 93_000.0, band: None };
            finding.evidence.history = (0..60).map(sample).collect();
            // Some runs have a few alerts, others hundreds, and some alerts are about none.
            let run = (n % 7 > 0).then_some(n * n % RUNS);
            store::alerts::raise(tx, "flights", &finding, AlertState::Firing, run, fixture::ago(n))?;
        }
        Ok(())
    });
    written.await.unwrap();
    let connection = store::open_reader(folder.path()).unwrap();
    (folder, connection)
}

fn read(connection: &Connection, state: &mut State) {
    let snapshot = load::load(connection, &"".into(), &state.wish()).unwrap();
    update(state, Action::Snapshot(Box::new(snapshot)));
}

fn at(connection: &Connection, place: Place) -> State {
    let mut state = State::new("nyc".into(), "/data/lake".into(), fixture::now(), (120, 40));
    state.place = place;
    update(&mut state, Action::Link(Link::Up { started: None }));
    read(connection, &mut state);
    state
}

#[tokio::test]
async fn in_a_storm_lists_hold_windows_the_counts_are_whole_and_a_key_works_out_no_list_anew() {
    let (_folder, connection) = storm().await;
    let mut state = at(&connection, Place::Overview);
    let overview = state.overview.as_ref().unwrap();
    assert!(overview.needs.len() <= NEEDS, "{}", overview.needs.len());
    assert_eq!(overview.tally.iter().map(|tally| tally.alerts).sum::<u64>(), ALERTS as u64);
    let shown = text(&picture(&state));
    assert!(shown.contains("▲ 3,334 critical   △ 3,333 warnings"), "{shown}");

    state.place = Place::Alerts;
    read(&connection, &mut state);
    let alerts = state.pages.alerts.as_ref().unwrap();
    assert_eq!(alerts.len(), LIST_LIMIT);
    assert!(alerts.iter().all(|alert| alert.finding.evidence.history.is_empty()), "a list shows no history");
    let shown = text(&picture(&state));
    assert!(shown.contains("standing 10,000") && shown.contains("the first 1,000"), "{shown}");
    let before = state.listing(List::Alerts);
    for c in ['j', 'j', ' ', 'G', 'k', 'g', '*'] {
        key(&mut state, c);
        picture(&state);
    }
    press(&mut state, KeyCode::PageDown);
    picture(&state);
    assert!(Arc::ptr_eq(&before, &state.listing(List::Alerts)), "the rows were worked out again");
    assert_eq!(state.marked.len(), LIST_LIMIT);
    // Marked is what is seen: the answer goes to these, one request at a time.
    key(&mut state, 't');
    assert_eq!(state.batch.as_ref().unwrap().left.len(), LIST_LIMIT - 1);
}

#[tokio::test]
#[ignore = "a measurement: cargo test --lib storm -- --ignored --nocapture"]
async fn key_to_frame_in_a_storm() {
    let (_folder, connection) = storm().await;
    for place in [Place::Overview, Place::Alerts] {
        let mut state = at(&connection, place.clone());
        let started = Clock::now();
        let snapshot = load::load(&connection, &"".into(), &state.wish()).unwrap();
        let loaded = started.elapsed();
        assert!(matches!(snapshot.page, Page::Overview | Page::Alerts(_)));
        let started = Clock::now();
        update(&mut state, Action::Snapshot(Box::new(snapshot)));
        picture(&state);
        let taken = started.elapsed();
        let mut times = Vec::new();
        for c in "jjjj G*kk*zZz/flights 99".chars().cycle().take(480) {
            let started = Clock::now();
            // A slash while one types a filter ends it.
            let ends = c == '/' && state.typing.is_some();
            let effects = if ends { press(&mut state, KeyCode::Esc) } else { key(&mut state, c) };
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::Leave(_))));
            picture(&state);
            times.push(started.elapsed());
        }
        times.sort();
        println!(
            "{place:?}: read in the background {loaded:?}, taken and drawn {taken:?}; \
             key to frame: median {:?}, 99 % {:?}, most {:?}",
            times[times.len() / 2],
            times[times.len() * 99 / 100],
            times[times.len() - 1]
        );
    }
}
