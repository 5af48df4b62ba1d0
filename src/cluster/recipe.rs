//! From flags, kubeconfig and surroundings to what a client needs.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri, header};
use kube::config::{AuthInfo, Cluster as ClusterEntry, Config};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use url::Url;

use super::connect::{ConnectError, ConnectOptions};
use super::credential::{Credential, Plugin};
use super::error::Reason;
use super::kubeconfig::{self, ConfigError, Selected};
use super::transport::client;
use crate::env;
use crate::http::{USER_AGENT, install_crypto, proxy_for};

/// How long it may take to open a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Where a pod finds its own credentials.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// All that it takes to make a client, again and again.
pub(super) struct Recipe {
    pub server: String,
    config: Config,
    plugin: Option<Plugin>,
}

impl Recipe {
    /// Works out the recipe. Nothing is sent and no plugin runs.
    pub(super) fn new(options: &ConnectOptions) -> Result<Self, ConnectError> {
        install_crypto();
        let mut selected = selected(options)?;
        amend_cluster(&mut selected.cluster, options);
        amend_user(&mut selected.user, options)?;
        let plugin = selected
            .user
            .exec
            .take()
            .filter(|_| selected.user.token.is_none());
        let plugin = plugin
            .map(|exec| Plugin::new(exec, &selected.cluster))
            .transpose()?;
        let uri = server(&selected)?;
        let server = uri.to_string().trim_end_matches('/').to_owned();
        let mut config = Config::new(uri);
        config.root_cert = authorities(&selected.cluster)?;
        config.accept_invalid_certs = selected.cluster.insecure_skip_tls_verify == Some(true);
        config.tls_server_name = selected
            .cluster
            .tls_server_name
            .filter(|name| !name.is_empty());
        config.disable_compression = selected.cluster.disable_compression == Some(true);
        config.proxy_url = proxy(selected.cluster.proxy_url.as_deref(), &server)?;
        config.connect_timeout = Some(CONNECT_LIMIT);
        config
            .headers
            .push((header::USER_AGENT, HeaderValue::from_static(USER_AGENT)));
        config.auth_info = selected.user;
        Ok(Self {
            server,
            config,
            plugin,
        })
    }

    /// Says whether new credentials can be had when the old ones are refused.
    pub(super) const fn can_renew(&self) -> bool {
        self.plugin.is_some()
    }

    /// Makes a client; the plugin, if there is one, runs exactly once for it.
    ///
    /// kube would run it three times a client, which is why it never sees it.
    pub(super) async fn client(
        &self,
    ) -> Result<(kube::Client, Option<jiff::Timestamp>), ConnectError> {
        let mut config = self.config.clone();
        let mut expires = None;
        if let Some(plugin) = &self.plugin {
            let credential = plugin.run().await?;
            expires = credential.expires;
            give(&mut config.auth_info, credential);
        }
        let client = client(&config).map_err(|source| ConnectError::Setup {
            server: self.server.clone(),
            source,
        })?;
        Ok((client, expires))
    }
}

/// Puts the credential of a plugin where kube looks for fixed ones.
fn give(user: &mut AuthInfo, credential: Credential) {
    user.token = credential
        .token
        .map(|token| token.as_str().to_owned().into());
    if let Some((certificate, key)) = credential.certificate {
        user.client_certificate_data = Some(STANDARD.encode(certificate));
        user.client_key_data = Some(STANDARD.encode(key.as_bytes()).into());
    }
}

/// Finds what the kubeconfig says, or else what the pod around us has.
fn selected(options: &ConnectOptions) -> Result<Selected, ConnectError> {
    let choice = &options.choice;
    let config = kubeconfig::load(choice.kubeconfig.as_deref())?;
    if let Some(config) =
        config.filter(|config| !config.clusters.is_empty() || !config.contexts.is_empty())
    {
        return match kubeconfig::select(&config, choice) {
            Err(ConfigError::NoContext { .. }) if options.server.is_some() => {
                Ok(Selected::default())
            }
            other => Ok(other?),
        };
    }
    if options.server.is_some() {
        return Ok(Selected::default());
    }
    let named = choice.kubeconfig.iter().cloned();
    in_cluster(Path::new(SERVICE_ACCOUNT)).ok_or_else(|| {
        let looked_at = if choice.kubeconfig.is_some() {
            named.collect()
        } else {
            kubeconfig::paths()
        };
        ConfigError::None { looked_at }.into()
    })
}

