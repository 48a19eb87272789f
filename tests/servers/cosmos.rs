//! A server that speaks Azure Cosmos DB's REST interface (@vercel/cosmosdb-server), in memory, one for all tests of a run.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::install::{self, left_out};
use super::objects::{bound_to_us, keep, until_it_listens};

/// A key in the form of one; this server looks at none.
pub const KEY: &str = "c2VjcmV0LW9mLXRoZS1kb2N1bWVudHM=";

/// A container of its own, for one test, in the database `db`.
pub struct Documents {
    pub port: u16,
    pub name: String,
}

impl Documents {
    /// A new container; none where the server cannot be had, which is said.
    pub fn container() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let port = server()?;
        let name = format!("rides{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let definition = format!(r#"{{"id": "{name}", "partitionKey": {{"paths": ["/id"], "kind": "Hash"}}}}"#);
        post(port, "/dbs/db/colls", "", &definition);
        Some(Self { port, name })
    }

    /// The URL of a landing.
    pub fn url(&self) -> String {
        format!("cosmos://documents.example/db/{}", self.name)
    }

    /// The table of `landfall.toml` that leads to it, through another port if need be.
    pub fn table(&self, port: u16) -> String {
        format!(
            "[stores.documents]\nurl = \"cosmos://documents.example\"\nkey = {{ env = \"COSMOS_KEY\" }}\n\
             endpoint = \"http://127.0.0.1:{port}\"\nallow_http = true\n"
        )
    }

    /// Writes a document, over one of the same `id` if there is one.
    pub fn write(&self, id: &str, document: &str) {
        let headers = format!("x-ms-documentdb-is-upsert: True\r\nx-ms-documentdb-partitionkey: [\"{id}\"]\r\n");
        post(self.port, &format!("/dbs/db/colls/{}/docs", self.name), &headers, document);
    }
}

fn post(port: u16, path: &str, headers: &str, body: &str) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nauthorization: x\r\nContent-Length: {length}\r\n");
    write!(stream, "{head}{headers}Connection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{path}: {answer}");
}

fn server() -> Option<u16> {
    static PORT: OnceLock<Option<u16>> = OnceLock::new();
    *PORT.get_or_init(|| match install::node("@vercel/cosmosdb-server@1.0.1") {
        Err(why) => {
            left_out("Cosmos DB", &why);
            None
        }
        Ok(folder) => {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut command = bound_to_us("node");
            command.arg(folder.join("node_modules/@vercel/cosmosdb-server/lib/cli.js"));
            command.args(["--no-ssl", "--host", "127.0.0.1", "--port", &port.to_string()]);
            keep(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            until_it_listens(port);
            post(port, "/dbs", "", r#"{"id": "db"}"#);
            Some(port)
        }
    })
}
