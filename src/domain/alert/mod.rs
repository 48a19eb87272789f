//! Alerts: what they are about, how grave, what was seen, how they live, and what is told to whom.

mod fact;
mod finding;
mod kind;
mod life;
mod notice;

pub use fact::FactAlert;
pub use finding::{Evidence, Finding, Sample, Verdict};
pub use kind::{AlertKind, Severity, WORKSPACE};
pub use life::{Alarm, AlertState, Mute, fingerprint};
pub use notice::{Notice, NoticeAlert, Occasion};
