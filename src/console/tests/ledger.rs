//! Files held, released, retried and dropped at the keyboard: keys in, commands out.

use crossterm::event::KeyCode;

use super::fixture;
use super::flows::{key, press, sent, type_text};
use super::pictures::{check, picture, text};
use crate::console::action::{Action, Ask, Effect, Link};
use crate::console::keymap::Act;
use crate::console::layer::Layer;
use crate::console::load::Page;
use crate::console::load::files::FileDetail;
use crate::console::place::{List, Place};
use crate::console::state::State;
use crate::console::update::{refusal, update};
use crate::domain::file::{FileState, FileVerb};
use crate::domain::wire::{Command, Reply};

const KEYS: [(char, FileVerb, Act); 4] = [
    ('h', FileVerb::Hold, Act::HoldFile),
    ('R', FileVerb::Release, Act::ReleaseFile),
    ('r', FileVerb::Retry, Act::RetryFile),
    ('x', FileVerb::Drop, Act::DropFile),
];

/// The ledger with the cursor on a file version: 63 is a duplicate, 61 in quarantine, 60 committed, 59 settling.
fn on(file: i64) -> State {
    let mut state = fixture::at(&Place::Files, (120, 40));
    state.list_mut(List::Files).selected = Some(file.to_string());
    assert_eq!(state.file().unwrap().id, file);
    state
}

/// The screen of one file version in this state.
fn shown(file_state: FileState) -> State {
    let mut state = fixture::at(&Place::File { file: 64 }, (120, 40));
    let mut page = fixture::file_detail();
    page.file.state = file_state;
    fixture::show(&mut state, Page::File(page));
    state
}

fn toast(state: &State) -> &str {
    state.toasts.last().map_or("", |toast| toast.text.as_str())
}

fn command(file: i64, verb: FileVerb, reason: Option<&str>) -> Command {
    Command::FileVersion { file, verb, reason: reason.map(str::to_owned) }
}

#[test]
fn a_file_is_held_and_released_with_a_reason_that_may_be_empty() {
    let mut state = on(59);
    assert_eq!(key(&mut state, 'h'), []);
    let said = text(&picture(&state));
    assert!(said.contains("Hold flights_2013-03-05.csv?") && said.contains("No run takes it until"), "{said}");
    type_text(&mut state, "upstream repeats it");
    let effects = press(&mut state, KeyCode::Enter);
    let hold = command(59, FileVerb::Hold, Some("upstream repeats it"));
    assert_eq!(effects, [Effect::Send(Ask::Plain, hold)]);
    assert!(state.layers.is_empty());

    let mut state = on(61);
    key(&mut state, 'R');
    let Some(Layer::Prompt(prompt)) = state.layers.last() else { panic!("it asks why") };
    assert!(prompt.body[0].contains("final_v2.csv of flights (quarantined): line 412: 9 fields"), "{prompt:?}");
    assert_eq!(sent(&press(&mut state, KeyCode::Enter)), Some(&command(61, FileVerb::Release, None)));
    key(&mut state, 'R');
    assert_eq!(press(&mut state, KeyCode::Esc), [], "left as it is");
}

#[test]
fn what_the_engine_says_is_shown_and_the_ledger_is_read_anew() {
    let mut state = on(63);
    let effects = key(&mut state, 'r');
    let Some(Effect::Send(ask, asked)) = effects.into_iter().next() else { panic!("nothing was sent") };
    assert_eq!(asked, command(63, FileVerb::Retry, None), "a look can do no harm: nothing is asked first");
    let message = "flights_2013-03-08 (copy).csv is settling, looked at anew".to_owned();
    let effects = update(&mut state, Action::Reply(ask, Reply::Done { message: message.clone(), run: None }));
    assert!(toast(&state) == message && matches!(effects.as_slice(), [Effect::Load { .. }]));
    let message = "a newer version of flights_2013-03-08.csv has come: look at that one".to_owned();
    update(&mut state, Action::Reply(Ask::Plain, Reply::Refused { message: message.clone() }));
    assert_eq!(toast(&state), message);
}

#[test]
fn dropping_takes_more_than_one_key() {
    let mut state = shown(FileState::Held);
    key(&mut state, 'x');
    check("drop_file", &state);
    assert_eq!(press(&mut state, KeyCode::Enter), [], "the default leaves it");
    key(&mut state, 'x');
    press(&mut state, KeyCode::Down);
    assert_eq!(sent(&press(&mut state, KeyCode::Enter)), Some(&command(64, FileVerb::Drop, None)));
}

