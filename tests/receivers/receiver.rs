//! A receiver of HTTP that keeps what it was sent and plays what a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Heard {
    pub method: String,
    /// With its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// For a snapshot: without what differs from machine to machine and from version to version.
    pub fn shape(&self) -> String {
        let varying = ["host", "content-length", "user-agent"];
        let mut headers: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| !varying.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        headers.sort();
        let body = if self.body.is_empty() { String::new() } else { format!("{:#}\n", self.json()) };
        format!("{} {}\n{}{body}", self.method, self.path, headers.concat())
    }
}

/// What the receiver does about a request.
#[derive(Debug, Clone)]
pub enum Play {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Says nothing and keeps the connection.
    Hang,
    /// Ends the connection without a word.
    Cut,
    /// Promises more than it sends.
    CutBody {
        status: u16,
        body: String,
    },
    /// Sends one byte after another, never to the end.
    Drip,
    /// Answers with what it was sent: address, headers and body.
    Echo {
        status: u16,
    },
}

impl Play {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::Answer { status, headers: vec![("Content-Type", "application/json".into())], body: body.to_string() }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self::Answer { status, headers: vec![("Content-Type", "text/plain".into())], body: body.into() }
    }

    pub fn page(status: u16) -> Self {
        let body = "<html><head><title>Sign in</title></head><body>Please log in.</body></html>".into();
        Self::Answer { status, headers: vec![("Content-Type", "text/html; charset=utf-8".into())], body }
    }

    pub fn with(status: u16, name: &'static str, value: &str) -> Self {
        Self::Answer { status, headers: vec![(name, value.into())], body: String::new() }
    }
}

type Script = dyn Fn(&Heard, usize) -> Play + Send + Sync;

pub struct Receiver {
    /// `http://127.0.0.1:<port>`, or `https://localhost:<port>`.
    pub base: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Receiver {
    /// A receiver that plays what `script` says of a request and its place in the order.
    pub async fn new(script: impl Fn(&Heard, usize) -> Play + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(script), None).await
    }

    /// As [`Receiver::new`], with TLS.
    pub async fn secure(acceptor: TlsAcceptor, script: impl Fn(&Heard, usize) -> Play + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(script), Some(acceptor)).await
    }

    /// A receiver that always plays the same.
    pub async fn always(play: Play) -> Self {
        Self::new(move |_, _| play.clone()).await
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    async fn start(script: Arc<Script>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let base = match tls {
            Some(_) => format!("https://localhost:{port}"),
            None => format!("http://127.0.0.1:{port}"),
        };
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let kept = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, kept, tls) = (Arc::clone(&script), Arc::clone(&kept), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &*script, &kept).await,
                        // A client that does not trust the certificate ends here.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &*script, &kept).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { base, heard, task }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves one connection until it ends or a play ends it.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    script: &Script,
    kept: &Mutex<Vec<Heard>>,
) -> Option<()> {
    loop {
        let heard = read(&mut stream).await?;
        let play = {
            let mut kept = kept.lock().unwrap();
            kept.push(heard.clone());
            script(&heard, kept.len() - 1)
        };
        match play {
            Play::Answer { status, headers, body } => write(&mut stream, status, &headers, &body, body.len()).await?,
            Play::Echo { status } => {
                let body = format!("{heard:?}");
                write(&mut stream, status, &[("Content-Type", "text/plain".into())], &body, body.len()).await?;
            }
            Play::Hang => std::future::pending().await,
            Play::Cut => return None,
            Play::CutBody { status, body } => {
                write(&mut stream, status, &[], &body, body.len() + 1000).await?;
                return None;
            }
            Play::Drip => {
                write(&mut stream, 200, &[], "", 1_000_000).await?;
                loop {
                    stream.write_all(b" ").await.ok()?;
                    stream.flush().await.ok()?;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
        }
    }
}

async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    status: u16,
    headers: &[(&'static str, String)],
    body: &str,
    length: usize,
) -> Option<()> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let answer = format!("HTTP/1.1 {status} Played\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.flush().await.ok()
}

/// Reads a request with its body, or nothing when the client is done.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Heard> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(n @ 1..) => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).expect("a head in ASCII");
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}")))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or(0, |(_, n)| n.parse().unwrap());
    let mut body = bytes.split_off(head + 4);
    assert!(body.len() <= length, "more was sent than was said");
    let begun = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[begun..]).await.ok()?;
    Some(Heard { method, path, headers, body: String::from_utf8(body).expect("a body in UTF-8") })
}
