//! Where a derived feature comes from, one form after the other.

use std::f64::consts::TAU;
use std::time::Duration;

use super::{Known, Shelf};
use crate::config::expression::types::{Kind, kind};
use crate::config::expression::{self, Parsed};
use crate::config::field::{Field, Node};
use crate::config::read::column::column_type;
use crate::config::read::prepare::{microseconds, one_or_more};
use crate::config::read::workspace;
use crate::config::section::Section;
use crate::domain::expr::{BinaryOp, Expr, Function, Literal};
use crate::domain::feature::{Aggregate, AsOf, Derivation, Lookback, Lookup, Window};
use crate::domain::plan::ColumnType;

/// Parts of a date, with the length of their cycle.
const PARTS: [(&str, (Function, i64)); 6] = [
    ("hour", (Function::Hour, 24)),
    ("weekday", (Function::Weekday, 7)),
    ("day", (Function::Day, 31)),
    ("week", (Function::Week, 53)),
    ("month", (Function::Month, 12)),
    ("day_of_year", (Function::DayOfYear, 366)),
];
const FORMS: &str = "one of `expression`, `part`, `cyclical`, `ratio`, `difference`, `lag`, `rolling` and `lookup`";

/// What a form gives: one column, or several that differ by a suffix.
pub(super) struct Made {
    pub suffix: &'static str,
    pub ty: Option<ColumnType>,
    pub how: Derivation,
    /// The column known only after the event that it is made of.
    pub outcome: Option<String>,
}

impl Made {
    fn of(ty: Option<ColumnType>, how: Derivation, outcome: Option<String>) -> Vec<Self> {
        vec![Self { suffix: "", ty, how, outcome }]
    }
}

/// The forms.
pub(super) trait Origin {
    /// Reads the one form that is written in `section`.
    fn origin(&self, section: &Section<'_>) -> Option<Vec<Made>>;
}

impl Origin for Shelf<'_> {
    fn origin(&self, section: &Section<'_>) -> Option<Vec<Made>> {
        let forms = [
            section.get("expression"),
            section.get("part"),
            section.get("cyclical"),
            section.get("ratio"),
            section.get("difference"),
            section.get("lag"),
            section.get("rolling"),
            section.get("lookup"),
        ];
        let written: Vec<&Field<'_>> = forms.iter().flatten().collect();
        if let [_, second, ..] = written[..] {
            section.source.error(
                second.key_at.clone(),
                format!("{} has two origins", section.name),
                format!("expected {FORMS}"),
            );
            return None;
        }
        match forms {
            [Some(f), ..] => self.expression(section, &f),
            [_, Some(f), ..] => self.part(section, &f),
            [_, _, Some(f), ..] => self.cyclical(section, &f),
            [_, _, _, Some(f), ..] => self.pair(&f, BinaryOp::Divide),
            [_, _, _, _, Some(f), ..] => self.pair(&f, BinaryOp::Subtract),
            [_, _, _, _, _, Some(f), ..] => self.lag(section, &f),
            [_, _, _, _, _, _, Some(f), _] => self.rolling(section, &f),
            [_, _, _, _, _, _, _, Some(f)] => self.lookup(section, &f),
            _ => {
                let expected = format!("expected {FORMS}");
                section.source.error(section.at.clone(), format!("{} has no origin", section.name), expected);
                None
            }
        }
    }
}

