//! The entries of a kustomization that say how to change resources.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::field_spec::FieldSpec;
use super::selector::Selector;

/// One entry of `labels`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Label {
    /// Labels to set.
    pub pairs: BTreeMap<String, String>,
    /// Whether selectors get them too, and with them templates.
    pub include_selectors: bool,
    /// Whether templates get them too.
    pub include_templates: bool,
    /// Further places.
    #[serde(rename = "fields")]
    pub fields: Vec<FieldSpec>,
}

/// One entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patch {
    /// File with the patch.
    pub path: String,
    /// The patch itself.
    pub patch: String,
    /// What it is for.
    pub target: Option<Selector>,
    /// What it may change beside.
    pub options: Option<PatchOptions>,
}

/// What a patch may change beside the content of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PatchOptions {
    /// Whether it may change the name.
    pub allow_name_change: bool,
    /// Whether it may change the kind.
    pub allow_kind_change: bool,
}

/// One entry of `images`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Image {
    /// Name to look for; it is taken as a regular expression.
    pub name: String,
    /// Name to write.
    pub new_name: String,
    /// Text to put after the tag.
    pub tag_suffix: String,
    /// Tag to write.
    pub new_tag: String,
    /// Digest to write.
    pub digest: String,
}

/// One entry of `replicas`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replica {
    /// Name of the resource.
    pub name: String,
    /// How many replicas it gets.
    pub count: i64,
}
