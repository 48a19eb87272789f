//! A proxy before a server that can refuse, delay and cut, and counts.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// What to do with the next requests.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// This whole answer instead of the server's.
    Answer(String),
    /// The server's answer, cut off after so many bytes.
    Cut(usize),
    /// The server's answer, once it is let go.
    Held,
}

#[derive(Debug, Default)]
struct State {
    /// Faults to come, with what the request's first line must contain.
    faults: Vec<(&'static str, Fault)>,
    /// First lines of all requests, and when each came.
    requests: Vec<(String, Instant)>,
    /// Whether what was held may go.
    let_go: bool,
}

/// Passes requests on to a server on loopback, one a connection.
#[derive(Debug, Clone)]
pub struct Proxy {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// Before the server on `port`.
    pub fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        let state = Arc::clone(&proxy.state);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                // A client that went away is none of our business.
                std::thread::spawn(move || serve(client, port, &state).ok());
            }
        });
        proxy
    }

    /// The next `times` requests whose first line contains `part` meet this fault.
    pub fn fault(&self, part: &'static str, fault: Fault, times: usize) {
        self.state.lock().unwrap().faults.extend(vec![(part, fault); times]);
    }

    /// Lets go what is held.
    pub fn let_go(&self) {
        self.state.lock().unwrap().let_go = true;
    }

    /// When the requests came whose first lines contain `part`.
    pub fn times(&self, part: &str) -> Vec<Instant> {
        let state = self.state.lock().unwrap();
        state.requests.iter().filter(|(line, _)| line.contains(part)).map(|(_, at)| *at).collect()
    }

    /// First lines of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.iter().map(|(line, _)| line.clone()).collect()
    }
}

/// An answer without a body but `code` as S3 and Azure write it.
pub fn refusal(status: &str, headers: &str, code: &str) -> Fault {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    let length = body.len();
    Fault::Answer(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"))
}

fn serve(mut client: TcpStream, port: u16, state: &Mutex<State>) -> std::io::Result<()> {
    let (head, rest) = head(&mut client)?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    let fault = {
        let mut state = state.lock().unwrap();
        state.requests.push((line.clone(), Instant::now()));
        let next = state.faults.iter().position(|(part, _)| line.contains(part));
        next.map(|at| state.faults.remove(at).1)
    };
    let length: usize = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = rest;
    let mut missing = vec![0; length.saturating_sub(body.len())];
    client.read_exact(&mut missing)?;
    body.extend(missing);
    if let Some(Fault::Answer(answer)) = &fault {
        client.write_all(answer.as_bytes())?;
        return client.shutdown(Shutdown::Both);
    }
    while fault == Some(Fault::Held) && !state.lock().unwrap().let_go {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    // One request a connection, so that its end is the end of the answer.
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head: String = kept.filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
    server.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    server.write_all(&body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    if let Some(Fault::Cut(after)) = fault {
        answer.truncate(after);
    }
    client.write_all(&answer)?;
    client.shutdown(Shutdown::Both)
}

/// The head of a request, and what came with it of the body.
fn head(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        let read = client.read(&mut piece)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&piece[..read]);
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
