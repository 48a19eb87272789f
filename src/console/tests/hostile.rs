//! Nothing panics, and no control character reaches a cell, at any size and with any text.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::fixture;
use crate::console::action::Action;
use crate::console::keymap::Act;
use crate::console::load::model::ModelDetail;
use crate::console::load::tidy::{Tidy, line};
use crate::console::load::{Page, Snapshot};
use crate::console::place::{Place, Side};
use crate::console::settings::Setting;
use crate::console::state::State;
use crate::console::theme::Theme;
use crate::console::update::{perform, update};
use crate::console::view;
use crate::domain::diagnosis::{self, Diagnosis};
use crate::store::alerts::AlertRow;
use crate::store::deliveries::DeliveryRow;
use crate::store::outbox::OutboxRow;

fn hostile_alert(text: &str, mut alert: AlertRow) -> AlertRow {
    let finding = &mut alert.finding;
    for field in [&mut finding.message, &mut finding.object, &mut finding.unit, &mut finding.rule] {
        *field = text.to_owned();
    }
    let evidence = &mut finding.evidence;
    for list in [&mut evidence.files, &mut evidence.columns, &mut evidence.lines] {
        list.push(text.to_owned());
    }
    (alert.note, alert.who) = (Some(text.to_owned()), Some(text.to_owned()));
    alert.tidy();
    alert
}

fn hostile_notice(text: &str, notice: &mut OutboxRow) {
    (notice.channel, notice.grouping) = (text.to_owned(), text.to_owned());
    notice.tidy();
}

fn hostile_attempt(text: &str, attempt: &mut DeliveryRow) {
    (attempt.channel, attempt.grouping, attempt.detail) = (text.to_owned(), text.to_owned(), text.to_owned());
    attempt.tidy();
}

