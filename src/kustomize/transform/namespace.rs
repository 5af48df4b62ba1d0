//! Moves resources into a namespace.

use super::error::TransformError;
use super::path::Blank;
use super::places::{Place, Places};
use super::write::{self, Sort, WriteError};
use crate::kustomize::file::FieldSpec;
use crate::kustomize::resource::{Resource, ResourceList, Scope};
use crate::manifest::{Entry, Node, Tag};

/// Which subjects of role bindings are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// Those named `default`.
    #[default]
    Default,
    /// All service accounts.
    ServiceAccounts,
    /// None.
    None,
}

/// Whether a namespace that is there stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It is replaced.
    #[default]
    Replace,
    /// It stays.
    Keep,
}

/// A move into a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamespaceMove {
    /// The namespace; nothing happens where it is empty.
    pub namespace: String,
    /// Further fields that name the namespace.
    pub specs: Vec<FieldSpec>,
    /// Which subjects of role bindings are moved.
    pub subjects: Subjects,
    /// What happens to a namespace that is there.
    pub existing: Existing,
}

impl NamespaceMove {
    /// Moves all resources; what Helm made stays where Helm put it.
    ///
    /// # Errors
    ///
    /// Fails where a field is no scalar, and where two resources become one.
    pub fn apply(&self, list: &mut ResourceList) -> Result<(), TransformError> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let mut places = Places::new(&self.specs);
        let metadata = metadata();
        for index in 0..list.len() {
            let resource = list.at(index);
            if resource.is_empty() || resource.from_helm {
                continue;
            }
            let own = places.of(&resource.id().gvk);
            list.edit(index, |resource| {
                resource.remember();
                self.write(resource, &metadata, own)
            })?;
            if !list.is_alone(index) {
                return Err(TransformError::NamespaceConflict {
                    id: Box::new(list.at(index).id().clone()),
                });
            }
        }
        Ok(())
    }

    /// Moves one resource, without the fields of the configuration; nobody checks who it meets there.
    ///
    /// # Errors
    ///
    /// Fails where a field is no scalar.
    pub fn move_one(&self, resource: &mut Resource) -> Result<(), TransformError> {
        self.write(resource, &metadata(), std::iter::empty())
    }

    fn write<'place>(
        &self,
        resource: &mut Resource,
        metadata: &Place,
        places: impl Iterator<Item = &'place Place>,
    ) -> Result<(), TransformError> {
        let gvk = &resource.id().gvk;
        let is_core = gvk.group.is_empty() && gvk.version == "v1";
        let is_binding = is_role_binding(&gvk.kind);
        if resource.id().scope == Scope::Namespaced {
            metadata.write(resource, Some(Blank::Plain), &mut |field| self.set(field))?;
        }
        if is_binding {
            self.move_subjects(resource.root_mut())
                .map_err(|source| TransformError::field("subjects", resource.id(), source))?;
        }
        for place in places {
            let handled = match place.path.as_str() {
                "metadata/namespace" => true,
                "metadata/name" => !is_core,
                "subjects/namespace" => is_binding,
                _ => false,
            };
            if !handled {
                place
                    .write(resource, Some(Blank::Text), &mut |field| self.set(field))
                    .map_err(TransformError::namespace_field)?;
            }
        }
        resource.reread_names();
        Ok(())
    }

    fn set(&self, field: &mut Node) -> Result<(), WriteError> {
        let is_set = !field.is_null() && field.as_text().is_some_and(|text| !text.is_empty());
        if self.existing == Existing::Keep && is_set {
            return Ok(());
        }
        write::set_tagged(field, &self.namespace, Tag::Text)
    }

    fn move_subjects(&self, root: &mut Node) -> Result<(), WriteError> {
        let (key, wanted) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::Default => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = root.get_mut("subjects").filter(|node| !node.is_null()) else {
            return Ok(());
        };
        let Some(items) = write::items_mut(subjects) else {
            return Err(WriteError::kind(Sort::Sequence, subjects));
        };
        items
            .iter_mut()
            .filter(|subject| !subject.is_null())
            .try_for_each(|subject| {
                if subject.entries().is_none() {
                    return Err(WriteError::kind(Sort::Mapping, subject));
                }
                match subject.get(key) {
                    Some(field) if !field.is_null() => {
                        write::expect_scalar(field)?;
                        if field.as_text() == Some(wanted) {
                            self.set_in(subject)?;
                        }
                        Ok(())
                    }
                    _ => Ok(()),
                }
            })
    }

    /// Sets the namespace of one subject.
    fn set_in(&self, subject: &mut Node) -> Result<(), WriteError> {
        if let Some(field) = subject.get_mut("namespace") {
            return self.set(field);
        }
        if let Some(entries) = write::entries_mut(subject) {
            entries.push(Entry {
                key: Node::plain("namespace"),
                value: Node::text(self.namespace.clone()),
            });
        }
        Ok(())
    }
}

/// Returns the place of a resource's own namespace.
fn metadata() -> Place {
    Place::new(&FieldSpec {
        path: "metadata/namespace".into(),
        create: true,
        ..FieldSpec::default()
    })
}

fn is_role_binding(kind: &str) -> bool {
    matches!(kind, "RoleBinding" | "ClusterRoleBinding")
}

#[cfg(test)]
mod tests {
    use super::super::{default_configuration, proof};
    use super::*;

    fn moved(text: &str) -> Result<ResourceList, TransformError> {
        let mut list = proof::list(text);
        let step = NamespaceMove {
            namespace: "shop".into(),
            specs: default_configuration().namespace.clone(),
            ..NamespaceMove::default()
        };
        step.apply(&mut list)?;
        Ok(list)
    }

    #[test]
    fn moves_all_but_what_lives_outside() {
        let list = moved(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}\n---\n\
             {apiVersion: v1, kind: PersistentVolume, metadata: {name: a}}\n---\n\
             {apiVersion: v1, kind: Namespace, metadata: {name: a}}",
        )
        .unwrap();
        let ids: Vec<String> = list
            .iter()
            .map(|resource| resource.id().to_string())
            .collect();
        assert_eq!(
            ids,
            [
                "Pod.v1.[noGrp]/a.shop",
                "PersistentVolume.v1.[noGrp]/a.[noNs]",
                "Namespace.v1.[noGrp]/shop.[noNs]"
            ]
        );
        assert!(list.iter().all(Resource::has_history));
    }

    #[test]
    fn moves_subjects_named_default() {
        let list = moved(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a}\nsubjects:\n\
             - {kind: ServiceAccount, name: default}\n- {kind: ServiceAccount, name: other}\n",
        )
        .unwrap();
        assert!(proof::print(&list).ends_with(
            "subjects:\n- kind: ServiceAccount\n  name: default\n  namespace: shop\n- kind: ServiceAccount\n  name: other\n"
        ));
    }

    #[test]
    fn refuses_to_make_two_of_one() {
        let error = moved(
            "{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: b}}\n---\n\
             {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}}",
        )
        .unwrap_err();
        assert!(error.to_string().contains("ID conflict"), "{error}");
    }
}
