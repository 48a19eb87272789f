//! What operators decide about model versions: done and kept with who, when and why, in one transaction.

use crate::domain::Instant;
use crate::domain::job::Level;
use crate::domain::model::Verdict;
use crate::domain::text::one_line;
use crate::domain::wire::Command;
use crate::store::models::ModelRow;
use crate::store::{Result, StoreError, Transaction, aliases, champions, events, models};

/// The pipeline whose champion or aliases a command changes.
pub fn pipeline_of(command: &Command) -> Option<&str> {
    match command {
        Command::Promote { pipeline, .. } | Command::Rollback { pipeline, .. } | Command::Alias { pipeline, .. } => {
            Some(pipeline)
        }
        _ => None,
    }
}

/// Carries out a decision; answers what was done, in one sentence.
///
/// # Errors
/// [`StoreError::Forbidden`] with the reason when it cannot be done; then nothing is.
pub fn decide(tx: &Transaction<'_>, who: &str, command: &Command, now: Instant) -> Result<String> {
    let (what, target, why, said) = match command {
        Command::Promote { pipeline, version, reason } => {
            let why = needed(reason)?;
            crown(tx, pipeline, *version, (who, &why), now)?;
            let said = format!("version {version} of {pipeline} serves from now on");
            ("promote", format!("{pipeline} version {version}"), Some(why), said)
        }
        Command::Rollback { pipeline, reason } => {
            let why = needed(reason)?;
            let Some(version) = champions::previous(tx, pipeline)? else {
                return forbid(format!(
                    "no other version of {pipeline} has served before: there is nothing to go back to"
                ));
            };
            crown(tx, pipeline, version, (who, &why), now)?;
            let said = format!("version {version} of {pipeline} serves again");
            ("roll back", format!("{pipeline} to version {version}"), Some(why), said)
        }
        Command::Alias { pipeline, name, version, reason } => {
            let why = reason.as_deref().map(one_line);
            let said = alias(tx, (pipeline, name), *version, aliases::Given { who, reason: why.as_deref(), now })?;
            ("alias", format!("{pipeline}@{}", one_line(name)), why, said)
        }
        other => return forbid(format!("{other:?} is no decision about a model")),
    };
    events::operation(tx, who, what, &target, why.as_deref(), &said, now)?;
    Ok(said)
}

/// Makes a version the champion that may be one.
fn crown(tx: &Transaction<'_>, pipeline: &str, version: i64, (who, why): (&str, &str), now: Instant) -> Result<()> {
    let row = committed(tx, pipeline, version)?;
    if row.card.decision.verdict == Verdict::Blocked {
        let reason = &row.card.decision.reason;
        return forbid(format!("version {version} of {pipeline} must not serve: {reason}"));
    }
    if champions::current(tx, pipeline)? == Some(version) {
        return forbid(format!("version {version} of {pipeline} serves already"));
    }
    champions::crown(tx, pipeline, version, None, who, why, now)?;
    events::add(tx, Level::Info, Some(pipeline), None, "model", &format!("version {version} serves: {why}"), now)
}

fn alias(
    tx: &Transaction<'_>,
    (pipeline, name): (&str, &str),
    version: Option<i64>,
    given: aliases::Given,
) -> Result<String> {
    match version {
        Some(version) => {
            committed(tx, pipeline, version)?;
            aliases::set(tx, pipeline, name, Some(version), given)?;
            Ok(format!("{pipeline}@{name} is version {version}"))
        }
        None if aliases::version(tx, pipeline, name)?.is_none() => {
            forbid(format!("no version of {pipeline} is called `{}`", one_line(name)))
        }
        None => {
            aliases::set(tx, pipeline, name, None, given)?;
            Ok(format!("no version of {pipeline} is called {name} any more"))
        }
    }
}

fn committed(tx: &Transaction<'_>, pipeline: &str, version: i64) -> Result<ModelRow> {
    models::get(tx, pipeline, version)?.filter(|row| row.committed.is_some()).ok_or_else(|| {
        StoreError::Forbidden(format!("{pipeline} has no version {version}: `landfall models` lists them"))
    })
}

fn needed(reason: &str) -> Result<String> {
    match one_line(reason.trim()) {
        empty if empty.is_empty() => forbid("who decides against the rule says why: the reason is empty".into()),
        reason => Ok(reason),
    }
}

