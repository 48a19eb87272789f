//! File versions of a landing, as the ledger keeps them.

use serde::{Deserialize, Serialize};

use super::run::named_states;

/// Where a file version is on its way through the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Listed once.
    Seen,
    /// Not yet known to be complete.
    Settling,
    /// Complete, waiting for a run.
    Ready,
    /// Part of a run's batch.
    Claimed,
    /// Its rows are in the lake.
    Committed,
    /// Same content as another file version; not run.
    Duplicate,
    /// A newer version of the same name came before this one was run.
    Superseded,
    /// Could not be used; its bytes and the reason are kept under `quarantine/`.
    Quarantined,
    /// Waits for an operator.
    Held,
    /// Gone before it could be run.
    Vanished,
}

named_states!(FileState, [
    Seen => "seen", Settling => "settling", Ready => "ready", Claimed => "claimed", Committed => "committed",
    Duplicate => "duplicate", Superseded => "superseded", Quarantined => "quarantined", Held => "held",
    Vanished => "vanished",
]);

impl FileState {
    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        use FileState::{
            Claimed, Committed, Duplicate, Held, Quarantined, Ready, Seen, Settling, Superseded, Vanished,
        };
        match self {
            Seen => matches!(next, Settling | Ready | Duplicate | Superseded | Quarantined | Held | Vanished),
            Settling => matches!(next, Ready | Duplicate | Superseded | Quarantined | Held | Vanished),
            Ready => matches!(next, Claimed | Superseded | Held | Vanished | Quarantined | Settling),
            Claimed => matches!(next, Committed | Ready | Quarantined | Held | Superseded | Vanished),
            // A rerun claims a committed file again; its rows stay in the lake meanwhile.
            Committed => matches!(next, Claimed),
            Quarantined | Held | Duplicate => matches!(next, Ready | Claimed | Superseded | Vanished),
            Vanished => matches!(next, Seen | Settling | Ready),
            Superseded => false,
        }
    }
}

/// What tells one version of a file from the next. Never one of the fields alone: see the ledger's documentation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VersionToken(pub String);

/// A file as a listing of the landing shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Name relative to the landing, `/`-separated.
    pub key: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time in UTC: information, never a cursor.
    pub modified: super::Instant,
    /// Its version.
    pub token: VersionToken,
}
