//! Faults of the disk on demand, so that a full one can be rehearsed through the public face.

use std::io;

/// To be asked before every write to the lake: fails as a full disk does when the environment says
/// `LANDFALL_FAULT=enospc:<fragment>` and `path` contains the fragment, or begins with it when it is written
/// `enospc:^<fragment>` (what is staged has its final name at its end, so only an anchor tells the two apart).
pub(super) fn before_write(path: &str) -> io::Result<()> {
    let Some(fault) = std::env::var_os("LANDFALL_FAULT") else { return Ok(()) };
    let Some(fragment) = fault.to_str().and_then(|fault| fault.strip_prefix("enospc:")) else { return Ok(()) };
    let hit = match fragment.strip_prefix('^') {
        Some(start) => path.starts_with(start),
        None => path.contains(fragment),
    };
    if hit { Err(io::Error::from_raw_os_error(nix::errno::Errno::ENOSPC as i32)) } else { Ok(()) }
}
