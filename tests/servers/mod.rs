//! Real servers that tests talk to.

pub mod smtp;
