//! What a command may lean on; each part is made when it is first asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::flag;
use super::global::GlobalArgs;
use crate::cluster::{
    Choice, Cluster, ConnectOptions, Impersonation, TlsOptions, namespace_of_context,
};
use crate::env;
use crate::error::{Blame, Failure};
use crate::report::Ui;

/// The namespace of Flux where nobody says otherwise.
const DEFAULT_NAMESPACE: &str = "flux-system";

/// The terminal, the namespace, the time limit and the cluster of one command.
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// The namespace that `-n`, the kubeconfig context or the variable names, in this order.
    pub namespace: String,
    /// How long the whole command may take.
    pub timeout: Duration,
    /// The name that the program was called by: `gitops` or `flux`.
    pub program: String,
    /// Whether more is to be printed.
    pub verbose: bool,
    connect: ConnectOptions,
    cluster: OnceCell<Cluster>,
    interrupt_hint: OnceCell<&'static str>,
}

impl Context {
    /// Takes the global flags for what a command leans on; nothing is read but the environment, and the
    /// kubeconfig only where its context names the namespace.
    pub fn new(args: &GlobalArgs, ui: Ui, program: String) -> Self {
        let connect = connect_options(args);
        let of_context = || {
            // A kubeconfig that can't be read is told when the cluster is asked for.
            args.follows_context()
                .then(|| namespace_of_context(&connect.choice).ok().flatten())
                .flatten()
        };
        let namespace = args
            .namespace
            .clone()
            .or_else(of_context)
            .or_else(|| namespace_of_environment(&ui));
        Self {
            ui,
            namespace: namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.into()),
            timeout: args.timeout,
            program,
            verbose: args.verbose,
            connect,
            cluster: OnceCell::new(),
            interrupt_hint: OnceCell::new(),
        }
    }

    /// Says how to go on, should the command be interrupted from now on.
    pub fn on_interrupt(&self, hint: &'static str) {
        // The first hint stays: a command sets one at most.
        drop(self.interrupt_hint.set(hint));
    }

    /// Returns the end of a command that was stopped from outside.
    pub fn stopped(&self, blame: Blame, message: impl Into<String>) -> Failure {
        let failure = Failure::blaming(blame, message);
        match self.interrupt_hint.get() {
            Some(hint) => failure.with_hint(*hint),
            None => failure,
        }
    }

    /// Returns the cluster, connecting to it at the first call.
    pub async fn cluster(&self) -> Result<&Cluster, Failure> {
        Ok(self
            .cluster
            .get_or_try_init(|| Cluster::connect(&self.connect))
            .await?)
    }
}

/// Returns the namespace that the variable names, with a warning where it is none.
fn namespace_of_environment(ui: &Ui) -> Option<String> {
    let named = env::FLUX_SYSTEM_NAMESPACE.text()?;
    if flag::is_dns_label(&named) {
        return Some(named);
    }
    ui.warning(format_args!(
        " ignoring invalid FLUX_SYSTEM_NAMESPACE: \"{named}\""
    ));
    None
}

fn connect_options(args: &GlobalArgs) -> ConnectOptions {
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in &args.impersonate_extra {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        extra.entry(key.into()).or_default().push(value.into());
    }
    ConnectOptions {
        choice: Choice {
            kubeconfig: args.kubeconfig.clone(),
            context: args.context.clone(),
            cluster: args.cluster.clone(),
            user: args.user.clone(),
        },
        server: args.server.clone(),
        token: args.token.clone().map(Into::into),
        impersonate: Impersonation {
            user: args.impersonate.clone(),
            uid: args.impersonate_uid.clone(),
            groups: args.impersonate_groups.clone(),
            extra,
        },
        tls: TlsOptions {
            certificate_authority: args.certificate_authority.clone(),
            client_certificate: args.client_certificate.clone(),
            client_key: args.client_key.clone(),
            server_name: args.tls_server_name.clone(),
            insecure_skip_verify: args.insecure_skip_tls_verify,
        },
        disable_compression: args.disable_compression,
        timeout: Some(args.timeout),
    }
}
