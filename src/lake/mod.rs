//! The object store where datasets, models and reports live: access, layout and the publish protocol.
//!
//! Everything goes through `object_store`. A worker writes only below its own staging folder; [`layout`] says what
//! final name an object will have; `commit` moves staged objects to their final, immutable names.

pub mod layout;
