//! Changes the names of container images.

use super::error::TransformError;
use super::image_name::ImageChange;
use super::path::{self, FieldPath};
use super::places::Places;
use super::trail::{self, Trail};
use super::write::{self, Sort, WriteError};
use crate::kustomize::file::{FieldSpec, Image};
use crate::kustomize::resource::{Resource, ResourceList};
use crate::manifest::{Content, Node};

/// An image of a resource, and how often each entry is applied to it.
struct Found {
    trail: Trail,
    times: usize,
}

/// Applies the entries of `images` in their order.
///
/// The reference looks twice: at the containers in every list called `containers` or `initContainers`, and at the
/// field specs. So does this, which shows where an entry is not the same when applied twice.
///
/// # Errors
///
/// Fails where the name of an entry is no regular expression, where an image is no scalar, and where something else
/// stands in the way.
pub fn change_images(
    list: &mut ResourceList,
    images: &[Image],
    specs: &[FieldSpec],
) -> Result<(), TransformError> {
    if images.is_empty() {
        return Ok(());
    }
    let changes = images
        .iter()
        .map(|image| {
            ImageChange::new(image).map_err(|source| TransformError::Image {
                name: image.name.clone(),
                source,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut places = Places::new(specs);
    list.edit_each(|resource| {
        if resource.kind() == "CustomResourceDefinition" {
            return Ok(());
        }
        let own = places.of(&resource.id().gvk);
        let found = find(resource, own.map(|place| (&place.steps, &*place.path)))?;
        for image in found {
            change_one(resource, &image, &changes)?;
        }
        Ok(())
    })
}

/// Finds the images of a resource; a null where a list must be becomes an empty list.
fn find<'place>(
    resource: &mut Resource,
    places: impl Iterator<Item = (&'place FieldPath, &'place str)>,
) -> Result<Vec<Found>, TransformError> {
    let mut trails = Vec::new();
    let failed = |path: &str, resource: &Resource, source| {
        TransformError::field(path, resource.id(), source)
    };
    find_in_containers(resource.root(), &mut Vec::new(), &mut trails)
        .map_err(|source| failed("image", resource, source))?;
    let mut found: Vec<Found> = Vec::new();
    let mut add = |trail: Trail| match found.iter_mut().find(|image| image.trail == trail) {
        Some(image) => image.times += 1,
        None => found.push(Found { trail, times: 1 }),
    };
    trails.into_iter().for_each(&mut add);
    for (steps, path) in places {
        let mut trails = Vec::new();
        let search = trail::find(resource.root(), steps.steps(), &mut trails)
            .map_err(|source| failed(path, resource, source))?;
        if search == trail::Search::NullForList {
            path::walk(resource.root_mut(), steps.steps(), None, &mut |_| Ok(()))
                .map_err(|source| failed(path, resource, source))?;
        }
        trails.into_iter().for_each(&mut add);
    }
    Ok(found)
}

/// Finds the images of all lists called `containers` or `initContainers`, the innermost first.
fn find_in_containers(
    node: &Node,
    at: &mut Vec<u32>,
    trails: &mut Vec<Trail>,
) -> Result<(), WriteError> {
    let mut each = |index: usize, child: &Node, is_list: bool| {
        at.push(trail::number(index));
        let mut result = find_in_containers(child, at, trails);
        if is_list && result.is_ok() {
            result = find_in_list(child, at, trails);
        }
        at.pop();
        result
    };
    match &node.content {
        Content::Scalar(_) => Ok(()),
        Content::Sequence(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| each(index, item, false)),
        Content::Mapping(entries) => entries.iter().enumerate().try_for_each(|(index, entry)| {
            let is_list = matches!(entry.key.as_text(), Some("containers" | "initContainers"));
            each(index, &entry.value, is_list)
        }),
    }
}

/// Finds the images of one list of containers.
fn find_in_list(list: &Node, at: &[u32], trails: &mut Vec<Trail>) -> Result<(), WriteError> {
    let containers = list.items().unwrap_or_default().iter().enumerate();
    for (index, container) in containers.filter(|(_, container)| !container.is_null()) {
        let Some(entries) = container.entries() else {
            return Err(WriteError::kind(Sort::Mapping, container));
        };
        let image = entries
            .iter()
            .position(|entry| entry.key.as_text() == Some("image"));
        if let Some(image) = image {
            let mut trail = at.to_vec();
            trail.extend([trail::number(index), trail::number(image)]);
            trails.push(trail.into());
        }
    }
    Ok(())
}

/// Applies the entries to one image; the document is not touched where none is about it.
fn change_one(
    resource: &mut Resource,
    image: &Found,
    changes: &[ImageChange],
) -> Result<(), TransformError> {
    let Some(node) = trail::node(resource.root(), &image.trail) else {
        return Ok(());
    };
    write::expect_scalar(node)
        .map_err(|source| TransformError::field("image", resource.id(), source))?;
    let old = node.as_text().unwrap_or_default();
    let mut new: Option<String> = None;
    for change in changes {
        for _ in 0..image.times {
            match change.apply(new.as_deref().unwrap_or(old)) {
                Some(text) => new = Some(text),
                None => break,
            }
        }
    }
    if let Some(text) = new
        && let Some(node) = trail::node_mut(resource.root_mut(), &image.trail)
    {
        write::overwrite_scalar(node, &text);
        resource.unify_twins();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{default_configuration, proof};
    use super::*;

    fn changed(text: &str, images: &[Image]) -> Result<String, TransformError> {
        let mut list = proof::list(text);
        change_images(&mut list, images, &default_configuration().images)?;
        Ok(proof::print(&list))
    }

    fn image(name: &str) -> Image {
        Image {
            name: name.into(),
            new_tag: "2".into(),
            ..Image::default()
        }
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n";

    #[test]
    fn changes_images_wherever_containers_are() {
        let text =
            format!("{POD}  deep:\n    containers:\n    - image: nginx\n    - image: 'redis:1'\n");
        let printed = changed(&text, &[image("nginx"), image("redis")]).unwrap();
        assert!(
            printed.ends_with("- image: nginx:2\n    - image: redis:2\n"),
            "{printed}"
        );
    }

    #[test]
    fn puts_a_suffix_twice_where_both_ways_lead() {
        let suffix = Image {
            name: "redis".into(),
            tag_suffix: "-x".into(),
            ..Image::default()
        };
        let text = format!(
            "{POD}  containers:\n  - image: redis:1\n  other:\n    containers:\n    - image: redis:1\n"
        );
        let printed = changed(&text, &[suffix]).unwrap();
        assert!(printed.contains("image: redis:1-x-x\n"), "{printed}");
        assert!(printed.contains("image: redis:1-x\n"), "{printed}");
    }

    #[test]
    fn looks_at_volumes_and_leaves_definitions_alone() {
        let text = format!("{POD}  volumes:\n  - image: {{reference: nginx}}\n");
        assert!(
            changed(&text, &[image("nginx")])
                .unwrap()
                .contains("nginx:2")
        );
        let text = "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\nspec:\n  containers:\n  - image: nginx\n";
        assert!(!changed(text, &[image("nginx")]).unwrap().contains(":2"));
    }

    #[test]
    fn turns_a_null_into_an_empty_list() {
        let text = format!("{POD}  containers: null\n");
        let printed = changed(&text, &[image("nginx")]).unwrap();
        assert!(printed.contains("containers: []"), "{printed}");
    }

    #[test]
    fn writes_a_number_where_the_new_name_looks_like_one() {
        let named = Image {
            name: "app".into(),
            new_name: "7".into(),
            ..Image::default()
        };
        let text = format!("{POD}  containers:\n  - image: app\n");
        assert!(changed(&text, &[named]).unwrap().ends_with("image: 7\n"));
        assert!(changed(&format!("{POD}  containers: [a]\n"), &[image("a")]).is_err());
    }
}
