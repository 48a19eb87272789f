//! What an operator does with a table: columns, conditions, SQL, copies, exports; without a terminal.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::fixture;
use super::flows::{key, press, type_text};
use super::pictures::{check, picture, text};
use crate::console::action::{Action, CellsFor, Effect};
use crate::console::layer::Layer;
use crate::console::load::data::TablePage;
use crate::console::load::window::{Cells, Head};
use crate::console::load::{Page, Snapshot};
use crate::console::place::Place;
use crate::console::query::{Answer, Groups, Job, Shape, Summary, Want};
use crate::console::state::State;
use crate::console::update::update;
use crate::domain::dataset::DatasetKind;
use crate::domain::job::Work;
use crate::domain::why::{self, Adds};

fn table() -> State {
    let mut state = fixture::at(&Place::Table(fixture::source()), (120, 40));
    state.found = "/state/console/7".into();
    picture(&state);
    state
}

fn job(effects: &[Effect]) -> (u64, &Job) {
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Query(number, Some(job)) => Some((*number, job.as_ref())),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("nothing is asked: {effects:?}"))
}

fn summary() -> Summary {
    let quantiles = ["-3", "0", "1.5", "4", "9", "88", "1301"].map(str::to_owned).to_vec();
    let histogram = (0..40).map(|n: u64| 400 / (n + 1)).collect();
    let shape = Shape::Spread { quantiles, moments: Some((12.6, 40.2)), histogram, odd: 0 };
    Summary { column: "delay".into(), dtype: "f64".into(), rows: 22_825, nulls: 412, distinct: 527, shape }
}

fn groups() -> Groups {
    let groups = (0..30).map(|n: u64| (format!("C{n}"), 3_000 / (n + 1), Some(n as f64 / 2.0))).collect();
    Groups { by: "carrier".into(), mean: Some("delay".into()), groups, all: 41 }
}

#[test]
fn conditions_are_asked_in_the_background_and_their_rows_take_the_tables_place() {
    let mut state = table();
    key(&mut state, '/');
    type_text(&mut state, "predicted > 0.5");
    let effects = press(&mut state, KeyCode::Enter);
    let (number, asked) = job(&effects);
    assert_eq!((asked.conditions.as_str(), asked.sql.as_str()), ("predicted > 0.5", ""));
    assert_eq!(asked.want, Want::Rows("/state/console/7/1.parquet".into()));
    assert_eq!(asked.tables[0].files[0], std::path::Path::new("a.parquet"));
    assert_eq!(asked.lake.root, "/data/lake");
    assert_eq!(asked.tables[1].name, "clean");
    let drawn = text(&picture(&state));
    assert!(drawn.contains("looking for the rows …") && drawn.contains("row 1 of 22,825"), "{drawn}");
    // Keys go on meanwhile.
    key(&mut state, 'j');
    assert_eq!(state.table.as_ref().unwrap().cursor, 1);

    let answer = Answer::Rows("/state/console/7/1.parquet".into(), 40);
    let effects = update(&mut state, Action::Queried(number, Ok(answer)));
    let [Effect::Window(request)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(request.parts, [("/state/console/7/1.parquet".to_owned(), 40)]);
    // What was read of the whole table comes too late.
    update(&mut state, Action::Window(fixture::source(), 1, Ok(fixture::window(0, 300))));
    assert!(state.table.as_ref().unwrap().window.rows.is_empty());
    update(&mut state, Action::Window(fixture::source(), request.generation, Ok(fixture::window(0, 40))));
    let drawn = text(&picture(&state));
    assert!(drawn.contains("where predicted > 0.5") && drawn.contains("row 1 of 40"), "{drawn}");

    let effects = press(&mut state, KeyCode::Esc);
    assert!(effects.contains(&Effect::Forget("/state/console/7/1.parquet".into())), "{effects:?}");
    assert!(text(&picture(&state)).contains("row 1 of 22,825"));
    assert!(matches!(state.place, Place::Table(_)), "the first escape shows all rows again");
}

#[test]
fn a_condition_that_cannot_be_read_stands_where_it_was_typed_with_what_is_wrong() {
    let mut state = table();
    key(&mut state, '/');
    type_text(&mut state, "carier = 'UA'");
    let effects = press(&mut state, KeyCode::Enter);
    let (number, _) = job(&effects);
    let wrong = "there is no column carier: did you mean carrier?".to_owned();
    update(&mut state, Action::Queried(number, Err(wrong)));
    let drawn = text(&picture(&state));
    assert!(drawn.contains("▸ carier = 'UA'") && drawn.contains("did you mean carrier?"), "{drawn}");
    // The mended one is remembered, and so is the one before.
    press(&mut state, KeyCode::Esc);
    key(&mut state, '/');
    press(&mut state, KeyCode::Up);
    assert!(text(&picture(&state)).contains("▸ carier = 'UA'"));
}

#[test]
fn the_newest_question_wins_and_escape_ends_the_one_under_way() {
    let mut state = table();
    let first = key(&mut state, 's');
    let (first, _) = job(&first);
    let second = key(&mut state, 'i');
    assert!(matches!(second.as_slice(), [Effect::Query(_, None), Effect::Forget(_), _]), "{second:?}");
    let (second, asked) = job(&second);
    assert!(second > first && asked.want == Want::Summary("time_hour".into()));
    let late = Answer::Rows("/state/console/7/1.parquet".into(), 3);
    assert_eq!(update(&mut state, Action::Queried(first, Ok(late))), []);
    assert_eq!(state.table.as_ref().unwrap().total, 22_825);
    let effects = press(&mut state, KeyCode::Esc);
    assert!(matches!(effects.as_slice(), [Effect::Query(_, None)]), "{effects:?}");
    assert_eq!(update(&mut state, Action::Queried(second, Ok(Answer::Summary(summary())))), []);
    assert!(state.layers.is_empty() && state.asking.question.is_none());
}

#[test]
fn another_table_gets_no_answer_that_was_asked_of_the_one_before() {
    let mut state = table();
    let asked = key(&mut state, 's');
    let (number, _) = job(&asked);
    key(&mut state, '2');
    key(&mut state, '4');
    let effects = press(&mut state, KeyCode::Enter);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Query(_, None))), "{effects:?}");
    let late = Answer::Rows("/state/console/7/1.parquet".into(), 3);
    assert_eq!(update(&mut state, Action::Queried(number, Ok(late))), []);
    assert!(state.table.as_ref().unwrap().found.is_none());
}

