//! The same three rows in every form, packing and dialect; and what bombs and monsters get.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use polars::io::avro::{AvroCompression, AvroWriter};
use polars::prelude::{DataFrame, IpcCompression, IpcWriter, NamedFrom, ParquetWriter, SerWriter, Series};
use zip::write::SimpleFileOptions;

use super::*;
use crate::domain::plan::system;

const ROWS: [&str; 3] =
    ["2013-01-01 05:00:00|ä|1.5|1|1", "2013-01-02 05:00:00|b, c||1|2", "2013-01-03 05:00:00|\"d\"|-3.25|1|3"];
const CSV: &str =
    "at,id,x\n2013-01-01T05:00:00Z,ä,1.5\n2013-01-02T05:00:00Z,\"b, c\",\n2013-01-03T05:00:00Z,\"\"\"d\"\"\",-3.25\n";
const LINES: &str = "{\"at\":\"2013-01-01T05:00:00Z\",\"id\":\"ä\",\"x\":1.5}\n\n\
                     {\"x\":null,\"id\":\"b, c\",\"at\":\"2013-01-02T05:00:00Z\"}\n\
                     {\"at\":\"2013-01-03T05:00:00Z\",\"id\":\"\\\"d\\\"\",\"x\":-3.25}";

fn in_form(format: FileFormat) -> CleanPlan {
    let mut plan = CleanPlan { format, ..plan() };
    plan.columns[2].ty = ColumnType::Float;
    plan
}

fn csv(form: CsvForm) -> CleanPlan {
    in_form(FileFormat::Csv(form))
}

fn auto() -> CleanPlan {
    in_form(FileFormat::Auto(CsvForm::default()))
}

fn taken(plan: &CleanPlan, bytes: impl AsRef<[u8]>) -> Vec<String> {
    let mut place = Place::new();
    let files = [place.land(1, "file", bytes)];
    let outcome = place.take(plan, &files);
    outcome.result.unwrap();
    place.history()
}

