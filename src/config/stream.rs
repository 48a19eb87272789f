//! A landing that is a stream: `[landing.stream]`.

use std::time::Duration;

use serde::Serialize;

use super::pipeline::seconds;
use crate::domain::location::Location;

/// How a stream is read. What is read lands in the landing's folder as files, each a micro-batch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stream {
    /// Where it is.
    #[serde(skip)]
    pub location: Location,
    /// Where reading begins in a stream that was never read; default earliest.
    pub start: Start,
    /// Most records in one micro-batch; default 100,000.
    pub max_rows: u64,
    /// Bytes after which a micro-batch ends; default 64 MB.
    pub max_bytes: u64,
    /// A look reads for this long, the rest waits for the next one; default 5 s.
    #[serde(serialize_with = "seconds")]
    pub window: Duration,
    /// Of a container: a second is read when it has been over for this long; default 5 s.
    #[serde(serialize_with = "seconds")]
    pub settle: Duration,
    /// Counted up when there is another stream under the same name; default 1.
    pub generation: u32,
}

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// With the oldest record that is still there.
    Earliest,
    /// With what comes from now on.
    Latest,
}
