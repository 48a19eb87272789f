//! What was fitted, for a person to read.

use super::{Coding, Feature, Form, Preprocess};
use crate::domain::feature::Scaling;
use crate::domain::format::{count, counted, figure};
use crate::domain::plan::Impute;

/// Levels that are named.
const NAMED: usize = 5;

/// How a feature comes about and what was fitted for it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Told {
    /// The feature.
    pub feature: String,
    /// Where its values come from; empty for a column.
    pub origin: String,
    /// What is done with them: `nulls → 3.20, clipped to 0 … 60, less 7.10, divided by 3.40`.
    pub prepared: String,
}

impl Preprocess {
    /// A line for each feature, in order.
    pub fn told(&self) -> Vec<Told> {
        let told = |feature: &Feature| Told {
            feature: feature.plan.name.clone(),
            origin: feature.plan.steps.iter().map(|step| step.to_string()).collect::<Vec<_>>().join("; "),
            prepared: feature.prepared(),
        };
        self.features.iter().map(told).collect()
    }
}

impl Feature {
    fn prepared(&self) -> String {
        let mut parts = Vec::new();
        if self.missing > 0 {
            parts.push(format!("{} without value", counted(self.missing, "training row")));
        }
        if let Some((low, high)) = self.bounds {
            parts.push(format!("clipped to {} … {}", figure(low), figure(high)));
        }
        match &self.coding {
            Coding::Number { fill: Some(fill), .. } => parts.push(format!("nulls → {}", figure(*fill))),
            Coding::Number { fill: None, centre } if self.plan.impute == Impute::Leave => {
                parts.push(format!("nulls left to trees, {} for linear models", figure(*centre)));
            }
            Coding::Number { .. } => {}
            Coding::Category { levels, fill, linear, trees, .. } => {
                let named = levels.iter().take(NAMED).map(|level| format!("{} {}", level.name, count(level.rows)));
                let more = if levels.len() > NAMED { ", …" } else { "" };
                let named = named.collect::<Vec<_>>().join(", ");
                parts.push(format!("{} ({named}{more})", counted(levels.len() as u64, "level")));
                parts.push(format!("{} for linear models, {} for trees", form(*linear), form(*trees)));
                if let Some(level) = fill.and_then(|at| levels.get(at as usize)) {
                    parts.push(format!("nulls → {}", level.name));
                }
            }
        }
        if matches!(self.coding, Coding::Number { .. }) && self.plan.scaling != Scaling::None {
            parts.push(format!("less {}, divided by {}", figure(self.mean), figure(self.deviation)));
        }
        if self.plan.indicator {
            parts.push("with an indicator of what was missing".to_owned());
        }
        parts.join(", ")
    }
}

fn form(form: Form) -> &'static str {
    match form {
        Form::OneHot => "one column each",
        Form::Rank => "rank by frequency",
        Form::Target => "mean target",
    }
}
