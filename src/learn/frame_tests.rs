use polars::prelude::{DataFrame, DataType, NamedFrom, Series, TimeUnit};

use super::*;
use crate::learn::place::table_bytes;
use crate::learn::samples::feature;

fn table(times: &[i64], late: &[Option<bool>], carrier: &[Option<&str>], file: i64) -> DataFrame {
    let lines: Vec<i64> = (1..=times.len() as i64).collect();
    let at = Series::new("at".into(), times).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    DataFrame::new(
        times.len(),
        vec![
            at.into(),
            Series::new("late".into(), late).into(),
            Series::new("carrier".into(), carrier).into(),
            Series::new("_file".into(), vec![file; times.len()]).into(),
            Series::new("_line".into(), lines).into(),
        ],
    )
    .unwrap()
}

fn part(path: &str, rows: u64) -> Part {
    let kind = crate::domain::dataset::DatasetKind::Clean;
    Part {
        kind,
        partition: String::new(),
        path: path.into(),
        rows,
        bytes: 0,
        hash: String::new(),
        from: None,
        to: None,
    }
}

#[test]
fn labelled_rows_of_all_parts_come_in_order_of_time_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open(folder.path().to_str().unwrap()).unwrap();
    let mut late = table(&[20, 10, 10], &[Some(true), None, Some(false)], &[Some("AA"), Some("DL"), None], 2);
    let mut early = table(&[10, 5], &[Some(true), Some(false)], &[Some("B6"), Some("AA")], 1);
    place.write("clean/b.parquet", &table_bytes(&mut late).unwrap()).unwrap();
    place.write("clean/a.parquet", &table_bytes(&mut early).unwrap()).unwrap();
    let features = [feature("carrier", ColumnType::Text)];
    let wanted = Wanted { target: Some("late"), ..Wanted::unlabelled(&features, "at") };
    let parts = [part("clean/b.parquet", 3), part("clean/a.parquet", 2)];
    let frame = read_labelled(&place, &parts, wanted).unwrap();
    assert_eq!(frame.time, [5, 10, 10, 20]);
    assert_eq!(frame.source, [(1, 2), (1, 1), (2, 3), (2, 1)]);
    assert_eq!(frame.target, [0.0, 1.0, 0.0, 1.0]);
    let Column::Category { codes, levels } = &frame.columns[0] else { panic!("carrier is a category") };
    let text: Vec<Option<&str>> = codes.iter().map(|&c| levels.get(c as usize).map(String::as_str)).collect();
    assert_eq!(text, [Some("AA"), Some("B6"), None, Some("AA")]);
}

#[test]
fn dates_and_instants_are_days_and_booleans_are_numbers() {
    let mut table = table(&[DAY / 2, DAY], &[None, None], &[None, None], 1);
    let dates = Series::new("date".into(), [0_i32, 20_000]).cast(&DataType::Date).unwrap();
    table.with_column(dates.into()).unwrap();
    table.with_column(Series::new("yes".into(), [Some(true), None]).into()).unwrap();
    let features =
        [feature("date", ColumnType::Date), feature("at", ColumnType::Datetime), feature("yes", ColumnType::Boolean)];
    let frame = from_table(&table, Wanted::unlabelled(&features, "at")).unwrap();
    assert_eq!(frame.columns[0], Column::Number(vec![0.0, 20_000.0]));
    assert_eq!(frame.columns[1], Column::Number(vec![0.5, 1.0]));
    let Column::Number(yes) = &frame.columns[2] else { panic!("a boolean is a number") };
    assert!(yes[0] == 1.0 && yes[1].is_nan());
    assert!(frame.target.iter().all(|y| y.is_nan()));
}

#[test]
fn a_missing_column_and_a_wrong_type_are_named() {
    let table = table(&[1], &[None], &[Some("AA")], 1);
    let read = |name: &str, ty| {
        let features = [feature(name, ty)];
        from_table(&table, Wanted::unlabelled(&features, "at")).unwrap_err().to_string()
    };
    assert!(read("tailnum", ColumnType::Text).contains("\"tailnum\" is missing (there are at, late, carrier"));
    assert!(read("carrier", ColumnType::Date).contains("\"carrier\""));
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open(folder.path().to_str().unwrap()).unwrap();
    let features = [feature("x", ColumnType::Float)];
    let wanted = Wanted::unlabelled(&features, "at");
    let error = read_labelled(&place, &[part("clean/none.parquet", 1)], wanted).unwrap_err();
    assert!(matches!(&error, LearnError::Lake(text) if text.contains("clean/none.parquet")), "{error}");
}

#[test]
fn a_path_out_of_the_lake_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::open(folder.path().to_str().unwrap()).unwrap();
    assert!(place.read("../secret").is_err());
    assert!(place.write("/etc/x", b"").is_err());
    assert!(Place::open("lake").is_err());
}

#[test]
fn dropping_the_past_drops_it_from_every_column() {
    let mut frame = crate::learn::samples::frame(4, 10, 1);
    frame.drop_before(DAY);
    assert_eq!(frame.len(), 30);
    assert!(frame.time.iter().all(|&t| t >= DAY));
    for column in &frame.columns {
        match column {
            Column::Number(values) => assert_eq!(values.len(), 30),
            Column::Category { codes, .. } => assert_eq!(codes.len(), 30),
        }
    }
}
