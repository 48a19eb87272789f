//! The expression tree, compiled to polars.
//!
//! Null on either side of an operator gives null, AND and OR follow Kleene logic, a CASE condition that is null is not
//! true, as in SQL. Two things SQL leaves to the engine are settled as Spark settles them: `/` always divides as
//! floats, and dividing by zero gives null. `%` takes the sign of the dividend.

use polars::prelude::{
    DataType, Expr as Polars, NULL, NonExistent, RoundMode, TimeUnit, TimeZone, coalesce, col, lit, when,
};

use crate::domain::expr::{BinaryOp, Expr, Function, Literal, UnaryOp};
use crate::domain::plan::ColumnType;

/// The polars type of a logical type.
pub fn data_type(ty: ColumnType) -> DataType {
    match ty {
        ColumnType::Text => DataType::String,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Float => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date,
        ColumnType::Datetime => DataType::Datetime(TimeUnit::Microseconds, None),
    }
}

/// The polars form of `expression`.
pub fn compile(expression: &Expr) -> Polars {
    match expression {
        Expr::Column(name) => col(name.as_str()),
        Expr::Literal(literal) => constant(literal),
        Expr::Unary { op, operand } => unary(*op, compile(operand)),
        Expr::Binary { op, left, right } => binary(*op, compile(left), compile(right)),
        Expr::Case { branches, otherwise } => case(branches, otherwise.as_deref()),
        Expr::InList { operand, list, negated } => in_list(&compile(operand), list, *negated),
        Expr::InZone { operand, zone } => in_zone(compile(operand), zone),
        Expr::Cast { operand, ty } => compile(operand).cast(data_type(*ty)),
        Expr::Call { function, arguments } => call(*function, arguments.iter().map(compile).collect()),
    }
}

/// The local date and time in `zone` of an instant in UTC. Every instant has one, so nothing is ambiguous.
fn in_zone(instant: Polars, zone: &str) -> Polars {
    let zone = TimeZone::opt_try_new(Some(zone)).ok().flatten().unwrap_or(TimeZone::UTC);
    instant
        .cast(DataType::Datetime(TimeUnit::Microseconds, None))
        .dt()
        .replace_time_zone(Some(TimeZone::UTC), lit("raise"), NonExistent::Raise)
        .dt()
        .convert_time_zone(zone)
        .dt()
        .replace_time_zone(None, lit("raise"), NonExistent::Raise)
}

fn constant(literal: &Literal) -> Polars {
    match literal {
        Literal::Null => lit(NULL),
        Literal::Boolean(x) => lit(*x),
        Literal::Integer(x) => lit(*x),
        Literal::Float(x) => lit(*x),
        Literal::Text(x) => lit(x.clone()),
    }
}

fn unary(op: UnaryOp, operand: Polars) -> Polars {
    match op {
        UnaryOp::Not => operand.not(),
        UnaryOp::Negate => lit(0_i64) - operand,
        UnaryOp::IsNull => operand.is_null(),
        UnaryOp::IsNotNull => operand.is_not_null(),
    }
}

fn binary(op: BinaryOp, left: Polars, right: Polars) -> Polars {
    match op {
        BinaryOp::Add => left + right,
        BinaryOp::Subtract => left - right,
        BinaryOp::Multiply => left * right,
        BinaryOp::Divide => {
            let quotient = left.cast(DataType::Float64) / right.clone().cast(DataType::Float64);
            when(right.eq(lit(0))).then(lit(NULL)).otherwise(quotient)
        }
        BinaryOp::Modulo => {
            let rest = left.clone().abs() % right.clone().abs();
            let signed = when(left.lt(lit(0))).then(lit(0_i64) - rest.clone()).otherwise(rest);
            when(right.eq(lit(0))).then(lit(NULL)).otherwise(signed)
        }
        BinaryOp::Equal => left.eq(right),
        BinaryOp::NotEqual => left.neq(right),
        BinaryOp::Less => left.lt(right),
        BinaryOp::LessOrEqual => left.lt_eq(right),
        BinaryOp::Greater => left.gt(right),
        BinaryOp::GreaterOrEqual => left.gt_eq(right),
        BinaryOp::And => left.and(right),
        BinaryOp::Or => left.or(right),
    }
}

fn case(branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Polars {
    let last = otherwise.map_or_else(|| lit(NULL), compile);
    branches
        .iter()
        .rev()
        .fold(last, |otherwise, (condition, value)| when(compile(condition)).then(compile(value)).otherwise(otherwise))
}

/// As a chain of comparisons, which gets null in the operand and in the list right by itself.
fn in_list(operand: &Polars, list: &[Literal], negated: bool) -> Polars {
    let found =
        list.iter().map(|one| operand.clone().eq(constant(one))).reduce(Polars::or).unwrap_or_else(|| lit(false));
    if negated { found.not() } else { found }
}

fn call(function: Function, mut arguments: Vec<Polars>) -> Polars {
    if function == Function::Coalesce {
        return coalesce(&arguments);
    }
    if function == Function::Concat {
        return arguments
            .into_iter()
            .map(|one| one.cast(DataType::String))
            .reduce(|a, b| a + b)
            .unwrap_or_else(|| lit(""));
    }
    let argument = if arguments.is_empty() { lit(NULL) } else { arguments.swap_remove(0) };
    match function {
        Function::Year => argument.dt().year().cast(DataType::Int64),
        Function::Month => argument.dt().month().cast(DataType::Int64),
        Function::Day => argument.dt().day().cast(DataType::Int64),
        Function::Hour => argument.dt().hour().cast(DataType::Int64),
        Function::Minute => argument.dt().minute().cast(DataType::Int64),
        Function::Weekday => argument.dt().weekday().cast(DataType::Int64),
        Function::Week => argument.dt().week().cast(DataType::Int64),
        Function::DayOfYear => argument.dt().ordinal_day().cast(DataType::Int64),
        Function::Abs => argument.abs(),
        Function::Floor => argument.floor(),
        Function::Ceil => argument.ceil(),
        Function::Round => argument.round(0, RoundMode::HalfAwayFromZero),
        Function::Ln => argument.cast(DataType::Float64).log(lit(std::f64::consts::E)),
        Function::Exp => argument.cast(DataType::Float64).exp(),
        Function::Sqrt => argument.cast(DataType::Float64).sqrt(),
        Function::Sin => argument.cast(DataType::Float64).sin(),
        Function::Cos => argument.cast(DataType::Float64).cos(),
        Function::Lower => argument.str().to_lowercase(),
        Function::Upper => argument.str().to_uppercase(),
        Function::Trim => argument.str().strip_chars(lit(NULL)),
        Function::Length => argument.str().len_chars().cast(DataType::Int64),
        Function::Coalesce | Function::Concat => argument,
    }
}
