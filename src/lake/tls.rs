//! The cryptography behind TLS.

/// Names ring as the cryptography of all TLS in this process; a second call changes nothing. To be called before the
/// first HTTP client is built: the HTTP library brings none of its own.
pub fn use_ring() {
    // An error means that one is named already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
