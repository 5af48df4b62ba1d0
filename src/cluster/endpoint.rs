//! Where the API server is: its address, the proxy before it, and the certificates that it is known by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Uri;
use kube::config::Cluster as ClusterEntry;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::connect::ConnectError;
use super::error::Reason;
use super::kubeconfig::Selected;
use crate::http::proxy_for;

/// Returns the address of the server. Without a scheme it is HTTPS exactly where certificates are spoken of.
pub(super) fn server(selected: &Selected) -> Result<Uri, ConnectError> {
    let cluster = &selected.cluster;
    let server = cluster
        .server
        .clone()
        .filter(|server| !server.is_empty())
        .ok_or(ConnectError::NoServer)?;
    let secure = cluster.certificate_authority.is_some()
        || cluster.certificate_authority_data.is_some()
        || cluster.insecure_skip_tls_verify == Some(true)
        || selected.user.client_certificate.is_some()
        || selected.user.client_certificate_data.is_some();
    let full = match (server.contains("://"), secure) {
        (true, _) => server.clone(),
        (false, true) => format!("https://{server}"),
        (false, false) => format!("http://{server}"),
    };
    let uri = full.parse::<Uri>().ok();
    let uri = uri
        .filter(|uri| uri.host().is_some() && matches!(uri.scheme_str(), Some("http" | "https")));
    uri.ok_or(ConnectError::Server { server })
}

/// Returns the proxy: the one of the kubeconfig, else the one that the environment names for this server.
///
/// kube asks `NO_PROXY` about the proxy in place of the server, so it is never asked.
pub(super) fn proxy(named: Option<&str>, server: &str) -> Result<Option<Uri>, ConnectError> {
    let refused = || ConnectError::Proxy {
        server: server.into(),
    };
    let proxy = match named.filter(|named| !named.is_empty()) {
        Some(named) => named.to_owned(),
        None => match Url::parse(server)
            .ok()
            .and_then(|target| proxy_for(&target))
        {
            Some(proxy) => proxy.to_string(),
            None => return Ok(None),
        },
    };
    // The name is looked up by the proxy in both spellings: that is how kube's SOCKS works.
    let proxy = proxy.replacen("socks5h://", "socks5://", 1);
    proxy.parse::<Uri>().map(Some).map_err(|_| refused())
}

/// Reads the CA certificates; `None` where those of the system count.
pub(super) fn authorities(cluster: &ClusterEntry) -> Result<Option<Vec<Vec<u8>>>, ConnectError> {
    let data = cluster
        .certificate_authority_data
        .as_deref()
        .filter(|data| !data.is_empty());
    let file = cluster
        .certificate_authority
        .as_deref()
        .filter(|file| !file.is_empty());
    let (origin, pem) = match (data, file) {
        (Some(data), _) => (
            "certificate-authority-data",
            STANDARD
                .decode(data.trim())
                .map_err(|error| error.to_string()),
        ),
        (None, Some(file)) => (file, std::fs::read(file).map_err(|error| error.to_string())),
        (None, None) => return Ok(None),
    };
    let broken = |problem: String| ConnectError::Authority {
        origin: origin.into(),
        source: Reason(problem),
    };
    let pem = pem.map_err(broken)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem)
        .map(|found| found.map(|found| found.to_vec()))
        .collect();
    let certificates = certificates.map_err(|error| broken(error.to_string()))?;
    if certificates.is_empty() {
        return Err(broken("no PEM certificate is in it".into()));
    }
    Ok(Some(certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_of_the_kubeconfig_wins() {
        let proxy = proxy(
            Some("socks5h://user:pw@proxy:1080"),
            "https://127.0.0.1:6443",
        )
        .unwrap()
        .unwrap();
        assert_eq!(proxy.to_string(), "socks5://user:pw@proxy:1080/");
        assert!(
            super::proxy(None, "https://127.0.0.1:6443")
                .unwrap()
                .is_none(),
            "loopback needs none"
        );
    }

    #[test]
    fn an_address_without_a_scheme_gets_one() {
        let mut selected = Selected::default();
        selected.cluster.server = Some("10.0.0.1:6443".into());
        assert_eq!(
            server(&selected).unwrap().to_string(),
            "http://10.0.0.1:6443/"
        );
        selected.cluster.insecure_skip_tls_verify = Some(true);
        assert_eq!(
            server(&selected).unwrap().to_string(),
            "https://10.0.0.1:6443/"
        );
        selected.cluster.server = Some("ftp://x".into());
        assert_eq!(
            server(&selected).unwrap_err().to_string(),
            "`ftp://x` is not the address of a cluster"
        );
    }

    #[test]
    fn an_authority_that_is_no_certificate_names_where_it_stands() {
        let cluster = ClusterEntry {
            certificate_authority: Some("/nowhere/ca".into()),
            ..ClusterEntry::default()
        };
        let error = authorities(&cluster).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read the CA certificates of the cluster (/nowhere/ca)"
        );
        let cluster = ClusterEntry {
            certificate_authority_data: Some("aGk=".into()),
            ..ClusterEntry::default()
        };
        assert!(authorities(&cluster).is_err());
    }
}
