//! The pictures of the documentation, drawn from the workspace of these tests. They fail when they are stale.

use std::path::Path;

use super::fixture;
use super::pictures::picture;
use crate::console::picture::svg;
use crate::console::place::Place;
use crate::console::state::State;

fn shown() -> Vec<(&'static str, State)> {
    let size = (120, 36);
    let places = [
        ("overview", Place::Overview),
        ("run", Place::Run { run: 128 }),
        ("rows", Place::Table(fixture::source())),
        ("alert", Place::Alert { alert: 31 }),
    ];
    places.into_iter().map(|(name, place)| (name, fixture::at(&place, size))).collect()
}

#[test]
fn the_pictures_of_the_documentation_are_what_the_console_draws() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshots");
    for (name, state) in shown() {
        let drawn = svg(&picture(&state), false);
        assert!(!drawn.chars().any(|c| c.is_control() && c != '\n'), "{name}");
        let file = folder.join(format!("{name}.svg"));
        if std::env::var_os("LANDFALL_WRITE").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, &drawn).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(kept == drawn, "assets/screenshots/{name}.svg is stale: run this test with LANDFALL_WRITE=1");
    }
}
