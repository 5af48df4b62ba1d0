//! Certificates of the double, good and bad.

use std::sync::Arc;

use rcgen::{CertificateParams, date_time_ymd};
use rustls::ServerConfig;

use super::settings::Tls;
use crate::scene::tls::Authority;

/// Makes what a server on loopback needs; nothing for one without TLS.
pub fn server_config(authority: &Authority, tls: Tls) -> Option<Arc<ServerConfig>> {
    let names: &[&str] = match tls {
        Tls::Off => return None,
        Tls::OtherHost => &["gitlab.elsewhere.example"],
        Tls::Good | Tls::Expired | Tls::Foreign => &["127.0.0.1", "localhost"],
    };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("the names are plain");
    if tls == Tls::Expired {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let identity = match tls {
        Tls::Foreign => Authority::new("another authority").sign(&params),
        _ => authority.sign(&params),
    };
    Some(identity.server_config())
}
