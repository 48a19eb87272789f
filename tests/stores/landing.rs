//! A landing in a store: what a look sees, and what becomes of objects that change under it.

use landfall::config::pipeline::TEMPORARY;
use landfall::domain::file::Listed;
use landfall::domain::location::Location;
use landfall::lake::remote::Remote;
use landfall::lake::wait;
use landfall::landing::names::Names;
use landfall::landing::remote::{Fetched, Look, fetch, spooled};

use crate::servers::google::Google;
use crate::servers::objects::{Container, Kind};
use crate::servers::proxy::{Fault, Proxy, refusal};

fn on_every_store(test: impl Fn(&Container)) {
    Kind::ALL.iter().filter_map(|kind| kind.container()).for_each(|container| test(&container));
}

fn names(pattern: &str) -> Names {
    Names::new(pattern, &TEMPORARY, None).unwrap()
}

/// The pages of a whole look.
fn pages(remote: &Remote) -> Vec<Vec<Listed>> {
    let mut look = Look::begin(remote.clone());
    std::iter::from_fn(|| now(look.next_page()).unwrap()).collect()
}

/// What a look sees of the names that are to be taken.
fn list(remote: &Remote, names: &Names) -> Vec<Listed> {
    pages(remote).concat().into_iter().filter(|file| names.take(&file.key)).collect()
}

fn now<T>(work: impl Future<Output = T>) -> T {
    wait(async { Ok(work.await) }).unwrap()
}

#[test]
fn a_look_sees_what_lies_directly_there_and_its_versions() {
    on_every_store(|container| {
        for name in ["in/b.csv", "in/a.csv", "in/.hidden.csv", "in/c.csv.part", "in/d.txt", "in/deep/e.csv", "f.csv"] {
            container.put(name, "x\n");
        }
        let remote = Remote::open(&container.location("in")).unwrap();
        let look = || list(&remote, &names("*.csv"));
        let first = look();
        assert_eq!(
            first.iter().map(|file| (file.key.as_str(), file.bytes)).collect::<Vec<_>>(),
            [("a.csv", 2), ("b.csv", 2)]
        );
        // Of the same size.
        container.put("in/a.csv", "y\n");
        let second = look();
        assert_ne!(first[0].token, second[0].token);
        assert_eq!(first[1].token, second[1].token);
        let whole = Remote::open(&container.location("")).unwrap();
        assert_eq!(list(&whole, &names("*")).len(), 1);
        let nothing = Remote::open(&container.location("nowhere")).unwrap();
        assert_eq!(list(&nothing, &names("*")), []);
    });
}

#[test]
fn a_container_without_its_account_is_the_same_place() {
    let Some(container) = Kind::Azure.container() else { return };
    container.put("in/a.csv", "x\n");
    let place = container.location("in");
    let az = Location { root: format!("az://{}/in", container.name), ..place };
    let remote = Remote::open(&az).unwrap();
    assert_eq!(list(&remote, &names("*")), list(&Remote::open(&container.location("in")).unwrap(), &names("*")));
    assert_eq!(list(&remote, &names("*")).len(), 1);
}

#[test]
fn a_fetch_gives_exactly_the_version_that_was_seen_or_none() {
    on_every_store(|container| {
        container.put("in/a.csv", "x\n");
        container.put("in/empty.csv", "");
        let remote = Remote::open(&container.location("in")).unwrap();
        let files = list(&remote, &names("*"));
        let folder = tempfile::tempdir().unwrap();
        for (id, bytes) in [(0, "x\n"), (1, "")] {
            let (file, target) = (&files[id], folder.path().join(id.to_string()));
            let hash = blake3::hash(bytes.as_bytes()).to_hex().to_string();
            assert_eq!(now(fetch(&remote, &file.key, &file.token.0, &target)), Ok(Fetched::Whole { hash }));
            assert_eq!(std::fs::read_to_string(target).unwrap(), bytes);
        }
        container.put("in/a.csv", "y\n");
        let target = spooled(folder.path(), 3, "a.csv", &files[0].token.0);
        let fetched = now(fetch(&remote, "a.csv", &files[0].token.0, &target));
        assert_eq!((fetched, target.exists()), (Ok(Fetched::Moved), false));
        container.delete("in/a.csv");
        assert_eq!(now(fetch(&remote, "a.csv", &files[0].token.0, &target)), Ok(Fetched::Moved));
    });
}

