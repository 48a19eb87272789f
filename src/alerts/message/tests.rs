use chrono::{TimeZone, Utc};
use proptest::prelude::*;

use super::{html, subject, text};
use crate::config::message::{MessageTemplates, Template};
use crate::domain::Instant;
use crate::domain::alert::{AlertKind, AlertState, Evidence, Finding, Notice, NoticeAlert, Occasion, Sample, Severity};

fn at(minutes: i64) -> Instant {
    Utc.with_ymd_and_hms(2013, 3, 9, 14, 1, 0).unwrap() + chrono::Duration::minutes(minutes)
}

fn big_file() -> NoticeAlert {
    let sample = |day: i64, value: f64| Sample { at: at(day * 1440), value, band: Some((61_000.0, 142_000.0)) };
    NoticeAlert {
        id: 12,
        fingerprint: "flights/file size/flights_2013-03-09.csv".into(),
        pipeline: "flights".into(),
        run: Some(6),
        finding: Finding {
            observed: Some(948_600.0),
            expected: Some((61_000.0, 142_000.0)),
            unit: "bytes".into(),
            evidence: Evidence {
                history: vec![sample(-2, 91_000.0), sample(-1, 40_000.0), sample(0, 948_600.0)],
                files: vec!["flights_2013-03-09.csv".into()],
                lines: vec!["header: year,month,day".into()],
                ..Evidence::default()
            },
            ..Finding::new(
                AlertKind::FileSize,
                "flights_2013-03-09.csv",
                Severity::Critical,
                "flights_2013-03-09.csv is 10.2x its usual 93 kB".into(),
                "more than 3.2 times the usual, or 5 deviations from it",
            )
        },
        state: AlertState::Acknowledged,
        since: at(0),
        answer: Some(("ada".into(), "asked upstream".into())),
        ended: None,
        actions: vec!["landfall ack 12 --note \"…\"".into()],
    }
}

fn notice(occasion: Occasion, alerts: Vec<NoticeAlert>) -> Notice {
    Notice {
        occasion,
        workspace: "nyc".into(),
        group: "flights run 6".into(),
        total: alerts.len(),
        alerts,
        link: Some("https://ops.example.com/?a=1&b=2".into()),
        at: at(1),
    }
}

fn plain() -> MessageTemplates {
    MessageTemplates::default()
}

#[test]
fn a_subject_says_it_in_one_line() {
    let said = |occasion| subject(&notice(occasion, vec![big_file()]), &plain());
    assert_eq!(said(Occasion::Fired), "[critical] flights: flights_2013-03-09.csv is 10.2x its usual 93 kB");
    assert!(said(Occasion::Escalated).starts_with("[critical, unanswered] flights: "));
    assert!(said(Occasion::Resolved).starts_with("[resolved] flights: "));
    let two = notice(Occasion::Fired, vec![big_file(), big_file()]);
    assert!(subject(&two, &plain()).starts_with("[critical] flights run 6: 2 alerts, first flights_2013"));
    assert_eq!(subject(&notice(Occasion::Test, Vec::new()), &plain()), "[test] nyc: a test of this channel");
}

#[test]
fn a_text_says_what_was_seen_by_what_rule_and_what_to_do() {
    let expected = "\
An alert in flights run 6 asks for an answer.

flights_2013-03-09.csv is 10.2x its usual 93 kB
  observed  949 kB
  expected  61 kB to 142 kB
  rule      more than 3.2 times the usual, or 5 deviations from it
  since     2013-03-09 14:01:00 UTC
  files     flights_2013-03-09.csv
  answer    acknowledged by ada: asked upstream
  | header: year,month,day
  $ landfall ack 12 --note \"…\"

https://ops.example.com/?a=1&b=2
Landfall, workspace nyc, 2013-03-09 14:02:00 UTC";
    assert_eq!(text(&notice(Occasion::Fired, vec![big_file()]), &plain()), expected);
}

#[test]
fn a_chart_shows_what_is_beyond_the_band() {
    let page = html(&notice(Occasion::Fired, vec![big_file()]));
    // Within, below and above the band: only the last two are red.
    assert_eq!(page.matches("bgcolor=\"#667085\"").count(), 2, "{page}");
    assert_eq!(page.matches("bgcolor=\"#d92d20\"").count(), 4, "{page}");
    assert!(page.contains("<a href=\"https://ops.example.com/?a=1&amp;b=2\">"));
    let mut bare = big_file();
    bare.finding.evidence.history.clear();
    assert!(!html(&notice(Occasion::Fired, vec![bare])).contains("bgcolor"));
}

#[test]
fn words_of_ones_own_stand_in() {
    let template = |text| Some(Template::parse(text).unwrap());
    let own = MessageTemplates {
        subject: template("{kind} in {workspace}/{pipeline}: {observed}, not {expected}"),
        text: template("{message}\n{actions}\n"),
    };
    let notice = notice(Occasion::Fired, vec![big_file()]);
    assert_eq!(subject(&notice, &own), "file size in nyc/flights: 949 kB, not 61 kB to 142 kB");
    let expected = "flights_2013-03-09.csv is 10.2x its usual 93 kB\nlandfall ack 12 --note \"…\"";
    assert_eq!(text(&notice, &own), expected);
}

proptest! {
    /// Whatever a file is called: one line of subject, no control characters, no tag of its own in the HTML.
    #[test]
    fn nothing_that_others_wrote_gets_out_of_its_place(hostile in ".{0,80}", own in any::<bool>()) {
        let hostile = format!("{hostile}\r\nBcc: <script>{hostile}");
        let mut alert = big_file();
        alert.finding.message = format!("{hostile} is odd");
        alert.finding.object = hostile.clone();
        alert.finding.evidence.files = vec![hostile.clone()];
        alert.finding.evidence.lines = vec![hostile.clone()];
        alert.answer = Some((hostile.clone(), hostile.clone()));
        alert.actions = vec![hostile];
        let notice = notice(Occasion::Fired, vec![alert]);
        let template = |text| Template::parse(text).ok();
        let templates = if own {
            MessageTemplates { subject: template("{message}"), text: template("{evidence}") }
        } else {
            plain()
        };
        let line = subject(&notice, &templates);
        prop_assert!(line.chars().count() <= 120 && !line.chars().any(char::is_control), "{line:?}");
        let said = text(&notice, &templates);
        prop_assert!(!said.chars().any(|c| c.is_control() && c != '\n'));
        prop_assert!(own || !said.lines().any(|line| line.starts_with("Bcc")), "{said}");
        prop_assert!(!html(&notice).contains("<script"));
    }
}
