//! A small SVG writer: scales, and the few figures the report needs.
//!
//! Colours are classes, so that the page's light and dark themes reach into the figures. Output is deterministic:
//! same input, same bytes. All text is escaped; figures that are not finite are left out.

mod bar;
mod calendar;
mod canvas;
mod histogram;
mod lines;
mod pairs;
mod plane;
mod scale;
mod spark;
mod strip;

#[cfg(test)]
pub(super) mod tests;

pub use bar::bar;
pub use calendar::{Calendar, ramp};
pub use canvas::Canvas;
pub use histogram::Histogram;
pub use lines::{Axis, LineChart, Mark, Series, Style};
pub use pairs::Pairs;
pub use plane::{Plane, Trace};
pub use scale::{Linear, nice_ticks};
pub use spark::spark;
pub use strip::Strip;
