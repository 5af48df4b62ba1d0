//! Sets how many replicas a workload has.

use super::error::TransformError;
use super::path::Blank;
use super::places::Place;
use super::write;
use crate::kustomize::file::{FieldSpec, Replica};
use crate::kustomize::resource::ResourceList;
use crate::manifest::Tag;

/// Sets the count of a `replicas` entry in the resources that have, or had, its name.
///
/// # Errors
///
/// Fails where no resource of the right kind has the name, and where the field is no scalar.
pub fn set_replicas(
    list: &mut ResourceList,
    replica: &Replica,
    specs: &[FieldSpec],
) -> Result<(), TransformError> {
    let count = replica.count.to_string();
    let mut found = false;
    for spec in specs {
        let place = Place::new(spec);
        let named: Vec<usize> = list
            .ever_named(&replica.name)
            .filter(|index| {
                let mut ids = list.at(*index).any_ids();
                ids.any(|id| id.name == replica.name && spec.is_for(&id.gvk))
            })
            .collect();
        found |= !named.is_empty();
        for index in named {
            list.edit(index, |resource| {
                if !spec.is_for(&resource.id().gvk) {
                    return Ok(());
                }
                place.write(resource, Some(Blank::Integer), &mut |field| {
                    write::set_tagged(field, &count, Tag::Integer)
                })
            })?;
        }
    }
    if found {
        return Ok(());
    }
    Err(TransformError::NoReplicas {
        name: replica.name.clone(),
        kinds: specs.iter().map(|spec| spec.gvk().to_string()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{default_configuration, proof};
    use super::*;

    #[test]
    fn sets_counts_by_any_name() {
        let mut list = proof::list("{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}");
        list.edit(0, |resource| {
            resource.remember();
            resource.set_name("b");
        });
        let replica = |name: &str| Replica {
            name: name.into(),
            count: 3,
        };
        let specs = &default_configuration().replicas;
        set_replicas(&mut list, &replica("a"), specs).unwrap();
        assert!(proof::print(&list).contains("spec:\n  replicas: 3\n"));
        let error = set_replicas(&mut list, &replica("c"), specs).unwrap_err();
        assert_eq!(
            error.to_string(),
            "resource with name c does not match a config with the following GVK [Deployment.[noVer].[noGrp] \
             ReplicationController.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] StatefulSet.[noVer].[noGrp]]"
        );
    }
}
