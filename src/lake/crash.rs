//! Named points at which a rehearsal kills the process, as `kill -9` or a power cut would.

use std::sync::atomic::{AtomicU64, Ordering};

/// The points inside the publish protocol, in the order in which a commit passes them.
pub const COMMIT: [&str; 4] = ["commit-verified", "commit-first", "commit-promoted", "commit-pointed"];

/// How often the point that is wanted was passed.
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Ends the process at once, without unwinding or flushing, when the environment says `LANDFALL_CRASH=<name>`; with
/// `<name>@<n>` when it passes for the n-th time.
pub fn point(name: &str) {
    let Ok(wanted) = std::env::var("LANDFALL_CRASH") else { return };
    let (of, time) = wanted.split_once('@').unwrap_or((&wanted, "1"));
    if of == name && time.parse() == Ok(PASSED.fetch_add(1, Ordering::Relaxed) + 1) {
        std::process::abort();
    }
}
