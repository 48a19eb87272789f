//! The lake and its publish protocol, on a temporary folder.

use std::collections::HashSet;
use std::io::Write;

use super::{Lake, LakeError, commit, layout, wait};
use crate::domain::dataset::{Artifact, DatasetKind, Part};

fn lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().join("new").to_str().unwrap()).unwrap();
    (folder, lake)
}

fn stage(lake: &Lake, name: &str, bytes: &[u8]) -> Artifact {
    let (path, staged) = (format!("clean/p/{name}"), format!(".staging/1/clean-1/{name}"));
    let mut file = lake.create(&staged).unwrap();
    file.write_all(bytes).unwrap();
    let sealed = file.seal().unwrap();
    let part = Part {
        kind: DatasetKind::Clean,
        partition: String::new(),
        path,
        rows: 0,
        bytes: sealed.bytes,
        hash: sealed.hash,
        from: None,
        to: None,
    };
    Artifact { part, staged, replaces: true }
}

#[test]
fn objects_are_put_whole_listed_and_deleted() {
    let (_folder, lake) = lake();
    wait(lake.put("a/b.txt", "one")).unwrap();
    wait(lake.put("a/b.txt", "two")).unwrap();
    wait(lake.put("a/c/d.txt", "three")).unwrap();
    assert_eq!(wait(lake.get("a/b.txt")).unwrap(), b"two");
    let names = |prefix| wait(lake.list(prefix)).unwrap().into_iter().map(|o| (o.path, o.bytes)).collect::<Vec<_>>();
    assert_eq!(names("a"), [("a/b.txt".to_owned(), 3), ("a/c/d.txt".to_owned(), 5)]);
    assert_eq!(names("nothing"), []);
    assert_eq!(wait(lake.head("a/x")), Ok(None));
    assert_eq!(wait(lake.get("a/x")), Err(LakeError::Missing { path: "a/x".to_owned() }));
    assert_eq!(wait(lake.delete_prefix("a/c")), Ok(1));
    wait(lake.delete("a/never")).unwrap();
    assert!(wait(lake.delete_prefix("/")).is_err());
    assert_eq!(names("").len(), 1);
}

#[test]
fn a_new_object_is_never_overwritten_with_other_bytes() {
    let (_folder, lake) = lake();
    wait(lake.put_new("a", "one")).unwrap();
    wait(lake.put_new("a", "one")).unwrap();
    assert_eq!(wait(lake.put_new("a", "two")), Err(LakeError::Conflict { path: "a".to_owned() }));
    assert_eq!(wait(lake.get("a")).unwrap(), b"one");
}

#[test]
fn promoting_twice_is_as_good_as_once_and_never_overwrites() {
    let (_folder, lake) = lake();
    let artifact = stage(&lake, "x", b"bytes");
    assert_eq!(artifact.part.hash, blake3::hash(b"bytes").to_hex().to_string());
    wait(lake.promote(&artifact)).unwrap();
    wait(lake.promote(&artifact)).unwrap();
    // As after a crash between the link of the new name and the removal of the old one.
    stage(&lake, "x", b"bytes");
    wait(lake.promote(&artifact)).unwrap();
    assert_eq!(wait(lake.head(&artifact.staged)), Ok(None));
    let other = stage(&lake, "x", b"other");
    assert_eq!(wait(lake.promote(&other)), Err(LakeError::Conflict { path: "clean/p/x".to_owned() }));
    assert_eq!(wait(lake.get("clean/p/x")).unwrap(), b"bytes");
}

#[test]
fn nothing_is_moved_unless_everything_is_as_announced() {
    let (_folder, lake) = lake();
    let (good, mut bad) = (stage(&lake, "good", b"1"), stage(&lake, "bad", b"2"));
    bad.part.hash = good.part.hash.clone();
    let result = wait(commit::publish(&lake, &[good.clone(), bad.clone()]));
    assert!(matches!(result, Err(LakeError::Damaged { .. })), "{result:?}");
    wait(lake.delete(&bad.staged)).unwrap();
    let result = wait(commit::publish(&lake, &[good.clone(), bad]));
    assert!(matches!(result, Err(LakeError::Missing { .. })), "{result:?}");
    assert_eq!(wait(lake.head(&good.part.path)), Ok(None));
}

