//! How the double is set up: what differs from one GitLab to the next.

use std::time::Duration;

/// How the double is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The version that it claims.
    pub version: String,
    /// The path that it is mounted under: empty, or as `/gitlab`.
    pub mount: String,
    /// Its certificate.
    pub tls: Tls,
    /// Whether Git over SSH is offered.
    pub ssh: bool,
    /// Requests in a window of time, and the window; none for a server without limits.
    pub rate_limit: Option<(u64, Duration)>,
    /// What is held to the contract.
    pub gate: Gate,
    /// How a taken name is reported.
    pub taken: TakenShape,
    /// The field that a taken key is reported under: older servers leave out `_sha256`.
    pub fingerprint_field: &'static str,
    /// Whether hooks to local addresses are refused.
    pub local_hooks_forbidden: bool,
    /// How often a merge request says `checking` before it says more.
    pub merge_checks: u32,
}

/// What is held to the contract.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// Nothing.
    Off,
    /// Requests.
    #[default]
    Requests,
    /// Requests, and the double's own answers.
    RequestsAndAnswers,
}

/// The certificate of the double.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// None: plain HTTP.
    Off,
    /// One of the authority in `ca_file`.
    #[default]
    Good,
    /// One of another authority.
    Foreign,
    /// One that ended long ago.
    Expired,
    /// One for another host.
    OtherHost,
}

/// How a taken name is reported; GitLab's versions differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakenShape {
    /// Under `name` and `path`, whichever is taken.
    #[default]
    Plain,
    /// Under `project_namespace.name` besides.
    Namespace,
    /// With an empty `limit_reached` besides.
    Limit,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: "18.5.0-ee".into(),
            mount: String::new(),
            tls: Tls::Good,
            ssh: false,
            rate_limit: Some((2_000, Duration::from_mins(1))),
            gate: Gate::default(),
            taken: TakenShape::Plain,
            fingerprint_field: "deploy_key.fingerprint_sha256",
            local_hooks_forbidden: false,
            merge_checks: 0,
        }
    }
}
