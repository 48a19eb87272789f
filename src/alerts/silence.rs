//! Landfall itself was silent: no engine ran, so nothing was looked at.

use crate::config::rules::SilenceRule;
use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::{Instant, format};

/// The alert's object.
pub const OBJECT: &str = "engine";

/// The session before, as an engine that starts finds it.
#[derive(Debug, Clone)]
pub struct Look {
    /// Its newest sign of life, or its start.
    pub seen: Instant,
    /// When it stopped in good order, if it did.
    pub stopped: Option<Instant>,
    /// Now: this engine starts.
    pub now: Instant,
    /// Scheduled checks that were due meanwhile; none when nobody expects them (this engine follows no schedule).
    pub missed: u64,
}

/// Judges the time between two sessions. An engine that was killed is always told of, one that had been stopped only
/// when checks were missed and it was away for long.
pub fn judge(look: &Look, rule: &SilenceRule) -> Verdict {
    let since = look.stopped.unwrap_or(look.seen);
    let away = (look.now - since).to_std().unwrap_or_default();
    if look.stopped.is_some() && (look.missed == 0 || away <= rule.after) {
        let reason = "the engine before stopped in good order".to_owned();
        return Verdict::Fine { kind: AlertKind::Silence, object: OBJECT.to_owned(), reason };
    }
    let day = "%Y-%m-%d %H:%M";
    let to = if since.date_naive() == look.now.date_naive() { "%H:%M" } else { day };
    let length = format::duration(away.as_secs_f64());
    let times = format!("from {} to {} UTC, {length}", since.format(day), look.now.format(to));
    let checks = match look.missed {
        0 => String::new(),
        1 => "; 1 scheduled check did not happen".to_owned(),
        n => format!("; {} scheduled checks did not happen", format::count(n)),
    };
    let (severity, message) = match look.stopped {
        Some(_) => (Severity::Info, format!("no engine ran {times}{checks}")),
        None => (
            Severity::Warning,
            format!(
                "the engine did not stop in good order (it was killed, or the machine went down): silent {times}{checks}"
            ),
        ),
    };
    let calm = format::duration(rule.calm.as_secs_f64());
    let rule = format!("no engine ran; over once one has run for {calm}, or when an operator resolves it");
    Verdict::Bad(Finding {
        observed: Some(away.as_secs_f64()),
        expected: Some((0.0, 0.0)),
        unit: "s".to_owned(),
        ..Finding::new(AlertKind::Silence, OBJECT, severity, message, &rule)
    })
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone, Utc};

    use super::{Look, judge};
    use crate::config::rules::SilenceRule;
    use crate::domain::alert::{Severity, Verdict};

    fn look(stopped: bool, missed: u64, minutes: i64) -> Option<(Severity, String)> {
        let seen = Utc.with_ymd_and_hms(2024, 5, 1, 22, 4, 0).unwrap();
        let stopped = stopped.then_some(seen);
        match judge(&Look { seen, stopped, now: seen + Duration::minutes(minutes), missed }, &SilenceRule::default()) {
            Verdict::Fine { .. } => None,
            Verdict::Bad(finding) => Some((finding.severity, finding.message)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_night_without_an_engine_is_told_with_what_was_missed() {
        let (severity, said) = look(true, 10, 9 * 60 + 27).unwrap();
        let sentence =
            "no engine ran from 2024-05-01 22:04 to 2024-05-02 07:31 UTC, 9h 27m; 10 scheduled checks did not happen";
        assert_eq!((severity, said.as_str()), (Severity::Info, sentence));
        assert_eq!(look(true, 0, 9 * 60), None, "nothing was due");
        assert_eq!(look(true, 1, 4), None, "a restart");
    }

    #[test]
    fn a_killed_engine_is_told_however_short_it_was_away() {
        let (severity, said) = look(false, 0, 1).unwrap();
        assert_eq!(severity, Severity::Warning);
        let end = "(it was killed, or the machine went down): silent from 2024-05-01 22:04 to 22:05 UTC, 1m";
        assert!(said.ends_with(end), "{said}");
        assert!(look(false, 1, 60).unwrap().1.ends_with("; 1 scheduled check did not happen"));
        assert!(look(false, 0, -60).is_some(), "a clock set back hides no kill");
    }
}
