//! A guard before a broker: speaks TLS, and lets in who knows the password (SASL PLAIN), as managed brokers do. What it
//! lets in, the broker behind it answers.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rskafka::client::{Credentials, SaslConfig};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

pub const USER: &str = "$ConnectionString";
pub const PASSWORD: &str = "Endpoint=sb://hub;SharedAccessKey=h8n2er";

/// Kinds of requests (`api_key`) that the guard answers itself.
const HANDSHAKE: i16 = 17;
const VERSIONS: i16 = 18;
const AUTHENTICATE: i16 = 36;

pub struct Guard {
    pub port: u16,
    listener: Option<TcpListener>,
    acceptor: TlsAcceptor,
    /// Its authority, for clients in this process.
    roots: RootCertStore,
    folder: TempDir,
}

impl Guard {
    /// A guard that does not stand before anything yet.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), authority.as_ref().pem()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority.as_ref().der().clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Self { port, listener: Some(listener), acceptor, roots, folder }
    }

    /// PEM file of its authority.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// How a client of this process gets past it.
    pub fn pass(&self) -> (Arc<ClientConfig>, SaslConfig) {
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(self.roots.clone()).with_no_client_auth();
        (Arc::new(config), SaslConfig::Plain(Credentials::new(USER.to_owned(), PASSWORD.to_owned())))
    }

    /// Stands before the broker on `port` from now on.
    pub fn stand_before(&mut self, port: u16) {
        let (listener, acceptor) = (self.listener.take().unwrap(), self.acceptor.clone());
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((client, _)) = listener.accept().await {
                    let acceptor = acceptor.clone();
                    // Who goes away or is not let in is none of our business.
                    tokio::spawn(async move { serve(acceptor, client, port).await.ok() });
                }
            });
        });
    }
}

async fn serve(acceptor: TlsAcceptor, client: TcpStream, port: u16) -> std::io::Result<()> {
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut known = false;
    loop {
        let request = frame(&mut client).await?;
        let kind = i16::from_be_bytes([request[0], request[1]]);
        let version = i16::from_be_bytes([request[2], request[3]]);
        let answer = match kind {
            HANDSHAKE => [&request[4..8], &[0, 0], &1_i32.to_be_bytes(), &5_i16.to_be_bytes(), b"PLAIN"].concat(),
            AUTHENTICATE => {
                let wanted = format!("\0{USER}\0{PASSWORD}");
                known = request.windows(wanted.len()).any(|part| part == wanted.as_bytes());
                authenticated(&request[4..8], version, known)
            }
            _ if known || kind == VERSIONS => {
                server.write_all(&i32::try_from(request.len()).unwrap().to_be_bytes()).await?;
                server.write_all(&request).await?;
                frame(&mut server).await?
            }
            _ => return Ok(()),
        };
        client.write_all(&i32::try_from(answer.len()).unwrap().to_be_bytes()).await?;
        client.write_all(&answer).await?;
        client.flush().await?;
    }
}

/// The answer to SaslAuthenticate: 0, or 58 (SASL_AUTHENTICATION_FAILED).
fn authenticated(correlation: &[u8], version: i16, known: bool) -> Vec<u8> {
    let code = if known { 0_i16 } else { 58 }.to_be_bytes();
    let lifetime = 0_i64.to_be_bytes();
    match version {
        // No message, no bytes.
        0 => [correlation, &code, &(-1_i16).to_be_bytes(), &0_i32.to_be_bytes()].concat(),
        1 => [correlation, &code, &(-1_i16).to_be_bytes(), &0_i32.to_be_bytes(), &lifetime].concat(),
        // With tagged fields in the header, compact forms of null and of nothing, and tagged fields.
        _ => [correlation, &[0], &code, &[0], &[1], &lifetime, &[0]].concat(),
    }
}

async fn frame(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Vec<u8>> {
    let length = stream.read_i32().await?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}
