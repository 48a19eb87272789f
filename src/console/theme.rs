//! Colours by meaning. A view asks for a [`Role`]; what that looks like is decided here and nowhere else.

use ratatui::style::{Color, Modifier, Style};

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text, in the terminal's own foreground.
    Text,
    /// Headings and names.
    Strong,
    /// Supporting text: units, labels, ages.
    Muted,
    /// Rules, empty parts of bars, placeholders.
    Faint,
    /// The one accent: where you are and what is alive.
    Accent,
    /// As it should be.
    Ok,
    /// Look at it.
    Warn,
    /// Answer it.
    Critical,
    /// The row under the cursor.
    Selected,
    /// A key in the footer.
    Key,
    /// First line of a chart: the champion.
    First,
    /// Second line of a chart: the challenger.
    Second,
    /// Third line of a chart: the baseline.
    Third,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dark,
    Light,
    HighContrast,
    Monochrome,
}

/// The colours in use.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    kind: Kind,
    sixteen: bool,
}

pub use crate::config::console::THEMES as NAMES;

impl Theme {
    /// The theme with this name, all 256 colours; `None` when there is no such theme.
    pub fn named(name: &str) -> Option<Self> {
        let kind = match name {
            "dark" => Kind::Dark,
            "light" => Kind::Light,
            "high-contrast" => Kind::HighContrast,
            "monochrome" => Kind::Monochrome,
            _ => return None,
        };
        Some(Self { kind, sixteen: false })
    }

    /// Chooses from a wish, what the terminal says of its background, and the environment: `NO_COLOR` wins over
    /// everything but an explicit wish, `COLORFGBG` tells a light background where the terminal does not, `TERM` and `COLORTERM` how many colours there are.
    pub fn choose(wish: Option<&str>, told: Option<bool>, environment: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let sixteen = set("COLORTERM").is_none() && !term.contains("256") && !term.contains("direct");
        if let Some(theme) = wish.and_then(Self::named) {
            return Self { sixteen, ..theme };
        }
        if set("NO_COLOR").is_some() || term == "dumb" {
            return Self { kind: Kind::Monochrome, sixteen };
        }
        let background = set("COLORFGBG").and_then(|value| value.rsplit(';').next()?.parse::<u8>().ok());
        let light = told.unwrap_or_else(|| background.is_some_and(|index| index == 7 || index >= 10));
        Self { kind: if light { Kind::Light } else { Kind::Dark }, sixteen }
    }

    /// Whether it is for a light background.
    pub fn is_light(&self) -> bool {
        self.kind == Kind::Light
    }

    /// How `role` looks.
    pub fn style(&self, role: Role) -> Style {
        match self.kind {
            Kind::Dark if self.sixteen => sixteen(role),
            Kind::Light if self.sixteen => sixteen_light(role),
            Kind::Dark => dark(role),
            Kind::Light => light(role),
            Kind::HighContrast => high_contrast(role),
            Kind::Monochrome => monochrome(role),
        }
    }
}

fn fg(index: u8) -> Style {
    Style::new().fg(Color::Indexed(index))
}

fn bold(style: Style) -> Style {
    style.add_modifier(Modifier::BOLD)
}

fn dark(role: Role) -> Style {
    match role {
        Role::Text => Style::new(),
        Role::Strong => bold(Style::new()),
        Role::Muted => fg(246),
        Role::Faint => fg(240),
        Role::Accent | Role::First => fg(80),
        Role::Key => bold(fg(80)),
        Role::Ok => fg(114),
        Role::Warn => fg(221),
        Role::Critical => bold(fg(203)),
        Role::Selected => Style::new().bg(Color::Indexed(236)),
        Role::Second => fg(215),
        Role::Third => fg(146),
    }
}

fn light(role: Role) -> Style {
    match role {
        Role::Text => Style::new(),
        Role::Strong => bold(Style::new()),
        Role::Muted => fg(242),
        Role::Faint => fg(250),
        Role::Accent | Role::First => fg(30),
        Role::Key => bold(fg(30)),
        Role::Ok => fg(28),
        Role::Warn => fg(130),
        Role::Critical => bold(fg(160)),
        Role::Selected => Style::new().bg(Color::Indexed(254)),
        Role::Second => fg(166),
        Role::Third => fg(61),
    }
}

