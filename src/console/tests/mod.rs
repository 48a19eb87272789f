//! The console from the outside: flows through `update`, pictures of every screen, a real store behind it.

mod ahead;
mod answers;
mod engine_link;
pub mod fixture;
mod flows;
mod hostile;
mod ledger;
mod panes;
mod past;
mod pictures;
mod real_store;
mod registry;
mod replay;
mod screenshots;
mod storm;
mod table;
mod ways;
