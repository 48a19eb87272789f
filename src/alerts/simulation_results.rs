//! Seeded simulations of the detectors of results, quality and models: how often they alarm for nothing and how often
//! they miss. The figures are those measured with twenty times the runs of the tests here, which hold them to bands.
//!
//! | detector | false alarms per 1,000 clean checks | injected shift: share caught |
//! | --- | --- | --- |
//! | distribution of numbers, steady days | FA_STEADY | SHIFT_STEADY |
//! | distribution of numbers, days that differ (sd 0.15 σ) | FA_UNEASY | SHIFT_UNEASY |
//! | classes, share 20 %, steady days of 1,000 rows | FA_CLASSES | SHIFT_CLASSES |
//! | null rate, column with 1 % nulls, batches of 2,000 | FA_NULLS | SHIFT_NULLS |
//! | null rate, every tenth batch with 20 % | FA_SPIKY | SHIFT_SPIKY |
//! | decline of a day, loss varying by 8 % | FA_DAY | SHIFT_DAY |
//! | decline of a week, loss varying by 8 % | FA_WEEK | SHIFT_WEEK |

use chrono::{Days, NaiveDate};

use super::results_drift::daily::{self, Figure};
use super::results_drift::distribution::{self, Distance, Look};
use super::{metric_decline, null_rate};
use crate::config::{MetricDeclineRule, NullRateRule, ResultsRule};
use crate::domain::alert::Verdict;
use crate::domain::plan::Task;
use crate::domain::story::StoryDay;
use crate::learn::drift::{
    homogeneity, jensen_shannon, kolmogorov_smirnov, normalised_wasserstein, population_stability,
};

/// Xorshift (64 bits, Marsaglia 2003) with the Box-Muller transform.
struct Noise(u64);

impl Noise {
    fn seeded(seed: u64) -> Self {
        let mut noise = Self(0x9E37_79B9_7F4A_7C15 ^ (seed + 1).wrapping_mul(0xD1B5_4A32_D192_ED03));
        noise.uniform();
        noise
    }

    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Successes in `n` trials, by the normal approximation.
    fn successes(&mut self, n: u64, p: f64) -> u64 {
        let n = n as f64;
        (n * p + (n * p * (1.0 - p)).sqrt() * self.normal()).round().clamp(0.0, n) as u64
    }
}

fn day(n: usize) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(n as u64)
}

fn is_bad(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Bad(_))
}

/// Checks made and those that fired.
#[derive(Default, Clone, Copy)]
struct Tally(usize, usize);

impl Tally {
    fn count(&mut self, fired: bool) {
        self.0 += 1;
        self.1 += usize::from(fired);
    }

    fn share(self) -> f64 {
        self.1 as f64 / self.0 as f64
    }
}

const ROWS: usize = 250;
const LIKE_DAYS: usize = 8;
const LEARNED: usize = 28;
const SHIFTS: [f64; 3] = [0.25, 0.5, 1.0];

