//! Rows like those of the demo: thirteen columns, in order of time but for some that come late, some twice, some wrong.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;

use chrono::{DateTime, Duration};
use landfall::domain::plan::{
    Budget, CleanPlan, ColumnPlan, ColumnType, CsvForm, Evolution, FileFormat, Partition, Role,
};

/// Rows of one minute: a month has about a million.
const A_MINUTE: u64 = 23;

const COLUMNS: [(&str, ColumnType, Role); 13] = [
    ("scheduled", ColumnType::Datetime, Role::Time),
    ("carrier", ColumnType::Text, Role::Feature),
    ("flight", ColumnType::Integer, Role::Feature),
    ("tail", ColumnType::Text, Role::Feature),
    ("origin", ColumnType::Text, Role::Feature),
    ("destination", ColumnType::Text, Role::Feature),
    ("distance", ColumnType::Integer, Role::Feature),
    ("temperature", ColumnType::Float, Role::Feature),
    ("wind", ColumnType::Float, Role::Feature),
    ("visibility", ColumnType::Float, Role::Feature),
    ("status", ColumnType::Text, Role::Feature),
    ("air_time", ColumnType::Integer, Role::Never),
    ("delay", ColumnType::Float, Role::Target),
];

/// How such rows are cleaned.
pub fn plan() -> CleanPlan {
    let column = |(name, ty, role): &(&str, ColumnType, Role)| -> ColumnPlan {
        serde_json::from_value(serde_json::json!({
            "name": name, "source": name, "ty": ty, "role": role,
            "min": (*name == "distance").then_some(0.0), "max": null, "allowed": null, "on_invalid": "reject",
            "impute": "leave", "optional": false, "expression": null, "format": null,
            "in_key": (["scheduled", "carrier", "flight"].contains(name)),
        }))
        .unwrap()
    };
    CleanPlan {
        format: FileFormat::Csv(CsvForm::default()),
        columns: COLUMNS.iter().map(column).collect(),
        max_reject_ratio: 0.05,
        warn_reject_ratio: 0.01,
        partition: Partition::Month,
        budget: Budget::default(),
        evolution: Evolution::Freeze,
    }
}

/// Writes about `bytes` of them; says how many rows it were.
pub fn write(path: &Path, bytes: u64) -> u64 {
    let mut file = BufWriter::with_capacity(1 << 20, std::fs::File::create(path).unwrap());
    let names: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    writeln!(file, "{}", names.join(",")).unwrap();
    let (mut line, mut written, mut n) = (String::new(), 0, 0_u64);
    while written < bytes {
        line.clear();
        row(&mut line, n);
        file.write_all(line.as_bytes()).unwrap();
        written += line.len() as u64;
        n += 1;
    }
    file.into_inner().unwrap().sync_all().unwrap();
    n
}

fn row(line: &mut String, n: u64) {
    // Every 500th row is the one before once more, with another outcome.
    let of = if n % 500 == 499 { n - 1 } else { n };
    let late = if of % 97 == 0 { i64::try_from(of % 86_400).unwrap() } else { 0 };
    let minute = i64::try_from(of / A_MINUTE).unwrap() - late;
    let time = DateTime::from_timestamp(1_262_304_000, 0).unwrap() + Duration::minutes(minute);
    // Numbers that look like chance and are not: a multiplicative hash.
    let chance = |salt: u64| (of ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
    let pick = |from: &[&'static str], salt| from[usize::try_from(chance(salt) % from.len() as u64).unwrap()];
    let carrier = pick(&["UA", "B6", "EV", "DL", "AA", "MQ", "US", "9E", "WN"], 1);
    let flight = of % A_MINUTE * 200 + chance(2) % 200;
    let origin = pick(&["EWR", "JFK", "LGA"], 3);
    let to = pick(&["ORD", "ATL", "LAX", "BOS", "MCO", "CLT", "SFO", "FLL", "MIA", "DCA", "DTW", "DFW"], 4);
    let distance = if n % 2_000 == 77 { "far".to_owned() } else { (90 + chance(5) % 2_500).to_string() };
    let tenth = |salt, most: u64| chance(salt) as f64 % most as f64 / 10.0;
    write!(
        line,
        "{},{carrier},{flight},N{}{carrier},{origin},{to},{distance},{:.1},{:.5},{:.1},{}",
        time.format("%Y-%m-%dT%H:%M:00Z"),
        100 + chance(6) % 900,
        tenth(7, 900),
        tenth(8, 400) * 1.150_78,
        tenth(9, 100),
        pick(&["departed", "departed", "departed", "departed", "cancelled"], 10),
    )
    .unwrap();
    match chance(11) % 40 {
        0 => line.push_str(",,\n"),
        _ => writeln!(line, ",{},{:.1}", 20 + chance(12) % 400, n as f64 % 180.0 - 20.0).unwrap(),
    }
}
