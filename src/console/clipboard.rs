//! The clipboard of this machine, by the command that reaches it, where there is one.

use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc;

use super::action::Action;

/// Commands that take a clipboard's text on standard input: the variable that says that they work, and what to run.
const COMMANDS: [(&str, &str, &[&str]); 4] = [
    ("WAYLAND_DISPLAY", "wl-copy", &[]),
    ("DISPLAY", "xclip", &["-selection", "clipboard"]),
    ("DISPLAY", "xsel", &["--clipboard", "--input"]),
    ("HOME", "pbcopy", &[]),
];

/// Hands `text` to the first command that is there, in the background, and says what was copied. The terminal got the
/// text already: without a command that is the only way.
pub fn copy(what: String, text: String, out: mpsc::Sender<Action>) {
    let command = COMMANDS.iter().find(|(variable, name, _)| std::env::var_os(variable).is_some() && installed(name));
    tokio::spawn(async move {
        if let Some((_, name, arguments)) = command {
            // What the terminal took is copied all the same.
            let _ = give(name, arguments, &text).await;
        }
        out.send(Action::Copied(what)).await.ok();
    });
}

fn installed(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| Path::new(&folder).join(name).is_file())
}

async fn give(name: &str, arguments: &[&str], text: &str) -> std::io::Result<()> {
    let mut child =
        Command::new(name).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes()).await?;
    }
    child.wait().await?;
    Ok(())
}