fn sixteen(role: Role) -> Style {
    let named = |color| Style::new().fg(color);
    match role {
        Role::Text => Style::new(),
        Role::Strong => bold(Style::new()),
        Role::Muted | Role::Faint => named(Color::DarkGray),
        Role::Accent | Role::First => named(Color::Cyan),
        Role::Key => bold(named(Color::Cyan)),
        Role::Ok => named(Color::Green),
        Role::Warn | Role::Second => named(Color::Yellow),
        Role::Critical => bold(named(Color::LightRed)),
        Role::Selected => Style::new().add_modifier(Modifier::REVERSED),
        Role::Third => named(Color::Magenta),
    }
}

fn sixteen_light(role: Role) -> Style {
    match role {
        Role::Accent | Role::First => Style::new().fg(Color::Blue),
        Role::Key => bold(Style::new().fg(Color::Blue)),
        Role::Critical => bold(Style::new().fg(Color::Red)),
        Role::Warn | Role::Second => Style::new().fg(Color::Magenta),
        other => sixteen(other),
    }
}

fn high_contrast(role: Role) -> Style {
    let named = |color| bold(Style::new().fg(color));
    match role {
        Role::Text | Role::Muted | Role::Faint => Style::new(),
        Role::Strong => bold(Style::new()),
        Role::Accent | Role::First | Role::Key => named(Color::LightCyan),
        Role::Ok => named(Color::LightGreen),
        Role::Warn | Role::Second => named(Color::LightYellow),
        Role::Critical => named(Color::LightRed).add_modifier(Modifier::UNDERLINED),
        Role::Selected => Style::new().add_modifier(Modifier::REVERSED),
        Role::Third => named(Color::LightMagenta),
    }
}

fn monochrome(role: Role) -> Style {
    let with = |modifier| Style::new().add_modifier(modifier);
    match role {
        Role::Text | Role::Ok | Role::First | Role::Second => Style::new(),
        Role::Strong | Role::Accent | Role::Key | Role::Warn => with(Modifier::BOLD),
        Role::Muted | Role::Faint | Role::Third => with(Modifier::DIM),
        Role::Critical => with(Modifier::BOLD | Modifier::UNDERLINED),
        Role::Selected => with(Modifier::REVERSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn no_color_means_no_colour_but_still_a_visible_selection() {
        let theme = Theme::choose(None, None, environment(&[("NO_COLOR", "1"), ("TERM", "xterm-256color")]));
        let style = theme.style(Role::Selected);
        assert_eq!((style.fg, style.bg), (None, None));
        assert!(style.add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn an_explicit_wish_wins_and_a_light_background_is_noticed() {
        let wished =
            Theme::choose(Some("light"), Some(false), environment(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]));
        assert_eq!(wished.style(Role::Ok), light(Role::Ok));
        let noticed = Theme::choose(None, None, environment(&[("COLORFGBG", "0;15"), ("TERM", "xterm-256color")]));
        assert_eq!(noticed.style(Role::Accent), light(Role::Accent));
        let told =
            Theme::choose(Some("auto"), Some(false), environment(&[("COLORFGBG", "0;15"), ("TERM", "xterm-256color")]));
        assert_eq!(told.style(Role::Accent), dark(Role::Accent), "the terminal knows better");
    }

    #[test]
    fn every_named_theme_but_auto_exists() {
        assert!(NAMES.iter().skip(1).all(|name| Theme::named(name).is_some()));
        assert!(Theme::named("auto").is_none());
    }

    #[test]
    fn ordinary_text_has_the_terminals_own_colour_in_every_theme() {
        for name in &NAMES[1..] {
            let theme = Theme::named(name).unwrap();
            assert_eq!(theme.style(Role::Text), Style::new(), "{name}");
        }
    }
}
