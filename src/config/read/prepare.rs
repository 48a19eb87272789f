//! How the values of a feature are prepared: keys that columns and derived features share.

use std::ops::Range;
use std::time::Duration;

use crate::config::field::{Field, Node};
use crate::config::section::Section;
use crate::domain::expr::{Expr, Function, Literal};
use crate::domain::feature::{Aggregate, Clip, Derivation, Encoding, FeaturePlan, Lookback, Scaling, Step, Window};
use crate::domain::plan::{ColumnType, Impute};

/// What was written.
#[derive(Default)]
pub(super) struct Prepare {
    /// Where the first of these keys is, if there is one.
    pub(super) at: Option<Range<usize>>,
    indicator: bool,
    clip: Option<Clip>,
    scaling: Scaling,
    encoding: Encoding,
    /// Nulls become the last value of an earlier row with the same values in these columns.
    pub(super) forward: Option<Vec<String>>,
}

/// Reads the keys; `ty` is the feature's type where that is known.
pub(super) fn read(section: &Section<'_>, ty: Option<ColumnType>) -> Prepare {
    let (clip, scale, encoding) = (section.get("clip"), section.get("scale"), section.get("encoding"));
    let indicator = section.get("indicator");
    let numeric = matches!(ty, None | Some(ColumnType::Integer | ColumnType::Float));
    for field in clip.iter().chain(&scale).filter(|_| !numeric) {
        field.error(format!("`{}` is for numbers, and this is not one", field.key), "");
    }
    if let (Some(field), false) = (&encoding, matches!(ty, None | Some(ColumnType::Text))) {
        field.error("`encoding` is for text, and this is not", "");
    }
    let scalings = [
        ("standard", Scaling::Standard),
        ("robust", Scaling::Robust),
        ("min-max", Scaling::MinMax),
        ("none", Scaling::None),
    ];
    let encodings = [
        ("auto", Encoding::Auto),
        ("one-hot", Encoding::OneHot),
        ("ordinal", Encoding::Ordinal),
        ("target", Encoding::Target),
    ];
    let at = [&clip, &scale, &encoding, &indicator].into_iter().flatten().next().map(|field| field.key_at.clone());
    Prepare {
        at,
        indicator: indicator.and_then(|f| f.boolean()).unwrap_or(false),
        clip: clip.and_then(|f| read_clip(&f)),
        scaling: scale.and_then(|f| f.choice(&scalings)).unwrap_or_default(),
        encoding: encoding.and_then(|f| f.choice(&encodings)).unwrap_or_default(),
        forward: None,
    }
}

fn read_clip(field: &Field<'_>) -> Option<Clip> {
    if !field.is_table() {
        let (low, high) = pair(field, |f| f.number())?;
        return Some(Clip::Bounds(low, high));
    }
    let section = field.section("clip")?;
    let quantiles = section.require("quantiles", "`{ quantiles = [0.01, 0.99] }`");
    section.finish();
    let (low, high) = pair(&quantiles?, |f| f.share())?;
    Some(Clip::Quantiles(low, high))
}

fn pair(field: &Field<'_>, read: impl Fn(&Field<'_>) -> Option<f64>) -> Option<(f64, f64)> {
    let elements = field.elements("a list of two numbers")?;
    let numbers: Vec<f64> = elements.iter().filter_map(read).collect();
    match numbers[..] {
        [low, high] if low < high => Some((low, high)),
        _ => {
            field.error(format!("`{}` is no range", field.key), "expected two numbers, the smaller one first");
            None
        }
    }
}

/// What happens to nulls.
pub(super) enum Fill {
    /// By the training rows, a constant, or not at all.
    Rule(Impute),
    /// From an earlier row with the same values in these columns.
    Forward(Vec<String>),
}

/// Reads `impute`.
pub(super) fn read_fill(field: &Field<'_>, ty: Option<ColumnType>) -> Option<Fill> {
    if field.is_table() {
        let section = field.section("impute")?;
        let forward = section.get("forward");
        if let Some(forward) = forward {
            section.finish();
            return Some(Fill::Forward(one_or_more(&forward)?));
        }
        let constant = section.require("constant", "`{ constant = … }` or `{ forward = \"column\" }`");
        section.finish();
        return constant_of(&constant?, ty).map(|literal| Fill::Rule(Impute::Constant(literal)));
    }
    let rule = field.choice(&[
        ("leave", Some(Impute::Leave)),
        ("median", Some(Impute::Median)),
        ("mean", Some(Impute::Mean)),
        ("mode", Some(Impute::Mode)),
        ("reject", Some(Impute::Reject)),
        ("forward", None),
    ])?;
    let numeric = matches!(ty, None | Some(ColumnType::Integer | ColumnType::Float));
    if matches!(rule, Some(Impute::Median | Impute::Mean)) && !numeric {
        field.error("only numbers have a median or a mean", "expected \"mode\" or { constant = … }");
    }
    Some(rule.map_or_else(|| Fill::Forward(Vec::new()), Fill::Rule))
}

fn constant_of(constant: &Field<'_>, ty: Option<ColumnType>) -> Option<Literal> {
    let literal = constant.literal()?;
    let fits = match ty {
        Some(ColumnType::Integer) => matches!(literal, Literal::Integer(_)),
        Some(ColumnType::Float) => matches!(literal, Literal::Integer(_) | Literal::Float(_)),
        Some(ColumnType::Boolean) => matches!(literal, Literal::Boolean(_)),
        Some(ColumnType::Text | ColumnType::Date | ColumnType::Datetime) => matches!(literal, Literal::Text(_)),
        None => true,
    };
    if !fits {
        constant.error("the constant is of another type than the column", "expected one of the column's type");
    }
    Some(literal)
}

/// A name, or a list of names.
pub(super) fn one_or_more(field: &Field<'_>) -> Option<Vec<String>> {
    match field.node {
        Node::Value(value) if value.is_str() => field.text().map(|name| vec![name.to_owned()]),
        _ => field.texts().map(|names| names.into_iter().map(str::to_owned).collect()),
    }
}

/// A duration in microseconds.
pub(super) fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

impl Prepare {
    /// The plan of a feature that `steps` derive (none for a column of the history).
    pub(super) fn plan(&self, name: &str, ty: ColumnType, impute: Impute, mut steps: Vec<Step>) -> FeaturePlan {
        if let Some(by) = &self.forward {
            let before = format!("{name} before");
            let look = Lookback {
                of: name.to_owned(),
                by: by.clone(),
                delay: 0,
                what: Aggregate::Lag,
                window: Window::Rows(1),
            };
            let arguments = [name, &before].map(|name| Expr::Column(name.to_owned())).to_vec();
            let filled = Expr::Call { function: Function::Coalesce, arguments };
            steps.push(Step { name: before, how: Derivation::Lookback(look) });
            steps.push(Step { name: name.to_owned(), how: Derivation::Expression(filled) });
        }
        FeaturePlan {
            name: name.to_owned(),
            ty,
            impute,
            indicator: self.indicator,
            clip: self.clip,
            scaling: self.scaling,
            encoding: self.encoding,
            steps,
        }
    }
}
