//! One column of `[columns]`: `name = "type"` or `name = { type = …, … }`.

use std::ops::Range;

use super::prepare::{self, Fill, Prepare};
use crate::config::expression::{self, Parsed};
use crate::config::field::{Field, Node};
use crate::config::nearest::nearest;
use crate::config::section::Section;
use crate::domain::plan::{ColumnPlan, ColumnType, Impute, OnInvalid, Role, system};

/// Type names, with what other systems call them.
const TYPES: [(&str, ColumnType); 6] = [
    ("text", ColumnType::Text),
    ("integer", ColumnType::Integer),
    ("float", ColumnType::Float),
    ("boolean", ColumnType::Boolean),
    ("date", ColumnType::Date),
    ("datetime", ColumnType::Datetime),
];
const OTHER_NAMES: [(&str, &str); 16] = [
    ("string", "text"),
    ("str", "text"),
    ("varchar", "text"),
    ("category", "text"),
    ("int", "integer"),
    ("int64", "integer"),
    ("i64", "integer"),
    ("bigint", "integer"),
    ("double", "float"),
    ("number", "float"),
    ("numeric", "float"),
    ("real", "float"),
    ("f64", "float"),
    ("bool", "boolean"),
    ("timestamp", "datetime"),
    ("time", "datetime"),
];
const ROLES: [(&str, Role); 7] = [
    ("feature", Role::Feature),
    ("target", Role::Target),
    ("time", Role::Time),
    ("id", Role::Id),
    ("ignore", Role::Ignore),
    ("never", Role::Never),
    ("label_time", Role::LabelTime),
];

/// A column as it was written; roles that were not are settled when all columns are known.
pub(super) struct Draft {
    /// The plan; its type means nothing unless `typed`.
    pub(super) plan: ColumnPlan,
    /// Where its name is.
    pub(super) at: Range<usize>,
    /// Whether its type could be read.
    pub(super) typed: bool,
    /// Its role, if it was written.
    pub(super) role: Option<Role>,
    /// `key = …`, if it was written, and where.
    pub(super) key: Option<(bool, Range<usize>)>,
    /// Where `impute` was written.
    pub(super) impute_at: Option<Range<usize>>,
    /// Where `invalid = "null"` or `optional = true` was written: neither goes with an identity.
    pub(super) nullable_at: Option<Range<usize>>,
    /// How its values are prepared, if it is a feature.
    pub(super) prepare: Prepare,
    /// Where its expression is and what it mentions.
    pub(super) derived: Option<Derived>,
}

/// Places of a derived column's expression.
pub(super) struct Derived {
    /// The whole expression.
    pub(super) at: Range<usize>,
    /// Each mention of a column, by name.
    pub(super) mentions: Vec<(String, Range<usize>)>,
}

impl Draft {
    /// Its type, if that could be read.
    pub(super) fn ty(&self) -> Option<ColumnType> {
        self.typed.then_some(self.plan.ty)
    }

    /// Whether it is a date or an instant.
    pub(super) fn is_time_like(&self) -> bool {
        matches!(self.ty(), Some(ColumnType::Date | ColumnType::Datetime))
    }

    fn new(field: &Field<'_>) -> Self {
        Self::named(field.key, field.key_at.clone())
    }

    fn named(name: &str, at: Range<usize>) -> Self {
        let plan = ColumnPlan {
            name: name.to_owned(),
            source: name.to_owned(),
            ty: ColumnType::Text,
            role: Role::Feature,
            in_key: false,
            min: None,
            max: None,
            allowed: None,
            on_invalid: OnInvalid::Reject,
            impute: Impute::Leave,
            optional: false,
            expression: None,
            format: None,
        };
        Self {
            plan,
            at,
            typed: false,
            role: None,
            key: None,
            impute_at: None,
            nullable_at: None,
            prepare: Prepare::default(),
            derived: None,
        }
    }
}

/// The column for what a file has beside the columns of the plan.
pub(super) fn rescued() -> ColumnPlan {
    ColumnPlan { role: Role::Never, optional: true, ..Draft::named(system::RESCUED, 0..0).plan }
}

/// Reads one column; what is wrong is recorded, and the rest is read all the same.
pub(super) fn read(field: &Field<'_>) -> Draft {
    let mut draft = Draft::new(field);
    if field.key.is_empty() || [system::FILE, system::LINE, system::RESCUED].contains(&field.key) {
        let message = format!("a column cannot be called `{}`", field.key);
        field.source.error(field.key_at.clone(), message, "expected another name: this one is Landfall's own");
    }
    if let Node::Value(value) = field.node {
        if value.is_str() {
            set_type(&mut draft, field);
        } else {
            let message = format!("column `{}` has no type", field.key);
            field.error(message, "expected a type such as \"float\", or a table { type = \"float\", … }");
        }
        return draft;
    }
    let Some(section) = field.section(format!("column `{}`", field.key)) else { return draft };
    if let Some(ty) = section.require("type", "`type = \"…\"`: text, integer, float, boolean, date or datetime") {
        set_type(&mut draft, &ty);
    }
    draft.role = section.maybe("role", |f| f.choice(&ROLES));
    draft.key = section.maybe("key", |f| f.boolean().map(|key| (key, f.at.clone())));
    read_validity(&section, &mut draft);
    read_origin(&section, &mut draft);
    draft.prepare = prepare::read(&section, draft.ty());
    if let Some(impute) = section.get("impute") {
        draft.impute_at = Some(impute.at.clone());
        match prepare::read_fill(&impute, draft.ty()) {
            Some(Fill::Rule(rule)) => draft.plan.impute = rule,
            Some(Fill::Forward(by)) => draft.prepare.forward = Some(by),
            None => {}
        }
    }
    section.finish();
    draft
}

