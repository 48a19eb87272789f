//! How figures are written for people, the same on screen, in the report and in alerts.

use super::Instant;

/// Bytes in decimal units, two or three digits: `512 B`, `1.2 kB`, `93 kB`, `4.1 GB`.
pub fn bytes(n: u64) -> String {
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64;
    for unit in ["kB", "MB", "GB", "TB", "PB", "EB"] {
        value /= 1000.0;
        // 999.6 kB would be written as 1000 kB.
        if value < 999.5 {
            return if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") };
        }
    }
    format!("{value:.0} EB")
}

/// Seconds: `40 ms`, `8.1 s`, `42 s`, `3m 20s`, `2h 5m`, `2d 4h`. Negative and undefined ones count as none.
pub fn duration(seconds: f64) -> String {
    let s = if seconds.is_finite() { seconds.max(0.0) } else { 0.0 };
    if s == 0.0 {
        return "0 s".to_owned();
    }
    if s < 0.0995 {
        return format!("{} ms", (s * 1000.0).round().max(1.0));
    }
    if s < 9.95 {
        return format!("{s:.1} s");
    }
    let whole = s.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => two_units(whole / 60, "m", whole % 60, "s"),
        3600..86_400 => two_units(whole / 3600, "h", whole % 3600 / 60, "m"),
        _ => two_units(whole / 86_400, "d", whole % 86_400 / 3600, "h"),
    }
}

fn two_units(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 { format!("{large}{large_unit}") } else { format!("{large}{large_unit} {small}{small_unit}") }
}

/// How long ago `then` was, as one or two units: `now`, `12 s`, `6m 10s`, `2h 5m`. An instant in the future is `now`.
pub fn age(then: Instant, now: Instant) -> String {
    let seconds = (now - then).num_seconds();
    if seconds < 1 { "now".to_owned() } else { duration(seconds as f64) }
}

/// A whole number with thousands separators: `2,741`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A count with its noun: `1 file`, `3 files`.
pub fn counted(n: u64, singular: &str) -> String {
    format!("{} {singular}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A factor, two digits or more: `0.0042x`, `0.31x`, `2.4x`, `10.2x`, `140x`; `<0.001x` of a smaller one.
pub fn ratio(r: f64) -> String {
    match r.abs() {
        a if a >= 99.95 => format!("{r:.0}x"),
        a if a >= 0.995 => format!("{r:.1}x"),
        a if a >= 0.0995 => format!("{r:.2}x"),
        a if a >= 0.00995 => format!("{r:.3}x"),
        a if a >= 0.001 => format!("{r:.4}x"),
        0.0 => "0x".to_owned(),
        _ => "<0.001x".to_owned(),
    }
}

/// A share from 0 to 1 in per cent: `23.4 %`.
pub fn share(p: f64) -> String {
    format!("{:.1} %", p * 100.0)
}

/// A figure with the unit a finding gives it: `949 kB`, `3h 7m`, `12.0 %`, `2,741 rows`, `0.702 auc`.
pub fn with_unit(value: f64, unit: &str) -> String {
    match unit {
        "bytes" => bytes(value.max(0.0) as u64),
        "s" => duration(value),
        "share" => share(value),
        "" => figure(value),
        unit => format!("{} {unit}", figure(value)),
    }
}

/// A figure without a unit (a metric, a mean), three or four digits: `0.702`, `12.3`, `404`, `12,345`.
pub fn figure(v: f64) -> String {
    match v.abs() {
        _ if !v.is_finite() => "–".to_owned(),
        a if a >= 999.5 => {
            let sign = if v < 0.0 { "-" } else { "" };
            format!("{sign}{}", count(a.round().min(u64::MAX as f64) as u64))
        }
        a if a >= 99.95 => format!("{v:.0}"),
        a if a >= 9.995 => format!("{v:.1}"),
        a if a >= 0.9995 => format!("{v:.2}"),
        // No "-0.000" for what rounds to nothing.
        a if a < 0.0005 => "0.000".to_owned(),
        _ => format!("{v:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{age, bytes, count, counted, duration, figure, ratio, share};
    use chrono::{Duration, TimeZone, Utc};

    #[test]
    fn bytes_keep_two_or_three_digits() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_960, "10 kB"),
            (93_410, "93 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (4_100_000_000, "4.1 GB"),
            (u64::MAX, "18 EB"),
        ];
        for (n, text) in cases {
            assert_eq!(bytes(n), text);
        }
    }

    #[test]
    fn durations_read_naturally() {
        let cases = [
            (0.0, "0 s"),
            (-3.0, "0 s"),
            (f64::NAN, "0 s"),
            (0.0004, "1 ms"),
            (0.04, "40 ms"),
            (0.0997, "0.1 s"),
            (8.12, "8.1 s"),
            (59.4, "59 s"),
            (59.6, "1m"),
            (200.0, "3m 20s"),
            (7500.0, "2h 5m"),
            (187_200.0, "2d 4h"),
        ];
        for (s, text) in cases {
            assert_eq!(duration(s), text, "{s}");
        }
        let then = Utc.with_ymd_and_hms(2013, 3, 1, 12, 0, 0).unwrap();
        assert_eq!(age(then, then + Duration::minutes(6)), "6m");
        assert_eq!(age(then, then - Duration::minutes(6)), "now");
    }

    #[test]
    fn numbers_read_naturally() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 3].map(|n| counted(n, "file")), ["1 file", "3 files"]);
        assert_eq!([0.312, 1.0, 2.44, 10.2, 140.2].map(ratio), ["0.31x", "1.0x", "2.4x", "10.2x", "140x"]);
        assert_eq!([0.1, 0.042, 0.0042, 0.000_02, 0.0].map(ratio), ["0.10x", "0.042x", "0.0042x", "<0.001x", "0x"]);
        assert_eq!(share(0.2341), "23.4 %");
        assert_eq!(
            [0.7019, -0.0001, -0.004, 1.5, 12.34, 404.2, -12345.6, f64::NAN].map(figure),
            ["0.702", "0.000", "-0.004", "1.50", "12.3", "404", "-12,346", "–"]
        );
    }
}