#[test]
fn rolling_back_forgets_a_staging_area_and_nothing_else() {
    let (_folder, lake) = lake();
    let artifact = stage(&lake, "x", b"bytes");
    wait(lake.put("clean/p/live", "live")).unwrap();
    assert!(wait(commit::roll_back(&lake, "clean/p")).is_err());
    assert_eq!(wait(commit::roll_back(&lake, &layout::staging(1, "clean", 1))), Ok(1));
    assert_eq!(wait(lake.head(&artifact.staged)), Ok(None));
    assert!(wait(lake.head("clean/p/live")).unwrap().is_some());
}

#[test]
fn a_sweep_removes_what_no_row_names_unless_it_is_young() {
    let (_folder, lake) = lake();
    for path in ["clean/p/live", "clean/p/garbage", "predictions/p/latest.json", "quarantine/p/1/file", ".staging/9/x"]
    {
        wait(lake.put(path, "bytes")).unwrap();
    }
    let live = HashSet::from(["clean/p/live".to_owned()]);
    let written = wait(lake.head("clean/p/live")).unwrap().unwrap().modified;
    let long_ago = written - chrono::Duration::hours(1);
    assert_eq!(wait(lake.sweep(&live, long_ago)).unwrap().objects, 0);
    let swept = wait(lake.sweep(&live, written + chrono::Duration::hours(1))).unwrap();
    assert_eq!((swept.objects, swept.bytes), (2, 10));
    let left: Vec<String> = wait(lake.list("")).unwrap().into_iter().map(|object| object.path).collect();
    assert_eq!(left, ["clean/p/live", "predictions/p/latest.json", "quarantine/p/1/file"]);
}

#[test]
fn a_lake_that_no_store_holds_is_refused_in_one_sentence() {
    let error = Lake::open("ftp://host/lake").err().unwrap().to_string();
    assert!(error.starts_with("the lake at ftp://host/lake cannot be reached: "), "{error}");
    let (folder, _) = lake();
    assert!(Lake::open(url::Url::from_directory_path(folder.path()).unwrap().as_str()).is_ok());
}

#[test]
fn what_the_local_store_would_hide_or_follow_is_refused() {
    let (folder, lake) = lake();
    let error = wait(lake.put("clean/p/x#1", "bytes")).unwrap_err().to_string();
    assert!(error.contains("cannot hold `#`"), "{error}");
    wait(lake.put("clean/p/x", "bytes")).unwrap();
    std::fs::write(folder.path().join("outside"), "secret").unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("new/clean/out")).unwrap();
    let error = wait(lake.get("clean/out/outside")).unwrap_err().to_string();
    assert!(error.contains("is a symbolic link, and the lake follows none"), "{error}");
    assert!(wait(lake.put("clean/out/outside", "overwritten")).is_err());
    assert!(lake.file("clean/out/outside").is_err() && lake.local_path("clean/out/outside").is_none());
    let names: Vec<String> = wait(lake.list("clean")).unwrap().into_iter().map(|object| object.path).collect();
    assert_eq!(names, ["clean/p/x"]);
    assert_eq!(std::fs::read(folder.path().join("outside")).unwrap(), b"secret");
}

#[test]
fn staging_again_leaves_alone_what_an_interrupted_commit_had_linked() {
    let (folder, lake) = lake();
    let artifact = stage(&lake, "x", b"bytes");
    let path = |name: &str| folder.path().join("new").join(name);
    std::fs::create_dir_all(path("clean/p")).unwrap();
    // A move that creates is a link and then the removal of the old name; this is the moment between the two.
    std::fs::hard_link(path(&artifact.staged), path(&artifact.part.path)).unwrap();
    stage(&lake, "x", b"other bytes of another attempt");
    assert_eq!(wait(lake.get("clean/p/x")).unwrap(), b"bytes");
}
