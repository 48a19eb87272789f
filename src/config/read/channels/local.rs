//! `kind = "command"`, `"desktop"` and `"bell"`: what this machine does itself. The last two have no settings.

use crate::config::channels::Command;
use crate::config::read::command;
use crate::config::section::Section;

pub(super) fn command(section: &Section<'_>) -> Option<Command> {
    let program = section.require("program", "a program with its arguments, as in `program = [\"sh\", \"tell.sh\"]`");
    let program = program.and_then(|f| command::program(&f));
    let environment = section.or("environment", Vec::new(), command::environment);
    Some(Command { program: program?, environment })
}
