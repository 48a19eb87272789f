//! A program run for one message: fed, listened to, limited, and not left behind.

use std::future::Future;
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// Most bytes kept of what a program writes.
const LONGEST_OUTPUT: usize = 64 * 1024;
/// How long after its end a program's output is waited for: something it started may still hold it open.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// How a program ended.
pub(super) enum Ended {
    /// By itself: its exit code, or none when a signal ended it, and the beginning of what it wrote.
    Exited { code: Option<i32>, output: String },
    /// It took too long and was killed with everything it had started.
    TimedOut,
    /// It could not be started.
    NotStarted(std::io::Error),
}

/// Runs a program, without a shell, in a process group of its own.
pub(super) async fn run(command: &mut Command, input: &[u8], timeout: Duration) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Ended::NotStarted(error),
    };
    // Ends the group also when the message is dropped in between.
    let group = Group(child.id());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program need not read what it is told.
            let _ = stdin.write_all(input).await;
        }
    };
    let listen = async { tokio::join!(beginning(stdout), beginning(stderr)) };
    let mut said = std::pin::pin!(async { tokio::join!(feed, listen).1 });
    let watch = watch(&mut child, said.as_mut());
    let ended = tokio::time::timeout(timeout, watch).await;
    drop(group);
    let Ok((code, early)) = ended else {
        // It has just been killed; nobody else would reap it.
        let _ = child.wait().await;
        return Ended::TimedOut;
    };
    let (out, err) = match early {
        Some(both) => both,
        None => tokio::time::timeout(AFTERWARDS, said).await.unwrap_or_default(),
    };
    let output = [err, out].iter().map(|text| text.trim()).find(|text| !text.is_empty()).unwrap_or("").to_owned();
    Ended::Exited { code, output }
}

/// Waits for the end, while the program is fed and listened to: its code, and what it said if that is all.
async fn watch<T>(child: &mut Child, mut said: Pin<&mut impl Future<Output = T>>) -> (Option<i32>, Option<T>) {
    let mut all = None;
    loop {
        tokio::select! {
            ended = child.wait() => return (ended.ok().and_then(|status| status.code()), all),
            both = said.as_mut(), if all.is_none() => all = Some(both),
        }
    }
}

/// The beginning of a stream that is read to its end.
async fn beginning(stream: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut stream) = stream else { return String::new() };
    let mut kept = Vec::new();
    let mut chunk = [0; 8192];
    while let Ok(n @ 1..) = stream.read(&mut chunk).await {
        let room = LONGEST_OUTPUT.saturating_sub(kept.len()).min(n);
        kept.extend_from_slice(&chunk[..room]);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// A process group that is killed when it goes out of sight.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0.and_then(|pid| i32::try_from(pid).ok()) {
            // There is nothing to do about a group that is gone already.
            let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
        }
    }
}
