//! Where the built-in transformers write, as the `configurations` of a kustomization extend it.

use serde::Deserialize;

use super::super::resource::Gvk;
use super::field_spec::{self, FieldSpec, FieldSpecConflict};

/// The places of all built-in transformers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct TransformerConfiguration {
    /// Names that get a prefix.
    pub name_prefix: Vec<FieldSpec>,
    /// Names that get a suffix.
    pub name_suffix: Vec<FieldSpec>,
    /// Fields that name a namespace.
    pub namespace: Vec<FieldSpec>,
    /// Label maps, selectors among them.
    pub common_labels: Vec<FieldSpec>,
    /// Label maps of every entry of `labels`.
    pub labels: Vec<FieldSpec>,
    /// Label maps of templates.
    pub template_labels: Vec<FieldSpec>,
    /// Annotation maps.
    pub common_annotations: Vec<FieldSpec>,
    /// Fields that name another resource.
    pub name_reference: Vec<NameReference>,
    /// Fields in which variables are replaced.
    pub var_reference: Vec<FieldSpec>,
    /// Fields that name an image.
    pub images: Vec<FieldSpec>,
    /// Fields that count replicas.
    pub replicas: Vec<FieldSpec>,
}

/// The fields that name resources of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct NameReference {
    /// API group of what is named; empty for any.
    pub group: String,
    /// API version of what is named; empty for any.
    pub version: String,
    /// Kind of what is named.
    pub kind: String,
    /// The fields that name it.
    pub field_specs: Vec<FieldSpec>,
}

impl NameReference {
    /// Returns the kind that is named, as a selector.
    pub fn gvk(&self) -> Gvk {
        Gvk {
            group: self.group.clone(),
            version: self.version.clone(),
            kind: self.kind.clone(),
        }
    }
}

impl TransformerConfiguration {
    /// Adds the places of another configuration, each unless it is covered.
    ///
    /// # Errors
    ///
    /// Fails where two rules for one path disagree on `create`.
    pub fn merge(&mut self, other: Self) -> Result<(), FieldSpecConflict> {
        field_spec::merge_all(&mut self.name_prefix, other.name_prefix)?;
        field_spec::merge_all(&mut self.name_suffix, other.name_suffix)?;
        field_spec::merge_all(&mut self.namespace, other.namespace)?;
        field_spec::merge_all(&mut self.common_labels, other.common_labels)?;
        field_spec::merge_all(&mut self.labels, other.labels)?;
        field_spec::merge_all(&mut self.template_labels, other.template_labels)?;
        field_spec::merge_all(&mut self.common_annotations, other.common_annotations)?;
        field_spec::merge_all(&mut self.var_reference, other.var_reference)?;
        field_spec::merge_all(&mut self.images, other.images)?;
        field_spec::merge_all(&mut self.replicas, other.replicas)?;
        for reference in other.name_reference {
            self.merge_reference(reference)?;
        }
        self.sort();
        Ok(())
    }

    /// Sorts all rules by the standing of their kinds.
    pub fn sort(&mut self) {
        for specs in [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ] {
            specs.sort_by(|left, right| left.gvk().precedence(&right.gvk()));
        }
        self.name_reference
            .sort_by(|left, right| left.gvk().precedence(&right.gvk()));
    }

    /// Adds the fields that name one kind.
    fn merge_reference(&mut self, other: NameReference) -> Result<(), FieldSpecConflict> {
        let gvk = other.gvk();
        if let Some(own) = self.name_reference.iter_mut().find(|own| own.gvk() == gvk) {
            return field_spec::merge_all(&mut own.field_specs, other.field_specs);
        }
        self.name_reference.push(other);
        Ok(())
    }
}
