//! How the model does it: the diagnosis of the version that serves, worded and drawn.

use super::svg::{Histogram, Plane, Trace, bar};
use crate::domain::diagnosis::{BIN_ROWS, Bin, Classes, Dependence, Diagnosis, OneClass, Residuals};
use crate::domain::format::{count, counted, figure, share};
use crate::domain::story::Story;

/// Features in the table of shuffles.
const FEATURES: usize = 12;
/// Classes in the table of calls; a larger one is no longer looked at.
const CLASSES: usize = 12;
/// Classes of several whose curves are drawn.
const CURVES: usize = 4;
/// Segments in their table.
const SEGMENTS: usize = 6;
/// Dependences drawn.
const DEPENDENCES: usize = 6;

/// A small chart.
const SMALL: (f64, f64) = (300.0, 220.0);
/// A chart of two beside each other.
const HALF: (f64, f64) = (440.0, 300.0);

/// Everything the section says.
pub struct Block {
    /// What every figure is about.
    pub basis: String,
    /// On how many rows features were shuffled and varied.
    pub sample: String,
    /// The answer in a few sentences.
    pub sentences: Vec<String>,
    /// Captions and charts.
    pub charts: Vec<(String, String)>,
    /// Calls by what they are called, when classes are told apart.
    pub confusion: Option<Confusion>,
    /// What shuffling costs: feature, cost, deviation, bar.
    pub shuffled: Vec<[String; 4]>,
    /// Where it is worst: what, rows, loss, times the loss of all, share of all loss, predicted, actual.
    pub segments: Vec<[String; 7]>,
    /// Charts of how the mean prediction follows a feature, under its name.
    pub dependences: Vec<(String, String)>,
    /// Bins of predictions: rows, predicted, actual.
    pub bins: Vec<[String; 3]>,
    /// The points of the dependences: feature, value, mean prediction.
    pub points: Vec<[String; 3]>,
    /// Name of the loss.
    pub loss: &'static str,
}

/// Rows by what they are and what they were called.
pub struct Confusion {
    /// What a row may be called.
    pub called: Vec<String>,
    /// What rows are, and for every call how many with their share.
    pub rows: Vec<(String, Vec<String>)>,
}

/// The section, when there is a diagnosis.
pub fn block(story: &Story) -> Option<Block> {
    let (version, of) = story.diagnosis.as_ref()?;
    let dependences = of.dependence.iter().take(DEPENDENCES);
    Some(Block {
        basis: of.basis(*version),
        sample: of.sample(),
        sentences: sentences(of),
        charts: charts(of),
        confusion: confusion(of),
        shuffled: shuffled(of),
        segments: segments(of),
        dependences: dependences
            .clone()
            .enumerate()
            .filter_map(|(n, one)| Some((one.feature.clone(), dependence(of, n, one)?)))
            .collect(),
        bins: of.bins().iter().map(|bin| [count(bin.rows), of.level(bin.predicted), of.level(bin.actual)]).collect(),
        points: dependences
            .flat_map(|one| {
                one.points.iter().map(|(label, _, mean)| [one.feature.clone(), label.clone(), of.level(*mean)])
            })
            .collect(),
        loss: of.loss_name(),
    })
}

fn sentences(of: &Diagnosis) -> Vec<String> {
    let classes = of.classes.as_ref().and_then(|classes| {
        let (recall, precision) = (classes.recall()?, classes.precision()?);
        Some(format!(
            "Called positive from {} on, it finds {} of the positives, and {} of those it calls positive are.",
            figure(classes.threshold),
            share(recall),
            share(precision)
        ))
    });
    let residuals = of.residuals.as_ref().map(|residuals| {
        let [_, low, quarter, _, three, high, _] = residuals.quantiles.map(figure);
        format!("Half of the outcomes lie between {quarter} and {three} from the prediction, nine of ten between {low} and {high}.")
    });
    let several = of.several.as_ref().and_then(|several| {
        let (right, rows) = several.right();
        let found = several.classes.iter().filter(|class| class.rows > 0);
        let hardest = found.min_by(|a, b| a.recall.total_cmp(&b.recall))?;
        Some(format!(
            "Of {} classes it calls the right one for {} of the rows; hardest to find is “{}”, of which it finds {}.",
            several.classes.len(),
            share(right as f64 / rows.max(1) as f64),
            hardest.name,
            share(hardest.recall)
        ))
    });
    let worst = of.worst().map(|worst| format!("It is worst at {worst}"));
    let confidence = of.confidence().map(|said| format!("It is {said}"));
    let learned = of.learned().map(|said| format!("Of fewer rows: {said}"));
    [classes, several, residuals, confidence, worst, learned].into_iter().flatten().collect()
}

