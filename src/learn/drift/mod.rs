//! How far one sample lies from another, in f64, checked against stored scipy values to 1e-9.
//!
//! A distance says how much differs, a significance whether chance explains it; an alert needs both. What is not
//! defined (of no values, of values that are not finite, in units of a spread that is zero) is `None`, never a number
//! that looks like one.

mod category;
mod gamma;
mod index;
mod numeric;
mod sketch;

#[cfg(test)]
mod tests;

pub use category::{Homogeneity, homogeneity, jensen_shannon};
pub use gamma::chi_square_tail;
pub use index::{population_stability, population_stability_floor};
pub use numeric::{kolmogorov_smirnov, kolmogorov_smirnov_limit, normalised_wasserstein, wasserstein};
pub use sketch::Sketch;
