//! Real servers that tests talk to.

pub mod broker;
pub mod google;
pub mod install;
pub mod objects;
pub mod proxy;
pub mod smtp;
