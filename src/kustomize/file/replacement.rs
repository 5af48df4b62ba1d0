//! The entries of a kustomization that copy values: replacements and variables.

use serde::Deserialize;

use super::super::resource::Gvk;
use super::selector::Selector;

/// The field that is meant where none is named.
pub const DEFAULT_FIELD_PATH: &str = "metadata.name";

/// One entry of `replacements`: a replacement, or the file that has one or a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplacementField {
    /// File that has it.
    pub path: String,
    /// Where the value comes from.
    pub source: Option<SourceSelector>,
    /// The value itself.
    pub source_value: Option<String>,
    /// Where it goes.
    pub targets: Option<Vec<TargetSelector>>,
}

/// Copies one value to other places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Replacement {
    /// Where the value comes from.
    pub source: Option<SourceSelector>,
    /// The value itself.
    pub source_value: Option<String>,
    /// Where it goes.
    pub targets: Option<Vec<TargetSelector>>,
}

/// One field of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceSelector {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace.
    pub namespace: String,
    /// Path of the field.
    pub field_path: String,
    /// Which part of the value.
    pub options: Option<FieldOptions>,
}

/// Fields of some resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct TargetSelector {
    /// Which resources.
    pub select: Option<Selector>,
    /// Which of them not.
    pub reject: Vec<Selector>,
    /// Paths of the fields.
    pub field_paths: Vec<String>,
    /// Which part of the value.
    pub options: Option<FieldOptions>,
}

/// How a field is read or written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldOptions {
    /// What stands between the parts of the text.
    pub delimiter: String,
    /// Which part.
    pub index: i64,
    /// Unused by the reference.
    pub encoding: String,
    /// Whether a missing field is made.
    pub create: bool,
}

/// One entry of `vars`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Variable {
    /// Name, as in `$(NAME)`.
    pub name: String,
    /// The resource that has the value.
    pub objref: VariableObject,
    /// The field that has it.
    pub fieldref: VariableField,
}

/// The resource that has a variable's value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct VariableObject {
    /// Group and version in one; wins over those given apart.
    pub api_version: String,
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace; empty for any.
    pub namespace: String,
}

/// The field that has a variable's value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct VariableField {
    /// Path of the field.
    pub field_path: String,
}

impl Variable {
    /// Fills in what is not given: the field path, and group and version from `apiVersion`.
    pub fn complete(&mut self) {
        if self.fieldref.field_path.is_empty() {
            DEFAULT_FIELD_PATH.clone_into(&mut self.fieldref.field_path);
        }
        let object = &mut self.objref;
        match *object.api_version.split('/').collect::<Vec<_>>() {
            [group, version] => (object.group, object.version) = (group.into(), version.into()),
            [version] if !version.is_empty() => object.version = version.into(),
            _ => {}
        }
    }
}

impl VariableObject {
    /// Returns group, version and kind, as a selector.
    pub fn gvk(&self) -> Gvk {
        Gvk {
            group: self.group.clone(),
            version: self.version.clone(),
            kind: self.kind.clone(),
        }
    }
}