#[test]
fn a_fetch_that_was_cut_off_goes_on_where_it_was() {
    on_every_store(|container| {
        let bytes: Vec<u8> = (0..(20 << 20) + 5_u32).map(|i| (i % 251) as u8).collect();
        container.put("in/large.bin", bytes.clone());
        let direct = Remote::open(&container.location("in")).unwrap();
        let token = list(&direct, &names("*")).remove(0).token.0;
        let proxy = Proxy::before(container.port());
        let remote = Remote::open(&container.through(proxy.port).location("in")).unwrap();
        // The first piece comes; then the store forbids it, which nobody tries again.
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("large.bin");
        let part = folder.path().join("large.part");
        std::fs::write(&part, &bytes[..8 << 20]).unwrap();
        proxy.fault("large.bin", refusal("403 Forbidden", "", "AuthorizationFailure"), 1);
        let trouble = now(fetch(&remote, "large.bin", &token, &target)).unwrap_err();
        assert!(trouble.words.contains("the store refuses the credentials (403 AuthorizationFailure)"), "{trouble:?}");
        assert_eq!(std::fs::metadata(&part).unwrap().len(), 8 << 20);
        // A cut connection is taken up again without a word.
        proxy.fault("large.bin", Fault::Cut(3 << 20), 1);
        let fetched = now(fetch(&remote, "large.bin", &token, &target)).unwrap();
        assert_eq!(fetched, Fetched::Whole { hash: blake3::hash(&bytes).to_hex().to_string() });
        assert!(std::fs::read(&target).unwrap() == bytes, "it is not what was sent");
        // Three pieces in all, of which the first was there: the refusal, the cut, its rest, and the last piece.
        assert_eq!(proxy.requests().len(), 4, "{:?}", proxy.requests());
    });
}

#[test]
fn a_listing_is_one_request_a_page() {
    let Some(container) = Kind::S3.container() else { return };
    (0..1_100).for_each(|n| put_empty(&container, &format!("{n:06}")));
    let proxy = Proxy::before(container.port());
    let remote = Remote::open(&container.through(proxy.port).location("in")).unwrap();
    let sizes: Vec<usize> = pages(&remote).iter().map(Vec::len).collect();
    assert_eq!((sizes.as_slice(), proxy.requests().len()), ([1_000, 100].as_slice(), 2));
}

/// Without a client of ours, which would take longer for a thousand.
fn put_empty(container: &Container, name: &str) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", container.port())).unwrap();
    let path = format!("/{}/in/{name}.csv", container.name);
    write!(stream, "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn names_that_no_disk_takes_are_seen_as_they_are() {
    on_every_store(|container| {
        let odd = [
            "long".repeat(120) + ".csv",
            "what? *:|<1>.csv".into(),
            "~%2e%2e%2Fetc#2.csv".into(),
            "ä\u{202e}.csv".into(),
        ];
        odd.iter().for_each(|name| container.put(&format!("in/{name}"), "x\n"));
        let remote = Remote::open(&container.location("in")).unwrap();
        let mut seen: Vec<String> = list(&remote, &names("*.csv")).into_iter().map(|file| file.key).collect();
        let mut all = odd.to_vec();
        seen.sort();
        all.sort();
        assert_eq!(seen, all);
    });
}

/// Such names come by mistakes of a program, or from somebody who means ill.
#[test]
fn a_name_that_is_no_path_blinds_no_landing() {
    let Some(container) = Kind::S3.container() else { return };
    ["a", "../b", "/c", "./d", "f/../g", "h//i"].iter().for_each(|name| put_empty(&container, name));
    let remote = Remote::open(&container.location("in")).unwrap();
    let seen: Vec<String> = list(&remote, &names("*.csv")).into_iter().map(|file| file.key).collect();
    assert_eq!(seen, ["a.csv"]);
}

#[test]
fn a_name_with_control_characters_is_refused_and_the_rest_is_seen() {
    let Some(container) = Kind::S3.container() else { return };
    ["before", "be%01tw%1Feen", "then"].iter().for_each(|name| put_empty(&container, name));
    let remote = Remote::open(&container.location("in")).unwrap();
    let mut look = Look::begin(remote);
    let seen: Vec<Listed> = std::iter::from_fn(|| now(look.next_page()).unwrap()).flatten().collect();
    assert_eq!(seen.iter().map(|file| file.key.as_str()).collect::<Vec<_>>(), ["before.csv", "then.csv"]);
    let refused = [("be␁tw␟een.csv".to_owned(), "its name has control characters or is no path: rename it".to_owned())];
    assert_eq!(look.refused(), refused);
}

#[test]
fn a_landing_on_google_cloud_storage_is_looked_at_and_fetched_from() {
    let Some(google) = Google::start() else { return };
    for name in ["in/b.csv", "in/a.csv", "in/deep/e.csv", "f.csv"] {
        google.put(name, &format!("{name}\n"));
    }
    let remote = Remote::open(&google.location("in")).unwrap();
    let files = list(&remote, &names("*.csv"));
    assert_eq!(files.iter().map(|file| file.key.as_str()).collect::<Vec<_>>(), ["a.csv", "b.csv"]);
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.csv");
    let hash = blake3::hash(b"in/a.csv\n").to_hex().to_string();
    assert_eq!(now(fetch(&remote, "a.csv", &files[0].token.0, &target)), Ok(Fetched::Whole { hash }));
    google.put("in/a.csv", "changed!\n");
    assert_ne!(list(&remote, &names("a.csv"))[0].token, files[0].token);
}
