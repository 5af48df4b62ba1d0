//! Which proxy the environment names for a target.

use url::Url;

use crate::env;

/// Returns the proxy that the environment names for `target`, unless `NO_PROXY` excepts its host.
///
/// Rules of curl and Go: a name matches itself and what ends in `.name`; `*` matches all; loopback
/// is never proxied; a port in an entry must match too.
pub fn proxy_for(target: &Url) -> Option<Url> {
    let host = target
        .host_str()?
        .trim_start_matches('[')
        .trim_end_matches(']');
    let port = target.port_or_known_default();
    if is_loopback(host) {
        return None;
    }
    let excepted = env::NO_PROXY
        .text()
        .or_else(|| env::NO_PROXY_LOWER.text())
        .unwrap_or_default();
    if excepted
        .split(',')
        .any(|entry| excepts(entry.trim(), host, port))
    {
        return None;
    }
    let proxy = match target.scheme() {
        "https" => env::HTTPS_PROXY
            .text()
            .or_else(|| env::HTTPS_PROXY_LOWER.text()),
        _ => env::HTTP_PROXY
            .text()
            .or_else(|| env::HTTP_PROXY_LOWER.text()),
    }?;
    let proxy = if proxy.contains("://") {
        proxy
    } else {
        format!("http://{proxy}")
    };
    Url::parse(&proxy).ok()
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Says whether one entry of `NO_PROXY` excepts the host.
fn excepts(entry: &str, host: &str, port: Option<u16>) -> bool {
    let (name, wanted_port) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') && digits.parse::<u16>().is_ok() => {
            (name, digits.parse().ok())
        }
        _ => (entry, None),
    };
    if name.is_empty() || (wanted_port.is_some() && wanted_port != port) {
        return false;
    }
    if name == "*" {
        return true;
    }
    if let (Some((network, bits)), Ok(address)) =
        (name.split_once('/'), host.parse::<std::net::IpAddr>())
    {
        return in_network(network, bits, address);
    }
    let name = name
        .trim_start_matches("*.")
        .trim_start_matches('.')
        .to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    host == name || host.ends_with(&format!(".{name}"))
}

/// Says whether the address lies in `network/bits`.
fn in_network(network: &str, bits: &str, address: std::net::IpAddr) -> bool {
    use std::net::IpAddr::{V4, V6};
    let (Ok(network), Ok(bits)) = (network.parse(), bits.parse::<u32>()) else {
        return false;
    };
    match (network, address) {
        (V4(network), V4(address)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (V6(network), V6(address)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_looks_at_the_target() {
        assert!(excepts("example.com", "api.example.com", Some(443)));
        assert!(excepts(".example.com", "example.com", Some(443)));
        assert!(excepts("10.0.0.0/8", "10.3.2.1", Some(6443)));
        assert!(excepts("api:6443", "api", Some(6443)));
        assert!(!excepts("api:6443", "api", Some(443)));
        assert!(
            !excepts("", "api", None),
            "a trailing comma excepts nothing"
        );
        assert!(!excepts("ample.com", "example.com", None));
        assert!(excepts("*", "anything", None));
    }
}