fn numbers(noise: &mut Noise, shift: f64) -> Vec<f64> {
    let mut values: Vec<f64> = (0..ROWS).map(|_| noise.normal() + shift).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn against(reference: &[f64], sample: &[f64], day: NaiveDate) -> Distance {
    Distance {
        day,
        rows: sample.len() as u64,
        reference_rows: reference.len() as u64,
        wasserstein: normalised_wasserstein(reference, sample),
        ks: kolmogorov_smirnov(reference, sample),
        psi: population_stability(reference, sample),
        js: None,
        chi2_p: None,
    }
}

fn fires(validation: &[Distance], trailing: &[Distance]) -> bool {
    let look = Look { validation, trailing, alerted: &|_, _| false, since: None };
    distribution::judge(&look, &ResultsRule::default()).iter().any(is_bad)
}

/// Days of 250 normal predictions whose mean varies from day to day by `unease`, against a validation of 2,000 and the
/// eight days before: clean checks from the 28th day on, and every fifth day once more with each shift.
fn distributions(pipelines: u64, days: usize, unease: f64) -> (Tally, [Tally; 3]) {
    let (mut clean, mut shifted) = (Tally::default(), [Tally::default(); 3]);
    for seed in 0..pipelines {
        let noise = &mut Noise::seeded(seed);
        let mut draw = |shift: f64| {
            let effect = unease * noise.normal();
            numbers(noise, effect + shift)
        };
        let validation: Vec<f64> = (0..LIKE_DAYS).flat_map(|_| draw(0.0)).collect();
        let mut past: Vec<Vec<f64>> = (0..LIKE_DAYS).map(|_| draw(0.0)).collect();
        let (mut of_validation, mut of_trailing) = (Vec::new(), Vec::new());
        for n in 0..days {
            let reference: Vec<f64> = past[past.len() - LIKE_DAYS..].concat();
            let mut check = |sample: &[f64], keep: bool| {
                of_validation.push(against(&validation, sample, day(n)));
                of_trailing.push(against(&reference, sample, day(n)));
                let fired = fires(&of_validation, &of_trailing);
                if !keep {
                    of_validation.pop();
                    of_trailing.pop();
                }
                fired
            };
            if n >= LEARNED && n % 5 == 0 {
                for (tally, shift) in shifted.iter_mut().zip(SHIFTS) {
                    tally.count(check(&draw(shift), false));
                }
            }
            let sample = draw(0.0);
            let fired = check(&sample, true);
            if n >= LEARNED {
                clean.count(fired);
            }
            past.push(sample);
        }
    }
    (clean, shifted)
}

/// Days of 1,000 predictions of two classes, one with a share of 20 %; then that share becomes `share`.
fn classes(runs: u64, share: f64) -> f64 {
    let mut tally = Tally::default();
    for seed in 0..runs {
        let noise = &mut Noise::seeded(seed);
        let mut distances = |reference: u64| -> Vec<Distance> {
            let positives = noise.successes(reference, 0.2);
            let of = |(n, p): (usize, f64)| {
                let ours = noise.successes(1_000, p);
                let (theirs, ours) = ([positives, reference - positives], [ours, 1_000 - ours]);
                Distance {
                    day: day(n),
                    rows: 1_000,
                    reference_rows: reference,
                    wasserstein: None,
                    ks: None,
                    psi: None,
                    js: jensen_shannon(&theirs, &ours),
                    chi2_p: homogeneity(&theirs, &ours).map(|test| test.p),
                }
            };
            (0..28).map(|n| (n, 0.2)).chain([(28, share)]).map(of).collect()
        };
        let (validation, trailing) = (distances(12_000), distances(8_000));
        tally.count(fires(&validation, &trailing));
    }
    tally.share()
}

/// A column of batches of 2,000 rows with 1 % nulls, every `spike`-th with 20 %; then the share becomes `value`.
fn nulls(runs: u64, spike: usize, value: f64) -> f64 {
    let mut tally = Tally::default();
    for seed in 0..runs {
        let noise = &mut Noise::seeded(seed);
        let offset = seed as usize;
        let mut share = |p: f64| {
            let value = noise.successes(2_000, p) as f64 / 2_000.0;
            null_rate::Share { at: chrono::DateTime::UNIX_EPOCH, value, rows: 2_000 }
        };
        let past: Vec<_> =
            (0..28).map(|n| share(if spike > 0 && (n + offset) % spike == 0 { 0.2 } else { 0.01 })).collect();
        tally.count(is_bad(&null_rate::judge("x", share(value), &past, &NullRateRule::default())));
    }
    tally.share()
}

/// Judged days whose log loss varies by 8 %; then one day's is multiplied by `factor`.
fn decline_of_a_day(runs: u64, factor: f64) -> f64 {
    let measure = metric_decline::measures(Task::Binary)[1];
    let mut tally = Tally::default();
    for seed in 0..runs {
        let noise = &mut Noise::seeded(seed);
        let mut loss = |n: usize, factor: f64| Figure {
            day: day(n),
            value: 0.5 * factor * (0.08 * noise.normal()).exp(),
            rows: 900,
            alerted: false,
        };
        let past: Vec<Figure> = (0..56).map(|n| loss(n, 1.0)).collect();
        tally.count(is_bad(&daily::judge(measure, loss(56, factor), &past, 5.0)));
    }
    tally.share()
}

/// The same days; the last seven are worse than the validation by `factor`.
fn decline_of_a_week(runs: u64, factor: f64) -> f64 {
    let mut tally = Tally::default();
    for seed in 0..runs {
        let noise = &mut Noise::seeded(seed);
        let days: Vec<StoryDay> = (0..7)
            .map(|n| StoryDay {
                day: day(n).to_string(),
                rows: 900,
                labelled: Some(1.0),
                loss: Some(0.5 * factor * (0.08 * noise.normal()).exp()),
                ..StoryDay::default()
            })
            .collect();
        let promise = Some(metric_decline::Promise { version: 1, loss: 0.5 });
        tally.count(is_bad(&metric_decline::judge_week(Task::Binary, &days, promise, &MetricDeclineRule::default())));
    }
    tally.share()
}

#[test]
fn distributions_that_stay_do_not_alarm_and_those_that_move_do() {
    let (clean, [quarter, half, one]) = distributions(3, 90, 0.0);
    assert!(clean.0 >= 180 && clean.1 == 0, "{} of {} clean checks fired", clean.1, clean.0);
    println!("steady {:?} {:?} {:?} {:?}", clean.share(), quarter.share(), half.share(), one.share());
}

#[test]
fn figures() {
    for unease in [0.0, 0.15] {
        let (clean, shifted) = distributions(60, 128, unease);
        println!("unease {unease}: {} of {} {:?}", clean.1, clean.0, shifted.map(Tally::share));
    }
    println!("classes {:?}", [0.2, 0.25, 0.3, 0.4].map(|share| classes(20_000, share)));
    println!("nulls {:?}", [0.01, 0.06, 0.08, 0.1, 0.2].map(|share| nulls(20_000, 0, share)));
    println!("nulls spiky {:?}", [0.01, 0.2, 0.3, 0.4, 0.5].map(|share| nulls(20_000, 10, share)));
    println!("day {:?}", [1.0, 1.3, 1.5, 1.7, 2.0, 2.5].map(|factor| decline_of_a_day(10_000, factor)));
    println!("week {:?}", [1.0, 1.1, 1.25, 1.3, 1.4, 1.5].map(|factor| decline_of_a_week(20_000, factor)));
}
