//! Who is told of what: `[[routes]]` of landfall.toml.

use chrono::{Datelike, Timelike, Weekday};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Instant;
use crate::domain::alert::{AlertKind, Severity};

/// One route. The first that matches an alert leads it to its channels; the next ones are asked only after one that
/// says `continue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// Globs on the pipeline's name; default every pipeline.
    pub pipelines: Vec<String>,
    /// Kinds of alerts; default all.
    pub kinds: Vec<AlertKind>,
    /// At least this grave; default warning.
    pub severity: Severity,
    /// Only at these hours; default always.
    pub hours: Option<Hours>,
    /// Names of the channels it leads to.
    pub channels: Vec<String>,
    /// Names of channels that are told, too, when nobody acknowledges a critical one in time.
    pub escalate_to: Vec<String>,
    /// Whether later routes are asked, too; default false.
    #[serde(rename = "continue")]
    pub and_on: bool,
}

impl Route {
    /// Whether it is a route for such an alert at this instant.
    pub fn matches(&self, pipeline: &str, kind: AlertKind, severity: Severity, at: Instant) -> bool {
        let named = |pattern: &String| glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(pipeline));
        (self.pipelines.is_empty() || self.pipelines.iter().any(named))
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && severity >= self.severity
            && self.hours.as_ref().is_none_or(|hours| hours.contain(at))
    }
}

/// Hours of a week on a wall clock: `Mon-Fri 08:00-18:00`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// Days from Monday on: whether the hours begin on each.
    pub days: [bool; 7],
    /// Minute of the day when they begin.
    pub from: u32,
    /// Minute of the day when they end, which is the next day's when it is not after `from`.
    pub to: u32,
    /// IANA name of the time zone.
    pub time_zone: String,
}

impl Hours {
    /// Parses `Mon-Fri 08:00-18:00`, `Sat,Sun 00:00-24:00`, `22:00-06:00` (every day, over midnight) or `Sat,Sun`.
    ///
    /// # Errors
    /// What is wrong with the text, in one clause.
    pub fn parse(text: &str, time_zone: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let is_time = |part: &&str| part.contains(':');
        let (days, time) = match parts.as_slice() {
            [time] if is_time(time) => (None, Some(*time)),
            [days] => (Some(*days), None),
            [days, time] => (Some(*days), Some(*time)),
            _ => return Err("it is neither days, nor hours, nor days and hours".to_owned()),
        };
        let days = days.map_or(Ok([true; 7]), parse_days)?;
        let (from, to) = time.map_or(Ok((0, MIDNIGHT)), parse_span)?;
        Ok(Self { days, from, to, time_zone: time_zone.to_owned() })
    }

    /// Whether an instant is in them. Hours over midnight belong to the day they begin on.
    pub fn contain(&self, at: Instant) -> bool {
        let Ok(zone) = self.time_zone.parse::<Tz>() else { return false };
        let local = at.with_timezone(&zone);
        let (day, minute) = (local.weekday(), local.hour() * 60 + local.minute());
        let begins = |day: Weekday| self.days[day.num_days_from_monday() as usize];
        if self.from < self.to {
            begins(day) && (self.from..self.to).contains(&minute)
        } else {
            (begins(day) && minute >= self.from) || (begins(day.pred()) && minute < self.to)
        }
    }
}

/// The end of a day in minutes.
const MIDNIGHT: u32 = 24 * 60;

fn parse_days(text: &str) -> Result<[bool; 7], String> {
    let day = |name: &str| {
        name.parse::<Weekday>()
            .map(|day| day.num_days_from_monday() as usize)
            .map_err(|_| format!("`{name}` is no day of the week"))
    };
    let mut days = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        // Sat-Mon goes over the week's end.
        (0..=(last + 7 - first) % 7).for_each(|step| days[(first + step) % 7] = true);
    }
    Ok(days)
}

