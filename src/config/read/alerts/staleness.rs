//! `[alerts.staleness]`

use std::time::Duration;

use chrono::NaiveDate;

use crate::config::field::Field;
use crate::config::read::{schedule, workspace};
use crate::config::rules::{Blackout, DAY, StalenessRule};
use crate::config::section::Section;

const A_BLACKOUT: &str = "expected a span such as \"02:00-04:00\" or \"Sat 22:00-Sun 06:00\"";
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub(super) fn read(section: &Section<'_>, time_zone: &str) -> StalenessRule {
    let age = |field: &Field<'_>| field.duration(Duration::from_secs(1));
    let zone = section.maybe("time_zone", workspace::time_zone).unwrap_or_else(|| time_zone.to_owned());
    StalenessRule {
        after: section.maybe("after", age),
        expect: section.maybe("expect", |f| schedule::read(f, &zone)),
        grace: section.maybe("grace", |f| f.duration(Duration::ZERO)),
        holidays: list(section, "holidays", "a list of days", holiday),
        blackouts: list(section, "blackouts", "a list of spans", blackout),
        data_after: section.maybe("data_after", age),
        output_after: section.maybe("output_after", age),
        time_zone: zone,
    }
}

fn list<T>(section: &Section<'_>, key: &'static str, expected: &str, read: impl Fn(&Field<'_>) -> Option<T>) -> Vec<T> {
    let elements = section.get(key).and_then(|field| field.elements(expected)).unwrap_or_default();
    elements.iter().filter_map(read).collect()
}

fn holiday(field: &Field<'_>) -> Option<NaiveDate> {
    let text = field.text()?;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    if day.is_none() {
        field.error(format!("`{text}` is no day"), "expected a day such as \"2026-12-25\"");
    }
    day
}

fn blackout(field: &Field<'_>) -> Option<Blackout> {
    let text = field.text()?;
    let span = span(text);
    if span.is_none() {
        field.error(format!("`{text}` is no span of the day or week"), A_BLACKOUT);
    }
    span
}

/// Reads `02:00-04:00` or `Sat 22:00-Sun 06:00`.
fn span(text: &str) -> Option<Blackout> {
    let (from, to) = text.split_once('-')?;
    match (moment(from)?, moment(to)?) {
        ((None, from), (None, to)) => Some(Blackout::Daily { from, to: to % DAY }),
        ((Some(first), from), (Some(last), to)) => {
            Some(Blackout::Weekly { from: first * DAY + from, to: (last * DAY + to) % (7 * DAY) })
        }
        _ => None,
    }
}

/// A day of the week, if one is named, and minutes since midnight; 24:00 is the end of a day.
fn moment(text: &str) -> Option<(Option<u32>, u32)> {
    let (day, time) = match text.trim().split_once(' ') {
        Some((day, time)) => {
            let at = DAYS.iter().position(|name| day.eq_ignore_ascii_case(name))?;
            (Some(u32::try_from(at).ok()?), time.trim())
        }
        None => (None, text.trim()),
    };
    let (hour, minute) = time.split_once(':')?;
    let number = |digits: &str| (digits.len() == 2).then(|| digits.parse::<u32>().ok()).flatten();
    let minutes = number(hour)? * 60 + number(minute).filter(|minute| *minute < 60)?;
    (minutes <= DAY).then_some((day, minutes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::span;
    use crate::config::rules::{Blackout, DAY};

    #[test]
    fn a_span_is_of_the_day_or_of_the_week() {
        assert_eq!(span("02:00-04:00"), Some(Blackout::Daily { from: 120, to: 240 }));
        assert_eq!(span(" 22:00 - 24:00 "), Some(Blackout::Daily { from: 22 * 60, to: 0 }));
        let weekend = Blackout::Weekly { from: 5 * DAY + 22 * 60, to: 6 * DAY + 360 };
        assert_eq!(span("Sat 22:00-sun 06:00"), Some(weekend));
        assert_eq!(span("Sun 20:00-Sun 24:00"), Some(Blackout::Weekly { from: 6 * DAY + 1200, to: 0 }));
        for wrong in
            ["", "-", "02:00", "2-4", "02:60-04:00", "24:01-25:00", "Sat 22:00-06:00", "Caturday 01:00-Sun 02:00"]
        {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[ -~é]{0,24}") {
            if let Some(Blackout::Daily { from, to } | Blackout::Weekly { from, to }) = span(&text) {
                prop_assert!(from <= 7 * DAY && to < 7 * DAY);
            }
        }
    }
}
