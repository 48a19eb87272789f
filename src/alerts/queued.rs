//! A run that waits for its turn for too long.

use std::time::Duration;

use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::{Instant, format};

/// A pipeline's queue at one instant.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Name of the pipeline: the alert's object.
    pub pipeline: &'a str,
    /// The present.
    pub now: Instant,
    /// The run that waits longest and since when, if one waits. Landfall's own downtime does not count.
    pub waiting: Option<(i64, Instant)>,
    /// What it waits for, in words.
    pub behind: &'a str,
    /// `after`.
    pub after: Duration,
}

/// Judges the queue. Critical at six times the limit.
pub fn judge(look: &Look<'_>) -> Verdict {
    let (kind, object) = (AlertKind::Queued, look.pipeline.to_owned());
    let Some((run, since)) = look.waiting else {
        return Verdict::Fine { kind, object, reason: "no run waits".to_owned() };
    };
    let waited = (look.now - since).num_milliseconds() as f64 / 1000.0;
    let limit = look.after.as_secs_f64();
    let said = format!("run {run} has waited {} for its turn", format::duration(waited));
    if waited <= limit {
        return Verdict::Fine { kind, object, reason: said };
    }
    let severity = if waited > 6.0 * limit { Severity::Critical } else { Severity::Warning };
    let message = format!("{said} (limit {}): {}", format::duration(limit), look.behind);
    let rule = format!("a run that waits for more than {}", format::duration(limit));
    Verdict::Bad(Finding {
        observed: Some(waited),
        expected: Some((0.0, limit)),
        unit: "s".to_owned(),
        ..Finding::new(kind, look.pipeline, severity, message, &rule)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Look, judge};
    use crate::domain::Instant;
    use crate::domain::alert::{Severity, Verdict};

    fn look(waiting: Option<i64>) -> Verdict {
        let now = Instant::from_timestamp(1_700_000_000, 0).unwrap();
        let waiting = waiting.map(|minutes| (7, now - chrono::Duration::minutes(minutes)));
        let after = Duration::from_secs(600);
        judge(&Look { pipeline: "flights", now, waiting, behind: "run 6 is under way since 13:00 UTC", after })
    }

    #[test]
    fn a_wait_is_said_with_what_it_waits_for() {
        assert!(matches!(look(None), Verdict::Fine { .. }));
        assert!(matches!(look(Some(10)), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = look(Some(12)) else { panic!("not said") };
        let said = "run 7 has waited 12m for its turn (limit 10m): run 6 is under way since 13:00 UTC";
        assert_eq!((finding.message.as_str(), finding.severity), (said, Severity::Warning));
        assert!(matches!(look(Some(61)), Verdict::Bad(f) if f.severity == Severity::Critical));
    }
}
