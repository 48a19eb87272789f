//! What exactly goes over the wire.

use landfall::alerts::channel::pagerduty::Pagerduty;
use landfall::alerts::channel::{Acknowledged, Channel, Sent};
use landfall::domain::alert::Occasion;
use serde_json::json;

use super::channels::{ALL, PATIENT, SECRET, http, open, well};
use super::message::{Letter, at, letter};
use super::receiver::{Heard, Play, Receiver};

/// Sends a letter to a service that is well; answers what it heard, and what became of it.
async fn heard(name: &'static str, letter: &Letter) -> (Vec<Heard>, Sent) {
    let receiver = Receiver::new(move |heard, _| well(name, &heard.path)).await;
    let sent = open(name, &receiver.base, http(PATIENT, None)).send(letter.message()).await;
    (receiver.heard(), sent)
}

fn picture(heard: &[Heard], sent: &Sent) -> String {
    let requests: Vec<String> = heard.iter().map(Heard::shape).collect();
    format!("{}\n=> {sent:?}\n", requests.join("\n"))
}

macro_rules! assert_picture {
    ($name:expr, $picture:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!($name, $picture);
        });
    };
}

#[tokio::test]
async fn each_service_is_told_in_its_own_form() {
    for name in ALL {
        let (requests, sent) = heard(name, &letter(Occasion::Fired)).await;
        assert_picture!(format!("{name}_fired"), picture(&requests, &sent));
    }
}

#[tokio::test]
async fn a_resolution_is_told_in_its_own_form() {
    for name in ["pagerduty", "ntfy"] {
        let (requests, sent) = heard(name, &letter(Occasion::Resolved)).await;
        assert_picture!(format!("{name}_resolved"), picture(&requests, &sent));
    }
}

#[tokio::test]
async fn a_test_of_a_tracker_or_a_pager_leaves_nothing_open() {
    for name in ["azure_devops", "github", "jira", "pagerduty"] {
        let (requests, sent) = heard(name, &letter(Occasion::Test)).await;
        assert_picture!(format!("{name}_test"), picture(&requests, &sent));
    }
}

#[tokio::test]
async fn a_test_finds_a_repository_or_a_project_that_takes_no_issues() {
    let wrong = [
        ("github", json!({"archived": true}), "archived"),
        ("github", json!({"has_issues": false}), "has no issues"),
        ("jira", json!({"issueTypes": [{"name": "Task"}, {"name": "Story"}]}), "there is: Task, Story"),
    ];
    for (name, answer, because) in wrong {
        let receiver = Receiver::always(Play::json(200, &answer)).await;
        let sent = open(name, &receiver.base, http(PATIENT, None)).send(letter(Occasion::Test).message()).await;
        let Sent::Refused { detail } = &sent else { panic!("{name}: {sent:?}") };
        assert!(detail.contains(because), "{detail}");
    }
}

#[tokio::test]
async fn a_webhook_sends_the_same_notice_under_the_same_key_and_another_under_another() {
    let key = |heard: &[Heard]| heard[0].header("idempotency-key").unwrap().to_owned();
    let fired = letter(Occasion::Fired);
    let (first, _) = heard("webhook", &fired).await;
    let (again, _) = heard("webhook", &fired).await;
    assert_eq!(key(&first), key(&again));
    let (resolved, _) = heard("webhook", &letter(Occasion::Resolved)).await;
    let mut later = fired.clone();
    later.notice.at = at("2013-03-09T18:01:30Z");
    let (repeated, _) = heard("webhook", &later).await;
    assert_ne!(key(&first), key(&resolved));
    assert_ne!(key(&first), key(&repeated));
}

#[tokio::test]
async fn a_webhook_signs_exactly_what_it_sends() {
    use hmac::{Hmac, KeyInit, Mac};
    let (requests, _) = heard("webhook", &letter(Occasion::Fired)).await;
    let signature = requests[0].header("landfall-signature").unwrap();
    let (t, v1) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    assert_eq!(t, at("2013-03-09T14:02:00Z").timestamp().to_string());
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{t}.{}", requests[0].body).as_bytes());
    let signed: Vec<u8> =
        (0..v1.len()).step_by(2).map(|from| u8::from_str_radix(&v1[from..from + 2], 16).unwrap()).collect();
    mac.verify_slice(&signed).unwrap();
}

#[tokio::test]
async fn pagerduty_is_asked_who_has_acknowledged() {
    let receiver = Receiver::new(|heard, _| {
        let seen = json!({"status": "acknowledged", "acknowledgements": [
            {"at": "2013-03-09T14:05:00Z", "acknowledger": {"summary": "On\u{1b}call"}},
        ]});
        let incidents = if heard.path.contains("seen") { vec![seen] } else { Vec::new() };
        Play::json(200, &json!({"incidents": incidents}))
    })
    .await;
    let pager = open("pagerduty", &receiver.base, http(PATIENT, None));
    let keys = ["flights/staleness/arrival".to_owned(), "flights/file size/seen & done.csv".to_owned()];
    let who = "On\\x1bcall".to_owned();
    let expected = Acknowledged { key: keys[1].clone(), who, at: Some(at("2013-03-09T14:05:00Z")) };
    assert_eq!(pager.acknowledged(&keys).await, Ok(vec![expected]));
    assert_picture!("pagerduty_asked", receiver.heard().iter().map(Heard::shape).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn an_acknowledgement_that_cannot_be_asked_for_is_an_error_or_nobodys() {
    let receiver = Receiver::always(Play::json(401, &json!({"error": {"message": SECRET}}))).await;
    let keys = ["flights/staleness/arrival".to_owned()];
    let error = open("pagerduty", &receiver.base, http(PATIENT, None)).acknowledged(&keys).await.unwrap_err();
    assert!(error.contains("401") && error.contains("the token is wrong") && !error.contains(SECRET), "{error}");
    let without = Pagerduty::new(http(PATIENT, None), &receiver.base, SECRET.into(), None).unwrap();
    assert_eq!(without.acknowledged(&keys).await, Ok(Vec::new()));
    assert_eq!(open("slack", &receiver.base, http(PATIENT, None)).acknowledged(&keys).await, Ok(Vec::new()));
    assert_eq!(receiver.heard().len(), 1);
}
