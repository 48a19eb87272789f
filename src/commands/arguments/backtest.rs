//! Arguments of `backtest`.

use clap::Args;

use crate::config::units::parse_duration;
use crate::domain::plan::Window;

const A_DAY: f64 = 86_400.0;

/// Arguments of `backtest`.
#[derive(Debug, Args)]
pub struct Backtest {
    /// Of this pipeline; needed where there is more than one.
    pub pipeline: Option<String>,
    /// How many spans of the holdout's length are judged, counted from the end of the history.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub folds: u32,
    /// Time between training and judging, as \"3d\"; the pipeline's `label_delay` when absent.
    #[arg(long, value_parser = days, value_name = "TIME")]
    pub gap: Option<f64>,
    /// Windows to compare with the pipeline's: \"all\", the last \"28d\", the newest \"5000rows\", or a \"half-life:14d\".
    #[arg(long = "policies", value_delimiter = ',', value_parser = window, value_name = "WINDOW,…")]
    pub windows: Vec<Window>,
    /// Also train on shares of the history: the learning curve.
    #[arg(long)]
    pub curve: bool,
    /// Every trial as CSV.
    #[arg(long)]
    pub csv: bool,
}

fn days(text: &str) -> Result<f64, String> {
    parse_duration(text)
        .map(|time| time.as_secs_f64() / A_DAY)
        .map_err(|_| "a time as \"3d\" or \"12h\" was expected".to_owned())
}

fn window(text: &str) -> Result<Window, String> {
    let expected = || format!("`{text}` is no window: expected \"all\", \"28d\", \"5000rows\" or \"half-life:14d\"");
    if text == "all" {
        return Ok(Window::All);
    }
    if let Some(rows) = text.strip_suffix("rows") {
        return rows.trim().parse().ok().filter(|rows| *rows > 0).map(Window::Rows).ok_or_else(expected);
    }
    let (half, time) = text.strip_prefix("half-life:").map_or((false, text), |time| (true, time));
    let days = days(time).ok().filter(|days| *days > 0.0).ok_or_else(expected)?;
    Ok(if half { Window::HalfLife(days) } else { Window::Days(days) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_read_as_they_are_written() {
        assert_eq!(window("all"), Ok(Window::All));
        assert_eq!(window("28d"), Ok(Window::Days(28.0)));
        assert_eq!(window("5000rows"), Ok(Window::Rows(5_000)));
        assert_eq!(window("half-life:36h"), Ok(Window::HalfLife(1.5)));
        for wrong in ["", "28", "0rows", "rows", "half-life:", "0d", "-3d"] {
            assert!(window(wrong).unwrap_err().contains("no window"), "{wrong}");
        }
    }
}
