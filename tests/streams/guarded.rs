//! A broker behind TLS and a password.

use rskafka::client::partition::Compression;

use super::{CLEAN, objects, reading};
use crate::faults::workspace::{Said, Workspace, said};
use crate::servers::broker::Broker;
use crate::servers::guard::{Guard, PASSWORD, USER};

fn run(workspace: &Workspace, password: &str) -> Said {
    said(&workspace.command(&["run"]).env("HUB_PASSWORD", password).output().unwrap())
}

#[test]
fn a_topic_behind_tls_and_a_password_is_read_and_the_password_is_nowhere() {
    let mut guard = Guard::new();
    let Some(broker) = Broker::guarded(&mut guard) else { return };
    broker.topic("rides", 1);
    broker.write("rides", 0, Compression::Gzip, &objects(1..=1, true));
    let url = format!("kafka://127.0.0.1:{}/rides", guard.port);
    let table = |keys: &str| {
        format!(
            "[stores.hub]\nurl = \"kafka://127.0.0.1:{}\"\npassword = {{ env = \"HUB_PASSWORD\" }}\n{keys}\n",
            guard.port
        )
    };
    let (user, ca) = (format!("username = {USER:?}"), format!("ca = {:?}", guard.ca().display().to_string()));
    let workspace = reading(&url, &table(&format!("{user}\n{ca}")), "", CLEAN);
    let blind = |workspace: &Workspace, password: &str| {
        let said = run(workspace, password);
        let all = format!("{}{}", said.out, said.err);
        assert!(all.contains("cannot look: ") && !all.contains(PASSWORD) && !all.contains("wr0ng"), "{said:?}");
        all
    };
    let said = blind(&workspace, "wr0ng");
    assert!(said.contains("refuse the credentials: check `username`, `password` and `mechanism`"), "{said}");
    assert_eq!(run(&workspace, PASSWORD).code, Some(0));
    workspace.must_be_whole(18);
    let state = std::fs::read(workspace.path(".landfall/state.db")).unwrap();
    assert!(!state.windows(PASSWORD.len()).any(|part| part == PASSWORD.as_bytes()), "the state holds the password");
    // Whom nobody vouches for gets no password, and one that speaks TLS is not spoken to without.
    let stranger = reading(&url, &table(&user), "", CLEAN);
    let said = blind(&stranger, PASSWORD);
    assert!(said.contains("no encrypted connection to") && said.contains("check `tls` and `ca`"), "{said}");
    let half = reading(&url, &table(&ca), "", CLEAN);
    assert!(blind(&half, PASSWORD).contains("a `username` needs a `password`"));
}
