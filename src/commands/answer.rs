//! Answering alerts: `ack`, `unack`, `mute`, `unmute`, `normal`, `judge`, `resolve`.

use std::process::ExitCode;

use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};

use super::arguments::{Answer, Judge, Mute, Rightly};
use super::follow::Connection;
use super::{Place, Refused, print};
use crate::domain::Instant;
use crate::domain::alert::Alarm;
use crate::domain::wire::{Command, Reply};

/// Asks the same of every alert.
///
/// # Errors
/// When one is refused (after all were asked), or no engine can be had.
pub async fn each(place: &Place, alerts: &[i64], command: impl Fn(i64) -> Command) -> anyhow::Result<ExitCode> {
    ask(place, alerts.iter().map(|alert| command(*alert)).collect()).await
}

/// As [`each`], with what the operator has to say.
///
/// # Errors
/// As [`each`].
pub async fn noted(
    place: &Place,
    answer: Answer,
    command: impl Fn(i64, Option<String>) -> Command,
) -> anyhow::Result<ExitCode> {
    each(place, &answer.alerts, |alert| command(alert, answer.note.clone())).await
}

/// `landfall mute`.
///
/// # Errors
/// As [`each`]; and when the end cannot be read.
pub async fn mute(place: &Place, options: Mute) -> anyhow::Result<ExitCode> {
    let until = match (&options.length, &options.until) {
        (Some(length), _) => after(length, Utc::now()),
        (None, Some(until)) => local(until, &time_zone(place)),
        (None, None) => Err("`--for` or `--until` says when it ends".to_owned()),
    };
    let until = until.map_err(Refused)?;
    each(place, &options.alerts, |alert| Command::Mute { alert, until, reason: options.reason.clone() }).await
}

/// `landfall judge`.
///
/// # Errors
/// As [`each`].
pub async fn judge(place: &Place, options: Judge) -> anyhow::Result<ExitCode> {
    let alarm = match options.alarm {
        Rightly::True => Alarm::True,
        Rightly::False => Alarm::False,
    };
    ask(place, vec![Command::Judge { alert: options.alert, alarm, note: options.note }]).await
}

/// Asks one after another; what one is refused does not keep the others from being asked.
async fn ask(place: &Place, commands: Vec<Command>) -> anyhow::Result<ExitCode> {
    let mut connection = Connection::open(&place.root).await?;
    let (mut replies, mut refused) = (Vec::new(), Vec::new());
    for command in commands {
        match connection.ask(command).await {
            Ok(Reply::Refused { message }) => {
                refused.push(message.clone());
                replies.push(Reply::Refused { message });
            }
            Ok(reply) => replies.push(reply),
            Err(error) => {
                connection.close().await;
                return Err(error);
            }
        }
    }
    connection.close().await;
    match replies.as_slice() {
        _ if !place.json => {
            for reply in &replies {
                if let Reply::Done { message, .. } = reply {
                    print::line(message)?;
                }
            }
        }
        // Of one alert the answer itself, as of every other command; what is refused is said on standard error.
        [Reply::Refused { .. }] => {}
        [one] => print::json(one)?,
        many => print::json(&many)?,
    }
    if refused.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Refused(refused.join("\n")).into()) }
}

fn after(length: &str, now: Instant) -> Result<Instant, String> {
    let length = crate::config::units::parse_duration(length).map_err(|why| format!("`--for {length}`: {why}"))?;
    let end = chrono::Duration::from_std(length).ok().and_then(|length| now.checked_add_signed(length));
    end.ok_or_else(|| "`--for` is too long: 30d is the most".to_owned())
}

/// An instant as people write it; without an offset it is on the clocks of `zone`.
fn local(text: &str, zone: &str) -> Result<Instant, String> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.with_timezone(&Utc));
    }
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];
    let naive = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let naive = naive.ok_or_else(|| format!("`--until {text}`: a time as in 2026-11-23T08:00 was expected"))?;
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::UTC);
    // An hour that the clocks skip in spring does not exist; one that they repeat in autumn means the later.
    let instant = zone.from_local_datetime(&naive).latest();
    instant
        .map(|instant| instant.with_timezone(&Utc))
        .ok_or_else(|| format!("`--until {text}`: that hour does not exist in {zone}"))
}

/// The workspace's; a configuration that is not valid is no reason not to mute.
fn time_zone(place: &Place) -> String {
    crate::config::load(&place.root).map_or_else(|_| "UTC".to_owned(), |workspace| workspace.time_zone)
}

#[cfg(test)]
mod tests {
    use super::{after, local};

    #[test]
    fn the_end_of_a_mute_is_on_the_clocks_of_the_workspace_unless_it_says_otherwise() {
        let utc = |text: &str, zone: &str| local(text, zone).map(|instant| instant.to_rfc3339());
        assert_eq!(utc("2026-11-23T08:00", "Europe/Berlin").unwrap(), "2026-11-23T07:00:00+00:00");
        assert_eq!(utc("2026-11-23 08:00:30", "UTC").unwrap(), "2026-11-23T08:00:30+00:00");
        assert_eq!(utc("2026-11-23T08:00:00+05:30", "Europe/Berlin").unwrap(), "2026-11-23T02:30:00+00:00");
        assert_eq!(utc("2026-10-25T02:30", "Europe/Berlin").unwrap(), "2026-10-25T01:30:00+00:00");
        assert!(utc("2026-03-29T02:30", "Europe/Berlin").unwrap_err().contains("does not exist"));
        assert!(utc("tomorrow", "UTC").unwrap_err().contains("2026-11-23T08:00"));
    }

    #[test]
    fn a_length_has_units() {
        let now = local("2026-11-23T08:00", "UTC").unwrap();
        assert_eq!(after("1d4h", now).unwrap(), local("2026-11-24T12:00", "UTC").unwrap());
        assert!(after("4", now).unwrap_err().contains("no unit"));
        assert!(after("99999999999w", now).is_err() && after("9999999999w", now).is_err());
    }
}
