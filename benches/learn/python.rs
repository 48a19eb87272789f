//! Python with the packages that are compared with, installed once on a machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::case::Case;

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The interpreter of a virtual environment in the cache with exactly these requirements.
pub fn interpreter() -> PathBuf {
    let hash = blake3::hash(REQUIREMENTS.as_bytes()).to_hex();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
    let folder = cache.unwrap_or_else(home).join(format!("landfall/python/learn-{}", &hash[..12]));
    let (python, whole) = (folder.join("bin/python"), folder.join("whole"));
    if !whole.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let list = folder.join("requirements.txt");
        std::fs::write(&list, REQUIREMENTS).unwrap();
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(list));
        std::fs::write(whole, "").unwrap();
    }
    python
}

/// The other side of a case.
pub fn yardstick(python: &Path, case: Case) -> Command {
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/learn/yardstick.py")).arg(case.name());
    command
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