#[test]
fn sorting_turns_from_smallest_to_largest_to_not_at_all() {
    let mut state = table();
    for wanted in [vec![("carrier".to_owned(), false)], vec![("carrier".to_owned(), true)]] {
        state.table.as_mut().unwrap().column = 1;
        let effects = key(&mut state, 's');
        let (number, asked) = job(&effects);
        assert_eq!(asked.sort, wanted);
        let path = format!("/state/console/7/{number}.parquet");
        let effects = update(&mut state, Action::Queried(number, Ok(Answer::Rows(path.into(), 22_825))));
        let Some(Effect::Window(request)) = effects.last() else { panic!("{effects:?}") };
        update(&mut state, Action::Window(fixture::source(), request.generation, Ok(fixture::window(0, 300))));
    }
    assert!(text(&picture(&state)).contains("carrier ▼"));
    key(&mut state, 's');
    assert!(state.table.as_ref().unwrap().query.is_empty());
}

#[test]
fn columns_are_hidden_found_and_frozen() {
    let mut state = table();
    key(&mut state, 'c');
    type_text(&mut state, "orig");
    press(&mut state, KeyCode::Tab);
    press(&mut state, KeyCode::Esc);
    let drawn = text(&picture(&state));
    assert!(!drawn.contains("origin") && drawn.contains("column 1 of 7 (1 hidden)"), "{drawn}");
    key(&mut state, 'f');
    assert_eq!(state.table.as_ref().unwrap().frozen, 1);
    state.size = (60, 20);
    for _ in 0..6 {
        key(&mut state, 'l');
    }
    let drawn = text(&picture(&state));
    assert!(drawn.contains("time_hour") && drawn.contains("model") && !drawn.contains("carrier"), "{drawn}");
}

