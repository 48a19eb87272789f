//! SQL expressions, as a person writes them, to the expression tree of the domain.
//!
//! The grammar is the `sqlparser` crate's; `convert` takes over what an expression over one row may consist of and
//! refuses the rest; `types` checks that operands and operators fit each other.

mod convert;
mod function;
mod place;
#[cfg(test)]
mod tests;
pub(super) mod types;

use std::ops::Range;

use sqlparser::dialect::Dialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::domain::expr::Expr;
use place::Places;

/// Longest expression that is read, in bytes: far beyond what a person writes.
const LONGEST: usize = 10_000;

/// An expression and where it names its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// Its meaning.
    pub expr: Expr,
    /// Every mention of a column: name and byte range in the text, in order.
    pub columns: Vec<(String, Range<usize>)>,
}

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// What is wrong.
    pub message: String,
    /// Byte range of it in the text; may be empty at the end.
    pub at: Range<usize>,
    /// What to do.
    pub help: Option<String>,
}

/// The dialect: names of letters, digits and `_`, or anything in double quotes. Nothing of any one database.
#[derive(Debug)]
struct Scalar;

impl Dialect for Scalar {
    fn is_identifier_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_'
    }
}

/// Parses a scalar SQL expression: arithmetic, comparison, AND/OR/NOT, IS NULL, both forms of CASE, CAST, IN
/// with constants, BETWEEN, EXTRACT, and the functions of [`crate::domain::expr::Function`].
///
/// # Errors
/// Says what is not understood and where in the text.
pub fn parse(text: &str) -> Result<Parsed, ExpressionError> {
    let places = Places::new(text);
    if text.trim().is_empty() {
        return Err(places.whole("the expression is empty", None));
    }
    if text.len() > LONGEST {
        return Err(places.whole(format!("the expression is longer than {LONGEST} bytes"), None));
    }
    let tokens = Tokenizer::new(&Scalar, text).tokenize_with_location().map_err(|e| {
        let at = places.offset(e.location);
        ExpressionError { message: lower_first(&e.message), at: at..text.len(), help: None }
    })?;
    let mut parser = Parser::new(&Scalar).with_tokens_with_locations(tokens);
    let ast = parser.parse_expr().map_err(|e| syntax_error(&places, &e))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let message = format!("the expression should have ended before `{}`", rest.token);
        return Err(ExpressionError { message, at: places.range(rest.span), help: None });
    }
    convert::convert(&ast, &places)
}

fn syntax_error(places: &Places<'_>, error: &ParserError) -> ExpressionError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
        ParserError::RecursionLimitExceeded => return places.whole("the expression is nested too deeply", None),
    };
    let (message, at) = places.split_location(text);
    let parts = message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: "));
    let message = match parts {
        Some((expected, "EOF")) => format!("the expression ends where {expected} is expected"),
        Some((expected, found)) => format!("found `{found}` where {expected} is expected"),
        None => lower_first(message),
    };
    ExpressionError { message, at, help: None }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
