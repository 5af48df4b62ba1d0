//! `Alert`: a choice of events to send.

use std::collections::BTreeMap;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use super::event_source::EventSource;
use crate::api::cell::{MESSAGE, READY, SUSPENDED};
use crate::api::flux::{Definition, Flux, Kind, PrinterColumn, Verb};
use crate::api::meta::{LocalReference, NoStatus, Resource, words};

/// Sends the events of some objects to a Provider.
pub type Alert = Resource<AlertSpec, NoStatus>;

impl Flux for Alert {
    const KIND: Kind = Kind {
        words: &["alert"],
        plural_words: &["alerts"],
        verbs: Verb::STATIC,
        human: "alert",
        group: "notification.toolkit.fluxcd.io",
        version: "v1beta3",
        name: "Alert",
        resource: "alerts",
        columns: &[SUSPENDED, READY, MESSAGE],
        fixed: |_| Some("Alert is Ready"),
        outcome: |_| Some("Alert reconciliation completed".into()),
        definition: Definition {
            about: "Sends the events of some objects to a Provider.",
            component: "notification-controller",
            short_names: &[],
            category: "fluxcd-notifications",
            columns: &[PrinterColumn::AGE],
            spec: SchemaGenerator::subschema_for::<AlertSpec>,
            status: None,
        },
        ..Kind::BASE
    };
}

/// Which events to send, and to whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertSpec {
    /// The Provider to send them to.
    pub provider_ref: LocalReference,
    /// The objects whose events are sent.
    pub event_sources: Vec<EventSource>,
    /// Send all events, or errors only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "info"))]
    pub event_severity: Option<EventSeverity>,
    /// Keys and values to add to every event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_metadata: Option<BTreeMap<String, String>>,
    /// Send only events whose message matches one of these regular expressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inclusion_list: Option<Vec<String>>,
    /// Send no event whose message matches one of these regular expressions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusion_list: Option<Vec<String>>,
    /// Deprecated: put a `summary` into `eventMetadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub summary: Option<String>,
    /// Stop sending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

words! {
    /// How serious an event is.
    EventSeverity {
        Info = "info",
        Error = "error",
    }
}
