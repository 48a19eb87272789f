//! The landing: which files are there, which version each is, and whether it is complete.
//!
//! Listing is the truth; file-system events only shorten the wait for the next one ([`watch`]). A listing is compared
//! page by page with the ledger by a pure function ([`reconcile`]); only files that stood still long enough, or were renamed
//! into place under the eyes of the watcher, are opened ([`inspect`]). A modification time is never a cursor.

pub mod absent;
mod ending;
pub mod inspect;
pub mod list;
pub mod look;
pub mod marker;
pub mod mount;
pub mod names;
pub mod open;
pub mod reconcile;
pub mod remote;
pub mod stream;
pub mod token;
pub mod watch;
