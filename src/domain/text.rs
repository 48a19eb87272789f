//! The one sanitiser for text that others wrote: file names, cells, server errors, logs of programs.
//!
//! A terminal obeys control sequences wherever they come from, and bidirectional marks make text read as something
//! it is not. Nothing untrusted reaches a screen, a log line, a report or a mail without passing here.

/// Makes `text` safe to show on one line: control characters (C0, DEL, C1), bidirectional marks, zero-width and
/// other invisible format characters become visible escapes such as `\x1b` or `\u{202e}`. Newlines and tabs become
/// `\n` and `\t`. Everything else is left as it is.
pub fn one_line(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push_safe(&mut safe, c);
    }
    safe
}

/// As [`one_line`], but keeps newlines; `\r\n` becomes `\n`.
pub fn many_lines(text: &str) -> String {
    text.lines().map(one_line).collect::<Vec<_>>().join("\n")
}

fn push_safe(safe: &mut String, c: char) {
    match c {
        '\n' => safe.push_str("\\n"),
        '\t' => safe.push_str("\\t"),
        '\r' => safe.push_str("\\r"),
        c if is_unsafe(c) && (c as u32) < 0x100 => safe.push_str(&format!("\\x{:02x}", c as u32)),
        c if is_unsafe(c) => safe.push_str(&format!("\\u{{{:x}}}", c as u32)),
        c => safe.push(c),
    }
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{many_lines, one_line};

    #[test]
    fn plain_text_passes_untouched() {
        assert_eq!(one_line("flüge_2013-03-01.csv 日本"), "flüge_2013-03-01.csv 日本");
    }

    #[test]
    fn control_sequences_become_visible() {
        assert_eq!(one_line("\x1b]52;c;cm0=\x07"), "\\x1b]52;c;cm0=\\x07");
        assert_eq!(one_line("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\x9bc");
        assert_eq!(one_line("a\r\nb\tc"), "a\\r\\nb\\tc");
        assert_eq!(many_lines("a\x1b[2J\r\nb"), "a\\x1b[2J\nb");
    }
}
