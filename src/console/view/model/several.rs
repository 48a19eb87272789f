//! How several classes are told apart: confusion, each class, calibration of the calls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{classes, halves, said};
use crate::console::format;
use crate::console::theme::Role;
use crate::console::view::Ui;
use crate::console::widgets::{heat, paint};
use crate::domain::diagnosis::{Diagnosis, OneClass, Several};
use crate::domain::format::share;

/// Smallest area with figures; below it there are words.
const LEAST: (u16, u16) = (70, 16);
/// Widest name of a class in a figure.
const NAME: usize = 14;

/// Draws the figures, or says what they say.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, of: &Diagnosis, several: &Several) {
    let (right, rows) = several.right();
    let told = format!("{} of {} calls are right", format::count(right), format::count(rows));
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let mut text = vec![told];
        text.extend(several.classes.iter().map(words));
        text.extend(of.confidence());
        return said(ui, area, buf, &text);
    }
    let verdict = of.confidence().filter(|_| area.height >= 28);
    let foot = if verdict.is_some() { 3 } else { 0 };
    let figures = Rect { height: area.height - foot, ..area };
    let upper = Rect { height: (figures.height / 2).max(several.classes.len() as u16 + 4), ..figures };
    ui.heading(buf, paint::row(upper, 0), "confusion", &told);
    let inner = paint::indent(paint::below(upper, 1), 2);
    let names: Vec<String> = several.classes.iter().map(|class| paint::fit(&class.name, NAME)).collect();
    let names: Vec<&str> = names.iter().map(|name| name.trim_end()).collect();
    let used = heat::draw(buf, inner, ui.theme, &names, &names, &several.confusion);
    if used == 0 {
        let text = format!("the confusion of {} classes needs more room", names.len());
        paint::line(buf, paint::row(inner, 0), &ui.line(Role::Faint, paint::fit(&text, usize::from(inner.width))));
    }
    let (left, right) = halves(paint::below(figures, 2 + used.max(1)));
    table(ui, left, buf, several);
    let key = "right over probability of the class called · ⢄ exact";
    classes::bins(ui, right, buf, &several.calibration, key, None);
    if let Some(verdict) = verdict {
        said(ui, paint::below(area, area.height - foot + 1), buf, &[verdict]);
    }
}

/// One line a class, as many as there is room for.
fn table(ui: Ui<'_>, area: Rect, buf: &mut Buffer, several: &Several) {
    ui.heading(buf, paint::row(area, 0), "classes", "");
    let inner = paint::indent(paint::below(area, 1), 2);
    let line = |role, cells: [&str; 5]| {
        let [name, rows, precision, recall, auc] = cells;
        let text = format!("{name:<NAME$} {rows:>8} {precision:>9} {recall:>6} {auc:>6}");
        ui.line(role, paint::fit(&text, usize::from(inner.width)))
    };
    let mut lines: Vec<Line<'static>> = vec![line(Role::Muted, ["class", "rows", "precision", "recall", "AUC"])];
    for class in &several.classes {
        let name = paint::fit(&class.name, NAME);
        let (rows, auc) = (format::count(class.rows), class.auc.map_or_else(|| "–".to_owned(), format::figure));
        lines.push(line(Role::Text, [&name, &rows, &share(class.precision), &share(class.recall), &auc]));
    }
    lines.truncate(usize::from(inner.height));
    paint::lines(buf, inner, &lines);
}

fn words(class: &OneClass) -> String {
    let (found, right) = (share(class.recall), share(class.precision));
    format!("{}: {} rows, {found} found, {right} of those called so are", class.name, format::count(class.rows))
}
