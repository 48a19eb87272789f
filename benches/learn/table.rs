//! The table that is printed, in Markdown.

use std::path::Path;
use std::process::Command;

use super::case::{Case, Measured};

/// The machine, and the head of the table.
pub fn head(python: &Path) {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("\t: an unknown processor");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let version = Command::new(python).arg("--version").output().unwrap();
    println!(
        "{threads} threads of {}; {}; {}\n",
        model.trim_start_matches(['\t', ' ', ':']),
        String::from_utf8_lossy(&version.stdout).trim(),
        include_str!("requirements.txt").trim().replace("==", " ").replace('\n', ", ")
    );
    println!("| rows | what | who | fit s | cpu | predict s | cpu | rows/s predicted | peak MB | loss | AUC or R² |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
}

/// One case: ours, and theirs where there is one.
pub fn row(size: &str, case: Case, ours: Measured, theirs: Option<Measured>) {
    for (who, m) in [("Landfall", Some(ours)), ("Python", theirs)] {
        let Some(m) = m else { continue };
        println!(
            "| {size}: {} + {} | {} | {who} | {:.2} | {:.2} | {:.3} | {:.3} | {:.0} | {:.0} | {:.4} | {:.4} |",
            m.train,
            m.test,
            case.name(),
            m.fit,
            m.fit_cpu,
            m.predict,
            m.predict_cpu,
            m.test as f64 / m.predict,
            m.peak as f64 / 1e6,
            m.loss,
            m.rank
        );
        let parts: Vec<String> = m.parts.iter().map(|(part, seconds)| format!("{part} {seconds:.3} s")).collect();
        if !parts.is_empty() {
            println!("{}", parts.join(", "));
        }
    }
}
