//! Plain types and state machines: what a run, a stage, a file, an alert and a model are.
//!
//! The ground floor of the house. No input or output (but for looking up a named [`secret`]), no async, no polars:
//! everything here can be built in a test from literals, serialised to JSON and compared.

pub mod alert;
pub mod backtest;
pub mod clock;
pub mod dataset;
pub mod diagnosis;
pub mod drift;
pub mod expr;
pub mod feature;
pub mod file;
pub mod form;
pub mod format;
pub mod job;
pub mod location;
pub mod metric;
pub mod model;
pub mod plan;
pub mod quantile;
pub mod run;
pub mod secret;
pub mod sql;
pub mod story;
pub mod stream;
pub mod text;
pub mod trigger;
pub mod why;
pub mod wire;

/// An instant in UTC. Stored in SQLite as whole milliseconds since the Unix epoch, in JSON as RFC 3339.
pub type Instant = chrono::DateTime<chrono::Utc>;
