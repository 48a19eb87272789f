//! What an operator does, without a terminal: keys in, effects and state out.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::fixture;
use super::pictures::{check, picture, text};
use crate::console::Leave;
use crate::console::action::{Action, Ask, Effect, Link};
use crate::console::keymap::BINDINGS;
use crate::console::layer::Layer;
use crate::console::layer::Target;
use crate::console::load::Page;
use crate::console::place::{List, Place, Screen, Side};
use crate::console::state::State;
use crate::console::update::motion::log_lines;
use crate::console::update::update;
use crate::domain::alert::Severity;
use crate::domain::diagnosis;
use crate::domain::job::Level;
use crate::domain::run::{RerunFrom, RunState};
use crate::domain::wire::{Command, EngineEvent, Reply, RerunPreview, RerunStep};

pub fn press(state: &mut State, code: KeyCode) -> Vec<Effect> {
    update(state, Action::Key(code.into()))
}

pub fn key(state: &mut State, c: char) -> Vec<Effect> {
    press(state, KeyCode::Char(c))
}

pub fn type_text(state: &mut State, text: &str) {
    for c in text.chars() {
        key(state, c);
    }
}

pub fn sent(effects: &[Effect]) -> Option<&Command> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(_, command) => Some(command),
        _ => None,
    })
}

#[test]
fn enter_opens_the_run_and_escape_leads_back_to_where_one_was() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, 'j');
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(state.place, Place::Run { run: 127 });
    assert!(matches!(effects.as_slice(), [Effect::Load { soon: false, .. }]));
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.place, Place::Runs);
    assert_eq!(state.selected_id(List::Runs).as_deref(), Some("127"));
}

#[test]
fn numbers_go_to_screens_from_anywhere() {
    let mut state = fixture::state((80, 24));
    for (c, screen) in [('2', Screen::Runs), ('6', Screen::Metrics), ('8', Screen::Reports), ('1', Screen::Overview)] {
        key(&mut state, c);
        assert_eq!(state.place.screen(), screen);
    }
}

#[test]
fn a_refresh_never_moves_the_selection() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, 'j');
    assert_eq!(state.run().unwrap().id, 127);
    let mut runs = fixture::runs();
    runs.insert(0, fixture::run_row(129, "bikes", RunState::Running, 1));
    fixture::show(&mut state, Page::Runs(runs.clone()));
    assert_eq!(state.run().unwrap().id, 127);
    runs.retain(|run| run.id != 127);
    fixture::show(&mut state, Page::Runs(runs));
    assert_eq!(state.run().unwrap().id, 126, "the row that took its place");
}

#[test]
fn a_version_opens_turns_its_sides_and_leads_back_to_where_one_was() {
    let mut state = fixture::at(&Place::Models, (120, 40));
    type_text(&mut state, "jk");
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(state.place, fixture::model_place());
    let [Effect::Load { wish, soon: false }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(wish.place, fixture::model_place());
    let first = text(&picture(&state));
    assert!(first.lines().next().unwrap().contains("flights ▸ models ▸ version 41"), "{first}");
    assert!(first.contains("▸verdict") && first.contains("how it was judged"), "{first}");
    press(&mut state, KeyCode::Tab);
    let classes = text(&picture(&state));
    let basis = "version 41 on its holdout: 8,743 rows, 2013-02-18 to 2013-03-03";
    assert!(classes.contains("▸classes") && classes.contains("AUC 0.702") && classes.contains(basis), "{classes}");
    press(&mut state, KeyCode::BackTab);
    press(&mut state, KeyCode::BackTab);
    assert_eq!(state.side, Side::Drift, "round at the ends");
    press(&mut state, KeyCode::BackTab);
    // The cursor of a page stays on its row through a refresh.
    press(&mut state, KeyCode::Left);
    key(&mut state, 'j');
    assert!(text(&picture(&state)).contains("dest = CLT: 4.7 % of the rows (412)"));
    let mut other = diagnosis::tests::binary();
    other.segments.remove(0);
    fixture::show(&mut state, Page::Model(Box::new(fixture::model_detail(Ok(other)))));
    assert_eq!(state.selected_id(List::Segments).as_deref(), Some("dest = CLT"));
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.place, Place::Models);
    assert_eq!(state.selected_id(List::Models).as_deref(), Some("41"));
    // Another version is looked at from the same side.
    key(&mut state, 'j');
    press(&mut state, KeyCode::Enter);
    assert_eq!((&state.place, state.side), (&Place::Model { pipeline: "flights".into(), version: 40 }, Side::Segments));
    assert!(text(&picture(&state)).contains("reading the model"), "not the one before");
    assert!(matches!(key(&mut state, '5').as_slice(), [Effect::Load { .. }]));
    assert_eq!(state.place, Place::Models);
}

