//! How an expression is written for a person: as SQL, with no more parentheses than it needs.

use std::fmt::{Display, Formatter, Result, Write};

use super::expr::{BinaryOp, Expr, Function, Literal, UnaryOp};
use super::plan::ColumnType;

/// How tightly an expression holds together; a looser one inside a tighter one needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tightness {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Atom,
}

impl Display for Expr {
    /// Writes SQL that parses to the same tree.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Column(name) => write_column(f, name),
            Self::Literal(literal) => literal.fmt(f),
            Self::Unary { op, operand } => write_unary(f, *op, operand),
            Self::Binary { op, left, right } => write_binary(f, *op, left, right),
            Self::Case { branches, otherwise } => write_case(f, branches, otherwise.as_deref()),
            Self::InList { operand, list, negated } => {
                write_operand(f, operand, Tightness::Sum)?;
                f.write_str(if *negated { " NOT IN (" } else { " IN (" })?;
                write_separated(f, list)?;
                f.write_char(')')
            }
            Self::InZone { operand, zone } => {
                // A sign would belong to the whole, not to the constant.
                match operand.as_ref() {
                    Expr::Literal(literal) => write!(f, "({literal})")?,
                    operand => write_operand(f, operand, Tightness::Atom)?,
                }
                write!(f, " AT TIME ZONE '{}'", zone.replace('\'', "''"))
            }
            Self::Cast { operand, ty } => write!(f, "CAST({operand} AS {})", type_name(*ty)),
            Self::Call { function, arguments } => write_call(f, *function, arguments),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Boolean(true) => f.write_str("TRUE"),
            Self::Boolean(false) => f.write_str("FALSE"),
            Self::Integer(number) => write!(f, "{number}"),
            // The debug form keeps the point, so that 1.0 does not come back as a whole number.
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        }
    }
}

impl Function {
    /// Its name in SQL; for the parts of a date the field of `EXTRACT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Year => "YEAR",
            Self::Month => "MONTH",
            Self::Day => "DAY",
            Self::Hour => "HOUR",
            Self::Minute => "MINUTE",
            Self::Weekday => "ISODOW",
            Self::DayOfYear => "DOY",
            Self::Week => "WEEK",
            Self::Abs => "ABS",
            Self::Floor => "FLOOR",
            Self::Ceil => "CEIL",
            Self::Round => "ROUND",
            Self::Ln => "LN",
            Self::Exp => "EXP",
            Self::Sqrt => "SQRT",
            Self::Sin => "SIN",
            Self::Cos => "COS",
            Self::Coalesce => "COALESCE",
            Self::Lower => "LOWER",
            Self::Upper => "UPPER",
            Self::Trim => "TRIM",
            Self::Length => "LENGTH",
            Self::Concat => "CONCAT",
        }
    }

    /// Whether it is a field of `EXTRACT(field FROM t)`.
    pub fn is_date_part(self) -> bool {
        matches!(
            self,
            Self::Year
                | Self::Month
                | Self::Day
                | Self::Hour
                | Self::Minute
                | Self::Weekday
                | Self::DayOfYear
                | Self::Week
        )
    }
}

impl BinaryOp {
    /// Its sign in SQL.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::And => "AND",
            Self::Or => "OR",
        }
    }

    fn tightness(self) -> Tightness {
        match self {
            Self::Or => Tightness::Or,
            Self::And => Tightness::And,
            Self::Add | Self::Subtract => Tightness::Sum,
            Self::Multiply | Self::Divide | Self::Modulo => Tightness::Product,
            _ => Tightness::Comparison,
        }
    }
}

fn type_name(ty: ColumnType) -> &'static str {
    match ty {
        ColumnType::Text => "TEXT",
        ColumnType::Integer => "INTEGER",
        ColumnType::Float => "FLOAT",
        ColumnType::Boolean => "BOOLEAN",
        ColumnType::Date => "DATE",
        ColumnType::Datetime => "DATETIME",
    }
}

