//! A picture of every screen at three sizes, as text; of the overview also its styles.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::fixture;
use crate::console::action::{Action, Link};
use crate::console::keymap::Act;
use crate::console::load::Page;
use crate::console::load::Snapshot;
use crate::console::load::deliveries::DeliveriesPage;
use crate::console::load::overview::Overview;
use crate::console::place::{Place, Side};
use crate::console::state::State;
use crate::console::theme::Theme;
use crate::console::update::{perform, update};
use crate::console::view;
use crate::domain::diagnosis;
use crate::domain::wire::{Reply, RerunPreview, RerunStep};
use crate::store::streams::StreamRow;

const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (40, 12)];

/// The screen as a terminal would have it.
pub fn picture(state: &State) -> Buffer {
    let (columns, rows) = state.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let theme = Theme::named("dark").unwrap();
    terminal
        .draw(|frame| {
            let area = frame.area();
            if let Some(cursor) = view::draw(state, &theme, area, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })
        .unwrap();
    terminal.backend().buffer().clone()
}

/// Its text, without trailing spaces.
pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(width);
    let row = |cells: &[ratatui::buffer::Cell]| {
        // The cell after a wide character holds nothing of its own.
        let mut out = String::new();
        let mut skip = 0;
        for cell in cells {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            out.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        out.trim_end().to_owned()
    };
    rows.map(row).collect::<Vec<_>>().join("\n")
}

/// One letter a style, a dot for the default, and what the letters mean.
fn styles(buffer: &Buffer) -> String {
    let mut seen: Vec<(Color, Color, Modifier)> = Vec::new();
    let width = usize::from(buffer.area.width).max(1);
    let mut letter = |cell: &ratatui::buffer::Cell| {
        let style = (cell.fg, cell.bg, cell.modifier);
        if style == (Color::Reset, Color::Reset, Modifier::empty()) {
            return '.';
        }
        let at = seen.iter().position(|other| *other == style).unwrap_or_else(|| {
            seen.push(style);
            seen.len() - 1
        });
        char::from(b'a' + u8::try_from(at).unwrap())
    };
    let rows: Vec<String> = buffer.content.chunks(width).map(|row| row.iter().map(&mut letter).collect()).collect();
    let legend = seen.iter().enumerate().map(|(n, style)| format!("{} {style:?}", char::from(b'a' + n as u8)));
    format!("{}\n{}", rows.join("\n"), legend.collect::<Vec<_>>().join("\n"))
}

pub fn check(name: &str, state: &State) {
    let (columns, rows) = state.size;
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), text(&picture(state)));
    });
}

fn check_styles(name: &str, state: &State) {
    let (columns, rows) = state.size;
    insta::with_settings!({snapshot_path => "styles", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), styles(&picture(state)));
    });
}

#[test]
fn every_screen_at_every_size() {
    for size in SIZES {
        for (name, place, _) in fixture::pages() {
            let state = fixture::at(&place, size);
            check(name, &state);
            check_styles(name, &state);
        }
    }
}

#[test]
fn a_model_from_every_side() {
    for size in SIZES {
        let mut state = fixture::at(&fixture::model_place(), size);
        for name in ["classes", "features", "segments", "days", "drift"] {
            perform(&mut state, Act::Right);
            check(&format!("model_{name}"), &state);
        }
        perform(&mut state, Act::Left);
        let numbers = fixture::model_detail(Ok(diagnosis::tests::regression()));
        fixture::show(&mut state, Page::Model(Box::new(numbers)));
        for name in ["days", "segments", "features", "residuals"] {
            check(&format!("model_numbers_{name}"), &state);
            perform(&mut state, Act::Left);
        }
    }
}

#[test]
fn a_model_of_several_classes_has_a_side_more() {
    for size in SIZES {
        let mut state = fixture::at(&fixture::model_place(), size);
        let several = fixture::model_detail(Ok(diagnosis::tests::several()));
        fixture::show(&mut state, Page::Model(Box::new(several)));
        for name in ["classes", "curves"] {
            perform(&mut state, Act::Right);
            check(&format!("model_several_{name}"), &state);
        }
        perform(&mut state, Act::Right);
        assert_eq!(state.side, Side::Features);
    }
    let mut old = diagnosis::tests::several();
    old.several.iter_mut().flat_map(|several| &mut several.classes).for_each(|class| class.roc.clear());
    let mut state = fixture::at(&fixture::model_place(), (80, 24));
    fixture::show(&mut state, Page::Model(Box::new(fixture::model_detail(Ok(old)))));
    state.side = Side::Curves;
    assert!(text(&picture(&state)).contains("trained before curves of classes were kept"));
}

