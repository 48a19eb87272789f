//! Probabilities of several classes against a truth: rows x classes, row by row; a truth is the index of a class.

use super::{Sum, auc, mean};

/// Log loss of one row with these probabilities: `-ln` of what is given to the class that happened, clipped to
/// `[eps, 1 - eps]`, eps = 2^-52, as scikit-learn's `log_loss` does for f64.
pub fn row_class_loss(truth: usize, p: &[f64]) -> f64 {
    -p.get(truth).copied().unwrap_or(0.0).clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

/// Mean log loss; `None` of no rows.
pub fn class_log_loss(truth: &[usize], p: &[f64], classes: usize) -> Option<f64> {
    mean(rows(truth, p, classes).map(|(t, p)| row_class_loss(t, p)))
}

/// Brier score: mean of `sum_k (p_k - y_k)^2`, from 0 to 2 (scikit-learn's `brier_score_loss` of three and more
/// classes); `None` of no rows.
pub fn class_brier(truth: &[usize], p: &[f64], classes: usize) -> Option<f64> {
    let row = |(truth, p): (usize, &[f64])| {
        let square = |(at, p): (usize, &f64)| (p - f64::from(u8::from(at == truth))).powi(2);
        super::sum(p.iter().enumerate().map(square))
    };
    mean(rows(truth, p, classes).map(row))
}

/// Share of rows whose class is among the `k` most probable; of equal probabilities the later class counts as more
/// probable, as in scikit-learn's `top_k_accuracy_score`. `None` of no rows.
pub fn top_k(truth: &[usize], p: &[f64], classes: usize, k: usize) -> Option<f64> {
    let hit = |(truth, p): (usize, &[f64])| {
        let own = p.get(truth).copied().unwrap_or(f64::NEG_INFINITY);
        let before = p.iter().enumerate().filter(|&(at, &p)| p > own || (p == own && at > truth)).count();
        f64::from(u8::from(before < k))
    };
    mean(rows(truth, p, classes).map(hit))
}

/// Area under the ROC curve of each class against the rest (`None` where it does not occur, or nothing else does),
/// and rows of each class.
pub fn class_aucs(truth: &[usize], p: &[f64], classes: usize) -> Vec<(Option<f64>, u64)> {
    let of = |class: usize| {
        let is: Vec<bool> = truth.iter().map(|&t| t == class).collect();
        let score: Vec<f64> = p.chunks_exact(classes.max(1)).map(|p| p[class]).collect();
        (auc(&is, &score), is.iter().filter(|is| **is).count() as u64)
    };
    (0..classes).map(of).collect()
}

/// Mean of the areas under the ROC curves of each class against the rest, over the classes that occur: plain, and
/// weighted by their rows. `None` unless two classes occur.
pub fn ovr_auc(truth: &[usize], p: &[f64], classes: usize) -> Option<(f64, f64)> {
    let areas = class_aucs(truth, p, classes);
    let known = || areas.iter().filter_map(|(area, rows)| Some(((*area)?, *rows as f64)));
    let macro_mean = mean(known().map(|(area, _)| area))?;
    let rows = super::sum(known().map(|(_, rows)| rows));
    Some((macro_mean, super::sum(known().map(|(area, n)| area * n)) / rows))
}

/// Area under the ROC curve of all classes together: of each row and class, whether the row is of it, against its
/// probability (scikit-learn's `average="micro"`). `None` of no rows or one class.
pub fn micro_auc(truth: &[usize], p: &[f64], classes: usize) -> Option<f64> {
    let is: Vec<bool> = truth.iter().flat_map(|&truth| (0..classes).map(move |class| class == truth)).collect();
    auc(&is, &p[..is.len().min(p.len())])
}

/// Mean of the areas under the ROC curves of each pair of classes that occur, over the rows of the two alone, each of them
/// being the positive one once (Hand and Till 2001): plain, and weighted by the rows of the pair. `None` unless two classes
/// occur.
pub fn ovo_auc(truth: &[usize], p: &[f64], classes: usize) -> Option<(f64, f64)> {
    let mut of: Vec<Vec<&[f64]>> = vec![Vec::new(); classes];
    for (truth, p) in rows(truth, p, classes) {
        of.get_mut(truth)?.push(p);
    }
    let (mut plain, mut weighted, mut pairs, mut all) = (Sum::default(), Sum::default(), 0_u64, 0_u64);
    for (a, b) in (0..classes).flat_map(|b| (0..b).map(move |a| (a, b))) {
        if of[a].is_empty() || of[b].is_empty() {
            continue;
        }
        let is: Vec<bool> = of[a].iter().map(|_| true).chain(of[b].iter().map(|_| false)).collect();
        let score = |class: usize| of[a].iter().chain(&of[b]).map(|p| p[class]).collect::<Vec<f64>>();
        let of_b: Vec<bool> = is.iter().map(|is| !is).collect();
        let area = (auc(&is, &score(a))? + auc(&of_b, &score(b))?) / 2.0;
        plain.add(area);
        weighted.add(area * is.len() as f64);
        (pairs, all) = (pairs + 1, all + is.len() as u64);
    }
    (pairs > 0).then(|| (plain.value() / pairs as f64, weighted.value() / all as f64))
}

fn rows<'a>(truth: &'a [usize], p: &'a [f64], classes: usize) -> impl Iterator<Item = (usize, &'a [f64])> {
    truth.iter().copied().zip(p.chunks_exact(classes.max(1)))
}

