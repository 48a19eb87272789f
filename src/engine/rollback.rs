//! Back to the version before, by itself: when the champion was worse than it in so many batches in a row.

use crate::config::Pipeline;
use crate::domain::Instant;
use crate::domain::job::Level;
use crate::domain::metric::Split;
use crate::store::champions::Reign;
use crate::store::{Connection, Result, Transaction, champions, events, metrics, models, runs};

/// Runs looked back at for the one before an operator's decision.
const RUNS: usize = 400;

/// After the commit of `run`: makes the previous champion serve again when the pipeline asks for it
/// (`rollback_after`), and the champion's loss was larger by more than the tolerance than the shadow's on each of the
/// newest so many batches that were judged on enough rows since the champion serves.
///
/// # Errors
/// The store's.
pub fn when_worse(tx: &Transaction<'_>, pipeline: &Pipeline, run: i64, now: Instant) -> Result<()> {
    let Some(plan) = pipeline.model.as_ref().map(|model| &model.promotion) else { return Ok(()) };
    let (Some(after), Some(reign)) = (plan.rollback_after, reign(tx, &pipeline.name)?) else { return Ok(()) };
    let Some(previous) = champions::previous(tx, &pipeline.name)? else { return Ok(()) };
    let name = &pipeline.name;
    let mut judged = metrics::by_run(tx, name, "loss_increase", Split::Prequential, "shadow", after as usize * 4)?;
    let since = begin(tx, name, &reign)?;
    judged.retain(|point| point.run > since && point.model == Some(previous) && point.n >= plan.min_rows);
    let newest = judged.split_off(judged.len().saturating_sub(after as usize));
    let worse = newest.iter().all(|point| point.value > plan.tolerance);
    // Only a batch that this run judged is a reason to act now.
    if newest.len() < after as usize || !worse || newest.last().is_none_or(|point| point.run != run) {
        return Ok(());
    }
    let shares: Vec<String> = newest.iter().map(|point| format!("{:+.1} %", 100.0 * point.value)).collect();
    let reason = format!(
        "version {} lost to version {previous} in {after} batches in a row: its loss was {} of the other's",
        reign.version,
        shares.join(", ")
    );
    champions::crown(tx, name, previous, Some(run), "landfall", &reason, now)?;
    let said = format!("version {previous} serves again: {reason}");
    events::add(tx, Level::Warn, Some(name), Some(run), "model", &said, now)
}

/// The newest run before the champion served.
fn begin(connection: &Connection, pipeline: &str, reign: &Reign) -> Result<i64> {
    if let Some(run) = reign.run {
        return Ok(run);
    }
    let committed = runs::list(connection, Some(pipeline), None, RUNS)?;
    let before = committed.into_iter().find(|run| run.committed.is_some_and(|at| at <= reign.at));
    Ok(before.map_or(0, |run| run.id))
}

fn reign(connection: &Connection, pipeline: &str) -> Result<Option<Reign>> {
    Ok(champions::list(connection, pipeline, 1)?.pop())
}

/// The reason, when `run` ended with going back.
///
/// # Errors
/// The store's.
pub fn of_run(connection: &Connection, pipeline: &str, run: i64) -> Result<Option<String>> {
    let Some(reign) = reign(connection, pipeline)?.filter(|reign| reign.run == Some(run)) else { return Ok(None) };
    let made = models::get(connection, pipeline, reign.version)?.map(|model| model.run);
    Ok((made != Some(run)).then_some(reign.reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::domain::metric::Metric;
    use crate::domain::run::Cause;
    use crate::store::Store;
    use crate::store::runs::NewRun;

    fn pipeline() -> (tempfile::TempDir, Pipeline) {
        let folder = tempfile::tempdir().unwrap();
        let text = "[landing]\npath = \"landing\"\n[columns]\nat = \"datetime\"\nx = \"float\"\n\
                    y = { type = \"float\", role = \"target\" }\n\
                    [stages.clean]\n[stages.score]\n[stages.train]\nrollback_after = 3\nmin_rows = 100\n";
        std::fs::write(folder.path().join("landfall.toml"), "").unwrap();
        std::fs::create_dir(folder.path().join("pipelines")).unwrap();
        std::fs::write(folder.path().join("pipelines/p.toml"), text).unwrap();
        let workspace = config::load(folder.path()).unwrap_or_else(|problems| panic!("{}", problems.render(false)));
        let pipeline = workspace.pipelines[0].clone();
        (folder, pipeline)
    }

    /// A committed run that measured how much larger the champion's loss is than that of `shadow` on `n` rows.
    fn run(tx: &Transaction<'_>, pipeline: &Pipeline, shadow: i64, increase: f64, n: u64) -> Result<i64> {
        let now = Instant::UNIX_EPOCH;
        let new = NewRun {
            pipeline: "p",
            cause: Cause::Manual,
            reason: "",
            parent: None,
            config_hash: "",
            seed: 1,
            files: &[],
            bytes: 0,
        };
        let run = runs::create(tx, &new, now)?;
        let metric = Metric {
            name: "loss_increase".to_owned(),
            value: increase,
            n,
            split: Split::Prequential,
            who: "shadow".to_owned(),
            model: Some(shadow),
            day: None,
            column: None,
            from: None,
            to: None,
            of_run: None,
        };
        metrics::record(tx, "p", run, "score", &metric)?;
        runs::set_committed(tx, run, now)?;
        when_worse(tx, pipeline, run, now)?;
        Ok(run)
    }

    /// Who serves after these batches, of a champion 2 that follows 1.
    async fn serves_after(batches: &'static [(i64, f64, u64)]) -> (Option<i64>, Option<String>) {
        let (folder, pipeline) = pipeline();
        let store = Store::open(folder.path()).unwrap();
        let serves = store.write(move |tx| {
            crate::store::pipelines::upsert(tx, "p", "p", "", "", &[])?;
            let before = Instant::UNIX_EPOCH - chrono::Duration::seconds(1);
            champions::crown(tx, "p", 1, None, "landfall", "", before)?;
            champions::crown(tx, "p", 2, None, "landfall", "", before)?;
            let mut last = 0;
            for (shadow, increase, n) in batches {
                last = run(tx, &pipeline, *shadow, *increase, *n)?;
            }
            Ok((champions::current(tx, "p")?, of_run(tx, "p", last)?))
        });
        serves.await.unwrap()
    }

    #[tokio::test]
    async fn three_worse_batches_in_a_row_go_back_to_the_version_before() {
        let (serves, reason) = serves_after(&[(1, -0.1, 500), (1, 0.05, 500), (1, 0.03, 500), (1, 0.04, 500)]).await;
        assert_eq!(serves, Some(1));
        let reason = reason.unwrap();
        assert!(reason.contains("version 2 lost to version 1 in 3 batches in a row"), "{reason}");
        assert!(reason.contains("+5.0 %, +3.0 %, +4.0 %"), "{reason}");
    }

    #[tokio::test]
    async fn a_good_batch_between_small_ones_or_another_shadow_do_not() {
        for batches in [
            &[(1, 0.05, 500), (1, 0.01, 500), (1, 0.04, 500), (1, 0.04, 500)][..],
            &[(1, 0.05, 500), (1, 0.05, 500), (1, 0.05, 99)],
            &[(7, 0.05, 500), (1, 0.05, 500), (1, 0.05, 500)],
        ] {
            assert_eq!(serves_after(batches).await, (Some(2), None), "{batches:?}");
        }
    }
}
