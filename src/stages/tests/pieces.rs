//! What comes out of cleaning is the same bytes, whatever the size of the pieces in which it is done.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use polars::io::avro::AvroWriter;
use polars::prelude::{DataFrame, IpcWriter, NamedFrom, ParquetWriter, SerWriter, Series};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;
use crate::domain::expr::{BinaryOp, Expr, Literal};
use crate::stages::clean::{Pieces, run_in};

const SMALL: [Pieces; 2] = [
    // A few records at a time, and on disk at once.
    Pieces { block: 150, memory: 1 },
    Pieces { block: 500, memory: 6_000 },
];

/// `at`, `id`, `x`; a text that is never null, and a column that refuses some rows.
fn wide(format: FileFormat, time_in_key: bool) -> CleanPlan {
    let mut plan = CleanPlan { format, max_reject_ratio: 0.9, ..plan() };
    plan.columns[0].in_key = time_in_key;
    let mut note = column("note", ColumnType::Text, Role::Feature);
    note.impute = Impute::Constant(Literal::Text("none".to_owned()));
    note.optional = true;
    let mut double = column("double", ColumnType::Integer, Role::Feature);
    double.expression = Some(Expr::Binary {
        op: BinaryOp::Multiply,
        left: Box::new(Expr::Column("x".to_owned())),
        right: Box::new(Expr::Literal(Literal::Integer(2))),
    });
    double.max = Some(150.0);
    plan.columns.extend([note, double]);
    plan
}

/// (day of the year, id, x, note) of a row; some come several times, and some cannot be used.
type Row = (u32, u32, i64, String);

fn at(day: u32) -> String {
    format!("2013-{:02}-{:02}T05:00:00Z", day / 28 % 12 + 1, day % 28 + 1)
}

fn rows(count: u32, shift: u32) -> Vec<Row> {
    let note = |n: u32| match n % 7 {
        0 => String::new(),
        1 => "two\nlines, \"quoted\"".to_owned(),
        n => "long enough to lie outside of the view of a text".repeat(n as usize / 3),
    };
    (0..count).map(|n| ((n * 37 + shift) % 84, n * 13 % 40, i64::from((n + shift) % 90), note(n))).collect()
}

fn csv(rows: &[Row]) -> Vec<u8> {
    let line = |(n, (day, id, x, note)): (usize, &Row)| match n % 11 {
        3 => "too,few\n".to_owned(),
        5 => format!("{},{id},many,\n", at(*day)),
        8 => "\n".to_owned(),
        _ => format!("{},k{id},{x},\"{}\"\r\n", at(*day), note.replace('"', "\"\"")),
    };
    ("at,id,x,note\n".to_owned() + &rows.iter().enumerate().map(line).collect::<String>()).into_bytes()
}

fn objects(rows: &[Row]) -> Vec<String> {
    let object = |(n, (day, id, x, note)): (usize, &Row)| match n % 11 {
        5 => serde_json::json!({"at": at(*day), "id": format!("k{id}"), "x": "many"}).to_string(),
        8 => serde_json::json!({"id": format!("k{id}"), "further": n}).to_string(),
        _ => serde_json::json!({"at": at(*day), "id": format!("k{id}"), "x": x, "note": note}).to_string(),
    };
    rows.iter().enumerate().map(object).collect()
}

fn lines(rows: &[Row]) -> Vec<u8> {
    (objects(rows).join("\n") + "\n{\"at\":\n").into_bytes()
}

fn array(rows: &[Row]) -> Vec<u8> {
    format!("[{}, 17]", objects(rows).join(",\n ")).into_bytes()
}

fn frame(rows: &[Row]) -> DataFrame {
    let column = |name: &str, of: &dyn Fn(&Row) -> String| -> Series {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>())
    };
    let xs: Vec<i64> = rows.iter().map(|row| row.2).collect();
    let columns = vec![
        column("at", &|row| if row.1 == 3 { "never".to_owned() } else { at(row.0) }).into(),
        column("id", &|row| format!("k{}", row.1)).into(),
        Series::new("x".into(), xs).into(),
        column("note", &|row| row.3.clone()).into(),
    ];
    DataFrame::new(rows.len(), columns).unwrap()
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes
}

