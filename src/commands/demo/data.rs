//! The flights and the weather that ship, as one landed file a day.

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::Context;
use chrono::NaiveDate;

const FLIGHTS: &[u8] = include_bytes!("../../../assets/flights-2013-q1.csv.gz");
const WEATHER: &[u8] = include_bytes!("../../../assets/weather-2013-q1.csv.gz");

/// Days that land at once, as history: January and February.
pub const HISTORY_DAYS: u32 = 59;
/// Days that land one after another: March.
pub const LAST_DAYS: u32 = 31;

/// All flights by local day of departure, joined with the weather of their hour.
pub struct Flights {
    header: String,
    days: BTreeMap<NaiveDate, Vec<Row>>,
}

struct Row {
    fields: Vec<String>,
    weather: String,
}

/// The weather's own columns, as text, by (hour, airport).
type Weather = BTreeMap<(String, String), String>;

/// Columns that are empty until a flight has landed.
const OUTCOME: [&str; 3] = ["dep_time", "dep_delay", "arr_delay"];

/// What became of a flight: of one without a departure only this tells whether it was cancelled or is yet to come.
const STATUS: &str = "status";

impl Flights {
    /// Unpacks them.
    ///
    /// # Errors
    /// When the assets in this build are damaged.
    pub fn unpack() -> anyhow::Result<Self> {
        let (weather_header, weather) = weather()?;
        let text = text(FLIGHTS)?;
        let mut lines = text.lines();
        let columns = lines.next().context("the flights have no header")?;
        let hour = column(columns, "time_hour")?;
        let origin = column(columns, "origin")?;
        let nothing = ",".repeat(weather_header.matches(',').count());
        let mut days: BTreeMap<NaiveDate, Vec<Row>> = BTreeMap::new();
        for line in lines {
            let fields: Vec<String> = line.split(',').map(str::to_owned).collect();
            let day = local_day(&fields[hour])?;
            let key = (fields[hour].clone(), fields[origin].clone());
            let weather = weather.get(&key).cloned().unwrap_or_else(|| nothing.clone());
            days.entry(day).or_default().push(Row { fields, weather });
        }
        Ok(Self { header: format!("{columns},{weather_header},{STATUS}"), days })
    }

    /// What upstream sends on the `n`-th day (1 is 1 January): that day's flights without their outcome, and the day
    /// before's again with it. `None` beyond the end.
    pub fn file(&self, n: u32) -> anyhow::Result<Option<DayFile>> {
        let Some(first) = NaiveDate::from_ymd_opt(2013, 1, 1) else { return Ok(None) };
        let day = first + chrono::Days::new(u64::from(n.saturating_sub(1)));
        let Some(today) = self.days.get(&day) else { return Ok(None) };
        let hidden: Vec<usize> =
            OUTCOME.iter().map(|name| column(&self.header, name)).collect::<anyhow::Result<_>>()?;
        let places = [column(&self.header, "dep_time")?, column(&self.header, "arr_delay")?];
        let became = |row: &Row| match places.map(|at| row.fields.get(at).is_some_and(|field| !field.is_empty())) {
            [false, _] => "cancelled",
            [true, false] => "diverted",
            [true, true] => "flown",
        };
        let mut text = format!("{}\n", self.header);
        for row in day.pred_opt().and_then(|before| self.days.get(&before)).into_iter().flatten() {
            push(&mut text, row, &[], became(row));
        }
        for row in today {
            push(&mut text, row, &hidden, "scheduled");
        }
        Ok(Some(DayFile { name: format!("flights_{day}.csv"), text }))
    }
}

/// A file to land.
pub struct DayFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: String,
}

fn push(text: &mut String, row: &Row, hidden: &[usize], status: &str) {
    for (index, field) in row.fields.iter().enumerate() {
        if !hidden.contains(&index) {
            text.push_str(field);
        }
        text.push(',');
    }
    text.push_str(&row.weather);
    text.push(',');
    text.push_str(status);
    text.push('\n');
}

/// Header of the weather's own columns, and the weather.
fn weather() -> anyhow::Result<(String, Weather)> {
    let text = text(WEATHER)?;
    let mut rows = text.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ',');
        Some(((fields.next()?.to_owned(), fields.next()?.to_owned()), fields.next()?.to_owned()))
    });
    let (_, header) = rows.next().context("the weather has no header")?;
    Ok((header, rows.collect()))
}

fn text(packed: &[u8]) -> anyhow::Result<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed)
        .read_to_string(&mut text)
        .context("the demo's data in this build is damaged")?;
    Ok(text)
}

fn column(header: &str, name: &str) -> anyhow::Result<usize> {
    header.split(',').position(|column| column == name).with_context(|| format!("the data has no column {name}"))
}

fn local_day(hour: &str) -> anyhow::Result<NaiveDate> {
    let instant: crate::domain::Instant = hour.parse().with_context(|| format!("`{hour}` is no instant"))?;
    Ok(instant.with_timezone(&chrono_tz::America::New_York).date_naive())
}

#[cfg(test)]
mod tests {
    use super::{Flights, HISTORY_DAYS, LAST_DAYS};

    #[test]
    fn every_day_has_its_flights_without_and_yesterdays_with_outcome() {
        let flights = Flights::unpack().unwrap();
        let mut rows = 0;
        for n in 1..=HISTORY_DAYS + LAST_DAYS {
            rows += flights.file(n).unwrap().unwrap().text.lines().count() - 1;
        }
        // Every flight twice, but for those of the last day.
        let last = flights.days.values().next_back().unwrap().len();
        assert_eq!(rows, 2 * 80_789 - last);
        assert!(flights.file(HISTORY_DAYS + LAST_DAYS + 1).unwrap().is_none());
        let second = flights.file(2).unwrap().unwrap();
        assert_eq!(second.name, "flights_2013-01-02.csv");
        let (first_day, second_day): (Vec<&str>, Vec<&str>) = {
            let lines: Vec<&str> = second.text.lines().skip(1).collect();
            let n = flights.days.values().next().unwrap().len();
            (lines[..n].to_vec(), lines[n..].to_vec())
        };
        assert!(first_day.iter().filter(|line| !line.split(',').nth(5).unwrap().is_empty()).count() > 800);
        assert!(second_day.iter().all(|line| line.split(',').nth(5).unwrap().is_empty()));
        assert!(second_day.iter().all(|line| line.ends_with(",scheduled")));
        let cancelled = first_day.iter().filter(|line| line.ends_with(",cancelled")).count();
        assert_eq!(cancelled, first_day.iter().filter(|line| line.split(',').nth(2).unwrap().is_empty()).count());
        assert!(cancelled > 0 && cancelled < 20, "{cancelled}");
        assert!(second.text.lines().all(|line| line.matches(',').count() == 18));
    }
}
