//! Whether operands and operators of an expression fit each other.

use crate::domain::expr::{BinaryOp, Expr, Function, Literal, UnaryOp};
use crate::domain::plan::ColumnType;

/// What an expression gives. Whole numbers and floats mix freely; `None` in place of a kind is null, which fits all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Kind {
    /// A number.
    Number,
    /// Text.
    Text,
    /// True or false.
    Boolean,
    /// A date or an instant.
    Time,
}

impl Kind {
    /// The kind of a column of this type.
    pub(in crate::config) fn of(ty: ColumnType) -> Self {
        match ty {
            ColumnType::Integer | ColumnType::Float => Self::Number,
            ColumnType::Text => Self::Text,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Date | ColumnType::Datetime => Self::Time,
        }
    }

    /// For messages.
    pub(in crate::config) fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "text",
            Self::Boolean => "a boolean",
            Self::Time => "a date or time",
        }
    }
}

/// What does not fit, in words, and the column it is about when it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::config) struct Mismatch {
    pub(in crate::config) message: String,
    pub(in crate::config) column: Option<String>,
}

type Checked = Result<Option<Kind>, Mismatch>;

/// The kind of value that `expr` gives; `column` knows the type of each column (a column it does not know fits all).
///
/// # Errors
/// The first operand that does not fit its operator.
pub(in crate::config) fn kind(expr: &Expr, column: &dyn Fn(&str) -> Option<ColumnType>) -> Checked {
    Checker { column }.kind(expr)
}

struct Checker<'c> {
    column: &'c dyn Fn(&str) -> Option<ColumnType>,
}

impl Checker<'_> {
    fn kind(&self, expr: &Expr) -> Checked {
        match expr {
            Expr::Column(name) => Ok((self.column)(name).map(Kind::of)),
            Expr::Literal(literal) => Ok(literal_kind(literal)),
            Expr::Unary { op, operand } => match op {
                UnaryOp::Not => self.expect(operand, Kind::Boolean, "NOT"),
                UnaryOp::Negate => self.expect(operand, Kind::Number, "-"),
                UnaryOp::IsNull | UnaryOp::IsNotNull => self.kind(operand).map(|_| Some(Kind::Boolean)),
            },
            Expr::Binary { op, left, right } => self.binary(*op, left, right),
            Expr::Case { branches, otherwise } => {
                for (condition, _) in branches {
                    self.expect(condition, Kind::Boolean, "WHEN")?;
                }
                let values = branches.iter().map(|(_, value)| value).chain(otherwise.as_deref());
                self.alike(values, "CASE")
            }
            Expr::InList { operand, list, .. } => {
                let kind = self.kind(operand)?;
                for literal in list {
                    fits(kind, literal_kind(literal), || format!("`{operand}` is compared with `{literal}`"))?;
                }
                Ok(Some(Kind::Boolean))
            }
            Expr::InZone { operand, .. } => self.expect(operand, Kind::Time, "AT TIME ZONE"),
            Expr::Cast { operand, ty } => self.kind(operand).map(|_| Some(Kind::of(*ty))),
            Expr::Call { function, arguments } => self.call(*function, arguments),
        }
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Checked {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.expect(left, Kind::Boolean, op.sign())?;
                self.expect(right, Kind::Boolean, op.sign())
            }
            BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => {
                self.expect(left, Kind::Number, op.sign())?;
                self.expect(right, Kind::Number, op.sign())
            }
            _ => {
                let (a, b) = (self.kind(left)?, self.kind(right)?);
                fits(a, b, || format!("`{left}` is compared with `{right}`"))?;
                Ok(Some(Kind::Boolean))
            }
        }
    }

    fn call(&self, function: Function, arguments: &[Expr]) -> Checked {
        let (takes, gives) = match function {
            Function::Coalesce => return self.alike(arguments, "COALESCE"),
            Function::Lower | Function::Upper | Function::Trim | Function::Concat => (Kind::Text, Kind::Text),
            Function::Length => (Kind::Text, Kind::Number),
            f if f.is_date_part() => (Kind::Time, Kind::Number),
            _ => (Kind::Number, Kind::Number),
        };
        let what = if function.is_date_part() { "EXTRACT" } else { function.name() };
        for argument in arguments {
            self.expect(argument, takes, what)?;
        }
        Ok(Some(gives))
    }

    /// The operand must be of this kind (or null).
    fn expect(&self, operand: &Expr, needed: Kind, what: &str) -> Checked {
        match self.kind(operand)? {
            Some(kind) if kind != needed => {
                let column = if let Expr::Column(name) = operand { Some(name.clone()) } else { None };
                let message = format!("`{operand}` is {}, but {what} needs {}", kind.name(), needed.name());
                Err(Mismatch { message, column })
            }
            _ => Ok(Some(needed)),
        }
    }

    /// All must be of one kind.
    fn alike<'e>(&self, values: impl IntoIterator<Item = &'e Expr>, what: &str) -> Checked {
        let mut known = None;
        for value in values {
            let kind = self.kind(value)?;
            fits(known, kind, || format!("{what} gives values of two kinds"))?;
            known = known.or(kind);
        }
        Ok(known)
    }
}

fn fits(a: Option<Kind>, b: Option<Kind>, what: impl Fn() -> String) -> Result<(), Mismatch> {
    match (a, b) {
        (Some(a), Some(b)) if a != b => {
            Err(Mismatch { message: format!("{}: {} and {}", what(), a.name(), b.name()), column: None })
        }
        _ => Ok(()),
    }
}

fn literal_kind(literal: &Literal) -> Option<Kind> {
    match literal {
        Literal::Null => None,
        Literal::Boolean(_) => Some(Kind::Boolean),
        Literal::Integer(_) | Literal::Float(_) => Some(Kind::Number),
        Literal::Text(_) => Some(Kind::Text),
    }
}
