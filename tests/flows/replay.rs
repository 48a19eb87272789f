//! What the rules would have fired, asked of a workspace that has a past.

use serde_json::Value;

use crate::workspace::{Workspace, rentals};

fn rule<'a>(report: &'a Value, kind: &str) -> &'a Value {
    report["rules"].as_array().unwrap().iter().find(|rule| rule["kind"] == kind).unwrap()
}

#[test]
fn rules_are_tried_on_the_recorded_past_before_they_are_saved() {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 8);
    workspace.told(&["run"]);
    workspace.land("rentals_09.csv", &rentals(9, 10));
    workspace.told(&["run"]);
    workspace.told(&["ack", "1", "--note", "upstream doubled\x1b[2J rows"]);

    let report = workspace.json(&["alerts", "replay"]);
    let size = rule(&report, "file_size");
    let fired = size["fired"].as_array().unwrap();
    assert_eq!((fired.len(), size["checks"].as_u64(), size["learning"].as_u64()), (1, Some(9), Some(3)), "{size}");
    assert_eq!(fired[0]["object"], "rentals_09.csv");
    assert_eq!(
        (fired[0]["then"]["alert"].as_i64(), fired[0]["then"]["state"].as_str()),
        (Some(1), Some("acknowledged"))
    );
    let told = workspace.told(&["alerts", "replay", "--last", "1d", "-p", "rentals"]);
    assert!(told.contains("raised then as alert 1, acknowledged [") && !told.contains('\x1b'), "{told}");

    // The same past under rules that are not saved: elsewhere, and under any name.
    let text = std::fs::read_to_string(workspace.pipeline()).unwrap();
    workspace.write(
        "draft.toml",
        &format!("{text}\n[alerts.file_size]\nratio = 30\nmax_bytes = \"1kB\"\ndirection = \"up\"\n"),
    );
    let draft = workspace.root().join("draft.toml").display().to_string();
    let report = workspace.json(&["alerts", "replay", "--rules", &draft]);
    assert_eq!(rule(&report, "file_size")["fired"].as_array().unwrap().len(), 9, "{report}");
    workspace.write("draft.toml", &format!("{text}\n[alerts.file_size]\nratio = 30\n"));
    let report = workspace.json(&["alerts", "replay", "--rules", &draft]);
    let size = rule(&report, "file_size");
    assert_eq!((size["fired"].as_array().unwrap().len(), size["no_longer"].as_array().unwrap().len()), (0, 1));
    assert!(workspace.told(&["alerts", "replay", "--rules", &draft]).contains("would no longer fire: rentals_09.csv"));

    workspace.write("draft.toml", &format!("{text}\n[alerts.file_size]\nratio = 0.5\n"));
    let wrong = workspace.landfall(&["alerts", "replay", "--rules", &draft]);
    assert!(wrong.code == 2 && wrong.err.contains("ratio"), "{wrong:?}");
    let nobody = workspace.landfall(&["alerts", "replay", "-p", "nobody"]);
    assert!(nobody.code == 3, "{nobody:?}");
}