/// Returns what a pod knows about its cluster; `None` outside of one.
fn in_cluster(folder: &Path) -> Option<Selected> {
    let host = env::KUBERNETES_SERVICE_HOST.text()?;
    let port = env::KUBERNETES_SERVICE_PORT.text()?;
    let token = folder.join("token");
    if !token.is_file() {
        return None;
    }
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host
    };
    Some(Selected {
        cluster: ClusterEntry {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: Some(folder.join("ca.crt").display().to_string()),
            ..ClusterEntry::default()
        },
        user: AuthInfo {
            token_file: Some(token.display().to_string()),
            ..AuthInfo::default()
        },
    })
}

/// Lets the flags win over what the kubeconfig says about the cluster.
fn amend_cluster(cluster: &mut ClusterEntry, options: &ConnectOptions) {
    if let Some(server) = &options.server {
        cluster.server = Some(server.clone());
        // The name was for the other server.
        cluster.tls_server_name = None;
    }
    if options.tls.insecure_skip_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    if let Some(file) = &options.tls.certificate_authority {
        cluster.certificate_authority = Some(file.display().to_string());
        cluster.certificate_authority_data = None;
        cluster.insecure_skip_tls_verify = Some(options.tls.insecure_skip_verify);
    }
    if let Some(name) = &options.tls.server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if options.disable_compression {
        cluster.disable_compression = Some(true);
    }
}

/// Lets the flags win over what the kubeconfig says about the user.
fn amend_user(user: &mut AuthInfo, options: &ConnectOptions) -> Result<(), ConnectError> {
    if let Some(token) = &options.token {
        // A server looks at certificates before tokens, so the other ways to log in must go,
        // or the token would be there in vain.
        let impersonate = user.clone();
        *user = AuthInfo {
            token: Some(token.reveal().to_owned().into()),
            impersonate: impersonate.impersonate,
            impersonate_uid: impersonate.impersonate_uid,
            impersonate_groups: impersonate.impersonate_groups,
            impersonate_user_extra: impersonate.impersonate_user_extra,
            ..AuthInfo::default()
        };
    }
    if let Some(file) = &options.tls.client_certificate {
        user.client_certificate = Some(file.display().to_string());
        user.client_certificate_data = None;
    }
    if let Some(file) = &options.tls.client_key {
        user.client_key = Some(file.display().to_string());
        user.client_key_data = None;
    }
    let wanted = &options.impersonate;
    if let Some(name) = &wanted.user {
        user.impersonate = Some(name.clone());
    }
    if let Some(uid) = &wanted.uid {
        user.impersonate_uid = Some(uid.clone());
    }
    if !wanted.groups.is_empty() {
        user.impersonate_groups = Some(wanted.groups.clone());
    }
    if !wanted.extra.is_empty() {
        user.impersonate_user_extra = Some(HashMap::from_iter(wanted.extra.clone()));
    }
    let more = user.impersonate_uid.is_some()
        || user.impersonate_groups.is_some()
        || user.impersonate_user_extra.is_some();
    if more && user.impersonate.as_deref().is_none_or(str::is_empty) {
        return Err(ConnectError::Impersonation);
    }
    Ok(())
}

/// Returns the address of the server. Without a scheme it is HTTPS exactly where certificates are spoken of.
fn server(selected: &Selected) -> Result<Uri, ConnectError> {
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
fn proxy(named: Option<&str>, server: &str) -> Result<Option<Uri>, ConnectError> {
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
fn authorities(cluster: &ClusterEntry) -> Result<Option<Vec<Vec<u8>>>, ConnectError> {
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
    use std::fs;
    use std::process::Command;

    use kube::config::ExecConfig;

    use super::super::connect::{Impersonation, TlsOptions, Token};
    use super::*;
    use crate::error::{Blame, Explain as _};

    const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: 'https://api.example.com:6443'}}]
