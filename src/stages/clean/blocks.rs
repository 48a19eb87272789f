//! A text cut into blocks of whole records, which are worked on several at a time and taken in order.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};

use super::source::Refusal;
use super::text::Text;

/// Blocks that are in work or wait to be taken, for each hand: enough to be busy while rows are spilled.
const AHEAD: usize = 3;

/// Gives every block of about `size` bytes to `work` and what came of it to `take`, in the order of the text. `end` says
/// where the last record of a text ends that is whole (0 without one); blocks are cut there. The calling thread cuts and
/// takes; with more than one of `hands`, as many others work.
pub(super) fn each<R: Send>(
    text: &mut Text<'_>,
    size: usize,
    hands: usize,
    end: impl Fn(&str) -> usize,
    work: impl Fn(&str) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if hands < 2 {
        while let Some(block) = text.block(size, &end)? {
            take(work(&block))?;
        }
        return Ok(());
    }
    let (give, given) = channel::<(usize, String)>();
    let (given, work) = (&Mutex::new(given), &work);
    let (hand_in, handed) = channel();
    std::thread::scope(|scope| {
        // Moved in, so that the hands see its end however this one ends.
        let (give, handed) = (give, handed);
        for _ in 0..hands {
            let hand_in = hand_in.clone();
            scope.spawn(move || {
                let next = || given.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok((number, block)) = next() {
                    let done = catch_unwind(AssertUnwindSafe(|| work(&block)));
                    if hand_in.send((number, done)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(hand_in);
        let (mut cut, mut taken, mut ended, mut waiting) = (0, 0, None, BTreeMap::new());
        loop {
            while ended.is_none() && cut - taken < AHEAD * hands {
                match text.block(size, &end) {
                    Ok(Some(block)) => {
                        // A hand that is gone has handed in why.
                        let _ = give.send((cut, block));
                        cut += 1;
                    }
                    Ok(None) => ended = Some(Ok(())),
                    // What is wrong before it is said first, however many work.
                    Err(refusal) => ended = Some(Err(refusal)),
                }
            }
            if taken == cut {
                return ended.unwrap_or(Ok(()));
            }
            if let Ok((number, done)) = handed.recv() {
                waiting.insert(number, done);
            }
            while let Some(done) = waiting.remove(&taken) {
                taken += 1;
                take(done.unwrap_or_else(|panic| resume_unwind(panic)))?;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::clean::source::quarantine;

    /// The blocks of `text` cut at line ends.
    fn blocks(text: &str, size: usize, hands: usize) -> Vec<String> {
        let mut bytes = text.as_bytes();
        let mut text = Text::open(&mut bytes, None, 1000).unwrap();
        let mut all = Vec::new();
        let end = |text: &str| text.rfind('\n').map_or(0, |at| at + 1);
        let take = |block| {
            all.push(block);
            Ok(())
        };
        each(&mut text, size, hands, end, str::to_owned, take).unwrap();
        all
    }

    #[test]
    fn blocks_end_with_records_and_come_in_order_whoever_works_on_them() {
        assert_eq!(blocks("a\nb\nlonger\nc", 3, 1), ["a\n", "b\n", "longer\nc"]);
        assert_eq!(blocks("a\nb\nlonger\nc\n", 100, 1), ["a\nb\nlonger\nc\n"]);
        assert_eq!(blocks("", 3, 2), [] as [&str; 0]);
        let text: String = (0..500).map(|n| format!("line {n}\n")).collect();
        let several = blocks(&text, 20, 3);
        assert_eq!(several, blocks(&text, 20, 1));
        assert_eq!(several.concat(), text);
    }

    #[test]
    fn a_refusal_ends_it_and_a_panic_of_a_hand_is_the_callers() {
        let mut bytes = "a\nb\nc\n".as_bytes();
        let mut text = Text::open(&mut bytes, None, 1000).unwrap();
        let end = |text: &str| text.find('\n').map_or(0, |at| at + 1);
        let refused = each(&mut text, 1, 2, end, str::to_owned, |_| quarantine("no"));
        assert!(matches!(refused, Err(Refusal::Quarantine(reason)) if reason == "no"));
        for hands in [1, 2] {
            let long = format!("a\nb\n{}", "c".repeat(3_000_000));
            let mut bytes = long.as_bytes();
            let mut text = Text::open(&mut bytes, None, 1000).unwrap();
            let refused = each(&mut text, 1, hands, end, str::to_owned, |_| quarantine("no"));
            assert!(matches!(refused, Err(Refusal::Quarantine(reason)) if reason == "no"), "{hands}");
            let mut bytes = long.as_bytes();
            let mut text = Text::open(&mut bytes, None, 1000).unwrap();
            assert!(each(&mut text, 1, hands, end, str::to_owned, |_| Ok(())).is_err(), "{hands}");
        }
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let mut bytes = "a\nb\nc\n".as_bytes();
            let mut text = Text::open(&mut bytes, None, 1000).unwrap();
            each(&mut text, 1, 2, end, |block| assert_ne!(block, "b\n"), |()| Ok(()))
        }));
        assert!(caught.is_err());
    }
}
