//! Seeded simulations of how often the detectors alarm for nothing and how often they miss, with tolerance bands: one
//! file a kind, whose head says what was measured. `cargo test --lib alerts::simulation -- --nocapture` prints it anew.

mod data_drift;
mod long_run;
mod results;
mod size;
mod staleness;

use chrono::{NaiveDate, NaiveDateTime};

/// Xorshift (64 bits, Marsaglia 2003; state and multiplier) with the polar-free Box-Muller transform: small, portable,
/// the same everywhere.
struct Noise(u64, u64);

impl Noise {
    /// A stream of its own for each seed, its states mixed by a multiplication (Vigna 2016): without it small numbers
    /// follow small ones, which bends the far tails of what is made of two in a row.
    fn of(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ (seed + 1).wrapping_mul(0xD1B5_4A32_D192_ED03), 0x2545_F491_4F6C_DD1D)
    }

    fn uniform(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0.wrapping_mul(self.1) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Student's t with five degrees of freedom, scaled to the standard deviation of one.
    fn heavy(&mut self) -> f64 {
        let squares: f64 = (0..5).map(|_| self.normal().powi(2)).sum();
        self.normal() / (squares / 5.0).sqrt() / (5.0_f64 / 3.0).sqrt()
    }
}

fn start() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap()
}

/// Prints a figure of a benchmark and answers it per thousand.
fn per_thousand(what: &str, n: usize, of: usize) -> f64 {
    let rate = 1000.0 * n as f64 / of as f64;
    eprintln!("{what}: {n} of {of} ({rate:.2} per thousand)");
    rate
}
