//! `[stages.train]`: what is learned, and when it is promoted.

use std::ops::Range;
use std::time::Duration;

use super::column::Draft;
use super::learning;
use crate::config::field::Field;
use crate::config::section::Section;
use crate::config::source::Source;
use crate::domain::plan::{
    Algorithm, BoostingPlan, Calling, CleanPlan, ColumnPlan, ColumnType, FeaturePlan, LearningPlan, LinearPlan, Loss,
    ModelPlan, PromotionPlan, Role, Task, Window,
};

const SECONDS_A_DAY: f64 = 86_400.0;

/// What the stage's own table says.
pub(super) struct TrainSettings {
    task: Option<(Task, Range<usize>)>,
    algorithms: Vec<Algorithm>,
    algorithms_at: Option<Range<usize>>,
    linear: LinearPlan,
    l1_at: Option<Range<usize>>,
    boosting: BoostingPlan,
    holdout: Duration,
    label_delay: Duration,
    window: Window,
    refit: bool,
    promotion: PromotionPlan,
    threshold: f64,
    learning: LearningPlan,
    weight_at: Option<Range<usize>>,
    interval_at: Option<Range<usize>>,
    calling_at: Option<Range<usize>>,
}

impl Default for TrainSettings {
    fn default() -> Self {
        Self {
            task: None,
            algorithms: vec![Algorithm::Linear, Algorithm::Boosting],
            algorithms_at: None,
            linear: LinearPlan { penalty: 1.0, l1_ratio: 0.0 },
            l1_at: None,
            boosting: BoostingPlan {
                max_rounds: 400,
                learning_rate: 0.1,
                max_leaves: 31,
                max_depth: 0,
                min_child_weight: 5.0,
                lambda: 1.0,
                early_stop: 30,
                loss: Loss::default(),
                quantile: 0.0,
                monotone: Vec::new(),
            },
            holdout: Duration::from_secs(14 * 86_400),
            label_delay: Duration::ZERO,
            window: Window::All,
            refit: true,
            promotion: PromotionPlan { tolerance: 0.02, min_rows: 200, min_per_class: 30, rollback_after: None },
            threshold: 0.5,
            learning: LearningPlan::default(),
            weight_at: None,
            interval_at: None,
            calling_at: None,
        }
    }
}

/// Reads the stage's own keys.
pub(super) fn read(section: &Section<'_>) -> TrainSettings {
    let TrainSettings { algorithms: both, linear, boosting, holdout, promotion, threshold, refit, .. } =
        TrainSettings::default();
    let an_hour = Duration::from_secs(3600);
    let holdout = section.or("holdout", holdout, |f| f.duration(an_hour));
    let tasks = [("binary", Task::Binary), ("multiclass", Task::Multiclass), ("regression", Task::Regression)];
    let single = learning::algorithm(section);
    let (threshold, calling) = section.or("threshold", (threshold, Calling::Given), learning::threshold);
    TrainSettings {
        task: section.maybe("task", |f| f.choice(&tasks).map(|task| (task, f.at.clone()))),
        algorithms: match single {
            Some(one) => one.into_iter().collect(),
            None => section.or("algorithms", both, algorithms),
        },
        algorithms_at: section.get("algorithm").or_else(|| section.get("algorithms")).map(|f| f.at.clone()),
        linear: LinearPlan {
            penalty: section.or("penalty", linear.penalty, Field::positive),
            l1_ratio: section.or("l1_ratio", linear.l1_ratio, Field::share),
        },
        l1_at: section.get("l1_ratio").map(|f| f.at.clone()),
        boosting: read_boosting(section, &boosting),
        holdout,
        label_delay: section.or("label_delay", Duration::ZERO, |f| f.duration(Duration::ZERO)),
        window: section.or("window", Window::All, |f| window(f, holdout)),
        refit: section.or("refit", refit, Field::boolean),
        promotion: PromotionPlan {
            tolerance: section.or("tolerance", promotion.tolerance, Field::share),
            min_rows: section.or("min_rows", promotion.min_rows, |f| f.integer(1, i64::MAX)),
            min_per_class: section.or("min_per_class", promotion.min_per_class, |f| f.integer(1, i64::MAX)),
            rollback_after: section.maybe("rollback_after", |f| f.integer(1, 100)),
        },
        threshold,
        learning: LearningPlan { auto: single == Some(None), calling, ..learning::read(section) },
        weight_at: section.get("weight").map(|f| f.at.clone()),
        interval_at: section.get("interval").map(|f| f.at.clone()),
        calling_at: section.get("threshold").filter(|_| calling != Calling::Given).map(|f| f.at.clone()),
    }
}

