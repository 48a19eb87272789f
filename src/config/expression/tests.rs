use proptest::prelude::*;

use super::types::kind;
use super::{Parsed, parse};
use crate::domain::expr::{BinaryOp, Expr, Function, Literal, UnaryOp};
use crate::domain::plan::ColumnType;

/// What `text` means, written back.
fn written(text: &str) -> String {
    match parse(text) {
        Ok(parsed) => parsed.expr.to_string(),
        Err(e) => panic!("{text}: {e}"),
    }
}

fn refused(text: &str) -> (String, &str) {
    let error = parse(text).expect_err(text);
    (error.message, &text[error.at])
}

#[test]
fn precedence_is_that_of_sql() {
    let Parsed { expr, columns } = parse("a + b * 2 > 3").unwrap();
    let Expr::Binary { op: BinaryOp::Greater, left, .. } = expr else { panic!("not a comparison") };
    let Expr::Binary { op: BinaryOp::Add, right, .. } = *left else { panic!("not a sum") };
    assert!(matches!(*right, Expr::Binary { op: BinaryOp::Multiply, .. }));
    assert_eq!(columns, [("a".to_owned(), 0..1), ("b".to_owned(), 4..5)]);
    assert_eq!(written("not a = 1 and b or c"), "NOT a = 1 AND b OR c");
    assert_eq!(written("NOT (a AND (b OR c))"), "NOT (a AND (b OR c))");
    assert_eq!(written("(a - b) - c - (d - e)"), "a - b - c - (d - e)");
    assert_eq!(written("-5 % 2 + -a"), "-5 % 2 + -a");
}

#[test]
fn every_form_of_the_language_is_read() {
    assert_eq!(written("case when arr_delay > 15 then 1 else 0 end"), "CASE WHEN arr_delay > 15 THEN 1 ELSE 0 END");
    assert_eq!(written("CASE x WHEN 'a' THEN 1.5 END"), "CASE WHEN x = 'a' THEN 1.5 END");
    assert_eq!(written("x between 1 and 2"), "x >= 1 AND x <= 2");
    assert_eq!(written("x not between 1 and 2"), "NOT (x >= 1 AND x <= 2)");
    assert_eq!(written("origin not in ('EWR', 'it''s')"), "origin NOT IN ('EWR', 'it''s')");
    assert_eq!(written("a is null or b is not null"), "a IS NULL OR b IS NOT NULL");
    assert_eq!(written("cast(x as bigint) + cast(y as double)"), "CAST(x AS INTEGER) + CAST(y AS FLOAT)");
    assert_eq!(written("t >= timestamp '2013-01-01'"), "t >= CAST('2013-01-01' AS DATETIME)");
    assert_eq!(written("extract(isodow from t) % 7"), "EXTRACT(ISODOW FROM t) % 7");
    assert_eq!(written("floor(x / 100) + ceiling(y) + round(z)"), "FLOOR(x / 100) + CEIL(y) + ROUND(z)");
    assert_eq!(written("coalesce(a, b, 0)"), "COALESCE(a, b, 0)");
    assert_eq!(written("trim(lower(s)) || '-' || t"), "CONCAT(CONCAT(TRIM(LOWER(s)), '-'), t)");
    assert_eq!(written("length(upper(concat(a, b))) <> 3"), "LENGTH(UPPER(CONCAT(a, b))) <> 3");
    assert_eq!(written("ln(exp(sqrt(abs(x)))) = true"), "LN(EXP(SQRT(ABS(x)))) = TRUE");
    assert_eq!(
        written("extract(week from t at time zone 'Europe/Berlin') + sin(x) * cos(x)"),
        "EXTRACT(WEEK FROM t AT TIME ZONE 'Europe/Berlin') + SIN(x) * COS(x)"
    );
    assert_eq!(written("\"Dep Time\" = NULL"), "\"Dep Time\" = NULL");
}

#[test]
fn numbers_keep_their_kind() {
    assert_eq!(parse("-9223372036854775808").unwrap().expr, Expr::Literal(Literal::Integer(i64::MIN)));
    assert_eq!(parse("1.0").unwrap().expr, Expr::Literal(Literal::Float(1.0)));
    assert_eq!(parse("2e3").unwrap().expr, Expr::Literal(Literal::Float(2000.0)));
    assert_eq!(refused("a + 9223372036854775808").0, "`9223372036854775808` is too large a number");
}

#[test]
fn anything_else_is_refused_in_place() {
    assert_eq!(refused("a + sum(b)"), ("unknown function `sum`".to_owned(), "sum"));
    assert_eq!(refused("a + lenght(b)").0, "unknown function `lenght`");
    assert_eq!(parse("lenght(b)").unwrap_err().help.as_deref(), Some("did you mean `LENGTH`?"));
    assert_eq!(refused("abs(a, b)").0, "`abs` takes one argument, not 2");
    assert_eq!(refused("a like 'x%'").0, "`a LIKE 'x%'` is not understood here");
    assert_eq!(refused("a = (select 1)").0, "`(SELECT 1)` is not understood here");
    assert_eq!(refused("a ^ 2").0, "the operator `^` is not understood here");
    assert_eq!(refused("a in (1, b)").0, "`b` is not a constant; IN takes a list of constants");
    assert_eq!(refused("extract(century from t)").0, "EXTRACT knows no field `CENTURY`");
    assert_eq!(refused("t at time zone 'Atlantis'"), ("unknown time zone `Atlantis`".to_owned(), "'Atlantis'"));
    assert_eq!(refused("cast(a as json)").0, "unknown type `JSON`");
    assert_eq!(refused("a > 1 b"), ("the expression should have ended before `b`".to_owned(), "b"));
    assert_eq!(refused("a > )"), ("found `)` where an expression is expected".to_owned(), ")"));
    assert_eq!(refused("a >"), ("the expression ends where an expression is expected".to_owned(), ""));
    assert_eq!(refused("a = 'x").0, "unterminated string literal");
    assert_eq!(refused(" ").0, "the expression is empty");
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = format!("{}a{}", "(".repeat(500), ")".repeat(500));
    assert_eq!(refused(&deep).0, "the expression is nested too deeply");
    let wide = format!("a{}", "+a".repeat(4_999));
    assert_eq!(refused(&wide).0, "the expression is nested too deeply");
    assert!(refused(&"a".repeat(10_001)).0.starts_with("the expression is longer"));
}

