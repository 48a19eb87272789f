//! Durations (`1h30m`) and sizes (`512MB`) as a person writes them.

use std::time::Duration;

/// Units of a duration, longest first, in milliseconds.
const DURATION_UNITS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Units of a size, largest first, in bytes.
const SIZE_UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

/// What a duration looks like, for messages.
pub(super) const A_DURATION: &str = "a duration such as \"30s\", \"5m\", \"1h30m\" or \"14d\"";

/// What a size looks like, for messages.
pub(super) const A_SIZE: &str = "a size such as \"512MB\" or \"2GiB\"";

/// Parses `1h30m`, `500ms`, `2d`: whole numbers with the units w, d, h, m, s, ms, each at most once, longest first.
///
/// # Errors
/// What is wrong with the text, in one clause.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    let mut longest_left = 0;
    let mut total = 0_u64;
    if rest.is_empty() {
        return Err("it is empty".to_owned());
    }
    while !rest.is_empty() {
        let (number, unit, after) = split_number(rest)?;
        if unit.is_empty() {
            return Err(format!("`{number}` has no unit"));
        }
        let Some(index) = DURATION_UNITS.iter().position(|(name, _)| *name == unit) else {
            return Err(format!("`{unit}` is no unit of time: there are w, d, h, m, s and ms"));
        };
        if index < longest_left {
            return Err(format!("`{unit}` comes too late: each unit once, the longest first"));
        }
        longest_left = index + 1;
        let milliseconds = number.checked_mul(DURATION_UNITS[index].1).and_then(|part| total.checked_add(part));
        total = milliseconds.ok_or_else(|| "it is too long".to_owned())?;
        rest = after;
    }
    Ok(Duration::from_millis(total))
}

/// Writes a duration as [`parse_duration`] reads it, to the millisecond.
pub fn format_duration(duration: Duration) -> String {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if left == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, milliseconds) in DURATION_UNITS {
        if left >= milliseconds {
            text.push_str(&format!("{}{unit}", left / milliseconds));
            left %= milliseconds;
        }
    }
    text
}

/// Parses `512MB` (powers of 1,000) and `2GiB` (powers of 1,024); a unit's case does not count.
///
/// # Errors
/// What is wrong with the text, in one clause.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let (number, unit, after) = split_number(text)?;
    if !after.is_empty() || unit.is_empty() {
        return Err(if unit.is_empty() {
            format!("`{number}` has no unit")
        } else {
            format!("`{after}` is left over")
        });
    }
    let Some((_, bytes)) = SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) else {
        return Err(format!("`{unit}` is no unit of size: there are B, kB, MB, GB, TB and KiB, MiB, GiB, TiB"));
    };
    number.checked_mul(*bytes).ok_or_else(|| "it is too large".to_owned())
}

/// Writes a size exactly, in the largest unit that divides it, as [`parse_size`] reads it.
pub fn format_size(bytes: u64) -> String {
    let exact = SIZE_UNITS.iter().filter(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit)).max_by_key(|u| u.1);
    let (name, unit) = exact.copied().unwrap_or(("B", 1));
    format!("{}{name}", bytes / unit)
}

/// Parts `1h30m` into 1, `h` and `30m`.
fn split_number(text: &str) -> Result<(u64, &str, &str), String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    if number.is_empty() {
        return Err(format!("`{text}` does not begin with a whole number"));
    }
    let number = number.parse().map_err(|_| format!("`{number}` is too large a number"))?;
    let rest = rest.trim_start();
    let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    if unit.is_empty() && !after.is_empty() {
        return Err(format!("`{after}` is not a unit; use whole numbers, as in \"1h30m\""));
    }
    Ok((number, unit, after.trim_start()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{format_duration, format_size, parse_duration, parse_size};

    #[test]
    fn usual_spellings() {
        assert_eq!(parse_duration("1h30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("2d"), Ok(Duration::from_secs(172_800)));
        assert_eq!(parse_size("512MB"), Ok(512_000_000));
        assert_eq!(parse_size("2 gib"), Ok(2 << 30));
        assert_eq!(format_size(0), "0B");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(parse_duration("5").unwrap_err(), "`5` has no unit");
        assert_eq!(parse_duration("5 min").unwrap_err(), "`min` is no unit of time: there are w, d, h, m, s and ms");
        assert_eq!(parse_duration("1m2h").unwrap_err(), "`h` comes too late: each unit once, the longest first");
        assert_eq!(parse_duration("1.5h").unwrap_err(), "`.5h` is not a unit; use whole numbers, as in \"1h30m\"");
        assert_eq!(parse_duration("soon").unwrap_err(), "`soon` does not begin with a whole number");
        assert_eq!(parse_duration("99999999999999w").unwrap_err(), "it is too long");
        assert!(parse_size("12XB").unwrap_err().starts_with("`XB` is no unit of size"));
        assert_eq!(parse_size("1GB2").unwrap_err(), "`2` is left over");
        assert_eq!(parse_size("99999999999TB").unwrap_err(), "it is too large");
    }

    proptest! {
        #[test]
        fn durations_round_trip(milliseconds in any::<u64>()) {
            let duration = Duration::from_millis(milliseconds);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn sizes_round_trip(bytes in any::<u64>(), unit in 0_u32..40) {
            let bytes = (bytes >> unit) << unit;
            prop_assert_eq!(parse_size(&format_size(bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_answered(text in ".{0,12}") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
            }
            let _ = parse_size(&text);
        }
    }
}
