//! Texts that nobody cleaned: they break no JSON, no header and no argument, and are cut where a service needs it.

use landfall::alerts::channel::command::Command;
use landfall::alerts::channel::{Channel, Sent};
use landfall::domain::alert::Occasion;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use super::channels::{ALL, PATIENT, http, open, well};
use super::message::{Letter, letter};
use super::receiver::{Heard, Receiver};

/// Pieces that break something somewhere.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\nX-Evil: 1\r\n\r\n".to_owned()),
        Just("\0\u{1b}[2J\u{7}\u{9b}\u{7f}".to_owned()),
        Just("\u{202e}gpj.exe\u{200f}\u{feff}".to_owned()),
        Just("👩‍👩‍👧‍👦🏳️‍🌈é\u{301}".to_owned()),
        Just("\"}],\"x\":{\\\"".to_owned()),
        Just("</pre><script>&amp;<!channel>".to_owned()),
        Just("```\n{noformat}\n'; --".to_owned()),
        Just("$(id) `id` %0d%0a ${X}".to_owned()),
        any::<String>(),
        ".{0,40}",
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn hostile(subject: &str, text: &str, occasion: Occasion) -> Letter {
    let mut letter = letter(occasion);
    letter.subject = subject.to_owned();
    letter.text = text.to_owned();
    letter.key = subject.chars().take(60).collect();
    letter.notice.group = text.to_owned();
    letter.notice.workspace = subject.to_owned();
    letter.notice.link = Some(format!("https://ops.example.com/{subject}"));
    letter.notice.alerts[0].pipeline = subject.to_owned();
    letter.notice.alerts[0].finding.object = text.to_owned();
    letter.notice.alerts[0].finding.message = text.to_owned();
    letter
}

/// Sends to every channel; answers what each of them was told. The receiver itself takes no broken request.
async fn sent(letter: &Letter) -> Vec<(&'static str, Heard)> {
    let http = http(PATIENT, None);
    let mut all = Vec::new();
    for name in ALL {
        let receiver = Receiver::new(move |heard, _| well(name, &heard.path)).await;
        let sent = open(name, &receiver.base, http.clone()).send(letter.message()).await;
        assert!(matches!(sent, Sent::Delivered { .. }), "{name}: {sent:?}");
        all.extend(receiver.heard().into_iter().map(|heard| (name, heard)));
    }
    all
}

fn check(told: &[(&str, Heard)], letter: &Letter) {
    for (name, heard) in told {
        assert!(heard.header("x-evil").is_none(), "{name}: {heard:?}");
        if heard.body.is_empty() {
            continue;
        }
        let json = heard.json();
        match *name {
            "webhook" => assert_eq!(json["subject"], letter.subject.as_str()),
            "azure_devops" if json.is_array() => {
                assert!(json[0]["value"].as_str().unwrap().chars().count() <= 255);
                assert!(!json[1]["value"].as_str().unwrap().contains("<script"));
            }
            "github" => assert!(json["title"].as_str().is_none_or(|title| title.chars().count() <= 255)),
            "jira" => assert!(json["fields"]["summary"].as_str().is_none_or(|title| title.chars().count() <= 255)),
            "pagerduty" => {
                assert!(json["payload"]["summary"].as_str().unwrap().chars().count() <= 1_024);
                assert!(heard.body.len() <= 512_000);
            }
            "slack" => check_slack(&json),
            "teams" => assert!(heard.body.len() <= 28_000, "{}", heard.body.len()),
            "ntfy" => {
                assert!(json["message"].as_str().unwrap().len() <= 4_096);
                assert!(heard.body.len() <= 8_192, "{}", heard.body.len());
            }
            _ => {}
        }
    }
}

fn check_slack(json: &Value) {
    assert!(!json["text"].as_str().unwrap().contains('<'));
    for block in json["blocks"].as_array().unwrap() {
        let text = block["text"]["text"].as_str().unwrap();
        assert!((1..=3_000).contains(&text.chars().count()), "{text}");
        if block["text"]["type"] == "mrkdwn" {
            assert_eq!((text.matches('<').count(), text.matches('|').count()), (1, 1), "{text}");
        }
    }
}

#[test]
fn hostile_texts_break_nothing_on_the_wire() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let occasions = prop_oneof![Just(Occasion::Fired), Just(Occasion::Digest)];
    runner
        .run(&(text(), text(), occasions), |(subject, text, occasion)| {
            let letter = hostile(&subject, &text, occasion);
            check(&runtime.block_on(sent(&letter)), &letter);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn a_megabyte_of_text_is_cut_to_what_each_service_takes() {
    for piece in ["\"\n\\", "👩‍👩‍👧‍👦", "<&>\u{1b}\r\n", "a"] {
        let long = piece.repeat(1_000_000 / piece.len());
        let mut letter = hostile(&long[..long.floor_char_boundary(900)], &long, Occasion::Fired);
        letter.subject = long;
        check(&sent(&letter).await, &letter);
    }
}

#[test]
fn hostile_texts_stay_in_their_variable() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    // Ends each variable with a NUL, which no value can hold, and each of the two with a line of its own.
    let program = ["sh", "-c", "cat > notice.json; printf '%s' \"$LANDFALL_SUBJECT\" > subject; env -0 > variables"];
    let program = program.map(str::to_owned);
    let command = Command::new(&program, Vec::new(), folder.path().into(), PATIENT).unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    runner
        .run(&(text(), text()), |(subject, text)| {
            let letter = hostile(&subject, &text, Occasion::Fired);
            let sent = runtime.block_on(command.send(letter.message()));
            assert!(matches!(sent, Sent::Delivered { .. }), "{sent:?}");
            let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
            let notice: Value = serde_json::from_str(&read("notice.json")).unwrap();
            assert_eq!(notice["subject"], letter.subject.as_str());
            assert_eq!(read("subject"), landfall::domain::text::one_line(&subject));
            let variables = read("variables");
            let own = variables.split('\0').filter(|variable| variable.starts_with("LANDFALL_")).count();
            assert_eq!(own, 12, "{variables:?}");
            Ok(())
        })
        .unwrap();
}
