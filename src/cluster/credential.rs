//! Credential plugins: programs of the kubeconfig that know how to log in.

use std::io::{self, IsTerminal as _};
use std::process::{ExitStatus, Output, Stdio};

use jiff::{SignedDuration, Timestamp};
use kube::config::{Cluster, ExecAuthCluster, ExecConfig, ExecInteractiveMode, KubeconfigError};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::error::Explain;

/// The versions of the protocol between us and the program.
const API_VERSIONS: [&str; 2] = [
    "client.authentication.k8s.io/v1",
    "client.authentication.k8s.io/v1beta1",
];

/// How long before its end a credential is renewed, so that no request starts with a dying one.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// Why a plugin gave no credential. What it printed is never quoted.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The kubeconfig describes the plugin wrongly.
    #[error("the credential plugin of the kubeconfig {problem}")]
    Described {
        /// What is wrong, after "the credential plugin of the kubeconfig".
        problem: String,
    },
    /// What the plugin should be told about the cluster can't be read.
    #[error("cannot tell the credential plugin about the cluster")]
    ClusterInfo(#[source] KubeconfigError),
    /// The program can't be started.
    #[error("cannot start the credential plugin `{command}`")]
    Start {
        /// The program.
        command: String,
        /// How to get it, in the words of the kubeconfig.
        install: Option<String>,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The program wants to ask somebody, and nobody is there.
    #[error("the credential plugin `{command}` needs a terminal")]
    NeedsTerminal {
        /// The program.
        command: String,
    },
    /// The program failed; it said why on standard error, which is ours too.
    #[error("the credential plugin `{command}` failed: {status}")]
    Failed {
        /// The program.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The program printed no credential.
    #[error("the credential plugin `{command}` printed no credential: {problem}")]
    Answer {
        /// The program.
        command: String,
        /// What is wrong with its answer.
        problem: String,
    },
}

impl Explain for CredentialError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Start { install, .. } => install.clone(),
            Self::Failed { command, .. } => Some(format!("log in with `{command}` again")),
            Self::NeedsTerminal { .. } => Some("run it in a terminal, or give a `--token`".into()),
            _ => None,
        }
    }
}

/// What a plugin gives: a token, a certificate with its key, or both.
#[derive(Clone)]
pub(super) struct Credential {
    pub token: Option<Zeroizing<String>>,
    pub certificate: Option<(String, Zeroizing<String>)>,
    pub expires: Option<Timestamp>,
}

impl Credential {
    /// Says whether it must be renewed before the next request.
    pub(super) fn is_expiring(expires: Option<Timestamp>) -> bool {
        expires.is_some_and(|expires| Timestamp::now() + MARGIN >= expires)
    }
}

/// A program that gives credentials.
pub(super) struct Plugin {
    command: String,
    exec: ExecConfig,
    api_version: String,
    cluster: Option<Value>,
}

impl Plugin {
    /// Takes a plugin as the kubeconfig describes it.
    pub(super) fn new(exec: ExecConfig, cluster: &Cluster) -> Result<Self, CredentialError> {
        let described = |problem: String| CredentialError::Described { problem };
        let command = exec.command.clone().filter(|command| !command.is_empty());
        let command = command.ok_or_else(|| described("names no command".into()))?;
        let api_version = exec.api_version.clone().unwrap_or_default();
        if !API_VERSIONS.contains(&api_version.as_str()) {
            let known = API_VERSIONS.join(" and ");
            return Err(described(format!(
                "speaks `{api_version}`; known are {known}"
            )));
        }
        if api_version == API_VERSIONS[0] && exec.interactive_mode.is_none() {
            return Err(described(
                "must set `interactiveMode`, as its version v1 asks for".into(),
            ));
        }
        let cluster = exec
            .provide_cluster_info
            .then(|| ExecAuthCluster::try_from(cluster))
            .transpose();
        let cluster = cluster.map_err(CredentialError::ClusterInfo)?;
        let cluster = cluster.and_then(|cluster| serde_json::to_value(cluster).ok());
        Ok(Self {
            command,
            exec,
            api_version,
            cluster,
        })
    }

    /// Runs the program once.
    pub(super) async fn run(&self) -> Result<Credential, CredentialError> {
        let at_terminal = io::stdin().is_terminal();
        let interactive = match self.exec.interactive_mode {
            Some(ExecInteractiveMode::Never) => false,
            Some(ExecInteractiveMode::Always) if !at_terminal => {
                return Err(CredentialError::NeedsTerminal {
                    command: self.command.clone(),
                });
            }
            _ => at_terminal,
        };
        let output =
            self.command(interactive)
                .output()
                .await
                .map_err(|source| CredentialError::Start {
                    command: self.command.clone(),
                    install: self
                        .exec
                        .install_hint
                        .clone()
                        .filter(|_| source.kind() == io::ErrorKind::NotFound),
                    source,
                })?;
        self.read(output)
    }

