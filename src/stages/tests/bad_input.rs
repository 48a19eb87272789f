//! What bad input gets: one clear sentence for each file, and the rest of the batch goes on.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use polars::prelude::{DataFrame, NamedFrom, ParquetWriter, Series};

use super::*;

const GOOD: &str = "at,id,x\n2013-01-01T05:00:00Z,a,1\n2013-01-02T05:00:00Z,b,2\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn parquet(rows: usize) -> Vec<u8> {
    let times: Vec<String> = (0..rows).map(|row| format!("2013-01-{:02}T05:00:00+01:00", row % 28 + 1)).collect();
    let ids: Vec<String> = (0..rows).map(|row| format!("row {row}")).collect();
    let xs: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    let columns = vec![
        Series::new("at".into(), times).into(),
        Series::new("id".into(), ids).into(),
        Series::new("x".into(), xs).into(),
    ];
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut DataFrame::new(rows, columns).unwrap()).unwrap();
    bytes
}

/// The reason with which `bytes` are quarantined beside a good file, which must still be taken.
fn reason(plan: &CleanPlan, bytes: &[u8], good: &[u8]) -> String {
    let mut place = Place::new();
    let files = [place.land(7, "bad", bytes), place.land(8, "good", good)];
    let outcome = place.take(plan, &files);
    assert_eq!(outcome.rows().iter().map(|(file, ..)| *file).collect::<Vec<_>>(), [8]);
    assert!(!place.history().is_empty());
    let quarantined = outcome.quarantined();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].0, 7);
    quarantined[0].1.to_owned()
}

#[test]
fn each_unusable_csv_file_is_quarantined_with_its_reason() {
    let reason = |bytes: &[u8]| reason(&plan(), bytes, GOOD.as_bytes());
    assert_eq!(reason(b""), "the file is empty (0 bytes)");
    assert_eq!(reason(b"at,id,x\n"), "the file has a header and no rows");
    assert_eq!(reason(b"\n1,2,3\n"), "the first line is blank, where the header should be");
    assert_eq!(
        reason(b"at,ident,x\n2013-01-01,a,1\n"),
        "the file has another schema: `id` is missing; `ident` is not in the plan; did `ident` take the \
         place of `id`?"
    );
    assert_eq!(
        reason(b"At,id,x2\n2013-01-01,a,1\n"),
        "the file has another schema: `at`, `x` are missing; `At`, `x2` are not in the plan; did `At` take the place \
         of `at`?; did `x2` take the place of `x`?"
    );
    assert!(reason(b"at;id;x\n2013-01-01;a;1\n").ends_with("is the delimiter ';'?"));
    assert_eq!(reason(b"at,id,x,x\n"), "the header names `x` twice");
    assert_eq!(reason(b"at,id,x\n2013-01-01,\xff,1\n"), "the file is not UTF-8 text: line 2, byte 20");
    assert_eq!(
        reason(b"at,id,x\n2013-01-01,a,1\n\0\0\0\0"),
        "the file holds NUL bytes from byte 24 on: not a text file"
    );
    assert_eq!(reason(b"at,id,x\n2013-01-01,\"a,1\n2013-01-01,b,1\n"), "a quote opened in record 1 is never closed");
    assert_eq!(reason(b"at,id,x\n1\n2\n2013-01-01,a,1\n"), "2 of 3 records do not have the 3 fields of the header");
}

#[test]
fn a_truncated_or_damaged_gzip_is_quarantined_and_a_whole_one_is_read() {
    let whole = gzip(GOOD.as_bytes());
    let reason = |bytes: &[u8]| reason(&plan(), bytes, &whole);
    let cut = &whole[..whole.len() - 12];
    assert!(reason(cut).starts_with("the gzip file is truncated: it ends within its data"), "{}", reason(cut));
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    damaged[middle + 1] ^= 0xff;
    assert!(reason(&damaged).starts_with("the gzip file is"), "{}", reason(&damaged));
}

#[test]
fn a_truncated_or_corrupt_parquet_is_quarantined_and_a_whole_one_is_read() {
    let plan = CleanPlan { format: FileFormat::Parquet, ..plan() };
    let whole = parquet(500);
    let reason = |bytes: &[u8]| reason(&plan, bytes, &whole);
    assert!(reason(&whole[..300]).starts_with("the Parquet file is truncated: its footer is missing"));
    assert_eq!(reason(GOOD.as_bytes()), "the file is not Parquet: it does not begin with `PAR1`");
    let mut corrupt = whole.clone();
    let length = corrupt.len();
    corrupt[4..length - 8].fill(0xab);
    assert!(reason(&corrupt).contains("damaged"), "{}", reason(&corrupt));
    assert_eq!(reason(&parquet(0)), "the file has a schema and no rows");
}

#[test]
fn a_file_that_cannot_be_read_is_quarantined() {
    let mut place = Place::new();
    let mut unreadable = place.land(1, "folder.csv", "x");
    std::fs::remove_file(&unreadable.path).unwrap();
    std::fs::create_dir(&unreadable.path).unwrap();
    unreadable.token = token::of(unreadable.path.as_ref()).unwrap().0;
    let good = place.land(2, "good.csv", GOOD);
    let outcome = place.take(&plan(), &[unreadable, good]);
    assert!(outcome.quarantined()[0].1.starts_with("the file cannot be read: "), "{:?}", outcome.quarantined());
}

