//! The columns that a model goes by, as its bundle alone tells them: for predicting where there is no workspace.

use crate::domain::feature::Derivation;
use crate::domain::form::{Budget, CsvForm, Evolution, FileFormat};
use crate::domain::plan::{CleanPlan, ColumnPlan, ColumnType, FeaturePlan, Impute, OnInvalid, Partition, Role};
use crate::learn::bundle::Bundle;
use crate::stages::StageError;

/// The plan of files that have the event time and the features under their own names, in whatever form their first bytes
/// say. Valid ranges, spellings and keys are of a pipeline, not of a model.
///
/// # Errors
/// [`StageError::Input`] names the feature that takes what no bundle holds: earlier rows, a table, another column.
pub fn columns(bundle: &Bundle) -> Result<CleanPlan, StageError> {
    let time = &bundle.manifest.content.time;
    let features = bundle.serving.preprocess.plan();
    let plain = |name: &str| features.iter().any(|feature| feature.steps.is_empty() && feature.name == name);
    for feature in &features {
        beside(feature)?;
        if let Some(other) = feature.inputs().into_iter().find(|name| *name != time && !plain(name)) {
            let what = format!("`{}` is made of the column `{other}`, whose type no bundle holds", feature.name);
            return Err(refused(&what));
        }
    }
    let own = features.iter().filter(|feature| feature.steps.is_empty() && feature.name != *time);
    let columns = own.map(|feature| column(&feature.name, feature.ty, Role::Feature, feature.impute.clone()));
    Ok(CleanPlan {
        format: FileFormat::Auto(CsvForm::default()),
        columns: std::iter::once(column(time, ColumnType::Datetime, Role::Time, Impute::Leave))
            .chain(columns)
            .collect(),
        max_reject_ratio: 1.0,
        warn_reject_ratio: 1.0,
        partition: Partition::Month,
        budget: Budget::default(),
        evolution: Evolution::default(),
    })
}

/// Refuses a feature that takes more than its row.
fn beside(feature: &FeaturePlan) -> Result<(), StageError> {
    feature.steps.iter().try_for_each(|step| match &step.how {
        Derivation::Expression(_) => Ok(()),
        Derivation::Lookback(look) => Err(refused(&format!(
            "`{}` looks back at `{}` of earlier rows, which no bundle holds",
            feature.name, look.of
        ))),
        Derivation::Lookup(lookup) => {
            Err(refused(&format!("`{}` is looked up in {}, which no bundle holds", feature.name, lookup.file)))
        }
    })
}

fn refused(what: &str) -> StageError {
    StageError::Input(format!("the feature {what}: predict in the workspace, with --model"))
}

fn column(name: &str, ty: ColumnType, role: Role, impute: Impute) -> ColumnPlan {
    ColumnPlan {
        name: name.to_owned(),
        source: name.to_owned(),
        ty,
        role,
        in_key: false,
        min: None,
        max: None,
        allowed: None,
        on_invalid: OnInvalid::Null,
        impute,
        optional: false,
        expression: None,
        format: None,
    }
}
