//! Questions over real files, answered in this process.

use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, ParquetReader, ParquetWriter, SerReader};
use proptest::prelude::*;

use super::{Answer, Job, Shape, Table, Want, answer, conditions};
use crate::domain::location::Location;

/// Two parts of which the second has a column more.
fn parts(folder: &Path) -> Vec<PathBuf> {
    let write = |name: &str, columns: Vec<Column>| {
        let path = folder.join(name);
        let mut frame = DataFrame::new(columns[0].len(), columns).unwrap();
        ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut frame).unwrap();
        path
    };
    let carrier = |values: &[Option<&str>]| Column::new("carrier".into(), values);
    let delay = |values: &[Option<f64>]| Column::new("Dep Delay".into(), values);
    let first = vec![carrier(&[Some("UA"), Some("DL"), None]), delay(&[Some(20.0), Some(-3.0), Some(1.5)])];
    let second = vec![
        carrier(&[Some("UA"), Some("o'\"B6")]),
        delay(&[Some(16.0), None]),
        Column::new("gate".into(), [7_i64, 8]),
    ];
    vec![write("a[1].parquet", first), write("b.parquet", second)]
}

fn job(folder: &Path, want: Want) -> Job {
    let table = Table { name: "flights".into(), files: parts(folder) };
    Job {
        lake: Location::default(),
        tables: vec![table],
        sql: String::new(),
        conditions: String::new(),
        sort: Vec::new(),
        want,
    }
}

fn rows(job: &Job) -> Result<DataFrame, String> {
    let Answer::Rows(path, count) = answer(job)? else { panic!("no rows") };
    let frame = ParquetReader::new(std::fs::File::open(path).unwrap()).finish().unwrap();
    assert_eq!(frame.height() as u64, count);
    Ok(frame)
}

fn texts(frame: &DataFrame, column: &str) -> Vec<String> {
    (0..frame.height()).map(|row| frame.column(column).unwrap().get(row).unwrap().to_string()).collect()
}

#[test]
fn conditions_leave_the_rows_for_which_they_hold_and_sorting_puts_them_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("found.parquet");
    let asked = |conditions: &str| {
        let sort = vec![("Dep Delay".into(), true)];
        rows(&Job { conditions: conditions.into(), sort, ..job(folder.path(), Want::Rows(to.clone())) })
    };
    let late = asked("\"dep delay\" > 15 and carrier = \"UA\"").unwrap();
    assert_eq!(texts(&late, "Dep Delay"), ["20.0", "16.0"]);
    assert_eq!(texts(&late, "gate"), ["null", "7"], "a column that a part lacks has no values there");
    assert_eq!(asked("").unwrap().height(), 5);
    assert_eq!(asked("b6").unwrap().height(), 1, "a word alone is looked for in every text");
    assert_eq!(asked("carrier ~ u").unwrap().height(), 2);
    assert_eq!(asked("carrier == 'o''\"B6'").unwrap().height(), 1);
    assert_eq!(asked("gate is null && carrier IS NULL").unwrap().height(), 1);
    assert!(asked("carier = 'UA'").unwrap_err().contains("no column carier: did you mean carrier?"));
    assert!(asked("carrier = 'UA").unwrap_err().contains("not closed"));
    assert!(!asked("gate > ").unwrap_err().is_empty());
}

#[test]
fn sql_asks_every_table_by_its_name_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let asked = |sql: &str| {
        let to = folder.path().join("found.parquet");
        rows(&Job { sql: sql.into(), ..job(folder.path(), Want::Rows(to)) })
    };
    let by = "SELECT carrier, count(*) AS n FROM data GROUP BY carrier ORDER BY n DESC, carrier NULLS LAST LIMIT 1";
    assert_eq!(texts(&asked(by).unwrap(), "n"), ["2"]);
    assert_eq!(asked("select d.gate from data d join flights f on d.gate = f.gate").unwrap().height(), 2);
    assert!(asked("DROP TABLE data").unwrap_err().contains("begin with SELECT"));
    assert!(asked("SELECT nothing FROM data").unwrap_err().contains("nothing"));
}

