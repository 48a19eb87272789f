//! Keys are data: one table of actions, chords, places and descriptions. Footer, help and palette come from it.

mod chord;
mod table;

pub use chord::Chord;
pub use table::BINDINGS;

use super::place::Screen;
use crossterm::event::KeyEvent;

/// Something an operator can ask of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the table describes every one")]
pub enum Act {
    Go(Screen),
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Left,
    Right,
    Open,
    Back,
    Focus,
    Filter,
    Help,
    Palette,
    Leave,
    StopEngine,
    Suspend,
    Redraw,
    NextPipeline,
    PreviousPipeline,
    Check,
    Pause,
    Rerun,
    Cancel,
    Acknowledge,
    TakeBack,
    Mute,
    Unmute,
    MarkNormal,
    TrueAlarm,
    FalseAlarm,
    Resolve,
    Mark,
    MarkAll,
    Fold,
    FoldAll,
    Severity,
    Promote,
    RollBack,
    Redeliver,
    TestChannel,
    Replay,
    OpenRun,
    OpenFile,
    OnlyStage,
    WholeDataset,
    OpenPage,
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy)]
pub enum On {
    /// On every screen.
    All,
    /// On these.
    Only(&'static [Screen]),
}

/// One row of the table.
#[derive(Debug)]
pub struct Binding {
    /// What it does.
    pub act: Act,
    /// The keys that ask for it; the first one is shown in the footer.
    pub chords: &'static [Chord],
    /// Where.
    pub on: On,
    /// One or two words for the footer; empty: not shown there.
    pub hint: &'static str,
    /// One sentence for help and palette.
    pub about: &'static str,
}

impl Binding {
    /// Whether it holds on `screen`.
    pub fn holds(&self, screen: Screen) -> bool {
        match self.on {
            On::All => true,
            On::Only(screens) => screens.contains(&screen),
        }
    }

    /// Its keys for a person: `j or ↓`.
    pub fn keys(&self) -> String {
        self.chords.iter().map(Chord::to_string).collect::<Vec<_>>().join(" or ")
    }
}

/// What `key` asks for on `screen`.
pub fn act(screen: Screen, key: &KeyEvent) -> Option<Act> {
    let fits = |binding: &&Binding| binding.holds(screen) && binding.chords.iter().any(|chord| chord.fits(key));
    BINDINGS.iter().find(fits).map(|binding| binding.act)
}

/// The bindings that hold on `screen`, those of this place first.
pub fn here(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    let own = BINDINGS.iter().filter(move |b| matches!(b.on, On::Only(_)) && b.holds(screen));
    own.chain(BINDINGS.iter().filter(|b| matches!(b.on, On::All)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for screen in Screen::ALL {
            let mut seen: Vec<(String, Act)> = Vec::new();
            for binding in BINDINGS.iter().filter(|binding| binding.holds(screen)) {
                for chord in binding.chords {
                    let name = chord.to_string();
                    if let Some((_, other)) = seen.iter().find(|(key, _)| *key == name) {
                        panic!("{name} is both {other:?} and {:?} on {screen:?}", binding.act);
                    }
                    seen.push((name, binding.act));
                }
            }
        }
    }

    #[test]
    fn every_binding_has_a_key_and_a_sentence() {
        for binding in BINDINGS {
            assert!(!binding.chords.is_empty() && binding.about.len() > 8, "{:?}", binding.act);
        }
    }
}