    fn command(&self, interactive: bool) -> Command {
        let mut spec = json!({ "interactive": interactive });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let info =
            json!({ "apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec });
        let mut command = Command::new(&self.command);
        command
            .args(self.exec.args.iter().flatten())
            .env("KUBERNETES_EXEC_INFO", info.to_string())
            .stdin(if interactive {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        for variable in self.exec.env.iter().flatten() {
            if let (Some(name), Some(value)) = (variable.get("name"), variable.get("value")) {
                command.env(name, value);
            }
        }
        command
    }

    /// Reads what the program printed.
    fn read(&self, output: Output) -> Result<Credential, CredentialError> {
        let Output { status, stdout, .. } = output;
        let stdout = Zeroizing::new(stdout);
        if !status.success() {
            return Err(CredentialError::Failed {
                command: self.command.clone(),
                status,
            });
        }
        let problem = |problem: &str| CredentialError::Answer {
            command: self.command.clone(),
            problem: problem.into(),
        };
        // The parsers quote what they stumble over, so their words are dropped.
        let answer: Answer = match serde_json::from_slice(&stdout) {
            Ok(answer) => answer,
            Err(_) => std::str::from_utf8(&stdout)
                .ok()
                .and_then(|text| serde_saphyr::from_str(text).ok())
                .ok_or_else(|| problem("it is no ExecCredential"))?,
        };
        if answer.kind != "ExecCredential" || answer.api_version != self.api_version {
            return Err(problem(&format!(
                "it is no ExecCredential of {}",
                self.api_version
            )));
        }
        let status = answer.status.ok_or_else(|| problem("it has no status"))?;
        let expires = status
            .expiration_timestamp
            .map(|text| text.parse::<Timestamp>())
            .transpose();
        let expires = expires.map_err(|_| problem("its expirationTimestamp is no time"))?;
        let certificate = match (status.client_certificate_data, status.client_key_data) {
            (Some(certificate), Some(key)) => Some((certificate, Zeroizing::new(key))),
            (None, None) => None,
            _ => return Err(problem("certificate and key come only together")),
        };
        let token = status
            .token
            .filter(|token| !token.is_empty())
            .map(Zeroizing::new);
        if token.is_none() && certificate.is_none() {
            return Err(problem("it has neither a token nor a certificate"));
        }
        Ok(Credential {
            token,
            certificate,
            expires,
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    kind: String,
    api_version: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// A plugin that is a shell script.
    fn plugin(version: &str, script: &str) -> Plugin {
        let exec = ExecConfig {
            api_version: Some(format!("client.authentication.k8s.io/{version}")),
            command: Some("/bin/sh".into()),
            args: Some(vec!["-c".into(), script.into()]),
            env: Some(vec![HashMap::from([
                ("name".into(), "ROLE".into()),
                ("value".into(), "admin".into()),
            ])]),
            interactive_mode: Some(ExecInteractiveMode::Never),
            provide_cluster_info: true,
            ..ExecConfig::default()
        };
        let cluster = Cluster {
            server: Some("https://here".into()),
            ..Cluster::default()
        };
        Plugin::new(exec, &cluster).unwrap()
    }

    #[tokio::test]
    async fn the_program_is_told_about_the_cluster_and_its_token_is_read() {
        let script = r#"
            case "$KUBERNETES_EXEC_INFO" in *'"server":"https://here"'*) ;; *) exit 3;; esac
            echo '{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1beta1",
                "status": {"token": "'$ROLE'", "expirationTimestamp": "2030-01-02T03:04:05Z"}}'"#;
        let credential = plugin("v1beta1", script).run().await.unwrap();
        assert_eq!(credential.token.unwrap().as_str(), "admin");
        assert_eq!(
            credential.expires.unwrap().to_string(),
            "2030-01-02T03:04:05Z"
        );
    }

    #[tokio::test]
    async fn yaml_is_read_too() {
        let script =
            "printf 'kind: ExecCredential\\napiVersion: client.authentication.k8s.io/v1\\n'
            printf 'status:\\n  clientCertificateData: c\\n  clientKeyData: k\\n'";
        let credential = plugin("v1", script).run().await.unwrap();
        assert_eq!(credential.certificate.unwrap().0, "c");
        assert!(!Credential::is_expiring(credential.expires));
    }

    #[tokio::test]
    async fn what_it_prints_stays_out_of_the_error() {
        let Err(error) = plugin("v1", "echo hunter2").run().await else {
            panic!("no credential")
        };
        assert_eq!(
            error.to_string(),
            "the credential plugin `/bin/sh` printed no credential: it is no ExecCredential"
        );
        let Err(error) = plugin("v1", "echo hunter2; exit 4").run().await else {
            panic!("no credential")
        };
        assert_eq!(
            error.to_string(),
            "the credential plugin `/bin/sh` failed: exit status: 4"
        );
    }

    #[test]
    fn an_old_protocol_is_refused() {
        let exec = ExecConfig {
            api_version: Some("client.authentication.k8s.io/v1alpha1".into()),
            command: Some("aws".into()),
            ..ExecConfig::default()
        };
        let Err(error) = Plugin::new(exec, &Cluster::default()) else {
            panic!("it is too old")
        };
        assert!(
            error
                .to_string()
                .contains("speaks `client.authentication.k8s.io/v1alpha1`"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_missing_program_gives_the_hint_of_the_kubeconfig() {
        let mut plugin = plugin("v1", "");
        plugin.command = "/nowhere/login".into();
        plugin.exec.install_hint = Some("brew install login".into());
        let Err(error) = plugin.run().await else {
            panic!("no credential")
        };
        assert_eq!(error.hint().unwrap(), "brew install login");
    }
}
