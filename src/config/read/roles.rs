//! What each column is for: defaults, and which roles there must be.

use std::ops::Range;

use super::column::Draft;
use crate::config::section::listed;
use crate::config::source::Source;
use crate::domain::plan::{ColumnType, Impute, Role};

/// Columns that published predictions have beside a row's key and time.
const OF_PREDICTIONS: [&str; 9] = [
    "prediction",
    "predicted_class",
    "lower",
    "upper",
    "model_version",
    "predicted_run",
    "predicted_at",
    "actual",
    "judged_run",
];

/// Fills in roles that were not written and checks those that were; `at` is where `[columns]` is.
pub(super) fn settle(source: &Source, at: &Range<usize>, drafts: &mut [Draft]) {
    let has_time = drafts.iter().any(|d| d.role == Some(Role::Time));
    let undecided: Vec<usize> =
        (0..drafts.len()).filter(|&i| drafts[i].role.is_none() && drafts[i].is_time_like()).collect();
    for (i, draft) in drafts.iter_mut().enumerate() {
        let is_time = !has_time && undecided == [i];
        draft.plan.role = draft.role.unwrap_or(if is_time { Role::Time } else { Role::Feature });
    }
    check_time(source, at, drafts, &undecided);
    if let [_, second, ..] = with_role(drafts, Role::LabelTime)[..] {
        source.error(second.at.clone(), "a second label time", "expected one column with role `label_time`");
    }
    if let [_, second, ..] = with_role(drafts, Role::Target)[..] {
        source.error(second.at.clone(), "a second target", "expected one column with role `target`");
    }
    let has_time = !with_role(drafts, Role::Time).is_empty();
    for draft in drafts.iter_mut() {
        settle_key(source, draft);
        check_column(source, draft, has_time);
    }
}

fn with_role(drafts: &[Draft], role: Role) -> Vec<&Draft> {
    drafts.iter().filter(|d| d.plan.role == role).collect()
}

fn check_time(source: &Source, at: &Range<usize>, drafts: &[Draft], undecided: &[usize]) {
    match with_role(drafts, Role::Time)[..] {
        // A column whose type could not be read may be the one that is missing.
        [] if drafts.iter().any(|d| !d.typed && d.role.is_none()) => {}
        [] => {
            let help = if undecided.is_empty() {
                "give the column that says when it happened `type = \"datetime\"` (or \"date\") and `role = \"time\"`"
                    .to_owned()
            } else {
                let names = listed(undecided.iter().map(|&i| drafts[i].plan.name.as_str()));
                format!("give one of {names} the role \"time\"")
            };
            source.error_with_help(at.clone(), "no column has the role `time`", "", Some(help));
        }
        [_] => {}
        [first, second, ..] => {
            let expected = format!("expected one column with role `time`, and `{}` has it", first.plan.name);
            source.error(second.at.clone(), "a second time column", expected);
        }
    }
}

/// Whether a column is part of a row's identity.
fn settle_key(source: &Source, draft: &mut Draft) {
    let role = draft.plan.role;
    draft.plan.in_key = role == Role::Id;
    if let Some((key, at)) = draft.key.clone() {
        match role {
            Role::Id if !key => {
                source.error(at, "a column with role `id` is always part of the key", "expected another role");
            }
            Role::Ignore | Role::Target | Role::Never | Role::LabelTime if key => {
                let message = "a row's identity must be known and kept from its first arrival";
                source.error(at, message, "expected the role `id`, `time` or `feature`");
            }
            _ => draft.plan.in_key = key || role == Role::Id,
        }
    }
    if (draft.plan.in_key || role == Role::Time)
        && let Some(at) = &draft.nullable_at
    {
        let what = if role == Role::Time { "a row's time" } else { "part of a row's identity" };
        source.error(at.clone(), format!("{what} cannot be null"), "remove this");
    }
}

/// What goes with a role and what does not.
fn check_column(source: &Source, draft: &Draft, has_time: bool) {
    let (plan, role) = (&draft.plan, draft.plan.role);
    // Without any time column that is what is wrong, and it has been said.
    if role == Role::Feature && draft.is_time_like() && has_time {
        let help = format!(
            "derive what matters of it, as in `EXTRACT(HOUR FROM {})`, and give `{}` the role \"never\" or \"ignore\"",
            plan.name, plan.name
        );
        let message = format!("`{}` is a date or time and cannot be a feature as it is", plan.name);
        source.error_with_help(draft.at.clone(), message, "", Some(help));
    }
    if role == Role::Target && draft.typed && !is_learnable(plan.ty) {
        let message = format!("the target `{}` is neither boolean, a number nor text", plan.name);
        source.error(draft.at.clone(), message, "expected `type = \"boolean\"`, \"integer\", \"float\" or \"text\"");
    }
    if matches!(role, Role::Time | Role::LabelTime) && draft.typed && !draft.is_time_like() {
        let word = if role == Role::Time { "time" } else { "label_time" };
        let message = format!("`{}` has the role `{word}`, but is neither a date nor a datetime", plan.name);
        source.error(draft.at.clone(), message, "expected `type = \"datetime\"` or \"date\"");
    }
    if (plan.in_key || role == Role::Time) && OF_PREDICTIONS.contains(&plan.name.as_str()) {
        let message = format!("`{}` is also what Landfall calls a column of the predictions", plan.name);
        source.error(draft.at.clone(), message, "expected another name, with the header as `source`");
    }
    if let (Some(at), true) = (&draft.prepare.at, role != Role::Feature) {
        source.error(at.clone(), "only the values of features are prepared", "remove this");
    }
    let Some(at) = &draft.impute_at else { return };
    if draft.prepare.forward.is_some() && role != Role::Feature {
        source.error(at.clone(), "only features are filled from earlier rows", "");
    }
    match (role, &plan.impute) {
        (Role::Target, impute) if *impute != Impute::Leave => {
            source.error(at.clone(), "a target is never imputed: null means that the outcome is not known yet", "");
        }
        (Role::Feature | Role::Target, _) => {}
        (_, Impute::Median | Impute::Mean | Impute::Mode) => {
            let expected = "expected \"reject\" or { constant = … }";
            source.error(at.clone(), "only features are filled from the training rows", expected);
        }
        _ => {}
    }
}

fn is_learnable(ty: ColumnType) -> bool {
    matches!(ty, ColumnType::Boolean | ColumnType::Integer | ColumnType::Float | ColumnType::Text)
}
