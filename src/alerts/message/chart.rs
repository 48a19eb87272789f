//! The history of a figure with the band it was expected in, drawn with the cells of a table.

use crate::domain::alert::{Finding, Sample};

use super::html::escaped;
use super::words::figure;

/// Newest values shown.
const MOST: usize = 20;
/// Width of the largest value, in pixels.
const WIDTH: f64 = 360.0;

const BAR: &str = "#667085";
const BEYOND: &str = "#d92d20";
const BAND: &str = "#d1e9ff";
const EMPTY: &str = "#ffffff";

/// One line a value, oldest first: a bar over the band. Empty without at least two values that are finite and not
/// negative: the bars begin at zero.
pub(super) fn chart(finding: &Finding) -> String {
    let drawable = |x: f64| x.is_finite() && x >= 0.0;
    let sound = |s: &&Sample| drawable(s.value) && s.band.is_none_or(|(low, high)| low.is_finite() && drawable(high));
    let samples: Vec<&Sample> = finding.evidence.history.iter().filter(sound).collect();
    let newest = &samples[samples.len().saturating_sub(MOST)..];
    let most = newest.iter().flat_map(|s| [s.value, s.band.map_or(0.0, |(_, high)| high)]).fold(0.0, f64::max);
    if newest.len() < 2 || most <= 0.0 {
        return String::new();
    }
    let rows: String = newest.iter().map(|sample| row(sample, most, &finding.unit)).collect();
    format!("<table cellspacing=\"0\" cellpadding=\"1\" style=\"font-size:12px;margin-top:8px;\">\n{rows}</table>\n")
}

fn row(sample: &Sample, most: f64, unit: &str) -> String {
    let pixels = |x: f64| (x.max(0.0) / most * WIDTH).round() as u32;
    let value = pixels(sample.value);
    let (low, high) = sample.band.map_or((0, 0), |(low, high)| (pixels(low), pixels(high)));
    let outside = sample.band.is_some_and(|(low, high)| sample.value < low || sample.value > high);
    let mut ends = [value, low, high, pixels(most)];
    ends.sort_unstable();
    let mut cells = String::new();
    let mut from = 0;
    for to in ends {
        if to == from {
            continue;
        }
        let colour = match (to <= value, from >= low && to <= high) {
            (true, _) if outside => BEYOND,
            (true, _) => BAR,
            (false, true) => BAND,
            (false, false) => EMPTY,
        };
        cells.push_str(&format!("<td width=\"{}\" height=\"10\" bgcolor=\"{colour}\"></td>", to - from));
        from = to;
    }
    format!(
        "<tr><td>{}</td><td><table cellspacing=\"0\" cellpadding=\"0\"><tr>{cells}</tr></table></td><td>{}</td></tr>\n",
        sample.at.format("%Y-%m-%d %H:%M"),
        escaped(&figure(sample.value, unit)),
    )
}
