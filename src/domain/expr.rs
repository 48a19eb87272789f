//! The expression tree that a derived column is written in.
//!
//! A person writes SQL (`CASE WHEN arr_delay > 15 THEN 1 ELSE 0 END`); `config` parses it into this tree; `stages`
//! compiles the tree to polars. The tree is the meaning: it can be shown, hashed and compared between runs.

use serde::{Deserialize, Serialize};

use super::plan::ColumnType;

/// A scalar expression over the columns of one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expr {
    /// The value of a column.
    Column(String),
    /// A constant.
    Literal(Literal),
    /// `op operand`.
    Unary {
        /// What is done.
        op: UnaryOp,
        /// To what.
        operand: Box<Expr>,
    },
    /// `left op right`. Null on either side gives null, except for AND and OR (Kleene logic, as in SQL).
    Binary {
        /// What is done.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `CASE WHEN .. THEN .. ELSE .. END`; without ELSE the default is null.
    Case {
        /// (condition, value), first true one wins.
        branches: Vec<(Expr, Expr)>,
        /// Value when no condition is true.
        otherwise: Option<Box<Expr>>,
    },
    /// `operand IN (list)`.
    InList {
        /// What is looked for.
        operand: Box<Expr>,
        /// The values.
        list: Vec<Literal>,
        /// NOT IN.
        negated: bool,
    },
    /// `operand AT TIME ZONE 'zone'`: the local date and time there of an instant (in UTC).
    InZone {
        /// The instant.
        operand: Box<Expr>,
        /// IANA name of the time zone.
        zone: String,
    },
    /// `CAST(operand AS ty)`.
    Cast {
        /// What is cast.
        operand: Box<Expr>,
        /// To which type.
        ty: ColumnType,
    },
    /// A named function of one or more arguments.
    Call {
        /// Which.
        function: Function,
        /// Its arguments, their number checked at parse time.
        arguments: Vec<Expr>,
    },
}

impl Expr {
    /// Names of the columns it reads, in order of mention; one read twice is there twice.
    pub fn columns(&self) -> Vec<&str> {
        let parts: Vec<&Self> = match self {
            Self::Column(name) => return vec![name],
            Self::Literal(_) => Vec::new(),
            Self::Unary { operand, .. } | Self::InList { operand, .. } | Self::InZone { operand, .. } => {
                vec![operand]
            }
            Self::Cast { operand, .. } => vec![operand],
            Self::Binary { left, right, .. } => vec![left, right],
            Self::Case { branches, otherwise } => {
                let branches = branches.iter().flat_map(|(condition, value)| [condition, value]);
                branches.chain(otherwise.as_deref()).collect()
            }
            Self::Call { arguments, .. } => arguments.iter().collect(),
        };
        parts.into_iter().flat_map(Self::columns).collect()
    }
}

/// A constant in an expression or a configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Literal {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Float(f64),
    /// Text.
    Text(String),
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the operators")]
pub enum UnaryOp {
    Not,
    Negate,
    IsNull,
    IsNotNull,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are the operators")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    /// Gives a fraction between whole numbers too (`7 / 2` is 3.5); `FLOOR(a / b)` for whole ones.
    Divide,
    Modulo,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

/// The functions an expression may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// `EXTRACT(YEAR FROM t)`.
    Year,
    /// `EXTRACT(MONTH FROM t)`, 1 to 12.
    Month,
    /// `EXTRACT(DAY FROM t)`, 1 to 31.
    Day,
    /// `EXTRACT(HOUR FROM t)`, 0 to 23.
    Hour,
    /// `EXTRACT(MINUTE FROM t)`, 0 to 59.
    Minute,
    /// `EXTRACT(ISODOW FROM t)`, Monday 1 to Sunday 7.
    Weekday,
    /// `EXTRACT(DOY FROM t)`, 1 to 366.
    DayOfYear,
    /// `EXTRACT(WEEK FROM t)`: the week of ISO 8601, 1 to 53.
    Week,
    /// `ABS(x)`.
    Abs,
    /// `FLOOR(x)`.
    Floor,
    /// `CEIL(x)`.
    Ceil,
    /// `ROUND(x)`, half away from zero.
    Round,
    /// `LN(x)`.
    Ln,
    /// `EXP(x)`.
    Exp,
    /// `SQRT(x)`.
    Sqrt,
    /// `SIN(x)`, x in radians.
    Sin,
    /// `COS(x)`, x in radians.
    Cos,
    /// `COALESCE(a, b, ..)`: the first that is not null.
    Coalesce,
    /// `LOWER(s)`.
    Lower,
    /// `UPPER(s)`.
    Upper,
    /// `TRIM(s)`.
    Trim,
    /// `LENGTH(s)` in characters.
    Length,
    /// `CONCAT(a, b, ..)` of text.
    Concat,
}
