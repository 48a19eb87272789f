//! The output of a run could not be published.

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::text::one_line;
use crate::domain::{Instant, format};

/// A publication that was tried.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Where to: the alert's object.
    pub target: &'a str,
    /// The run.
    pub run: i64,
    /// Why it failed, after its last attempt; absent when it was published.
    pub error: Option<&'a str>,
    /// What readers see: the run that published last, and when.
    pub last_good: Option<(i64, Instant)>,
    /// When it was tried.
    pub at: Instant,
}

/// Judges it.
pub fn judge(look: &Look<'_>) -> Verdict {
    let run = look.run;
    let Some(error) = look.error else {
        let reason = format!("run {run} was published");
        return Verdict::Fine { kind: AlertKind::PublishFailed, object: look.target.to_owned(), reason };
    };
    let readers = match look.last_good {
        // The run is committed, but its readers are not pointed to it.
        Some((good, _)) if good == run => "it is committed, but readers are not pointed to it yet".to_owned(),
        Some((good, since)) => {
            let age = format::age(since, look.at);
            format!("readers still see run {good}, {age} old then ({})", since.format("%Y-%m-%d %H:%M UTC"))
        }
        None => "readers have nothing yet".to_owned(),
    };
    let message = format!("run {run} could not be published to {}: {}; {readers}", look.target, one_line(error));
    let rule = "the publish stage failed after its last attempt; over with the next publication";
    Verdict::Bad(Finding {
        evidence: Evidence { lines: vec![one_line(error)], ..Evidence::default() },
        ..Finding::new(AlertKind::PublishFailed, look.target, Severity::Critical, message, rule)
    })
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Look, judge};
    use crate::domain::alert::Verdict;

    #[test]
    fn it_says_what_readers_see_meanwhile() {
        let at = Utc.with_ymd_and_hms(2024, 5, 1, 6, 0, 0).unwrap();
        let failed = Look {
            target: "predictions/p",
            run: 9,
            error: Some("the lake is full\nindeed"),
            last_good: Some((7, at - Duration::hours(3))),
            at,
        };
        let said = |look: &Look<'_>| match judge(look) {
            Verdict::Bad(finding) => finding.message,
            other => panic!("{other:?}"),
        };
        let sentence = "run 9 could not be published to predictions/p: the lake is full\\nindeed; ";
        let ends = "readers still see run 7, 3h old then (2024-05-01 03:00 UTC)";
        assert_eq!(said(&failed), format!("{sentence}{ends}"));
        let never = Look { last_good: None, ..failed.clone() };
        assert_eq!(said(&never), format!("{sentence}readers have nothing yet"));
        let unpointed = Look { last_good: Some((9, at)), ..failed.clone() };
        assert!(said(&unpointed).ends_with("it is committed, but readers are not pointed to it yet"));
        assert!(matches!(judge(&Look { error: None, ..failed }), Verdict::Fine { .. }));
    }
}
