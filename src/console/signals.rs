//! Signals of the system, and the shell's job control.

use nix::sys::signal::{Signal as Unix, kill};
use nix::unistd::{Pid, getpgrp, getsid};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// What a signal means here.
pub enum Signal {
    /// TERM, HUP, INT: leave; the engine goes on.
    Leave,
    /// TSTP: give the terminal back and stop.
    Suspend,
    /// CONT: something stopped the console from outside.
    Continued,
}

/// The signals listened to.
pub struct Signals {
    terminate: Stream,
    hangup: Stream,
    interrupt: Stream,
    stop: Stream,
    resume: Stream,
}

impl Signals {
    /// Starts listening.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: signal(SignalKind::from_raw(Unix::SIGTSTP as i32))?,
            resume: signal(SignalKind::from_raw(Unix::SIGCONT as i32))?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Leave,
            _ = self.hangup.recv() => Signal::Leave,
            _ = self.interrupt.recv() => Signal::Leave,
            _ = self.stop.recv() => Signal::Suspend,
            _ = self.resume.recv() => Signal::Continued,
        }
    }
}

/// Whether a shell with job control started this process: then it has a process group of its own in the session.
pub fn has_shell() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Stops the whole process group, as the terminal does on Ctrl-Z: a wrapper such as `cargo run` must stop too, or the
/// shell would wait for it. Comes back when continued.
pub fn stop_group() {
    // Failing means that nothing was stopped: the console simply goes on.
    kill(Pid::from_raw(0), Unix::SIGSTOP).ok();
}
