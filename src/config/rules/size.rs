//! When a file is far from its usual size.

use serde::Serialize;

/// `[alerts.file_size]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileSizeRule {
    /// `ratio`: larger or smaller than usual by more than this factor is abnormal whatever the spread; default 3.2.
    pub ratio: f64,
    /// `sensitivity`: how far from the median is abnormal; default medium.
    pub sensitivity: Sensitivity,
    /// `sigmas`: robust standard deviations instead of those of the sensitivity.
    pub sigmas: Option<f64>,
    /// `direction`: which way is abnormal; default both.
    pub direction: Direction,
    /// `min_bytes`: a smaller file is abnormal at once.
    pub min_bytes: Option<u64>,
    /// `max_bytes`: a larger file is abnormal at once.
    pub max_bytes: Option<u64>,
    /// `min_rows`: a file with fewer rows is abnormal at once.
    pub min_rows: Option<u64>,
    /// `max_rows`: a file with more rows is abnormal at once.
    pub max_rows: Option<u64>,
}

impl Default for FileSizeRule {
    fn default() -> Self {
        Self {
            ratio: 3.2,
            sensitivity: Sensitivity::Medium,
            sigmas: None,
            direction: Direction::Both,
            min_bytes: None,
            max_bytes: None,
            min_rows: None,
            max_rows: None,
        }
    }
}

/// How soon it alarms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Beyond 4 robust standard deviations.
    High,
    /// Beyond 5.
    Medium,
    /// Beyond 6.5.
    Low,
}

impl Sensitivity {
    /// Robust standard deviations from the median.
    pub fn sigmas(self) -> f64 {
        match self {
            Self::High => 4.0,
            Self::Medium => 5.0,
            Self::Low => 6.5,
        }
    }
}

/// Which way is abnormal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Larger and smaller.
    Both,
    /// Only larger.
    Up,
    /// Only smaller.
    Down,
}
