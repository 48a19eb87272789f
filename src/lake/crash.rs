//! Named points at which a rehearsal kills the process, as `kill -9` or a power cut would.

/// The points inside the publish protocol, in the order in which a commit passes them.
pub const COMMIT: [&str; 4] = ["commit-verified", "commit-first", "commit-promoted", "commit-pointed"];

/// Ends the process at once, without unwinding or flushing, when the environment says `LANDFALL_CRASH=<name>`.
pub fn point(name: &str) {
    if std::env::var_os("LANDFALL_CRASH").is_some_and(|wanted| wanted == name) {
        std::process::abort();
    }
}
