//! Python packages for tests, installed once on a machine.

use std::path::PathBuf;
use std::process::Command;

/// The folder with these packages (`name==1.2.3`), filled when it is not there yet; `name` is the folder's. Tests of
/// several processes may do that at the same time: the first that is done wins.
pub fn packages(name: &str, wanted: &[&str]) -> Result<PathBuf, String> {
    let version = Command::new("python3").args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output();
    let version = version.map_err(|error| format!("python3 cannot be started: {error}"))?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or_else(home).unwrap_or_else(std::env::temp_dir).join("landfall/python");
    let folder = cache.join(format!("{name}-{version}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let unfinished = tempfile::tempdir_in(&cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(unfinished.path()).args(wanted);
    let said = pip.output().map_err(|error| format!("pip cannot be started: {error}"))?;
    if !said.status.success() {
        return Err(format!("pip: {}", String::from_utf8_lossy(&said.stderr)));
    }
    let unfinished = unfinished.keep();
    if std::fs::rename(&unfinished, &folder).is_err() {
        // Another process was faster.
        let _ = std::fs::remove_dir_all(&unfinished);
    }
    folder.is_dir().then_some(folder).ok_or_else(|| "the packages could not be put in their place".to_owned())
}