/// The rows in every form there is.
fn every_form(rows: &[Row]) -> Vec<(FileFormat, Vec<u8>)> {
    let separated = || FileFormat::Csv(CsvForm { nulls: vec!["NA".to_owned()], ..CsvForm::default() });
    let auto = || FileFormat::Auto(CsvForm::default());
    let parquet = written(|bytes| {
        ParquetWriter::new(bytes).with_row_group_size(Some(20)).finish(&mut frame(rows)).unwrap();
    });
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in [("a.csv", csv(rows)), ("b.json", array(rows)), ("c.parquet", parquet.clone())] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    vec![
        (separated(), csv(rows)),
        (auto(), gzip(&csv(rows))),
        (FileFormat::Json, lines(rows)),
        (FileFormat::Json, array(rows)),
        (FileFormat::Parquet, parquet.clone()),
        (auto(), gzip(&parquet)),
        (FileFormat::Arrow, written(|bytes| IpcWriter::new(bytes).finish(&mut frame(rows)).unwrap())),
        (FileFormat::Avro, written(|bytes| AvroWriter::new(bytes).finish(&mut frame(rows)).unwrap())),
        (auto(), zip.finish().unwrap().into_inner()),
    ]
}

/// How a job ends in pieces, and everything it says: of what it stages, size and hash of the bytes.
fn told(job: &Job, pieces: Pieces) -> (Result<String, String>, Vec<String>) {
    let Work::Clean(work) = &job.work else { panic!("a clean job") };
    let sink = Sink::default();
    let events = Events::with_interval(sink.clone(), Duration::from_secs(3600));
    let result = run_in(pieces, job, work, &events).map_err(|error| error.message());
    let said = sink.events().into_iter().filter(|event| !matches!(event, WorkerEvent::Progress { .. }));
    let mut said: Vec<String> = said.map(|event| format!("{event:?}")).collect();
    // Headers are told when they are read, by whichever thread.
    said.sort();
    (result, said)
}

#[test]
fn every_form_gives_the_same_bytes_in_pieces_of_any_size() {
    for time_in_key in [true, false] {
        for (format, bytes) in every_form(&rows(50, 0)) {
            let plan = wide(format.clone(), time_in_key);
            let mut place = Place::new();
            let earlier = every_form(&rows(20, 5)).into_iter().find(|(of, _)| *of == format).unwrap().1;
            let old = [place.land(1, "old", earlier)];
            place.take(&plan, &old);
            let files = [place.land(2, "new", &bytes), place.land(3, "again", &bytes), place.land(4, "bad", "at\n")];
            let job = place.clean_job(&plan, &files);
            let whole = told(&job, Pieces::default());
            assert!(whole.0.is_ok(), "{format:?}: {:?}", whole.0);
            assert!(whole.1.iter().any(|event| event.contains("Rejects")), "{format:?}");
            assert!(whole.1.iter().any(|event| event.starts_with("Quarantine")), "{format:?}");
            for pieces in SMALL {
                assert_eq!(told(&job, pieces), whole, "{format:?} in {pieces:?}");
            }
        }
    }
}

#[test]
fn partitions_that_only_lose_the_rows_of_a_file_are_written_in_pieces_of_any_size() {
    for time_in_key in [true, false] {
        let mut place = Place::new();
        let plan = wide(FileFormat::Csv(CsvForm::default()), time_in_key);
        let of =
            |days: std::ops::Range<u32>| csv(&days.map(|day| (day, day, 1, "note".to_owned())).collect::<Vec<_>>());
        let files = [place.land(1, "a", of(0..60)), place.land(2, "b", of(20..40))];
        place.take(&plan, &files);
        // The first file is run again, with other days by now.
        let files = [place.land(1, "a", of(56..84))];
        let job = place.clean_job(&plan, &files);
        let whole = told(&job, Pieces::default());
        assert!(whole.0.as_ref().is_ok_and(|summary| summary.ends_with("3 partitions written")), "{:?}", whole.0);
        for pieces in SMALL {
            assert_eq!(told(&job, pieces), whole, "{pieces:?}");
        }
    }
}

