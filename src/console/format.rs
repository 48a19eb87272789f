//! Ages, clocks and names as the console writes them; figures as everywhere. Instants are shown in UTC.

pub use crate::domain::format::{bytes, count, counted, duration, figure, share, with_unit};

use crate::domain::Instant;

/// A span in its largest unit only, for narrow columns: `<1m`, `6m`, `2h`, `3d`.
pub fn span(seconds: i64) -> String {
    match seconds.max(0) {
        0..60 => "<1m".into(),
        s @ 60..3600 => format!("{}m", s / 60),
        s @ 3600..172_800 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86_400),
    }
}

/// How old what came at `then` is: `new` for the first minute, then `6m old`.
pub fn age(then: Instant, now: Instant) -> String {
    match (now - then).num_seconds() {
        ..60 => "new".into(),
        seconds => format!("{} old", span(seconds)),
    }
}

/// How long ago an event was: `just now` for the first minute, then `6m ago`.
pub fn ago(then: Instant, now: Instant) -> String {
    match (now - then).num_seconds() {
        ..60 => "just now".into(),
        seconds => format!("{} ago", span(seconds)),
    }
}

/// When something is due: `in 42 s`, `in 57m`, `due`.
pub fn due(at: Instant, now: Instant) -> String {
    match (at - now).num_seconds() {
        s if s <= 0 => "due".into(),
        s if s < 60 => format!("in {s} s"),
        s => format!("in {}", span(s)),
    }
}

/// A metric's name for a person: `AUC`, `log loss`.
pub fn metric(name: &str) -> String {
    match name {
        "auc" | "rmse" | "mae" => name.to_uppercase(),
        "r2" => "R²".into(),
        "average_precision" => "AP".into(),
        _ => name.replace('_', " "),
    }
}

/// Whether a smaller value of this metric is the better one; `None` where neither is.
pub fn smaller_is_better(name: &str) -> Option<bool> {
    match name {
        "auc" | "average_precision" | "accuracy" | "balanced_accuracy" | "precision" | "recall" | "f1" | "mcc"
        | "kappa" | "r2" | "explained_variance" | "skill" => Some(false),
        "log_loss" | "brier" | "ece" | "rmse" | "mae" | "mse" | "mape" | "msle" | "wape" | "mase" | "median_error"
        | "max_error" | "own_loss" | "rejected" | "reject_ratio" | "null_rate" => Some(true),
        _ => None,
    }
}

/// `14:02`.
pub fn minute(at: Instant) -> String {
    at.format("%H:%M").to_string()
}

/// `14:02:11`.
pub fn clock(at: Instant) -> String {
    at.format("%H:%M:%S").to_string()
}

/// `14:02:11` today, `03-08 14:02` on an earlier day.
pub fn when(at: Instant, now: Instant) -> String {
    if at.date_naive() == now.date_naive() { clock(at) } else { at.format("%m-%d %H:%M").to_string() }
}

/// `2013-03-08 14:02:11`.
pub fn full(at: Instant) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_unit() {
        assert_eq!([span(-5), span(59), span(60), span(7_200), span(200_000)], ["<1m", "<1m", "1m", "2h", "2d"]);
    }
}
