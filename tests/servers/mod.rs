//! Real servers that tests talk to.

pub mod broker;
pub mod cosmos;
pub mod google;
pub mod guard;
pub mod install;
pub mod objects;
pub mod proxy;
pub mod smtp;
