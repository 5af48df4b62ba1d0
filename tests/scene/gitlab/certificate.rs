//! Certificates of the double: a private authority, and leaves good and bad.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::settings::Tls;

/// A certificate authority that nothing but a test trusts.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    /// Makes one.
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

    /// Makes what a server on loopback needs; nothing for one without TLS.
    pub fn server_config(&self, tls: Tls) -> Option<Arc<ServerConfig>> {
        let issuer = match tls {
            Tls::Off => return None,
            Tls::Foreign => &Self::new("another authority").issuer,
            Tls::Good | Tls::Expired | Tls::OtherHost => &self.issuer,
        };
        let names: &[&str] = match tls {
            Tls::OtherHost => &["gitlab.elsewhere.example"],
            _ => &["127.0.0.1", "localhost"],
        };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("the names are plain");
        if tls == Tls::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().expect("the system has randomness");
        let leaf = params
            .signed_by(&key, issuer)
            .expect("the parameters are fixed");
        Some(config(&leaf.pem(), &key.serialize_pem()))
    }
}

fn config(certificate: &str, key: &str) -> Arc<ServerConfig> {
    // An error means that it was chosen before.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes());
    let chain = chain
        .collect::<Result<Vec<_>, _>>()
        .expect("we made the certificate");
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("we made the key");
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("they fit");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Arc::new(config)
}
