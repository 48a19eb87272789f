//! The channels against receivers that answer well, badly, slowly, halfway or not at all.

mod channels;
mod configured;
mod faults;
mod hostile;
mod local;
mod message;
mod receiver;
mod secure;
mod shapes;
mod trackers;
