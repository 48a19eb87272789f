//! Scenarios through the public face. One binary, so that polars is linked once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod config_errors;
mod faults;
mod floors;
mod flows;
mod pty;
mod python;
mod receivers;
mod servers;
mod stores;
mod streams;
mod workspace;
