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
    /// Its rows are in the lake, and the file was moved or removed from the landing.
    Archived,
    /// Not to be run: a rule or an operator says so.
    Ignored,
}

named_states!(FileState, [
    Seen => "seen", Settling => "settling", Ready => "ready", Claimed => "claimed", Committed => "committed",
    Duplicate => "duplicate", Superseded => "superseded", Quarantined => "quarantined", Held => "held",
    Vanished => "vanished", Archived => "archived", Ignored => "ignored",
]);

impl FileState {
    /// Whether `next` may follow.
    pub fn may_become(self, next: Self) -> bool {
        use FileState::{
            Archived, Claimed, Committed, Duplicate, Held, Ignored, Quarantined, Ready, Seen, Settling, Superseded,
            Vanished,
        };
        match self {
            Seen => {
                matches!(next, Settling | Ready | Duplicate | Superseded | Quarantined | Held | Vanished | Ignored)
            }
            Settling => matches!(next, Ready | Duplicate | Superseded | Quarantined | Held | Vanished | Ignored),
            Ready => matches!(next, Claimed | Superseded | Held | Vanished | Quarantined | Settling | Ignored),
            Claimed => matches!(next, Committed | Ready | Quarantined | Held | Superseded | Vanished),
            // A rerun claims a committed file again; its rows stay in the lake meanwhile.
            Committed => matches!(next, Claimed | Archived),
            Archived => matches!(next, Claimed),
            Quarantined | Held | Duplicate | Ignored => {
                matches!(next, Ready | Settling | Claimed | Superseded | Vanished | Ignored)
            }
            Vanished => matches!(next, Seen | Settling | Ready),
            Superseded => false,
        }
    }

    /// Whether its rows are in the lake.
    pub fn is_in_the_lake(self) -> bool {
        matches!(self, Self::Committed | Self::Archived)
    }
}

/// What an operator can do with a file version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileVerb {
    /// Run what is held, ignored, a duplicate or in quarantine, as it is.
    Release,
    /// Look at it anew, as if it had just landed.
    Retry,
    /// Never run it.
    Drop,
    /// Do not run it until it is released.
    Hold,
}

impl FileVerb {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Retry => "retry",
            Self::Drop => "drop",
            Self::Hold => "hold",
        }
    }

    /// As it is said once it is done.
    pub fn past(self) -> &'static str {
        match self {
            Self::Release => "released",
            Self::Retry => "looked at anew",
            Self::Drop => "dropped",
            Self::Hold => "held",
        }
    }

    /// Where it leads from `state`; `None` when it cannot be done there.
    pub fn leads_to(self, state: FileState) -> Option<FileState> {
        use FileState::{Duplicate, Held, Ignored, Quarantined, Ready, Seen, Settling};
        let aside = matches!(state, Held | Ignored | Duplicate | Quarantined);
        let waits = matches!(state, Seen | Settling | Ready);
        match self {
            Self::Release => aside.then_some(Ready),
            Self::Retry => aside.then_some(Settling),
            Self::Drop => (waits || aside && state != Ignored).then_some(Ignored),
            Self::Hold => waits.then_some(Held),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FileState, FileVerb};

    fn any_state() -> impl Strategy<Value = FileState> {
        prop::sample::select(FileState::ALL.to_vec())
    }

    proptest! {
        /// Whatever happens, in whatever order: what is in the lake leaves it only through the hands of a run, what was
        /// superseded is over, and only a complete version gets into a run.
        #[test]
        fn no_way_leads_around_a_run(steps in prop::collection::vec(any_state(), 1..40)) {
            let (mut state, mut committed, mut runs) = (FileState::Seen, 0, 0);
            for next in steps.into_iter().filter(|next| *next != FileState::Seen) {
                if !state.may_become(next) {
                    continue;
                }
                prop_assert!(state != FileState::Superseded);
                prop_assert!(!state.is_in_the_lake() || matches!(next, FileState::Claimed | FileState::Archived));
                prop_assert!(next != FileState::Claimed || !matches!(state, FileState::Seen | FileState::Settling));
                prop_assert!(!next.is_in_the_lake() || matches!(state, FileState::Claimed | FileState::Committed));
                runs += u32::from(next == FileState::Claimed);
                committed += u32::from(next == FileState::Committed);
                prop_assert!(committed <= runs);
                state = next;
            }
        }

        #[test]
        fn what_an_operator_may_do_the_ledger_allows(state in any_state()) {
            for verb in [FileVerb::Release, FileVerb::Retry, FileVerb::Drop, FileVerb::Hold] {
                if let Some(next) = verb.leads_to(state) {
                    prop_assert!(state.may_become(next), "{} of {state}", verb.name());
                }
            }
        }
    }

    #[test]
    fn every_state_is_written_as_it_is_read() {
        for state in FileState::ALL {
            assert_eq!(FileState::parse(state.name()), Some(*state));
        }
    }
}
