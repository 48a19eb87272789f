//! Object stores: Azurite (Azure Blob Storage, by its makers), moto (S3) and fake-gcs-server (Google Cloud Storage),
//! each started once for all tests of a run.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use landfall::domain::location::Location;
use landfall::domain::secret::{Secret, SecretOrText};
use landfall::lake::{Lake, wait};
use sha2::Sha256;

use super::install::{self, left_out};

/// The account that every Azurite has, and its key, which is in its manual.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Which kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Azure,
    S3,
}

/// A container of its own, for one test.
#[derive(Debug, Clone)]
pub struct Container {
    kind: Kind,
    port: u16,
    pub name: String,
    /// Where the key is.
    secret: PathBuf,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Azure, Self::S3];

    /// A new container; none where the server cannot be had, which is said.
    pub fn container(self) -> Option<Container> {
        let (port, secret) = match self {
            Self::Azure => (azurite()?, KEY),
            Self::S3 => (moto(&OPEN)?, "s3cr3t-of-moto"),
        };
        Some(self.container_at(port, secret))
    }

    /// A new container of an S3 server that looks at keys and knows none; none where the server cannot be had.
    pub fn guarded() -> Option<Container> {
        Some(Self::S3.container_at(moto(&GUARDED)?, "s3cr3t-of-nobody"))
    }

    fn container_at(self, port: u16, secret: &str) -> Container {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = tempfile::tempdir().unwrap().keep();
        std::fs::write(folder.join("key"), secret).unwrap();
        let container = Container { kind: self, port, name, secret: folder.join("key") };
        container.create();
        container
    }
}

impl Container {
    /// The URL of a place in it.
    pub fn url(&self, prefix: &str) -> String {
        match self.kind {
            Kind::Azure => format!("abfss://{}@{ACCOUNT}.dfs.core.windows.net/{prefix}", self.name),
            Kind::S3 => format!("s3://{}/{prefix}", self.name),
        }
    }

    /// A secret that nothing may show.
    pub fn key(&self) -> String {
        std::fs::read_to_string(&self.secret).unwrap()
    }

    /// What a client of another maker is told: kind, address, who, secret.
    pub fn client(&self) -> [String; 4] {
        let (kind, who) = match self.kind {
            Kind::Azure => ("azure", ACCOUNT),
            Kind::S3 => ("s3", "landfall"),
        };
        [kind.to_owned(), format!("127.0.0.1:{}", self.port), who.to_owned(), self.key()]
    }

    /// The same container behind another port.
    pub fn through(&self, port: u16) -> Self {
        Self { port, ..self.clone() }
    }

    /// The same container with another key.
    pub fn with_key(&self, key: &str) -> Self {
        let secret = tempfile::tempdir().unwrap().keep().join("key");
        std::fs::write(&secret, key).unwrap();
        Self { secret, ..self.clone() }
    }

    /// A container that nobody has made.
    pub fn missing(&self) -> Self {
        Self { name: "no-such-container".to_owned(), ..self.clone() }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The table of `landfall.toml` that leads to it.
    pub fn table(&self) -> String {
        let (name, port, key, url) = (&self.name, self.port, &self.secret, self.url(""));
        match self.kind {
            Kind::Azure => format!(
                "[stores.{name}]\nurl = {url:?}\naccount = \"{ACCOUNT}\"\naccess_key = {{ file = {key:?} }}\n\
                 endpoint = \"http://127.0.0.1:{port}/{ACCOUNT}\"\nallow_http = true\n"
            ),
            Kind::S3 => format!(
                "[stores.{name}]\nurl = {url:?}\nregion = \"us-east-1\"\naccess_key_id = \"landfall\"\n\
                 secret_access_key = {{ file = {key:?} }}\nendpoint = \"http://127.0.0.1:{port}\"\nallow_http = true\n"
            ),
        }
    }

    /// A place in it, as the configuration would resolve it.
    pub fn location(&self, prefix: &str) -> Location {
        let text = |text: &str| SecretOrText::Text(text.to_owned());
        let key = SecretOrText::Secret(Secret::File(self.secret.clone()));
        let settings = match self.kind {
            Kind::Azure => vec![
                ("azure_storage_account_name", text(ACCOUNT)),
                ("azure_storage_account_key", key),
                ("azure_storage_endpoint", text(&format!("http://127.0.0.1:{}/{ACCOUNT}", self.port))),
                ("allow_http", text("true")),
            ],
            Kind::S3 => vec![
                ("aws_region", text("us-east-1")),
                ("aws_access_key_id", text("landfall")),
                ("aws_secret_access_key", key),
                ("aws_endpoint", text(&format!("http://127.0.0.1:{}", self.port))),
                ("allow_http", text("true")),
            ],
        };
        let settings = settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let cache = self.secret.with_file_name(format!("cache-{}", self.port));
        Location { root: self.url(prefix).trim_end_matches('/').to_owned(), settings, cache }
    }

    /// Puts an object, as upstream would.
    pub fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        wait(Lake::open(self.location("")).unwrap().put(path, bytes)).unwrap();
    }

