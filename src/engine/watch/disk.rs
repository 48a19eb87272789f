//! Room on the file systems of the lake and of the state, and whether the lake is there at all.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use crate::alerts::disk_low::Disk;
use crate::domain::location::Location;
use crate::lake::{Lake, wait};

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// The file systems, each once.
    pub disks: Vec<Disk>,
    /// Why the lake cannot be used.
    pub unreachable: Option<String>,
}

/// Looks. May wait for long where a file system does not answer. `run`: bytes of the largest recent run's output.
pub fn look(lake: &Location, state: &Path, run: Option<u64>) -> Found {
    let reached = match lake.folder() {
        Some(folder) => reachable(&folder).map_err(|error| error.to_string()),
        None => Lake::open(lake).and_then(|lake| wait(lake.answers())).map_err(|error| error.to_string()),
    };
    let unreachable = reached
        .err()
        .map(|why| format!("the lake {lake} cannot be used: {why}; nothing can be published until it can"));
    let mut disks: Vec<(u64, Disk)> = Vec::new();
    let folder = lake.folder().map(|folder| ("lake", folder, run));
    let places = folder.into_iter().chain([("state", PathBuf::from(state), None)]);
    for (name, path, run) in places {
        // What is not there is said of the lake; without its state no engine runs.
        let Some((device, free, total)) = room(&path) else { continue };
        match disks.iter_mut().find(|(other, _)| *other == device) {
            Some((_, disk)) => disk.holds.push_str(&format!(" and {name}")),
            None => disks.push((device, Disk { holds: name.to_owned(), free, total, run })),
        }
    }
    Found { disks: disks.into_iter().map(|(_, disk)| disk).collect(), unreachable }
}

fn reachable(lake: &Path) -> std::io::Result<()> {
    // Read only once it is known to be a folder: what is written to is not the lake's to find out.
    std::fs::read_dir(lake)?;
    Ok(access(lake, AccessFlags::W_OK | AccessFlags::X_OK)?)
}

/// Device, bytes free to this user, bytes in all.
#[allow(clippy::useless_conversion, reason = "these are 32 bits wide on some systems")]
fn room(path: &Path) -> Option<(u64, u64, u64)> {
    let device = std::fs::metadata(path).ok()?.dev();
    let found = statvfs(path).ok()?;
    let (unit, free, all) = (found.fragment_size(), found.blocks_available(), found.blocks());
    let bytes = |blocks: u64| blocks.saturating_mul(u64::from(unit));
    Some((device, bytes(u64::from(free)), bytes(u64::from(all))))
}

#[cfg(test)]
mod tests {
    use super::look;

    #[test]
    fn lake_and_state_on_one_file_system_are_one_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (place, state) = (folder.path().join("lake"), folder.path().join("state"));
        let lake = place.as_path().into();
        std::fs::create_dir(&state).unwrap();
        let found = look(&lake, &state, Some(7));
        assert!(found.unreachable.unwrap().contains("cannot be used: No such file"));
        assert_eq!(found.disks.iter().map(|disk| disk.holds.as_str()).collect::<Vec<_>>(), ["state"]);
        std::fs::create_dir(&place).unwrap();
        let found = look(&lake, &state, Some(7));
        assert_eq!(found.unreachable, None);
        let [disk] = found.disks.as_slice() else { panic!("{:?}", found.disks) };
        assert_eq!((disk.holds.as_str(), disk.run), ("lake and state", Some(7)));
        assert!(disk.free <= disk.total && disk.total > 0, "{disk:?}");
    }
}
