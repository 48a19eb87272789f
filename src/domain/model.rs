//! Model versions and the verdict of the contest between champion and challenger.

use serde::{Deserialize, Serialize};

use super::Instant;
use super::format::counted;
use super::run::named_states;

/// How the contest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The challenger serves from now on.
    Promoted,
    /// The champion stays.
    Kept,
    /// Too little data to judge; the champion stays.
    Provisional,
    /// The challenger must not serve (it failed its self-test, say).
    Blocked,
}

named_states!(Verdict, [
    Promoted => "promoted", Kept => "kept", Provisional => "provisional", Blocked => "blocked",
]);

/// One line of the promotion checklist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// What is asked: `not worse than the champion`.
    pub name: String,
    /// Whether it holds.
    pub passed: bool,
    /// The numbers: `log loss +0.3 % (95 % -0.4 to +1.1), limit +2 %`.
    pub detail: String,
}

/// What the train stage decided and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The outcome.
    pub verdict: Verdict,
    /// The reason in one sentence.
    pub reason: String,
    /// The checks behind it.
    pub checks: Vec<Check>,
}

/// How the probabilities of a version were corrected: figures over predictions made ahead of their outcomes, each
/// corrected by what the others taught.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// `Platt`, `isotonic` or `temperature`.
    pub method: String,
    /// Rows it was learned from.
    pub rows: u64,
    /// Mean log loss before and after.
    pub loss: (f64, f64),
    /// Calibration slope before and after (1 is right); binary only.
    pub slope: Option<(f64, f64)>,
}

impl Calibration {
    /// In one sentence.
    pub fn told(&self) -> String {
        let slope = self.slope.map(|(from, to)| format!(", slope {from:.2} to {to:.2}")).unwrap_or_default();
        let (from, to) = self.loss;
        format!("{} on {}: log loss {from:.4} to {to:.4}{slope}", self.method, counted(self.rows, "row"))
    }
}

/// One who took part in a search for the best settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Who, with its settings: `boosting, 31 leaves, rate 0.1`.
    pub who: String,
    /// Mean loss on the inner validation; absent when it was not reached.
    pub loss: Option<f64>,
    /// Wall time of its fits, seconds.
    pub seconds: f64,
    /// Rounds of boosting that were found best.
    pub rounds: Option<u32>,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// A feature that may know what it is to predict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leak {
    /// Its name.
    pub feature: String,
    /// What is suspicious.
    pub sign: LeakSign,
    /// How much: the AUC, the share of variance, the share of nulls.
    pub value: f64,
}

/// What is suspicious about a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakSign {
    /// It alone tells the classes apart.
    Auc,
    /// It alone explains the number.
    R2,
    /// Whether it is null tells the classes apart.
    NullAuc,
    /// Whether it is null explains the number.
    NullR2,
    /// It is null for as long as the outcome is not known.
    Late,
}

impl Leak {
    /// `dep_delay alone explains the target (AUC 0.984)`.
    pub fn told(&self) -> String {
        let Self { feature, value, .. } = self;
        match self.sign {
            LeakSign::Auc => format!("{feature} alone explains the target (AUC {value:.3})"),
            LeakSign::R2 => format!("{feature} alone explains the target (R² {value:.3})"),
            LeakSign::NullAuc => format!("whether {feature} is null explains the target (AUC {value:.3})"),
            LeakSign::NullR2 => format!("whether {feature} is null explains the target (R² {value:.3})"),
            LeakSign::Late => {
                let share = super::format::share(*value);
                format!("{feature} is null in {share} of the rows whose outcome is not known yet")
            }
        }
    }
}

/// How a version came from the one before without being fitted anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continued {
    /// The version it added rounds to.
    pub from: i64,
    /// The version that was last fitted anew.
    pub full: i64,
    /// Rounds of boosting it added.
    pub rounds: u32,
}

impl Continued {
    /// `12 rounds added to version 7; version 5 was the last fitted anew`.
    pub fn told(&self) -> String {
        let Self { from, full, rounds } = self;
        let rounds = counted(u64::from(*rounds), "round");
        format!("{rounds} added to version {from}; version {full} was the last fitted anew")
    }
}

/// What is known of a model version without opening its bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// 1, 2, 3, … within a pipeline.
    pub version: i64,
    /// Who won the inner contest: `boosting`, `linear`, `baseline`.
    pub algorithm: String,
    /// Folder of the bundle, relative to the lake.
    pub bundle: String,
    /// BLAKE3 over the bundle's files, the instants left out: same data, config and seed give the same.
    pub hash: String,
    /// Fingerprint of the training data: BLAKE3 over the history parts' hashes and the window.
    pub data: String,
    /// First event time trained on.
    pub from: Option<Instant>,
    /// Last event time trained on.
    pub to: Option<Instant>,
    /// Rows trained on.
    pub rows: u64,
    /// Features in order, most important first: (name, share of gain, 0 to 1).
    pub importance: Vec<(String, f64)>,
    /// How the contest ended.
    pub decision: Decision,
    /// Seed of everything random.
    pub seed: u64,
    /// How its probabilities were corrected, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Who was tried on the inner validation, best first; empty when nothing was searched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standings: Vec<Standing>,
    /// How it came from the version before, if it was not fitted anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continued: Option<Continued>,
    /// Who took part in the contest, judged on the holdout, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contest: Vec<Standing>,
    /// Features that may know what they are to predict.
    #[serde(default)]
    pub leaks: Vec<Leak>,
}