/// Counts of called classes by truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// `classes x classes`: `counts[truth][called]`.
    pub counts: Vec<Vec<u64>>,
}

/// How one class is found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneClass {
    /// Rows of it.
    pub rows: u64,
    /// Share of the rows called it that are; 0 when none is (scikit-learn's `zero_division=0`).
    pub precision: f64,
    /// Share of its rows that are called so; 0 when there is none.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    called: u64,
}

impl Matrix {
    /// Counts the rows.
    pub fn of(truth: &[usize], called: &[usize], classes: usize) -> Self {
        let mut counts = vec![vec![0; classes]; classes];
        for (&truth, &called) in truth.iter().zip(called) {
            if let Some(count) = counts.get_mut(truth).and_then(|row| row.get_mut(called)) {
                *count += 1;
            }
        }
        Self { counts }
    }

    fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    fn right(&self) -> u64 {
        (0..self.counts.len()).map(|at| self.counts[at][at]).sum()
    }

    /// How each class is found.
    pub fn by_class(&self) -> Vec<OneClass> {
        let of = |at: usize| {
            let right = self.counts[at][at];
            let rows: u64 = self.counts[at].iter().sum();
            let called: u64 = self.counts.iter().map(|row| row[at]).sum();
            let share = |part: u64, whole: u64| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
            OneClass {
                rows,
                called,
                precision: share(right, called),
                recall: share(right, rows),
                f1: share(2 * right, rows + called),
            }
        };
        (0..self.counts.len()).map(of).collect()
    }

    /// Share of right calls; `None` of no rows.
    pub fn accuracy(&self) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| self.right() as f64 / total as f64)
    }

    /// Mean recall of the classes that occur in the truth; `None` of no rows.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        mean(self.by_class().iter().filter(|class| class.rows > 0).map(|class| class.recall))
    }

    /// Mean of a figure over the classes that occur in truth or calls, each counting the same. `None` of no rows.
    pub fn macro_mean(&self, of: impl Fn(&OneClass) -> f64) -> Option<f64> {
        mean(self.by_class().iter().filter(|class| class.rows + class.called > 0).map(of))
    }

    /// Mean of a figure over the classes, weighted by their rows. `None` of no rows.
    pub fn weighted_mean(&self, of: impl Fn(&OneClass) -> f64) -> Option<f64> {
        let total = self.total();
        let sum = super::sum(self.by_class().iter().map(|class| class.rows as f64 * of(class)));
        (total > 0).then(|| sum / total as f64)
    }

    /// Matthews' correlation coefficient of several classes (Gorodkin 2004), -1 to 1; 0 when a factor of its
    /// denominator is 0.
    pub fn matthews(&self) -> f64 {
        let (total, right) = (self.total() as f64, self.right() as f64);
        let (mut both, mut truths, mut calls) = (Sum::default(), Sum::default(), Sum::default());
        for class in self.by_class() {
            let (rows, called) = (class.rows as f64, class.called as f64);
            both.add(rows * called);
            truths.add(rows * rows);
            calls.add(called * called);
        }
        let square = total * total;
        let denominator = ((square - calls.value()) * (square - truths.value())).sqrt();
        if denominator > 0.0 { (right * total - both.value()) / denominator } else { 0.0 }
    }

    /// Cohen's kappa: agreement beyond chance. `None` when chance alone agrees fully, or of no rows.
    pub fn kappa(&self) -> Option<f64> {
        let total = self.total() as f64;
        let by_chance = super::sum(self.by_class().iter().map(|class| class.rows as f64 * class.called as f64)) / total;
        let kappa = 1.0 - (total - self.right() as f64) / (total - by_chance);
        (total > by_chance).then_some(kappa)
    }
}
