//! What detectors ask of the store: one file a topic gathers history and hands it to them.

pub mod model;
pub mod quality;
pub mod results;

#[cfg(test)]
mod tests;
