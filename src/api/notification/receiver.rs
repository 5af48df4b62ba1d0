//! `Receiver`: a webhook that reconciles objects.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::event_source::EventSourceKind;
use crate::api::cell::{MESSAGE, READY, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn};
use crate::api::meta::{Condition, Duration, LocalReference, Resource, words};

/// A webhook that reconciles objects.
pub type Receiver = Resource<ReceiverSpec, ReceiverStatus>;

impl Flux for Receiver {
    const KIND: Kind = Kind {
        words: &["receiver"],
        plural_words: &["receivers"],
        human: "receiver",
        group: "notification.toolkit.fluxcd.io",
        version: "v1",
        name: "Receiver",
        resource: "receivers",
        columns: &[SUSPENDED, READY, MESSAGE],
        outcome: |_| Some("Receiver reconciliation completed".into()),
        definition: Definition {
            about: "A webhook that reconciles objects.",
            component: "notification-controller",
            short_names: &[],
            category: "fluxcd-notifications",
            columns: &[
                PrinterColumn::AGE,
                PrinterColumn::READY,
                PrinterColumn::STATUS,
            ],
            spec: SchemaGenerator::subschema_for::<ReceiverSpec>,
            status: Some(SchemaGenerator::subschema_for::<ReceiverStatus>),
        },
        ..Kind::BASE
    };
}

/// A webhook that reconciles objects when somebody calls it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    {"message": "generic-oidc receivers must define at least one oidcProvider", "rule": "self.type != 'generic-oidc' || (has(self.oidcProviders) && size(self.oidcProviders) > 0)"},
    {"message": "oidcProviders can only be set when type is generic-oidc", "rule": "self.type == 'generic-oidc' || !has(self.oidcProviders) || size(self.oidcProviders) == 0"},
    {"message": "secretRef cannot be set when type is generic-oidc", "rule": "self.type != 'generic-oidc' || !has(self.secretRef)"},
    {"message": "secretRef is required when type is not generic-oidc", "rule": "self.type == 'generic-oidc' || has(self.secretRef)"},
]))]
pub struct ReceiverSpec {
    /// Who calls.
    pub type_: ReceiverType,
    /// A Secret with the token that proves the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalReference>,
    /// The objects to reconcile.
    pub resources: Vec<ReceiverResource>,
    /// A CEL expression that each object must pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_filter: Option<String>,
    /// The events to react to; all if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// The issuers of the tokens that prove the caller, for the type `generic-oidc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-map-keys" = ["issuerURL"], "x-kubernetes-list-type" = "map"))]
    pub oidc_providers: Option<Vec<OidcProvider>>,
    /// How often to renew the webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "10m"))]
    pub interval: Option<Duration>,
    /// Stop listening.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The objects that a webhook reconciles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiverResource {
    /// API group and version of the objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Kind of the objects.
    pub kind: EventSourceKind,
    /// Name of the object, or `*` for all.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Namespace of the objects; this one if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub namespace: Option<String>,
    /// Labels that the objects must carry; with the name `*` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// A CEL expression that each object must pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

/// An issuer of tokens that prove a caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcProvider {
    /// Address of the issuer.
    #[serde(rename = "issuerURL")]
    #[schemars(regex(pattern = "^https?://"))]
    pub issuer_url: String,
    /// The audience that a token must name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// CEL expressions that must hold for the claims of a token.
    #[schemars(length(min = 1))]
    pub validations: Vec<OidcValidation>,
    /// CEL expressions that the validations may use by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variables: Option<Vec<OidcVariable>>,
}

/// A rule for the claims of a token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcValidation {
    /// The CEL expression that must hold.
    pub expression: String,
    /// What to say when it does not.
    pub message: String,
}

/// A named CEL expression.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcVariable {
    /// The CEL expression.
    pub expression: String,
    /// Its name.
    pub name: String,
}

/// What is known of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("default" = {"observedGeneration": -1}))]
pub struct ReceiverStatus {
    /// The state of the object, statement by statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vec<Condition>>,
    /// The last request for a reconciliation that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The generation that the status is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Path of the webhook below the address of the receiver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_path: Option<String>,
}

words! {
    /// Who may call a webhook.
    ReceiverType {
        Generic = "generic",
        GenericHmac = "generic-hmac",
        GenericOidc = "generic-oidc",
        Github = "github",
        Gitlab = "gitlab",
        Bitbucket = "bitbucket",
        Harbor = "harbor",
        Dockerhub = "dockerhub",
        Quay = "quay",
        Gcr = "gcr",
        Nexus = "nexus",
        Acr = "acr",
        CdEvents = "cdevents",
    }
}
