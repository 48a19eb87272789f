//! A landed file that is much larger or smaller than usual: its bytes, rows, bytes a row and columns. One verdict a
//! file, with the gravest figure.

pub mod band;
pub mod count;
pub mod measure;

use chrono::Duration;

use super::baseline::NEW_USUAL;
use crate::config::rules::FileSizeRule;
use crate::domain::alert::{AlertKind, Evidence, Finding, Sample, Severity, Verdict};
use crate::domain::format;
use crate::domain::text::one_line;
use band::{Band, HARMLESS, MIN_RATIO};
use measure::{Mark, Metric, SeenFile};

/// What an operator called normal holds for files like it for so many days.
const NORMAL_DAYS: i64 = 60;

/// One file and the past it is judged by.
#[derive(Debug, Clone)]
pub struct Look<'a> {
    /// The file.
    pub file: SeenFile<'a>,
    /// The files of the same landing before it, in order of arrival.
    pub history: &'a [SeenFile<'a>],
    /// The rule.
    pub rule: &'a FileSizeRule,
}

/// Judges one file.
pub fn judge(look: &Look<'_>) -> Verdict {
    let mut said = Vec::new();
    let mut gravest: Option<(Finding, f64)> = at_once(look).map(|finding| (finding, f64::INFINITY));
    let mut known = Err(0);
    for metric in Metric::ALL {
        let Some(value) = metric.of(&look.file).filter(|value| *value > 0.0) else { continue };
        let band = Band::of(metric, look.file.at, look.history, look.rule);
        if metric == Metric::Bytes {
            known = band.as_ref().map(|band| metric.compare(value / band.usual, band.usual)).map_err(|n| *n);
        }
        let Ok(band) = band else { continue };
        let factor = value / band.usual;
        said.push(metric.compare(factor, band.usual));
        if (band.factors.0..=band.factors.1).contains(&factor) || is_called_normal(metric, value, look) {
            continue;
        }
        let excess = factor.ln().abs();
        let finding = abnormal(metric, value, &band, look);
        // Of figures that say much the same the first one is the plainer.
        let graver = |(other, by): &(Finding, f64)| (finding.severity, excess) > (other.severity, by + 0.1);
        if gravest.as_ref().is_none_or(graver) {
            gravest = Some((finding, excess));
        }
    }
    if let Some((mut finding, _)) = gravest {
        finding.evidence.lines = said;
        return Verdict::Bad(finding);
    }
    let (kind, object) = (AlertKind::FileSize, one_line(look.file.key));
    match known {
        Ok(said) => Verdict::Fine { kind, object, reason: format!("{}: {said}", format::bytes(look.file.bytes)) },
        Err(have) => Verdict::Learning { kind, object, have, need: MIN_RATIO },
    }
}

/// What needs no history: emptiness and declared bounds.
fn at_once(look: &Look<'_>) -> Option<Finding> {
    let (file, rule) = (&look.file, look.rule);
    let key = one_line(file.key);
    let usual = |metric: Metric| {
        let band = Band::of(metric, file.at, look.history, rule).ok();
        band.map(|band| format!("; its usual size is {}", metric.write(band.usual))).unwrap_or_default()
    };
    let beyond = |metric: Metric, least: Option<u64>, most: Option<u64>| {
        let value = metric.of(file)?;
        let (which, bound) = match (least, most) {
            (Some(least), _) if value < least as f64 => ("least", least as f64),
            (_, Some(most)) if value > most as f64 => ("most", most as f64),
            _ => return None,
        };
        let unit = if metric == Metric::Bytes { String::new() } else { format!(" {}", metric.unit()) };
        let message =
            format!("{key} has {}{unit}, {} is the {which} it may have", metric.write(value), metric.write(bound));
        let expected = (least.unwrap_or(0) as f64, most.map_or(value.max(bound), |most| most as f64));
        Some((metric, message, format!("declared: from {} to {}", bound_said(least), bound_said(most)), expected))
    };
    let (metric, message, rule_said, expected) = if file.bytes == 0 {
        let message = format!("{key} is empty (0 bytes){}", usual(Metric::Bytes));
        (Metric::Bytes, message, "a file without a byte is abnormal".to_owned(), None)
    } else if file.rows == Some(0) {
        let message = format!("{key} has a header and no rows");
        (Metric::Rows, message, "a file without a row is abnormal".to_owned(), None)
    } else {
        let found = beyond(Metric::Bytes, rule.min_bytes, rule.max_bytes)
            .or_else(|| beyond(Metric::Rows, rule.min_rows, rule.max_rows))?;
        (found.0, found.1, found.2, Some(found.3))
    };
    let band = Band::of(metric, file.at, look.history, rule).ok();
    Some(Finding {
        severity: Severity::Critical,
        message,
        expected: expected.or_else(|| band.as_ref().map(Band::ends)),
        rule: rule_said,
        ..finding(metric, metric.of(file).unwrap_or(0.0), band.as_ref(), look)
    })
}

