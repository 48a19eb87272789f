//! When to ask whether there is new data.

use std::time::Duration;

use croner::parser::{CronParser, Seconds, Year};

use crate::config::field::Field;
use crate::config::pipeline::Schedule;
use crate::config::units;

const EXPECTED: &str =
    "expected \"every 1h\", \"hourly\", \"daily\" or five cron fields: minute hour day month weekday";

/// Every hour.
pub(super) const HOURLY: Schedule = Schedule::Every { interval: Duration::from_secs(3600) };

/// The shortest interval: a listing of a large landing takes a good part of a second.
const SHORTEST: Duration = Duration::from_secs(1);

/// Reads `every 90s`, `hourly` (every hour), `daily` (at midnight) or a cron expression, both in `time_zone`.
pub(super) fn read(field: &Field<'_>, time_zone: &str) -> Option<Schedule> {
    let text = field.text()?.trim();
    let cron = |expression: &str| Schedule::Cron { expression: expression.to_owned(), time_zone: time_zone.to_owned() };
    match text {
        "hourly" => return Some(HOURLY),
        "daily" => return Some(cron("0 0 * * *")),
        _ => {}
    }
    if let Some(interval) = text.strip_prefix("every ") {
        return every(field, interval);
    }
    // The parser's own count of fields knows seconds and nicknames, which are not part of this language.
    let fields = text.split_whitespace().count();
    if fields != 5 {
        let what = if fields == 1 { "is not a schedule".to_owned() } else { format!("has {fields} cron fields") };
        field.error(format!("`{}` {what}", field.key), EXPECTED);
        return None;
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    match parser.parse(text) {
        Ok(_) => Some(cron(text)),
        Err(_) => {
            let why = wrong_field(text, &parser).unwrap_or_else(|| "it never comes true".to_owned());
            field.error(format!("`{}` is not a schedule: {why}", field.key), EXPECTED);
            None
        }
    }
}

/// Which of the five fields the parser does not take: it says only that one of them is wrong.
fn wrong_field(text: &str, parser: &CronParser) -> Option<String> {
    const FIELDS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];
    let alone = |i: usize, part: &str| {
        let pattern: Vec<&str> = (0..FIELDS.len()).map(|j| if i == j { part } else { "*" }).collect();
        parser.parse(&pattern.join(" "))
    };
    let mut parts = text.split_whitespace().enumerate();
    let (i, part) = parts.find(|(i, part)| alone(*i, part).is_err())?;
    Some(format!("`{part}` is no {}", FIELDS[i]))
}

fn every(field: &Field<'_>, interval: &str) -> Option<Schedule> {
    let why = match units::parse_duration(interval) {
        Ok(interval) if interval >= SHORTEST => return Some(Schedule::Every { interval }),
        Ok(_) => "the shortest interval is 1s".to_owned(),
        Err(why) => why,
    };
    field.error(format!("`{}` is not a schedule: {why}", field.key), EXPECTED);
    None
}
