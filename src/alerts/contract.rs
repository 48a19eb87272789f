//! The published output breaks its contract.

use crate::domain::alert::{AlertKind, Evidence, Finding, Severity, Verdict};
use crate::domain::format;

/// What the publish stage found out about what it published.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// Rows published.
    pub rows: u64,
    /// Rows whose key another row of their day has; absent without a key.
    pub duplicates: Option<u64>,
    /// Predictions that are no number, or no probability beside a class.
    pub invalid: u64,
    /// How columns differ from those published last: name and what happened. Absent at the first publication.
    pub columns: Option<Vec<(String, String)>>,
}

/// Judges one publication.
pub fn judge(look: &Look) -> Vec<Verdict> {
    let fine =
        |object: &str, reason: String| Verdict::Fine { kind: AlertKind::Contract, object: object.into(), reason };
    let message =
        |n: u64, what: &str| format!("published {what}: {} of {}", format::count(n), format::counted(look.rows, "row"));
    let counted = |object: &str, n: u64, what: &str, rule: &str| match n {
        0 => fine(object, format!("{}, none {what}", format::counted(look.rows, "row"))),
        n => Verdict::Bad(Finding {
            observed: Some(n as f64),
            expected: Some((0.0, 0.0)),
            unit: "rows".to_owned(),
            ..Finding::new(AlertKind::Contract, object, Severity::Critical, message(n, what), rule)
        }),
    };
    let mut verdicts = vec![counted(
        "predictions",
        look.invalid,
        "without a valid prediction",
        "every prediction is finite, a probability 0 to 1",
    )];
    if let Some(duplicates) = look.duplicates {
        let what = "under the key of another row of the day";
        verdicts.push(counted("keys", duplicates, what, "a key is published once a day"));
    }
    verdicts.push(match look.columns.as_deref() {
        None => Verdict::Learning { kind: AlertKind::Contract, object: "columns".to_owned(), have: 0, need: 1 },
        Some([]) => fine("columns", "the columns are those published before".to_owned()),
        Some(columns) => {
            let lines: Vec<String> =
                columns.iter().map(|(name, what)| format!("{name} {what}").trim().to_owned()).collect();
            let lost = columns.iter().any(|(_, what)| !what.starts_with("is new"));
            Verdict::Bad(Finding {
                evidence: Evidence {
                    columns: columns.iter().map(|(name, _)| name.clone()).take(Evidence::MOST).collect(),
                    lines: lines.iter().take(Evidence::MOST).cloned().collect(),
                    ..Evidence::default()
                },
                ..Finding::new(
                    AlertKind::Contract,
                    "columns",
                    if lost { Severity::Critical } else { Severity::Warning },
                    format!("the published columns are not those before: {}", lines.join("; ")),
                    "columns, their types and their order stay as readers know them",
                )
            })
        }
    });
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bad(look: &Look) -> Vec<(String, Severity, String)> {
        let finding = |v| if let Verdict::Bad(f) = v { Some((f.object, f.severity, f.message)) } else { None };
        judge(look).into_iter().filter_map(finding).collect()
    }

    #[test]
    fn an_output_that_keeps_its_contract_is_fine_and_the_first_one_has_nothing_to_keep() {
        let look = Look { rows: 1_900, duplicates: Some(0), invalid: 0, columns: Some(Vec::new()) };
        assert!(judge(&look).iter().all(|v| matches!(v, Verdict::Fine { .. })));
        let first = judge(&Look { columns: None, ..look });
        assert!(matches!(first.last(), Some(Verdict::Learning { have: 0, need: 1, .. })));
    }

    #[test]
    fn a_key_twice_and_a_prediction_that_is_none_are_critical() {
        let look = Look { rows: 1_900, duplicates: Some(3), invalid: 1, columns: None };
        let said = |object: &str, text: &str| (object.to_owned(), Severity::Critical, text.to_owned());
        assert_eq!(
            bad(&look),
            [
                said("predictions", "published without a valid prediction: 1 of 1,900 rows"),
                said("keys", "published under the key of another row of the day: 3 of 1,900 rows")
            ]
        );
    }

    #[test]
    fn a_column_more_warns_and_one_less_is_critical() {
        let column = |name: &str, what: &str| (name.to_owned(), what.to_owned());
        let added = vec![column("gate", "is new (text)")];
        let look = |columns| Look { rows: 10, columns: Some(columns), ..Look::default() };
        assert_eq!(bad(&look(added.clone()))[0].1, Severity::Warning);
        let lost = [added, vec![column("carrier", "is missing")]].concat();
        assert_eq!(
            bad(&look(lost)),
            [(
                "columns".to_owned(),
                Severity::Critical,
                "the published columns are not those before: gate is new (text); carrier is missing".to_owned()
            )]
        );
    }
}
