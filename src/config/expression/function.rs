//! The functions by name.

use std::ops::RangeInclusive;

use sqlparser::ast::DateTimeField;

use crate::domain::expr::Function;

/// Fields of `EXTRACT`, for messages.
pub(super) const FIELDS: &str = "YEAR, MONTH, WEEK, DAY, HOUR, MINUTE, ISODOW (Monday 1 to Sunday 7) or DOY";

/// Function names that are called with parentheses; EXTRACT's fields are in [`field`].
pub(super) const NAMES: [&str; 15] = [
    "ABS", "FLOOR", "CEIL", "ROUND", "LN", "EXP", "SQRT", "SIN", "COS", "COALESCE", "LOWER", "UPPER", "TRIM", "LENGTH",
    "CONCAT",
];

/// The function with this name in any case, and how many arguments it takes.
pub(super) fn by_name(name: &str) -> Option<(Function, RangeInclusive<usize>)> {
    let function = match name.to_ascii_uppercase().as_str() {
        "ABS" => Function::Abs,
        "FLOOR" => Function::Floor,
        "CEIL" | "CEILING" => Function::Ceil,
        "ROUND" => Function::Round,
        "LN" => Function::Ln,
        "EXP" => Function::Exp,
        "SQRT" => Function::Sqrt,
        "SIN" => Function::Sin,
        "COS" => Function::Cos,
        "COALESCE" => return Some((Function::Coalesce, 1..=usize::MAX)),
        "CONCAT" => return Some((Function::Concat, 1..=usize::MAX)),
        "LOWER" => Function::Lower,
        "UPPER" => Function::Upper,
        "TRIM" => Function::Trim,
        "LENGTH" => Function::Length,
        _ => return None,
    };
    Some((function, 1..=1))
}

/// The function behind a field of `EXTRACT`.
pub(super) fn field(field: &DateTimeField) -> Option<Function> {
    match field {
        DateTimeField::Year => Some(Function::Year),
        DateTimeField::Month => Some(Function::Month),
        DateTimeField::Day => Some(Function::Day),
        DateTimeField::Hour => Some(Function::Hour),
        DateTimeField::Minute => Some(Function::Minute),
        DateTimeField::Isodow => Some(Function::Weekday),
        DateTimeField::Doy => Some(Function::DayOfYear),
        DateTimeField::Week(None) => Some(Function::Week),
        _ => None,
    }
}