fn forbid<T>(message: String) -> Result<T> {
    Err(StoreError::Forbidden(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::{Decision, ModelCard};
    use crate::store::Store;

    fn card(version: i64, verdict: Verdict) -> ModelCard {
        let decision = Decision { verdict, reason: "its figures".to_owned(), checks: vec![] };
        ModelCard {
            version,
            algorithm: "linear".to_owned(),
            bundle: format!("models/p/{version}"),
            hash: String::new(),
            data: String::new(),
            from: None,
            to: None,
            rows: 10,
            importance: vec![],
            leaks: vec![],
            decision,
            seed: 1,
            calibration: None,
            standings: Vec::new(),
            continued: None,
            contest: Vec::new(),
        }
    }

    /// Versions 1 (champion), 2 (kept), 3 (blocked) and 4 (its run has not committed).
    async fn stored() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let now = Instant::UNIX_EPOCH;
        let fill = move |tx: &Transaction<'_>| {
            for (version, verdict) in [(1, Verdict::Promoted), (2, Verdict::Kept), (3, Verdict::Blocked)] {
                models::enter(tx, "p", version, &card(version, verdict), now)?;
                models::commit(tx, version, now)?;
            }
            models::enter(tx, "p", 4, &card(4, Verdict::Promoted), now)?;
            champions::crown(tx, "p", 1, Some(1), "landfall", "first", now)
        };
        store.write(fill).await.unwrap();
        (folder, store)
    }

    async fn ask(store: &Store, command: Command) -> std::result::Result<String, String> {
        let asked = store.write(move |tx| decide(tx, "ada", &command, Instant::UNIX_EPOCH)).await;
        asked.map_err(|error| error.to_string())
    }

    fn promote(version: i64, reason: &str) -> Command {
        Command::Promote { pipeline: "p".to_owned(), version, reason: reason.to_owned() }
    }

    fn alias(name: &str, version: Option<i64>) -> Command {
        Command::Alias { pipeline: "p".to_owned(), name: name.to_owned(), version, reason: None }
    }

    #[tokio::test]
    async fn an_operator_overrides_the_verdict_and_goes_back_with_a_reason_that_is_kept() {
        let (_folder, store) = stored().await;
        let back = |reason: &str| Command::Rollback { pipeline: "p".to_owned(), reason: reason.to_owned() };
        assert!(ask(&store, back("why not")).await.unwrap_err().contains("nothing to go back to"));
        assert_eq!(ask(&store, promote(2, "the new carriers ")).await.unwrap(), "version 2 of p serves from now on");
        assert_eq!(ask(&store, back("complaints")).await.unwrap(), "version 1 of p serves again");
        assert_eq!(ask(&store, back("no, it was right")).await.unwrap(), "version 2 of p serves again");
        let (reigns, said) =
            store.read(|c| Ok((champions::list(c, "p", 9)?, events::list(c, None, 9)?))).await.unwrap();
        let told: Vec<_> = reigns.iter().map(|r| (r.version, r.who.as_str(), r.reason.as_str())).collect();
        let ours = [(2, "ada", "no, it was right"), (1, "ada", "complaints"), (2, "ada", "the new carriers")];
        assert_eq!(told, [&ours[..], &[(1, "landfall", "first")]].concat());
        assert!(said.iter().any(|e| e.text.contains("ada: promote p version 2 (the new carriers)")), "{said:?}");
        assert!(said.iter().any(|e| e.pipeline.as_deref() == Some("p") && e.text == "version 1 serves: complaints"));
    }

    #[tokio::test]
    async fn what_must_not_serve_is_refused_and_nothing_changes() {
        let (_folder, store) = stored().await;
        for (command, why) in [
            (promote(3, "I insist"), "must not serve: its figures"),
            (promote(4, "I insist"), "has no version 4"),
            (promote(9, "I insist"), "has no version 9"),
            (promote(1, "I insist"), "serves already"),
            (promote(2, " "), "the reason is empty"),
        ] {
            let refused = ask(&store, command).await.unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(store.read(|c| Ok(champions::list(c, "p", 9)?.len())).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn aliases_are_given_moved_and_taken_away() {
        let (_folder, store) = stored().await;
        assert_eq!(ask(&store, alias("prod", Some(1))).await.unwrap(), "p@prod is version 1");
        assert_eq!(ask(&store, alias("prod", Some(2))).await.unwrap(), "p@prod is version 2");
        assert_eq!(ask(&store, alias("a.b", Some(2))).await.unwrap(), "p@a.b is version 2");
        let names = store.read(|c| aliases::by_version(c, "p")).await.unwrap();
        let told: Vec<_> = names.iter().map(|(version, names)| (*version, names.join(" "))).collect();
        assert_eq!(told, [(1, "champion".to_owned()), (2, "a.b prod".to_owned()), (3, "challenger".to_owned())]);
        assert!(ask(&store, alias("prod", None)).await.is_ok());
        assert!(ask(&store, alias("prod", None)).await.unwrap_err().contains("no version of p is called `prod`"));
        for name in ["champion", "challenger", "12", "v3", "", "a b", "a@b"] {
            assert!(ask(&store, alias(name, Some(1))).await.is_err(), "{name:?}");
        }
        assert_eq!(store.read(|c| aliases::version(c, "p", "prod")).await.unwrap(), None);
        assert_eq!(store.read(|c| aliases::version(c, "p", "a.b")).await.unwrap(), Some(2));
    }
}
