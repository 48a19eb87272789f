//! The names of several classes: their order, rare ones taken together, one model's names against another's.

use super::frame::Frame;
use crate::domain::plan::{OTHER, Task};
use crate::domain::text::one_line;

/// A class with fewer labelled rows is merged into [`OTHER`].
pub const LEAST_ROWS: usize = 10;

impl Frame {
    /// Rows of each class within `rows`: negative and positive of a binary task, those of `classes` of several; none of
    /// a regression.
    pub fn counts(&self, task: Task, rows: impl Iterator<Item = usize>) -> Vec<usize> {
        let mut counts = match task {
            Task::Regression => return Vec::new(),
            Task::Binary => vec![0; 2],
            Task::Multiclass => vec![0; self.classes.len()],
        };
        for row in rows {
            if let Some(count) = counts.get_mut(self.target[row].round() as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// Puts the classes in order of their names, which become safe to show: numbers by size, then texts; [`OTHER`] last.
    pub(super) fn order_classes(&mut self) {
        let key =
            |name: &str| (name == OTHER, name.parse::<i64>().map_or((1, 0), |number| (0, number)), name.to_owned());
        let mut names: Vec<String> = self.classes.iter().map(|name| one_line(name)).collect();
        names.sort_by_cached_key(|name| key(name));
        names.dedup();
        self.rename(names, |_, name| one_line(&name));
    }

    /// Merges the classes of fewer than [`LEAST_ROWS`] rows into [`OTHER`] and drops those of none; says which were
    /// merged.
    pub fn merge_rare_classes(&mut self) -> Vec<String> {
        let counts = self.counts(Task::Multiclass, 0..self.len());
        let kept = |at: usize| counts[at] >= LEAST_ROWS && self.classes[at] != OTHER;
        let mut names: Vec<String> =
            (0..counts.len()).filter(|&at| kept(at)).map(|at| self.classes[at].clone()).collect();
        let merged: Vec<&String> =
            (0..counts.len()).filter(|&at| counts[at] > 0 && !kept(at)).map(|at| &self.classes[at]).collect();
        if !merged.is_empty() {
            names.push(OTHER.to_owned());
        }
        let rare: Vec<String> = merged.into_iter().filter(|name| *name != OTHER).cloned().collect();
        let keeps: Vec<bool> = (0..counts.len()).map(kept).collect();
        self.rename(names, |at, name| if keeps[at] { name } else { OTHER.to_owned() });
        rare
    }

    /// Gives the frame the classes `names`; `named` says under which name a class goes on.
    fn rename(&mut self, names: Vec<String>, named: impl Fn(usize, String) -> String) {
        let place = |at: usize, name: &String| {
            let name = named(at, name.clone());
            names.iter().position(|other| *other == name).map_or(f64::NAN, |at| at as f64)
        };
        let places: Vec<f64> = self.classes.iter().enumerate().map(|(at, name)| place(at, name)).collect();
        if !self.classes.is_empty() {
            self.target.iter_mut().filter(|y| !y.is_nan()).for_each(|y| *y = places[*y as usize]);
        }
        self.classes = names;
    }
}

/// Probabilities over the classes `from`, row by row, as those over the classes `to`. A class that `from` does not know
/// gets what it gives to [`OTHER`], or 0.
pub fn align(probabilities: &[f64], from: &[String], to: &[String]) -> Vec<f64> {
    if from == to {
        return probabilities.to_vec();
    }
    let at = |name: &str| from.iter().position(|other| other == name);
    let places: Vec<Option<usize>> = to.iter().map(|name| at(name).or_else(|| at(OTHER))).collect();
    let row = |row: &[f64]| places.iter().map(|place| place.map_or(0.0, |at| row[at])).collect::<Vec<f64>>();
    probabilities.chunks_exact(from.len().max(1)).flat_map(row).collect()
}

/// The most probable class of each row and its probability; of equals the first.
pub fn called(probabilities: &[f64], classes: usize) -> Vec<(usize, f64)> {
    let best = |row: &[f64]| {
        row.iter()
            .copied()
            .enumerate()
            .fold((0, f64::NEG_INFINITY), |best, (at, p)| if p > best.1 { (at, p) } else { best })
    };
    probabilities.chunks_exact(classes.max(1)).map(best).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn frame(rows: &[(f64, usize)], classes: &[&str]) -> Frame {
        let target: Vec<f64> = rows.iter().flat_map(|&(y, n)| std::iter::repeat_n(y, n)).collect();
        Frame { time: vec![0; target.len()], target, classes: names(classes), ..Frame::default() }
    }

    #[test]
    fn classes_stand_in_order_of_their_names_and_numbers_by_size() {
        let mut texts = frame(&[(0.0, 1), (1.0, 2), (2.0, 1)], &["late", "early", OTHER]);
        texts.order_classes();
        assert_eq!(texts.classes, names(&["early", "late", OTHER]));
        assert_eq!(texts.target, [1.0, 0.0, 0.0, 2.0]);
        let mut numbers = frame(&[(0.0, 1), (1.0, 1)], &["10", "9"]);
        numbers.order_classes();
        assert_eq!(numbers.classes, names(&["9", "10"]));
    }

    #[test]
    fn rare_classes_become_one_and_those_without_rows_go() {
        let mut frame = frame(&[(0.0, 20), (1.0, 9), (2.0, 3), (4.0, 10)], &["a", "b", "c", "gone", "z"]);
        assert_eq!(frame.merge_rare_classes(), names(&["b", "c"]));
        assert_eq!(frame.classes, names(&["a", "z", OTHER]));
        assert_eq!(frame.counts(Task::Multiclass, 0..42), [20, 10, 12]);
        assert_eq!(frame.merge_rare_classes(), names(&[]));
        assert_eq!(frame.counts(Task::Multiclass, 0..42), [20, 10, 12]);
    }

    #[test]
    fn what_a_model_does_not_know_it_gives_to_the_others() {
        let from = names(&["a", "b", OTHER]);
        assert_eq!(align(&[0.5, 0.3, 0.2], &from, &names(&["b", "new"])), [0.3, 0.2]);
        assert_eq!(align(&[0.5, 0.5], &names(&["a", "b"]), &names(&["a", "new"])), [0.5, 0.0]);
    }

    #[test]
    fn of_equal_probabilities_the_first_is_called() {
        assert_eq!(called(&[0.4, 0.4, 0.2, 0.1, 0.1, 0.8], 3), [(0, 0.4), (2, 0.8)]);
        assert_eq!(called(&[], 0), []);
    }
}
