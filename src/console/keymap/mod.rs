//! Keys are data: one table of actions, chords, places and descriptions. Footer, help and palette come from it.

mod chord;
mod table;

pub use chord::Chord;
pub use table::BINDINGS;

use std::sync::OnceLock;

use crossterm::event::KeyEvent;

use super::place::Screen;

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
    HoldFile,
    ReleaseFile,
    RetryFile,
    DropFile,
    Promote,
    RollBack,
    Redeliver,
    TestChannel,
    Replay,
    OpenRun,
    OpenFile,
    OnlyStage,
    WholeDataset,
    Landed,
    Hold,
    Said,
    Undo,
    Picture,
    Mouse,
    Switch,
    WriteSettings,
    Compare,
    MarkRun,
    RunState,
    RunOrder,
    Date,
    Range,
    Wrap,
    Stamps,
    Level,
    Search,
    SaveLog,
    Zoom,
    Split,
    Layout,
    OtherPane,
    Whole,
    Grow,
    Shrink,
    AsOf,
    Earlier,
    Later,
    HourEarlier,
    HourLater,
    Now,
    Conditions,
    Sort,
    SortAlso,
    Select,
    Summary,
    Groups,
    Why,
    Columns,
    Freeze,
    CopyCell,
    CopyRow,
    CopyTable,
    Export,
    Again,
    OpenPage,
}

impl Act {
    /// Its name in the configuration: `check`, `go-runs`.
    pub fn name(self) -> String {
        let text = match self {
            Self::Go(screen) => format!("Go{screen:?}"),
            other => format!("{other:?}"),
        };
        let mut name = String::new();
        for c in text.chars() {
            if c.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(c.to_lowercase());
        }
        name
    }
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
#[derive(Debug, Clone)]
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

    /// Whether there is a screen on which both hold.
    fn meets(&self, other: &Self) -> bool {
        match (self.on, other.on) {
            (On::Only(own), On::Only(others)) => own.iter().any(|screen| others.contains(screen)),
            _ => true,
        }
    }

    /// Its keys for a person: `j or ↓`.
    pub fn keys(&self) -> String {
        self.chords.iter().map(Chord::to_string).collect::<Vec<_>>().join(" or ")
    }
}

/// The table with the operator's own keys in it, once they are known.
static OWN: OnceLock<Vec<Binding>> = OnceLock::new();

/// Every key in force.
pub fn bindings() -> &'static [Binding] {
    OWN.get().map_or(BINDINGS, Vec::as_slice)
}

/// Takes the operator's own keys, (command, key), for as long as the process lives. Answers what is wrong about them: such
/// a key is left as it was.
pub fn take(own: &[(String, String)]) -> Vec<String> {
    let (bindings, problems) = customised(own);
    // Only the first console of a process is asked, and there is one.
    OWN.set(bindings).ok();
    problems
}

fn customised(own: &[(String, String)]) -> (Vec<Binding>, Vec<String>) {
    let mut bindings = BINDINGS.to_vec();
    let mut problems = Vec::new();
    for (name, key) in own {
        let Some(chord) = Chord::read(key) else {
            problems.push(format!("{name} = \"{key}\": write a key as x, ctrl-x, f5, tab or space"));
            continue;
        };
        if !bindings.iter().any(|binding| binding.act.name() == *name) {
            problems.push(format!("{name}: there is no such command; the settings (,) list them"));
            continue;
        }
        let taken = bindings.iter().find(|other| {
            let meets = |own: &&Binding| own.act.name() == *name && own.meets(other);
            other.act.name() != *name && other.chords.contains(&chord) && bindings.iter().any(|own| meets(&own))
        });
        if let Some(other) = taken {
            problems.push(format!("{name} = \"{key}\": that key is {} already", other.act.name()));
            continue;
        }
        // A handful of keys, once in the life of the process.
        let chords: &'static [Chord] = Box::leak(Box::new([chord]));
        bindings.iter_mut().filter(|binding| binding.act.name() == *name).for_each(|binding| binding.chords = chords);
    }
    (bindings, problems)
}

/// What `key` asks for on `screen`.
pub fn act(screen: Screen, key: &KeyEvent) -> Option<Act> {
    let fits = |binding: &&Binding| binding.holds(screen) && binding.chords.iter().any(|chord| chord.fits(key));
    bindings().iter().find(fits).map(|binding| binding.act)
}

/// Whether an act only moves through rows.
pub fn moves(act: Act) -> bool {
    matches!(act, Act::Up | Act::Down | Act::PageUp | Act::PageDown | Act::Top | Act::Bottom)
}

/// Whether an act is about the rows of a place, and has to wait until they were read.
pub fn needs_rows(act: Act) -> bool {
    let of_place = |binding: &Binding| binding.act == act && matches!(binding.on, On::Only(_));
    // To filter, to choose what to list and to begin a replay anew need none.
    let none = [Act::Filter, Act::Left, Act::Right, Act::Severity, Act::Replay];
    moves(act) || (!none.contains(&act) && bindings().iter().any(of_place))
}

/// The bindings that hold on `screen`, those of this place first.
pub fn here(screen: Screen) -> impl Iterator<Item = &'static Binding> {
    let own = bindings().iter().filter(move |b| matches!(b.on, On::Only(_)) && b.holds(screen));
    own.chain(bindings().iter().filter(|b| matches!(b.on, On::All)))
}

/// Every key as a page of the documentation: a table a place.
#[cfg(test)]
fn page() -> String {
    let mut out = String::from(
        "# Keys\n\nMade from the key table of the console by a test (`keys_of_the_documentation`); do not edit it.\n",
    );
    let row = |binding: &Binding| {
        format!("| `{}` | {} |\n", binding.keys().replace('|', "\\|"), binding.about.replace('|', "\\|"))
    };
    out.push_str("\n## Everywhere\n\n| key | |\n| --- | --- |\n");
    out.extend(BINDINGS.iter().filter(|binding| matches!(binding.on, On::All)).map(row));
    for screen in Screen::ALL {
        let own: String = BINDINGS.iter().filter(|b| matches!(b.on, On::Only(_)) && b.holds(screen)).map(row).collect();
        if !own.is_empty() {
            out.push_str(&format!("\n## On {}\n\n| key | |\n| --- | --- |\n{own}", screen.name()));
        }
    }
    out
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
    fn own_keys_take_the_place_of_the_houses_and_conflicts_are_said() {
        let own = |name: &str, key: &str| (name.to_owned(), key.to_owned());
        let (bindings, problems) =
            customised(&[own("check", "ctrl-k"), own("pause", "q"), own("rerun", "hyper-x"), own("fly", "x")]);
        let of = |act: Act| bindings.iter().find(|binding| binding.act == act).unwrap().keys();
        assert_eq!((of(Act::Check), of(Act::Pause)), ("ctrl-k".to_owned(), "p".to_owned()));
        assert!(problems[0].contains("that key is leave already"), "{problems:?}");
        assert!(problems[1].contains("write a key as") && problems[2].contains("no such command"), "{problems:?}");
        // A key may mean one thing here and another there.
        assert_eq!(customised(&[own("check", "R")]).1, Vec::<String>::new());
    }

    #[test]
    fn keys_of_the_documentation() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
        if std::env::var_os("LANDFALL_WRITE").is_some() {
            std::fs::write(&file, page()).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == page(), "docs/keys.md is stale: run this test with LANDFALL_WRITE=1");
    }

    #[test]
    fn every_binding_has_a_key_and_a_sentence() {
        for binding in BINDINGS {
            assert!(!binding.chords.is_empty() && binding.about.len() > 8, "{:?}", binding.act);
        }
    }
}
