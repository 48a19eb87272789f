//! The report: one self-contained page that tells the story of a run.
//!
//! No script, no request, no font from elsewhere: it opens offline, prints, and shows nothing that was not in the
//! [`Story`](crate::domain::story::Story). Text of others passes the sanitiser once, at the entrance ([`render`]), and
//! is escaped where it is written.

pub mod findings;
pub mod numbers;
pub mod svg;

mod alerts;
mod diagnosis;
mod drift;
mod figures;
mod page;
mod sanitise;
mod tables;
mod telling;
mod why;

#[cfg(test)]
pub(crate) mod tests;

pub use findings::{FindingNote, findings};
pub use page::render;