impl Shelf<'_> {
    fn expression(&self, section: &Section<'_>, field: &Field<'_>) -> Option<Vec<Made>> {
        let text = field.text()?;
        let start = field.text_start();
        let place = |at: std::ops::Range<usize>| start.map_or(field.at.clone(), |s| s + at.start..s + at.end);
        let Parsed { expr, columns } = expression::parse(text)
            .map_err(|why| self.source.error_with_help(place(why.at), why.message, "", why.help))
            .ok()?;
        let known: Vec<Option<&Known>> = columns.into_iter().map(|(name, at)| self.named(&name, &place(at))).collect();
        let outcome = known.iter().flatten().find_map(|known| known.outcome.clone());
        let gives = kind(&expr, &|name| self.find(name).and_then(|known| known.ty));
        let gives = gives.map_err(|wrong| field.error(wrong.message, "")).ok()?;
        let inferred = match gives {
            Some(Kind::Text) => ColumnType::Text,
            Some(Kind::Boolean) => ColumnType::Boolean,
            Some(Kind::Number) | None => ColumnType::Float,
            Some(Kind::Time) => {
                field.error(
                    "the expression gives a date or time, which cannot be learned from",
                    "expected a part of it",
                );
                return None;
            }
        };
        let ty = section.get("type").map_or(Some(inferred), |f| column_type(&f));
        if let (Some(ty), Some(gives)) = (ty, gives)
            && Kind::of(ty) != gives
        {
            field.error(format!("the expression gives {}", gives.name()), format!("expected {}", Kind::of(ty).name()));
        }
        Some(Made::of(ty, Derivation::Expression(expr), outcome))
    }

    fn part(&self, section: &Section<'_>, field: &Field<'_>) -> Option<Vec<Made>> {
        let zone = section.or("time_zone", self.zone.to_owned(), workspace::time_zone);
        let of = section.get("of");
        let (function, _) = field.choice(&PARTS)?;
        let known = match &of {
            Some(of) => self.named(of.text()?, &of.at)?,
            None => self.time()?,
        };
        let column = Box::new(Expr::Column(known.name.clone()));
        let operand = match known.ty {
            Some(ColumnType::Date) if function == Function::Hour => {
                field.error(format!("`{}` is a date and has no hour", known.name), "expected another part");
                return None;
            }
            Some(ColumnType::Datetime) if zone != "UTC" => Expr::InZone { operand: column, zone },
            Some(ColumnType::Date | ColumnType::Datetime) | None => *column,
            Some(_) => {
                let at = of.as_ref().map_or(&field.at, |of| &of.at);
                self.source.error(at.clone(), format!("`{}` is no date or time", known.name), "expected one");
                return None;
            }
        };
        let how = Derivation::Expression(Expr::Call { function, arguments: vec![operand] });
        Some(Made::of(Some(ColumnType::Integer), how, known.outcome.clone()))
    }

    /// A number that goes round, as a point on a circle: its sine and its cosine.
    fn cyclical(&self, section: &Section<'_>, field: &Field<'_>) -> Option<Vec<Made>> {
        let period = section.get("period");
        let known = self.number(field)?;
        let natural = match known.step.as_ref().map(|step| &step.how) {
            Some(Derivation::Expression(Expr::Call { function, .. })) => {
                PARTS.iter().find(|(_, (part, _))| part == function).map(|(_, (_, period))| *period as f64)
            }
            _ => None,
        };
        let period = match &period {
            Some(period) => period.positive()?,
            None => natural.or_else(|| {
                field.error(format!("`{}` has no period of its own", known.name), "expected `period = …`");
                None
            })?,
        };
        let angle = |function| {
            let scaled = binary(BinaryOp::Multiply, Expr::Column(known.name.clone()), float(TAU / period));
            Derivation::Expression(Expr::Call { function, arguments: vec![scaled] })
        };
        let made = |(suffix, function)| Made {
            suffix,
            ty: Some(ColumnType::Float),
            how: angle(function),
            outcome: known.outcome.clone(),
        };
        Some([("_sin", Function::Sin), ("_cos", Function::Cos)].map(made).into())
    }

    fn pair(&self, field: &Field<'_>, op: BinaryOp) -> Option<Vec<Made>> {
        let elements = field.elements("a list of two columns")?;
        let [left, right] = &elements[..] else {
            field.error(format!("`{}` takes two columns", field.key), "expected two names");
            return None;
        };
        let (left, right) = (self.number(left)?, self.number(right)?);
        let column = |known: &Known| Expr::Column(known.name.clone());
        let how = Derivation::Expression(binary(op, column(left), column(right)));
        Some(Made::of(Some(ColumnType::Float), how, left.outcome.clone().or_else(|| right.outcome.clone())))
    }

    fn lag(&self, section: &Section<'_>, field: &Field<'_>) -> Option<Vec<Made>> {
        let rows = section.or("rows", 1, |f| f.integer(1, 1_000_000));
        let (look, ty) = self.lookback(section, field, Aggregate::Lag, Window::Rows(rows))?;
        Some(Made::of(ty, Derivation::Lookback(look), None))
    }

    fn rolling(&self, section: &Section<'_>, field: &Field<'_>) -> Option<Vec<Made>> {
        let aggregates = [
            ("mean", Aggregate::Mean),
            ("sum", Aggregate::Sum),
            ("min", Aggregate::Min),
            ("max", Aggregate::Max),
            ("count", Aggregate::Count),
            ("std", Aggregate::Std),
        ];
        let what = section.or("aggregate", Aggregate::Mean, |f| f.choice(&aggregates));
        let window = section.require("window", "`window = \"7d\"`, or a number of rows").and_then(|f| match f.node {
            Node::Value(value) if value.is_integer() => f.integer(1, 1_000_000_000).map(Window::Rows),
            _ => f.duration(Duration::from_secs(1)).map(|length| Window::Time(microseconds(length))),
        });
        let (look, ty) = self.lookback(section, field, what, window.unwrap_or(Window::Rows(1)))?;
        if ty == Some(ColumnType::Text) && what != Aggregate::Count {
            field.error(format!("`{}` is text, and only a number can be rolled up", look.of), "expected a number");
        }
        Some(Made::of(Some(ColumnType::Float), Derivation::Lookback(look), None))
    }

    /// What both have in common; with the type of the column looked at.
    fn lookback(
        &self,
        section: &Section<'_>,
        field: &Field<'_>,
        what: Aggregate,
        window: Window,
    ) -> Option<(Lookback, Option<ColumnType>)> {
        let by = section.get("by");
        let delay = section.maybe("delay", |f| f.duration(Duration::ZERO));
        let known = self.named(field.text()?, &field.at)?;
        if known.beyond {
            let message = format!("`{}` looks beyond its own row itself, and cannot be looked back on", known.name);
            field.error(message, "expected a column, or a feature made of the row itself");
            return None;
        }
        if matches!(known.ty, Some(ColumnType::Date | ColumnType::Datetime)) {
            field.error(format!("`{}` is a date or time, which cannot be learned from", known.name), "");
            return None;
        }
        if let (Some(outcome), None) = (&known.outcome, delay) {
            let message = format!("`{outcome}` is known only after the event, and nothing says how long after");
            field.error(message, "expected `delay = \"1d\"`, or as long as it takes");
            return None;
        }
        let mut keys = Vec::new();
        for name in by.as_ref().and_then(one_or_more).unwrap_or_default() {
            let at = by.as_ref().map_or(&field.at, |by| &by.at);
            let key = self.named(&name, at)?;
            if key.beyond || key.outcome.is_some() {
                self.source.error(
                    at.clone(),
                    format!("`{name}` cannot be a key here"),
                    "expected a column known beforehand",
                );
            }
            keys.push(name);
        }
        let delay = delay.map_or(0, microseconds);
        Some((Lookback { of: known.name.clone(), by: keys, delay, what, window }, known.ty))
    }

    fn lookup(&self, section: &Section<'_>, field: &Field<'_>) -> Option<Vec<Made>> {
        let file = field.text()?.to_owned();
        let key = section.require("key", "the `key` that row and table have in common");
        let value = section.require("value", "the `value`: a column of the table").and_then(|f| f.text());
        let ty = section.require("type", "the `type` of the value: text, integer or float");
        let (time, delay, tolerance) = (section.get("time"), section.get("delay"), section.get("tolerance"));
        for field in delay.iter().chain(&tolerance).filter(|_| time.is_none()) {
            field.error(format!("`{}` is for tables with times", field.key), "expected `time = …` beside it");
        }
        let ty = ty.and_then(|f| {
            let ty = column_type(&f)?;
            if !matches!(ty, ColumnType::Text | ColumnType::Integer | ColumnType::Float) {
                f.error("a value that is looked up is text or a number", "expected text, integer or float");
            }
            Some(ty)
        })?;
        let as_of = match &time {
            Some(time) => Some(AsOf {
                time: time.text()?.to_owned(),
                delay: delay.and_then(|f| f.duration(Duration::ZERO)).map_or(0, microseconds),
                tolerance: tolerance.and_then(|f| f.duration(Duration::ZERO)).map(microseconds),
            }),
            None => None,
        };
        let lookup = Lookup { file, key: self.keys(&key?)?, value: value?.to_owned(), ty, as_of };
        Some(Made::of(Some(ty), Derivation::Lookup(lookup), None))
    }

    /// `"dest"`, `["carrier", "origin"]` or `{ dest = "airport" }`.
    fn keys(&self, field: &Field<'_>) -> Option<Vec<(String, String)>> {
        let pairs: Vec<(String, String)> = if field.is_table() {
            let section = field.section("key")?;
            section.fields().iter().filter_map(|f| Some((f.key.to_owned(), f.text()?.to_owned()))).collect()
        } else {
            one_or_more(field)?.into_iter().map(|name| (name.clone(), name)).collect()
        };
        for (own, _) in &pairs {
            let known = self.named(own, &field.at)?;
            if known.outcome.is_some() {
                field.error(format!("`{own}` is known only after the event"), "expected a column known beforehand");
            }
        }
        Some(pairs)
    }

    /// What a field names, which must be a number.
    fn number(&self, field: &Field<'_>) -> Option<&Known> {
        let known = self.named(field.text()?, &field.at)?;
        if !matches!(known.ty, None | Some(ColumnType::Integer | ColumnType::Float)) {
            field.error(format!("`{}` is not a number", known.name), "expected one");
            return None;
        }
        Some(known)
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

fn float(value: f64) -> Expr {
    Expr::Literal(Literal::Float(value))
}