#[test]
fn a_verb_that_the_state_does_not_allow_is_disabled_and_says_why() {
    for file_state in FileState::ALL {
        for (c, verb, act) in KEYS {
            let mut state = shown(*file_state);
            let possible = verb.leads_to(*file_state).is_some();
            assert_eq!(refusal(&state, act).is_none(), possible, "{act:?} of {file_state}");
            let effects = key(&mut state, c);
            assert_eq!(!state.layers.is_empty() || sent(&effects).is_some(), possible, "{act:?} of {file_state}");
            let why = format!("no {file_state} file can be {}: only one that is ", verb.past());
            assert_eq!(toast(&state).starts_with(&why), !possible, "{}", toast(&state));
        }
    }
    let mut state = on(60);
    key(&mut state, 'h');
    assert_eq!(toast(&state), "no committed file can be held: only one that is seen, settling or ready");
}

#[test]
fn marked_files_are_taken_one_after_the_other_and_others_are_not_concerned() {
    let mut state = fixture::at(&Place::Files, (120, 40));
    key(&mut state, '*');
    assert_eq!(state.marked.len(), 6);
    key(&mut state, 'R');
    check("files_marked", &state);
    type_text(&mut state, "checked");
    let mut effects = press(&mut state, KeyCode::Enter);
    assert!(state.marked.is_empty());
    let mut asked = Vec::new();
    while let [Effect::Send(Ask::Batch, Command::FileVersion { file, verb: FileVerb::Release, reason })] =
        effects.as_slice()
    {
        assert_eq!(reason.as_deref(), Some("checked"));
        asked.push(*file);
        let reply = match file {
            61 => Reply::Refused { message: "it was run".into() },
            _ => Reply::Done { message: "released".into(), run: None },
        };
        effects = update(&mut state, Action::Reply(Ask::Batch, reply));
    }
    assert_eq!(asked, [63, 61]);
    assert_eq!(toast(&state), "Release: 1 file; 1 refused: it was run");
    assert!(matches!(effects.as_slice(), [Effect::Load { .. }]));

    type_text(&mut state, "g j ");
    assert_eq!(state.marked.iter().copied().collect::<Vec<_>>(), [62, 64], "the cursor goes on");
    assert_eq!(key(&mut state, 'h'), []);
    assert!(toast(&state).starts_with("none of the 2 marked files: no claimed file"), "{}", toast(&state));
}

#[test]
fn marks_of_files_end_with_escape_and_with_the_file_and_outlive_the_other_panes_alerts() {
    let mut state = fixture::at(&Place::Files, (120, 40));
    key(&mut state, '*');
    fixture::show(&mut state, Page::Alerts(fixture::alerts()));
    assert_eq!(state.marked.len(), 6);
    fixture::show(&mut state, Page::Files(fixture::files().into_iter().skip(4).collect()));
    assert_eq!(state.marked.iter().copied().collect::<Vec<_>>(), [59, 60]);
    press(&mut state, KeyCode::Esc);
    assert!(state.marked.is_empty() && state.place == Place::Files);
}

#[test]
fn nothing_is_done_with_a_file_where_one_only_looks_in_the_past_without_an_engine_and_without_files() {
    let refuses = |what: &str, change: &dyn Fn(&mut State)| {
        for (c, _, act) in KEYS {
            let mut state = on(61);
            change(&mut state);
            assert_eq!(key(&mut state, c), [], "{act:?}");
            assert!(state.layers.is_empty() && toast(&state).contains(what), "{act:?}: {}", toast(&state));
        }
    };
    refuses("this console only looks", &|state| state.settings.read_only = true);
    refuses("this is the past", &|state| state.goal = Some(fixture::now() - chrono::Duration::hours(1)));
    refuses("does not answer", &|state| state.link = Link::Down("no engine runs".into()));
    refuses("there is no file here", &|state| fixture::show(state, Page::Files(Vec::new())));
}

#[test]
fn the_palette_finds_what_can_be_done_with_a_file() {
    let mut state = on(61);
    key(&mut state, ':');
    type_text(&mut state, "drop the file");
    press(&mut state, KeyCode::Enter);
    assert!(matches!(state.layers.last(), Some(Layer::Choice(_))), "{:?}", state.layers);
}

#[test]
fn a_duplicate_was_complete_when_it_was_known_to_be_one() {
    let complete = |change: fn(&mut FileDetail)| {
        let mut state = fixture::at(&Place::File { file: 64 }, (120, 40));
        let mut page = fixture::file_detail();
        page.file.settled = None;
        change(&mut page);
        fixture::show(&mut state, Page::File(page));
        let drawn = text(&picture(&state));
        drawn.lines().find(|line| line.contains("complete  ")).unwrap().trim().to_owned()
    };
    let said = complete(|page| {
        page.file.state = FileState::Duplicate;
        page.history = vec![
            (fixture::ago(390), FileState::Seen, "listed".into()),
            (fixture::ago(380), FileState::Duplicate, "the content of file 12".into()),
        ];
    });
    assert!(said.ends_with(&crate::console::format::full(fixture::ago(380))), "{said}");
    assert!(complete(|page| page.file.state = FileState::Settling).ends_with("not yet"));
    assert!(complete(|page| page.file.state = FileState::Vanished).ends_with("not known"));
}
