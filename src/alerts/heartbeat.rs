//! A running stage that gives no sign of life: it says nothing and uses no processor time.
//!
//! A fit that says nothing for an hour uses the processor all the while, and a program that polls a distant job uses some
//! at every look. What does neither is stopped, deadlocked, or waits for something that does not come.

use std::time::Duration;

use crate::domain::alert::{AlertKind, Finding, Severity, Verdict};
use crate::domain::{Instant, format};

/// A running stage at one instant.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// Its name: the alert's object.
    pub stage: &'a str,
    /// Its run.
    pub run: i64,
    /// The present.
    pub now: Instant,
    /// When it last said something or used the processor; absent when no attempt is under way.
    pub alive: Option<Instant>,
    /// `after`.
    pub after: Duration,
    /// When the attempt will be stopped.
    pub timeout: Duration,
}

/// Judges a stage.
pub fn judge(look: &Look<'_>) -> Verdict {
    let (kind, object) = (AlertKind::Heartbeat, look.stage.to_owned());
    let Some(alive) = look.alive else {
        return Verdict::Fine { kind, object, reason: format!("{} is not running", look.stage) };
    };
    let silent = (look.now - alive).num_milliseconds() as f64 / 1000.0;
    let limit = look.after.as_secs_f64();
    if silent <= limit {
        return Verdict::Fine { kind, object, reason: format!("a sign of life {} ago", format::duration(silent)) };
    }
    let message = format!(
        "{} of run {} has given no sign of life for {} (limit {}): no word, no processor time; its timeout stops it after {}",
        look.stage,
        look.run,
        format::duration(silent),
        format::duration(limit),
        format::duration(look.timeout.as_secs_f64())
    );
    let rule = format!("a running stage without a word and without processor time for {}", format::duration(limit));
    Verdict::Bad(Finding {
        observed: Some(silent),
        expected: Some((0.0, limit)),
        unit: "s".to_owned(),
        ..Finding::new(kind, look.stage, Severity::Warning, message, &rule)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Look, judge};
    use crate::domain::Instant;
    use crate::domain::alert::Verdict;

    fn look(silent: Option<i64>) -> Verdict {
        let now = Instant::from_timestamp(1_700_000_000, 0).unwrap();
        let alive = silent.map(|seconds| now - chrono::Duration::seconds(seconds));
        let (after, timeout) = (Duration::from_secs(300), Duration::from_secs(3600));
        judge(&Look { stage: "train", run: 7, now, alive, after, timeout })
    }

    #[test]
    fn silence_is_said_while_it_lasts() {
        assert!(matches!(look(None), Verdict::Fine { .. }));
        assert!(matches!(look(Some(300)), Verdict::Fine { .. }));
        let Verdict::Bad(finding) = look(Some(301)) else { panic!("not said") };
        let said = "train of run 7 has given no sign of life for 5m 1s (limit 5m): no word, no processor time; \
                    its timeout stops it after 1h";
        assert_eq!(finding.message, said);
    }
}
