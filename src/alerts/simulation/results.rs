//! Results far from the past.

use chrono::Duration;

use super::{Noise, start};
use crate::alerts::results_drift::daily as results_drift;
use crate::domain::alert::Verdict;
use crate::domain::plan::Task;

#[test]
fn results_drift_catches_a_jump_and_rarely_alarms_for_nothing() {
    let measure = results_drift::measures(Task::Binary)[1];
    let day = |i: i64| start().date() + Duration::days(i);
    let rate = |jump: f64, days: i64| {
        let fired = (0..500u64).filter(|seed| {
            let mut noise = Noise(0x2545_F491_4F6C_DD1D ^ (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15), 1);
            let figures: Vec<_> = (0..=days)
                .map(|i| {
                    let weekday = if i % 7 >= 5 { -0.25 } else { 0.0 };
                    let logit = -1.25 + weekday + 0.2 * noise.normal() + if i == days { jump } else { 0.0 };
                    let value = 1.0 / (1.0 + (-logit).exp());
                    results_drift::Figure { day: day(i), value, rows: 900, alerted: false }
                })
                .collect();
            let (last, past) = figures.split_last().unwrap();
            matches!(results_drift::judge(measure, *last, past, 5.0), Verdict::Bad(_))
        });
        fired.count() as f64 / 500.0
    };
    for days in [14, 21, 28, 56] {
        let false_alarms = rate(0.0, days);
        assert!(false_alarms <= 0.006, "{days} days: {false_alarms}");
    }
    assert!(rate(2.0, 56) >= 0.95, "{}", rate(2.0, 56));
    assert!(rate(2.0, 14) >= 0.6, "{}", rate(2.0, 14));
}
