//! What a command may lean on; each part is made when it is first asked for.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::flag;
use super::global::GlobalArgs;
use crate::cluster::{
    Choice, Cluster, ConnectOptions, Impersonation, Rate, TlsOptions, contexts,
    namespace_of_context,
};
use crate::env;
use crate::error::{Blame, Failure};
use crate::report::Ui;

/// The namespace of Flux where nobody says otherwise.
const DEFAULT_NAMESPACE: &str = "flux-system";

/// How long a command may take where nobody says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(5);

/// Requests a second, and at once, of flux.
const REQUESTS_PER_SECOND: f32 = 50.0;
const REQUESTS_AT_ONCE: i32 = 300;

/// The terminal, the namespace, the time limit and the cluster of one command.
pub struct Context {
    /// The terminal.
    pub ui: Ui,
    /// The namespace that `-n`, the kubeconfig context or the variable names, in this order.
    pub namespace: String,
    /// How long the whole command may take.
    pub timeout: Duration,
    /// How long a command that only looks on may take: without end, unless somebody says otherwise.
    pub follow_limit: Option<Duration>,
    /// The name that the program was called by: `gitops` or `flux`.
    pub program: String,
    /// Whether more is to be printed.
    pub verbose: bool,
    /// The kubeconfig context of the cluster, where the command works on several.
    pub cluster_name: Option<String>,
    /// Whether the namespace of the kubeconfig context counts.
    follows_kubeconfig: bool,
    /// The namespace that `-n` names.
    named_namespace: Option<String>,
    started: Instant,
    connect: ConnectOptions,
    cluster: OnceCell<Cluster>,
    interrupt_hint: OnceCell<&'static str>,
    follows: AtomicBool,
}

impl Context {
    /// Takes the global flags for what a command leans on; nothing is read but the environment, and the
    /// kubeconfig only where its context names the namespace.
    pub fn new(args: &GlobalArgs, ui: Ui, program: String) -> Self {
        let connect = connect_options(args);
        let follows_kubeconfig = args.follows_context();
        let of_context = || followed_namespace(&connect.choice, follows_kubeconfig);
        let namespace = args
            .namespace
            .clone()
            .or_else(of_context)
            .or_else(|| namespace_of_environment(&ui));
        Self {
            ui,
            namespace: namespace.unwrap_or_else(|| DEFAULT_NAMESPACE.into()),
            timeout: args.timeout.unwrap_or(DEFAULT_TIMEOUT),
            follow_limit: args.timeout,
            program,
            verbose: args.verbose,
            cluster_name: None,
            follows_kubeconfig,
            named_namespace: args.namespace.clone(),
            started: Instant::now(),
            connect,
            cluster: OnceCell::new(),
            interrupt_hint: OnceCell::new(),
            follows: AtomicBool::new(false),
        }
    }

    /// Returns the names of the contexts of the kubeconfig, in its order.
    pub fn known_contexts(&self) -> Result<Vec<String>, Failure> {
        if self.connect.choice.context.is_some() || self.connect.server.is_some() {
            return Err(Failure::usage(
                "--contexts and --all-contexts choose clusters by themselves",
            )
            .with_hint("leave --context and --server out"));
        }
        let entries = contexts(self.connect.choice.kubeconfig.as_deref())?;
        Ok(entries.into_iter().map(|entry| entry.name).collect())
    }

    /// Returns what the same command leans on in the cluster of another kubeconfig context, which every line of
    /// its talk names.
    pub fn of(&self, name: &str) -> Self {
        let mut connect = self.connect.clone();
        connect.choice.context = Some(name.into());
        let namespace = followed_namespace(&connect.choice, self.follows_kubeconfig);
        Self {
            ui: self.ui.of_cluster(name),
            namespace: namespace.unwrap_or_else(|| self.namespace.clone()),
            timeout: self.timeout,
            follow_limit: self.follow_limit,
            program: self.program.clone(),
            verbose: self.verbose,
            cluster_name: Some(name.into()),
            follows_kubeconfig: self.follows_kubeconfig,
            named_namespace: self.named_namespace.clone(),
            started: self.started,
            connect,
            cluster: OnceCell::new(),
            interrupt_hint: OnceCell::new(),
            follows: AtomicBool::new(false),
        }
    }

    /// Returns the terminal of one of the clusters, or that of the command where it works on just one.
    pub fn ui_of(&self, cluster: Option<&str>) -> Ui {
        cluster.map_or_else(|| self.ui.clone(), |name| self.ui.of_cluster(name))
    }

    /// Returns the namespace of objects that name none, as kubectl has it: the one of `-n`, of the kubeconfig context,
    /// or `default`.
    pub fn namespace_of_objects(&self) -> String {
        let of_context = || namespace_of_context(&self.connect.choice).ok().flatten();
        let named = self.named_namespace.clone().or_else(of_context);
        named.unwrap_or_else(|| "default".into())
    }

    /// Names the cluster for a question: the kubeconfig context and the address.
    pub async fn target(&self) -> Result<String, Failure> {
        let server = self.cluster().await?.server().to_owned();
        let chosen = self.connect.choice.context.clone();
        let current = || {
            let entries = contexts(self.connect.choice.kubeconfig.as_deref()).ok()?;
            entries
                .into_iter()
                .find(|entry| entry.current)
                .map(|entry| entry.name)
        };
        Ok(match chosen.or_else(current) {
            Some(name) => format!("{name} ({server})"),
            None => server,
        })
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

    /// Returns the end of a command that has had its time.
    pub fn timed_out(&self) -> Failure {
        self.stopped(
            Blame::Timeout,
            format!("timed out after {:?}", self.timeout),
        )
    }

    /// Takes the time limit away that nobody gave: from now on, the command only looks on.
    pub fn follow(&self) {
        self.follows.store(true, Ordering::Relaxed);
    }

    /// Waits until the command has had its time.
    pub async fn time_is_up(&self) {
        tokio::time::sleep_until(self.started + self.timeout).await;
        if self.follows.load(Ordering::Relaxed) && self.follow_limit.is_none() {
            pending::<()>().await;
        }
    }

    /// Returns the cluster, connecting to it at the first call.
    pub async fn cluster(&self) -> Result<&Cluster, Failure> {
        Ok(self
            .cluster
            .get_or_try_init(async || {
                // Of many clusters, the last ones are asked when some of the time has gone.
                let left = self.timeout.saturating_sub(self.started.elapsed());
                let options = ConnectOptions {
                    timeout: Some(left),
                    ..self.connect.clone()
                };
                Cluster::connect(&options).await
            })
            .await?)
    }
}

/// Returns the namespace of the kubeconfig context, where it counts. A kubeconfig that can't be read is told when the
/// cluster is asked for.
fn followed_namespace(choice: &Choice, follows_kubeconfig: bool) -> Option<String> {
    follows_kubeconfig
        .then(|| namespace_of_context(choice).ok().flatten())
        .flatten()
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
        rate: rate(args),
        timeout: None,
    }
}

/// Returns how many requests may be sent, where somebody says; what is not said beside it is as with flux.
fn rate(args: &GlobalArgs) -> Option<Rate> {
    if args.kube_api_qps.is_none() && args.kube_api_burst.is_none() {
        return None;
    }
    Some(Rate {
        per_second: args.kube_api_qps.unwrap_or(REQUESTS_PER_SECOND),
        at_once: args.kube_api_burst.unwrap_or(REQUESTS_AT_ONCE),
    })
}
