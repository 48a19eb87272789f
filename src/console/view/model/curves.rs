//! How each of several classes is told from the rest: ROC and precision over recall, a plane a class.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{figure, said};
use crate::console::format;
use crate::console::load::tidy::line;
use crate::console::theme::Role;
use crate::console::view::Ui;
use crate::console::widgets::curve::{Axes, Look, Trace};
use crate::domain::diagnosis::{OneClass, Several};

/// Least width and height of a plane.
const LEAST: (u16, u16) = (36, 10);

/// Draws as many planes as there is room for, those of the most frequent classes, or says what they say.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer, several: &Several) {
    let classes = several.curved();
    if classes.is_empty() {
        let text = "This version was trained before curves of classes were kept: those of the next one are.";
        return said(ui, area, buf, &[text.to_owned()]);
    }
    let (columns, rows) = ((area.width / LEAST.0).min(3), area.height / LEAST.1);
    let columns = columns.min(classes.len() as u16);
    if columns == 0 || rows == 0 {
        return said(ui, area, buf, &several.classes.iter().map(words).collect::<Vec<_>>());
    }
    let rows = rows.min((classes.len() as u16).div_ceil(columns));
    let (width, height) = (area.width / columns, area.height / rows);
    for (n, class) in (0..columns * rows).zip(&classes) {
        let (x, y) = (area.x + n % columns * width, area.y + n / columns * height);
        one(ui, Rect { x, y, width: width - 1, height: height - 1 }, buf, class);
    }
}

fn one(ui: Ui<'_>, area: Rect, buf: &mut Buffer, class: &OneClass) {
    let trace = |points: &[(f64, f64)], role, look| Trace { points: points.to_vec(), role, look };
    let number =
        |name: &str, value: Option<f64>| value.map_or_else(String::new, |v| format!("{name} {}", format::figure(v)));
    let note = format!("{} {}", number("AUC", class.auc), number("AP", class.average_precision));
    let traces =
        [trace(&class.precision_recall, Role::Second, Look::Dotted), trace(&class.roc, Role::First, Look::Line)];
    let axes = Axes::unit(area.height.saturating_sub(4));
    figure(ui, area, buf, (&line(&class.name), note.trim(), "━ ROC · ⠄ precision over recall"), &axes, &traces);
}

fn words(class: &OneClass) -> String {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), format::figure);
    let (auc, precision) = (number(class.auc), number(class.average_precision));
    format!("{} against the rest: AUC {auc}, average precision {precision}.", line(&class.name))
}
