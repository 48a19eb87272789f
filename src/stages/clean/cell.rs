//! One value: from text to its type.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

use crate::domain::plan::ColumnType;

/// Days from 0001-01-01 (day 1 of the common era) to 1970-01-01.
const EPOCH_FROM_CE: i32 = 719_163;
const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// A value of one of the logical types.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// Days since the Unix epoch.
    Date(i32),
    /// Microseconds since the Unix epoch, UTC.
    Datetime(i64),
}

/// Reads `text` as a `ty`. Dates and times are ISO 8601 (a time without an offset is UTC) unless a strptime `format`
/// is given. `None` when it is not one; infinities and "nan" are not numbers.
#[inline]
pub(super) fn parse<'a>(text: &'a str, ty: ColumnType, format: Option<&str>) -> Option<Cell<'a>> {
    match ty {
        ColumnType::Text => Some(Cell::Text(text)),
        ColumnType::Integer => integer(text).map(Cell::Integer),
        ColumnType::Float => text.parse().ok().filter(|x: &f64| x.is_finite()).map(Cell::Float),
        ColumnType::Boolean => boolean(text).map(Cell::Boolean),
        ColumnType::Date => match format {
            Some(format) => NaiveDate::parse_from_str(text, format).ok().map(|day| Cell::Date(days(day))),
            None => iso_date(text.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(day, _)| Cell::Date(day)),
        },
        ColumnType::Datetime => match format {
            Some(format) => formatted_time(text, format).map(Cell::Datetime),
            None => iso_time(text.as_bytes()).map(Cell::Datetime),
        },
    }
}

/// What is said of a value that is not a `ty`.
pub(super) fn not_a(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text => "not text",
        ColumnType::Integer => "not an integer",
        ColumnType::Float => "not a number",
        ColumnType::Boolean => "not true or false",
        ColumnType::Date => "not a date",
        ColumnType::Datetime => "not a date and time",
    }
}

/// A float that is a whole number a float holds exactly: tools that know no missing integers write 517 as `517.0`.
pub(super) fn whole(x: f64) -> Option<i64> {
    (x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0).then_some(x as i64)
}

#[inline]
fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| whole(text.parse().ok()?))
}

fn boolean(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("1") || is("yes") {
        Some(true)
    } else if is("false") || is("0") || is("no") {
        Some(false)
    } else {
        None
    }
}

fn days(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH_FROM_CE
}

fn formatted_time(text: &str, format: &str) -> Option<i64> {
    if ["%z", "%:z", "%#z", "%+"].iter().any(|offset| format.contains(offset)) {
        return DateTime::parse_from_str(text, format).ok().map(|time| time.timestamp_micros());
    }
    let midnight = || NaiveDate::parse_from_str(text, format).ok()?.and_hms_opt(0, 0, 0);
    let time = NaiveDateTime::parse_from_str(text, format).ok().or_else(midnight)?;
    Some(time.and_utc().timestamp_micros())
}

/// `YYYY-MM-DD` at the front of `text`: the day, and what follows it.
#[inline]
fn iso_date(text: &[u8]) -> Option<(i32, &[u8])> {
    let (date, rest) = text.split_at_checked(10)?;
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(&date[..4])?, number(&date[5..7])?, number(&date[8..])?);
    Some((days(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?), rest))
}

/// `YYYY-MM-DD[(T| )HH:MM[:SS[.fraction]][Z|±HH[[:]MM]]]` in microseconds.
#[inline]
fn iso_time(text: &[u8]) -> Option<i64> {
    let (day, rest) = iso_date(text)?;
    let midnight = i64::from(day) * MICROSECONDS_A_DAY;
    if rest.is_empty() {
        return Some(midnight);
    }
    if !matches!(rest[0], b'T' | b't' | b' ') || rest.len() < 6 || rest[3] != b':' {
        return None;
    }
    let (hour, minute) = (number(&rest[1..3])?, number(&rest[4..6])?);
    let (seconds, zone) = seconds(&rest[6..])?;
    if hour > 23 || minute > 59 {
        return None;
    }
    Some(midnight + (i64::from(hour) * 60 + i64::from(minute)) * 60_000_000 + seconds - offset(zone)?)
}

