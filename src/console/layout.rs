//! How the screen is divided: one place or two, how much each gets, and where the dividers inside a screen are.

use std::collections::BTreeMap;

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use super::place::{Place, Screen};
use super::state::Scroll;

/// The least and the most that the first of two panes gets, in thousandths.
const SHARES: (u16, u16) = (200, 800);
/// Least columns and rows of a pane.
const LEAST: (u16, u16) = (38, 8);

/// What is remembered of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Name of the screen in the other pane; empty: there is none.
    pub beside: String,
    /// Whether the panes lie one above the other.
    pub stacked: bool,
    /// What the first pane gets, in thousandths.
    pub share: u16,
    /// By the name of a screen: by how many rows its own divider is lower than it would be.
    pub inner: BTreeMap<String, i16>,
}

impl Default for Layout {
    fn default() -> Self {
        Self { beside: String::new(), stacked: false, share: 600, inner: BTreeMap::new() }
    }
}

/// Layouts with a name, in the order in which a key goes through them.
const PRESETS: [(&str, &str, bool, u16); 4] = [
    ("one screen", "", false, 600),
    ("alerts beside", "alerts", false, 550),
    ("events below", "events", true, 650),
    ("runs below", "runs", true, 600),
];

/// What the other pane shows, and how the operator left it.
#[derive(Debug, Clone)]
pub struct Beside {
    /// Where it is.
    pub place: Place,
    /// Where the operator came from there.
    pub back: Vec<Place>,
    /// How far down its page is.
    pub scroll: Scroll,
}

impl Beside {
    /// A pane that shows `place`.
    pub fn new(place: Place) -> Self {
        Self { place, back: Vec::new(), scroll: Scroll::default() }
    }
}

/// A line that can be dragged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divider {
    /// The one between the panes, which share this.
    Panes(Rect),
    /// The one of a screen, which would be at this row.
    Inner(Screen, u16),
}

impl Layout {
    /// The next preset and its name.
    pub fn next(&self) -> (Self, &'static str) {
        let same = |preset: &&(&str, &str, bool, u16)| preset.1 == self.beside;
        let at = PRESETS.iter().position(|preset| same(&preset)).map_or(0, |at| (at + 1) % PRESETS.len());
        let (name, beside, stacked, share) = PRESETS[at];
        (Self { beside: beside.to_owned(), stacked, share, inner: self.inner.clone() }, name)
    }

    /// The two panes of `area` and the line between them; none where they would be too small.
    pub fn panes(&self, area: Rect) -> Option<[Rect; 3]> {
        if area.is_empty() {
            return None;
        }
        let share = self.share.clamp(SHARES.0, SHARES.1);
        let cut = |all: u16, least: u16| {
            let first = (u32::from(all) * u32::from(share) / 1_000) as u16;
            (all > 2 * least).then(|| first.clamp(least, all - least - 1))
        };
        let panes = if self.stacked {
            let first = cut(area.height, LEAST.1)?;
            let at = area.y + first;
            let second = Rect { y: at + 1, height: area.height - first - 1, ..area };
            [Rect { height: first, ..area }, Rect { y: at, height: 1, ..area }, second]
        } else {
            let first = cut(area.width, LEAST.0)?;
            let at = area.x + first;
            let second = Rect { x: at + 1, width: area.width - first - 1, ..area };
            [Rect { width: first, ..area }, Rect { x: at, width: 1, ..area }, second]
        };
        Some(panes)
    }

    /// Gives the first pane `by` thousandths more.
    pub fn widen(&mut self, by: i16) {
        self.share = self.share.saturating_add_signed(by).clamp(SHARES.0, SHARES.1);
    }

    /// Moves the divider of a screen by rows.
    pub fn lower(&mut self, screen: Screen, by: i16) {
        let rows = self.inner.entry(screen.name().to_owned()).or_default();
        *rows = (*rows + by).clamp(-60, 60);
    }

    /// A height that a screen would give its upper part, moved by what the operator wants; at least `least`, at most
    /// `most` rows.
    pub fn height(&self, screen: Screen, natural: u16, least: u16, most: u16) -> u16 {
        let moved = natural.saturating_add_signed(self.inner.get(screen.name()).copied().unwrap_or(0));
        moved.clamp(least.min(most), most)
    }

    /// Moves a divider to where the mouse has it.
    pub fn drag(&mut self, divider: Divider, column: u16, row: u16) {
        match divider {
            Divider::Panes(area) => {
                let (at, all) = if self.stacked {
                    (row.saturating_sub(area.y), area.height)
                } else {
                    (column.saturating_sub(area.x), area.width)
                };
                // Rounded up, so that the line is where the mouse is.
                let share = (u32::from(at) * 1_000).div_ceil(u32::from(all.max(1)));
                self.share = (share as u16).clamp(SHARES.0, SHARES.1);
            }
            Divider::Inner(screen, natural) => {
                let rows = (i32::from(row) - i32::from(natural)).clamp(-60, 60);
                self.inner.insert(screen.name().to_owned(), rows as i16);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_presets_come_round_and_keep_the_dividers_of_the_screens() {
        let mut layout = Layout::default();
        layout.lower(Screen::Run, 4);
        let mut names = Vec::new();
        for _ in PRESETS {
            let (next, name) = layout.next();
            names.push(name);
            layout = next;
        }
        assert_eq!(names, ["alerts beside", "events below", "runs below", "one screen"]);
        assert_eq!(layout.height(Screen::Run, 10, 3, 30), 14);
    }

    #[test]
    fn a_dragged_divider_is_where_the_mouse_has_it() {
        let mut layout = Layout { beside: "alerts".into(), ..Layout::default() };
        let area = Rect::new(1, 1, 118, 37);
        layout.drag(Divider::Panes(area), 60, 9);
        let [first, line, second] = layout.panes(area).unwrap();
        assert_eq!((first.right(), line.x, second.x), (line.x, 60, 61));
        layout.drag(Divider::Inner(Screen::Run, 12), 0, 20);
        assert_eq!(layout.height(Screen::Run, 11, 3, 30), 19);
    }

    proptest! {
        #[test]
        fn the_panes_never_overlap_and_fill_the_area(
            width in 0..300_u16, height in 0..100_u16, share in any::<u16>(), stacked in any::<bool>(),
        ) {
            let layout = Layout { stacked, share, ..Layout::default() };
            let area = Rect::new(0, 0, width, height);
            if let Some(parts) = layout.panes(area) {
                prop_assert_eq!(parts.iter().map(|part| part.area()).sum::<u32>(), area.area());
                prop_assert!(parts.iter().all(|part| area.intersection(*part) == *part && !part.is_empty()));
            }
        }
    }
}
