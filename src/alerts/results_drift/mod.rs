//! Results far from the past.
//!
//! [`daily`] compares a day's figures with those of the days before, [`distribution`] all predictions of a day with
//! the model's validation and with like days, [`values`] what no model should ever answer or be asked.

pub mod daily;
pub mod distribution;
pub mod values;
