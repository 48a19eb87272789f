//! Columns that nobody asked for and that are added to the history, where the landing says `evolution = "add"`.
//!
//! What was added once is pinned by the history itself: the types in its parts are those that later files are read by,
//! and they come and go with the transaction that commits the parts. A column is added when it first holds a value, with
//! the narrowest type that all its values in the batch have; it is never a feature until the configuration names it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use polars::prelude::Schema;

use super::cleaning::Cleaning;
use super::infer::{Inferred, Sample, column_type, look};
use super::source::{self, Refusal};
use super::unpack::members;
use super::whole::Whole;
use super::{header, history};
use crate::domain::dataset::Part;
use crate::domain::form::{Evolution, FileFormat};
use crate::domain::job::InputFile;
use crate::domain::plan::{CleanPlan, ColumnPlan, ColumnType, Impute, OnInvalid, Role, system};
use crate::domain::text::one_line;
use crate::lake::Lake;
use crate::stages::StageError;

/// Characters of a name that is still taken.
const LONGEST: usize = 200;

/// `plan` with what earlier runs have added to the history.
///
/// # Errors
/// [`StageError::Lake`] when a part cannot be read.
pub fn before<'p>(plan: &'p CleanPlan, lake: &Lake, parts: &[Part]) -> Result<Cow<'p, CleanPlan>, StageError> {
    if plan.evolution != Evolution::Add || parts.is_empty() {
        return Ok(Cow::Borrowed(plan));
    }
    let mut added: BTreeMap<String, ColumnType> = BTreeMap::new();
    for part in parts {
        let schema: Schema = history::schema(lake, part)?;
        for (name, ty) in schema.iter() {
            let (name, Some(ty)) = (name.as_str(), column_type(ty)) else { continue };
            if ![system::FILE, system::LINE].contains(&name) && plan.columns.iter().all(|column| column.name != name) {
                let known = added.entry(name.to_owned()).or_insert(ty);
                *known = wider(*known, ty);
            }
        }
    }
    Ok(with(plan, added.into_iter().map(|(name, ty)| column(name, ty)).collect()))
}

/// The plan of `cleaning` with what the `files` of the batch have beside its columns, and said so.
pub(super) fn by_the_batch<'p>(
    plan: &'p CleanPlan,
    files: &[InputFile],
    cleaning: &Cleaning<'_>,
) -> Cow<'p, CleanPlan> {
    let nameless = matches!(&plan.format, FileFormat::Csv(form) if !form.header);
    if plan.evolution != Evolution::Add || nameless {
        return Cow::Borrowed(plan);
    }
    let known: HashSet<String> =
        plan.columns.iter().flat_map(|column| [column.source.clone(), column.name.clone()]).collect();
    let room = (plan.budget.columns as usize).saturating_sub(plan.columns.len());
    let mut sample = Sample::beyond(known.clone(), room + 1);
    for file in files {
        // What is wrong with a file is said when its rows are read.
        if let Ok(found) = source::with(file, |content| {
            let mut found = Sample::beyond(known.clone(), room + 1);
            let whole = |reader: &mut dyn std::io::BufRead| Whole::of(reader, cleaning);
            members(content, plan.budget, |_, reader| look(reader, &plan.format, plan.budget, whole, &mut found))?;
            Ok::<_, Refusal>(found)
        }) && header::missing(&cleaning.read, |name| found.has_met(name)).is_empty()
        {
            sample.absorb(found);
        }
    }
    let mut names: HashSet<String> = known.iter().map(|name| name.to_ascii_lowercase()).collect();
    names.extend([system::FILE, system::LINE, system::RESCUED].map(str::to_owned));
    let (mut added, mut refused) = (Vec::new(), Vec::new());
    for Inferred { name, ty, .. } in sample.columns().into_iter().filter(|column| column.values > 0) {
        let is_fine =
            !name.is_empty() && name == one_line(&name) && name.trim() == name && name.chars().count() <= LONGEST;
        if is_fine && added.len() < room && names.insert(name.to_ascii_lowercase()) {
            added.push(column(name, ty));
        } else {
            refused.push(one_line(&name.chars().take(LONGEST).collect::<String>()));
        }
    }
    for column in &added {
        let ty = serde_json::to_value(column.ty).ok().and_then(|ty| ty.as_str().map(str::to_owned)).unwrap_or_default();
        cleaning.events.info(format!("the history gets a column `{}` ({ty}) that no file had before", column.name));
    }
    if let Some(first) = refused.first() {
        cleaning.events.warn(format!(
            "{} of the batch's new columns cannot be added, the first is `{first}`: a name is in use, too long or no \
             plain text, or there are too many (`landing.max_columns`)",
            refused.len()
        ));
    }
    with(plan, added)
}

fn with(plan: &CleanPlan, added: Vec<ColumnPlan>) -> Cow<'_, CleanPlan> {
    if added.is_empty() {
        return Cow::Borrowed(plan);
    }
    let mut plan = plan.clone();
    plan.columns.extend(added);
    Cow::Owned(plan)
}

fn column(name: String, ty: ColumnType) -> ColumnPlan {
    ColumnPlan {
        source: name.clone(),
        name,
        ty,
        role: Role::Never,
        in_key: false,
        min: None,
        max: None,
        allowed: None,
        on_invalid: OnInvalid::Null,
        impute: Impute::Leave,
        optional: true,
        expression: None,
        format: None,
    }
}

/// The type that has the values of both.
fn wider(a: ColumnType, b: ColumnType) -> ColumnType {
    use ColumnType::{Date, Datetime, Float, Integer, Text};
    match (a, b) {
        (a, b) if a == b => a,
        (Integer, Float) | (Float, Integer) => Float,
        (Date, Datetime) | (Datetime, Date) => Datetime,
        _ => Text,
    }
}