#[test]
fn cells_are_copied_whole_and_rows_as_a_spreadsheet_takes_them() {
    let mut state = table();
    let effects = key(&mut state, 'y');
    let [Effect::Cells(request)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!((request.goal, &request.columns), (CellsFor::Cell, &vec!["time_hour".to_owned()]));
    let long = "x\x1b[2J\n".repeat(100_000);
    let cells = Cells { columns: vec!["time_hour".into()], rows: vec![vec![Some(long.clone())]] };
    let effects = update(&mut state, Action::Cells(CellsFor::Cell, Ok(cells)));
    assert_eq!(effects, [Effect::Copy("600 kB copied".into(), long)]);
    let cells = Cells { columns: vec!["a".into(), "b".into()], rows: vec![vec![Some("1\t2".into()), None]] };
    let effects = update(&mut state, Action::Cells(CellsFor::Rows, Ok(cells)));
    assert_eq!(effects, [Effect::Copy("1 row copied".into(), "a\tb\n1 2\t".into())]);
}

#[test]
fn an_export_asks_for_a_path_and_before_it_replaces_anything() {
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join("out.csv");
    std::fs::write(&there, "mine").unwrap();
    let mut state = table();
    key(&mut state, 'w');
    assert!(text(&picture(&state)).contains("flights-predictions-2013-03-09.csv"));
    update(&mut state, Action::Key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)));
    type_text(&mut state, there.to_str().unwrap());
    let effects = press(&mut state, KeyCode::Enter);
    let (number, asked) = job(&effects);
    assert_eq!(asked.want, Want::Export { to: there.clone(), replace: false, columns: Vec::new() });
    update(&mut state, Action::Queried(number, Err("there already".into())));
    assert!(text(&picture(&state)).contains("Replace the file?"));
    press(&mut state, KeyCode::Down);
    let effects = press(&mut state, KeyCode::Enter);
    assert!(matches!(&job(&effects).1.want, Want::Export { replace: true, .. }));
}

#[test]
fn a_click_selects_a_second_one_opens_and_a_heading_sorts() {
    let mut state = table();
    let click = |state: &mut State, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let effects = update(state, Action::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        picture(state);
        effects
    };
    click(&mut state, 30, 9);
    assert_eq!(state.table.as_ref().unwrap().cursor, 5);
    click(&mut state, 30, 9);
    assert!(matches!(state.layers.as_slice(), [Layer::Record(_)]));
    state.layers.clear();
    picture(&state);
    let effects = click(&mut state, 13, 2);
    assert_eq!(job(&effects).1.sort, [("time_hour".to_owned(), false)]);
}

#[test]
fn a_landed_file_is_read_as_it_lies_in_its_landing() {
    let mut state = fixture::at(&Place::File { file: 64 }, (120, 40));
    state.landings.insert("flights".into(), "/landing".into());
    let effects = opened(&mut state);
    assert_eq!(job(&effects).1.tables[0].files, [std::path::PathBuf::from("/landing/flights_2013-03-09.csv")]);
    assert!(text(&picture(&state)).contains("reading the file"));
    // Whatever happens elsewhere, it is not read again and again.
    let number = job(&effects).0;
    update(&mut state, Action::Queried(number, Err("it is no CSV".into())));
    assert!(text(&picture(&state)).contains("it is no CSV"));
    assert_eq!(shown_again(&mut state), []);
}

#[test]
fn a_landed_file_of_a_pipeline_whose_configuration_is_broken_says_so() {
    let mut state = fixture::at(&Place::File { file: 64 }, (120, 40));
    assert_eq!(opened(&mut state), []);
    let trouble = state.table.as_ref().unwrap().trouble.clone().unwrap();
    assert!(trouble.contains("its pipeline's configuration is broken"), "{trouble}");
    assert!(!text(&picture(&state)).contains("reading the file"));
    assert_eq!(shown_again(&mut state), []);
}

/// Opens the rows of the landed file in view, and what the table is made of comes.
fn opened(state: &mut State) -> Vec<Effect> {
    key(state, 't');
    shown_again(state)
}

fn shown_again(state: &mut State) -> Vec<Effect> {
    let Place::Table(source) = state.place.clone() else { panic!("{:?}", state.place) };
    let landed = Some("flights_2013-03-09.csv".to_owned());
    let page = TablePage {
        source,
        parts: Vec::new(),
        title: "flights_2013-03-09.csv".into(),
        landed,
        tables: Vec::new(),
        history: Vec::new(),
    };
    let snapshot =
        Snapshot { wish: state.wish(), overview: fixture::overview(), page: Page::Table(page), beside: None };
    update(state, Action::Snapshot(Box::new(snapshot)))
}

