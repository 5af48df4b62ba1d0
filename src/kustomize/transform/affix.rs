//! Puts a prefix before names, or a suffix after them.

use super::error::TransformError;
use super::path::Blank;
use super::places::Place;
use super::write;
use crate::kustomize::file::FieldSpec;
use crate::kustomize::resource::{Gvk, Resource, ResourceList};

/// The end of a name that a text is put to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Before the name.
    Front,
    /// After the name.
    Back,
}

/// Puts a text to one end of the names that the field specs point at.
///
/// Names of definitions, API services and namespaces stay. It is noted in each resource whose name gets the text, for
/// name references.
///
/// # Errors
///
/// Fails where no name stands where a field spec points.
pub fn add_affix(
    list: &mut ResourceList,
    end: End,
    affix: &str,
    specs: &[FieldSpec],
) -> Result<(), TransformError> {
    let places: Vec<(&FieldSpec, Place)> =
        specs.iter().map(|spec| (spec, Place::new(spec))).collect();
    list.edit_each(|resource| {
        if keeps_name(&resource.original_gvk()) {
            return Ok(());
        }
        for (spec, place) in &places {
            if spec.is_for(&resource.original_gvk()) {
                add_at(resource, end, affix, (spec, place))?;
            }
        }
        Ok(())
    })
}

fn add_at(
    resource: &mut Resource,
    end: End,
    affix: &str,
    (spec, place): (&FieldSpec, &Place),
) -> Result<(), TransformError> {
    if place.path == "metadata/name" && !affix.is_empty() {
        match end {
            End::Front => resource.prefixes.push(affix.into()),
            End::Back => resource.suffixes.push(affix.into()),
        }
        resource.remember();
    }
    if !spec.is_for(&resource.id().gvk) {
        return Ok(());
    }
    place.write(resource, Some(Blank::Text), &mut |field| {
        let old = field.as_text().unwrap_or_default();
        let text = match end {
            End::Front => format!("{affix}{old}"),
            End::Back => format!("{old}{affix}"),
        };
        write::set_scalar(field, &text)
    })?;
    resource.unify_twins();
    resource.reread_names();
    Ok(())
}

/// Says whether resources of this kind never get a prefix or a suffix.
fn keeps_name(gvk: &Gvk) -> bool {
    match gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{default_configuration, proof};
    use super::*;

    #[test]
    fn adds_to_both_ends_and_remembers() {
        let mut list = proof::list(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Namespace, metadata: {name: b}}",
        );
        let specs = &default_configuration().name_prefix;
        add_affix(&mut list, End::Front, "my-", specs).unwrap();
        add_affix(&mut list, End::Back, "-x", specs).unwrap();
        let names: Vec<&str> = list.iter().map(Resource::name).collect();
        assert_eq!(names, ["my-a-x", "b"]);
        let old: Vec<&str> = list.at(0).previous_names().collect();
        assert_eq!(old, ["a", "my-a"]);
        assert_eq!(list.at(0).prefixes, ["my-"]);
        assert!(!list.at(1).has_history());
        assert!(proof::print(&list).contains("name: my-a-x"));
    }
}