/// A span of time, or a table that says how many rows or how fast they lose weight.
fn window(field: &Field<'_>, holdout: Duration) -> Option<Window> {
    let days = |time: Duration| time.as_secs_f64() / SECONDS_A_DAY;
    if !field.is_table() {
        // A window that the holdout fills leaves nothing to train on.
        return field.duration(holdout * 2).map(|time| Window::Days(days(time)));
    }
    let section = field.section("`window`")?;
    let rows = section.maybe("rows", |f| f.integer(1, i64::MAX)).map(Window::Rows);
    let half = section.maybe("half_life", |f| f.duration(Duration::from_secs(3600)));
    let half = half.map(|time| Window::HalfLife(days(time)));
    if rows.is_none() == half.is_none() {
        field.error("`window` does not say what it keeps", "expected `rows` or `half_life`");
    }
    section.finish();
    rows.or(half)
}

fn read_boosting(section: &Section<'_>, default: &BoostingPlan) -> BoostingPlan {
    let rate = |f: &Field<'_>| f.number_where("a number above 0 and at most 1", |x| x > 0.0 && x <= 1.0);
    let at_least_0 = |f: &Field<'_>| f.number_where("a number of at least 0", |x| x >= 0.0);
    let plan = BoostingPlan {
        max_rounds: section.or("rounds", default.max_rounds, |f| f.integer(1, 100_000)),
        learning_rate: section.or("learning_rate", default.learning_rate, rate),
        max_leaves: section.or("max_leaves", default.max_leaves, |f| f.integer(2, 65_536)),
        max_depth: section.or("max_depth", default.max_depth, |f| f.integer(0, 64)),
        min_child_weight: section.or("min_child_weight", default.min_child_weight, at_least_0),
        lambda: section.or("lambda", default.lambda, at_least_0),
        early_stop: section.or("early_stop", default.early_stop, |f| f.integer(1, 100_000)),
        ..default.clone()
    };
    learning::read_loss(section, plan)
}

/// Who competes, each once and in the order written; the baseline always does.
fn algorithms(field: &Field<'_>) -> Option<Vec<Algorithm>> {
    let elements = field.elements("a list of \"linear\" and \"boosting\"")?;
    let mut chosen = Vec::new();
    for algorithm in elements.iter().filter_map(|e| e.choice(&Algorithm::NAMES)) {
        if algorithm != Algorithm::Baseline && !chosen.contains(&algorithm) {
            chosen.push(algorithm);
        }
    }
    Some(chosen)
}

/// The task of a target of this type, when nobody says which.
fn by_type(ty: ColumnType) -> Task {
    match ty {
        ColumnType::Boolean => Task::Binary,
        ColumnType::Text => Task::Multiclass,
        _ => Task::Regression,
    }
}

