//! Landfall: a terminal operations console for machine-learning pipelines.
//!
//! The floors of the house, from the ground up; a module uses only the floors below its own (a test enforces it):
//! [`domain`] · [`config`], [`store`], [`lake`] · [`landing`], [`learn`], [`report`] · [`stages`], [`alerts`] ·
//! [`engine`] · [`console`] · [`commands`].

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking"))]

pub mod alerts;
pub mod commands;
pub mod config;
pub mod console;
pub mod domain;
pub mod engine;
pub mod lake;
pub mod landing;
pub mod learn;
pub mod report;
pub mod stages;
pub mod store;