#[test]
fn a_file_that_is_refused_at_its_end_leaves_nothing_in_the_batch() {
    let mut place = Place::new();
    let plan = wide(FileFormat::Csv(CsvForm::default()), true);
    let mut unclosed = csv(&rows(80, 3));
    unclosed.extend(b"2013-01-01,z,1,\"open\n");
    let mut promised = place.land(2, "promised", csv(&rows(50, 0)));
    promised.promised = Some(7);
    let files = [place.land(1, "unclosed", unclosed), promised, place.land(3, "good", csv(&rows(20, 0)))];
    let job = place.clean_job(&plan, &files);
    let whole = told(&job, Pieces::default());
    assert!(whole.0.as_ref().is_ok_and(|summary| summary.starts_with("18 rows, ")), "{:?}", whole.0);
    for pieces in SMALL {
        assert_eq!(told(&job, pieces), whole, "{pieces:?}");
    }
}

#[test]
fn a_batch_that_is_rejected_is_so_in_pieces_too_and_stages_nothing() {
    let mut place = Place::new();
    let plan = CleanPlan { max_reject_ratio: 0.01, ..wide(FileFormat::Csv(CsvForm::default()), true) };
    let files = [place.land(1, "new", csv(&rows(150, 0)))];
    let job = place.clean_job(&plan, &files);
    let whole = told(&job, Pieces::default());
    assert!(whole.0.as_ref().is_err_and(|error| error.contains("rows rejected")), "{:?}", whole.0);
    assert!(!whole.1.iter().any(|event| event.contains("Artifact")));
    for pieces in SMALL {
        assert_eq!(told(&job, pieces), whole, "{pieces:?}");
        assert!(wait(place.lake().list(&job.staging)).unwrap().is_empty(), "{pieces:?}");
    }
}

#[test]
fn rows_that_are_all_rejected_are_a_history_without_rows() {
    let mut place = Place::new();
    let plan = CleanPlan { max_reject_ratio: 1.0, ..wide(FileFormat::Csv(CsvForm::default()), false) };
    let files = [place.land(1, "new", "at,id,x,note\nnever,a,1,\nnever,b,2,\n")];
    let job = place.clean_job(&plan, &files);
    let whole = told(&job, Pieces::default());
    assert_eq!(whole.0.as_deref(), Ok("2 rows, 2 rejected, 0 partitions written"));
    for pieces in SMALL {
        assert_eq!(told(&job, pieces), whole, "{pieces:?}");
    }
}

#[test]
fn a_record_beyond_its_budget_refuses_the_file_in_pieces_of_any_size() {
    let mut place = Place::new();
    let mut plan = wide(FileFormat::Csv(CsvForm::default()), true);
    plan.budget.record = 100;
    let files = [place.land(1, "long", format!("at,id,x,note\n2013-01-01,a,1,{}\n", "x".repeat(3_000_000)))];
    let job = place.clean_job(&plan, &files);
    for pieces in SMALL.into_iter().chain([Pieces::default()]) {
        let (result, _) = told(&job, pieces);
        assert!(result.is_err_and(|error| error.contains("longer than the 100 B that one may have")), "{pieces:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn any_text_in_pieces_of_any_size_is_the_same_history(
        cells in proptest::collection::vec("(2013-0[1-4]-0[1-3]|[a-c1\",\n\r]{0,5})", 1..60),
        block in 1..200_usize, memory in 1..4_000_usize, time_in_key: bool,
    ) {
        let mut place = Place::new();
        let plan = CleanPlan { max_reject_ratio: 1.0, ..wide(FileFormat::Csv(CsvForm::default()), time_in_key) };
        let text: String = cells
            .chunks(2)
            .map(|pair| format!("{},{},1,x\n", pair[0], pair.last().map_or("", String::as_str)))
            .collect();
        let files = [place.land(1, "a", format!("at,id,x,note\n2013-01-01,a,1,\n{text}")),
            place.land(2, "b", format!("at,id,x,note\n2013-01-02,a,2,\n{text}"))];
        let job = place.clean_job(&plan, &files);
        prop_assert_eq!(told(&job, Pieces { block, memory }), told(&job, Pieces::default()));
    }
}