#[test]
fn a_version_without_a_diagnosis_says_so_and_keeps_its_verdict() {
    let mut state = fixture::at(&fixture::model_place(), (80, 24));
    let why = "Version 41 was trained before diagnoses were kept.";
    fixture::show(&mut state, Page::Model(Box::new(fixture::model_detail(Err(why.into())))));
    assert!(text(&picture(&state)).contains("how it was judged"));
    for side in [Side::Fit, Side::Features, Side::Segments, Side::Days] {
        press(&mut state, KeyCode::Tab);
        assert_eq!(state.side, side);
        let shown = text(&picture(&state));
        assert!(shown.contains(why), "{shown}");
        assert_eq!(shown.contains("41.0 %"), side == Side::Features, "gain is known all the same: {shown}");
    }
    let effects = key(&mut state, 'o');
    assert!(matches!(effects.as_slice(), [Effect::Load { .. }]) && state.place == Place::Run { run: 127 });
}

#[test]
fn brackets_lead_from_a_version_to_the_versions_of_the_next_pipeline() {
    let mut state = fixture::at(&fixture::model_place(), (120, 40));
    let effects = key(&mut state, ']');
    let [Effect::Load { wish, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((wish.pipeline.as_deref(), &state.place), (Some("bikes"), &Place::Models));
}

#[test]
fn the_rerun_dialog_does_nothing_unless_told_twice() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    type_text(&mut state, "jj");
    let effects = key(&mut state, 'r');
    let failed = Command::PreviewRerun { run: 126, from: RerunFrom::Failed };
    assert_eq!(sent(&effects), Some(&failed));
    // Enter at once presses the default: do nothing.
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert!(state.layers.is_empty());
    // The other button does nothing either before the preview is there.
    let effects = key(&mut state, 'r');
    press(&mut state, KeyCode::Tab);
    assert_eq!(press(&mut state, KeyCode::Enter), []);
    assert!(matches!(state.layers.last(), Some(Layer::Rerun(_))));
    let Some(Effect::Send(ask, _)) = effects.into_iter().next() else { panic!("no preview was asked for") };
    let stages = vec![("publish".to_owned(), RerunStep::Run("it failed".into()))];
    let preview = RerunPreview { stages, files: 3, supersedes: Vec::new() };
    update(&mut state, Action::Reply(ask, Reply::Preview(preview)));
    let effects = press(&mut state, KeyCode::Enter);
    let again = Command::Rerun { run: 126, from: RerunFrom::Failed, reason: None };
    assert_eq!(effects, [Effect::Send(Ask::Rerun, again)]);
    update(&mut state, Action::Reply(Ask::Rerun, Reply::Done { message: "run 129 started".into(), run: Some(129) }));
    assert_eq!(state.place, Place::Run { run: 129 }, "run and follow");
}

#[test]
fn another_choice_in_the_rerun_dialog_asks_anew_and_an_old_answer_is_dropped() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    type_text(&mut state, "jjr");
    let effects = press(&mut state, KeyCode::Down);
    assert_eq!(sent(&effects), Some(&Command::PreviewRerun { run: 126, from: RerunFrom::Whole }));
    let old = Ask::Preview { run: 126, from: RerunFrom::Failed };
    update(&mut state, Action::Reply(old, Reply::Refused { message: "old".into() }));
    let Some(Layer::Rerun(dialog)) = state.layers.last() else { panic!("the dialog is gone") };
    assert_eq!(dialog.preview, None);
}

#[test]
fn cancelling_takes_more_than_one_key() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    key(&mut state, 'x');
    assert_eq!(press(&mut state, KeyCode::Enter), [], "the default keeps it running");
    key(&mut state, 'x');
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(sent(&effects), Some(&Command::Cancel { run: 128, reason: None }));
}

#[test]
fn a_filter_leaves_what_fits_and_escape_clears_it() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, '/');
    type_text(&mut state, "lake zebra");
    assert!(state.listing(List::Runs).shown.is_empty());
    for _ in 0.."zebra".len() {
        press(&mut state, KeyCode::Backspace);
    }
    type_text(&mut state, "reached");
    assert_eq!(state.listing(List::Runs).shown, [2]);
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.run().unwrap().id, 126);
    // The keys are keys again.
    press(&mut state, KeyCode::Esc);
    assert_eq!(state.listing(List::Runs).shown.len(), 60);
}