fn charts(of: &Diagnosis) -> Vec<(String, String)> {
    let mut charts = Vec::new();
    if let Some(classes) = &of.classes {
        charts.push((
            "ROC. The share of positives found over the share of false alarms; dashed: a coin.".into(),
            roc(classes),
        ));
        charts.push((
            "Precision and recall. The share of those called positive that are, over the share of positives found; \
             dashed: what calling everybody positive gives."
                .into(),
            precision(classes),
        ));
    }
    for (n, class) in of.several.iter().flat_map(|several| several.curved()).take(CURVES).enumerate() {
        charts.push((
            format!(
                "“{}” against the rest. Line: the share found over the share of false alarms; dashed: precision over \
                 recall.",
                class.name
            ),
            one(n, class),
        ));
    }
    if let Some(residuals) = &of.residuals {
        charts.push(("Residuals. Outcome minus prediction.".into(), histogram(of, residuals)));
    }
    let caption = format!(
        "Calibration. Mean outcome over mean prediction, bin by bin; dashed: exact; grey: under {BIN_ROWS} rows."
    );
    charts.push((caption, calibration(of)));
    charts.push(("Learning curve. Loss on the holdout over the newest rows trained on.".into(), learning(of)));
    charts.into_iter().filter_map(|(caption, chart)| Some((caption, chart?))).collect()
}

fn roc(classes: &Classes) -> Option<String> {
    let auc = classes.auc.map(|auc| format!("AUC {}", figure(auc)))?;
    let unit = Some((0.0, 1.0));
    Plane {
        id: "roc",
        title: &format!("ROC curve, {auc}"),
        description: "From no false alarm and nothing found to everything called positive.",
        axes: ("false alarms", &auc),
        ends: (unit, unit),
        labels: Vec::new(),
        traces: vec![plain("baseline dashed", vec![(0.0, 0.0), (1.0, 1.0)]), plain("predicted", classes.roc.clone())],
        size: HALF,
    }
    .draw()
}

fn precision(classes: &Classes) -> Option<String> {
    let average = classes.average_precision.map(|of| format!("average precision {}", figure(of)))?;
    let (unit, base) = (Some((0.0, 1.0)), classes.base_rate()?);
    let curve = plain("predicted", classes.precision_recall.clone());
    Plane {
        id: "precision",
        title: &format!("Precision over recall, {average}"),
        description: "From the surest calls to everything called positive.",
        axes: ("recall", &average),
        ends: (unit, unit),
        labels: Vec::new(),
        traces: vec![plain("baseline dashed", vec![(0.0, base), (1.0, base)]), curve],
        size: HALF,
    }
    .draw()
}

/// One of several classes against the rest.
fn one(n: usize, class: &OneClass) -> Option<String> {
    let figures = format!("AUC {}, average precision {}", figure(class.auc?), figure(class.average_precision?));
    let unit = Some((0.0, 1.0));
    Plane {
        id: &format!("class-{n}"),
        title: &format!("“{}” against the rest, {figures}", class.name),
        description: "ROC curve, and precision over recall.",
        axes: ("false alarms, recall", &figures),
        ends: (unit, unit),
        labels: Vec::new(),
        traces: vec![plain("actual dashed", class.precision_recall.clone()), plain("predicted", class.roc.clone())],
        size: HALF,
    }
    .draw()
}

/// The table of calls, unless there are too many classes to look at.
fn confusion(of: &Diagnosis) -> Option<Confusion> {
    let (names, counts) = match (&of.classes, &of.several) {
        (Some(classes), _) => {
            (vec!["no".to_owned(), "yes".to_owned()], classes.matrix().map(|row| row.to_vec()).to_vec())
        }
        (None, Some(several)) => {
            (several.classes.iter().map(|class| class.name.clone()).collect(), several.confusion.clone())
        }
        (None, None) => return None,
    };
    let row = |(name, counts): (&String, &Vec<u64>)| {
        let all = counts.iter().sum::<u64>().max(1) as f64;
        (name.clone(), counts.iter().map(|&n| format!("{} ({})", count(n), share(n as f64 / all))).collect())
    };
    let rows = names.iter().zip(&counts).map(row).collect();
    (names.len() <= CLASSES).then_some(Confusion { called: names, rows })
}

