//! Why a row was predicted as it was: what each feature adds to its prediction.

use serde::{Deserialize, Serialize};

use super::format::figure;
use super::plan::{Algorithm, Task};

/// Two predictions further apart than this, relative to their size, are not the same.
const SAME: f64 = 1e-6;

/// Why one row was predicted as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The columns that identify the row, and its time: name and value.
    pub row: Vec<(String, String)>,
    /// The version that predicted it.
    pub version: i64,
    /// Who learned that.
    pub algorithm: Algorithm,
    /// What is predicted.
    pub task: Task,
    /// Name of the target.
    pub target: String,
    /// Several classes: the one that was called.
    pub called: Option<String>,
    /// The prediction that was published: a probability (of the class called, where there are several) or a number.
    pub published: f64,
    /// What the version says of the row as it is in the history now.
    pub now: f64,
    /// Several classes: the one that it calls now, which base and parts are about.
    pub about: Option<String>,
    /// What happened, once known.
    pub actual: Option<String>,
    /// What base and parts are measured in.
    pub unit: Unit,
    /// What a row would get of which nothing is known.
    pub base: f64,
    /// What each feature adds to that, the largest first.
    pub parts: Vec<Adds>,
    /// How the probability was corrected after what the parts sum to, where parts cannot be corrected alike.
    pub corrected: Option<String>,
}

/// What a feature adds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adds {
    /// Its name.
    pub feature: String,
    /// Its value in this row; absent where it is missing.
    pub value: Option<String>,
    /// What that adds.
    pub adds: f64,
}

/// What the parts of a prediction are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Logarithm of the odds of the positive class.
    LogOdds,
    /// That of the target.
    Target,
    /// Logarithm of the target.
    Logarithm,
    /// The score of the class called, before all scores are made probabilities.
    Score,
}

impl Unit {
    /// The unit of parts that sum to `sum` where the prediction is `prediction`: of numbers, those that are the target's
    /// sum to the prediction, logarithms to its logarithm.
    pub fn of(task: Task, sum: f64, prediction: f64) -> Self {
        match task {
            Task::Binary => Self::LogOdds,
            Task::Multiclass => Self::Score,
            Task::Regression if (sum.exp() - prediction).abs() < (sum - prediction).abs() => Self::Logarithm,
            Task::Regression => Self::Target,
        }
    }
}

impl Why {
    /// What base and parts come to.
    pub fn sum(&self) -> f64 {
        self.base + self.parts.iter().map(|part| part.adds).sum::<f64>()
    }

    /// The unit in words: `log-odds`, `arr_delay`.
    pub fn unit(&self) -> String {
        match self.unit {
            Unit::LogOdds => "log-odds".to_owned(),
            Unit::Target => self.target.clone(),
            Unit::Logarithm => format!("logarithm of {}", self.target),
            Unit::Score => format!("score of “{}”", self.about.as_deref().unwrap_or_default()),
        }
    }

    /// A value in the unit, and what that is as a prediction where it is one: `-1.15, a probability of 0.24`.
    pub fn level(&self, value: f64) -> String {
        match self.unit {
            Unit::LogOdds => format!("{}, a probability of {}", figure(value), figure(1.0 / (1.0 + (-value).exp()))),
            Unit::Logarithm => format!("{}, that is {}", figure(value), figure(value.exp())),
            Unit::Target | Unit::Score => figure(value),
        }
    }

    /// What has to be known beside the numbers, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.algorithm.is_naive() {
            notes.push(format!(
                "`{}` goes by no feature, only by the outcomes before and their time.",
                self.algorithm.name()
            ));
        }
        if let Some(how) = &self.corrected {
            notes.push(format!(
                "The probability was corrected ({how}) after what the parts come to, so that they do not sum to it."
            ));
        }
        if self.called != self.about || (self.now - self.published).abs() > SAME * self.published.abs().max(1.0) {
            let about = self.about.as_deref().map(|class| format!(" for “{class}”")).unwrap_or_default();
            notes.push(format!(
                "The row or its past has changed since it was predicted: version {} now says {}{about}, and this is why.",
                self.version,
                figure(self.now)
            ));
        }
        notes
    }

    /// All its texts, for whoever makes them safe.
    pub fn texts_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let row = self.row.iter_mut().flat_map(|(name, value)| [name, value]);
        let parts = self.parts.iter_mut().flat_map(|part| std::iter::once(&mut part.feature).chain(&mut part.value));
        let own = std::iter::once(&mut self.target).chain(&mut self.called).chain(&mut self.about);
        row.chain(parts).chain(own.chain(&mut self.actual).chain(&mut self.corrected))
    }
}

#[cfg(test)]
#[allow(missing_docs, reason = "fixtures of other tests")]
pub mod tests {
    use super::*;

    /// A flight that was called late with good reasons, and was not.
    pub fn late() -> Why {
        let parts = [
            ("dep_hour", Some("19"), 0.91),
            ("temp", Some("-3.1"), 0.44),
            ("carrier", Some("EV"), 0.31),
            ("wind_speed", None, 0.12),
            ("distance", Some("1,020"), -0.08),
            ("dest", Some("IAD"), 0.0),
        ];
        let adds = |(feature, value, adds): (&str, Option<&str>, f64)| Adds {
            feature: feature.into(),
            value: value.map(str::to_owned),
            adds,
        };
        Why {
            row: vec![("flight".into(), "4412".into()), ("time_hour".into(), "2013-03-08 19:00:00".into())],
            version: 41,
            algorithm: Algorithm::Boosting,
            task: Task::Binary,
            target: "late".into(),
            called: None,
            published: 0.6365,
            now: 0.6365,
            about: None,
            actual: Some("0".into()),
            unit: Unit::LogOdds,
            base: -1.14,
            parts: parts.into_iter().map(adds).collect(),
            corrected: None,
        }
    }

    #[test]
    fn parts_are_told_in_the_unit_they_are_in() {
        let why = late();
        assert!((1.0 / (1.0 + (-why.sum()).exp()) - why.published).abs() < 1e-4, "{}", why.sum());
        assert_eq!((why.unit().as_str(), why.level(why.base).as_str()), ("log-odds", "-1.14, a probability of 0.242"));
        let of = |sum: f64, prediction: f64| Unit::of(Task::Regression, sum, prediction);
        assert_eq!(
            (of(12.5, 12.5), of(12.5_f64.ln(), 12.5), of(0.0, 1.0)),
            (Unit::Target, Unit::Logarithm, Unit::Logarithm)
        );
        assert_eq!(of(-4.0, -4.0), Unit::Target);
        let class = |name: &str| Some(name.to_owned());
        let several = Why { unit: Unit::Score, called: class("late"), about: class("late"), ..late() };
        assert_eq!((several.unit(), several.notes()), ("score of “late”".to_owned(), Vec::new()));
        let other = Why { about: class("early"), ..several };
        assert!(other.notes()[0].contains("now says 0.636 for “early”"), "{:?}", other.notes());
    }

    #[test]
    fn what_the_numbers_do_not_say_is_said() {
        assert_eq!(late().notes(), Vec::<String>::new());
        let naive = Why { algorithm: Algorithm::Seasonal, parts: Vec::new(), ..late() };
        assert!(naive.notes()[0].contains("`seasonal` goes by no feature"), "{:?}", naive.notes());
        let corrected = Why { corrected: Some("isotonic".into()), now: 0.7, ..late() };
        let notes = corrected.notes();
        assert!(notes[0].contains("corrected (isotonic)") && notes[1].contains("version 41 now says 0.7"), "{notes:?}");
    }
}
