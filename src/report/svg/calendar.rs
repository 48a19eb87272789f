//! A calendar of one colour: a column a week, a row a weekday, deeper where the value is higher.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate};

use super::canvas::{Anchor, Canvas};

/// Depths of colour; classes `q0` to `q6`.
const DEPTHS: usize = 7;
/// Room right of the last week for the name of its month.
const MONTH_LABEL: f64 = 24.0;

/// A calendar.
#[derive(Debug, Clone)]
pub struct Calendar<'a> {
    /// Unique on the page.
    pub id: &'a str,
    /// Its name.
    pub title: &'a str,
    /// What it shows, for those who cannot see it.
    pub description: &'a str,
    /// CSS class that gives the colour.
    pub class: &'a str,
    /// Days: the value, and what is shown when the pointer rests on it.
    pub days: BTreeMap<NaiveDate, (f64, String)>,
    /// The values of the lightest and the deepest colour.
    pub range: (f64, f64),
}

impl Calendar<'_> {
    /// Draws it; `None` without days. Days without a value inside the span are shown as empty cells.
    pub fn draw(&self) -> Option<String> {
        let (first, last) = (*self.days.keys().next()?, *self.days.keys().next_back()?);
        let start = first.checked_sub_days(Days::new(u64::from(first.weekday().num_days_from_monday())))?;
        let weeks = (last - start).num_days() / 7 + 1;
        let pitch = match weeks {
            ..=12 => 30.0,
            13..=16 => 24.0,
            17..=30 => 20.0,
            _ => 15.5,
        };
        let (left, top) = (34.0, 20.0);
        let mut canvas = Canvas::new();
        for (row, name) in [(0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun")] {
            let at = top + (f64::from(row) + 0.5) * pitch + 3.5;
            canvas.text("tick", Anchor::End, (left - 6.0, at), name);
        }
        self.draw_months(&mut canvas, start, weeks, |week| left + week as f64 * pitch);
        for day in start.iter_days().skip_while(|d| *d < first).take_while(|d| *d <= last) {
            let since = (day - start).num_days();
            let place = (left + (since / 7) as f64 * pitch, top + (since % 7) as f64 * pitch);
            match self.days.get(&day) {
                Some((value, hint)) => {
                    let class = format!("cell {} q{}", self.class, depth(*value, self.range));
                    canvas.cell(&class, place, pitch - 2.0, Some(hint));
                }
                None => canvas.cell("cell none", place, pitch - 2.0, Some(&format!("{day}: no data"))),
            }
        }
        let size = (left + weeks as f64 * pitch + MONTH_LABEL, top + 7.0 * pitch);
        Some(canvas.finish(self.id, size, self.title, self.description))
    }

    fn draw_months(&self, canvas: &mut Canvas, start: NaiveDate, weeks: i64, x: impl Fn(i64) -> f64) {
        let mut free_from = f64::NEG_INFINITY;
        for week in 0..weeks {
            let Some(monday) = start.checked_add_days(Days::new(7 * week.unsigned_abs())) else { continue };
            let begins = week == 0 || monday.day() <= 7;
            if !begins || x(week) < free_from {
                continue;
            }
            let named = if week == 0 { monday.checked_add_days(Days::new(6)).unwrap_or(monday) } else { monday };
            let text = if named.month() == 1 { named.format("%b %Y") } else { named.format("%b") }.to_string();
            canvas.text("tick", Anchor::Start, (x(week), 12.0), &text);
            free_from = x(week) + 7.0 * text.chars().count() as f64;
        }
    }
}

/// The depth of colour of `value` within `range`, 0 to 6.
fn depth(value: f64, (low, high): (f64, f64)) -> usize {
    if !value.is_finite() || high <= low {
        return DEPTHS / 2;
    }
    (((value - low) / (high - low) * DEPTHS as f64).floor().max(0.0) as usize).min(DEPTHS - 1)
}

/// The legend of a calendar: the ramp between two labels.
pub fn ramp(class: &str, low: &str, high: &str) -> String {
    let mut canvas = Canvas::new();
    let text = |s: &str| 7.0 * s.chars().count() as f64;
    let left = text(low) + 6.0;
    canvas.text("tick", Anchor::Start, (0.0, 11.0), low);
    for q in 0..DEPTHS {
        canvas.cell(&format!("cell {class} q{q}"), (left + q as f64 * 15.0, 0.0), 13.0, None);
    }
    let end = left + DEPTHS as f64 * 15.0 + 4.0;
    canvas.text("tick", Anchor::Start, (end, 11.0), high);
    canvas.ornament("ramp", (end + text(high), 14.0))
}
