//! Pure drawing functions: prepared values in, cells out. None of them knows the state, the store or a key.

pub mod band;
pub mod bar;
pub mod chart;
pub mod columns;
pub mod curve;
pub mod gantt;
pub mod heat;
pub mod histogram;
pub mod paint;
pub mod sparkline;
pub mod stages;
