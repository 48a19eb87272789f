//! Long runs: a run is judged at the instant of its end, its worst.
//!
//! | what | figure | allowed |
//! | --- | --- | --- |
//! | false alarms, time does not depend on size | 4 of 3,000 (1.3 per thousand) | 5 per thousand |
//! | false alarms, time grows with bytes^0.8 | 4 of 3,000 (1.3 per thousand) | 5 per thousand |
//! | three times as slow, said before the end | 537 and 536 of 600 (89 %) | 85 % |
//! | ten times the data, false alarms | 6 of 600 (1 %) | 5 % |

use chrono::Duration;

use super::{Noise, per_thousand, start};
use crate::alerts::long_run::{Look, Pace, judge};
use crate::domain::alert::Verdict;

/// Ten minutes for a megabyte, with log-normal noise of 25 %; batches vary by a factor of 1.6 (one standard deviation),
/// and time grows with the `power` of their bytes.
fn pace(noise: &mut Noise, n: usize, power: f64, larger: f64) -> Pace {
    let size = (0.5 * noise.normal()).exp() * larger;
    let seconds = 600.0 * size.powf(power) * (0.25 * noise.normal()).exp();
    let ended = (start() + Duration::hours(n as i64)).and_utc();
    Pace { ended, seconds, bytes: (1e6 * size) as u64 }
}

/// Of runs that take `slower` times as long, with batches `larger` times as large: (those said to be slow, all).
fn said(power: f64, larger: f64, slower: f64, runs: usize, seed: u64) -> (usize, usize) {
    let mut noise = Noise::of(seed);
    let mut past: Vec<Pace> = (0..30).map(|n| pace(&mut noise, n, power, 1.0)).collect();
    let said = (0..runs).filter(|n| {
        let run = pace(&mut noise, n + 30, power, larger);
        let elapsed = run.seconds * slower;
        let look = Look {
            object: "p",
            now: run.ended,
            elapsed,
            bytes: run.bytes,
            ended: false,
            slow_after: None,
            successes: &past[past.len() - 30..],
        };
        let bad = matches!(judge(&look), Verdict::Bad(_));
        past.push(pace(&mut noise, n + 30, power, 1.0));
        bad
    });
    (said.count(), runs)
}

#[test]
fn ordinary_runs_rarely_alarm_whether_time_grows_with_size_or_not() {
    for power in [0.0, 0.8] {
        let (alarms, checks) = said(power, 1.0, 1.0, 3000, 1);
        let rate = per_thousand(&format!("long run, false alarms, time grows with bytes^{power}"), alarms, checks);
        assert!(rate <= 5.0, "{rate}");
    }
}

#[test]
fn a_run_three_times_as_slow_is_said_and_one_with_ten_times_the_data_is_not() {
    for (power, at_least) in [(0.0, 850.0), (0.8, 850.0)] {
        let (caught, of) = said(power, 1.0, 3.0, 600, 2);
        let rate = per_thousand(&format!("long run, three times as slow, bytes^{power}"), caught, of);
        assert!(rate >= at_least, "{rate}");
    }
    let (alarms, of) = said(0.8, 10.0, 1.0, 600, 3);
    assert!(per_thousand("long run, ten times the data, false alarms", alarms, of) <= 50.0);
}
