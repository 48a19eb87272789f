//! How long a file has to stand still, by where the landing's folder is mounted from: what other machines write to a
//! network file system is seen late and in pieces.

use std::path::Path;
use std::time::Duration;

use crate::config::Landing;

/// The settling time on a network file system when none is configured.
const NETWORK: Duration = Duration::from_secs(60);

/// File systems whose files other machines may be writing, by the magic number in `f_type` of `statfs` (linux/magic.h
/// and the file systems' own headers): NFS, SMB, CIFS, SMB 2, NCP, FUSE, 9P, Ceph, AFS, kAFS, Coda, Lustre, GPFS, BeeGFS,
/// OCFS2, GFS2.
const NETWORKS: [u32; 16] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x564c,
    0x6573_5546,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x6b41_4653,
    0x7375_7245,
    0x0bd0_0bd0,
    0x4750_4653,
    0x1983_0326,
    0x7461_636f,
    0x0116_1970,
];

/// The settling time of a landing: what is configured, else 5 s, and 60 s (but not more than `settle_max`) for a folder
/// on a network file system. Asks the file system, so not to be called from within an asynchronous task.
pub fn settle(landing: &Landing) -> Duration {
    let asked = landing.settle_is_default && !landing.is_remote();
    if asked && magic(&landing.path).is_some_and(is_network) { NETWORK.min(landing.settle_max) } else { landing.settle }
}

fn is_network(magic: u32) -> bool {
    NETWORKS.contains(&magic)
}

/// Which kind of file system a folder is on; none where it does not say.
#[cfg(target_os = "linux")]
fn magic(folder: &Path) -> Option<u32> {
    let found = nix::sys::statfs::statfs(folder).ok()?;
    // The numbers have 32 bits; the type around them differs from platform to platform, and so may their sign.
    Some(found.filesystem_type().0 as u32)
}

#[cfg(not(target_os = "linux"))]
fn magic(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{is_network, magic};

    #[test]
    fn file_systems_of_other_machines_are_told_from_those_of_this_one() {
        let [nfs, cifs, smb2, fuse, ceph, plan9] =
            [0x6969, 0xff53_4d42, 0xfe53_4d42, 0x6573_5546, 0xc3_6400, 0x102_1997];
        assert!([nfs, cifs, smb2, fuse, ceph, plan9].into_iter().all(is_network));
        let [ext4, btrfs, xfs, tmpfs, overlay, zfs] =
            [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1];
        assert!(![ext4, btrfs, xfs, tmpfs, overlay, zfs].into_iter().any(is_network));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_folder_says_what_it_is_on() {
        assert_eq!(magic(Path::new("/proc")), Some(0x9fa0));
        assert_eq!(magic(Path::new("/proc/no such folder")), None);
    }
}
