//! A real mail server (aiosmtpd, in Python) for one test.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;

use crate::python::packages;

/// What is installed, once on a machine.
const PACKAGES: [&str; 3] = ["aiosmtpd==1.4.6", "atpublic==5.1", "attrs==25.3.0"];

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    Starttls,
    Implicit,
    Plain,
}

/// The server, and the folder in which it keeps its mails.
pub struct Smtpd {
    child: Child,
    folder: TempDir,
    mode: Mode,
    pub port: u16,
}

/// A mail that it took.
#[derive(Debug)]
pub struct Mail {
    /// As it came, with `\n` as line ends.
    pub text: String,
    /// Whom it was for, by the envelope.
    pub to: Vec<String>,
}

impl Mail {
    /// A header, its lines joined and its encoded words decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\n\n").next().unwrap().replace("\n ", " ");
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))?;
        Some(line.to_owned())
    }

    /// Names of all headers.
    pub fn headers(&self) -> Vec<String> {
        let head = self.text.split("\n\n").next().unwrap().replace("\n ", " ");
        head.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }
}

impl Smtpd {
    /// A server whose certificate is for `localhost`. None where Python is missing, which is said, and is an error
    /// where everything has to be tested (`CI=true`).
    pub fn start(mode: Mode) -> Option<Self> {
        let packages = match packages("aiosmtpd-1.4.6", &PACKAGES) {
            Ok(packages) => packages,
            Err(why) => {
                assert!(std::env::var("CI").as_deref() != Ok("true"), "no mail server to test with: {why}");
                eprintln!("LEFT OUT: no mail server to test with: {why}");
                return None;
            }
        };
        let folder = tempfile::tempdir().unwrap();
        certificates(folder.path());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/smtpd.py");
        let word = match mode {
            Mode::Starttls => "starttls",
            Mode::Implicit => "implicit",
            Mode::Plain => "plain",
        };
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(word);
        command.arg(folder.path()).arg(folder.path().join("server.pem")).arg(folder.path().join("server.key"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim().parse().unwrap_or_else(|_| panic!("the mail server did not start"));
        Some(Self { child, folder, mode, port })
    }

    /// The channel `mail` that writes to it, with the password in the workspace's file `password`; `more` are further
    /// lines.
    pub fn channel(&self, to: &str, more: &str) -> String {
        let login = "user = \"landfall\"\npassword = { file = \"password\" }\n";
        let tls = match self.mode {
            Mode::Starttls => format!("tls = \"starttls\"\n{login}"),
            Mode::Implicit => format!("tls = \"implicit\"\n{login}"),
            Mode::Plain => String::new(),
        };
        let port = self.port;
        format!(
            "[channels.mail]\nkind = \"email\"\nhost = \"localhost\"\nport = {port}\nwait = \"0s\"\n{tls}\
             from = \"Landfall <landfall@example.com>\"\nto = [\"{to}\"]\n{more}\n"
        )
    }

    /// The line that makes it trusted.
    pub fn trusted(&self) -> String {
        format!("ca = {:?}\n", self.folder.path().join("ca.pem"))
    }

    /// Whether every mailbox is busy from now on.
    pub fn busy(&self, busy: bool) {
        let path = self.folder.path().join("busy");
        if busy { std::fs::write(path, "").unwrap() } else { std::fs::remove_file(path).unwrap() }
    }

    /// The mails it took, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let path = |n: usize, kind: &str| self.folder.path().join(format!("{n}.{kind}"));
        let taken = (1..).take_while(|n| path(*n, "eml").exists());
        taken
            .map(|n| {
                let about: Value = serde_json::from_slice(&std::fs::read(path(n, "json")).unwrap()).unwrap();
                let to = about["to"].as_array().unwrap().iter().map(|to| to.as_str().unwrap().to_owned()).collect();
                Mail { text: std::fs::read_to_string(path(n, "eml")).unwrap().replace("\r\n", "\n"), to }
            })
            .collect()
    }
}

impl Drop for Smtpd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a certificate authority and a certificate for `localhost` that it signed.
fn certificates(folder: &Path) {
    let mut own = CertificateParams::new(Vec::new()).unwrap();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(own, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}
