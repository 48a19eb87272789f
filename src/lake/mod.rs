//! The object store where datasets, models and reports live: access, layout and the publish protocol.
//!
//! Everything goes through `object_store`. A worker writes only below its own staging folder ([`StagedFile`]);
//! [`layout`] says what final name an object will have; [`commit`] moves staged objects to their final, immutable
//! names.
//!
//! There is one exception to "everything": [`Lake::file`] hands out the path of an object as a local file, so that
//! polars maps Parquet files instead of copying them through memory, and [`StagedFile`] writes to such a path. On a
//! local lake that is the object itself; of an object store's a copy is kept ([`cache`]).

mod access;
mod account;
mod cache;
pub mod commit;
mod connection;
pub mod crash;
mod diagnosis;
mod error;
mod fault;
pub mod layout;
pub mod listing;
mod local;
pub mod remote;
mod scratch;
mod staged;
mod sweep;
pub mod tls;
pub mod trouble;
mod upload;
mod wait;

#[cfg(test)]
mod tests;

pub use access::{Lake, Object};
pub use error::LakeError;
pub use scratch::{Place, Scratch};
pub use staged::{Sealed, StagedFile};
pub use sweep::Swept;
pub use wait::wait;
