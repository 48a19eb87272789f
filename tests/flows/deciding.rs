//! What an operator decides about model versions, and what a model may be asked by.

use crate::workspace::Workspace;

/// Two versions, of which one serves.
fn two_versions() -> Workspace {
    let workspace = Workspace::rentals("", "");
    workspace.land_days(1, 12);
    workspace.told(&["run"]);
    workspace.land_days(13, 14);
    workspace.told(&["run"]);
    assert_eq!(workspace.json(&["models"]).as_array().unwrap().len(), 2);
    workspace
}

fn champion(workspace: &Workspace) -> i64 {
    let models = workspace.json(&["models"]);
    let serving: Vec<_> = models.as_array().unwrap().iter().filter(|model| model["champion"] == true).collect();
    assert_eq!(serving.len(), 1, "{models}");
    serving[0]["model"]["card"]["version"].as_i64().unwrap()
}

#[test]
fn an_operator_promotes_goes_back_and_names_versions() {
    let workspace = two_versions();
    let first = champion(&workspace);
    let other = 3 - first;
    let version = other.to_string();
    let told = workspace.told(&["models", "promote", &version, "--reason", "the audit asks for it"]);
    assert!(told.contains(&format!("version {other} of rentals serves")), "{told}");
    assert_eq!(champion(&workspace), other);
    let latest = std::fs::read_to_string(workspace.root().join("lake/predictions/rentals/latest.json"));
    if let Ok(latest) = latest {
        let latest: serde_json::Value = serde_json::from_str(&latest).unwrap();
        assert_eq!(latest["champion"], other);
    }
    let again = workspace.landfall(&["models", "promote", &version, "--reason", "once more"]);
    assert!(again.code == 3 && again.err.contains("serves already"), "{again:?}");
    workspace.told(&["models", "rollback", "--reason", "complaints"]);
    assert_eq!(champion(&workspace), first);
    workspace.told(&["models", "alias", "audited", &version]);
    let models = workspace.json(&["models"]);
    let named = models.as_array().unwrap().iter().find(|model| model["model"]["card"]["version"] == other).unwrap();
    assert!(named["aliases"].as_array().unwrap().iter().any(|name| name == "audited"), "{named}");

    workspace
        .write("new.csv", "hour,temperature,humidity,weather,working_day\n2024-06-01T08:00:00Z,20,50,clear,true\n");
    let file = workspace.root().join("new.csv").display().to_string();
    let by = |model: &str| workspace.told(&["predict", "-m", model, &file]);
    assert_eq!(by("rentals@audited"), by(&format!("rentals/{other}")));
    assert_eq!(by("rentals"), by(&format!("rentals@{first}")));
    workspace.told(&["models", "alias", "audited", "--remove"]);
    let gone = workspace.landfall(&["predict", "-m", "rentals@audited", &file]);
    assert!(gone.code == 3 && gone.err.contains("no version of `rentals` is called `audited`"), "{gone:?}");
}
