//! From flags, kubeconfig and surroundings to what a client needs.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, header};
use kube::config::{AuthInfo, Cluster as ClusterEntry, Config};

use super::amend::{amend_cluster, amend_user};
use super::connect::{ConnectError, ConnectOptions};
use super::credential::{Credential, Plugin};
use super::endpoint::{authorities, proxy, server};
use super::kubeconfig::{self, Selected};
use super::kubeconfig_error::ConfigError;
use super::transport::client;
use crate::env;
use crate::http::{USER_AGENT, install_crypto};

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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

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
}