fn set_type(draft: &mut Draft, field: &Field<'_>) {
    if let Some(ty) = column_type(field) {
        (draft.plan.ty, draft.typed) = (ty, true);
    }
}

/// Reads the name of a type.
pub(super) fn column_type(field: &Field<'_>) -> Option<ColumnType> {
    let name = field.text()?;
    if let Some((_, ty)) = TYPES.iter().find(|(known, _)| *known == name) {
        return Some(*ty);
    }
    let other = OTHER_NAMES.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, ours)| *ours);
    let message = format!("unknown type \"{name}\"");
    match other.or_else(|| nearest(name, TYPES.iter().map(|t| t.0))) {
        Some(near) => field.error_with_help(message, format!("did you mean \"{near}\"?")),
        None => field.error(message, "expected text, integer, float, boolean, date or datetime"),
    }
    None
}

/// Range, allowed values, and what happens to others.
fn read_validity(section: &Section<'_>, draft: &mut Draft) {
    let (min, max, allowed) = (section.get("min"), section.get("max"), section.get("allowed"));
    draft.plan.min = min.as_ref().and_then(Field::number);
    draft.plan.max = max.as_ref().and_then(Field::number);
    let numeric = matches!(draft.ty(), None | Some(ColumnType::Integer | ColumnType::Float));
    for field in min.iter().chain(&max).filter(|_| !numeric) {
        field.error(format!("`{}` is for numbers, and this column is not one", field.key), "");
    }
    if let (Some(least), Some(most), Some(field)) = (draft.plan.min, draft.plan.max, &max)
        && least > most
    {
        field.error(format!("`max` is {most}, below `min`"), format!("expected at least {least}"));
    }
    if let Some(field) = allowed {
        if !matches!(draft.ty(), None | Some(ColumnType::Text)) {
            field.error_with_help("`allowed` is for text, and this column is not", "for numbers there are min and max");
        }
        match field.texts() {
            Some(texts) if texts.is_empty() => field.error("`allowed` allows nothing", "expected at least one value"),
            texts => draft.plan.allowed = texts.map(|texts| texts.into_iter().map(str::to_owned).collect()),
        }
    }
    let choices = [("reject", OnInvalid::Reject), ("null", OnInvalid::Null)];
    if let Some(field) = section.get("invalid") {
        draft.plan.on_invalid = field.choice(&choices).unwrap_or(OnInvalid::Reject);
        if draft.plan.on_invalid == OnInvalid::Null {
            draft.nullable_at = Some(field.at.clone());
        }
    }
}

/// Where values come from: the file, or an expression over other columns.
fn read_origin(section: &Section<'_>, draft: &mut Draft) {
    let (header, optional, format) = (section.get("source"), section.get("optional"), section.get("format"));
    let expression = section.get("expression");
    if let Some(field) = &expression {
        draft.derived = Some(Derived { at: field.at.clone(), mentions: Vec::new() });
        for other in header.iter().chain(&optional).chain(&format) {
            let message = format!("`{}` has no meaning here: the column is derived by its expression", other.key);
            section.source.error(other.key_at.clone(), message, "remove it");
        }
        read_expression(field, draft);
    }
    if let Some(text) = header.and_then(|f| f.text()) {
        draft.plan.source = text.to_owned();
    }
    if let Some(field) = optional {
        draft.plan.optional = field.boolean().unwrap_or(false);
        if draft.plan.optional {
            draft.nullable_at = Some(field.at.clone());
        }
    }
    if let Some(field) = format {
        draft.plan.format = read_format(&field, draft);
    }
}

fn read_expression(field: &Field<'_>, draft: &mut Draft) {
    let Some(text) = field.text() else { return };
    let start = field.text_start();
    let place = |range: Range<usize>| start.map_or(field.at.clone(), |start| start + range.start..start + range.end);
    match expression::parse(text) {
        Ok(Parsed { expr, columns }) => {
            draft.plan.expression = Some(expr);
            let mentions = columns.into_iter().map(|(name, range)| (name, place(range))).collect();
            draft.derived = Some(Derived { at: place(0..text.len()), mentions });
        }
        Err(why) => field.source.error_with_help(place(why.at), why.message, "", why.help),
    }
}

fn read_format(field: &Field<'_>, draft: &Draft) -> Option<String> {
    let text = field.text()?;
    if draft.typed && !draft.is_time_like() {
        field.error("`format` is for dates and times, and this column is not one", "");
    }
    let parts = chrono::format::StrftimeItems::new(text);
    if parts.into_iter().any(|part| matches!(part, chrono::format::Item::Error)) {
        field.error(
            format!("`format` has a part that is not known: \"{text}\""),
            "expected strptime parts: \"%d.%m.%Y\"",
        );
        return None;
    }
    Some(text.to_owned())
}
