//! Real servers that tests talk to.

pub mod google;
pub mod install;
pub mod objects;
pub mod proxy;
pub mod smtp;
