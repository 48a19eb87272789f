//! Figures, ages and clocks as the console writes them. Instants are shown in UTC.

pub use crate::domain::format::{count, counted};

use crate::domain::Instant;

/// Bytes in decimal units: `512 B`, `1.2 kB`, `93 kB`, `4.1 GB`.
pub fn bytes(n: u64) -> String {
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    let mut name = "EB";
    for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        value /= 1000.0;
        name = unit;
        if value < 999.5 {
            break;
        }
    }
    if value < 9.95 { format!("{value:.1} {name}") } else { format!("{value:.0} {name}") }
}

/// Seconds: `40 ms`, `8.1 s`, `42 s`, `3m 20s`, `2h 5m`, `2d 4h`.
pub fn duration(seconds: f64) -> String {
    let s = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    if s == 0.0 {
        return "0 s".into();
    }
    if s < 0.0995 {
        return format!("{:.0} ms", (s * 1000.0).max(1.0));
    }
    if s < 9.95 {
        return format!("{s:.1} s");
    }
    let whole = s.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{}m {}s", whole / 60, whole % 60),
        3600..86_400 => format!("{}h {}m", whole / 3600, whole % 3600 / 60),
        _ => format!("{}d {}h", whole / 86_400, whole % 86_400 / 3600),
    }
}

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

/// A figure without a unit, three or four digits: `0.702`, `12.3`, `404`, `12,345`.
pub fn figure(v: f64) -> String {
    match v.abs() {
        _ if !v.is_finite() => "–".into(),
        a if a >= 999.5 => {
            let sign = if v < 0.0 { "-" } else { "" };
            format!("{sign}{}", count(a.round().min(1e19) as u64))
        }
        a if a >= 99.95 => format!("{v:.0}"),
        a if a >= 9.995 => format!("{v:.1}"),
        a if a >= 0.9995 => format!("{v:.2}"),
        a if a < 0.0005 => "0.000".into(),
        _ => format!("{v:.3}"),
    }
}

/// A figure with the unit an alert gives it: `949 kB`, `3h 7m`, `12.0 %`, `0.702 auc`.
pub fn with_unit(v: f64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(v.max(0.0) as u64),
        "s" => duration(v),
        "share" => format!("{:.1} %", v * 100.0),
        "" => figure(v),
        _ => format!("{} {unit}", figure(v)),
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
        "auc" | "average_precision" | "accuracy" | "r2" | "skill" => Some(false),
        "log_loss" | "brier" | "rmse" | "mae" | "rejected" | "reject_ratio" | "null_rate" => Some(true),
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
    fn figures_keep_their_width_and_their_unit() {
        assert_eq!([bytes(999), bytes(1_234), bytes(93_410), bytes(999_600)], ["999 B", "1.2 kB", "93 kB", "1.0 MB"]);
        assert_eq!([duration(0.04), duration(8.14), duration(42.4)], ["40 ms", "8.1 s", "42 s"]);
        assert_eq!([duration(200.0), duration(7_500.0), duration(187_200.0)], ["3m 20s", "2h 5m", "2d 4h"]);
        assert_eq!([count(0), count(999), count(1_000), count(80_789)], ["0", "999", "1,000", "80,789"]);
        assert_eq!([figure(0.7021), figure(404.2), figure(f64::NAN), figure(-0.0001)], ["0.702", "404", "–", "0.000"]);
        assert_eq!([with_unit(949_000.0, "bytes"), with_unit(0.12, "share")], ["949 kB", "12.0 %"]);
        assert_eq!([span(-5), span(59), span(60), span(7_200), span(200_000)], ["<1m", "<1m", "1m", "2h", "2d"]);
    }
}
