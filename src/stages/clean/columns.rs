//! The plan's columns, made ready for reading values: what a value must be, and what is said when it is not.

use std::sync::Arc;

use super::cell::{Cell, not_a};
use crate::domain::expr::Literal;
use crate::domain::plan::{CleanPlan, ColumnPlan, ColumnType, Impute, OnInvalid, Role};

/// Why a value was refused; shared, because ten thousand rows are refused for one reason.
pub(super) type Reason = Arc<str>;

/// A column of the plan and everything about it that does not depend on the row.
#[derive(Debug)]
pub(super) struct ColumnRule<'p> {
    pub plan: &'p ColumnPlan,
    pub name: Arc<str>,
    /// An invalid value rejects its row (instead of becoming null). Always so for the event time.
    pub rejects_invalid: bool,
    /// A null rejects its row. Always so for the event time.
    pub rejects_null: bool,
    /// What a null becomes, as text.
    pub constant: Option<String>,
    pub malformed: Reason,
    pub missing: Reason,
    min: Option<(f64, Reason)>,
    max: Option<(f64, Reason)>,
    allowed: Option<(Vec<String>, Reason)>,
}

/// The rules of all columns of `plan`, in its order.
pub(super) fn rules(plan: &CleanPlan) -> Vec<ColumnRule<'_>> {
    plan.columns.iter().map(ColumnRule::new).collect()
}

impl<'p> ColumnRule<'p> {
    fn new(plan: &'p ColumnPlan) -> Self {
        let time = plan.role == Role::Time;
        let constant = match &plan.impute {
            Impute::Constant(literal) if !time => text(literal),
            _ => None,
        };
        Self {
            plan,
            name: plan.name.as_str().into(),
            rejects_invalid: time || plan.on_invalid == OnInvalid::Reject,
            rejects_null: time || plan.impute == Impute::Reject,
            constant,
            malformed: not_a(plan.ty).into(),
            missing: if time { "no event time" } else { "no value" }.into(),
            min: plan.min.map(|min| (min, format!("below the minimum {min}").into())),
            max: plan.max.map(|max| (max, format!("above the maximum {max}").into())),
            allowed: plan.allowed.as_ref().map(|allowed| (sorted(allowed), not_one_of(allowed))),
        }
    }

    /// Whether any value of the right type is valid and a null stays one.
    pub fn is_trivial(&self) -> bool {
        let unchecked = self.min.is_none() && self.max.is_none() && self.allowed.is_none();
        unchecked && !self.rejects_null && self.constant.is_none() && self.plan.ty != ColumnType::Float
    }

    /// Judges a value of the right type.
    #[inline]
    pub fn check(&self, cell: Cell<'_>) -> Result<(), &Reason> {
        match cell {
            Cell::Float(x) if !x.is_finite() => Err(&self.malformed),
            Cell::Float(x) => self.in_range(x).and_then(|()| self.is_allowed(|| x.to_string())),
            Cell::Integer(x) => self.in_range(x as f64).and_then(|()| self.is_allowed(|| x.to_string())),
            Cell::Boolean(x) => self.is_allowed(|| x.to_string()),
            Cell::Text(text) => self.is_listed(text),
            Cell::Date(_) | Cell::Datetime(_) => Ok(()),
        }
    }

    #[inline]
    fn in_range(&self, x: f64) -> Result<(), &Reason> {
        match (&self.min, &self.max) {
            (Some((min, reason)), _) if x < *min => Err(reason),
            (_, Some((max, reason))) if x > *max => Err(reason),
            _ => Ok(()),
        }
    }

    fn is_allowed(&self, text: impl FnOnce() -> String) -> Result<(), &Reason> {
        if self.allowed.is_some() { self.is_listed(&text()) } else { Ok(()) }
    }

    #[inline]
    fn is_listed(&self, text: &str) -> Result<(), &Reason> {
        match &self.allowed {
            Some((list, reason)) if list.binary_search_by(|one| one.as_str().cmp(text)).is_err() => Err(reason),
            _ => Ok(()),
        }
    }
}

fn sorted(allowed: &[String]) -> Vec<String> {
    let mut allowed = allowed.to_vec();
    allowed.sort();
    allowed
}

fn not_one_of(allowed: &[String]) -> Reason {
    let shown = allowed.iter().take(6).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if allowed.len() > 6 { format!(", … ({} in all)", allowed.len()) } else { String::new() };
    format!("not one of {shown}{more}").into()
}

fn text(literal: &Literal) -> Option<String> {
    match literal {
        Literal::Null => None,
        Literal::Boolean(x) => Some(x.to_string()),
        Literal::Integer(x) => Some(x.to_string()),
        Literal::Float(x) => Some(x.to_string()),
        Literal::Text(x) => Some(x.clone()),
    }
}
