//! A private certificate authority, and certificates for servers on loopback.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::kubeconfig::write_private;
use super::runtime::runtime;

/// A certificate authority that only this run trusts.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// A server's certificate with its key, both PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Authority {
    /// Makes an authority of this name.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("the system has randomness");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params
            .self_signed(&key)
            .expect("the parameters are fixed")
            .pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// Returns its certificate, as PEM.
    pub fn pem(&self) -> &str {
        &self.certificate
    }

    /// Makes a certificate for a server on loopback, under its address and as `localhost`.
    pub fn identity(&self) -> Identity {
        let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        self.sign(&CertificateParams::new(names).expect("the names are plain"))
    }

    /// Makes a certificate with a new key.
    pub fn sign(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("the system has randomness");
        let certificate = params
            .signed_by(&key, &self.issuer)
            .expect("the parameters are fixed");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Identity {
    /// Writes certificate and key as `tls.crt` and `tls.key`.
    pub fn write(&self, folder: &Path) {
        fs::write(folder.join("tls.crt"), &self.certificate)
            .expect("the folder of the run can be written");
        write_private(&folder.join("tls.key"), &self.key);
    }

    /// Returns the settings of a server with this identity.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        // The runtime chooses the crypto provider of the process.
        runtime();
        let chain = CertificateDer::pem_slice_iter(self.certificate.as_bytes());
        let chain = chain
            .collect::<Result<Vec<_>, _>>()
            .expect("we made the certificate");
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("we made the key");
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("they fit");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}
