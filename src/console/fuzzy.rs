//! Subsequence matching for filters and the palette.

/// Whether `needle` fits `text` at all, as [`score`] would say. `text` is in lower case already: a filter asks of a
/// thousand rows while one types.
pub fn fits(needle: &str, text: &str) -> bool {
    let needle = needle.to_lowercase();
    let fits = |word: &str| {
        let mut rest = text.chars();
        word.chars().all(|wanted| rest.any(|c| c == wanted))
    };
    needle.split_whitespace().all(fits)
}

/// How well `needle` fits `text`, larger is better; `None` when its characters do not occur in order. Case is ignored;
/// spaces in the needle part it into words that must all fit. Characters in a row and at the start of words count.
pub fn score(needle: &str, text: &str) -> Option<i64> {
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let mut total = 0;
    for word in needle.split_whitespace() {
        let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
        total += best(&word, &text)?;
    }
    Some(total)
}

/// The best of all places where the first character occurs.
fn best(word: &[char], text: &[char]) -> Option<i64> {
    let first = word.first()?;
    let starts = text.iter().enumerate().filter(|(_, c)| *c == first).map(|(index, _)| index);
    starts.filter_map(|start| from(word, text, start)).max()
}

fn from(word: &[char], text: &[char], start: usize) -> Option<i64> {
    let mut points = 0;
    let mut previous: Option<usize> = None;
    let mut at = start;
    for wanted in word {
        let found = at + text.get(at..)?.iter().position(|c| c == wanted)?;
        points += match previous {
            Some(last) if found == last + 1 => 8,
            Some(last) => -i64::try_from(found - last).unwrap_or(i64::MAX).min(8),
            None => 0,
        };
        if found == 0 || !text[found - 1].is_alphanumeric() {
            points += 6;
        }
        previous = Some(found);
        at = found + 1;
    }
    Some(points)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{fits, score};

    #[test]
    fn characters_must_occur_in_order_whatever_their_case() {
        assert!(score("rrf", "Rerun from here").is_some());
        assert!(score("xyz", "Rerun from here").is_none());
        assert!(score("", "anything").is_some());
        assert!(score("cancel run", "run: cancel it").is_some());
    }

    proptest! {
        #[test]
        fn what_fits_has_a_score_and_nothing_else_does(needle in "[abAB ]{0,4}", text in "[abAB .]{0,9}") {
            prop_assert_eq!(fits(&needle, &text.to_lowercase()), score(&needle, &text).is_some());
        }
    }

    #[test]
    fn whole_words_beat_scattered_letters() {
        assert!(score("run", "run 128") > score("run", "ranking uniform"));
        assert!(score("al", "go to alerts") > score("al", "cancel"));
    }
}