impl TrainSettings {
    /// Whether there is something to learn from these columns, and whether the task fits; what does not is recorded at
    /// its place or at that of the stage.
    pub(super) fn check(&self, source: &Source, stage: &Range<usize>, columns: &[Draft], features: &[FeaturePlan]) {
        let of = |role: Role| columns.iter().filter(move |d| d.plan.role == role);
        if columns.is_empty() || columns.iter().any(|d| !d.typed) {
            // [columns] is missing or wrong itself: what else is missing may be in it.
            return;
        }
        if features.is_empty() {
            let message = "no column has the role `feature`, so there is nothing to learn from";
            source.error(stage.clone(), message, "");
        }
        let Some(target) = of(Role::Target).next() else {
            let help = "give the column to predict `role = \"target\"`, or name the stages without score and train";
            let message = "no column has the role `target`, but there is a train stage";
            source.error_with_help(stage.clone(), message, "", Some(help.to_owned()));
            return;
        };
        match (&self.task, target.plan.ty) {
            (Some((Task::Regression, at)), ColumnType::Boolean) => {
                let message = format!("the target `{}` is boolean", target.plan.name);
                source.error(at.clone(), message, "expected \"binary\"");
            }
            (Some((Task::Regression | Task::Binary, at)), ColumnType::Text) => {
                let message = format!("the target `{}` is text", target.plan.name);
                source.error(at.clone(), message, "expected \"multiclass\"");
            }
            _ => {}
        }
        let task = self.task.as_ref().map_or(by_type(target.plan.ty), |(task, _)| *task);
        if let (Some(unable), Some(at)) = (self.algorithms.iter().find(|a| !a.does(task)), &self.algorithms_at) {
            let what = if task.of_classes() { "numbers, and this task is of classes" } else { "classes only" };
            source.error(at.clone(), format!("`{}` predicts {what}", unable.name()), "expected another algorithm");
        }
        if let (Some(name), Some(at)) = (&self.learning.weight, &self.weight_at) {
            let column = columns.iter().find(|draft| draft.plan.name == *name).map(|draft| &draft.plan);
            let fits = |c: &ColumnPlan| {
                matches!(c.ty, ColumnType::Integer | ColumnType::Float) && matches!(c.role, Role::Never | Role::Feature)
            };
            if !column.is_some_and(fits) {
                let message = format!("`{name}` cannot be the weight of a row");
                source.error(at.clone(), message, "expected a column of numbers with the role `never` or `feature`");
            }
        }
        if let (true, Some(at)) = (task.of_classes(), &self.interval_at) {
            let message = "`interval` is of regression, and this task is of classes";
            source.error(at.clone(), message, "expected no `interval`");
        }
        if let (true, Some(at)) = (task != Task::Binary, &self.calling_at) {
            let message = "a threshold is searched for binary tasks only";
            source.error(at.clone(), message, "expected no `threshold`");
        }
        let names: Vec<&str> = features.iter().map(|feature| feature.name.as_str()).collect();
        if let Some((name, _)) = self.boosting.monotone.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            source.error(stage.clone(), format!("`monotone` names `{name}`, which is no feature"), "");
        }
        if let (true, Some(at)) = (task.of_classes() && self.linear.l1_ratio > 0.0, &self.l1_at) {
            let name = if task == Task::Binary { "binary" } else { "multiclass" };
            let message = format!("`l1_ratio` is of regression, this task is {name}");
            source.error(at.clone(), message, "expected no `l1_ratio`");
        }
    }

    /// The plan of what is learned from the rows that `clean` makes; `None` when they have no target or no time.
    pub(super) fn plan(self, clean: &CleanPlan, features: Vec<FeaturePlan>) -> Option<ModelPlan> {
        let target = clean.columns.iter().find(|c| c.role == Role::Target)?;
        Some(ModelPlan {
            task: self.task.map_or(by_type(target.ty), |(task, _)| task),
            target: target.name.clone(),
            time: clean.time()?.to_owned(),
            key: clean.key().into_iter().map(str::to_owned).collect(),
            features,
            algorithms: self.algorithms,
            linear: self.linear,
            boosting: self.boosting,
            holdout_days: self.holdout.as_secs_f64() / SECONDS_A_DAY,
            label_delay_days: self.label_delay.as_secs_f64() / SECONDS_A_DAY,
            window: self.window,
            refit: self.refit,
            promotion: self.promotion,
            threshold: self.threshold,
            learning: LearningPlan {
                label_time: clean.columns.iter().find(|c| c.role == Role::LabelTime).map(|c| c.name.clone()),
                ..self.learning
            },
        })
    }
}
