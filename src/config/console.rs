//! How the console looks and behaves: `[console]` of `landfall.toml`.

/// Names of the colour themes; `auto` asks the terminal and its environment.
pub const THEMES: [&str; 5] = ["auto", "dark", "light", "high-contrast", "monochrome"];

/// `[console]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConsoleSettings {
    /// One of [`THEMES`]; default `auto`.
    pub theme: String,
    /// Whether the mouse is the console's; default true. Without it the terminal selects text by itself.
    pub mouse: bool,
    /// Whether the terminal's bell rings for what needs an answer; default false.
    pub bell: bool,
    /// Whether the terminal shows a notification (OSC 9) for what needs an answer; default false.
    pub notify: bool,
    /// Only ASCII on screen; default: what the locale says.
    pub ascii: Option<bool>,
    /// Whether the console only looks; default false.
    pub read_only: bool,
    /// Keys that are not those of the house: the name of a command, and its key as `x`, `ctrl-x` or `f5`.
    pub keys: Vec<(String, String)>,
}

impl Default for ConsoleSettings {
    fn default() -> Self {
        Self {
            theme: "auto".into(),
            mouse: true,
            bell: false,
            notify: false,
            ascii: None,
            read_only: false,
            keys: Vec::new(),
        }
    }
}
