//! What brokers refuse, what they forget, and what an operator is told of it.

use rskafka::client::partition::Compression;

use super::{CLEAN, committed, configure, objects, progress, reading};
use crate::faults::workspace::Workspace;
use crate::servers::broker::Broker;

fn url(port: u16) -> String {
    format!("kafka://127.0.0.1:{port}/rides")
}

/// Why the last look was none; an alert says so.
fn blind(workspace: &Workspace) -> String {
    let said = workspace.call(&["run"]);
    let all = format!("{}{}", said.out, said.err);
    assert!(all.contains("cannot look: ") && !all.contains("nothing new"), "{said:?}");
    assert!(
        workspace.alerts().iter().any(|(_, message)| message.contains("cannot be read")),
        "{:?}",
        workspace.alerts()
    );
    all
}

#[test]
fn a_broker_that_dies_is_said_and_one_that_returns_is_read_on() {
    let Some(broker) = Broker::start() else { return };
    let workspace = reading(&url(broker.port), "", "", CLEAN);
    assert!(blind(&workspace).contains("there is no topic `rides`"));
    broker.topic("rides", 1);
    let records = objects(1..=2, true);
    broker.write("rides", 0, Compression::NoCompression, &records);
    workspace.run();
    assert!(workspace.alerts().is_empty(), "{:?}", workspace.alerts());
    let port = broker.kill();
    assert!(blind(&workspace).contains("cannot be reached"));
    let broker = Broker::again(port);
    broker.topic("rides", 1);
    broker.write("rides", 0, Compression::NoCompression, &records);
    broker.write("rides", 0, Compression::NoCompression, &objects(3..=3, true));
    workspace.run();
    workspace.must_be_whole(3 * 18);
    assert_eq!((committed(&workspace), progress(&workspace)), (3 * 18, vec![("54".to_owned(), 0, 0)]));
}

#[test]
fn a_topic_that_was_made_anew_is_not_taken_for_the_old_one() {
    let Some(broker) = Broker::start() else { return };
    broker.topic("rides", 1);
    broker.write("rides", 0, Compression::NoCompression, &objects(1..=2, true));
    let workspace = reading(&url(broker.port), "", "", CLEAN);
    workspace.run();
    let broker = Broker::again(broker.kill());
    broker.topic("rides", 1);
    broker.write("rides", 0, Compression::NoCompression, &objects(3..=3, true));
    assert!(blind(&workspace).contains("is not the one that was read before"));
    broker.write("rides", 0, Compression::NoCompression, &objects(4..=5, true));
    let said = blind(&workspace);
    assert!(said.contains("the record at offset 35 is another one"), "{said}");
    assert!(said.contains("count `landing.stream.generation` up"), "{said}");
    configure(&workspace, &url(broker.port), "[landing.stream]\ngeneration = 2\n", CLEAN);
    workspace.run();
    workspace.must_be_whole(5 * 18);
    assert_eq!(progress(&workspace), [("54".to_owned(), 0, 0)]);
}
