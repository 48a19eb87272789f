//! From the SQL syntax tree to the domain's: what an expression over one row may consist of.

use std::ops::Range;

use sqlparser::ast::{
    self, BinaryOperator, CastKind, CeilFloorKind, DataType, DateTimeField, FunctionArg, FunctionArgExpr,
    FunctionArguments, Spanned, UnaryOperator, Value,
};

use super::place::Places;
use super::{ExpressionError, Parsed, function};
use crate::config::nearest::nearest;
use crate::domain::expr::{BinaryOp, Expr, Function, Literal, UnaryOp};
use crate::domain::plan::ColumnType;

/// Deepest nesting: later passes over the tree recurse, and must not run out of stack.
const DEEPEST: usize = 200;

type Converted = Result<Expr, ExpressionError>;

pub(super) fn convert(ast: &ast::Expr, places: &Places<'_>) -> Result<Parsed, ExpressionError> {
    let mut converter = Converter { places, columns: Vec::new(), depth: 0 };
    let expr = converter.expr(ast)?;
    Ok(Parsed { expr, columns: converter.columns })
}

struct Converter<'p> {
    places: &'p Places<'p>,
    columns: Vec<(String, Range<usize>)>,
    depth: usize,
}

impl Converter<'_> {
    fn expr(&mut self, e: &ast::Expr) -> Converted {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.places.whole("the expression is nested too deeply", None));
        }
        let converted = self.inner(e);
        self.depth -= 1;
        converted
    }

    fn inner(&mut self, e: &ast::Expr) -> Converted {
        match e {
            ast::Expr::Nested(inner) => self.expr(inner),
            ast::Expr::Identifier(ident) => {
                self.columns.push((ident.value.clone(), self.places.range(ident.span)));
                Ok(Expr::Column(ident.value.clone()))
            }
            ast::Expr::Value(value) => Ok(Expr::Literal(self.literal(e, &value.value, false)?)),
            ast::Expr::UnaryOp { op, expr } => self.unary(e, *op, expr),
            ast::Expr::BinaryOp { left, op, right } => self.binary(e, left, op, right),
            ast::Expr::IsNull(inner) => self.wrap(UnaryOp::IsNull, inner),
            ast::Expr::IsNotNull(inner) => self.wrap(UnaryOp::IsNotNull, inner),
            ast::Expr::Between { expr, negated, low, high } => self.between(expr, *negated, low, high),
            ast::Expr::InList { expr, list, negated } => {
                let operand = Box::new(self.expr(expr)?);
                let list = list.iter().map(|item| self.constant(item)).collect::<Result<_, _>>()?;
                Ok(Expr::InList { operand, list, negated: *negated })
            }
            ast::Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            ast::Expr::Cast { kind: CastKind::Cast, expr, data_type, array: false, format: None } => {
                let ty = self.column_type(e, data_type)?;
                Ok(Expr::Cast { operand: Box::new(self.expr(expr)?), ty })
            }
            ast::Expr::AtTimeZone { timestamp, time_zone } => {
                let Literal::Text(zone) = self.constant(time_zone)? else { return Err(self.unsupported(e)) };
                if zone.parse::<chrono_tz::Tz>().is_err() {
                    let help = "expected the IANA name of one, such as 'Europe/Berlin'".to_owned();
                    return Err(self.error(time_zone, format!("unknown time zone `{zone}`"), Some(help)));
                }
                Ok(Expr::InZone { operand: Box::new(self.expr(timestamp)?), zone })
            }
            ast::Expr::TypedString(typed) => {
                let ty = self.column_type(e, &typed.data_type)?;
                let text = self.literal(e, &typed.value.value, false)?;
                Ok(Expr::Cast { operand: Box::new(Expr::Literal(text)), ty })
            }
            ast::Expr::Extract { field, expr, .. } => {
                let Some(function) = function::field(field) else {
                    let help = format!("EXTRACT takes {}", function::FIELDS);
                    return Err(self.error(e, format!("EXTRACT knows no field `{field}`"), Some(help)));
                };
                self.call(function, [expr.as_ref()])
            }
            ast::Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.call(Function::Floor, [expr.as_ref()])
            }
            ast::Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.call(Function::Ceil, [expr.as_ref()])
            }
            ast::Expr::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => {
                self.call(Function::Trim, [expr.as_ref()])
            }
            ast::Expr::Function(call) => self.function(e, call),
            _ => Err(self.unsupported(e)),
        }
    }

    fn wrap(&mut self, op: UnaryOp, operand: &ast::Expr) -> Converted {
        Ok(Expr::Unary { op, operand: Box::new(self.expr(operand)?) })
    }

    fn unary(&mut self, e: &ast::Expr, op: UnaryOperator, operand: &ast::Expr) -> Converted {
        match (op, operand) {
            // The sign belongs to the number: the smallest integer has no positive twin.
            (UnaryOperator::Minus, ast::Expr::Value(value)) if matches!(value.value, Value::Number(..)) => {
                Ok(Expr::Literal(self.literal(e, &value.value, true)?))
            }
            (UnaryOperator::Minus, _) => self.wrap(UnaryOp::Negate, operand),
            (UnaryOperator::Plus, _) => self.expr(operand),
            (UnaryOperator::Not, _) => self.wrap(UnaryOp::Not, operand),
            _ => Err(self.unsupported(e)),
        }
    }

    fn binary(&mut self, e: &ast::Expr, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr) -> Converted {
        let op = match op {
            BinaryOperator::Plus => BinaryOp::Add,
            BinaryOperator::Minus => BinaryOp::Subtract,
            BinaryOperator::Multiply => BinaryOp::Multiply,
            BinaryOperator::Divide => BinaryOp::Divide,
            BinaryOperator::Modulo => BinaryOp::Modulo,
            BinaryOperator::Eq => BinaryOp::Equal,
            BinaryOperator::NotEq => BinaryOp::NotEqual,
            BinaryOperator::Lt => BinaryOp::Less,
            BinaryOperator::LtEq => BinaryOp::LessOrEqual,
            BinaryOperator::Gt => BinaryOp::Greater,
            BinaryOperator::GtEq => BinaryOp::GreaterOrEqual,
            BinaryOperator::And => BinaryOp::And,
            BinaryOperator::Or => BinaryOp::Or,
            BinaryOperator::StringConcat => return self.call(Function::Concat, [left, right]),
            other => {
                return Err(self.error(e, format!("the operator `{other}` is not understood here"), None));
            }
        };
        Ok(binary(op, self.expr(left)?, self.expr(right)?))
    }

    /// `x BETWEEN a AND b` is `x >= a AND x <= b`.
    fn between(&mut self, x: &ast::Expr, negated: bool, low: &ast::Expr, high: &ast::Expr) -> Converted {
        let (x, low, high) = (self.expr(x)?, self.expr(low)?, self.expr(high)?);
        let within = binary(
            BinaryOp::And,
            binary(BinaryOp::GreaterOrEqual, x.clone(), low),
            binary(BinaryOp::LessOrEqual, x, high),
        );
        Ok(if negated { Expr::Unary { op: UnaryOp::Not, operand: Box::new(within) } } else { within })
    }

    /// `CASE x WHEN a THEN b ..` is `CASE WHEN x = a THEN b ..`.
    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Converted {
        let operand = operand.map(|x| self.expr(x)).transpose()?;
        let mut branches = Vec::with_capacity(conditions.len());
        for when in conditions {
            let condition = self.expr(&when.condition)?;
            let condition = match &operand {
                Some(x) => binary(BinaryOp::Equal, x.clone(), condition),
                None => condition,
            };
            branches.push((condition, self.expr(&when.result)?));
        }
        let otherwise = otherwise.map(|value| self.expr(value)).transpose()?.map(Box::new);
        Ok(Expr::Case { branches, otherwise })
    }

    fn call<'e>(&mut self, function: Function, arguments: impl IntoIterator<Item = &'e ast::Expr>) -> Converted {
        let arguments = arguments.into_iter().map(|a| self.expr(a)).collect::<Result<_, _>>()?;
        Ok(Expr::Call { function, arguments })
    }

    fn function(&mut self, e: &ast::Expr, call: &ast::Function) -> Converted {
        let name = call.name.to_string();
        let Some((function, arity)) = function::by_name(&name) else {
            let help = nearest(&name.to_ascii_uppercase(), function::NAMES)
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_else(|| format!("there are {} and EXTRACT", function::NAMES.join(", ")));
            let (message, at) = (format!("unknown function `{name}`"), self.places.range(call.name.span()));
            return Err(ExpressionError { message, at, help: Some(help) });
        };
        let bare = call.over.is_none() && call.filter.is_none() && call.within_group.is_empty();
        let FunctionArguments::List(list) = &call.args else { return Err(self.unsupported(e)) };
        if !bare || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(self.unsupported(e));
        }
        if !arity.contains(&list.args.len()) {
            let takes = if *arity.end() == 1 { "one argument" } else { "at least one argument" };
            return Err(self.error(e, format!("`{name}` takes {takes}, not {}", list.args.len()), None));
        }
        let mut arguments = Vec::with_capacity(list.args.len());
        for argument in &list.args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument else {
                return Err(self.unsupported(e));
            };
            arguments.push(self.expr(argument)?);
        }
        Ok(Expr::Call { function, arguments })
    }

    fn constant(&mut self, e: &ast::Expr) -> Result<Literal, ExpressionError> {
        match self.expr(e)? {
            Expr::Literal(literal) => Ok(literal),
            _ => Err(self.error(e, format!("`{e}` is not a constant; IN takes a list of constants"), None)),
        }
    }

    fn literal(&self, e: &ast::Expr, value: &Value, negative: bool) -> Result<Literal, ExpressionError> {
        match value {
            Value::Null => Ok(Literal::Null),
            Value::Boolean(value) => Ok(Literal::Boolean(*value)),
            Value::SingleQuotedString(text) => Ok(Literal::Text(text.clone())),
            Value::Number(digits, _) => {
                let digits = if negative { format!("-{digits}") } else { digits.clone() };
                number(&digits).ok_or_else(|| self.error(e, format!("`{digits}` is too large a number"), None))
            }
            _ => Err(self.unsupported(e)),
        }
    }

    fn column_type(&self, e: &ast::Expr, data_type: &DataType) -> Result<ColumnType, ExpressionError> {
        match data_type {
            DataType::Text | DataType::Varchar(None) | DataType::String(None) => Ok(ColumnType::Text),
            DataType::Integer(None) | DataType::Int(None) | DataType::BigInt(None) => Ok(ColumnType::Integer),
            DataType::Float(_) | DataType::Double(_) | DataType::DoublePrecision | DataType::Real => {
                Ok(ColumnType::Float)
            }
            DataType::Boolean | DataType::Bool => Ok(ColumnType::Boolean),
            DataType::Date => Ok(ColumnType::Date),
            DataType::Datetime(None) | DataType::Timestamp(None, _) => Ok(ColumnType::Datetime),
            other => {
                let help = "a value can be cast to text, integer, float, boolean, date or datetime";
                Err(self.error(e, format!("unknown type `{other}`"), Some(help.to_owned())))
            }
        }
    }

    fn unsupported(&self, e: &ast::Expr) -> ExpressionError {
        let help = "an expression over one row may use arithmetic, comparisons, AND, OR, NOT, IS NULL, CASE, CAST, \
                    IN, BETWEEN, EXTRACT and functions such as ABS, FLOOR, COALESCE, LOWER";
        self.error(e, format!("`{e}` is not understood here"), Some(help.to_owned()))
    }

    fn error(&self, e: &ast::Expr, message: String, help: Option<String>) -> ExpressionError {
        ExpressionError { message, at: self.places.range(e.span()), help }
    }
}

fn binary(op: BinaryOp, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

fn number(digits: &str) -> Option<Literal> {
    if digits.contains(['.', 'e', 'E']) {
        return digits.parse().ok().filter(|n: &f64| n.is_finite()).map(Literal::Float);
    }
    digits.parse().ok().map(Literal::Integer)
}
