//! Streams as landings: real servers, a program that dies in between, servers that go and come back.

mod cosmos;
mod guarded;
mod kafka;
mod trouble;

use crate::faults::workspace::{COLUMNS, Workspace, days};

pub const CLEAN: &str = "[stages.clean]\nmax_reject_ratio = 0.5\n";

/// A workspace whose pipeline reads the stream at `url`, reached by `store` and read by `keys`.
pub fn reading(url: &str, store: &str, keys: &str, stages: &str) -> Workspace {
    let workspace = Workspace::with(stages);
    let landfall = format!("name = \"drill\"\n{store}[alerts.disk_low]\nenabled = false\n");
    workspace.write("landfall.toml", landfall);
    configure(&workspace, url, keys, stages);
    workspace
}

/// Writes the pipeline's configuration anew.
pub fn configure(workspace: &Workspace, url: &str, keys: &str, stages: &str) {
    workspace.write("pipelines/p.toml", format!("[landing]\npath = {url:?}\n{keys}\n{COLUMNS}{stages}"));
}

/// Rows as [`days`] makes them, each a JSON object.
pub fn objects(span: std::ops::RangeInclusive<u32>, target: bool) -> Vec<Option<String>> {
    let text = days(span, target);
    text.lines().skip(1).map(|line| Some(object(line))).collect()
}

fn object(line: &str) -> String {
    let fields: Vec<&str> = line.split(',').collect();
    let target = if fields[3].is_empty() { "null" } else { fields[3] };
    format!(r#"{{"at": "{}", "id": "{}", "x": {}, "y": {target}}}"#, fields[0], fields[1], fields[2])
}

/// Rows of all files whose rows are in the lake.
pub fn committed(workspace: &Workspace) -> u64 {
    let rows = landfall::store::files::list(&workspace.store(), None, 1_000).unwrap();
    rows.iter().filter(|row| row.state.is_in_the_lake()).map(|row| row.rows.unwrap()).sum()
}

/// (position, behind, lost) of every partition.
pub fn progress(workspace: &Workspace) -> Vec<(String, u64, u64)> {
    let rows = workspace.json(&["files", "--streams"]);
    let of = |row: &serde_json::Value| {
        let position = row["position"].as_str().unwrap().to_owned();
        (position, row["behind"].as_u64().unwrap(), row["lost"].as_u64().unwrap())
    };
    rows.as_array().unwrap().iter().map(of).collect()
}
