//! Asking the terminal whether it is light or dark.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// How long a terminal may take to answer. One that never does costs this much of the start.
const PATIENCE: Duration = Duration::from_millis(120);
/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(2);

/// Whether the terminal's background is light, by its own word (OSC 11); `None` when it says nothing in time.
///
/// The question is followed by one that every terminal answers (its attributes): one that does not know the first
/// is not waited for.
pub async fn is_light() -> Option<bool> {
    let mut tty =
        OpenOptions::new().read(true).write(true).custom_flags(nix::libc::O_NONBLOCK).open("/dev/tty").ok()?;
    enable_raw_mode().ok()?;
    let asked = tty.write_all(b"\x1b]11;?\x1b\\\x1b[c").and_then(|()| tty.flush());
    let answer = match asked {
        Ok(()) => tokio::time::timeout(PATIENCE, answer(tty)).await.ok().flatten(),
        Err(_) => None,
    };
    disable_raw_mode().ok()?;
    light(&answer?)
}

/// What the terminal says, up to its attributes.
async fn answer(mut tty: std::fs::File) -> Option<String> {
    let mut said = Vec::new();
    loop {
        let mut bytes = [0; 256];
        match tty.read(&mut bytes) {
            Ok(n @ 1..) => said.extend_from_slice(&bytes[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => tokio::time::sleep(LOOK).await,
            Ok(0) | Err(_) => return None,
        }
        let text = String::from_utf8_lossy(&said).into_owned();
        // The attributes end in c; a colour is written in hexadecimal, before them.
        if text.split("\x1b[?").nth(1).is_some_and(|rest| rest.contains('c')) {
            return Some(text);
        }
    }
}

/// `…rgb:ffff/ffff/ffff…`: whether that is light to the eye.
fn light(answer: &str) -> Option<bool> {
    let colour = answer.split("rgb:").nth(1)?;
    let mut parts = colour.split(|c: char| !c.is_ascii_hexdigit());
    let mut next = || {
        let text = parts.next().filter(|text| !text.is_empty() && text.len() <= 4)?;
        let value = f64::from(u32::from_str_radix(text, 16).ok()?);
        Some(value / f64::from(16_u32.pow(text.len() as u32) - 1))
    };
    let (red, green, blue) = (next()?, next()?, next()?);
    // ITU-R BT.601: how bright the eye finds each.
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::light;

    #[test]
    fn a_background_is_told_by_its_brightness_however_many_digits_it_is_written_with() {
        assert_eq!(light("\x1b]11;rgb:ffff/fafa/f0f0\x1b\\\x1b[?62;c"), Some(true));
        assert_eq!(light("\x1b]11;rgb:1e/1e/2e\x07\x1b[?6c"), Some(false));
        assert_eq!(light("\x1b[?62;c"), None);
        assert_eq!(light("rgb:/"), None);
    }
}