#[test]
fn operands_must_fit_their_operators() {
    let column = |name: &str| match name {
        "n" => Some(ColumnType::Integer),
        "s" => Some(ColumnType::Text),
        "b" => Some(ColumnType::Boolean),
        "t" => Some(ColumnType::Datetime),
        _ => None,
    };
    let wrong = |text: &str| kind(&parse(text).unwrap().expr, &column).unwrap_err().message;
    assert_eq!(wrong("n + s"), "`s` is text, but + needs a number");
    assert_eq!(wrong("n AND b"), "`n` is a number, but AND needs a boolean");
    assert_eq!(wrong("s > 3"), "`s` is compared with `3`: text and a number");
    assert_eq!(wrong("CASE WHEN n THEN 1 END"), "`n` is a number, but WHEN needs a boolean");
    assert_eq!(wrong("CASE WHEN b THEN 1 ELSE 'x' END"), "CASE gives values of two kinds: a number and text");
    assert_eq!(wrong("EXTRACT(HOUR FROM n)"), "`n` is a number, but EXTRACT needs a date or time");
    assert_eq!(wrong("s IN ('a', 1)"), "`s` is compared with `1`: text and a number");
    assert_eq!(wrong("t > '2013-01-01'"), "`t` is compared with `'2013-01-01'`: a date or time and text");
    let fine = "CASE WHEN b AND n % 2 = 0 THEN NULL ELSE LENGTH(s) + EXTRACT(DOY FROM t) END > unknown";
    assert!(kind(&parse(fine).unwrap().expr, &column).is_ok());
}

fn any_expr() -> impl Strategy<Value = Expr> {
    let name = prop_oneof![
        "[a-z_][a-z0-9_]{0,8}",
        Just("order".to_owned()),
        Just("date".to_owned()),
        Just("end".to_owned()),
        Just("null".to_owned()),
        Just("time".to_owned()),
        Just("interval".to_owned()),
        Just("Dep \"Time\"".to_owned()),
    ];
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(Literal::Integer),
        (-1e300f64..1e300).prop_map(Literal::Float),
        "[a-z'\\\\ ]{0,6}".prop_map(Literal::Text),
    ];
    let leaf = prop_oneof![name.prop_map(Expr::Column), literal.clone().prop_map(Expr::Literal)];
    leaf.prop_recursive(4, 24, 3, move |inner| {
        let binary = prop::sample::select(vec![
            BinaryOp::Add,
            BinaryOp::Subtract,
            BinaryOp::Multiply,
            BinaryOp::Divide,
            BinaryOp::Modulo,
            BinaryOp::Equal,
            BinaryOp::NotEqual,
            BinaryOp::Less,
            BinaryOp::GreaterOrEqual,
            BinaryOp::And,
            BinaryOp::Or,
        ]);
        let unary = prop::sample::select(vec![UnaryOp::Not, UnaryOp::Negate, UnaryOp::IsNull, UnaryOp::IsNotNull]);
        let one = prop::sample::select(vec![Function::Abs, Function::Floor, Function::Trim, Function::Weekday]);
        prop_oneof![
            (binary, inner.clone(), inner.clone()).prop_map(|(op, l, r)| Expr::Binary {
                op,
                left: Box::new(l),
                right: Box::new(r)
            }),
            (unary, inner.clone()).prop_map(|(op, x)| Expr::Unary { op, operand: Box::new(x) }),
            (prop::collection::vec((inner.clone(), inner.clone()), 1..3), prop::option::of(inner.clone()))
                .prop_map(|(branches, x)| Expr::Case { branches, otherwise: x.map(Box::new) }),
            (inner.clone(), prop::collection::vec(literal.clone(), 1..3), any::<bool>())
                .prop_map(|(x, list, negated)| Expr::InList { operand: Box::new(x), list, negated }),
            (inner.clone(), prop::sample::select(vec![ColumnType::Text, ColumnType::Float, ColumnType::Datetime]))
                .prop_map(|(x, ty)| Expr::Cast { operand: Box::new(x), ty }),
            inner.clone().prop_map(|x| Expr::InZone { operand: Box::new(x), zone: "Asia/Tokyo".to_owned() }),
            (one, inner.clone()).prop_map(|(function, x)| Expr::Call { function, arguments: vec![x] }),
            prop::collection::vec(inner, 1..4)
                .prop_map(|arguments| Expr::Call { function: Function::Coalesce, arguments }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_the_same(expr in any_expr()) {
        let text = expr.to_string();
        let parsed = parse(&text);
        prop_assert!(parsed.is_ok(), "{text}: {parsed:?}");
        prop_assert_eq!(parsed.map(|p| p.expr).ok(), Some(expr), "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,60}") {
        if let Err(error) = parse(&text) {
            prop_assert!(text.get(error.at.clone()).is_some(), "{:?}", error.at);
        }
    }
}
