//! What a program may say in JSON, one object a line on its stdout:
//!
//! - `{"progress": 0.4, "note": "fold 2 of 5"}`: how far it is, 0 to 1;
//! - `{"metric": "auc", "value": 0.71}`, optionally with `n`, `split`, `who`, `day`, `column`;
//! - `progress`, `log` and `metric` events of the worker's own protocol (`{"event": "log", …}`).

use serde::Deserialize;

use crate::domain::job::WorkerEvent;
use crate::domain::metric::{Metric, Split};

/// The short forms.
#[derive(Deserialize)]
#[serde(untagged)]
enum Short {
    Progress {
        progress: f64,
        #[serde(default)]
        note: String,
    },
    Metric {
        metric: String,
        value: f64,
        #[serde(default)]
        n: u64,
        split: Option<Split>,
        #[serde(default)]
        who: String,
        day: Option<String>,
        column: Option<String>,
    },
}

/// The event a line stands for; `None` when it is plain log.
pub(super) fn event(line: &str) -> Option<WorkerEvent> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    match serde_json::from_str(line) {
        Ok(event @ (WorkerEvent::Progress { .. } | WorkerEvent::Log { .. } | WorkerEvent::Metric(_))) => Some(event),
        // A program that claims to be done, or to have staged something, is not believed.
        Ok(_) => None,
        Err(_) => serde_json::from_str(line).ok().map(long),
    }
}

fn long(short: Short) -> WorkerEvent {
    match short {
        Short::Progress { progress, note } => {
            let done = (progress.clamp(0.0, 1.0) * 100.0).round() as u64;
            WorkerEvent::Progress { done, total: Some(100), unit: "%".to_owned(), note }
        }
        Short::Metric { metric, value, n, split, who, day, column } => WorkerEvent::Metric(Metric {
            name: metric,
            value,
            n,
            split: split.unwrap_or(Split::Batch),
            who,
            model: None,
            day,
            column,
            from: None,
            to: None,
            of_run: None,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_forms_are_understood() {
        let progress = |done, note: &str| {
            Some(WorkerEvent::Progress { done, total: Some(100), unit: "%".to_owned(), note: note.to_owned() })
        };
        assert_eq!(event(r#"{"progress": 0.4}"#), progress(40, ""));
        assert_eq!(event(r#"{"progress": 7, "note": "fold 2"}"#), progress(100, "fold 2"));
        let Some(WorkerEvent::Metric(metric)) = event(r#"{"metric":"auc","value":0.71,"split":"holdout"}"#) else {
            panic!("not a metric")
        };
        assert_eq!((metric.name.as_str(), metric.value, metric.split), ("auc", 0.71, Split::Holdout));
        let log = event(r#"{"event":"log","level":"error","text":"x"}"#);
        assert!(matches!(log, Some(WorkerEvent::Log { .. })));
    }

    #[test]
    fn everything_else_is_log() {
        for line in ["plain", "{\"some\": \"json\"}", "{broken", r#"{"event":"done","summary":"x"}"#, "0.4"] {
            assert_eq!(event(line), None, "{line}");
        }
    }
}
