//! How far one sample lies from another, in f64, checked against stored scipy values to 1e-9.
//!
//! A distance says how much differs, a significance whether chance explains it; an alert needs both. What is not
//! defined (of no values, of values that are not finite, in units of a spread that is zero) is `None`, never a number
//! that looks like one.
//!
//! | file | what |
//! | --- | --- |
//! | `numeric`, `category`, `index`, `gamma` | distances and their significance |
//! | `feature`, `spread`, `reference` | what a version keeps of its training rows: bins, what is usual of chunks |
//! | `compare`, `domain`, `account` | later rows against them, feature by feature and all at once |
//! | `expect`, `errors` | what metrics are to be expected before outcomes are known |

mod account;
mod category;
mod compare;
mod domain;
mod errors;
mod expect;
mod feature;
mod gamma;
mod gather;
mod index;
mod numeric;
mod reference;
mod sketch;
mod small;
mod spread;

#[cfg(test)]
mod inputs_tests;
#[cfg(test)]
mod tests;

pub use account::{Fresh, account};
pub use category::{Homogeneity, homogeneity, jensen_shannon, pooled, stability};
pub use compare::compare;
pub use gamma::{chi_square_limit, chi_square_tail};
pub use gather::Gathered;
pub use index::{population_stability, population_stability_floor};
pub use numeric::{
    kolmogorov_smirnov, kolmogorov_smirnov_limit, kolmogorov_smirnov_p, normalised_wasserstein, wasserstein,
};
pub use reference::{Holdout, Reference};
pub use sketch::Sketch;
use spread::Spread;
