//! What lies beside a model's bundle to say how good it is.

use super::{Lake, LakeError};
use crate::domain::diagnosis::{Diagnosis, FILE};

impl Lake {
    /// The diagnosis beside the bundle in the folder `bundle`; `None` where none was kept.
    ///
    /// # Errors
    /// When it cannot be read, or is not a diagnosis.
    pub async fn diagnosis(&self, bundle: &str) -> Result<Option<Diagnosis>, LakeError> {
        let path = format!("{bundle}/{FILE}");
        let bytes = match self.get(&path).await {
            Err(LakeError::Missing { .. }) => return Ok(None),
            other => other?,
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| LakeError::Damaged { path, what: format!("not a diagnosis ({error})") })
    }
}