#[test]
fn the_log_follows_until_one_scrolls_up_and_again_from_its_end() {
    let mut state = fixture::at(&Place::Run { run: 128 }, (120, 40));
    picture(&state);
    press(&mut state, KeyCode::Tab);
    assert_eq!(state.log.held, None);
    key(&mut state, 'k');
    let held = state.log.held.unwrap();
    let before = text(&picture(&state));
    let mut detail = fixture::run_detail();
    let mut line = detail.log.last().unwrap().clone();
    line.id += 1;
    line.text = "something new at the end".into();
    detail.log.push(line);
    fixture::show(&mut state, Page::Run(detail));
    assert_eq!(state.log.held, Some(held));
    let after = text(&picture(&state));
    assert!(!after.contains("something new"));
    assert_eq!(before.lines().last(), after.lines().last());
    key(&mut state, 'G');
    assert_eq!(state.log.held, None);
    assert!(text(&picture(&state)).contains("something new at the end"));
}

#[test]
fn scrolling_up_a_log_stops_at_its_first_page() {
    let mut state = fixture::at(&Place::Run { run: 128 }, (120, 40));
    picture(&state);
    press(&mut state, KeyCode::Tab);
    key(&mut state, 'g');
    let shown = text(&picture(&state));
    assert!(shown.contains("round 0: log loss"), "{shown}");
    let page = state.log.page.get() as i64;
    assert_eq!(state.log.held, Some(log_lines(&state)[0].id + page - 1));
}

#[test]
fn leaving_asks_only_when_something_runs() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    assert_eq!(key(&mut state, 'q'), []);
    assert_eq!(press(&mut state, KeyCode::Enter), [Effect::Leave(Leave::Detach)]);
    key(&mut state, 'q');
    press(&mut state, KeyCode::Down);
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    assert_eq!(effects, [Effect::Send(Ask::Stop, Command::Stop { drain: true })]);
    let done = Reply::Done { message: "stops after run 128".into(), run: None };
    assert_eq!(update(&mut state, Action::Reply(Ask::Stop, done)), [Effect::Leave(Leave::StopEngine)]);
    state.overview.as_mut().unwrap().open_runs.clear();
    assert_eq!(key(&mut state, 'q'), [Effect::Leave(Leave::Detach)]);
}

#[test]
fn without_an_engine_reading_goes_on_and_asking_says_why_not() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    update(&mut state, Action::Link(Link::Down("no engine runs in this workspace".into())));
    assert!(text(&picture(&state)).contains("engine not reachable"));
    assert_eq!(key(&mut state, 'c'), []);
    assert!(state.toasts.last().unwrap().text.contains("does not answer"));
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.place, Place::Run { run: 128 });
    // It is back: what was missed is read.
    let effects = update(&mut state, Action::Link(Link::Up { started: None }));
    assert!(matches!(effects.as_slice(), [Effect::Load { .. }]));
}

#[test]
fn a_change_is_read_and_a_second_without_news_draws_nothing() {
    let mut state = fixture::at(&Place::Runs, (120, 40));
    state.dirty = false;
    let effects = update(&mut state, Action::Engine(EngineEvent::Changed));
    assert!(matches!(effects.as_slice(), [Effect::Load { soon: true, .. }]));
    assert!(!state.dirty);
    let overview = state.overview.as_mut().unwrap();
    overview.open_runs.clear();
    for card in &mut overview.pipelines {
        card.row.next_check = None;
    }
    assert_eq!(update(&mut state, Action::Tick(fixture::now() + chrono::Duration::seconds(5))), []);
    assert!(!state.dirty);
    update(&mut state, Action::Tick(fixture::now() + chrono::Duration::seconds(40)));
    assert!(state.dirty, "the minute changed");
}

#[test]
fn messages_go_away_and_grave_ones_stay_longer() {
    let mut state = fixture::at(&Place::Runs, (80, 24));
    state.toast(Level::Info, "done");
    state.toast(Level::Warn, "not done");
    update(&mut state, Action::Tick(fixture::now() + chrono::Duration::seconds(7)));
    assert_eq!(state.toasts.iter().map(|toast| toast.text.as_str()).collect::<Vec<_>>(), ["not done"]);
}

#[test]
fn help_lists_every_key_of_the_place_and_does_what_is_chosen() {
    for screen in Screen::ALL {
        let mut state = fixture::state((120, 40));
        state.place = fixture::pages().into_iter().find(|(_, place, _)| place.screen() == screen).unwrap().1;
        let layer = crate::console::layer::Commands { help: true, input: tui_input::Input::default(), selected: 0 };
        let listed: Vec<Target> = layer.entries(&state).into_iter().map(|entry| entry.target).collect();
        for binding in BINDINGS.iter().filter(|binding| binding.holds(screen)) {
            assert!(listed.contains(&Target::Act(binding.act)), "{:?} is missing on {screen:?}", binding.act);
        }
    }
    let mut state = fixture::at(&Place::Overview, (120, 40));
    key(&mut state, ':');
    type_text(&mut state, "to the metrics");
    press(&mut state, KeyCode::Enter);
    assert_eq!(state.place, Place::Metrics);
    assert!(state.layers.is_empty());
}

