//! Arguments, then one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    landfall::commands::main()
}
