//! When a file is far from its usual size.

use serde::Serialize;

/// `[alerts.file_size]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileSizeRule {
    /// `ratio`: larger or smaller than usual by more than this factor is abnormal whatever the spread; default 3.2.
    pub ratio: f64,
    /// `sigmas`: more than this many robust standard deviations from the median is abnormal; default 5.
    pub sigmas: f64,
}

impl Default for FileSizeRule {
    fn default() -> Self {
        Self { ratio: 3.2, sigmas: 5.0 }
    }
}
