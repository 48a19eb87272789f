//! Made-up rows for the tests of this floor and the one above.

use super::frame::{Column, DAY, Frame};
use super::random::Random;
use crate::domain::plan::*;

/// Rows of `days` days, `per_day` a day, in order: a number `x`, one that is sometimes missing `gap`, a text `colour`.
/// The chance of the positive class rises with `x` and is highest for red.
pub fn frame(days: i64, per_day: i64, seed: u64) -> Frame {
    let mut random = Random::seeded(seed);
    let levels: Vec<String> = ["blue", "red", "green"].map(str::to_owned).to_vec();
    let mut frame = Frame::default();
    let (mut x, mut gap, mut codes) = (vec![], vec![], vec![]);
    for row in 0..days * per_day {
        let (value, code) = (random.unit(), random.below(3));
        let chance = 0.1 + 0.5 * value + if code == 1 { 0.3 } else { 0.0 };
        frame.time.push(row / per_day * DAY + row % per_day * 1_000_000);
        frame.source.push((row / per_day + 1, row % per_day + 1));
        frame.target.push(if random.unit() < chance { 1.0 } else { 0.0 });
        x.push(value as f32);
        gap.push(if random.unit() < 0.1 { f32::NAN } else { random.unit() as f32 });
        codes.push(code as u32);
    }
    frame.columns = vec![Column::Number(x), Column::Number(gap), Column::Category { codes, levels }];
    frame
}

/// The same rows with a target of three classes: low and high by `x`, and the others at random.
pub fn several(days: i64, per_day: i64, seed: u64) -> Frame {
    let mut frame = frame(days, per_day, seed);
    let Column::Number(x) = &frame.columns[0] else { return frame };
    let mut random = Random::seeded(seed ^ 1);
    let class = |x: &f32| if random.unit() < 0.3 { 2.0 } else { f64::from(u8::from(*x > 0.5)) };
    frame.target = x.iter().map(class).collect();
    frame.classes = ["low", "high", "odd"].map(str::to_owned).to_vec();
    frame.order_classes();
    frame
}

/// The plan for [`frame`].
pub fn plan() -> ModelPlan {
    ModelPlan {
        task: Task::Binary,
        target: "late".to_owned(),
        time: "at".to_owned(),
        key: vec!["id".to_owned()],
        features: vec![
            feature("x", ColumnType::Float),
            feature("gap", ColumnType::Float),
            feature("colour", ColumnType::Text),
        ],
        algorithms: vec![Algorithm::Linear, Algorithm::Boosting],
        linear: LinearPlan { penalty: 1.0, l1_ratio: 0.0 },
        boosting: BoostingPlan {
            max_rounds: 40,
            learning_rate: 0.2,
            max_leaves: 8,
            max_depth: 0,
            min_child_weight: 1.0,
            lambda: 1.0,
            early_stop: 5,
        },
        holdout_days: 5.0,
        label_delay_days: 0.0,
        window: Window::All,
        refit: true,
        promotion: PromotionPlan { tolerance: 0.05, min_rows: 50, min_per_class: 10, rollback_after: None },
        threshold: 0.5,
    }
}

/// A feature whose nulls are left.
pub fn feature(name: &str, ty: ColumnType) -> FeaturePlan {
    FeaturePlan::column(name, ty)
}