contexts: [{name: c, context: {cluster: c}}]
";

    /// Runs in a process of its own, which `in_surroundings` starts: it says what a recipe comes to.
    #[test]
    #[ignore = "only a part of other tests"]
    fn say_what_the_surroundings_come_to() {
        match Recipe::new(&ConnectOptions::default()) {
            Ok(recipe) => println!("<{} via {:?}>", recipe.server, recipe.config.proxy_url),
            Err(error) => println!("<{error}>"),
        }
    }

    /// Returns what a recipe comes to with these environment variables and no others.
    fn in_surroundings(variables: &[(&str, &str)]) -> String {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("cluster::recipe::tests::say_what_the_surroundings_come_to")
            .env_clear()
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, said) = text.split_once('<').unwrap_or_else(|| panic!("{text}"));
        said.split_once('>').unwrap().0.to_owned()
    }

    #[test]
    fn no_proxy_is_held_against_the_cluster_and_may_end_with_a_comma() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        fs::write(&file, KUBECONFIG).unwrap();
        let list = format!("/nowhere/config:{}", file.display());
        let ask = |no_proxy: &str| {
            in_surroundings(&[
                ("KUBECONFIG", &list),
                ("HTTPS_PROXY", "http://proxy.example.net:3128"),
                ("NO_PROXY", no_proxy),
                ("KUBE_RS_DEBUG_OVERRIDE_URL", "https://elsewhere"),
            ])
        };
        let direct = "https://api.example.com:6443 via None";
        let proxied = "https://api.example.com:6443 via Some(http://proxy.example.net:3128/)";
        assert_eq!(ask("api.example.com,"), direct);
        assert_eq!(ask("example.com"), direct);
        assert_eq!(
            ask("proxy.example.net"),
            proxied,
            "the address of the proxy does not count"
        );
        assert_eq!(ask(""), proxied);
    }

    #[test]
    fn without_any_kubeconfig_the_error_says_where_it_looked() {
        assert_eq!(
            in_surroundings(&[("HOME", "/nowhere")]),
            "no kubeconfig found (looked at /nowhere/.kube/config)"
        );
        let outside_a_pod = [
            ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
            ("KUBERNETES_SERVICE_PORT", "443"),
        ];
        assert_eq!(
            in_surroundings(&outside_a_pod),
            "no kubeconfig found (looked at nothing: HOME is not set)"
        );
    }

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
    fn a_token_flag_puts_all_other_credentials_aside() {
        let mut user = AuthInfo {
            client_certificate_data: Some("c".into()),
            exec: Some(ExecConfig::default()),
            impersonate: Some("jane".into()),
            ..AuthInfo::default()
        };
        let options = ConnectOptions {
            token: Some(Token::from("t".to_owned())),
            ..ConnectOptions::default()
        };
        amend_user(&mut user, &options).unwrap();
        assert!(
            user.token.is_some() && user.exec.is_none() && user.client_certificate_data.is_none()
        );
        assert_eq!(user.impersonate.as_deref(), Some("jane"));
        assert_eq!(format!("{:?}", options.token), "Some(***)");
    }

    #[test]
    fn groups_need_a_user() {
        let impersonate = Impersonation {
            groups: vec!["dev".into()],
            ..Impersonation::default()
        };
        let options = ConnectOptions {
            impersonate,
            ..ConnectOptions::default()
        };
        let error = amend_user(&mut AuthInfo::default(), &options).unwrap_err();
        assert_eq!(error.blame(), Blame::Usage);
    }

    #[test]
    fn flags_about_certificates_replace_what_contradicts_them() {
        let filled = || ClusterEntry {
            certificate_authority_data: Some("x".into()),
            insecure_skip_tls_verify: Some(true),
            tls_server_name: Some("old".into()),
            ..ClusterEntry::default()
        };
        let mut cluster = filled();
        let tls = TlsOptions {
            certificate_authority: Some("ca.crt".into()),
            ..TlsOptions::default()
        };
        amend_cluster(
            &mut cluster,
            &ConnectOptions {
                tls,
                ..ConnectOptions::default()
            },
        );
        assert_eq!(cluster.certificate_authority.as_deref(), Some("ca.crt"));
        assert_eq!(
            (
                cluster.certificate_authority_data,
                cluster.insecure_skip_tls_verify
            ),
            (None, Some(false))
        );
        let mut cluster = filled();
        amend_cluster(
            &mut cluster,
            &ConnectOptions {
                server: Some("https://x".into()),
                ..ConnectOptions::default()
            },
        );
        assert_eq!(cluster.tls_server_name, None);
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