fn bound_said(bound: Option<u64>) -> String {
    bound.map_or_else(|| "anything".to_owned(), format::count)
}

fn abnormal(metric: Metric, value: f64, band: &Band, look: &Look<'_>) -> Finding {
    let factor = value / band.usual;
    let beyond = factor > band.limit || factor < 1.0 / band.limit;
    let (low, high) = band.ends();
    let usual = match (low > 0.0, band.factors.1.is_finite()) {
        (true, true) => format!("usual {} to {}", metric.write(low), metric.write(high)),
        (false, _) => format!("usual up to {}", metric.write(high)),
        (_, false) => format!("usual from {}", metric.write(low)),
    };
    let streak = streak(metric, value, look);
    let offer = match streak {
        n if n + 1 >= NEW_USUAL => format!(
            "; {} in a row are like this: `landfall normal N` with the number of this alert makes it the new usual",
            n + 1
        ),
        _ => String::new(),
    };
    Finding {
        severity: if beyond { Severity::Critical } else { Severity::Warning },
        message: format!(
            "{} {} ({} now, {usual}){offer}",
            one_line(look.file.key),
            metric.compare(factor, band.usual),
            metric.write(value)
        ),
        ..finding(metric, value, Some(band), look)
    }
}

fn finding(metric: Metric, value: f64, band: Option<&Band>, look: &Look<'_>) -> Finding {
    let key = one_line(look.file.key);
    let evidence =
        Evidence { history: history(metric, value, band, look), files: vec![key.clone()], ..Evidence::default() };
    Finding {
        observed: Some(value),
        expected: band.map(Band::ends),
        unit: metric.unit().to_owned(),
        rule: band.map(|band| band.rule.clone()).unwrap_or_default(),
        evidence,
        ..Finding::new(AlertKind::FileSize, &key, Severity::Warning, String::new(), "")
    }
}

/// The newest values of a figure, each with the band it was judged by, and the present one.
fn history(metric: Metric, value: f64, band: Option<&Band>, look: &Look<'_>) -> Vec<Sample> {
    let past = look.history;
    let first = past.len().saturating_sub(Evidence::LONGEST - 1);
    let sample = |i: usize| {
        let file = &past[i];
        let band = Band::of(metric, file.at, &past[..i], look.rule).ok();
        Some(Sample { at: file.at.and_utc(), value: metric.of(file)?, band: band.as_ref().map(Band::ends) })
    };
    let now = Sample { at: look.file.at.and_utc(), value, band: band.map(Band::ends) };
    (first..past.len()).filter_map(sample).chain([now]).collect()
}

/// Files right before this one that alerted and are like it.
fn streak(metric: Metric, value: f64, look: &Look<'_>) -> usize {
    let like = |file: &&SeenFile<'_>| file.mark == Mark::Alerted && is_like(metric, value, file);
    look.history.iter().rev().take_while(like).count()
}

fn is_called_normal(metric: Metric, value: f64, look: &Look<'_>) -> bool {
    let since = look.file.at - Duration::days(NORMAL_DAYS);
    look.history.iter().any(|file| file.mark == Mark::Normal && file.at >= since && is_like(metric, value, file))
}

fn is_like(metric: Metric, value: f64, file: &SeenFile<'_>) -> bool {
    metric.of(file).is_some_and(|other| other > 0.0 && (HARMLESS.0..=HARMLESS.1).contains(&(value / other)))
}

#[cfg(test)]
mod tests;
