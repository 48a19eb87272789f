//! When what all pipelines stand on raises alerts: disk, clock, credentials, delivery, and Landfall itself.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::Policy;
use crate::config::pipeline::seconds;
use crate::domain::alert::AlertKind;

/// The rules of the workspace: `[alerts.<kind>]` of landfall.toml, for kinds that are no pipeline's own.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OwnRules {
    /// What was said of each kind; of others the default holds. See [`OwnRules::policy`].
    pub policies: BTreeMap<AlertKind, Policy>,
    /// `[alerts.disk_low]`
    pub disk_low: DiskRule,
    /// `[alerts.clock_jump]`
    pub clock_jump: ClockRule,
    /// `[alerts.credentials]`
    pub credentials: CredentialsRule,
    /// `[alerts.delivery]`
    pub delivery: DeliveryRule,
    /// `[alerts.silence]`
    pub silence: SilenceRule,
}

impl OwnRules {
    /// How alerts of a kind are treated.
    pub fn policy(&self, kind: AlertKind) -> Policy {
        self.policies.get(&kind).cloned().unwrap_or_else(|| Policy::of(kind))
    }
}

/// `[alerts.disk_low]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiskRule {
    /// `free_share`: less of the disk free is low; default 0.10.
    pub free_share: f64,
    /// `critical_share`: less is critical; default 0.02.
    pub critical_share: f64,
    /// `enough`: with this many bytes free the shares do not matter: a tenth of a large disk is no worry; default 50 GB.
    pub enough: u64,
    /// `runs`: room for fewer runs of the largest recent output is low, for fewer than one critical; default 3.
    pub runs: u64,
}

impl Default for DiskRule {
    fn default() -> Self {
        Self { free_share: 0.10, critical_share: 0.02, enough: 50_000_000_000, runs: 3 }
    }
}

/// `[alerts.clock_jump]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClockRule {
    /// `by`: the wall clock moved this much more, or less, than time passed; default 60 s.
    #[serde(serialize_with = "seconds")]
    pub by: Duration,
    /// `keep`: how long the alert stands without another jump; default 1 h.
    #[serde(serialize_with = "seconds")]
    pub keep: Duration,
}

impl Default for ClockRule {
    fn default() -> Self {
        Self { by: Duration::from_secs(60), keep: Duration::from_secs(3600) }
    }
}

/// `[alerts.credentials]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CredentialsRule {
    /// `warn_before`: it expires within this; default 14 d.
    #[serde(serialize_with = "seconds")]
    pub warn_before: Duration,
    /// `critical_before`: it expires within this; default 2 d.
    #[serde(serialize_with = "seconds")]
    pub critical_before: Duration,
}

impl Default for CredentialsRule {
    fn default() -> Self {
        let days = |n: u64| Duration::from_secs(n * 86_400);
        Self { warn_before: days(14), critical_before: days(2) }
    }
}

/// `[alerts.delivery]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveryRule {
    /// `attempts`: a notice (or the heartbeat) failed this often; default 3.
    pub attempts: u32,
    /// `after`: and such a notice has waited for longer than this; default 15 min.
    #[serde(serialize_with = "seconds")]
    pub after: Duration,
}

impl Default for DeliveryRule {
    fn default() -> Self {
        Self { attempts: 3, after: Duration::from_secs(15 * 60) }
    }
}

/// `[alerts.silence]`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SilenceRule {
    /// `after`: an engine that had stopped in good order may be away for this long, whatever its schedule missed;
    /// default 5 min.
    #[serde(serialize_with = "seconds")]
    pub after: Duration,
    /// `calm`: the alert is over once an engine has run for this long; default 1 h.
    #[serde(serialize_with = "seconds")]
    pub calm: Duration,
}

impl Default for SilenceRule {
    fn default() -> Self {
        Self { after: Duration::from_secs(300), calm: Duration::from_secs(3600) }
    }
}
