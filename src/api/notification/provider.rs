//! `Provider`: a service that events are sent to.

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::api::cell::{MESSAGE, READY};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn, Verb};
use crate::api::meta::{Duration, LocalReference, NoStatus, Resource, TIMEOUT_PATTERN, words};

/// A service that events are sent to.
pub type Provider = Resource<ProviderSpec, NoStatus>;

impl Flux for Provider {
    const KIND: Kind = Kind {
        words: &["alert-provider"],
        plural_words: &["alert-providers"],
        verbs: Verb::STATIC,
        human: "alert provider",
        group: "notification.toolkit.fluxcd.io",
        version: "v1beta3",
        name: "Provider",
        resource: "providers",
        columns: &[READY, MESSAGE],
        fixed: |_| Some("Provider is Ready"),
        outcome: |_| Some("Provider reconciliation completed".into()),
        definition: Definition {
            about: "A service that events are sent to.",
            component: "notification-controller",
            short_names: &[],
            category: "fluxcd-notifications",
            columns: &[PrinterColumn::AGE],
            spec: SchemaGenerator::subschema_for::<ProviderSpec>,
            status: None,
        },
        ..Kind::BASE
    };
}

/// Where events are sent to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "spec.commitStatusExpr is only supported for the 'github', 'gitlab', 'gitea', 'bitbucketserver', 'bitbucket', 'azuredevops' provider types", "rule": "self.type == 'github' || self.type == 'gitlab' || self.type == 'gitea' || self.type == 'bitbucketserver' || self.type == 'bitbucket' || self.type == 'azuredevops' || !has(self.commitStatusExpr)"},
]))]
pub struct ProviderSpec {
    /// The service.
    pub type_: ProviderType,
    /// Its address, where it is no secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub address: Option<String>,
    /// The channel, room or topic to send to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub channel: Option<String>,
    /// The name to send under.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    pub username: Option<String>,
    /// A Secret with the address, the token or other credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// A Secret with a client certificate or a certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cert_secret_ref: Option<LocalReference>,
    /// Deprecated: use `proxySecretRef`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    #[schemars(regex(pattern = "^(http|https)://.*$"))]
    pub proxy: Option<String>,
    /// A Secret with the address and the credentials of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_secret_ref: Option<LocalReference>,
    /// The `ServiceAccount` whose cloud identity is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// A CEL expression for the identifier of a commit status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit_status_expr: Option<String>,
    /// Deprecated, without effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<Duration>,
    /// Time limit for sending an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = TIMEOUT_PATTERN))]
    pub timeout: Option<Duration>,
    /// Stop sending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

words! {
    /// The services that events are sent to.
    ProviderType = Generic {
        Slack = "slack",
        Discord = "discord",
        MsTeams = "msteams",
        Rocket = "rocket",
        Generic = "generic",
        GenericHmac = "generic-hmac",
        Github = "github",
        Gitlab = "gitlab",
        Gitea = "gitea",
        GiteaPullRequestComment = "giteapullrequestcomment",
        BitbucketServer = "bitbucketserver",
        Bitbucket = "bitbucket",
        AzureDevops = "azuredevops",
        GoogleChat = "googlechat",
        GooglePubSub = "googlepubsub",
        Webex = "webex",
        Sentry = "sentry",
        AzureEventHub = "azureeventhub",
        Telegram = "telegram",
        Lark = "lark",
        Matrix = "matrix",
        Opsgenie = "opsgenie",
        Alertmanager = "alertmanager",
        Grafana = "grafana",
        GithubDispatch = "githubdispatch",
        GithubPullRequestComment = "githubpullrequestcomment",
        GitlabMergeRequestComment = "gitlabmergerequestcomment",
        PagerDuty = "pagerduty",
        Datadog = "datadog",
        Nats = "nats",
        Zulip = "zulip",
        Otel = "otel",
    }
}