#[test]
fn the_palette_leads_to_pipelines_runs_and_datasets_too() {
    for (typed, place) in [("run 126", Place::Run { run: 126 }), ("rejects of bikes", Place::Data)] {
        let mut state = fixture::at(&Place::Runs, (120, 40));
        key(&mut state, ':');
        type_text(&mut state, typed);
        press(&mut state, KeyCode::Enter);
        assert_eq!(state.place, place, "{typed}");
    }
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, ':');
    type_text(&mut state, "pipeline cards");
    press(&mut state, KeyCode::Enter);
    assert_eq!((state.place.clone(), state.card().unwrap().row.name.as_str()), (Place::Overview, "cards"));
    let mut state = fixture::at(&Place::Runs, (120, 40));
    key(&mut state, ':');
    type_text(&mut state, "predictions");
    check("palette_datasets", &state);
}

#[test]
fn the_table_asks_only_for_rows_it_does_not_have() {
    let mut state = fixture::at(&Place::Table(fixture::source()), (120, 40));
    picture(&state);
    assert_eq!(key(&mut state, 'j'), []);
    let effects = key(&mut state, 'G');
    let [Effect::Window(request)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(request.from + request.count, 22_825);
    assert!(request.count < 400);
    let table = state.table.as_ref().unwrap();
    assert_eq!(table.cursor, 22_824);
    assert!(text(&picture(&state)).contains("row 22,825 of 22,825"));
    let rows = fixture::window(request.from, request.count);
    assert_eq!(update(&mut state, Action::Window(fixture::source(), 1, Ok(rows))), []);
    assert!(text(&picture(&state)).contains("22,825  2013-02-"));
}

#[test]
fn a_part_that_cannot_be_read_is_said_in_place() {
    let mut state = fixture::at(&Place::Table(fixture::source()), (80, 24));
    update(&mut state, Action::Window(fixture::source(), 1, Err("cannot read a.parquet: no such file".into())));
    assert!(text(&picture(&state)).contains("cannot read a.parquet"));
}

#[test]
fn a_paste_is_text_where_text_is_typed_and_nothing_elsewhere() {
    let mut state = fixture::at(&Place::Runs, (80, 24));
    assert_eq!(update(&mut state, Action::Paste("q\nx\n".into())), []);
    assert_eq!(state.place, Place::Runs);
    key(&mut state, '/');
    update(&mut state, Action::Paste("fai\x1b[2Jled".into()));
    assert_eq!(state.lists[&List::Runs].filter, "fai\\x1b[2Jled");
}

#[test]
fn the_engines_words_pass_the_sanitiser() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    let mut progress = fixture::live(10, 100).progress;
    progress.note = "\x1b]0;owned\x07".into();
    update(&mut state, Action::Engine(EngineEvent::Progress(progress)));
    update(&mut state, Action::Reply(Ask::Plain, Reply::Refused { message: "no\x1b[31m".into() }));
    let shown = text(&picture(&state));
    assert!(shown.contains("\\x1b[31m") && !shown.contains('\x1b'), "{shown}");
}

#[test]
fn a_notice_rings_and_is_shown() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    let notice = EngineEvent::Notice { severity: Severity::Critical, text: "flights: no file\x1b[31m".into() };
    assert_eq!(update(&mut state, Action::Engine(notice.clone())), [], "nothing rings that was not switched on");
    state.settings.bell = true;
    let effects = update(&mut state, Action::Engine(notice));
    assert_eq!(effects, [Effect::Ring("flights: no file\\x1b[31m".into())]);
    assert!(text(&picture(&state)).contains("flights: no file\\x1b[31m"));
}

#[test]
fn control_c_closes_an_overlay_before_it_leaves() {
    let mut state = fixture::at(&Place::Overview, (80, 24));
    key(&mut state, '?');
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(update(&mut state, Action::Key(control_c)), []);
    assert!(state.layers.is_empty());
}

#[test]
fn brackets_change_the_pipeline_in_view_and_what_is_read() {
    let mut state = fixture::at(&Place::Models, (120, 40));
    let effects = key(&mut state, ']');
    let [Effect::Load { wish, .. }] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(wish.pipeline.as_deref(), Some("bikes"));
    assert!(text(&picture(&state)).lines().next().unwrap().contains("bikes ▸ models"));
}