#[test]
fn a_file_that_is_not_the_claimed_version_is_left_to_the_ledger() {
    let mut place = Place::new();
    let gone = place.land(1, "gone.csv", GOOD);
    std::fs::remove_file(&gone.path).unwrap();
    let grown = place.land(2, "grown.csv", GOOD);
    std::fs::OpenOptions::new().append(true).open(&grown.path).unwrap().write_all(b"2013-01-03,c,3\n").unwrap();
    let good = place.land(3, "good.csv", GOOD);
    let outcome = place.take(&plan(), &[gone, grown, good]);
    let changed = [(1, "it has vanished from the landing"), (2, "it was changed before it was read")];
    assert_eq!(outcome.changed(), changed);
    assert!(outcome.quarantined().is_empty());
}

#[test]
fn a_batch_without_a_usable_file_fails_in_one_sentence() {
    let mut place = Place::new();
    let files = [place.land(1, "a.csv", ""), place.land(2, "b.csv", "at,id,x\n")];
    let outcome = place.clean(&plan(), &files);
    let expected = "no usable file in the batch: a.csv: the file is empty (0 bytes) (and 1 more, see the log)";
    assert_eq!(outcome.error(), expected);
    assert_eq!(outcome.quarantined().len(), 2);
    assert!(!outcome.result.unwrap_err().retry());
}

#[test]
fn rejected_rows_are_kept_with_file_record_column_value_and_reason() {
    let mut place = Place::new();
    let mut plan = plan();
    plan.columns[2].max = Some(100.0);
    plan.columns[1].allowed = Some(vec!["b".to_owned(), "a".to_owned()]);
    let text = "at,id,x\n2013-01-01,a,1\nyesterday,a,1\n2013-01-03,c,101\n2013-01-04,a\n\"2013-01-05\"z,a,1\n,a,5\n\
                2013-01-06,b,NA\n2013-01-07,a,7\n2013-01-08,b,8\n2013-01-09,a,9\n2013-01-10,b,10\n";
    plan.columns[1].role = Role::Feature;
    let files = [place.land(5, "f.csv", text)];
    let outcome = place.take(&plan, &files);
    assert_eq!(
        place.committed(&outcome, DatasetKind::Rejects),
        [
            "f.csv|5|3|2|at|yesterday|not a date and time|1",
            "f.csv|5|4|3|id|c|not one of b, a|1",
            "f.csv|5|4|3|x|101|above the maximum 100|1",
            "f.csv|5|5|4||2013-01-04,a|2 fields where the header has 3|1",
            "f.csv|5|6|5||\"2013-01-05\"z,a,1|text after the closing quote of a field|1",
            "f.csv|5|7|6|at||no event time|1",
        ]
    );
    assert_eq!(outcome.rows(), [(5, 11, 5)]);
    assert_eq!(place.history().len(), 6);
    assert_eq!(outcome.metric("rejected"), 5.0);
    let rejects = outcome.artifacts().into_iter().find(|a| a.part.kind == DatasetKind::Rejects).unwrap();
    assert_eq!(rejects.part.path, "rejects/p/2013-03-01/run-1.parquet");
}

#[test]
fn ten_thousand_bad_rows_fail_the_batch_with_the_most_frequent_reasons() {
    let mut place = Place::new();
    let mut text = String::from("at,id,x\n2013-01-01,a,1\n");
    (0..10_000).for_each(|row| text.push_str(if row % 10 == 0 { "never,b,2\n" } else { "2013-01-01,b,?\n" }));
    let files = [place.land(1, "f.csv", text)];
    let outcome = place.clean(&plan(), &files);
    assert_eq!(
        outcome.error(),
        "10000 of 10001 rows rejected (100.0 %, limit 50.0 %): x: not an integer (9000); at: not a date and time \
         (1000); mend the files, or the columns in the pipeline, and rerun"
    );
    assert!(outcome.artifacts().is_empty());
    let tolerant = CleanPlan { max_reject_ratio: 1.0, ..plan() };
    let outcome = place.take(&tolerant, &files);
    assert_eq!(place.committed(&outcome, DatasetKind::Rejects).len(), 10_000);
    assert_eq!(place.history(), ["2013-01-01 00:00:00|a|1|1|1"]);
}

#[test]
fn a_batch_of_one_row_and_a_batch_of_only_rejected_rows_are_batches() {
    let mut place = Place::new();
    let plan = CleanPlan { max_reject_ratio: 1.0, ..plan() };
    let one = [place.land(1, "one.csv", "at,id,x\n2013-01-01,a,1")];
    assert_eq!(place.take(&plan, &one).result.unwrap(), "1 row, 0 rejected, 1 partition written");
    let none = [place.land(2, "none.csv", "at,id,x\nx,a,1\n")];
    let outcome = place.take(&plan, &none);
    assert_eq!(
        outcome.artifacts().iter().map(|a| a.part.kind).collect::<Vec<_>>(),
        [DatasetKind::Rejects, DatasetKind::Batch]
    );
    assert_eq!(place.history().len(), 1);
}
