//! Texts made to fit: receivers refuse or swallow what is too long.

/// What stands where something was left out.
const MARK: char = '…';

/// At most `most` characters; what is longer ends with `…`.
pub(super) fn characters(text: &str, most: usize) -> String {
    let mut rest = text.char_indices().skip(most.saturating_sub(1));
    match (rest.next(), rest.next()) {
        (Some((at, _)), Some(_)) => format!("{}{MARK}", &text[..at]),
        _ => text.to_owned(),
    }
}

/// At most `most` bytes once it stands in JSON, and so at most that many as it is; what is longer ends with `…`.
pub(super) fn json_bytes(text: &str, most: usize) -> String {
    let mut used = 0;
    let mut fits = 0;
    for (at, c) in text.char_indices() {
        if used + MARK.len_utf8() <= most {
            fits = at;
        }
        used += match c {
            '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
            c if c < ' ' => 6,
            c => c.len_utf8(),
        };
        if used > most {
            return format!("{}{MARK}", &text[..fits]);
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{characters, json_bytes};

    #[test]
    fn a_text_that_fits_is_left_as_it_is_and_a_longer_one_says_so() {
        assert_eq!(characters("größe", 5), "größe");
        assert_eq!(characters("größen", 5), "größ…");
        assert_eq!(characters("", 5), "");
        assert_eq!(json_bytes("größe", 7), "größe");
        assert_eq!(json_bytes("größen", 7), "grö…", "ö has two bytes, … three");
        assert_eq!(json_bytes("\n\n\n", 5), "\n…");
    }

    proptest! {
        #[test]
        fn nothing_is_longer_than_it_may_be(text in any::<String>(), most in 3_usize..60) {
            prop_assert!(characters(&text, most).chars().count() <= most);
            prop_assert!(serde_json::to_string(&json_bytes(&text, most)).unwrap().len() - 2 <= most);
            let fits = text.chars().count() <= most;
            prop_assert_eq!(fits, characters(&text, most) == text);
        }
    }
}
