//! Removing what no row of the store names.

use std::collections::HashSet;

use super::{Lake, LakeError, layout};
use crate::domain::Instant;
use crate::domain::dataset::DatasetKind;

/// What a sweep removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Objects removed.
    pub objects: usize,
    /// Their size.
    pub bytes: u64,
}

impl Lake {
    /// Removes objects of datasets and of staging areas that `live` does not name and that were last written before
    /// `before` (so that what a running worker has just staged stays). Pointers and `quarantine/` are never swept.
    pub async fn sweep(&self, live: &HashSet<String>, before: Instant) -> Result<Swept, LakeError> {
        let mut swept = Swept::default();
        let folders = DatasetKind::ALL.iter().map(|kind| kind.name()).chain([layout::STAGING]);
        for folder in folders {
            for object in self.list(folder).await? {
                let pointer = object.path.ends_with("/latest.json");
                if !pointer && object.modified < before && !live.contains(&object.path) {
                    self.delete(&object.path).await?;
                    swept.objects += 1;
                    swept.bytes += object.bytes;
                }
            }
        }
        Ok(swept)
    }
}
