//! The plan's meaning: imputing, deriving, nulling invalid values.

use super::*;
use crate::domain::expr::{BinaryOp, Expr, Function, Literal};

fn col(name: &str) -> Expr {
    Expr::Column(name.to_owned())
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

fn int(x: i64) -> Expr {
    Expr::Literal(Literal::Integer(x))
}

fn derived(name: &str, ty: ColumnType, expression: Expr) -> ColumnPlan {
    ColumnPlan { expression: Some(expression), ..column(name, ty, Role::Feature) }
}

/// The values of one derived column over x = 1, 0, -7 and nothing.
fn evaluate(ty: ColumnType, expression: Expr) -> Vec<String> {
    let mut place = Place::new();
    let mut plan = plan();
    plan.columns[2].role = Role::Ignore;
    plan.columns.push(derived("d", ty, expression));
    let text = "at,id,x\n2013-02-08T12:30:00Z,1 A,1\n2013-02-08T12:30:00Z,2 b,0\n2013-02-08T12:30:00Z,3 ,-7\n\
                2013-02-08T12:30:00Z,4,\n";
    let files = [place.land(1, "f.csv", text)];
    place.take(&plan, &files);
    place.history().iter().map(|row| row.split('|').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn arithmetic_and_comparison_follow_sql() {
    let number = |expression| evaluate(ColumnType::Float, expression);
    assert_eq!(
        number(binary(BinaryOp::Divide, int(7), binary(BinaryOp::Multiply, col("x"), int(2)))),
        ["3.5", "", "-0.5", ""]
    );
    assert_eq!(evaluate(ColumnType::Integer, binary(BinaryOp::Modulo, col("x"), int(4))), ["1", "0", "-3", ""]);
    let positive = binary(BinaryOp::Greater, col("x"), int(0));
    assert_eq!(evaluate(ColumnType::Boolean, positive.clone()), ["true", "false", "false", ""]);
    let or_true = binary(BinaryOp::Or, positive.clone(), Expr::Literal(Literal::Boolean(true)));
    assert_eq!(evaluate(ColumnType::Boolean, or_true), ["true"; 4]);
    let case = Expr::Case { branches: vec![(positive, int(1))], otherwise: Some(Box::new(int(0))) };
    assert_eq!(evaluate(ColumnType::Boolean, case), ["true", "false", "false", "false"]);
    assert_eq!(evaluate(ColumnType::Integer, int(5)), ["5"; 4]);
}

#[test]
fn lists_and_functions() {
    let among = |list: &[Literal], negated| Expr::InList { operand: Box::new(col("x")), list: list.to_vec(), negated };
    let list = [Literal::Integer(1), Literal::Integer(0)];
    assert_eq!(evaluate(ColumnType::Boolean, among(&list, false)), ["true", "true", "false", ""]);
    let with_null = [Literal::Integer(1), Literal::Null];
    assert_eq!(evaluate(ColumnType::Boolean, among(&with_null, true)), ["false", "", "", ""]);
    let call = |function, arguments| Expr::Call { function, arguments };
    let weekday = evaluate(ColumnType::Integer, call(Function::Weekday, vec![col("at")]));
    assert_eq!(weekday, ["5"; 4]);
    assert_eq!(evaluate(ColumnType::Integer, call(Function::Hour, vec![col("at")])), ["12"; 4]);
    assert_eq!(evaluate(ColumnType::Integer, call(Function::DayOfYear, vec![col("at")])), ["39"; 4]);
    assert_eq!(evaluate(ColumnType::Text, call(Function::Upper, vec![col("id")])), ["1 A", "2 B", "3 ", "4"]);
    assert_eq!(evaluate(ColumnType::Integer, call(Function::Coalesce, vec![col("x"), int(9)])), ["1", "0", "-7", "9"]);
    let trimmed = call(Function::Trim, vec![col("id")]);
    let joined = call(Function::Concat, vec![trimmed.clone(), col("x")]);
    assert_eq!(evaluate(ColumnType::Text, joined), ["1 A1", "2 b0", "3-7", ""]);
    assert_eq!(evaluate(ColumnType::Integer, call(Function::Length, vec![trimmed])), ["3", "3", "1", "1"]);
    let half = binary(BinaryOp::Divide, col("x"), int(2));
    assert_eq!(evaluate(ColumnType::Integer, call(Function::Round, vec![half.clone()])), ["1", "0", "-4", ""]);
    assert_eq!(evaluate(ColumnType::Integer, call(Function::Floor, vec![half])), ["0", "0", "-4", ""]);
    let root = call(Function::Sqrt, vec![call(Function::Abs, vec![col("x")])]);
    assert_eq!(evaluate(ColumnType::Float, root)[..2], ["1.0", "0.0"]);
    let day = Expr::Cast { operand: Box::new(col("at")), ty: ColumnType::Date };
    assert_eq!(evaluate(ColumnType::Date, day), ["2013-02-08"; 4]);
}

#[test]
fn a_derived_value_is_judged_like_a_read_one() {
    let mut place = Place::new();
    let mut plan = plan();
    let mut root =
        derived("root", ColumnType::Float, Expr::Call { function: Function::Sqrt, arguments: vec![col("x")] });
    root.max = Some(10.0);
    plan.columns.push(root.clone());
    let text = "at,id,x\n2013-01-01,a,4\n2013-01-01,b,-4\n2013-01-01,c,400\n2013-01-01,d,\n";
    let files = [place.land(1, "f.csv", text)];
    let outcome = place.take(&plan, &files);
    assert_eq!(
        place.committed(&outcome, DatasetKind::Rejects),
        ["f.csv|1||2|root|NaN|not a number|1", "f.csv|1||3|root|20.0|above the maximum 10|1"]
    );
    assert_eq!(outcome.rows(), [(1, 4, 2)]);
    plan.columns[3].on_invalid = OnInvalid::Null;
    let outcome = place.take(&plan, &files);
    assert_eq!(outcome.metric("invalid_nulled"), 2.0);
    assert_eq!(
        place.history().iter().map(|row| row.split('|').nth(3).unwrap()).collect::<Vec<_>>(),
        ["2.0", "", "", ""]
    );
}

#[test]
fn an_expression_that_cannot_be_evaluated_is_the_configurations_fault() {
    let mut place = Place::new();
    let mut plan = plan();
    plan.columns.push(derived("d", ColumnType::Integer, col("nowhere")));
    let files = [place.land(1, "f.csv", "at,id,x\n2013-01-01,a,4\n")];
    let outcome = place.clean(&plan, &files);
    assert!(outcome.error().starts_with("the expression of column `d` cannot be evaluated: "), "{}", outcome.error());
    assert_eq!(outcome.result.unwrap_err().class(), "input");
}

#[test]
fn invalid_values_become_null_and_nulls_are_imputed_or_rejected() {
    let mut place = Place::new();
    let mut plan = plan();
    plan.columns[2].on_invalid = OnInvalid::Null;
    plan.columns[2].impute = Impute::Constant(Literal::Integer(-1));
    let mut named = column("name", ColumnType::Text, Role::Feature);
    named.source = "Full Name".to_owned();
    named.impute = Impute::Reject;
    plan.columns.push(named);
    let mut optional = column("extra", ColumnType::Float, Role::Never);
    optional.optional = true;
    plan.columns.push(optional);
    let text =
        "Full Name,x,id,at,unused\n\"Doe, \"\"J\"\"\",NA,a,2013-01-01,1\nEve,much,b,2013-01-01,1\n,3,c,2013-01-01,1\n";
    let files = [place.land(1, "f.csv", text)];
    let outcome = place.take(&plan, &files);
    assert_eq!(place.history(), ["2013-01-01 00:00:00|a|-1|Doe, \"J\"||1|1", "2013-01-01 00:00:00|b|-1|Eve||1|2"]);
    assert_eq!(outcome.metric("invalid_nulled"), 1.0);
    assert_eq!(place.committed(&outcome, DatasetKind::Rejects), ["f.csv|1|4|3|name||no value|1"]);
}