#[test]
fn a_column_is_told_by_its_figures_or_by_its_most_frequent_words() {
    let folder = tempfile::tempdir().unwrap();
    let of = |column: &str| answer(&job(folder.path(), Want::Summary(column.into())));
    let Ok(Answer::Summary(delay)) = of("Dep Delay") else { panic!("no summary") };
    assert_eq!((delay.rows, delay.nulls, delay.distinct), (5, 1, 5));
    let Shape::Spread { quantiles, moments, histogram, odd } = delay.shape else { panic!("no spread") };
    assert_eq!((quantiles[0].as_str(), quantiles[6].as_str(), odd), ("-3", "20", 0));
    let (mean, deviation) = moments.unwrap();
    assert!((mean - 8.625).abs() < 1e-12 && (deviation - 11.100_863_329_789_565).abs() < 1e-9, "{mean} {deviation}");
    assert_eq!(histogram.iter().sum::<u64>(), 4);
    let Ok(Answer::Summary(carrier)) = of("carrier") else { panic!("no summary") };
    let Shape::Values(values) = carrier.shape else { panic!("no values") };
    assert_eq!(values[0], ("UA".to_owned(), 2));
    assert!(of("nowhere").is_err());
}

#[test]
fn groups_count_rows_and_take_means() {
    let folder = tempfile::tempdir().unwrap();
    let of = |mean: Option<&str>| {
        answer(&job(folder.path(), Want::Groups { by: "carrier".into(), mean: mean.map(str::to_owned) }))
    };
    let Ok(Answer::Groups(found)) = of(Some("Dep Delay")) else { panic!("no groups") };
    assert_eq!((found.all, &found.groups[0]), (4, &("UA".to_owned(), 2, Some(18.0))));
    assert!(of(Some("carrier")).unwrap_err().contains("no numbers"));
}

#[test]
fn an_export_has_the_form_of_its_ending_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let export = |name: &str, replace| {
        let to = folder.path().join(name);
        answer(&job(folder.path(), Want::Export { to, replace, columns: vec!["gate".into(), "carrier".into()] }))
    };
    for name in ["out.csv", "out.json", "out.jsonl", "out.parquet"] {
        let Ok(Answer::Exported(path, bytes)) = export(name, false) else { panic!("{name}") };
        assert_eq!(std::fs::metadata(path).unwrap().len(), bytes);
    }
    let text = std::fs::read_to_string(folder.path().join("out.csv")).unwrap();
    assert!(text.starts_with("gate,carrier\n,UA\n"), "{text}");
    assert!(export("out.csv", false).unwrap_err().contains("there already"));
    assert!(export("out.csv", true).is_ok());
    assert!(export("out.xls", false).unwrap_err().contains(".parquet"));
    let left = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_str().unwrap().contains(".part."));
    assert_eq!(left.count(), 0, "nothing half is left");
}

#[test]
fn files_as_they_landed_are_tables_too() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("a.csv", "n;day\n3;2013-03-01\n"), ("b.tsv", "n\tday\n3\tx\n"), ("c.jsonl", "{\"n\":3}\n")] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let tables = vec![Table { name: "file".into(), files: vec![file] }];
        let want = Want::Rows(folder.path().join("found.parquet"));
        let found = rows(&Job { tables, conditions: "n > 2".into(), ..job(folder.path(), want) }).unwrap();
        assert_eq!(texts(&found, "n"), ["3"], "{name}");
    }
}

proptest! {
    #[test]
    fn whatever_is_typed_becomes_sql_or_a_sentence(text in "[a-z\"'=<>~&| 0-9.()é\\[-]{0,24}") {
        let schema = polars::prelude::Schema::from_iter([("a".into(), polars::prelude::DataType::String)]);
        match conditions::to_sql(&text, &schema) {
            Ok(sql) => prop_assert!(sql.matches('\'').count().is_multiple_of(2), "{sql}"),
            Err(why) => prop_assert!(!why.is_empty()),
        }
    }
}
