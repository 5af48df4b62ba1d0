//! The statements that a status is made of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::time::Time;
use super::words::words;

/// One statement about the state of an object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// What the statement is about, such as `Ready`.
    #[schemars(length(max = 316))]
    #[schemars(regex(
        pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
    ))]
    pub type_: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// A word for programs: why it was last changed.
    #[schemars(length(min = 1, max = 1024))]
    #[schemars(regex(pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))]
    pub reason: String,
    /// A sentence for people: the details of the last change.
    #[schemars(length(max = 32768))]
    pub message: String,
    /// When the status last changed.
    pub last_transition_time: Time,
    /// The generation of the object that this was said about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
}

words! {
    /// Whether a condition holds.
    ConditionStatus = Unknown {
        True = "True",
        False = "False",
        Unknown = "Unknown",
    }
}
