//! Whatever a receiver does, every channel says the right thing of it, in words, without a secret.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use landfall::alerts::channel::Sent;
use landfall::domain::alert::Occasion;
use serde_json::json;

use super::channels::{ALL, PATIENT, SECRET, SHORT, http, open, well};
use super::message::letter;
use super::receiver::{Play, Receiver};

/// What every channel says of a receiver that always plays this.
async fn told(play: Play, timeout: Duration) -> Vec<(&'static str, Sent)> {
    let receiver = Receiver::always(play).await;
    let http = http(timeout, None);
    let mut told = Vec::new();
    for name in ALL {
        let channel = open(name, &receiver.base, http.clone());
        told.push((name, channel.send(letter(Occasion::Fired).message()).await));
    }
    told
}

fn detail(sent: &Sent) -> &str {
    match sent {
        Sent::Delivered { detail, .. } | Sent::Retry { detail, .. } | Sent::Refused { detail } => detail,
    }
}

async fn all_refuse(play: Play, because: &str) {
    for (name, sent) in told(play.clone(), PATIENT).await {
        assert!(matches!(sent, Sent::Refused { .. }), "{name} of {play:?}: {sent:?}");
        assert!(detail(&sent).contains(because), "{name} of {play:?}: {sent:?}");
    }
}

async fn all_try_again(play: Play, after: Option<u64>, timeout: Duration, because: &str) {
    for (name, sent) in told(play.clone(), timeout).await {
        let Sent::Retry { detail, after: asked } = &sent else { panic!("{name} of {play:?}: {sent:?}") };
        assert_eq!(*asked, after.map(Duration::from_secs), "{name} of {play:?}");
        assert!(detail.contains(because), "{name} of {play:?}: {detail}");
    }
}

#[tokio::test]
async fn a_receiver_that_answers_as_its_service_does_has_the_message() {
    for name in ALL {
        let receiver = Receiver::new(move |heard, _| well(name, &heard.path)).await;
        let channel = open(name, &receiver.base, http(PATIENT, None));
        let sent = channel.send(letter(Occasion::Fired).message()).await;
        assert!(matches!(sent, Sent::Delivered { .. }), "{name}: {sent:?}");
    }
}

#[tokio::test]
async fn a_wrong_request_token_or_address_is_refused() {
    for status in [400, 401, 403, 404, 410, 413, 422] {
        let play = Play::json(status, &json!({"message": "that is not possible"}));
        all_refuse(play, &format!("127.0.0.1 answered {status}")).await;
    }
    all_refuse(Play::json(400, &json!({"message": "that is not possible"})), "(that is not possible)").await;
}

#[tokio::test]
async fn a_receiver_in_trouble_is_tried_again() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        all_try_again(Play::text(status, "later"), None, PATIENT, &format!("{status}")).await;
    }
}

#[tokio::test]
async fn a_receiver_that_asks_to_wait_is_waited_for() {
    all_try_again(Play::with(429, "Retry-After", "120"), Some(120), PATIENT, "429").await;
    // Two minutes after the clock of these tests.
    let date = "Sat, 09 Mar 2013 14:04:00 GMT";
    all_try_again(Play::with(503, "Retry-After", date), Some(120), PATIENT, "503").await;
    all_try_again(Play::with(503, "Retry-After", "Fri, 08 Mar 2013 14:04:00 GMT"), Some(0), PATIENT, "503").await;
    all_try_again(Play::with(503, "Retry-After", "soon"), None, PATIENT, "503").await;
    all_try_again(Play::with(429, "Retry-After", "99999999"), Some(24 * 3600), PATIENT, "429").await;
    // How GitHub says that its limit is reached.
    all_try_again(Play::with(403, "Retry-After", "60"), Some(60), PATIENT, "403").await;
    let headers = vec![("X-RateLimit-Remaining", "0".into()), ("X-RateLimit-Reset", "1362837780".into())];
    all_try_again(Play::Answer { status: 403, headers, body: String::new() }, Some(60), PATIENT, "403").await;
}

#[tokio::test]
async fn a_receiver_that_hangs_cuts_or_drips_is_tried_again() {
    all_try_again(Play::Hang, None, SHORT, "127.0.0.1 did not answer within 0.4 s").await;
    all_try_again(Play::Drip, None, SHORT, "127.0.0.1 did not answer within 0.4 s").await;
    all_try_again(Play::Cut, None, PATIENT, "the connection to 127.0.0.1 broke").await;
    let cut = Play::CutBody { status: 200, body: "{\"status\":".into() };
    all_try_again(cut, None, PATIENT, "broke off in the middle of its answer").await;
    // A failure is one without all of its body, too.
    all_refuse(Play::CutBody { status: 400, body: "no".into() }, "answered 400").await;
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for name in ALL {
        let sent = open(name, &base, http(PATIENT, None)).send(letter(Occasion::Fired).message()).await;
        let Sent::Retry { detail, .. } = &sent else { panic!("{name}: {sent:?}") };
        assert!(detail.starts_with("no connection to 127.0.0.1: "), "{name}: {detail}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::always(Play::text(200, "ok")).await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/elsewhere/{SECRET}", elsewhere.base);
        all_refuse(Play::with(status, "Location", &to), &format!("leads on to {}", elsewhere.base)).await;
    }
    assert!(elsewhere.heard().is_empty());
}

