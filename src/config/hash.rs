//! The fingerprint of a pipeline's configuration.

use super::pipeline::{Landing, Pipeline};

/// BLAKE3 of the resolved pipeline as JSON, shortened to 16 hex digits. The landing's folder is left out, so that the
/// same configuration in another place has the same fingerprint.
pub(super) fn config_hash(pipeline: &Pipeline) -> String {
    let landing = Landing { path: Default::default(), ..pipeline.landing.clone() };
    let placeless = Pipeline { landing, config_hash: String::new(), ..pipeline.clone() };
    // Plain data with text keys always serialises; were it not so, the debug form is as good a fingerprint.
    let bytes = serde_json::to_vec(&placeless).unwrap_or_else(|_| format!("{placeless:?}").into_bytes());
    blake3::hash(&bytes).to_hex().chars().take(16).collect()
}