/// `[:SS[.fraction]]` in microseconds, and what follows it. Digits beyond the sixth are cut off.
fn seconds(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b':', rest)) = text.split_first() else { return Some((0, text)) };
    let (digits, rest) = rest.split_at_checked(2)?;
    let second = number(digits).filter(|second| *second < 60)?;
    let whole = i64::from(second) * 1_000_000;
    let Some((b'.' | b',', rest)) = rest.split_first() else { return Some((whole, rest)) };
    let length = rest.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at(length);
    let micros = (0..6).fold(0, |sum, place| sum * 10 + fraction.get(place).map_or(0, |digit| i64::from(digit - b'0')));
    (length > 0).then_some((whole + micros, rest))
}

/// A UTC offset in microseconds; none at all is UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, digits) = match zone {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (number(digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        5 if digits[2] == b':' => (number(&digits[..2])?, number(&digits[3..])?),
        _ => return None,
    };
    (hours < 24 && minutes < 60).then(|| sign * i64::from(hours * 60 + minutes) * 60_000_000)
}

#[inline]
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Option<String> {
        match parse(text, ColumnType::Datetime, None)? {
            Cell::Datetime(micros) => Some(DateTime::from_timestamp_micros(micros)?.to_rfc3339()),
            _ => None,
        }
    }

    #[test]
    fn every_common_iso_8601_form_is_one_instant_in_utc() {
        let noon = Some("2013-02-08T12:30:00+00:00".to_owned());
        for text in [
            "2013-02-08T12:30:00Z",
            "2013-02-08 12:30",
            "2013-02-08t12:30:00.000000z",
            "2013-02-08T13:30:00+01:00",
            "2013-02-08T07:00:00-0530",
            "2013-02-08T14:30+02",
        ] {
            assert_eq!(time(text), noon, "{text}");
        }
        assert_eq!(time("2013-02-08"), Some("2013-02-08T00:00:00+00:00".to_owned()));
        assert_eq!(time("2013-02-08T00:00:00.1234567"), Some("2013-02-08T00:00:00.123456+00:00".to_owned()));
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "2013-02-30",
            "2013-02-08T24:00",
            "2013-02-08T12:60",
            "2013-02-08T12",
            "2013-2-8",
            "2013-02-08T12:30x",
            "x",
        ] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn a_given_format_wins_over_iso() {
        let read = |text, format| parse(text, ColumnType::Datetime, Some(format));
        let expected = parse("2013-02-08T11:30:00Z", ColumnType::Datetime, None);
        assert_eq!(read("08.02.2013 11:30", "%d.%m.%Y %H:%M"), expected);
        assert_eq!(read("08.02.2013 12:30 +0100", "%d.%m.%Y %H:%M %z"), expected);
        assert_eq!(read("2013-02-08T11:30:00Z", "%d.%m.%Y"), None);
        assert_eq!(parse("08.02.13", ColumnType::Date, Some("%d.%m.%y")), Some(Cell::Date(15_744)));
    }

    #[test]
    fn numbers_and_booleans() {
        assert_eq!(parse("-12", ColumnType::Integer, None), Some(Cell::Integer(-12)));
        assert_eq!(parse("517.0", ColumnType::Integer, None), Some(Cell::Integer(517)));
        assert_eq!(parse("9223372036854775807", ColumnType::Integer, None), Some(Cell::Integer(i64::MAX)));
        assert_eq!(parse("5.5", ColumnType::Integer, None), None);
        assert_eq!(parse("9223372036854775808", ColumnType::Integer, None), None);
        assert_eq!(parse("1e3", ColumnType::Float, None), Some(Cell::Float(1000.0)));
        assert_eq!(parse("nan", ColumnType::Float, None), None);
        assert_eq!(parse("inf", ColumnType::Float, None), None);
        assert_eq!(parse("YES", ColumnType::Boolean, None), Some(Cell::Boolean(true)));
        assert_eq!(parse("0", ColumnType::Boolean, None), Some(Cell::Boolean(false)));
        assert_eq!(parse("maybe", ColumnType::Boolean, None), None);
    }
}
