//! Servers and readers of other makers, installed once on a machine: pinned, in a folder that lasts.

use std::path::PathBuf;
use std::process::Command;

/// Says that a test was left out; that is an error where everything has to be tested (`CI=true`).
pub fn left_out(what: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no {what} to test with: {why}");
    eprintln!("LEFT OUT: no {what} to test with: {why}");
}

/// The folder with these Python packages and what they need; the first one names it.
pub fn python(packages: &[&str]) -> Result<PathBuf, String> {
    let version = Command::new("python3").args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).output();
    let version = version.map_err(|error| format!("python3 cannot be started: {error}"))?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = packages[0].chars().map(plain).collect();
    once(&format!("python/{name}-{version}"), |folder| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(folder).args(packages);
        pip
    })
}

/// The folder with this package of Node and what it needs.
pub fn node(package: &str) -> Result<PathBuf, String> {
    once(&format!("node/{}", package.replace(['@', '/'], "-")), |folder| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(folder).arg(package);
        npm
    })
}

/// The folder `name` in the cache, filled by a command when it is not there yet. Several processes may do that at the
/// same time: the first that is done wins.
fn once(name: &str, install: impl FnOnce(&PathBuf) -> Command) -> Result<PathBuf, String> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = cache.or_else(home).unwrap_or_else(std::env::temp_dir).join("landfall");
    let folder = cache.join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let parent = folder.parent().unwrap_or(&cache).to_owned();
    std::fs::create_dir_all(&parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    let unfinished = tempfile::tempdir_in(&parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    let mut command = install(&unfinished.path().to_owned());
    let said = command.output().map_err(|error| format!("{:?} cannot be started: {error}", command.get_program()))?;
    if !said.status.success() {
        return Err(format!("{:?}: {}", command.get_program(), String::from_utf8_lossy(&said.stderr)));
    }
    let unfinished = unfinished.keep();
    if std::fs::rename(&unfinished, &folder).is_err() {
        // Another process was faster.
        let _ = std::fs::remove_dir_all(&unfinished);
    }
    folder.is_dir().then_some(folder).ok_or_else(|| "the packages could not be put in their place".to_owned())
}
