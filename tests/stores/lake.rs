//! The lake's promises on Azure and on S3: the same as on a folder.

use std::io::Write;

use landfall::domain::dataset::{Artifact, DatasetKind, Part};
use landfall::lake::{Lake, LakeError, commit, layout, wait};

use crate::servers::objects::Kind;

fn stage(lake: &Lake, name: &str, bytes: &[u8]) -> Artifact {
    let (path, staged) = (format!("clean/p/{name}"), format!(".staging/1/clean-1/{name}"));
    let mut file = lake.create(&staged).unwrap();
    file.write_all(bytes).unwrap();
    let sealed = file.seal().unwrap();
    let (bytes, hash) = (sealed.bytes, sealed.hash);
    let part =
        Part { kind: DatasetKind::Clean, partition: String::new(), path, rows: 0, bytes, hash, from: None, to: None };
    Artifact { part, staged, replaces: true }
}

fn on_every_store(test: impl Fn(&Lake)) {
    for kind in Kind::ALL {
        let Some(container) = kind.container() else { continue };
        test(&Lake::open(container.location("a/lake")).unwrap());
    }
}

#[test]
fn objects_are_put_whole_listed_and_deleted_in_a_store() {
    on_every_store(|lake| {
        wait(lake.put("a/b c+é.txt", "one")).unwrap();
        wait(lake.put("a/b c+é.txt", "two")).unwrap();
        wait(lake.put("a/c/d.txt", "three")).unwrap();
        assert_eq!(wait(lake.get("a/b c+é.txt")).unwrap(), b"two");
        let names =
            |prefix| wait(lake.list(prefix)).unwrap().into_iter().map(|o| (o.path, o.bytes)).collect::<Vec<_>>();
        assert_eq!(names("a"), [("a/b c+é.txt".to_owned(), 3), ("a/c/d.txt".to_owned(), 5)]);
        assert_eq!(wait(lake.head("a/x")), Ok(None));
        assert_eq!(wait(lake.get("a/x")), Err(LakeError::Missing { path: "a/x".to_owned() }));
        wait(lake.put_new("new", "one")).unwrap();
        wait(lake.put_new("new", "one")).unwrap();
        assert_eq!(wait(lake.put_new("new", "two")), Err(LakeError::Conflict { path: "new".to_owned() }));
        assert_eq!(wait(lake.delete_prefix("a")), Ok(2));
        wait(lake.delete("a/never")).unwrap();
        assert_eq!(names(""), [("new".to_owned(), 3)]);
        wait(lake.answers()).unwrap();
    });
}

#[test]
fn a_commit_in_a_store_moves_each_object_once_and_never_over_another() {
    on_every_store(|lake| {
        let artifact = stage(lake, "x", b"bytes");
        wait(lake.promote(&artifact)).unwrap();
        wait(lake.promote(&artifact)).unwrap();
        // As after a crash between the copy to the new name and the removal of the old one.
        stage(lake, "x", b"bytes");
        wait(lake.promote(&artifact)).unwrap();
        assert_eq!(wait(lake.head(&artifact.staged)), Ok(None));
        let other = stage(lake, "x", b"other");
        assert_eq!(wait(lake.promote(&other)), Err(LakeError::Conflict { path: "clean/p/x".to_owned() }));
        assert_eq!(wait(lake.get("clean/p/x")).unwrap(), b"bytes");

        let (good, mut bad) = (stage(lake, "good", b"1"), stage(lake, "bad", b"2"));
        bad.part.hash = good.part.hash.clone();
        let result = wait(commit::publish(lake, &[good.clone(), bad]));
        assert!(matches!(result, Err(LakeError::Damaged { .. })), "{result:?}");
        assert_eq!(wait(lake.head(&good.part.path)), Ok(None));
        wait(lake.promote(&good)).unwrap();
        wait(lake.demote(&good)).unwrap();
        assert_eq!(
            (wait(lake.head(&good.part.path)), wait(lake.get(&good.staged)).unwrap()),
            (Ok(None), b"1".to_vec())
        );
        assert_eq!(wait(commit::roll_back(lake, &layout::staging(1, "clean", 1))), Ok(3));
    });
}

#[test]
fn a_large_object_goes_up_in_pieces_and_comes_back_as_it_was() {
    on_every_store(|lake| {
        let bytes: Vec<u8> = (0..(33 << 20) + 7_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let artifact = stage(lake, "large", &bytes);
        wait(commit::publish(lake, std::slice::from_ref(&artifact))).unwrap();
        // Under its final name there is no copy yet.
        let copy = lake.file("clean/p/large").unwrap();
        assert!(std::fs::read(&copy).unwrap() == bytes, "it is not what was sent");
        assert_eq!(wait(lake.hash("clean/p/large")).unwrap(), artifact.part.hash);
        assert_eq!(lake.file("clean/p/large").unwrap(), copy);
        assert!(lake.local_path("clean/p/large").is_none());
    });
}
