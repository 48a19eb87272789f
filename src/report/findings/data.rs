//! Findings about the data: files and rows that were lost, outcomes that do not come, days that surprise.

use super::{FindingNote, note};
use crate::domain::alert::Severity;
use crate::domain::file::FileState;
use crate::domain::format::{count, counted, share};
use crate::domain::quantile::robust_sd;
use crate::domain::story::{Story, StoryDay};
use crate::report::numbers::{MIN_DAYS, WINDOW, judged, level, spoken};

/// Rejected shares from which a warning, and an alarm, is due.
const REJECTS: (f64, f64) = (0.01, 0.05);
/// Days without outcomes after which they are overdue.
const OVERDUE_DAYS: i64 = 7;

/// Files that could not be used.
pub fn quarantined(story: &Story) -> Option<FindingNote> {
    let waiting: Vec<_> = story
        .files
        .iter()
        .filter(|f| [FileState::Quarantined, FileState::Held].iter().any(|s| s.name() == f.state))
        .collect();
    let first = waiting.first()?;
    let rest = match waiting.len() {
        1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    note(
        Severity::Warning,
        format!("{} of this batch could not be used", counted(waiting.len() as u64, "file")),
        format!("{}: {}{rest}. Its rows are missing from the history and from the model.", first.key, first.reason),
        "Look at the file under quarantine/ in the lake; drop a corrected version into the landing, and it is taken \
         up by the next check.",
    )
}

/// The reason most rows were rejected for.
pub fn rejects(story: &Story) -> Option<FindingNote> {
    let rejected: u64 = story.rejects.iter().map(|(_, _, n)| n).sum();
    let rows: u64 = story.files.iter().filter_map(|f| f.rows).sum();
    let (column, reason, worst) = story.rejects.first().filter(|_| rejected > 0)?;
    let part = if rows > 0 { rejected as f64 / rows as f64 } else { 1.0 };
    let severity = match part {
        p if p >= REJECTS.1 => Severity::Critical,
        p if p >= REJECTS.0 => Severity::Warning,
        _ => Severity::Info,
    };
    let subject = if column.is_empty() { "the row as a whole".to_owned() } else { format!("column {column}") };
    note(
        severity,
        format!("{} of the rows were rejected", if part < 0.0005 { "A few".to_owned() } else { share(part) }),
        format!("{} of {} fail on {subject}: {reason}.", count(*worst), counted(rejected, "rejected row")),
        format!(
            "Look at the rejects of run {}. If the values are right, widen what the pipeline accepts for {subject}; \
             if not, tell upstream.",
            story.run
        ),
    )
}

/// Outcomes that should have come by now.
pub fn overdue_labels(story: &Story) -> Option<FindingNote> {
    let date = |day: &StoryDay| day.day.parse::<chrono::NaiveDate>().ok();
    let newest = story.days.iter().filter(|d| d.rows > 0).filter_map(date).next_back()?;
    let oldest = story.days.iter().filter(|d| d.rows > 0).find_map(date)?;
    let last = judged(&story.days).next_back().and_then(date);
    let waiting = (newest - last.unwrap_or(oldest)).num_days();
    if waiting < OVERDUE_DAYS {
        return None;
    }
    let since = match last {
        Some(day) => format!("The last day with a known outcome is {}", spoken(&day.to_string())),
        None => "No day has a known outcome yet".to_owned(),
    };
    note(
        Severity::Warning,
        "Outcomes are overdue",
        format!("{since}; predictions have gone unjudged for {}.", counted(waiting as u64, "day")),
        format!(
            "Ask upstream for the files that carry `{}`. Without outcomes neither the metrics nor the model can move.",
            story.target
        ),
    )
}

/// Judged days on which the model was most wrong about the day as a whole.
pub fn surprising_days(story: &Story) -> Option<FindingNote> {
    let recent: Vec<&StoryDay> = judged(&story.days).rev().take(WINDOW).collect();
    if recent.len() < 2 * MIN_DAYS {
        return None;
    }
    let miss = |d: &StoryDay| d.actual.unwrap_or(0.0) - d.predicted.unwrap_or(0.0);
    let spread = robust_sd(&recent.iter().map(|d| miss(d)).collect::<Vec<_>>())?;
    let mut far: Vec<&&StoryDay> = recent.iter().filter(|d| miss(d).abs() > 3.0 * spread.max(1e-12)).collect();
    far.sort_by(|a, b| miss(b).abs().total_cmp(&miss(a).abs()));
    let worst = far.first()?;
    let others: Vec<&str> = far.iter().skip(1).take(4).map(|d| d.day.as_str()).collect();
    let others = if others.is_empty() { String::new() } else { format!(" Also far off: {}.", others.join(", ")) };
    note(
        Severity::Info,
        format!("{} took the model by surprise", counted(far.len() as u64, "day")),
        format!(
            "On {} it predicted {}, and it became {}.{others}",
            spoken(&worst.day),
            level(story.task, worst.predicted?),
            level(story.task, worst.actual?)
        ),
        "Find what set these days apart (weather, a holiday, an outage). A column that knows it beforehand is the \
         most valuable feature to add.",
    )
}
