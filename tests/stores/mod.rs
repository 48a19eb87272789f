//! Landing, lake and output in object stores: real servers, faults put between, other readers.

mod faults;
mod flow;
mod lake;
mod landing;
mod readers;
