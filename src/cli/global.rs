//! The flags that every command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::flag;
use crate::env;
use crate::report::{ColorChoice, LogFormat};

/// Flags that stand anywhere on the command line.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of flux")]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Time limit of the whole command; what only looks on has none unless one is given [default: 5m0s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = flag::duration)]
    pub timeout: Option<Duration>,

    /// Print more about what is done
    #[arg(long, global = true)]
    pub verbose: bool,

    /// Namespace to work in (default flux-system, or what `FLUX_SYSTEM_NAMESPACE` says)
    #[arg(short, long, global = true, value_parser = flag::namespace)]
    pub namespace: Option<String>,

    /// Take the namespace of the kubeconfig context when none is given
    #[arg(long, global = true)]
    pub ns_follows_kube_context: bool,

    /// Kubeconfig file
    #[arg(long, global = true, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub kubeconfig: Option<PathBuf>,

    /// Kubeconfig context
    #[arg(long, global = true)]
    pub context: Option<String>,

    /// Kubeconfig cluster
    #[arg(long, global = true)]
    pub cluster: Option<String>,

    /// Kubeconfig user
    #[arg(long, global = true)]
    pub user: Option<String>,

    /// Address of the API server
    #[arg(long, global = true, value_name = "URL")]
    pub server: Option<String>,

    /// Bearer token for the API server
    #[arg(long, global = true, hide_env_values = true)]
    pub token: Option<String>,

    /// User to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    pub impersonate: Option<String>,

    /// UID to impersonate
    #[arg(long = "as-uid", global = true, value_name = "UID")]
    pub impersonate_uid: Option<String>,

    /// Group to impersonate, once for each group
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    pub impersonate_groups: Vec<String>,

    /// Extra field to impersonate, as KEY=VALUE, once for each
    #[arg(long = "as-user-extra", global = true, value_name = "KEY=VALUE")]
    pub impersonate_extra: Vec<String>,

    /// CA certificate of the API server
    #[arg(long, global = true, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,

    /// Client certificate for the API server
    #[arg(long, global = true, value_name = "FILE")]
    pub client_certificate: Option<PathBuf>,

    /// Client key for the API server
    #[arg(long, global = true, value_name = "FILE")]
    pub client_key: Option<PathBuf>,

    /// Name that the API server's certificate must have
    #[arg(long, global = true, value_name = "NAME")]
    pub tls_server_name: Option<String>,

    /// Accept any certificate of the API server (insecure)
    #[arg(long, global = true)]
    pub insecure_skip_tls_verify: bool,

    /// Ask the API server for uncompressed answers
    #[arg(long, global = true)]
    pub disable_compression: bool,

    /// Taken and ignored: what the API server serves is asked for, not kept in files
    #[arg(long, global = true, value_name = "DIR", hide_default_value = true)]
    pub cache_dir: Option<PathBuf>,

    /// Requests a second to the API server, any number below 0 [default: no limit, or 50 beside --kube-api-burst]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub kube_api_qps: Option<f32>,

    /// Requests at once to the API server, before those a second count [default: 300 beside --kube-api-qps]
    #[arg(long, global = true, value_name = "NUMBER")]
    pub kube_api_burst: Option<i32>,

    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,

    /// How the talk on standard error is written
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub log_format: LogFormat,
}

impl GlobalArgs {
    /// Says whether the namespace of the kubeconfig context counts.
    pub fn follows_context(&self) -> bool {
        self.namespace.is_none()
            && (self.ns_follows_kube_context || env::FLUX_NS_FOLLOWS_KUBE_CONTEXT.is_set())
    }
}