#[test]
fn a_models_curves_in_monochrome_and_sixteen_colours() {
    let mut state = fixture::at(&fixture::model_place(), (80, 24));
    perform(&mut state, Act::Right);
    let drawn = |theme: Theme| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        view::draw(&state, &theme, buffer.area, &mut buffer);
        buffer
    };
    let dark = drawn(Theme::named("dark").unwrap());
    for theme in [Theme::named("monochrome").unwrap(), Theme::choose(Some("dark"), None, |_| None)] {
        let other = drawn(theme);
        assert_eq!(text(&other), text(&dark), "the shapes say everything, whatever the colours");
        assert!(other.content.iter().all(|cell| !matches!(cell.fg, Color::Indexed(_))));
    }
}

#[test]
fn the_overviews_colours() {
    insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("overview_styles", styles(&picture(&fixture::at(&Place::Overview, (100, 30)))));
    });
}

#[test]
fn overlays() {
    for size in SIZES {
        let on_overview = |act| {
            let mut state = fixture::at(&Place::Overview, size);
            perform(&mut state, act);
            state
        };
        check("help", &on_overview(Act::Help));
        check("palette", &on_overview(Act::Palette));
        check("leave", &on_overview(Act::Leave));
        check("cancel", &on_overview(Act::Cancel));
        check("acknowledge", &on_overview(Act::Acknowledge));
        check("rerun", &rerun(size));
        let on_alerts = |acts: &[Act]| {
            let mut state = fixture::at(&Place::Alerts, size);
            acts.iter().for_each(|act| drop(perform(&mut state, *act)));
            state
        };
        check("alerts_marked", &on_alerts(&[Act::Mark, Act::Mark]));
        check("alerts_folded", &on_alerts(&[Act::FoldAll]));
        check("mute", &on_alerts(&[Act::Mute]));
        check("mute_own", &mute_own(on_alerts(&[Act::MarkAll, Act::Mute])));
        check("normal", &on_alerts(&[Act::MarkNormal]));
        let mut end = fixture::at(&Place::Alert { alert: 31 }, size);
        picture(&end);
        perform(&mut end, Act::Bottom);
        check("alert_end", &end);
        let mut channel = fixture::at(&Place::Deliveries, size);
        perform(&mut channel, Act::TestChannel);
        check("test_channel", &channel);
        let mut row = fixture::at(&Place::Table(fixture::source()), size);
        perform(&mut row, Act::Open);
        check("row", &row);
    }
}

/// A span of one's own, and no reason yet.
fn mute_own(mut state: State) -> State {
    use crossterm::event::KeyCode::{Char, Enter, Tab, Up};
    for _ in 0..4 {
        update(&mut state, Action::Key(crossterm::event::KeyCode::Down.into()));
    }
    for code in [Char('3'), Char('d'), Tab, Enter, Up, crossterm::event::KeyCode::Down] {
        update(&mut state, Action::Key(code.into()));
    }
    update(&mut state, Action::Key(Enter.into()));
    state
}

fn rerun(size: (u16, u16)) -> State {
    let mut state = fixture::at(&Place::Runs, size);
    for act in [Act::Down, Act::Down] {
        perform(&mut state, act);
    }
    let effects = perform(&mut state, Act::Rerun);
    let Some(crate::console::action::Effect::Send(ask, _)) = effects.into_iter().next() else { panic!("no preview") };
    let preview = RerunPreview {
        stages: vec![
            ("clean".into(), RerunStep::Reuse("same files, same configuration".into())),
            ("score".into(), RerunStep::Reuse("same champion".into())),
            ("train".into(), RerunStep::Reuse("same history".into())),
            ("publish".into(), RerunStep::Run("it failed".into())),
            ("report".into(), RerunStep::Run("after publish".into())),
        ],
        files: 3,
        supersedes: vec!["predictions 2013-03-08".into(), "predictions 2013-03-09".into()],
    };
    update(&mut state, Action::Reply(ask, Reply::Preview(preview)));
    state
}

