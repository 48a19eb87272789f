//! The pictures of the documentation, taken by the console itself in front of the demo. They fail when they are stale.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::demo::Stopped;
use super::terminal::Terminal;

/// A picture: its name, and keys with what is on screen after each.
type Shot = (&'static str, &'static [(&'static str, &'static str)]);

const SHOTS: [Shot; 5] = [
    ("overview", &[]),
    ("run", &[("2", "▸ runs"), ("\r", "▸ run ")]),
    ("rows", &[("4", "▸ data"), ("t", "row 1 of")]),
    ("alert", &[("7", "▸ alerts"), ("\r", "▸ alert ")]),
    ("panes", &[("2", "▸ runs"), ("|", "standing")]),
];

/// The words on a picture. Figures, spans and instants are others each time, and so is where they stand.
fn words(svg: &str) -> BTreeSet<String> {
    let texts = svg.split('>').filter_map(|piece| piece.split('<').next());
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_alphabetic()));
    words.filter(|word| word.chars().count() > 3).map(str::to_owned).collect()
}

#[test]
fn the_pictures_of_the_documentation_are_what_the_console_shows_of_the_demo() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("demo");
    let shown = root.display().to_string();
    let played = Command::new(env!("CARGO_BIN_EXE_landfall"))
        .args(["demo", &shown, "--headless", "--days", "6", "--every", "3600"])
        .output()
        .unwrap();
    assert!(played.status.success(), "{played:?}");
    let _stopped = Stopped(&root);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshots");
    for (name, steps) in SHOTS {
        let _ = fs::remove_file(root.join(".landfall/console.json"));
        let mut terminal = Terminal::start(&["-C", &shown], 120, 36);
        terminal.shows(&["▸ overview", "● engine"]);
        for (key, after) in steps {
            terminal.keys(key).shows(&[after]);
        }
        terminal.keys("\x13").shows(&["written:"]);
        terminal.keys("q");
        assert_eq!(terminal.left(), 0);
        let pictures = root.join(".landfall/pictures");
        let taken = fs::read_dir(&pictures).unwrap().map(|entry| entry.unwrap().path());
        let svg = taken.filter(|path| path.extension().is_some_and(|ending| ending == "svg")).next().unwrap();
        let drawn = fs::read_to_string(svg).unwrap();
        fs::remove_dir_all(&pictures).unwrap();
        assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        assert!(!drawn.contains(&shown), "{name} names a folder of this machine");
        let file = kept.join(format!("{name}.svg"));
        if std::env::var_os("LANDFALL_WRITE").is_some() {
            fs::write(&file, &drawn).unwrap();
        }
        let known = words(&fs::read_to_string(&file).unwrap_or_default());
        let odd: Vec<String> = known.symmetric_difference(&words(&drawn)).cloned().collect();
        assert!(
            odd.is_empty(),
            "assets/screenshots/{name}.svg is stale ({odd:?}): run this test with LANDFALL_WRITE=1"
        );
    }
}
