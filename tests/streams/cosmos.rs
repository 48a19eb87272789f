//! From the documents of a container to rows of the history, each version of each once.

use super::{CLEAN, committed, progress, reading};
use crate::faults::workspace::{Said, Workspace, days, eventually, said};
use crate::servers::cosmos::{Documents, KEY};
use crate::servers::proxy::{Fault, Proxy};

/// Writes rows as documents, one for each key.
fn write(documents: &Documents, text: &str) {
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (at, x, y) = (fields[0], fields[2], if fields[3].is_empty() { "null" } else { fields[3] });
        let id = format!("{at} {}", fields[1]);
        documents.write(&id, &format!(r#"{{"id": "{id}", "at": "{at}", "x": {x}, "y": {y}}}"#));
    }
}

fn run(workspace: &Workspace, crash: Option<&str>) -> Said {
    let mut command = workspace.command(&["run"]);
    if let Some(point) = crash {
        command.env("LANDFALL_CRASH", point);
    }
    said(&command.env("COSMOS_KEY", KEY).output().unwrap())
}

/// Looks until so many rows were taken: a second is read when it is over.
fn until_taken(workspace: &Workspace, rows: u64) {
    eventually("everything is taken", || {
        let said = run(workspace, None);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(!said.out.contains("cannot look"), "{said:?}");
        (committed(workspace) >= rows).then_some(())
    });
    assert_eq!(committed(workspace), rows);
}

const NOW: &str = "[landing.stream]\nsettle = \"0s\"\n";

#[test]
fn documents_become_rows_and_an_overwritten_one_a_new_version_of_its_row() {
    let Some(documents) = Documents::container() else { return };
    write(&documents, &days(1..=3, false));
    // Small pages; a batch still ends only where a second ends.
    let keys = "[landing.stream]\nsettle = \"0s\"\nmax_rows = 5\n";
    let workspace = reading(&documents.url(), &documents.table(documents.port), keys, CLEAN);
    until_taken(&workspace, 3 * 18);
    workspace.must_be_whole(3 * 18);
    write(&documents, &days(2..=4, true));
    until_taken(&workspace, 6 * 18);
    workspace.must_be_whole(4 * 18);
    assert!(run(&workspace, None).out.contains("nothing new"));
    let partitions = progress(&workspace);
    assert_eq!((partitions.len(), partitions[0].1, partitions[0].2), (1, 0, 0));
    let files = workspace.json(&["files"]);
    let file = &files[0]["key"].as_str().unwrap();
    let story = workspace.call(&["file", "explain", file]).out;
    assert!(story.contains(&format!("of partition 0 of `{}`, read whole", documents.name)), "{story}");
}

#[test]
fn after_a_crash_every_document_is_there_once() {
    let Some(documents) = Documents::container() else { return };
    write(&documents, &days(1..=2, true));
    for point in ["stream-written", "stream-recorded", "clean-ended", "commit-recorded"] {
        let workspace = reading(&documents.url(), &documents.table(documents.port), NOW, CLEAN);
        eventually("the point is passed", || run(&workspace, Some(point)).code.is_none().then_some(()));
        until_taken(&workspace, 2 * 18);
        workspace.must_be_whole(2 * 18);
    }
}

#[test]
fn what_the_account_refuses_is_said_in_plain_words_and_what_passes_is_not() {
    let Some(documents) = Documents::container() else { return };
    write(&documents, &days(1..=1, true));
    let proxy = Proxy::before(documents.port);
    let workspace = reading(&documents.url(), &documents.table(proxy.port), NOW, CLEAN);
    let answer = |status: &str, headers: &str| {
        Fault::Answer(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}"))
    };
    let blind = || {
        let said = run(&workspace, None);
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains("cannot look: the stream cosmos://") && !all.contains(KEY), "{all}");
        all
    };
    proxy.fault("pkranges", answer("401 Unauthorized", ""), 1);
    assert!(blind().contains("the account refuses the key (401)"));
    proxy.fault("pkranges", answer("403 Forbidden", ""), 1);
    assert!(blind().contains("check its firewall"));
    proxy.fault("pkranges", answer("410 Gone", ""), 1);
    assert!(blind().contains("a partition was just split (410)"));
    let said = workspace.call(&["run"]);
    assert!(format!("{}{}", said.out, said.err).contains("the environment variable COSMOS_KEY"), "{said:?}");
    proxy.fault("pkranges", answer("429 Too Many Requests", "x-ms-retry-after-ms: 20\r\n"), 2);
    proxy.fault("docs", answer("503 Service Unavailable", ""), 1);
    until_taken(&workspace, 18);
    assert!(workspace.alerts().iter().all(|(_, said)| !said.contains("cannot be read")), "{:?}", workspace.alerts());
    let missing = Documents { port: documents.port, name: "nowhere".to_owned() };
    let workspace = reading(&missing.url(), &missing.table(missing.port), NOW, CLEAN);
    let said = run(&workspace, None);
    assert!(format!("{}{}", said.out, said.err).contains("there is no container `nowhere`"), "{said:?}");
}
