//! What earlier rows tell, by key.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::{DataFrame, DataType, NamedFrom, Series};

use super::line::Line;
use super::{cast, column, evaluate, keys};
use crate::domain::feature::{Aggregate, Derivation, Lookback, Step, unmade};
use crate::learn::LearnError;
use crate::learn::frame::instants;

/// One column of the whole history, by key and in order of time. Look-backs that differ in delay, window or aggregate
/// share one.
pub(super) struct Index {
    /// The steps that make the column and its keys of a row, from columns of the history.
    steps: Vec<Step>,
    of: String,
    by: Vec<String>,
    values: Values,
    entries: HashMap<String, Vec<(i64, f64)>>,
    lines: HashMap<String, Line>,
}

/// How values are kept as numbers.
enum Values {
    Unknown,
    Numbers,
    /// By rank among all texts of the history in alphabetical order, so that a rank does not depend on the order of rows.
    Texts(Vec<String>),
}

impl Index {
    /// An empty one for `look`, which follows `before` among the steps of its feature.
    pub fn new(before: &[Step], look: &Lookback) -> Result<Self, LearnError> {
        Ok(Self {
            steps: behind(before, look)?,
            of: look.of.clone(),
            by: look.by.clone(),
            values: Values::Unknown,
            entries: HashMap::new(),
            lines: HashMap::new(),
        })
    }

    /// Whether it serves `look` after the steps `before`.
    pub fn serves(&self, before: &[Step], look: &Lookback) -> bool {
        self.of == look.of && self.by == look.by && behind(before, look).is_ok_and(|steps| steps == self.steps)
    }

    /// The columns of the history it reads.
    pub fn inputs(&self) -> Vec<&str> {
        let own = self.steps.iter().flat_map(|step| step.how.own());
        let names = own.chain([self.of.as_str()]).chain(self.by.iter().map(String::as_str));
        unmade(&self.steps, names)
    }

    /// Takes in the rows of `table`.
    pub fn append(&mut self, table: &DataFrame, time: &str) -> Result<(), LearnError> {
        let mut scratch = table.clone();
        for step in &self.steps {
            if let Derivation::Expression(expr) = &step.how {
                evaluate(&mut scratch, &step.name, expr)?;
            }
        }
        let times = instants(&column(&scratch, time)?)?;
        let keys = keys(&scratch, &self.by)?;
        let values = self.numbers(&column(&scratch, &self.of)?)?;
        for ((key, value), time) in keys.into_iter().zip(values).zip(times) {
            if let (Some(key), Some(value)) = (key, value) {
                self.entries.entry(key).or_default().push((time, value));
            }
        }
        Ok(())
    }

    /// The values as numbers, texts by the order in which they were first seen.
    fn numbers(&mut self, values: &Series) -> Result<Vec<Option<f64>>, LearnError> {
        let text = *values.dtype() == DataType::String;
        match (&mut self.values, text) {
            (Values::Numbers | Values::Texts(_), _) => {}
            (unknown, true) => *unknown = Values::Texts(Vec::new()),
            (unknown, false) => *unknown = Values::Numbers,
        }
        let Values::Texts(levels) = &mut self.values else {
            let values = cast(values, &DataType::Float64)?;
            let values = values.f64().map_err(|e| LearnError::internal("cannot read numbers", e))?;
            return Ok(values.iter().map(|value| value.filter(|v| v.is_finite())).collect());
        };
        let mut known: HashMap<String, f64> = levels.iter().cloned().zip((0..).map(f64::from)).collect();
        let values = cast(values, &DataType::String)?;
        let values = values.str().map_err(|e| LearnError::internal("cannot read text", e))?;
        let coded = values.iter().map(|value| {
            value.map(|text| {
                if let Some(code) = known.get(text) {
                    return *code;
                }
                let code = levels.len() as f64;
                levels.push(text.to_owned());
                known.insert(text.to_owned(), code);
                code
            })
        });
        Ok(coded.collect())
    }

    /// To be called when all rows are in.
    pub fn finish(&mut self) {
        let mut ranks: Vec<f64> = Vec::new();
        if let Values::Texts(levels) = &mut self.values {
            let sorted: BTreeSet<&String> = levels.iter().collect();
            let rank: HashMap<&String, f64> = sorted.iter().copied().zip((0..).map(f64::from)).collect();
            ranks = levels.iter().map(|level| rank.get(level).copied().unwrap_or(0.0)).collect();
            levels.sort_unstable();
        }
        for (key, mut entries) in self.entries.drain() {
            if !ranks.is_empty() {
                entries.iter_mut().for_each(|(_, code)| *code = ranks[*code as usize]);
            }
            self.lines.insert(key, Line::new(entries));
        }
    }

    /// What `look` tells each row of `table`.
    pub fn told(&self, look: &Lookback, table: &DataFrame, times: &[i64]) -> Result<Series, LearnError> {
        let keys = keys(table, &look.by)?;
        let told: Vec<Option<f64>> = keys
            .iter()
            .zip(times)
            .map(|(key, time)| {
                let line = key.as_ref().and_then(|key| self.lines.get(key));
                match line {
                    Some(line) => line.told(time.saturating_sub(look.delay), look.what, look.window),
                    None => (look.what == Aggregate::Count && key.is_some()).then_some(0.0),
                }
            })
            .collect();
        Ok(match &self.values {
            Values::Texts(levels) if look.what == Aggregate::Lag => {
                let texts: Vec<Option<&str>> = told
                    .iter()
                    .map(|code| code.and_then(|code| levels.get(code as usize)).map(String::as_str))
                    .collect();
                Series::new(look.of.as_str().into(), texts)
            }
            _ => Series::new(look.of.as_str().into(), told),
        })
    }
}

/// Of the steps `before`, those that make what `look` needs of every row, in order.
fn behind(before: &[Step], look: &Lookback) -> Result<Vec<Step>, LearnError> {
    let mut needed: Vec<&str> = look.by.iter().map(String::as_str).chain([look.of.as_str()]).collect();
    let mut steps = Vec::new();
    for step in before.iter().rev() {
        let Some(at) = needed.iter().position(|name| *name == step.name) else { continue };
        if !matches!(step.how, Derivation::Expression(_)) {
            let text = format!("`{}` cannot be looked back on: it looks beyond its own row itself", step.name);
            return Err(LearnError::Input(text));
        }
        needed.swap_remove(at);
        needed.extend(step.how.own());
        steps.insert(0, step.clone());
    }
    Ok(steps)
}
