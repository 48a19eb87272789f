//! Files that cannot be used, or only in part: one clear sentence each, and the rest of the batch goes on.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use landfall::domain::dataset::DatasetKind;
use landfall::store::parts;

use super::workspace::{FULL, Workspace, days};

/// Lands `bytes` beside a good file, runs, and answers the bad file's state and reason. The good one must be in.
fn beside_a_good_one(name: &str, bytes: &[u8]) -> (String, String) {
    let workspace = Workspace::landing_with("settle_max = \"1ms\"\n", "[stages.clean]\n");
    workspace.land("good.csv", days(1..=2, true));
    workspace.land(name, bytes);
    workspace.run();
    let found = workspace.file(name);
    assert_eq!(workspace.file("good.csv").0, "committed");
    assert_eq!(workspace.state(1), "succeeded");
    workspace.must_be_whole(36);
    assert_eq!(std::fs::read(workspace.path("landing").join(name)).unwrap(), bytes, "the original stays");
    if found.0 == "quarantined" {
        let alerts = workspace.alerts();
        assert!(alerts.iter().any(|(kind, said)| kind == "quarantine" && said.contains(&found.1)), "{alerts:?}");
        let kept = std::fs::read_dir(workspace.path("lake/quarantine/p")).unwrap().next().unwrap().unwrap().path();
        assert_eq!(std::fs::read(kept.join("content")).unwrap(), bytes);
        assert!(std::fs::read_to_string(kept.join("reason.json")).unwrap().contains(&found.1));
    }
    // Sent again, in order this time, it goes through, and the alert is over.
    workspace.land(name, days(3..=3, true));
    workspace.run();
    assert_eq!(workspace.file(name).0, "committed");
    workspace.must_be_whole(54);
    assert!(workspace.alerts().iter().all(|(kind, _)| kind != "quarantine"), "{:?}", workspace.alerts());
    found
}

fn quarantined(name: &str, bytes: &[u8], sentence: &str) {
    assert_eq!(beside_a_good_one(name, bytes), ("quarantined".to_owned(), sentence.to_owned()));
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bytes_that_a_crash_kept_from_quarantine_are_there_after_the_next_start() {
    let workspace = Workspace::landing_with("settle_max = \"1ms\"\n", "[stages.clean]\n");
    workspace.land("good.csv", days(1..=2, true));
    let (header, cut) = (&b"at,id,x,y\n"[..], gzip(&days(4..=4, true))[..40].to_vec());
    // One is found out when it lands, the other by the run that reads it.
    workspace.land("cut.csv.gz", &cut);
    assert_eq!(workspace.run_with("LANDFALL_CRASH", "quarantine-recorded").code, None);
    assert_eq!(workspace.file("cut.csv.gz").0, "quarantined");
    workspace.land("header.csv", header);
    workspace.land("another.csv", days(3..=3, true));
    assert_eq!(workspace.run_with("LANDFALL_CRASH", "quarantine-recorded@2").code, None);
    assert_eq!(workspace.file("header.csv").0, "quarantined");
    let quarantine = workspace.path("lake/quarantine/p");
    assert_eq!(std::fs::read_dir(&quarantine).unwrap().count(), 1, "the first start after it kept the first one");
    workspace.run();
    let mut kept: Vec<Vec<u8>> = std::fs::read_dir(&quarantine)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path().join("content")).unwrap())
        .collect();
    kept.sort();
    let mut landed = vec![cut, header.to_vec()];
    landed.sort();
    assert_eq!(kept, landed);
    workspace.must_be_whole(54);
}

#[test]
fn an_empty_file() {
    quarantined("bad.csv", b"", "the file is empty (0 bytes)");
}

#[test]
fn a_file_with_a_header_and_nothing_else() {
    quarantined("bad.csv", b"at,id,x,y\n", "the file has a header and no rows");
}

#[test]
fn a_file_with_another_schema() {
    let sentence =
        "the file has another schema: `x` is missing; `xs` is not in the plan; did `xs` take the place of `x`?";
    quarantined("bad.csv", b"at,id,xs,y\n2024-03-04T00:00:00Z,r1,1,true\n", sentence);
}

#[test]
fn a_truncated_gzip() {
    let whole = gzip(&days(4..=4, true));
    let sentence = "its gzip stream is cut off or damaged: upstream did not finish it; send it again";
    quarantined("bad.csv.gz", &whole[..whole.len() - 10], sentence);
}

#[test]
fn a_file_that_is_no_text() {
    quarantined("bad.csv", b"at,id,x,y\n\xff\xfe,1,2,3\n", "the file is not UTF-8 text: line 2, byte 11");
}

#[test]
fn a_corrupt_parquet() {
    let workspace = Workspace::landing_with("pattern = \"*.parquet\"\nsettle_max = \"1ms\"\n", "[stages.clean]\n");
    workspace.land("cut.parquet", b"PAR1 and then nothing");
    workspace.land("hollow.parquet", [b"PAR1".as_slice(), &[0xab; 400], &[9, 1, 0, 0], b"PAR1"].concat());
    assert_eq!(workspace.call(&["run"]).code, Some(1));
    let sentence = "its Parquet footer is missing: upstream did not finish it; send it again";
    assert_eq!(workspace.file("cut.parquet"), ("quarantined".to_owned(), sentence.to_owned()));
    let (state, reason) = workspace.file("hollow.parquet");
    assert_eq!((state.as_str(), reason.contains("the Parquet file is damaged")), ("quarantined", true), "{reason}");
    let error = workspace.error(1);
    assert!(error.starts_with("clean: no usable file in the batch: hollow.parquet: the Parquet file is"), "{error}");
    workspace.must_be_whole(0);
}

