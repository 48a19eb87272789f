//! Certificates: whom a channel believes.

use std::sync::Arc;

use landfall::alerts::channel::Sent;
use landfall::alerts::channel::http::Http;
use landfall::domain::alert::Occasion;
use landfall::domain::clock::SystemClock;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::channels::{ALL, PATIENT, http, open, well};
use super::message::letter;
use super::receiver::Receiver;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A receiver's side of TLS, with a certificate of that authority for that name; `expired` some years ago.
fn acceptor(authority: &Authority, name: &str, expired: bool) -> TlsAcceptor {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if expired {
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2012, 1, 1), rcgen::date_time_ymd(2013, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn a_receiver_with_a_certificate_of_the_named_authority_is_believed() {
    let authority = authority("ours");
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.as_ref().pem()).unwrap();
    for name in ALL {
        let receiver =
            Receiver::secure(acceptor(&authority, "localhost", false), |heard, _| well(name, &heard.path)).await;
        let channel = open(name, &receiver.base, http(PATIENT, Some(&ca)));
        let sent = channel.send(letter(Occasion::Fired).message()).await;
        assert!(matches!(sent, Sent::Delivered { .. }), "{name}: {sent:?}");
    }
}

#[tokio::test]
async fn a_wrong_certificate_gets_no_message_and_is_named() {
    let (authority, stranger) = (authority("ours"), authority("theirs"));
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.as_ref().pem()).unwrap();
    let wrong = [
        (acceptor(&stranger, "localhost", false), "UnknownIssuer: if its authority is your own, name that in `ca`"),
        (acceptor(&authority, "hooks.example.com", false), "not valid for name \"localhost\""),
        (acceptor(&authority, "localhost", true), "expired"),
    ];
    for (acceptor, because) in wrong {
        for name in ALL {
            let receiver = Receiver::secure(acceptor.clone(), |heard, _| well(name, &heard.path)).await;
            let channel = open(name, &receiver.base, http(PATIENT, Some(&ca)));
            let sent = channel.send(letter(Occasion::Fired).message()).await;
            let Sent::Retry { detail, .. } = &sent else { panic!("{name}: {sent:?}") };
            assert!(detail.starts_with("the certificate of localhost is not trusted: "), "{name}: {detail}");
            assert!(detail.contains(because), "{name}: {detail}");
            assert!(receiver.heard().is_empty());
        }
    }
}

#[test]
fn an_authority_that_cannot_be_read_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = |file: &str| Http::new(PATIENT, Some(&folder.path().join(file)), Arc::new(SystemClock)).err().unwrap();
    std::fs::write(folder.path().join("empty.pem"), "no certificate").unwrap();
    assert!(open("missing.pem").starts_with("cannot read `ca` "), "{}", open("missing.pem"));
    assert!(open("empty.pem").ends_with("holds no certificate in PEM form"), "{}", open("empty.pem"));
}