fn draw(state: &State, size: (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    view::draw(state, &Theme::named("dark").unwrap(), area, &mut buffer);
    buffer
}

fn overlays() -> [Option<Act>; 10] {
    let acts = [
        Act::Help,
        Act::Palette,
        Act::Leave,
        Act::Cancel,
        Act::Acknowledge,
        Act::Rerun,
        Act::Mute,
        Act::MarkNormal,
        Act::TestChannel,
    ];
    let mut all = [None; 10];
    for (n, act) in acts.into_iter().enumerate() {
        all[n + 1] = Some(act);
    }
    all
}

#[test]
fn every_screen_with_every_overlay_fits_every_size() {
    let columns = [1, 2, 3, 5, 8, 13, 20, 29, 30, 31, 39, 41, 59, 60, 70, 79, 99, 109, 110, 160, 300];
    let rows = [1, 2, 3, 5, 7, 8, 9, 10, 11, 13, 17, 21, 25, 33, 60, 100];
    for (_, place, _) in fixture::pages() {
        for overlay in overlays() {
            let mut state = fixture::at(&place, (80, 24));
            state.toast(crate::domain::job::Level::Warn, "something that has to be said at some length, and then some");
            if let Some(act) = overlay {
                perform(&mut state, act);
            }
            let every = if overlay.is_some() { 3 } else { 1 };
            for width in columns.iter().step_by(every) {
                for height in rows.iter().step_by(every) {
                    draw(&state, (*width, *height));
                }
            }
        }
    }
}

/// A diagnosis with nothing in it, and one whose figures are none.
fn odd() -> [Diagnosis; 3] {
    let mut empty = diagnosis::tests::binary();
    empty.permutation.clear();
    empty.dependence.clear();
    empty.segments.clear();
    empty.by_day.clear();
    (empty.rows, empty.sampled, empty.days) = (0, 0, None);
    let classes = empty.classes.as_mut().unwrap();
    (classes.confusion, classes.auc, classes.average_precision) = ([0; 4], None, None);
    classes.roc.clear();
    classes.precision_recall.clear();
    classes.calibration.clear();
    let mut none = diagnosis::tests::regression();
    let residuals = none.residuals.as_mut().unwrap();
    residuals.quantiles = [f64::NAN; 7];
    residuals.histogram = vec![(f64::NEG_INFINITY, f64::NAN, u64::MAX)];
    residuals.by_prediction.iter_mut().for_each(|bin| (bin.predicted, bin.actual) = (1e300, f64::INFINITY));
    for day in &mut none.by_day {
        (day.rows, day.predicted, day.actual, day.loss) = (0, f64::NAN, -1e300, 1e300);
    }
    for one in &mut none.dependence {
        one.points.iter_mut().for_each(|point| (point.1, point.2) = (Some(f64::NAN), 1e300));
    }
    none.segments.iter_mut().for_each(|one| (one.overall, one.share) = (0.0, f64::NAN));
    let neither = Diagnosis { residuals: None, ..none.clone() };
    [empty, none, neither]
}

#[test]
fn every_side_of_a_model_fits_every_size_with_any_figures() {
    let ordinary = [diagnosis::tests::binary(), diagnosis::tests::regression()];
    let known = ordinary.into_iter().chain(odd()).map(Ok);
    for of in known.chain([Err("Version 41 was trained before diagnoses were kept.".to_owned())]) {
        let mut state = fixture::at(&fixture::model_place(), (80, 24));
        fixture::show(&mut state, Page::Model(Box::new(fixture::model_detail(of))));
        for _ in Side::ALL {
            for width in [1, 29, 30, 31, 40, 60, 71, 72, 73, 80, 99, 111, 112, 120, 200, 300] {
                for height in [1, 7, 8, 9, 12, 16, 19, 20, 21, 24, 30, 40, 100] {
                    draw(&state, (width, height));
                }
            }
            perform(&mut state, Act::Right);
        }
    }
}

#[test]
fn a_console_that_has_read_nothing_fits_every_size() {
    for (_, place, _) in fixture::pages() {
        let mut state = State::new(String::new(), "/".into(), fixture::now(), (0, 0));
        state.place = place;
        for width in [0, 1, 30, 31, 80, 300] {
            for height in [0, 1, 8, 9, 24, 100] {
                draw(&state, (width, height));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_is_written_in_the_store_stays_text(
        hostile in "(\\PC|\\p{Cc}|\\p{Cf}|[\u{202e}\u{200b}日🦀é\u{301}]){0,60}",
        (width, height) in (1_u16..300, 1_u16..100),
    ) {
        for (_, place, page) in fixture::pages() {
            let mut state = fixture::at(&place, (width, height));
            let mut overview = fixture::overview();
            for card in &mut overview.pipelines {
                card.row.name = hostile.clone();
                card.row.tidy();
            }
            for need in &mut overview.needs {
                need.alert = hostile_alert(&hostile, need.alert.clone());
            }
            for event in &mut overview.events {
                event.text = hostile.clone();
                event.tidy();
            }
            let page = match page {
                Page::Runs(mut runs) => {
                    for run in &mut runs {
                        run.pipeline = hostile.clone();
                        run.error = Some(hostile.clone());
                        run.tidy();
                    }
                    Page::Runs(runs)
                }
                Page::Files(mut files) => {
                    for file in &mut files {
                        file.key = hostile.clone();
                        file.reason = hostile.clone();
                        file.tidy();
                    }
                    Page::Files(files)
                }
                Page::Model(mut detail) => {
                    let mut of = diagnosis::tests::binary();
                    of.texts_mut().for_each(|text| text.clone_from(&hostile));
                    of.tidy();
                    detail.page.models.iter_mut().for_each(|model| {
                        model.card.importance[0].0.clone_from(&hostile);
                        model.tidy();
                    });
                    let drift = detail.drift.as_mut().unwrap();
                    drift.account.texts_mut().for_each(|text| text.clone_from(&hostile));
                    drift.account.tidy();
                    state.side = Side::ALL[hostile.len() % Side::ALL.len()];
                    Page::Model(Box::new(ModelDetail::new(detail.page, Ok(of), detail.drift)))
                }
                Page::Alerts(alerts) => {
                    Page::Alerts(alerts.into_iter().map(|alert| hostile_alert(&hostile, alert)).collect())
                }
                Page::Alert(mut page) => {
                    page.alert = hostile_alert(&hostile, page.alert);
                    for (_, _, who, note) in &mut page.history {
                        (*who, *note) = (line(&hostile), line(&hostile));
                    }
                    page.notices.iter_mut().for_each(|notice| hostile_notice(&hostile, notice));
                    page.attempts.iter_mut().for_each(|attempt| hostile_attempt(&hostile, attempt));
                    Page::Alert(page)
                }
                Page::Deliveries(mut page) => {
                    page.undelivered.iter_mut().for_each(|notice| hostile_notice(&hostile, notice));
                    page.attempts.iter_mut().for_each(|attempt| hostile_attempt(&hostile, attempt));
                    Page::Deliveries(page)
                }
                Page::Rules(mut rules) => {
                    for rule in &mut rules {
                        rule.pipeline = hostile.clone();
                        for standing in rule.notable.iter_mut().chain(&mut rule.fine) {
                            (standing.object, standing.reason) = (hostile.clone(), hostile.clone());
                        }
                        rule.tidy();
                    }
                    Page::Rules(rules)
                }
                Page::Events(mut events) => {
                    for event in &mut events {
                        (event.subject, event.text) = (hostile.clone(), hostile.clone());
                        event.pipeline = Some(hostile.clone());
                        event.tidy();
                    }
                    Page::Events(events)
                }
                Page::Compare(mut both) => {
                    for page in both.iter_mut() {
                        let run = &mut page.card.run;
                        (run.pipeline, run.reason) = (hostile.clone(), hostile.clone());
                        run.error = Some(hostile.clone());
                        run.tidy();
                        for stage in &mut page.card.stages {
                            (stage.summary, stage.error) = (hostile.clone(), Some(hostile.clone()));
                            stage.tidy();
                        }
                    }
                    Page::Compare(both)
                }
                Page::Data(mut data) => {
                    for part in &mut data.parts {
                        (part.part.path, part.part.partition) = (hostile.clone(), hostile.clone());
                        part.tidy();
                    }
                    Page::Data(data)
                }
                other => other,
            };
            state.pages.settings = Some(Ok(vec![Setting {
                of: line(&hostile), name: line(&hostile), value: line(&hostile), from: line(&hostile),
            }]));
            if let Place::Table(source) = &place {
                let mut cells = fixture::window(0, 300);
                for cell in cells.rows.iter_mut().flatten() {
                    *cell = Some(line(&hostile));
                }
                update(&mut state, Action::Window(source.clone(), 1, Ok(cells)));
            }
            let snapshot = Snapshot { wish: state.wish(), overview, page, beside: None };
    update(&mut state, Action::Snapshot(Box::new(snapshot)));
            let drawn = draw(&state, (width, height));
            for cell in &drawn.content {
                prop_assert!(!cell.symbol().chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", cell.symbol());
            }
        }
    }

    #[test]
    fn no_sequence_of_keys_breaks_anything(keys in proptest::collection::vec(0_usize..400, 1..60)) {
        let all: Vec<Act> = crate::console::keymap::BINDINGS.iter().map(|binding| binding.act).collect();
        let mut state = fixture::state((100, 30));
        for key in keys {
            let act = all[key % all.len()];
            perform(&mut state, act);
            if key % 3 == 0 {
                let code = [crossterm::event::KeyCode::Enter, crossterm::event::KeyCode::Esc, crossterm::event::KeyCode::Tab][key % 9 / 3];
                update(&mut state, Action::Key(code.into()));
            }
            draw(&state, (100, 30));
        }
        prop_assert!(state.layers.len() <= 60);
    }
}

#[test]
fn a_wide_name_is_cut_at_a_whole_character() {
    let mut state = fixture::at(&Place::Files, (60, 12));
    let mut files = fixture::files();
    files[0].key = "日本語の長いファイル名_二〇一三年三月九日_最終版.csv".repeat(3);
    fixture::show(&mut state, Page::Files(files));
    let drawn = super::pictures::text(&draw(&state, (60, 12)));
    assert!(drawn.contains("日本"), "{drawn}");
    for line in drawn.lines() {
        assert!(crate::console::widgets::paint::width(line) <= 60, "{line}");
    }
}
