//! How the rows a version scored differ from those it was trained on.

use super::tidy::{Tidy, line};
use crate::domain::dataset::DatasetKind;
use crate::domain::drift::{Account, Expected, Look};
use crate::domain::location::Location;
use crate::lake::{self, Lake};
use crate::store::{self, Connection};

/// Runs whose accounts are looked at to find the newest of a version.
const LOOKED_AT: usize = 20;
/// Runs and days looked back over.
const BACK: usize = 60;

/// The newest run a version scored, and what came before.
#[derive(Debug, Clone, PartialEq)]
pub struct DriftPage {
    /// What the run said of its rows.
    pub account: Account,
    /// The features over the newest runs, oldest first.
    pub looks: Vec<Look>,
    /// The figure that is expected.
    pub metric: String,
    /// It, day by day, and what it was.
    pub expected: Vec<Expected>,
}

/// Reads the newest account of a version, or says why there is none.
pub fn load(
    read: &Connection,
    lake: &Location,
    pipeline: &str,
    version: i64,
    metric: &str,
) -> store::Result<Result<DriftPage, String>> {
    let parts = store::parts::live(read, pipeline, DatasetKind::Drift)?;
    let newest = parts.iter().rev().take(LOOKED_AT).map(|row| row.part.path.as_str());
    let mut account = match find(lake, newest, version) {
        Ok(Some(account)) => account,
        Ok(None) => {
            return Ok(Err(format!("No run was scored by version {version} yet: there is nothing to compare.")));
        }
        Err(error) => return Ok(Err(line(&error.to_string()))),
    };
    store::inputs::judge(read, pipeline, account.run, &mut account.estimates)?;
    account.tidy();
    let looks = store::inputs::runs(read, pipeline, BACK, account.features.len())?;
    let expected = store::inputs::expected(read, pipeline, metric, BACK)?;
    Ok(Ok(DriftPage { account, looks, metric: metric.to_owned(), expected }))
}

fn find<'a>(
    lake: &Location,
    paths: impl Iterator<Item = &'a str>,
    version: i64,
) -> Result<Option<Account>, lake::LakeError> {
    let lake = Lake::open(lake)?;
    for path in paths {
        let account = lake::wait(lake.account(path))?;
        if let Some(account) = account.filter(|account| account.version == version) {
            return Ok(Some(account));
        }
    }
    Ok(None)
}
