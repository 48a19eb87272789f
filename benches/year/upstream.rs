//! A year of landed files out of the package's two tables: each flight once, with its outcome and its weather.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{DateTime, Utc};

const FLIGHT: [&str; 12] = [
    "time_hour",
    "sched_dep_time",
    "dep_time",
    "dep_delay",
    "sched_arr_time",
    "arr_delay",
    "carrier",
    "flight",
    "tailnum",
    "origin",
    "dest",
    "distance",
];
const WEATHER: [&str; 6] = ["temp", "humid", "wind_speed", "precip", "pressure", "visib"];

/// (name, text) of one file for each local day of departure, in order.
pub fn days(data: &Path) -> Vec<(String, String)> {
    let mut weather: HashMap<(String, String), String> = HashMap::new();
    for row in rows(data, "weather.csv", &["time_hour", "origin"], &WEATHER) {
        let [hour, origin] = &row.0[..] else { panic!("two columns were asked for") };
        weather.insert((hour.clone(), origin.clone()), row.1.iter().map(|number| rounded(number)).collect());
    }
    let mut days: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
    for (fields, _) in rows(data, "flights.csv", &FLIGHT, &[]) {
        let hour: DateTime<Utc> = fields[0].parse().unwrap();
        let day = hour.with_timezone(&chrono_tz::America::New_York).date_naive().to_string();
        let key = (fields[0].clone(), fields[9].clone());
        let nothing = ",".repeat(WEATHER.len());
        let line = format!("{}{}\n", fields.join(","), weather.get(&key).unwrap_or(&nothing));
        days.entry(day).or_default().push((fields[1].parse().unwrap(), line));
    }
    let header = format!("{},{}\n", FLIGHT.join(","), WEATHER.join(","));
    days.into_iter()
        .map(|(day, mut lines)| {
            // The package's order is that of actual departure, which would give the delay away.
            lines.sort_by_key(|(departure, _)| *departure);
            let text = lines.into_iter().fold(header.clone(), |text, (_, line)| text + &line);
            (format!("flights_{day}.csv"), text)
        })
        .collect()
}

/// Writes the files into `folder`.
pub fn land(days: &[(String, String)], folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, text) in days {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

/// The named columns of a table, in two groups; "NA" is empty.
fn rows(data: &Path, file: &str, first: &[&str], second: &[&str]) -> Vec<(Vec<String>, Vec<String>)> {
    let path = data.join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &&str| header.iter().position(|column| column == name).unwrap();
    let (first, second): (Vec<usize>, Vec<usize>) =
        (first.iter().map(place).collect(), second.iter().map(place).collect());
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let pick = |places: &[usize]| -> Vec<String> {
                places.iter().map(|at| if fields[*at] == "NA" { "" } else { fields[*at] }.to_owned()).collect()
            };
            (pick(&first), pick(&second))
        })
        .collect()
}

/// A separator and the number as the demo's files have it.
fn rounded(number: &str) -> String {
    match number.parse::<f64>() {
        Ok(number) => format!(",{:?}", (number * 100.0).round() / 100.0),
        Err(_) => ",".to_owned(),
    }
}
