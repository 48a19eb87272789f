//! Plain tables and JSON on standard output.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::domain::Instant;
use crate::domain::text::one_line;

/// Prints one JSON document.
///
/// # Errors
/// When it cannot be written.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    out(&serde_json::to_string_pretty(value)?)
}

/// Whether tables are printed as CSV; said once, before anything is printed.
static CSV: AtomicBool = AtomicBool::new(false);

/// From now on tables are printed as CSV, and what is none goes to standard error.
pub fn as_csv(on: bool) {
    CSV.store(on, Ordering::Relaxed);
}

/// Prints a line of CSV, wherever the rest goes.
///
/// # Errors
/// When it cannot be written.
pub fn csv_row(cells: &[String]) -> anyhow::Result<()> {
    // The dash of a table is for eyes.
    let cells = cells.iter().map(|cell| if cell == "-" { String::new() } else { csv_cell(cell) });
    out(&cells.collect::<Vec<_>>().join(","))
}

/// Prints a line. A reader that has gone (`landfall runs | head -1`) is no error.
///
/// # Errors
/// When it cannot be written.
pub fn line(text: &str) -> anyhow::Result<()> {
    if CSV.load(Ordering::Relaxed) {
        eprintln!("{text}");
        return Ok(());
    }
    out(text)
}

/// Prints a line on standard output, also where that is CSV.
///
/// # Errors
/// When it cannot be written.
pub fn out(text: &str) -> anyhow::Result<()> {
    use std::io::Write;
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints rows in columns as wide as their widest cell; the last column is not padded. Cells are made safe here.
///
/// # Errors
/// When it cannot be written.
pub fn table(header: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    let safe: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()).collect();
    if CSV.load(Ordering::Relaxed) {
        csv_row(&header.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>())?;
        return safe.iter().try_for_each(|row| csv_row(row));
    }
    let width = |column: usize| {
        let cells = safe.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(header.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let print = |cells: &[String]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        line(padded.join("  ").trim_end())
    };
    print(&header.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>())?;
    safe.iter().try_for_each(|row| print(row))
}

/// An instant to the second, in UTC.
pub fn stamp(instant: Instant) -> String {
    instant.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// A dash for what is not there.
pub fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A cell that no spreadsheet takes for a formula and no reader for two cells.
pub fn csv_cell(cell: &str) -> String {
    let safe = one_line(cell);
    let formula = safe.starts_with(['=', '+', '@']) || (safe.starts_with('-') && safe.parse::<f64>().is_err());
    let safe = if formula { format!("'{safe}") } else { safe };
    if safe.contains([',', '"']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use super::csv_cell;

    #[test]
    fn a_cell_stays_one_cell_and_is_no_formula() {
        assert_eq!(csv_cell("a, \"b\"\nc"), "\"a, \"\"b\"\"\\nc\"");
        assert_eq!(csv_cell("=cmd()"), "'=cmd()");
        assert_eq!((csv_cell("-4.5"), csv_cell("-A1")), ("-4.5".into(), "'-A1".into()));
    }
}
