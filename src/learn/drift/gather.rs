//! Rows of several frames as one.

use std::collections::HashMap;

use crate::learn::frame::{Column, Frame, MISSING};

/// Chosen rows, put together out of frames of the same features.
#[derive(Debug, Default)]
pub struct Gathered {
    frame: Option<Frame>,
}

impl Gathered {
    /// Adds `rows` of `frame`, in that order.
    pub fn add(&mut self, frame: &Frame, rows: &[usize]) {
        let known = self.frame.get_or_insert_with(|| Frame {
            classes: frame.classes.clone(),
            columns: frame.columns.iter().map(like).collect(),
            ..Frame::default()
        });
        known.time.extend(rows.iter().map(|row| frame.time[*row]));
        known.target.extend(rows.iter().map(|row| frame.target[*row]));
        known.source.extend(rows.iter().map(|row| frame.source[*row]));
        known.columns.iter_mut().zip(&frame.columns).for_each(|(to, from)| append(to, from, rows));
    }

    /// The rows so far; `None` when nothing was added.
    pub fn frame(&self) -> Option<&Frame> {
        self.frame.as_ref()
    }
}

fn like(column: &Column) -> Column {
    match column {
        Column::Number(_) => Column::Number(Vec::new()),
        Column::Category { .. } => Column::Category { codes: Vec::new(), levels: Vec::new() },
    }
}

fn append(to: &mut Column, from: &Column, rows: &[usize]) {
    match (to, from) {
        (Column::Number(to), Column::Number(from)) => to.extend(rows.iter().map(|row| from[*row])),
        (Column::Category { codes, levels }, Column::Category { codes: from, levels: names }) => {
            let known: HashMap<&str, u32> = levels.iter().map(String::as_str).zip(0..).collect();
            let mut next = levels.len() as u32;
            let mut new: Vec<String> = Vec::new();
            let translated: Vec<u32> = names
                .iter()
                .map(|name| {
                    known.get(name.as_str()).copied().unwrap_or_else(|| {
                        new.push(name.clone());
                        next += 1;
                        next - 1
                    })
                })
                .collect();
            codes.extend(rows.iter().map(|row| translated.get(from[*row] as usize).copied().unwrap_or(MISSING)));
            levels.extend(new);
        }
        _ => {}
    }
}