    pub fn delete(&self, path: &str) {
        wait(Lake::open(self.location("")).unwrap().delete(path)).unwrap();
    }

    fn create(&self) {
        let answer = match self.kind {
            Kind::S3 => ask(self.port, &format!("PUT /{} HTTP/1.1\r\n", self.name)),
            Kind::Azure => {
                let date = chrono::Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
                let headers = format!("x-ms-date:{date}\nx-ms-version:2023-11-03\n");
                let resource = format!("/{ACCOUNT}/{ACCOUNT}/{}\nrestype:container", self.name);
                let signed = format!("PUT{}{headers}{resource}", "\n".repeat(12));
                let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(KEY).unwrap()).unwrap();
                mac.update(signed.as_bytes());
                let signature = STANDARD.encode(mac.finalize().into_bytes());
                let head = format!("PUT /{ACCOUNT}/{}?restype=container HTTP/1.1\r\n", self.name);
                let date = format!("x-ms-date: {date}\r\nx-ms-version: 2023-11-03\r\n");
                ask(self.port, &format!("{head}{date}Authorization: SharedKey {ACCOUNT}:{signature}\r\n"))
            }
        };
        assert!(answer.starts_with("HTTP/1.1 20"), "{} was not made: {answer}", self.name);
    }
}

/// Sends a request without a body and answers the head of what comes back.
fn ask(port: u16, head: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{head}Host: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Port of the one Azurite.
fn azurite() -> Option<u16> {
    static PORT: OnceLock<Option<u16>> = OnceLock::new();
    *PORT.get_or_init(|| match install::node("azurite@3.35.0") {
        Err(why) => {
            left_out("Azure", &why);
            None
        }
        Ok(folder) => Some(start_azurite(&folder)),
    })
}

fn start_azurite(folder: &Path) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = bound_to_us("node");
    command.arg(folder.join("node_modules/azurite/dist/src/blob/main.js"));
    command.args(["--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence", "--silent"]);
    command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    keep(child);
    until_it_listens(port);
    port
}

/// The moto that takes any key, and the one that asks for keys from the second request on: the first makes a bucket.
static OPEN: Moto = Moto { port: OnceLock::new(), environment: None };
static GUARDED: Moto = Moto { port: OnceLock::new(), environment: Some(("INITIAL_NO_AUTH_ACTION_COUNT", "1")) };

struct Moto {
    port: OnceLock<Option<u16>>,
    environment: Option<(&'static str, &'static str)>,
}

/// Its port.
fn moto(which: &Moto) -> Option<u16> {
    *which.port.get_or_init(|| match install::python(&["moto[server,s3]==5.2.5"]) {
        Err(why) => {
            left_out("S3", &why);
            None
        }
        Ok(folder) => Some(start_moto(&folder, which.environment)),
    })
}

fn start_moto(folder: &Path, environment: Option<(&str, &str)>) -> u16 {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/motod.py");
    let mut command = Command::new("python3");
    command.env("PYTHONPATH", folder).env("PYTHONDONTWRITEBYTECODE", "1").envs(environment).arg(script);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut port = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
    keep(child);
    port.trim().parse().unwrap_or_else(|_| panic!("moto did not start"))
}

/// A program that ends with our end of its shell's input.
pub fn bound_to_us(program: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" & cat > /dev/null; kill $!", "sh", program]);
    shell
}

/// A server lives as long as this process: nobody waits for it.
pub fn keep(child: Child) {
    std::mem::forget(child);
}

pub fn until_it_listens(port: u16) {
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_secs(90), "the server on port {port} does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
}
