//! How far streams are read, above the files they land as.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::Ui;
use crate::console::format;
use crate::console::theme::Role;
use crate::console::widgets::columns::{Column, Table};
use crate::console::widgets::paint;
use crate::store::streams::StreamRow;

/// Lower screens have room for the files only.
const LEAST: u16 = 12;

/// Draws the partitions that are furthest behind; answers what is left of the area.
pub fn draw(ui: Ui<'_>, area: Rect, buf: &mut Buffer) -> Rect {
    let all = ui.state.overview.as_ref().map_or(&[][..], |overview| &overview.streams);
    if all.is_empty() || area.height < LEAST {
        return area;
    }
    let mut rows: Vec<&StreamRow> = all.iter().collect();
    rows.sort_by_key(|row| Reverse((row.behind, row.lost)));
    rows.truncate(usize::from(area.height / 4));
    let behind: u64 = all.iter().map(|row| row.behind).sum();
    let cut = if rows.len() < all.len() { format!("{} of ", rows.len()) } else { String::new() };
    let partitions = format::counted(all.len() as u64, "partition");
    let note = format!("{cut}{partitions} · {} behind", format::counted(behind, "record"));
    ui.heading(buf, paint::row(area, 0), "streams, furthest behind first", &note);
    let height = u16::try_from(rows.len()).unwrap_or(0) + 2;
    let columns = vec![
        Column::new("stream", 14).grow(2),
        Column::new("partition", 9),
        Column::new("position", 12).right().rank(1),
        Column::new("behind", 10).right(),
        Column::new("records", 11).right().rank(3),
        Column::new("batches", 8).right().rank(4),
        Column::new("lost", 8).right().rank(2),
        Column::new("looked at", 11).rank(5),
    ];
    let table = Table { columns, rows: rows.iter().map(|row| line(ui, row)).collect(), selected: None, focused: false };
    table.draw(buf, Rect { height: height - 1, ..paint::below(area, 1) }, ui.theme);
    paint::below(area, height + 1)
}

fn line(ui: Ui<'_>, row: &StreamRow) -> Vec<Line<'static>> {
    let count = |n: u64, role| match n {
        0 => ui.line(Role::Faint, "0"),
        n => ui.line(role, format::count(n)),
    };
    vec![
        ui.line(Role::Text, row.pipeline.clone()),
        ui.line(Role::Text, row.partition.clone()),
        ui.line(Role::Text, row.position.clone()),
        count(row.behind, Role::Text),
        count(row.records, Role::Muted),
        count(row.batches, Role::Muted),
        count(row.lost, Role::Critical),
        ui.line(Role::Muted, format::when(row.looked, ui.state.now)),
    ]
}
