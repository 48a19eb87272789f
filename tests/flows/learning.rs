//! Learning by configuration: a leaderboard, a search, and the way back when a version does worse, through real runs.

use crate::workspace::{Workspace, rentals};

/// Four rows an hour, so that a few days are enough to search on.
const TIMES: usize = 4;

fn workspace(train: &str) -> Workspace {
    let workspace = Workspace::rentals("", "");
    configure(&workspace, train);
    workspace
}

/// Writes the pipeline with these keys of its train stage.
fn configure(workspace: &Workspace, train: &str) {
    let text = std::fs::read_to_string(workspace.pipeline()).unwrap();
    let own = text.split("[stages.clean]").next().unwrap();
    workspace.write(
        "pipelines/rentals.toml",
        &format!("{own}[stages.clean]\n[stages.score]\n[stages.train]\n{train}\n[stages.publish]\n"),
    );
}

fn land(workspace: &Workspace, days: std::ops::RangeInclusive<u32>) {
    for day in days {
        workspace.land(&format!("rentals_{day:02}.csv"), &rentals(day, TIMES));
    }
}

fn cards(workspace: &Workspace) -> Vec<serde_json::Value> {
    let models = workspace.json(&["models"]);
    let mut cards: Vec<_> = models.as_array().unwrap().iter().map(|model| model["model"]["card"].clone()).collect();
    cards.sort_by_key(|card| card["version"].as_i64());
    cards
}

#[test]
fn a_leaderboard_and_a_search_are_asked_for_by_the_configuration_and_end_in_a_version_that_predicts() {
    let keys = "holdout = \"4d\"\nrounds = 30\nmin_rows = 50\n";
    let workspace = workspace(&format!("algorithm = \"auto\"\n{keys}"));
    land(&workspace, 1..=16);
    workspace.told(&["run"]);
    configure(&workspace, &format!("algorithms = [\"ridge\", \"boosting\"]\ntune = \"halving\"\ntrials = 3\n{keys}"));
    land(&workspace, 17..=18);
    workspace.told(&["run"]);
    let cards = cards(&workspace);
    let tried = |card: &serde_json::Value, of: &str| {
        let who = |standing: &&serde_json::Value| standing["who"].as_str().unwrap().starts_with(of);
        card["standings"].as_array().unwrap().iter().filter(who).count()
    };
    let [auto, tuned] = &cards[..] else { panic!("{cards:#?}") };
    assert_eq!((tried(auto, "baseline"), tried(auto, "linear"), tried(auto, "boosting")), (1, 1, 3), "{auto:#}");
    assert_eq!((tried(tuned, "ridge"), tried(tuned, "boosting")), (3, 3), "{tuned:#}");
    for card in [auto, tuned] {
        let chosen: Vec<_> = card["standings"].as_array().unwrap().iter().filter(|s| s["chosen"] == true).collect();
        assert!(!chosen.is_empty(), "{card:#}");
        let winner = card["algorithm"].as_str().unwrap();
        assert!(chosen.iter().any(|standing| standing["who"].as_str().unwrap().starts_with(winner)), "{card:#}");
    }
    let told = workspace.told(&["models", "show", "2"]);
    assert!(told.contains("ridge, penalty"), "{told}");
    workspace
        .write("new.csv", "hour,temperature,humidity,weather,working_day\n2024-06-01T08:00:00Z,20,50,clear,true\n");
    let file = workspace.root().join("new.csv").display().to_string();
    let predicted = workspace.told(&["predict", "-m", "rentals@champion", &file]);
    let last = predicted.lines().last().unwrap();
    assert!(predicted.lines().count() == 2 && last.contains("2024-06-01"), "{predicted}");
}

#[test]
fn a_version_that_loses_three_batches_in_a_row_to_the_one_before_gives_way_by_itself() {
    let keys = "algorithms = [\"linear\"]\nwindow = \"4d\"\nmin_rows = 48\nrollback_after = 3\n";
    let workspace = workspace(&format!("{keys}holdout = \"1d\"\n"));
    let champion = || {
        let models = workspace.json(&["models"]);
        let serving = models.as_array().unwrap().iter().find(|model| model["champion"] == true).cloned();
        serving.unwrap()["model"]["card"]["version"].as_i64().unwrap()
    };
    land(&workspace, 1..=8);
    workspace.told(&["run"]);
    assert_eq!(champion(), 1);
    // Four days on which everything is the other way round.
    for day in 9..=12 {
        let turned = |line: &str| {
            let (features, outcome) = line.rsplit_once(',').unwrap();
            format!("{features},{}\n", outcome.parse::<i32>().map_or(outcome.to_owned(), |of| (1_000 - of).to_string()))
        };
        let text: String = rentals(day, TIMES).lines().map(turned).collect();
        workspace.land(&format!("rentals_{day:02}.csv"), &text);
    }
    workspace.told(&["run"]);
    assert_eq!(champion(), 2, "{:#?}", cards(&workspace)[1]["decision"]);
    // From now on nobody is promoted: six hours are too few rows to judge on.
    configure(&workspace, &format!("{keys}holdout = \"6h\"\n"));
    for (day, serving) in [(13, 2), (14, 2), (15, 1)] {
        land(&workspace, day..=day);
        workspace.told(&["run"]);
        assert_eq!(champion(), serving, "after day {day}");
    }
    let told = workspace.told(&["events"]);
    assert!(told.contains("version 1 serves again: version 2 lost to version 1 in 3 batches in a row"), "{told}");
}
