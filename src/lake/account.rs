//! What a run said of the rows it predicted from.

use super::{Lake, LakeError};
use crate::domain::drift::Account;

impl Lake {
    /// The account at `path`; `None` where it is gone.
    ///
    /// # Errors
    /// When it cannot be read, or is not an account.
    pub async fn account(&self, path: &str) -> Result<Option<Account>, LakeError> {
        // Its name is never written twice: what was read once is at hand.
        let read = async {
            let file = self.copied(path).await?;
            tokio::fs::read(&file).await.map_err(|error| LakeError::from_io(path, &error))
        };
        let bytes = match read.await {
            Err(LakeError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| LakeError::Damaged {
            path: path.to_owned(),
            what: format!("not an account of drift ({error})"),
        })
    }
}
