//! Arguments, then one command.

fn main() {}
