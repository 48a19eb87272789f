//! Learning: metrics, fitted preprocessing, learners, the contest of champion and challenger, the model's bundle.
//!
//! One rule runs through it: nothing is judged on rows it has seen. A bundle therefore holds two models of one
//! recipe. The *judged twin* was fitted only on rows before the holdout; every figure and every contest with a later
//! challenger uses it. The *serving model* is the same recipe fitted once more on all labelled rows, so that what
//! serves knows the newest days too.
//!
//! Everything is reproducible: rows are put in order of event time, then file, then line; no result depends on the
//! order of a hash map or the number of threads; randomness comes from the job's seed.

pub mod backtest;
pub mod bins;
pub mod bundle;
pub mod calibrate;
pub mod classes;
pub mod contest;
pub mod derive;
pub mod diagnose;
pub mod drift;
mod entrants;
pub mod error;
pub mod export;
pub mod frame;
pub mod interval;
pub mod isotonic;
pub mod judge;
pub mod leaks;
pub mod learner;
pub mod metrics;
pub mod place;
pub mod preprocess;
pub mod promote;
pub mod random;
mod search;
pub mod segments;
pub mod signature;
pub mod slope;
pub mod solver;
pub mod split;
pub mod threshold;
pub mod window;

#[cfg(test)]
pub mod samples;

pub use error::LearnError;