#[test]
fn before_anything_is_there() {
    let mut state = State::new("nyc".into(), "/data/lake".into(), fixture::now(), (80, 24));
    check("first_frame", &state);
    // Nothing is there before the engine that was started has made it.
    let trouble = Action::StoreTrouble("no state in .landfall: start the workspace once with `landfall`".into());
    update(&mut state, trouble);
    assert!(text(&picture(&state)).contains("the engine is starting"));
    update(&mut state, Action::StoreTrouble("no state in .landfall: start the workspace once with `landfall`".into()));
    update(&mut state, Action::Link(Link::Down("no engine runs in this workspace".into())));
    check("no_store", &state);
    let snapshot = Snapshot { wish: state.wish(), overview: Overview::default(), page: Page::Overview, beside: None };
    update(&mut state, Action::Snapshot(Box::new(snapshot)));
    check("no_pipeline", &state);
}

#[test]
fn a_run_that_nobody_carries_on_is_not_said_to_run() {
    let mut state = fixture::at(&Place::Overview, (120, 40));
    let run = |state: &State| text(&picture(state)).lines().find(|line| line.contains("▸ flights")).unwrap().to_owned();
    assert!(run(&state).contains("● running"));
    update(&mut state, Action::Link(Link::Down("the engine ended".into())));
    let said = run(&state);
    assert!(said.contains("! no engine") && said.contains("waits for an engine"), "{said}");
    for (place, header) in [(Place::Run { run: 128 }, "run 128 of flights"), (Place::Runs, "128  flights")] {
        let mut state = fixture::at(&place, (120, 40));
        let of_run =
            |state: &State| text(&picture(state)).lines().find(|line| line.contains(header)).unwrap().to_owned();
        assert!(of_run(&state).contains("● running"), "{place:?}");
        update(&mut state, Action::Link(Link::Down("the engine ended".into())));
        let said = of_run(&state);
        assert!(said.contains("! no engine") && !said.contains("running") && !said.contains(" left"), "{said}");
    }
}

#[test]
fn how_far_streams_are_read_stands_above_the_files() {
    let mut state = fixture::at(&Place::Files, (120, 40));
    let mut overview = fixture::overview();
    let row = |partition: u32, behind| StreamRow {
        pipeline: "rides".into(),
        source: "kafka rides 1".into(),
        partition: partition.to_string(),
        position: format!("{}", 1_200 + partition),
        mark: None,
        behind,
        records: 1_200,
        batches: 3,
        looked: fixture::now(),
        moved: None,
        lost: 0,
        lost_at: None,
    };
    overview.streams = (0..12).map(|partition| row(partition, u64::from(partition) * 10)).collect();
    let page = Page::Files(Vec::new());
    let snapshot = Snapshot { wish: state.wish(), overview, page, beside: None };
    update(&mut state, Action::Snapshot(Box::new(snapshot)));
    let drawn = text(&picture(&state));
    assert!(drawn.contains("9 of 12 partitions · 660 records behind"), "{drawn}");
    let first = drawn.lines().skip_while(|line| !line.contains("position")).nth(1).unwrap();
    assert!(first.contains("1211") && first.contains("110"), "{drawn}");
    assert!(drawn.contains("No file has landed yet."), "{drawn}");
}

#[test]
fn empty_lists_say_what_to_do_next() {
    let empty = [
        (Place::Runs, Page::Runs(Vec::new()), "c on the overview checks now"),
        (Place::Files, Page::Files(Vec::new()), "Put one where"),
        (Place::Alerts, Page::Alerts(Vec::new()), "No alert is like that"),
        (Place::Rules, Page::Rules(Vec::new()), "No rule has said anything"),
        (Place::Deliveries, Page::Deliveries(DeliveriesPage::default()), "Nothing was told"),
        (Place::Reports, Page::Reports(Vec::new()), "Every run that is published writes one"),
    ];
    for (place, page, words) in empty {
        let mut state = fixture::at(&place, (80, 24));
        fixture::show(&mut state, page);
        let drawn = text(&picture(&state));
        assert!(drawn.contains(words), "{drawn}");
    }
}