fn parse_span(text: &str) -> Result<(u32, u32), String> {
    let minutes = |time: &str| {
        let (hour, minute) = time.split_once(':')?;
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (minute < 60 && hour * 60 + minute <= MIDNIGHT).then_some(hour * 60 + minute)
    };
    let (from, to) = text.split_once('-').ok_or_else(|| format!("`{text}` is no span of hours"))?;
    let read = |time| minutes(time).ok_or_else(|| format!("`{time}` is no time of the day"));
    let (from, to) = (read(from)?, read(to)?);
    if from == to || from == MIDNIGHT {
        return Err(format!("`{text}` is empty"));
    }
    Ok((from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Hours, Route};
    use crate::domain::Instant;
    use crate::domain::alert::{AlertKind, Severity};

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_those_of_a_wall_clock() {
        let work = Hours::parse("Mon-Fri 08:00-18:00", "Europe/Berlin").unwrap();
        // Berlin is one hour ahead of UTC in winter and two in summer.
        assert!(work.contain(at("2013-03-08T07:00:00Z")) && !work.contain(at("2013-03-08T06:59:59Z")));
        assert!(work.contain(at("2013-07-05T06:00:00Z")) && !work.contain(at("2013-07-05T16:00:00Z")));
        assert!(!work.contain(at("2013-03-09T10:00:00Z")), "a Saturday");
        let night = Hours::parse("Fri 22:00-06:00", "UTC").unwrap();
        assert!(night.contain(at("2013-03-08T22:00:00Z")) && night.contain(at("2013-03-09T05:59:00Z")));
        assert!(!night.contain(at("2013-03-08T05:00:00Z")) && !night.contain(at("2013-03-09T22:00:00Z")));
        let rest = Hours::parse("Sat-Mon,Wed", "UTC").unwrap();
        assert_eq!(rest.days, [true, false, true, false, false, true, true]);
        assert!(rest.contain(at("2013-03-10T23:59:00Z")));
    }

    #[test]
    fn what_is_wrong_with_hours_is_said() {
        let wrong = |text: &str| Hours::parse(text, "UTC").unwrap_err();
        assert_eq!(wrong("Mon-Fry 08:00-18:00"), "`Fry` is no day of the week");
        assert_eq!(wrong("08:00-25:00"), "`25:00` is no time of the day");
        assert_eq!(wrong("08:00"), "`08:00` is no span of hours");
        assert_eq!(wrong("08:00-08:00"), "`08:00-08:00` is empty");
        assert_eq!(wrong("on Mondays at 8"), "it is neither days, nor hours, nor days and hours");
    }

    #[test]
    fn a_route_asks_for_pipeline_kind_severity_and_hour() {
        let route = Route {
            pipelines: vec!["flights*".into()],
            kinds: vec![AlertKind::FileSize],
            severity: Severity::Warning,
            hours: Some(Hours::parse("Mon-Fri", "UTC").unwrap()),
            channels: vec!["oncall".into()],
            escalate_to: Vec::new(),
            and_on: false,
        };
        let friday = at("2013-03-08T12:00:00Z");
        let matches = |pipeline, kind, severity, at| route.matches(pipeline, kind, severity, at);
        assert!(matches("flights_eu", AlertKind::FileSize, Severity::Critical, friday));
        assert!(!matches("bikes", AlertKind::FileSize, Severity::Critical, friday));
        assert!(!matches("flights", AlertKind::Staleness, Severity::Critical, friday));
        assert!(!matches("flights", AlertKind::FileSize, Severity::Info, friday));
        assert!(!matches("flights", AlertKind::FileSize, Severity::Warning, at("2013-03-09T12:00:00Z")));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "[A-Za-z0-9:, -]{0,24}", second in 0_i64..4_000_000_000) {
            if let Ok(hours) = Hours::parse(&text, "America/New_York") {
                let _ = hours.contain(Instant::from_timestamp(second, 0).unwrap());
                prop_assert!(hours.days.contains(&true) && hours.from != hours.to);
            }
        }
    }
}
