//! Notices to be sent.

use chrono::DateTime;
use landfall::alerts::channel::Message;
use landfall::domain::Instant;
use landfall::domain::alert::{AlertKind, AlertState, Evidence, Finding, Notice, NoticeAlert, Occasion, Severity};

pub const KEY: &str = "flights/file size/flights_2013-03-09.csv";

/// A notice with all that a channel takes from it.
#[derive(Debug, Clone)]
pub struct Letter {
    pub notice: Notice,
    pub subject: String,
    pub text: String,
    pub key: String,
    pub remote: Option<String>,
}

impl Letter {
    pub fn message(&self) -> Message<'_> {
        Message {
            notice: &self.notice,
            subject: &self.subject,
            text: &self.text,
            key: &self.key,
            remote: self.remote.as_deref(),
        }
    }

    pub fn with_remote(mut self, remote: &str) -> Self {
        self.remote = Some(remote.to_owned());
        self
    }
}

pub fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

pub fn letter(occasion: Occasion) -> Letter {
    let finding = Finding {
        observed: Some(948_600.0),
        expected: Some((61_000.0, 142_000.0)),
        unit: "bytes".into(),
        evidence: Evidence { files: vec!["flights_2013-03-09.csv".into()], ..Evidence::default() },
        ..Finding::new(
            AlertKind::FileSize,
            "flights_2013-03-09.csv",
            Severity::Critical,
            "flights_2013-03-09.csv is 10.2x its usual 93 kB (band 61–142 kB)".into(),
            "ln-residual against the weekday median, 3.5 σ",
        )
    };
    let alert = NoticeAlert {
        id: 7,
        fingerprint: KEY.into(),
        pipeline: "flights".into(),
        run: Some(128),
        finding,
        state: AlertState::Firing,
        since: at("2013-03-09T14:01:00Z"),
        answer: None,
        ended: None,
        actions: vec!["landfall alerts ack 7".into()],
    };
    let notice = Notice {
        occasion,
        workspace: "airport".into(),
        group: "flights, run 128".into(),
        alerts: vec![alert],
        total: 1,
        link: Some("https://ops.example.com/alerts/7?a=1&b=2".into()),
        at: at("2013-03-09T14:01:30Z"),
    };
    Letter {
        notice,
        subject: "Critical: flights: file size of flights_2013-03-09.csv".into(),
        text: "flights_2013-03-09.csv is 10.2x its usual 93 kB (band 61–142 kB).\nNext: landfall alerts ack 7".into(),
        key: KEY.into(),
        remote: None,
    }
}