fn calibration(of: &Diagnosis) -> Option<String> {
    let bins = of.bins();
    let ends = bins.iter().flat_map(|bin| [bin.predicted, bin.actual]).filter(|v| v.is_finite());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    (low <= high).then_some(())?;
    let hint = |bin: &Bin| {
        format!("predicted {}, actual {}, {}", of.level(bin.predicted), of.level(bin.actual), counted(bin.rows, "row"))
    };
    let (few, enough): (Vec<Bin>, Vec<Bin>) = bins.iter().partition(|bin| bin.rows < BIN_ROWS);
    let trace = |class: &'static str, bins: &[Bin], line| Trace {
        class,
        points: bins.iter().map(|bin| (bin.predicted, bin.actual)).collect(),
        hints: bins.iter().map(hint).collect(),
        line,
    };
    let exact = plain("baseline dashed", vec![(low, low), (high, high)]);
    Plane {
        id: "calibration",
        title: "Calibration",
        description: "The table below holds the same figures.",
        axes: ("predicted", "actual"),
        ends: (Some((low, high)), Some((low, high))),
        labels: Vec::new(),
        traces: vec![exact, trace("baseline", &few, false), trace("predicted", &enough, true)],
        size: HALF,
    }
    .draw()
}

fn learning(of: &Diagnosis) -> Option<String> {
    (of.learning.len() > 1).then_some(())?;
    // Every doubling of the rows is one step.
    let at = |rows: u64| (rows.max(1) as f64).log2();
    Plane {
        id: "learning",
        title: "Learning curve",
        description: "What the same recipe makes of fewer rows.",
        axes: ("rows trained on, doubling", of.loss_name()),
        ends: (None, None),
        labels: of.learning.iter().map(|one| (at(one.rows), count(one.rows))).collect(),
        traces: vec![Trace {
            class: "predicted",
            points: of.learning.iter().map(|one| (at(one.rows), one.loss)).collect(),
            hints: of
                .learning
                .iter()
                .map(|one| format!("{}: {}", counted(one.rows, "row"), figure(one.loss)))
                .collect(),
            line: true,
        }],
        size: HALF,
    }
    .draw()
}

fn histogram(of: &Diagnosis, residuals: &Residuals) -> Option<String> {
    let description =
        format!("Of {}; what lies beyond the 1 % and 99 % quantiles is in the outer bins.", counted(of.rows, "row"));
    Histogram {
        id: "residuals",
        title: "Residuals",
        description: &description,
        class: "predicted",
        bins: residuals.histogram.clone(),
        size: HALF,
    }
    .draw()
}

fn dependence(of: &Diagnosis, n: usize, one: &Dependence) -> Option<String> {
    let numeric = one.points.iter().all(|(_, number, _)| number.is_some());
    let place = |n: usize, number: Option<f64>| number.filter(|_| numeric).unwrap_or(n as f64);
    let points: Vec<(f64, f64)> =
        one.points.iter().enumerate().map(|(n, (_, number, mean))| (place(n, *number), *mean)).collect();
    // Every dependence on one scale: what moves the prediction little looks it.
    let means = of.dependence.iter().flat_map(|one| one.points.iter().map(|point| point.2)).filter(|v| v.is_finite());
    let ends = means.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
    let every = one.points.len().div_ceil(6).max(1);
    let cut = |label: &str| label.chars().take(7).collect::<String>();
    let labels = one.points.iter().enumerate().filter(|(n, _)| !numeric && n.is_multiple_of(every));
    let hints = one.points.iter().map(|(label, _, mean)| format!("{label}: {}", of.level(*mean))).collect();
    Plane {
        id: &format!("dependence-{n}"),
        title: &format!("Mean prediction as {} varies", one.feature),
        description: "The table below holds the same figures.",
        axes: ("", ""),
        ends: (None, (ends.0 <= ends.1).then_some(ends)),
        labels: labels.map(|(n, (label, _, _))| (n as f64, cut(label))).collect(),
        traces: vec![Trace { class: "predicted", points, hints, line: numeric }],
        size: SMALL,
    }
    .draw()
}

fn plain(class: &str, points: Vec<(f64, f64)>) -> Trace<'_> {
    Trace { class, points, hints: Vec::new(), line: true }
}

fn shuffled(of: &Diagnosis) -> Vec<[String; 4]> {
    let most = of.permutation.iter().map(|one| one.mean).fold(0.0, f64::max).max(1e-12);
    of.permutation
        .iter()
        .take(FEATURES)
        .map(|one| {
            let cost = format!("{:+.1} %", one.mean * 100.0);
            [one.feature.clone(), cost, share(one.deviation), bar(one.mean / most, "predicted")]
        })
        .collect()
}

fn segments(of: &Diagnosis) -> Vec<[String; 7]> {
    of.segments
        .iter()
        .take(SEGMENTS)
        .map(|one| {
            [
                one.what.clone(),
                count(one.rows),
                figure(one.loss),
                format!("{}x", figure(one.loss / one.overall)),
                share(one.share),
                of.level(one.predicted),
                of.level(one.actual),
            ]
        })
        .collect()
}
