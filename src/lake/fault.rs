//! Faults of the disk on demand, so that a full one can be rehearsed through the public face.

use std::io;

/// To be asked before every write to the lake: fails as a full disk does when the environment says
/// `LANDFALL_FAULT=enospc:<fragment>` and `path` contains the fragment.
pub(super) fn before_write(path: &str) -> io::Result<()> {
    let Some(fault) = std::env::var_os("LANDFALL_FAULT") else { return Ok(()) };
    match fault.to_str().and_then(|fault| fault.strip_prefix("enospc:")) {
        Some(fragment) if path.contains(fragment) => {
            Err(io::Error::from_raw_os_error(nix::errno::Errno::ENOSPC as i32))
        }
        _ => Ok(()),
    }
}
