//! Discovery, completeness and identity of landed files.

pub mod token;
