//! From records of a topic to predictions, each record exactly once.

use landfall::domain::dataset::DatasetKind;
use rskafka::client::partition::Compression;

use super::{CLEAN, committed, objects, progress, reading};
use crate::faults::workspace::FULL;
use crate::servers::broker::Broker;

fn url(broker: &Broker) -> String {
    format!("kafka://127.0.0.1:{}/rides", broker.port)
}

fn at(position: &str) -> (String, u64, u64) {
    (position.to_owned(), 0, 0)
}

#[test]
fn records_of_a_topic_are_run_predicted_and_judged() {
    let Some(broker) = Broker::start() else { return };
    broker.topic("rides", 3);
    for (partition, days) in [(0, 1..=5), (1, 6..=10), (2, 11..=14)] {
        broker.write("rides", partition, Compression::Gzip, &objects(days, true));
    }
    let workspace = reading(&url(&broker), "", "[landing.stream]\nmax_rows = 60\n", FULL);
    workspace.run();
    workspace.must_be_whole(14 * 18);
    assert_eq!(workspace.json(&["models"])[0]["champion"], true);
    broker.write("rides", 1, Compression::Zstd, &objects(15..=15, false));
    workspace.run();
    assert_eq!(workspace.keys(DatasetKind::Predictions), 18);
    broker.write("rides", 2, Compression::Snappy, &objects(15..=15, true));
    broker.write("rides", 0, Compression::NoCompression, &objects(16..=16, false));
    workspace.run();
    workspace.must_be_whole(16 * 18);
    assert_eq!(workspace.keys(DatasetKind::Predictions), 2 * 18);
    assert_eq!((committed(&workspace), progress(&workspace)), (17 * 18, [at("108"), at("108"), at("90")].to_vec()));
    // Nothing new is nothing new, and what was taken is explained.
    let said = workspace.run();
    assert!(said.out.contains("nothing new"), "{said:?}");
    let story = workspace.call(&["file", "explain", "rides.1.60-89.ndjson"]).out;
    assert!(story.contains("60-89 of partition 1 of `rides`, read whole") && story.contains("committed"), "{story}");
    assert!(workspace.call(&["files"]).out.contains("partition"), "progress is shown with the files");
    // A file can be run again also when the broker is gone.
    broker.kill();
    let said = workspace.call(&["rerun", "1", "--from", "clean"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    workspace.must_be_whole(16 * 18);
}

#[test]
fn after_a_crash_anywhere_every_record_is_there_once() {
    let points = [
        "stream-written",
        "stream-recorded",
        "checked",
        "clean-started",
        "clean-ended",
        "commit-first",
        "commit-recorded",
    ];
    let Some(broker) = Broker::start() else { return };
    broker.topic("rides", 2);
    broker.write("rides", 0, Compression::NoCompression, &objects(1..=3, true));
    broker.write("rides", 1, Compression::NoCompression, &objects(4..=5, true));
    let workspace = |keys: &str| reading(&url(&broker), "", keys, CLEAN);
    let crashing: Vec<_> = points.iter().map(|point| (point, workspace("[landing.stream]\nmax_rows = 20\n"))).collect();
    for (point, workspace) in &crashing {
        let said = workspace.run_with("LANDFALL_CRASH", point);
        assert_eq!(said.code, None, "{point} was not passed: {said:?}");
    }
    // More comes before the next start, so that a batch that was cut off would end elsewhere.
    broker.write("rides", 0, Compression::NoCompression, &objects(6..=6, true));
    for (point, workspace) in &crashing {
        // Twice at the same point: also what began anew may be cut off.
        workspace.run_with("LANDFALL_CRASH", point);
        workspace.run();
        workspace.run();
        workspace.must_be_whole(6 * 18);
        assert_eq!(committed(workspace), 6 * 18, "{point}");
        assert_eq!(progress(workspace), [at("72"), at("36")], "{point}");
    }
}

#[test]
fn a_record_that_is_no_row_is_rejected_alone_and_one_without_value_is_counted() {
    let Some(broker) = Broker::start() else { return };
    broker.topic("rides", 1);
    let mut records = objects(1..=1, true);
    records.extend([Some("[1, 2]".to_owned()), None, Some("\u{1b}[2J no JSON\nat all".to_owned())]);
    broker.write("rides", 0, Compression::NoCompression, &records);
    let workspace = reading(&url(&broker), "", "", CLEAN);
    workspace.run();
    workspace.must_be_whole(18);
    let file = &workspace.json(&["files"])[0];
    assert_eq!((file["rows"].as_u64(), file["rejected"].as_u64()), (Some(20), Some(2)), "{file}");
    assert_eq!(file["rule"], "0-20 of partition 0 of `rides`, read whole, 1 without a value");
    assert_eq!(progress(&workspace), [at("21")]);
}

#[test]
fn separated_values_come_without_a_header() {
    let Some(broker) = Broker::start() else { return };
    broker.topic("rides", 1);
    let lines = crate::faults::workspace::days(1..=2, true);
    let records: Vec<_> = lines.lines().skip(1).map(|line| Some(line.to_owned())).collect();
    broker.write("rides", 0, Compression::NoCompression, &records);
    let workspace = reading(&url(&broker), "", "format = \"csv\"", CLEAN);
    workspace.run();
    workspace.must_be_whole(36);
}