#[test]
fn rows_that_cannot_be_used_are_rejected_and_too_many_of_them_fail_the_run() {
    let workspace = Workspace::with("[stages.clean]\nmax_reject_ratio = 0.2\n");
    let bad: String = (0..40).map(|row| format!("2024-03-05T00:00:00Z,b{row},much,true\n")).collect();
    workspace.land("bad.csv", format!("{}{bad}", days(1..=1, true)));
    let said = workspace.call(&["run"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let sentence = "clean: 40 of 58 rows rejected (69.0 %, limit 20.0 %): x: not a number (40); mend the files, or the \
                    columns in the pipeline, and rerun";
    assert_eq!(workspace.error(1), sentence);
    assert_eq!(workspace.file("bad.csv").0, "ready");
    let kinds: Vec<String> = workspace.alerts().into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&"run_failed".to_owned()) && kinds.contains(&"reject_ratio".to_owned()), "{kinds:?}");
    workspace.must_be_whole(0);
    // The operator allows more and runs again: the good rows are in, the bad ones are kept with their reasons.
    workspace.configure("", "[stages.clean]\nmax_reject_ratio = 0.7\n");
    let said = workspace.call(&["rerun", "1"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let rejects = parts::live(&workspace.store(), "p", DatasetKind::Rejects).unwrap();
    assert_eq!(rejects.iter().map(|row| row.part.rows).sum::<u64>(), 40);
    let file = &workspace.json(&["files"])[0];
    assert_eq!(
        (file["state"].as_str(), file["rows"].as_u64(), file["rejected"].as_u64()),
        (Some("committed"), Some(58), Some(40))
    );
    assert!(workspace.alerts().iter().all(|(kind, _)| kind != "run_failed"), "{:?}", workspace.alerts());
    workspace.must_be_whole(18);
}

#[test]
fn a_batch_of_bad_rows_only() {
    let workspace = Workspace::light();
    workspace.land("bad.csv", "at,id,x,y\nyesterday,a,1,true\nbefore,b,2,true\n");
    assert_eq!(workspace.call(&["run"]).code, Some(1));
    let sentence = "clean: 2 of 2 rows rejected (100.0 %, limit 50.0 %): at: not a date and time (2); mend the files, or \
                    the columns in the pipeline, and rerun";
    assert_eq!(workspace.error(1), sentence);
    workspace.must_be_whole(0);
    // A new version of the file replaces the bad one.
    workspace.land("bad.csv", days(1..=1, true));
    workspace.run();
    workspace.must_be_whole(18);
}

#[test]
fn a_target_with_one_class_leaves_the_baseline_and_a_clear_word() {
    let workspace = Workspace::full();
    workspace.land("1.csv", days(1..=14, true).replace("false", "true"));
    workspace.run();
    let reason = workspace.json(&["models"])[0]["model"]["card"]["decision"]["reason"].to_string();
    assert!(reason.contains("each class, the rarer has 0"), "{reason}");
    workspace.must_be_whole(14 * 18);
    workspace.land("2.csv", days(15..=28, true));
    workspace.run();
    workspace.must_be_whole(28 * 18);
    assert_eq!(
        workspace.json(&["models"]).as_array().unwrap().iter().filter(|model| model["champion"] == true).count(),
        1
    );
}

#[test]
fn a_batch_of_one_row() {
    let workspace = Workspace::full();
    workspace.land("1.csv", "at,id,x,y\n2024-03-01T00:00:00Z,r0,1,true\n");
    workspace.run();
    workspace.must_be_whole(1);
    workspace.land("2.csv", days(1..=14, true));
    workspace.run();
    workspace.land("3.csv", "at,id,x,y\n2024-03-15T00:00:00Z,r0,1,\n");
    workspace.run();
    workspace.must_be_whole(14 * 18 + 1);
    // Every row but the first one, from which the first model was made, was predicted before it was learned from.
    assert_eq!(workspace.keys(DatasetKind::Predictions), 14 * 18);
}

#[test]
fn a_batch_without_a_single_outcome() {
    let workspace = Workspace::full();
    workspace.land("1.csv", days(1..=2, false));
    workspace.run();
    workspace.must_be_whole(36);
    workspace.land("2.csv", days(1..=14, true));
    workspace.run();
    workspace.must_be_whole(14 * 18);
}

#[test]
fn a_hostile_file_name_is_run_and_never_obeyed() {
    let workspace = Workspace::with(&FULL.replace("[stages.score]", "[stages.score]\nretries = 0"));
    let name = "a\u{1b}[31m\n\u{202e}vsc.<b>'\".csv";
    workspace.land(name, days(1..=14, true));
    let said = workspace.run();
    assert_eq!(workspace.file(name).0, "committed");
    workspace.must_be_whole(14 * 18);
    workspace.land("b\u{9b}.csv", "at\n");
    workspace.call(&["run"]);
    let asked: [&[&str]; 5] = [&["files"], &["runs", "1"], &["runs", "2"], &["alerts"], &["files", name]];
    let told = asked.map(|arguments| {
        let said = workspace.call(arguments);
        assert_eq!(said.code, Some(0), "{said:?}");
        said.out
    });
    let page = std::fs::read_to_string(workspace.path("lake/reports/p/run-1.html")).unwrap();
    for text in told.iter().chain([&said.out, &said.err, &page]) {
        assert!(!text.chars().any(|c| matches!(c, '\u{1b}' | '\u{202e}' | '\u{9b}')), "{text:?}");
    }
    assert!(!page.contains("vsc.<b>"), "the report takes a file name for markup");
}
