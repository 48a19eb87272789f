//! What a store refuses, and what an operator is told of it.

use std::time::Duration;

use crate::faults::workspace::{Workspace, days};
use crate::servers::objects::{Container, Kind};
use crate::servers::proxy::{Fault, Proxy, refusal};

const CLEAN: &str = "[stages.clean]\n";

/// Why the last look was none.
fn blind(workspace: &Workspace) -> String {
    let said = workspace.call(&["run"]);
    let all = format!("{}{}", said.out, said.err);
    assert!(all.contains("cannot look: "), "{said:?}");
    assert!(!all.contains("nothing new"), "{said:?}");
    let alert = workspace.alerts().into_iter().find(|(_, message)| message.contains("cannot be"));
    assert!(alert.is_some(), "no alert says so: {:?}", workspace.alerts());
    all
}

fn nowhere_is_a_secret(workspace: &Workspace, container: &Container) {
    let key = container.key();
    let shown = ["status", "files", "runs", "alerts", "check"].map(|verb| workspace.call(&[verb, "--json"]).out);
    assert!(shown.iter().all(|text| !text.contains(&key)));
    let mut folders = vec![workspace.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(bytes) = std::fs::read(&path) {
                assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()), "{}", path.display());
            }
        }
    }
}

#[test]
fn what_keeps_a_look_from_being_one_is_said_in_plain_words() {
    for kind in Kind::ALL {
        let Some(container) = kind.container() else { continue };
        let workspace = Workspace::elsewhere(CLEAN, Some(&container.missing()), None, None);
        let said = blind(&workspace);
        assert!(said.contains("there is no container or bucket `no-such-container`"), "{said}");
        assert!(said.contains("create it, or correct the URL"), "{said}");

        let proxy = Proxy::before(container.port());
        let behind = container.through(proxy.port);
        let workspace = Workspace::elsewhere(CLEAN, Some(&behind), None, None);
        behind.put("in/1.csv", days(1..=1, true));
        let list = if kind == Kind::S3 { "list-type=2" } else { "comp=list" };
        proxy.fault(list, refusal("400 Bad Request", "", "ExpiredToken"), 1);
        assert!(blind(&workspace).contains("the credentials have expired (400 ExpiredToken): renew them"));
        proxy.fault(list, refusal("403 Forbidden", "", "AuthenticationFailed"), 1);
        assert!(blind(&workspace).contains("the store refuses the credentials (403 AuthenticationFailed)"));
        nowhere_is_a_secret(&workspace, &behind);
        // What passes by itself is not said at all.
        proxy.fault(list, refusal("503 Service Unavailable", "Retry-After: 1\r\n", "ServerBusy"), 1);
        proxy.fault(list, refusal("429 Too Many Requests", "", "SlowDown"), 1);
        proxy.fault("in/1.csv", Fault::Cut(300), 1);
        let before = proxy.times(list).len();
        workspace.run();
        workspace.must_be_whole(18);
        // It waits as long as it is told to.
        let asked = &proxy.times(list)[before..];
        assert!(asked[1] - asked[0] >= Duration::from_secs(1), "{asked:?}");
        assert!(
            workspace.alerts().iter().all(|(_, message)| !message.contains("cannot be")),
            "{:?}",
            workspace.alerts()
        );
    }
}

#[test]
fn a_wrong_key_is_refused_by_the_real_server_and_shown_nowhere() {
    let Some(container) = Kind::Azure.container() else { return };
    let wrong = container.with_key("d3JvbmcgYnV0IHdlbGwgZm9ybWVkIGtleQ==");
    let workspace = Workspace::elsewhere(CLEAN, Some(&wrong), None, None);
    let said = blind(&workspace);
    assert!(said.contains("the store refuses the credentials (403 "), "{said}");
    assert!(said.contains("check the key in [stores]"), "{said}");
    nowhere_is_a_secret(&workspace, &wrong);
    let Some(unknown) = Kind::guarded() else { return };
    let workspace = Workspace::elsewhere(CLEAN, Some(&unknown), None, None);
    let said = blind(&workspace);
    assert!(said.contains("the store refuses the credentials (403 InvalidAccessKeyId)"), "{said}");
    nowhere_is_a_secret(&workspace, &unknown);
}

#[test]
fn the_key_may_be_where_the_providers_own_programs_look_for_it() {
    let Some(container) = Kind::Azure.container() else { return };
    container.put("in/1.csv", days(1..=1, true));
    let workspace = Workspace::elsewhere(CLEAN, Some(&container), None, None);
    let settings = std::fs::read_to_string(workspace.path("landfall.toml")).unwrap();
    let without: String =
        settings.lines().filter(|line| !line.starts_with("access_key")).map(|line| format!("{line}\n")).collect();
    workspace.write("landfall.toml", without);
    let said = workspace.run_with("AZURE_STORAGE_ACCOUNT_KEY", &container.key());
    assert_eq!(said.code, Some(0), "{said:?}");
    workspace.must_be_whole(18);
    nowhere_is_a_secret(&workspace, &container);
}

#[test]
fn a_server_that_does_not_answer_is_not_an_empty_landing() {
    let Some(container) = Kind::S3.container() else { return };
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let workspace = Workspace::elsewhere(CLEAN, Some(&container.through(closed)), None, None);
    assert!(blind(&workspace).contains("the store cannot be reached, or the connection broke off"));
}

#[test]
fn an_output_that_refuses_delays_nothing_but_itself() {
    for kind in Kind::ALL {
        let Some(container) = kind.container() else { continue };
        let proxy = Proxy::before(container.port());
        let workspace =
            Workspace::elsewhere(crate::faults::workspace::FULL, None, None, Some(&container.through(proxy.port)));
        workspace.land("1.csv", days(1..=14, true));
        let put = if kind == Kind::S3 { "PUT" } else { "PUT " };
        proxy.fault(put, refusal("403 Forbidden", "", "AccessDenied"), 1);
        let said = workspace.call(&["run"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        let error = workspace.error(1);
        assert!(error.contains("its output is not at") && error.contains("AccessDenied"), "{error}");
        assert_eq!(workspace.file("1.csv").0, "committed");
        // The next start brings it up to date.
        workspace.run();
        workspace.must_be_whole(14 * 18);
    }
}
