//! Fault drills: what bad input, a full disk, a kill at any moment and an impatient operator get. Real workspaces in
//! temporary folders, the real program, and afterwards a look at everything it left behind.

mod alerts;
mod config;
mod control;
mod crash;
mod delivery;
mod disk;
mod drill;
mod input;
mod kill;
mod landing;
mod ledger;
mod load;
mod rerun;
pub mod workspace;