fn tightness(expr: &Expr) -> Tightness {
    match expr {
        Expr::Unary { op: UnaryOp::Not, .. } => Tightness::Not,
        Expr::Unary { op: UnaryOp::IsNull | UnaryOp::IsNotNull, .. } | Expr::InList { .. } => Tightness::Comparison,
        Expr::Unary { op: UnaryOp::Negate, .. } | Expr::InZone { .. } => Tightness::Product,
        Expr::Binary { op, .. } => op.tightness(),
        _ => Tightness::Atom,
    }
}

/// Writes `expr`, in parentheses if it is looser than `least`.
fn write_operand(f: &mut Formatter<'_>, expr: &Expr, least: Tightness) -> Result {
    if tightness(expr) < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn write_unary(f: &mut Formatter<'_>, op: UnaryOp, operand: &Expr) -> Result {
    match op {
        UnaryOp::Not => {
            f.write_str("NOT ")?;
            write_operand(f, operand, Tightness::Not)
        }
        UnaryOp::IsNull | UnaryOp::IsNotNull => {
            write_operand(f, operand, Tightness::Sum)?;
            f.write_str(if op == UnaryOp::IsNull { " IS NULL" } else { " IS NOT NULL" })
        }
        // A negated constant is kept apart from a negative constant, and `--` would begin a comment.
        UnaryOp::Negate => match operand {
            Expr::Literal(_) => write!(f, "-({operand})"),
            _ => {
                f.write_char('-')?;
                write_operand(f, operand, Tightness::Atom)
            }
        },
    }
}

fn write_binary(f: &mut Formatter<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> Result {
    let (least_left, least_right) = match op.tightness() {
        Tightness::Or => (Tightness::Or, Tightness::And),
        Tightness::And => (Tightness::And, Tightness::Not),
        Tightness::Sum => (Tightness::Sum, Tightness::Product),
        Tightness::Product => (Tightness::Product, Tightness::Atom),
        _ => (Tightness::Sum, Tightness::Sum),
    };
    write_operand(f, left, least_left)?;
    write!(f, " {} ", op.sign())?;
    write_operand(f, right, least_right)
}

fn write_case(f: &mut Formatter<'_>, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result {
    f.write_str("CASE")?;
    for (condition, value) in branches {
        write!(f, " WHEN {condition} THEN {value}")?;
    }
    if let Some(value) = otherwise {
        write!(f, " ELSE {value}")?;
    }
    f.write_str(" END")
}

fn write_call(f: &mut Formatter<'_>, function: Function, arguments: &[Expr]) -> Result {
    if let (true, [argument]) = (function.is_date_part(), arguments) {
        return write!(f, "EXTRACT({} FROM {argument})", function.name());
    }
    write!(f, "{}(", function.name())?;
    write_separated(f, arguments)?;
    f.write_char(')')
}

fn write_separated<T: Display>(f: &mut Formatter<'_>, items: &[T]) -> Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}

/// Words that mean something else where a column could stand; a column of that name is written in quotes.
const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "at",
    "between",
    "case",
    "cast",
    "ceil",
    "collate",
    "convert",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "distinct",
    "div",
    "else",
    "end",
    "escape",
    "exists",
    "extract",
    "false",
    "floor",
    "from",
    "ilike",
    "in",
    "interval",
    "is",
    "isnull",
    "lambda",
    "like",
    "localtime",
    "localtimestamp",
    "map",
    "match",
    "member",
    "not",
    "notnull",
    "null",
    "operator",
    "or",
    "overlaps",
    "overlay",
    "position",
    "prior",
    "regexp",
    "rlike",
    "safe_cast",
    "select",
    "session_user",
    "similar",
    "some",
    "struct",
    "substr",
    "substring",
    "table",
    "then",
    "to",
    "trim",
    "true",
    "try_cast",
    "try_convert",
    "user",
    "values",
    "when",
    "where",
    "with",
    "xor",
];

fn write_column(f: &mut Formatter<'_>, name: &str) -> Result {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&name.to_ascii_lowercase().as_str());
    if plain { f.write_str(name) } else { write!(f, "\"{}\"", name.replace('"', "\"\"")) }
}
