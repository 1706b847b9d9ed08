//! What certificate a TLS server shows. Any is taken: who has signed it, for whom, and whether the server has its key,
//! is not the question, and a client that refuses would not see when it ends.

use super::network::{self, Conversation};
use super::options::Cert;
use super::{Answer, Trouble};
use crate::probe::Verdict;
use crate::probe::certificate::Validity;
use crate::probe::host::Host;
use crate::sys::clock;
use crate::tai64::Label;
use core::time::Duration;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::{Arc, OnceLock};

/// Asks a server for its certificate.
pub(super) fn check(cert: &Cert, timeout: Duration) -> Answer<Verdict> {
    let seen = Arc::new(Seen::default());
    let unable = |error: Error| Trouble::of(&[b"unable to speak TLS: ", error.to_string().as_bytes()]);
    let config =
        ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let config = config.map_err(unable)?.dangerous().with_custom_certificate_verifier(Arc::clone(&seen) as Arc<_>);
    let connection = ClientConnection::new(Arc::new(config.with_no_client_auth()), name(&cert.place.host)?);
    let connection = connection.map_err(unable)?;
    let mut handshake = Handshake { connection, seen, wanted: cert.valid.0, now: clock::label(), verdict: None };
    network::internet(&cert.place, &mut handshake, timeout)
}

/// The name that the server is asked for, as one may have several certificates.
fn name(host: &Host) -> Answer<ServerName<'static>> {
    match host {
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Trouble::of(&[b"no name that a certificate can have: ", name.as_bytes()])),
    }
}

/// The first steps of a TLS connection.
struct Handshake {
    connection: ClientConnection,
    seen: Arc<Seen>,
    wanted: Duration,
    now: Label,
    verdict: Option<Verdict>,
}

impl Handshake {
    /// What there is to say now.
    fn speak(&mut self, unsaid: &mut Vec<u8>) {
        while self.connection.wants_write() {
            if self.connection.write_tls(unsaid).is_err() {
                return; // nothing can be wrong with memory
            }
        }
    }

    /// What the certificate says, if it was shown.
    fn judge(&self) -> Option<Verdict> {
        let certificate = self.seen.certificate.get()?;
        let judged = Validity::of(certificate).map(|validity| validity.judge(self.now, self.wanted));
        Some(judged.unwrap_or_else(|| Verdict::Ill("its certificate cannot be read".into())))
    }
}

impl Conversation for Handshake {
    fn opening(&mut self) -> Vec<u8> {
        let mut unsaid = Vec::new();
        self.speak(&mut unsaid);
        unsaid
    }

    /// A connection is begun and ended as it should be, for the sake of the server's log.
    fn said(&self) -> Option<Verdict> {
        self.verdict.clone()
    }

    fn heard(&mut self, mut bytes: &[u8], unsaid: &mut Vec<u8>) -> Option<Verdict> {
        while !bytes.is_empty() && self.verdict.is_none() {
            let taken = self.connection.read_tls(&mut bytes);
            let done = taken
                .map_err(|error| error.to_string())
                .and_then(|_| self.connection.process_new_packets().map(drop).map_err(|error| error.to_string()));
            if done.is_ok() && self.connection.is_handshaking() {
                continue;
            }
            self.connection.send_close_notify();
            // A server that wants a certificate of ours has shown its own before.
            let without = || Verdict::Ill(format!("no certificate: {}", done.err().unwrap_or_default()));
            self.verdict = Some(self.judge().unwrap_or_else(without));
        }
        self.speak(unsaid);
        None
    }

    fn ended(&mut self) -> Verdict {
        self.judge().unwrap_or_else(|| Verdict::Ill(format!("closed: {}", self.so_far())))
    }

    fn so_far(&self) -> String {
        "no certificate".to_owned()
    }
}

/// Takes any certificate, and keeps it.
#[derive(Debug, Default)]
struct Seen {
    certificate: OnceLock<Vec<u8>>,
}

impl ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let _ = self.certificate.set(certificate.to_vec()); // there is one of each connection, and one connection
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    /// All that there are: what a signature is worth is not looked at.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::ECDSA_NISTP521_SHA512,
            SignatureScheme::ED25519,
            SignatureScheme::ED448,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::RSA_PKCS1_SHA1,
            SignatureScheme::ECDSA_SHA1_Legacy,
        ]
    }
}
