//! Which files are news, and when they came.

use chrono::{Duration, NaiveDate};

use crate::alerts::baseline::date_in_name;
use crate::domain::Instant;

/// Files that land within this are one arrival.
const TOGETHER: Duration = Duration::seconds(60);

/// A file that landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// When it was first seen.
    pub at: Instant,
    /// The day that its name is about, if it says.
    pub about: Option<NaiveDate>,
    /// Whether a file of this name had been seen before.
    pub again: bool,
}

/// Arrivals from what the ledger holds, in order of arrival: (first seen, name).
pub fn arrivals<'a>(seen: impl IntoIterator<Item = (Instant, &'a str)>) -> Vec<Arrival> {
    let mut names = std::collections::BTreeSet::new();
    seen.into_iter().map(|(at, key)| Arrival { at, about: date_in_name(key), again: !names.insert(key) }).collect()
}

/// Those that bring something new, oldest first. A file about an earlier day than one that came before it is a late one
/// or a backfill, and a new version of the newest day's file a correction: neither shows that upstream keeps pace.
pub fn fresh(arrivals: &[Arrival]) -> Vec<Arrival> {
    let mut sorted = arrivals.to_vec();
    sorted.sort_by_key(|arrival| (arrival.at, arrival.about));
    let mut newest: Option<NaiveDate> = None;
    sorted.retain(|arrival| match (arrival.about, newest) {
        (Some(day), Some(known)) if day < known || (day == known && arrival.again) => false,
        (about, _) => {
            newest = newest.max(about);
            true
        }
    });
    sorted
}

/// The instants of `arrivals` (oldest first), files that land together counted once.
pub fn instants(arrivals: &[Arrival]) -> Vec<Instant> {
    let mut at: Vec<Instant> = arrivals.iter().map(|arrival| arrival.at).collect();
    at.dedup_by(|later, earlier| *later - *earlier < TOGETHER);
    at
}

#[cfg(test)]
mod tests {
    use super::{arrivals, fresh, instants};
    use crate::domain::Instant;

    fn at(minute: i64) -> Instant {
        Instant::from_timestamp(1_700_000_000 + 60 * minute, 0).unwrap()
    }

    #[test]
    fn late_files_backfills_and_corrections_are_no_news() {
        let seen = [
            (at(0), "a_2024-03-01.csv"),
            (at(1), "b_2024-03-01.csv"),
            (at(2), "a_2024-03-03.csv"),
            (at(3), "a_2024-03-02.csv"),
            (at(4), "a_2024-03-03.csv"),
            (at(5), "b_2024-03-03.csv"),
            (at(6), "b_2023-12-24.csv"),
        ];
        let fresh: Vec<Instant> = fresh(&arrivals(seen)).iter().map(|arrival| arrival.at).collect();
        assert_eq!(fresh, [at(0), at(1), at(2), at(5)]);
    }

    #[test]
    fn a_name_without_a_day_is_news_whenever_it_comes_and_a_burst_is_one_arrival() {
        let seen = [(at(0), "latest.csv"), (at(60), "latest.csv"), (at(120), "latest.csv"), (at(120), "other.csv")];
        assert_eq!(instants(&fresh(&arrivals(seen))), [at(0), at(60), at(120)]);
    }
}
