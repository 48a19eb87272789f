//! What an operator types to see only some rows, as the WHERE of a SELECT.
//!
//! It is SQL with three things made easy: a text may stand in double quotes where no column is called that, `==` is
//! `=`, and `~` asks whether a text contains another. A word alone is looked for in every text column.

use polars::prelude::{DataType, Schema};

use crate::domain::text::one_line;

/// One word of the conditions.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Text(String),
    Other(String),
}

/// Words that are SQL's own.
const SQL: [&str; 33] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "null",
    "between",
    "like",
    "ilike",
    "true",
    "false",
    "case",
    "when",
    "then",
    "else",
    "end",
    "cast",
    "as",
    "date",
    "time",
    "timestamp",
    "interval",
    "int",
    "bigint",
    "float",
    "double",
    "varchar",
    "text",
    "boolean",
    "from",
    "rlike",
    "regexp",
    "distinct",
];

/// The conditions as SQL.
///
/// # Errors
/// A quote that is not closed, or a name that no column has: one sentence, with the nearest name.
pub fn to_sql(text: &str, schema: &Schema) -> Result<String, String> {
    let tokens = tokens(text)?;
    if let [Token::Word(word) | Token::Quoted(word) | Token::Text(word)] = tokens.as_slice()
        && column(word, schema).is_none()
    {
        return anywhere(word, schema);
    }
    let mut out: Vec<String> = Vec::new();
    let mut contains = false;
    for (at, token) in tokens.iter().enumerate() {
        let called = matches!(tokens.get(at + 1), Some(Token::Other(next)) if next == "(");
        let sql = match token {
            Token::Text(text) | Token::Quoted(text) if contains => quoted(&format!("%{text}%")),
            Token::Word(word) if contains => quoted(&format!("%{word}%")),
            Token::Text(text) => quoted(text),
            Token::Quoted(text) => column(text, schema).unwrap_or_else(|| quoted(text)),
            Token::Word(word) => match column(word, schema) {
                Some(name) => name,
                None if called || SQL.contains(&word.to_lowercase().as_str()) => word.clone(),
                None => return Err(unknown(word, schema)),
            },
            Token::Other(sign) => match sign.as_str() {
                "==" => "=".into(),
                "~" => "ILIKE".into(),
                "&&" => "AND".into(),
                other => other.to_owned(),
            },
        };
        contains = matches!(token, Token::Other(sign) if sign == "~");
        out.push(sql);
    }
    Ok(out.join(" "))
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => {
                let (inside, length) = closed(rest, first).ok_or_else(|| format!("the quote {first} is not closed"))?;
                out.push(if first == '"' { Token::Quoted(inside) } else { Token::Text(inside) });
                length
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                out.push(Token::Word(rest[..end].to_owned()));
                end
            }
            c if c.is_ascii_digit() => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '.').unwrap_or(rest.len());
                out.push(Token::Other(rest[..end].to_owned()));
                end
            }
            _ => {
                let two = ["==", "!=", "<>", "<=", ">=", "&&", "||"].into_iter().find(|sign| rest.starts_with(sign));
                let length = two.map_or(first.len_utf8(), str::len);
                out.push(Token::Other(rest[..length].to_owned()));
                length
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(out)
}

/// What stands between two quotes at the start of `text`, of which a doubled one is one, and the bytes it takes.
fn closed(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            inside.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            inside.push(quote);
        } else {
            return Some((inside, at + 1));
        }
    }
    None
}

/// The column of this name, as SQL writes it; case does not matter where no other column differs by it.
fn column(name: &str, schema: &Schema) -> Option<String> {
    let exact = schema.iter_names().find(|known| known.as_str() == name);
    let alike = || schema.iter_names().find(|known| known.eq_ignore_ascii_case(name));
    exact.or_else(alike).map(|known| format!("\"{}\"", known.replace('"', "\"\"")))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn anywhere(word: &str, schema: &Schema) -> Result<String, String> {
    let texts: Vec<_> = schema.iter().filter(|(_, dtype)| **dtype == DataType::String).collect();
    if texts.is_empty() {
        return Err(format!("no column holds text: write a condition such as {} > 15", first_name(schema)));
    }
    let wanted = quoted(&format!("%{word}%"));
    let each = texts.iter().map(|(name, _)| format!("\"{}\" ILIKE {wanted}", name.replace('"', "\"\"")));
    Ok(each.collect::<Vec<_>>().join(" OR "))
}

fn first_name(schema: &Schema) -> String {
    schema.iter_names().next().map(|name| one_line(name)).unwrap_or_default()
}

fn unknown(word: &str, schema: &Schema) -> String {
    let near = schema.iter_names().map(|name| (strsim::jaro_winkler(&name.to_lowercase(), &word.to_lowercase()), name));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(alike, _)| *alike > 0.75);
    let hint = near.map_or_else(
        || "; a text stands in quotes".to_owned(),
        |(_, name)| format!(": did you mean {}?", one_line(name)),
    );
    format!("there is no column {}{hint}", one_line(word))
}
