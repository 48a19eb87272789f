//! Terminals that know no box drawing: every symbol of the screens has an ASCII one of the same width.

use ratatui::buffer::Buffer;
use unicode_width::UnicodeWidthStr;

/// Whether the environment says that only ASCII can be shown: a locale that is not UTF-8, or a terminal without any
/// abilities. Without a locale the terminal is trusted.
pub fn wanted(environment: impl Fn(&str) -> Option<String>) -> bool {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let utf8 = locale.is_none_or(|locale| {
        let locale = locale.to_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    !utf8 || set("TERM").is_some_and(|term| term == "dumb")
}

/// Replaces what is no ASCII in every cell.
pub fn draw(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "─" | "━" | "–" | "‒" | "═" => "-",
            "│" | "┃" | "‖" => "|",
            "╭" | "╮" | "╰" | "╯" | "┼" | "├" | "┤" | "┬" | "┴" | "┌" | "┐" | "└" | "┘" => {
                "+"
            }
            "▸" | "»" | "→" | "▶" => ">",
            "←" => "<",
            "↑" | "▲" | "△" | "⊼" => "^",
            "↓" | "▼" => "v",
            "●" | "◉" | "⬤" => "*",
            "○" | "◌" | "◐" => "o",
            "✓" => "+",
            "✗" | "⊘" => "x",
            "↻" => "~",
            "·" | "…" => ".",
            "⏎" => "#",
            "±" => "~",
            "≤" => "<",
            "≥" => ">",
            "█" | "▇" | "▆" | "▅" => "#",
            "▄" | "▃" | "▂" | "▁" => "_",
            "░" | "▒" | "▓" => ":",
            other if other.chars().all(|c| ('\u{2800}'..='\u{28ff}').contains(&c)) => ":",
            _ => "?",
        };
        let width = cell.symbol().width().max(1);
        let symbol = plain.repeat(width);
        cell.set_symbol(&symbol);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_that_is_not_utf_8_or_a_dumb_terminal_wants_ascii() {
        let with = |pairs: &'static [(&str, &str)]| {
            wanted(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(
            with(&[("LANG", "C")])
                && with(&[("TERM", "dumb")])
                && with(&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")])
        );
        assert!(!with(&[]) && !with(&[("LANG", "de_DE.utf8")]) && !with(&[("LC_CTYPE", "C.UTF-8"), ("LANG", "C")]));
    }
}
