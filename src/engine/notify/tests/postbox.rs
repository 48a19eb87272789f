//! A mail server of a test: plain SMTP on a port of its own, obedient, with a memory.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What it got, and what it answers to a mail.
pub(super) struct Postbox {
    port: u16,
    mails: Arc<Mutex<Vec<String>>>,
    answer: Arc<Mutex<String>>,
}

impl Postbox {
    /// Listens, and takes every mail.
    pub(super) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let postbox = Self {
            port: listener.local_addr().unwrap().port(),
            mails: Arc::default(),
            answer: Arc::new(Mutex::new("250 taken".into())),
        };
        let (mails, answer) = (Arc::clone(&postbox.mails), Arc::clone(&postbox.answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that breaks off is its own business.
                let _ = converse(&stream.unwrap(), &mails, &answer);
            }
        });
        postbox
    }

    /// A channel that writes to it.
    pub(super) fn channel(&self, name: &str, more: &str) -> String {
        let port = self.port;
        format!(
            "[channels.{name}]\nkind = \"email\"\nhost = \"localhost\"\nport = {port}\nfrom = \"a@example.com\"\n\
             to = [\"b@example.com\"]\n{more}\n"
        )
    }

    /// What it says of every mail from now on.
    pub(super) fn answers(&self, line: &str) {
        *self.answer.lock().unwrap() = line.into();
    }

    /// Every mail that was offered, taken or not.
    pub(super) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    /// Subjects of all mails.
    pub(super) fn subjects(&self) -> Vec<String> {
        let subject = |mail: &String| {
            let at = mail.find("Subject: ").unwrap() + "Subject: ".len();
            // A long header goes on in lines that begin with a blank.
            let folded: String = mail[at..].replace("\r\n ", " ");
            folded.lines().next().unwrap().to_owned()
        };
        self.mails().iter().map(subject).collect()
    }
}

fn converse(stream: &TcpStream, mails: &Mutex<Vec<String>>, answer: &Mutex<String>) -> std::io::Result<()> {
    let mut out = stream;
    let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes());
    let mut lines = BufReader::new(stream);
    say("220 here")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        match line.get(..4).unwrap_or_default() {
            "DATA" => {
                say("354 go on")?;
                let mut mail = String::new();
                loop {
                    let mut line = String::new();
                    lines.read_line(&mut line)?;
                    if line == ".\r\n" {
                        break;
                    }
                    mail.push_str(&line);
                }
                mails.lock().unwrap().push(mail);
                let answer = answer.lock().unwrap().clone();
                say(&answer)?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 yes")?,
        }
    }
}
