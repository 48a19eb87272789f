//! Programs, the desktop and the bell.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use landfall::alerts::channel::bell::Bell;
use landfall::alerts::channel::command::Command;
use landfall::alerts::channel::desktop::Desktop;
use landfall::alerts::channel::{Channel, Sent};
use landfall::domain::alert::{Occasion, Severity};
use serde_json::Value;

use super::channels::{PATIENT, SHORT};
use super::message::{KEY, letter};

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn run(text: &str, timeout: Duration) -> (Sent, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "tell", text);
    let command = Command::new(&["./tell".into()], Vec::new(), folder.path().into(), timeout).unwrap();
    (command.send(letter(Occasion::Fired).message()).await, folder)
}

/// A process that was killed keeps its number until somebody reaps it.
fn is_gone(pid: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    state.rsplit(") ").next().is_none_or(|rest| rest.is_empty() || rest.starts_with(['Z', 'X']))
}

/// Fails when it does not become true.
async fn until(is: impl Fn() -> bool) {
    let waiting = async {
        while !is() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENT, waiting).await.unwrap();
}

#[tokio::test]
async fn a_program_gets_the_notice_on_its_input_and_the_gist_in_variables() {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "tell", r#"cat > notice.json; env > variables; printf '%s|' "$@" > arguments; echo thanks"#);
    let program = ["./tell".to_owned(), "two words".into(), "$(touch made); `touch made`".into()];
    let environment = vec![("TEAM".to_owned(), "tower".to_owned())];
    let command = Command::new(&program, environment, folder.path().into(), PATIENT).unwrap();
    let sent = command.send(letter(Occasion::Fired).message()).await;
    assert_eq!(sent, Sent::Delivered { detail: "tell ended well: thanks".into(), remote: None });

    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let notice: Value = serde_json::from_str(&read("notice.json")).unwrap();
    assert_eq!(notice["notice"]["alerts"][0]["fingerprint"], KEY);
    let variables = read("variables");
    let expected = [
        "TEAM=tower",
        "LANDFALL_OCCASION=fired",
        "LANDFALL_SEVERITY=critical",
        "LANDFALL_PIPELINE=flights",
        "LANDFALL_KIND=file_size",
        "LANDFALL_OBJECT=flights_2013-03-09.csv",
        "LANDFALL_ALERTS=1",
    ];
    for line in expected {
        assert!(variables.lines().any(|own| own == line), "{line} in {variables}");
    }
    assert_eq!(read("arguments"), "two words|$(touch made); `touch made`|");
    assert!(!folder.path().join("made").exists());
}

#[tokio::test]
async fn an_exit_code_says_what_became_of_the_message() {
    let (sent, _) = run("echo no such room >&2; exit 3", PATIENT).await;
    assert_eq!(sent, Sent::Refused { detail: "tell ended with exit code 3: no such room".into() });
    let (sent, _) = run("exit 75", PATIENT).await;
    assert_eq!(sent, Sent::Retry { detail: "tell asks for another try".into(), after: None });
    let (sent, _) = run("kill -9 $$", PATIENT).await;
    assert_eq!(sent, Sent::Retry { detail: "tell was ended by a signal".into(), after: None });
    let (sent, _) = run("printf 'a\\033[2Jb\\r\\nc'; exit 1", PATIENT).await;
    assert_eq!(sent, Sent::Refused { detail: "tell ended with exit code 1: a\\x1b[2Jb\\r\\nc".into() });
}

#[tokio::test]
async fn a_program_that_is_not_there_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let command = Command::new(&["./tell".into()], Vec::new(), folder.path().into(), PATIENT).unwrap();
    let sent = command.send(letter(Occasion::Fired).message()).await;
    let Sent::Refused { detail } = &sent else { panic!("{sent:?}") };
    assert!(detail.starts_with("tell could not be started: No such file"), "{detail}");
    assert!(Command::new(&[], Vec::new(), folder.path().into(), PATIENT).is_err());
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed_with_what_it_started() {
    let (sent, folder) = run("sleep 1000 & echo $! > child; echo $$ > own; wait", Duration::from_secs(5)).await;
    assert_eq!(sent, Sent::Retry { detail: "tell was stopped after 5 s: it took too long".into(), after: None });
    for name in ["child", "own"] {
        let pid = std::fs::read_to_string(folder.path().join(name)).unwrap().trim().to_owned();
        until(|| is_gone(&pid)).await;
    }
}

#[tokio::test]
async fn a_program_that_leaves_something_behind_that_holds_its_output_does_not_hold_the_message() {
    let (sent, _) = run("sleep 1000 & echo done", PATIENT).await;
    assert_eq!(sent, Sent::Delivered { detail: "tell ended well: done".into(), remote: None });
}

#[tokio::test]
async fn a_program_need_not_read_and_may_say_much() {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "tell", "exec 0<&-; yes nothing | head -c 1000000");
    let command = Command::new(&["./tell".into()], Vec::new(), folder.path().into(), PATIENT).unwrap();
    let mut long = letter(Occasion::Fired);
    long.notice.alerts[0].finding.message = "long ".repeat(200_000);
    let sent = command.send(long.message()).await;
    let Sent::Delivered { detail, .. } = &sent else { panic!("{sent:?}") };
    assert!(detail.chars().count() < 500 && detail.starts_with("tell ended well: nothing\\nnothing"), "{detail}");
}

#[tokio::test]
async fn a_desktop_shows_title_and_text_as_they_are() {
    for (name, expected) in [
        ("notify-send", "--app-name=Landfall\n--urgency=critical\n--\n--help; $(id)\na &lt;b&gt; &amp; c\n"),
        (
            "osascript",
            "-e\non run texts\n-e\ndisplay notification (item 2 of texts) with title (item 1 of texts)\n-e\nend run\n--\n\
             --help; $(id)\na <b> & c\n",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        script(folder.path(), name, &format!("printf '%s\\n' \"$@\" > {}/arguments", folder.path().display()));
        let mut message = letter(Occasion::Fired);
        (message.subject, message.text) = ("--help; $(id)".into(), "a <b> & c".into());
        let path = format!("/nowhere:{}", folder.path().display());
        let sent = Desktop::new(&path, PATIENT).send(message.message()).await;
        assert!(matches!(sent, Sent::Delivered { .. }), "{sent:?}");
        assert_eq!(std::fs::read_to_string(folder.path().join("arguments")).unwrap(), expected);
    }
}

#[tokio::test]
async fn a_machine_without_a_desktop_says_so() {
    let sent = Desktop::new("/nowhere", SHORT).send(letter(Occasion::Fired).message()).await;
    let Sent::Refused { detail } = &sent else { panic!("{sent:?}") };
    assert!(detail.contains("notify-send"), "{detail}");
}

#[tokio::test]
async fn a_bell_rings_with_the_severity_and_one_line() {
    let rung: Arc<Mutex<Vec<(Severity, String)>>> = Arc::default();
    let heard = Arc::clone(&rung);
    let bell = Bell::new(Arc::new(move |severity, text| heard.lock().unwrap().push((severity, text))));
    let mut message = letter(Occasion::Fired);
    message.subject = "Critical:\u{7}\r\nflights".into();
    let sent = bell.send(message.message()).await;
    assert_eq!(sent, Sent::Delivered { detail: "rang at the consoles that are attached".into(), remote: None });
    assert_eq!(*rung.lock().unwrap(), [(Severity::Critical, "Critical:\\x07\\r\\nflights".to_owned())]);
}
