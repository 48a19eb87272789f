//! A landing of 100,000 objects in an object store (moto, installed as the tests do it), looked at page by page: how long
//! the listing took, how many pages (one request each) it was, and what memory it added while every page was dropped as
//! soon as it had been counted, as a look at a landing does.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use landfall::domain::location::Location;
use landfall::lake::remote::Remote;
use landfall::lake::wait;
use landfall::landing::remote::Look;

use super::servers::objects::{Container, Kind};
use super::{megabytes, own_memory};

pub fn run() {
    let objects = super::number("LANDFALL_BENCH_OBJECTS", 100_000);
    let Some(container) = Kind::S3.container() else { return };
    let began = Instant::now();
    std::thread::scope(|scope| {
        for half in 0..2 {
            let container = &container;
            scope.spawn(move || put(container, (half..objects).step_by(2)));
        }
    });
    println!("{objects} objects put in {:.0} s", began.elapsed().as_secs_f64());
    // The first request makes the connection and its buffers.
    look(&container.location("none"), |_| ());
    let (before, began) = (own_memory("VmRSS:"), Instant::now());
    let (mut seen, mut most) = (0, 0);
    let pages = look(&container.location("in"), |found| {
        seen += found;
        most = own_memory("VmRSS:").max(most);
    });
    assert_eq!(seen, objects);
    let took = began.elapsed().as_secs_f64();
    println!(
        "{seen} objects in {pages} pages and {took:.1} s, {:.1} MB more at most",
        megabytes(most.saturating_sub(before))
    );
}

/// Looks at a place, tells of the objects of every page, and says how many pages there were.
fn look(place: &Location, mut page_of: impl FnMut(usize)) -> usize {
    let mut look = Look::begin(Remote::open(place).unwrap());
    let mut pages = 0;
    wait(async {
        while let Some(page) = look.next_page().await.unwrap() {
            pages += 1;
            page_of(page.len());
        }
        Ok(())
    })
    .unwrap();
    pages
}

/// Puts empty objects over one connection.
fn put(container: &Container, numbers: impl Iterator<Item = usize>) {
    let mut stream = TcpStream::connect(("127.0.0.1", container.port())).unwrap();
    let mut answer = [0; 4096];
    for n in numbers {
        let path = format!("/{}/in/turbine_{n:08}.csv", container.name);
        write!(stream, "PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
            .unwrap();
        match stream.read(&mut answer) {
            Ok(read) if read > 0 && answer.starts_with(b"HTTP/1.1 200") => {}
            other => panic!("{other:?}: {}", String::from_utf8_lossy(&answer)),
        }
        if !String::from_utf8_lossy(&answer).to_ascii_lowercase().contains("keep-alive") {
            stream = TcpStream::connect(("127.0.0.1", container.port())).unwrap();
        }
    }
}
