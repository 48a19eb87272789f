//! How long: a span or an instant as an operator types it.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};

use crate::domain::Instant;

/// Longest mute.
pub const LONGEST: i64 = 30;

/// The instant that `text` means: `90m`, `4h`, `2d`, `1w` from `now` on; `18:00`, the next one; `2013-03-12 08:00`. All in
/// UTC, like every time on screen.
///
/// # Errors
/// What cannot be read, lies in the past, or is more than [`LONGEST`] days away: one sentence.
pub fn until(text: &str, now: Instant) -> Result<Instant, String> {
    let text = text.trim();
    let at = span(text).map(|span| now + span).or_else(|| clock(text, now)).or_else(|| day(text));
    let at = at.ok_or("write 90m, 4h, 2d, 18:00 or 2013-03-12 08:00 (UTC)")?;
    if at <= now {
        return Err("that is over already".into());
    }
    if at > now + Duration::days(LONGEST) {
        return Err(format!("a mute ends after {LONGEST} days at the latest"));
    }
    Ok(at)
}

/// 08:00 of the next day.
pub fn tomorrow(now: Instant) -> Instant {
    let morning = (now + Duration::days(1)).date_naive().and_time(NaiveTime::MIN) + Duration::hours(8);
    Utc.from_utc_datetime(&morning)
}

/// The earlier instant that `text` means: `90m`, `4h`, `2d` before `now`; `18:00`, the last one; `2013-03-12`, its beginning;
/// `2013-03-12 08:00`, with seconds or not.
///
/// # Errors
/// What cannot be read or is yet to come: one sentence.
pub fn since(text: &str, now: Instant) -> Result<Instant, String> {
    let text = text.trim().trim_start_matches('-');
    let last = |at: Instant| if at > now { at - Duration::days(1) } else { at };
    let seconds = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").ok();
    let at = span(text).map(|span| now - span).or_else(|| clock(text, now).map(last)).or_else(|| day(text));
    let at = at.or_else(|| day_of(text)).or_else(|| Some(Utc.from_utc_datetime(&seconds()?)));
    let at = at.ok_or("write 90m, 4h, 2d, 18:00, 2013-03-12 or 2013-03-12 08:00 (UTC)")?;
    if at > now { Err("that is yet to come".into()) } else { Ok(at) }
}

/// The beginning of a day as `2013-03-12`.
pub fn day_of(text: &str) -> Option<Instant> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    Some(Utc.from_utc_datetime(&day.and_time(NaiveTime::MIN)))
}

fn span(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let count: i64 = text[..text.len() - unit.len_utf8()].trim().parse().ok()?;
    match unit {
        'm' => Duration::try_minutes(count),
        'h' => Duration::try_hours(count),
        'd' => Duration::try_days(count),
        'w' => Duration::try_weeks(count),
        _ => None,
    }
    .filter(|span| *span < Duration::days(10_000) && *span > -Duration::days(10_000))
}

fn clock(text: &str, now: Instant) -> Option<Instant> {
    let time = NaiveTime::parse_from_str(text, "%H:%M").ok()?;
    let today = Utc.from_utc_datetime(&now.date_naive().and_time(time));
    Some(if today > now { today } else { today + Duration::days(1) })
}

fn day(text: &str) -> Option<Instant> {
    Some(Utc.from_utc_datetime(&NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Instant {
        Utc.with_ymd_and_hms(2013, 3, 9, 14, 2, 31).unwrap()
    }

    fn at(text: &str) -> Result<String, String> {
        until(text, now()).map(|at| at.format("%m-%d %H:%M").to_string())
    }

    #[test]
    fn spans_times_and_days_are_understood() {
        assert_eq!(
            [at("90m"), at(" 4 h "), at("2d"), at("1w")].map(Result::unwrap),
            ["03-09 15:32", "03-09 18:02", "03-11 14:02", "03-16 14:02"]
        );
        assert_eq!([at("18:00"), at("08:00")].map(Result::unwrap), ["03-09 18:00", "03-10 08:00"]);
        assert_eq!(at("2013-03-12 08:00").unwrap(), "03-12 08:00");
        assert_eq!(tomorrow(now()).format("%m-%d %H:%M").to_string(), "03-10 08:00");
    }

    #[test]
    fn what_is_over_too_far_or_unreadable_is_refused_in_words() {
        assert!(at("0m").unwrap_err().contains("over already"));
        assert!(at("31d").unwrap_err().contains("30 days"));
        for text in ["", "h", "soon", "4", "é", "99999999999999w", "25:00"] {
            assert!(at(text).unwrap_err().contains("write 90m"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_ends_between_now_and_the_longest(text in "\\PC{0,12}|-?[0-9]{1,20}[mhdw]") {
            if let Ok(at) = until(&text, now()) {
                prop_assert!(at > now() && at <= now() + Duration::days(LONGEST));
            }
        }
    }
}