#[tokio::test]
async fn a_page_to_log_in_is_not_a_success() {
    all_refuse(Play::page(203), "the token").await;
    for (name, sent) in told(Play::page(200), PATIENT).await {
        let believed = matches!(sent, Sent::Delivered { .. });
        assert_eq!(believed, name == "webhook", "{name}: {sent:?}: only a webhook may answer with a page");
    }
}

#[tokio::test]
async fn a_success_that_tells_of_an_error_is_none() {
    let lies = [
        ("webhook", Play::json(200, &json!({"ok": false, "error": "queue full"})), "queue full"),
        ("webhook", Play::json(200, &json!({"success": false})), "success"),
        ("webhook", Play::json(202, &json!({"status": "error", "message": "no such topic"})), "no such topic"),
        ("webhook", Play::json(200, &json!({"errors": ["no such topic"]})), "no such topic"),
        ("azure_devops", Play::json(200, &json!({"message": "no"})), "does not answer as Azure DevOps"),
        ("github", Play::json(200, &json!({"message": "no"})), "does not answer as GitHub"),
        ("jira", Play::json(200, &json!({"errorMessages": ["no"]})), "does not answer as Jira"),
        ("pagerduty", Play::json(202, &json!({"status": "invalid event", "message": "bad key"})), "bad key"),
        ("pagerduty", Play::text(202, "accepted"), "not JSON: accepted"),
        ("slack", Play::text(200, "invalid_payload"), "invalid_payload"),
        ("slack", Play::text(200, ""), "does not answer as Slack"),
        (
            "teams",
            Play::text(200, "Webhook message delivery failed with error: endpoint returned HTTP error 413"),
            "HTTP error 413",
        ),
        ("teams", Play::json(200, &json!({"error": {"code": "DirectApiAuthorizationRequired"}})), "Authorization"),
        ("ntfy", Play::json(200, &json!({"code": 40301, "error": "forbidden"})), "does not answer as ntfy"),
    ];
    for (name, play, because) in lies {
        let receiver = Receiver::always(play.clone()).await;
        let sent = open(name, &receiver.base, http(PATIENT, None)).send(letter(Occasion::Fired).message()).await;
        assert!(!matches!(sent, Sent::Delivered { .. }), "{name} of {play:?}: {sent:?}");
        assert!(detail(&sent).contains(because), "{name} of {play:?}: {sent:?}");
    }
    let later = Play::text(200, "Webhook message delivery failed with error: endpoint returned HTTP error 429");
    let receiver = Receiver::always(later).await;
    let sent = open("teams", &receiver.base, http(PATIENT, None)).send(letter(Occasion::Fired).message()).await;
    assert!(matches!(sent, Sent::Retry { .. }), "{sent:?}");
}

#[tokio::test]
async fn an_answer_without_end_is_read_only_at_its_beginning() {
    let huge = "<p>nothing".repeat(2_000_000);
    for (name, sent) in told(Play::text(200, &huge), PATIENT).await {
        let believed = matches!(sent, Sent::Delivered { .. });
        assert_eq!(believed, matches!(name, "webhook" | "teams"), "{name}: {sent:?}");
        assert!(detail(&sent).chars().count() <= 500, "{name}");
    }
    all_refuse(Play::text(400, &huge), "answered 400").await;
}

#[tokio::test]
async fn no_secret_gets_into_what_is_said_even_if_the_receiver_repeats_it() {
    let plays = [
        (Play::Echo { status: 200 }, PATIENT),
        (Play::Echo { status: 203 }, PATIENT),
        (Play::Echo { status: 400 }, PATIENT),
        (Play::Echo { status: 500 }, PATIENT),
        (Play::Cut, PATIENT),
        (Play::Hang, SHORT),
        (Play::with(302, "Location", &format!("/{SECRET}")), PATIENT),
        (Play::json(401, &json!({"message": format!("bad token {SECRET}")})), PATIENT),
    ];
    let login = |user: &str| STANDARD.encode(format!("{user}:{SECRET}"));
    let parts = [SECRET[..12].to_owned(), login("")[..16].to_owned(), login("landfall@example.com")[..40].to_owned()];
    for (play, timeout) in plays {
        for (name, sent) in told(play.clone(), timeout).await {
            let said = detail(&sent);
            assert!(!parts.iter().any(|part| said.contains(part.as_str())), "{name} of {play:?}: {said}");
        }
    }
}

#[tokio::test]
async fn control_signs_of_an_answer_do_not_reach_the_record() {
    let play = Play::text(400, "\u{1b}]52;c;cm0=\u{7}\r\nX-More: 1 \u{202e}abc");
    for (name, sent) in told(play, PATIENT).await {
        let said = detail(&sent);
        assert!(!said.chars().any(|c| c.is_control() || c == '\u{202e}'), "{name}: {said:?}");
        assert!(said.contains("\\x1b]52"), "{name}: {said:?}");
    }
}