/// The reason with which a file is quarantined.
fn refused(plan: &CleanPlan, bytes: impl AsRef<[u8]>) -> String {
    let mut place = Place::new();
    let files = [place.land(1, "file", bytes)];
    let outcome = place.clean(plan, &files);
    assert!(outcome.result.is_err() && outcome.artifacts().is_empty());
    outcome.quarantined()[0].1.to_owned()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zipped(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn table() -> DataFrame {
    let at = ["2013-01-01T05:00:00Z", "2013-01-02T05:00:00Z", "2013-01-03T05:00:00Z"];
    let columns = vec![
        Series::new("at".into(), at).into(),
        Series::new("extra".into(), [7_i64, 8, 9]).into(),
        Series::new("id".into(), ["ä", "b, c", "\"d\""]).into(),
        Series::new("x".into(), [Some(1.5), None, Some(-3.25)]).into(),
    ];
    DataFrame::new(3, columns).unwrap()
}

fn columnar() -> [(FileFormat, Vec<u8>); 3] {
    let (mut parquet, mut arrow, mut avro) = (Vec::new(), Vec::new(), Vec::new());
    ParquetWriter::new(&mut parquet).finish(&mut table()).unwrap();
    IpcWriter::new(&mut arrow).finish(&mut table()).unwrap();
    AvroWriter::new(&mut avro).finish(&mut table()).unwrap();
    [(FileFormat::Parquet, parquet), (FileFormat::Arrow, arrow), (FileFormat::Avro, avro)]
}

fn array() -> String {
    format!("[{}]", LINES.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(",\n "))
}

#[test]
fn every_form_gives_the_same_rows_named_or_guessed() {
    assert_eq!(taken(&auto(), CSV), ROWS);
    for text in [LINES.to_owned(), array(), format!("\u{feff}{}", array())] {
        assert_eq!(taken(&in_form(FileFormat::Json), &text), ROWS, "{text}");
        assert_eq!(taken(&auto(), &text), ROWS, "{text}");
    }
    for (format, bytes) in columnar() {
        assert_eq!(taken(&in_form(format.clone()), &bytes), ROWS, "{format:?}");
        assert_eq!(taken(&auto(), &bytes), ROWS, "{format:?}");
    }
}

#[test]
fn every_packing_of_every_form_gives_the_same_rows() {
    let plain =
        columnar().map(|(_, bytes)| bytes).into_iter().chain([CSV, LINES, &array()].map(|t| t.as_bytes().to_vec()));
    for bytes in plain {
        for packed in [gzip(&bytes), zstd::encode_all(&bytes[..], 3).unwrap(), zipped(&[("a", &bytes)])] {
            assert_eq!(taken(&auto(), packed), ROWS);
        }
    }
}

#[test]
fn members_of_a_zip_are_one_file_whose_records_are_counted_on() {
    let (first, second) = (b"at,id,x\n2013-01-01,a,1\n2013-01-02,b,2\n", b"id,at,x\nc,2013-01-03,?\nd,2013-01-04,4\n");
    let members: [(&str, &[u8]); 5] =
        [("one.csv", first), ("folder/two.csv", second), ("empty.csv", b""), (".hidden", b"\0"), ("__MACOSX/x", b"?")];
    let mut place = Place::new();
    let files = [place.land(3, "both.zip", zipped(&members))];
    let outcome = place.take(&csv(CsvForm::default()), &files);
    assert_eq!(outcome.rows(), [(3, 4, 1)]);
    assert_eq!(
        place.history(),
        ["2013-01-01 00:00:00|a|1.0|3|1", "2013-01-02 00:00:00|b|2.0|3|2", "2013-01-04 00:00:00|d|4.0|3|4"]
    );
    let rejects = place.committed(&outcome, DatasetKind::Rejects);
    assert_eq!(rejects, ["both.zip/folder/two.csv|3|2|3|x|?|not a number|1"]);
    let bad = zipped(&[("good.csv", first), ("../bad\x1b.csv", b"a\n1\n")]);
    assert!(refused(&csv(CsvForm::default()), bad).starts_with("member ../bad\u{1b}.csv: the file has another schema"));
    assert_eq!(refused(&csv(CsvForm::default()), zipped(&[])), "the zip file holds nothing");
    assert!(refused(&csv(CsvForm::default()), &zipped(&members)[..60]).starts_with("the zip file is damaged"));
}

#[test]
fn dialects_and_encodings_of_separated_values() {
    let form = |encoding: &str| CsvForm { encoding: Some(encoding.to_owned()), ..CsvForm::default() };
    assert_eq!(taken(&csv(CsvForm::default()), format!("\u{feff}{CSV}")), ROWS);
    for big in [false, true] {
        // Named, or told by the byte order mark.
        let name = if big { "utf-16be" } else { "utf-16le" };
        assert_eq!(taken(&csv(form(name)), utf16(CSV, big)), ROWS);
        assert_eq!(taken(&csv(CsvForm::default()), utf16(&format!("\u{feff}{CSV}"), big)), ROWS);
    }
    let latin: Vec<u8> = CSV.chars().map(|c| c as u8).collect();
    assert_eq!(taken(&csv(form("windows-1252")), &latin), ROWS);
    assert_eq!(refused(&csv(CsvForm::default()), &latin), "the file is not UTF-8 text: line 2, byte 30");
    assert_eq!(refused(&csv(form("utf-16le")), &utf16(CSV, false)[..41]), "the file is not UTF-16LE text: line 2");
    let german =
        "at;id;x\n2013-01-01T05:00:00Z;'ä';1,5\n2013-01-02T05:00:00Z;'b, c';-\n2013-01-03T05:00:00Z;\"d\";-3,25\n";
    let form =
        CsvForm { delimiter: ';', quote: Some('\''), decimal: ',', nulls: vec!["-".to_owned()], ..CsvForm::default() };
    assert_eq!(taken(&csv(form.clone()), german), ROWS);
    let bare = CsvForm { header: false, quote: None, decimal: '.', ..form };
    let text = "2013-01-01T05:00:00Z;ä;1.5\n2013-01-02T05:00:00Z;b, c;-\n2013-01-03T05:00:00Z;\"d\";-3.25\n";
    assert_eq!(taken(&csv(bare), text), ROWS);
}

#[test]
fn a_point_in_a_number_with_a_decimal_comma_is_nobodys_guess() {
    let mut place = Place::new();
    let form = CsvForm { delimiter: ';', decimal: ',', ..CsvForm::default() };
    let files = [place.land(1, "f.csv", "at;id;x\n2013-01-01;a;1.234\n2013-01-02;b;1,234\n")];
    let outcome = place.take(&csv(form), &files);
    assert_eq!(place.committed(&outcome, DatasetKind::Rejects), ["f.csv|1|2|1|x|1.234|not a number|1"]);
    assert_eq!(place.history(), ["2013-01-02 00:00:00|b|1.234|1|2"]);
}

#[test]
fn a_flaw_is_told_by_the_line_in_which_its_record_begins() {
    let mut place = Place::new();
    let text = "at,\"id\n(two lines)\",x\n2013-01-01,\"a\nb\",1\n\n2013-01-02,c,?\n2013-01-03,\"d\n\",!";
    let mut plan = csv(CsvForm::default());
    plan.columns[1].source = "id\n(two lines)".to_owned();
    plan.max_reject_ratio = 1.0;
    let files = [place.land(1, "f.csv", text)];
    let outcome = place.take(&plan, &files);
    assert_eq!(
        place.committed(&outcome, DatasetKind::Rejects),
        ["f.csv|1|6|2|x|?|not a number|1", "f.csv|1|7|3|x|!|not a number|1"]
    );
}

#[test]
fn bad_lines_of_json_are_rejected_and_a_bad_array_is_no_file() {
    let mut place = Place::new();
    let text =
        format!("{LINES}\nnot json\n[1]\n{{\"at\":\"2013-01-04\",\"id\":{{\"a\":1}},\"x\":\"4\"}}\n{{\"id\":\"e\"}}\n");
    let files = [place.land(1, "f.json", text)];
    let outcome = place.take(&in_form(FileFormat::Json), &files);
    assert_eq!(
        place.committed(&outcome, DatasetKind::Rejects),
        [
            "f.json|1|5|4||not json|not a JSON object: expected ident|1",
            "f.json|1|6|5||[1]|not a JSON object|1",
            "f.json|1|8|7|at||no event time|1",
        ]
    );
    assert_eq!(place.history()[3], "2013-01-04 00:00:00|{\"a\":1}|4.0|1|6");
    let refused = |text: &str| refused(&in_form(FileFormat::Json), text);
    assert!(refused("[{\"at\":1},").starts_with("the JSON cannot be read: EOF"));
    assert!(refused("[{}] []").starts_with("the JSON cannot be read: trailing characters"));
    assert_eq!(refused("no\njson\n"), "2 of 2 records are no JSON objects");
    assert!(refused("{\"at\":\"2013-01-01\"}").starts_with("the file has another schema: `id`, `x` are missing"));
    assert_eq!(refused("[]"), "the file has no records");
    assert_eq!(refused("  \n "), "the file holds nothing but blanks");
}

#[test]
fn fields_that_nobody_asked_for_are_rescued_where_the_plan_says_so() {
    let rescuing = |mut plan: CleanPlan| {
        plan.columns.push(column(system::RESCUED, ColumnType::Text, Role::Never));
        plan
    };
    let text = "at,more,id,x,gone\n2013-01-01,7,a,1,\n2013-01-02,,b,2,\n";
    let rows = ["2013-01-01 00:00:00|a|1.0|{\"more\":\"7\"}|1|1", "2013-01-02 00:00:00|b|2.0||1|2"];
    assert_eq!(taken(&rescuing(csv(CsvForm::default())), text), rows);
    let text = "{\"at\":\"2013-01-01\",\"id\":\"a\",\"x\":1,\"more\":[7,{\"b\":null}],\"gone\":null}\n\
                {\"at\":\"2013-01-02\",\"id\":\"b\",\"x\":2}\n";
    let rows = ["2013-01-01 00:00:00|a|1.0|{\"more\":[7,{\"b\":null}]}|1|1", "2013-01-02 00:00:00|b|2.0||1|2"];
    assert_eq!(taken(&rescuing(in_form(FileFormat::Json)), text), rows);
    for (format, bytes) in columnar() {
        let rows = taken(&rescuing(in_form(format)), bytes);
        assert_eq!(rows[0], "2013-01-01 05:00:00|ä|1.5|{\"extra\":7}|1|1");
    }
}

#[test]
fn a_column_that_nobody_asked_for_is_another_schema_where_the_plan_says_so() {
    let failing = |plan| CleanPlan { evolution: Evolution::Fail, ..plan };
    let text = "at,more,id,x\n2013-01-01,7,a,1\n";
    let said = "the file has another schema: `more` is not in the plan";
    assert_eq!(refused(&failing(csv(CsvForm::default())), text), said);
    let lines = "{\"at\":\"2013-01-01\",\"id\":\"a\",\"x\":1}\n{\"more\":1}\n";
    assert_eq!(refused(&failing(in_form(FileFormat::Json)), lines), said);
    for (format, bytes) in columnar() {
        assert!(refused(&failing(in_form(format)), bytes).ends_with("`extra` is not in the plan"));
    }
    assert_eq!(taken(&csv(CsvForm::default()), text), ["2013-01-01 00:00:00|a|1.0|1|1"]);
}

#[test]
fn what_nobody_asked_for_becomes_a_column_that_the_history_pins() {
    let adding = CleanPlan { evolution: Evolution::Add, ..csv(CsvForm::default()) };
    let mut place = Place::new();
    let take = |place: &mut Place, id: i64, text: &str| {
        let files = [place.land(id, &format!("{id}.csv"), text)];
        place.take(&adding, &files)
    };
    take(&mut place, 1, "at,id,x\n2013-01-01,a,1\n");
    // `none` holds nothing yet, `X` and `twice` could not be told from others, `_line` is not theirs.
    let text = "at,note,id,x,wind,none,X,twice,twice,_line\n2013-01-02,hi,b,2,7,,1,1,2,3\n2013-02-01,,c,3,8,,1,1,2,3\n";
    let outcome = take(&mut place, 2, text);
    let said = |outcome: &Outcome, text: &str| {
        outcome.events.iter().any(|event| matches!(event, WorkerEvent::Log { text: said, .. } if said.contains(text)))
    };
    assert!(said(&outcome, "the history gets a column `wind` (integer) that no file had before"));
    assert!(said(&outcome, "2 of the batch's new columns cannot be added, the first is `X`"));
    let rows = ["2013-01-01 00:00:00|a|1.0|||1|1", "2013-01-02 00:00:00|b|2.0|hi|7|2|1"];
    assert_eq!(place.history()[..2], rows);
    assert_eq!(place.history()[2], "2013-02-01 00:00:00|c|3.0||8|2|2");
    // A file without them, a value that is none, and one more column; the types stay those of the first values.
    take(&mut place, 3, "at,id,x,wind,none\n2013-02-02,d,4,calm,2.5\n2013-02-03,e,5,9,\n");
    assert_eq!(
        place.history()[2..],
        [
            "2013-02-01 00:00:00|c|3.0||8||2|2",
            "2013-02-02 00:00:00|d|4.0|||2.5|3|1",
            "2013-02-03 00:00:00|e|5.0||9||3|2"
        ]
    );
    // A file of another kind adds nothing.
    let files = [
        place.land(4, "4.csv", "at,id,strange\n2013-02-04,f,1\n"),
        place.land(5, "5.csv", "at,id,x\n2013-02-04,g,6\n"),
    ];
    let outcome = place.take(&adding, &files);
    assert_eq!(
        outcome.quarantined(),
        [(4, "the file has another schema: `x` is missing; `strange` is not in the plan")]
    );
    assert_eq!(place.history().last().unwrap(), "2013-02-04 00:00:00|g|6.0||||5|1");
}

#[test]
fn columns_are_added_from_every_form() {
    let adding = |plan| CleanPlan { evolution: Evolution::Add, ..plan };
    let lines = "{\"at\":\"2013-01-01\",\"id\":\"a\",\"x\":1,\"more\":{\"b\":1}}\n\
                 {\"at\":\"2013-01-02\",\"id\":\"b\",\"x\":2,\"day\":\"2013-01-05\"}\n";
    let rows = ["2013-01-01 00:00:00|a|1.0|{\"b\":1}||1|1", "2013-01-02 00:00:00|b|2.0||2013-01-05|1|2"];
    assert_eq!(taken(&adding(in_form(FileFormat::Json)), lines), rows);
    let comma = CsvForm { delimiter: ';', decimal: ',', ..CsvForm::default() };
    let text = "at;id;x;wind\n2013-01-01;a;1,5;2,5\n";
    assert_eq!(taken(&adding(csv(comma)), text), ["2013-01-01 00:00:00|a|1.5|2.5|1|1"]);
    for (format, bytes) in columnar() {
        let rows = taken(&adding(in_form(format)), bytes);
        assert_eq!(rows[0], "2013-01-01 05:00:00|ä|1.5|7|1|1");
    }
    let members = zipped(&[("a", b"at,id,x\n2013-01-01,a,1\n"), ("b", b"at,id,x,more\n2013-01-02,b,2,y\n")]);
    let rows = ["2013-01-01 00:00:00|a|1.0||1|1", "2013-01-02 00:00:00|b|2.0|y|1|2"];
    assert_eq!(taken(&adding(csv(CsvForm::default())), members), rows);
}

#[test]
fn what_is_no_single_value_is_not_added_and_digits_that_are_a_name_stay_one() {
    let adding = |plan| CleanPlan { evolution: Evolution::Add, ..plan };
    let text = "at,id,x,zip,account,\n2013-01-01,a,1,01234,12345678901234567890,7\n2013-01-02,b,2,4567,1,8\n";
    let rows = ["2013-01-01 00:00:00|a|1.0|01234|12345678901234567890|1|1", "2013-01-02 00:00:00|b|2.0|4567|1|1|2"];
    assert_eq!(taken(&adding(csv(CsvForm::default())), text), rows);
    let mut table = table();
    let tags = Series::new(
        "tags".into(),
        [Series::new("".into(), [1_i64, 2]), Series::new("".into(), [3_i64]), Series::new("".into(), [4_i64])],
    );
    table.with_column(tags.into()).unwrap();
    let mut parquet = Vec::new();
    ParquetWriter::new(&mut parquet).finish(&mut table).unwrap();
    let rows = taken(&adding(in_form(FileFormat::Parquet)), parquet);
    assert_eq!(rows[0], "2013-01-01 05:00:00|ä|1.5|7|1|1");
}

#[test]
fn records_longer_than_the_window_of_reading_are_whole() {
    let long = "y".repeat(3 << 20);
    let text = format!("at,id,x\n2013-01-01,\"{long}\n\"\"{long}\",1\n2013-01-02,b,2\n");
    let rows = taken(&csv(CsvForm::default()), &text);
    assert_eq!(rows[0], format!("2013-01-01 00:00:00|{long}\n\"{long}|1.0|1|1"));
    assert_eq!(rows[1], "2013-01-02 00:00:00|b|2.0|1|2");
}

#[test]
fn what_goes_beyond_the_budget_is_quarantined_and_the_worker_goes_on() {
    let budget = Budget { unpacked: 8 << 20, ratio: 50, record: 1 << 20, columns: 1_000 };
    let reason = |plan: CleanPlan, bytes: &[u8]| refused(&CleanPlan { budget, ..plan }, bytes);
    let rows = "2013-01-01,a,1\n".repeat(700_000);
    let bomb = format!("at,id,x\n{rows}");
    for packed in
        [gzip(bomb.as_bytes()), zstd::encode_all(bomb.as_bytes(), 3).unwrap(), zipped(&[("a", bomb.as_bytes())])]
    {
        let reason = reason(csv(CsvForm::default()), &packed);
        assert!(reason.contains("unpacks to more than 50 times its size"), "{reason}");
    }
    assert!(
        reason(csv(CsvForm::default()), bomb.as_bytes()).contains("more than the 8.4 MB that a file may unpack to")
    );
    let line = format!("at,id,x\n2013-01-01,a,{}", "1".repeat(4 << 20));
    let said = "the record at line 2 is longer than the 1.0 MB that one may have";
    assert!(reason(csv(CsvForm::default()), line.as_bytes()).starts_with(said));
    let open = format!("at,id,x\n2013-01-01,\"a,{}", "1\n".repeat(2 << 20));
    assert!(reason(csv(CsvForm::default()), open.as_bytes()).starts_with(said));
    let wide = (0..100_000).map(|i| format!("c{i}")).collect::<Vec<_>>().join(",");
    let said = "the file has 100,000 columns or more, and may have 1,000 (`landing.max_columns`)";
    assert_eq!(reason(csv(CsvForm::default()), format!("{wide}\n").as_bytes()), said);
    let fields = (0..2_000).map(|i| format!("\"c{i}\":1")).collect::<Vec<_>>().join(",");
    assert!(reason(in_form(FileFormat::Json), format!("{{{fields}}}\n").as_bytes()).starts_with("the file has 2,000"));
    let text = format!("[{{\"id\":\"{}\"}}]", "1".repeat(4 << 20));
    assert!(reason(in_form(FileFormat::Json), text.as_bytes()).starts_with("a record is longer than the 1.0 MB"));
    let deep = format!("[{{\"id\":{}1{}}}]", "[".repeat(1_000), "]".repeat(1_000));
    assert!(reason(in_form(FileFormat::Json), deep.as_bytes()).contains("recursion limit exceeded"));
    // A million rows of one value: kilobytes in the file, megabytes in memory.
    let same = DataFrame::new(
        1_000_000,
        vec![
            Series::new("at".into(), vec!["2013-01-01"; 1_000_000]).into(),
            Series::new("id".into(), vec!["a"; 1_000_000]).into(),
            Series::new("x".into(), vec![1.0; 1_000_000]).into(),
        ],
    );
    let (mut same, mut parquet) = (same.unwrap(), Vec::new());
    ParquetWriter::new(&mut parquet).finish(&mut same).unwrap();
    assert!(parquet.len() < 100_000, "{}", parquet.len());
    assert!(reason(in_form(FileFormat::Parquet), &parquet).contains("may unpack to"));
    for packing in [IpcCompression::LZ4, IpcCompression::ZSTD(Default::default())] {
        let mut arrow = Vec::new();
        IpcWriter::new(&mut arrow).with_compression(Some(packing)).finish(&mut same).unwrap();
        assert!(arrow.len() < 1_000_000, "{}", arrow.len());
        assert!(reason(in_form(FileFormat::Arrow), &arrow).contains("may unpack to"));
    }
    for packing in [AvroCompression::Deflate, AvroCompression::Snappy] {
        let mut avro = Vec::new();
        AvroWriter::new(&mut avro).with_compression(Some(packing)).finish(&mut same).unwrap();
        assert!(reason(in_form(FileFormat::Avro), &avro).contains("may unpack to"));
    }
    // A claim of more rows than there is anything of.
    let (_, avro) = &columnar()[2];
    let mut many = avro[..avro.len() - 16].to_vec();
    let sync = avro[avro.len() - 16..].to_vec();
    many.extend(sync.iter().chain(&[0xfe, 0xff, 0xff, 0xff, 0x7f, 0]).chain(&sync));
    assert!(reason(in_form(FileFormat::Avro), &many).contains("may unpack to"));
}
