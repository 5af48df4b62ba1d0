//! What every source produces, and whom it trusts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::meta::{Time, words};

/// What a source has produced.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Artifact {
    /// Checksum of the file, as `algorithm:hex`.
    #[schemars(regex(pattern = "^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$"))]
    pub digest: String,
    /// When the content last changed.
    pub last_update_time: Time,
    /// Notes from upstream, such as OCI annotations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Path of the file below the root of the storage.
    pub path: String,
    /// A readable name of the version that it holds.
    pub revision: String,
    /// Size of the file in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Address in the cluster to download it from.
    pub url: String,
}

/// A signer, by the claims of its certificate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OidcIdentity {
    /// Regular expression for the issuer.
    pub issuer: String,
    /// Regular expression for the subject.
    pub subject: String,
}

words! {
    /// The tool that signed an artifact.
    VerificationProvider {
        Cosign = "cosign",
        Notation = "notation",
    }
}
