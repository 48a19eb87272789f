//! A landing of 100,000 objects in an object store (moto, installed as the tests do it), looked at page by page:
//!
//!     cargo bench --bench land [-- OBJECTS]
//!
//! Says how long the listing took, how many requests it was, and what memory it added while every page was dropped as
//! soon as it had been counted; then the same with the whole listing kept, as a check of the landing does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that cannot run ends")]
#![allow(dead_code, reason = "the servers of the tests can do more than is needed here")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use landfall::lake::remote::Remote;
use landfall::lake::wait;
use landfall::landing::names::Names;
use landfall::landing::remote::{each_page, list};

#[path = "../../tests/servers"]
mod servers {
    pub mod install;
    pub mod objects;
}

use servers::objects::{Container, Kind};

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let objects: usize = given.unwrap_or(100_000);
    let Some(container) = Kind::S3.container() else { return };
    let began = Instant::now();
    std::thread::scope(|scope| {
        for half in 0..2 {
            let container = &container;
            scope.spawn(move || put(container, (half..objects).step_by(2)));
        }
    });
    println!("{objects} objects put in {:.0} s", began.elapsed().as_secs_f64());
    let remote = Remote::open(&container.location("in")).unwrap();
    // The first request makes the connection and its buffers.
    wait(async { Ok(each_page(&Remote::open(&container.location("none")).unwrap(), drop).await.unwrap()) }).unwrap();
    let (before, began) = (resident(), Instant::now());
    let (mut seen, mut most) = (0, 0);
    let pages = wait(async {
        Ok(each_page(&remote, |page| {
            seen += page.len();
            most = resident().max(most);
        })
        .await
        .unwrap())
    })
    .unwrap();
    assert_eq!(seen, objects);
    let took = began.elapsed().as_secs_f64();
    println!("{seen} objects in {pages} pages and {took:.1} s, {:.1} MB more at most", mb(most, before));
    let (before, began) = (resident(), Instant::now());
    let kept = wait(async { Ok(list(&remote, &Names::new("*", &[""; 0], None).unwrap()).await.unwrap()) }).unwrap();
    let took = began.elapsed().as_secs_f64();
    println!("kept: {} objects in {took:.1} s, {:.1} MB more", kept.files.len(), mb(resident(), before));
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

/// Resident memory of this process in bytes; 0 where the system does not say.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn mb(after: u64, before: u64) -> f64 {
    after.saturating_sub(before) as f64 / 1e6
}