#[test]
fn overlays_over_a_table() {
    for size in [(120, 40), (80, 24), (40, 12)] {
        for (name, layer) in [("summary", Layer::Summary(summary())), ("groups", Layer::Groups(groups(), 0))] {
            let mut state = fixture::at(&Place::Table(fixture::source()), size);
            state.layers.push(layer);
            check(name, &state);
        }
        for (name, c) in [("columns", 'c'), ("where", '/'), ("sql", 'e'), ("write", 'w')] {
            let mut state = fixture::at(&Place::Table(fixture::source()), size);
            key(&mut state, c);
            check(name, &state);
        }
    }
}

/// The table of the fixture, with the columns that predictions are published with.
fn predictions() -> State {
    let mut state = table();
    let head = |name: &str| Head { name: name.into(), dtype: "f64".into(), numeric: true };
    let view = state.table.as_mut().unwrap();
    view.schema = ["time_hour", "prediction", "model_version", "actual", "_file", "_line"].map(head).to_vec();
    let history = &mut view.page.as_mut().unwrap().history;
    history.push(fixture::part(1, DatasetKind::Clean, "2013-03", 400).part);
    state
}

#[test]
fn why_a_row_was_predicted_so_is_asked_of_a_worker_and_shown() {
    let mut state = predictions();
    state.root = "/data".into();
    state.table.as_mut().unwrap().cursor = 401;
    let effects = key(&mut state, 'W');
    let (number, asked) = job(&effects);
    let Want::Why(asked) = &asked.want else { panic!("{asked:?}") };
    let Work::Why(work) = &asked.work else { panic!("{asked:?}") };
    assert_eq!((asked.pipeline.as_str(), asked.lake.root.as_str()), ("flights", "/data/lake"));
    assert_eq!((work.table.as_str(), work.row, work.workspace.as_str()), ("b.parquet", 1, "/data"));
    assert_eq!(work.history.len(), 1);
    assert!(text(&picture(&state)).contains("asking why row 402 of predictions, all 25 parts was predicted so"));

    let mut why = why::tests::late();
    why.row[0].1 = "44\x1b[2J12".into();
    update(&mut state, Action::Queried(number, Ok(Answer::Why(Box::new(why)))));
    check("why", &state);
    state.size = (80, 24);
    check("why_small", &state);
    press(&mut state, KeyCode::Esc);
    assert!(state.layers.is_empty());
}

#[test]
fn more_features_than_there_is_room_for_are_scrolled() {
    let mut state = predictions();
    let mut why = why::tests::late();
    let more = (0..60).map(|n| Adds { feature: format!("f{n}"), value: None, adds: 0.05 - f64::from(n) / 2_000.0 });
    why.parts.extend(more);
    state.layers.push(Layer::Why(Box::new(why), 0));
    assert!(text(&picture(&state)).contains("features 1 to"));
    press(&mut state, KeyCode::PageDown);
    let drawn = text(&picture(&state));
    assert!(drawn.contains("features 11 to") && !drawn.contains("dep_hour"), "{drawn}");
    for _ in 0..20 {
        press(&mut state, KeyCode::PageDown);
    }
    assert!(text(&picture(&state)).contains("to 66 of 66"));
}

#[test]
fn where_nothing_can_be_said_of_a_row_the_reason_is_told() {
    let refused = |change: fn(&mut State), reason: &str| {
        let mut state = predictions();
        change(&mut state);
        assert_eq!(key(&mut state, 'W'), [], "{reason}");
        let drawn = text(&picture(&state)).replace('\n', " ");
        assert!(drawn.contains(reason), "{reason}: {drawn}");
    };
    refused(|state| state.table.as_mut().unwrap().source.kind = DatasetKind::Rejects, "only predictions have a reason");
    refused(|state| state.table.as_mut().unwrap().total = 0, "there is no row here");
    let lost = |state: &mut State| state.table.as_mut().unwrap().schema.retain(|head| head.name != "_line");
    refused(lost, "the rows in view lack `_line`");
    let gone = |state: &mut State| state.table.as_mut().unwrap().page.as_mut().unwrap().history.clear();
    refused(gone, "no longer in the history");
}
