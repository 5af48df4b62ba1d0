//! What Flux itself has in a cluster: its Deployments and definitions, found by their label.

use crate::cluster::{Cluster, ClusterError, Resource, Selection};
use crate::manifest::Object;

/// The label that everything of an installation carries.
pub const PART_OF_FLUX: &str = "app.kubernetes.io/part-of=flux";

/// Lists the Deployments of Flux in a namespace, by name.
pub async fn deployments(cluster: &Cluster, namespace: &str) -> Result<Vec<Object>, ClusterError> {
    of_flux(cluster, &Resource::DEPLOYMENT, namespace).await
}

/// Lists the definitions of Flux's kinds, by name.
pub async fn definitions(cluster: &Cluster) -> Result<Vec<Object>, ClusterError> {
    of_flux(cluster, &Resource::CUSTOM_RESOURCE_DEFINITION, "").await
}

/// Lists what an installation has of one kind, by name; `namespace` is empty for what lives in none.
pub async fn of_flux(
    cluster: &Cluster,
    resource: &Resource,
    namespace: &str,
) -> Result<Vec<Object>, ClusterError> {
    let mut objects = cluster
        .list_objects(
            resource,
            &Selection::of_namespace(namespace).with_labels(PART_OF_FLUX),
        )
        .await?;
    objects.sort_by(|one, other| one.name().cmp(other.name()));
    Ok(objects)
}

/// Returns the images of a Deployment's containers.
pub fn images(deployment: &Object) -> impl Iterator<Item = &str> {
    let containers = deployment
        .get("/spec/template/spec/containers")
        .and_then(serde_json::Value::as_array);
    containers
        .into_iter()
        .flatten()
        .filter_map(|container| container.get("image")?.as_str())
}

/// Splits an image into the name of its program and its tag, with the digest if there is one;
/// `None` where it has no tag.
pub fn name_and_tag(image: &str) -> Option<(&str, &str)> {
    let last = image.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = image[last..].split_once(':')?;
    Some((name.split('@').next().unwrap_or(name), tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_name_and_tag_of_images() {
        assert_eq!(name_and_tag("ghcr.io/fluxcd/a:v1"), Some(("a", "v1")));
        assert_eq!(
            name_and_tag("host:5000/x/b:v1@sha256:de"),
            Some(("b", "v1@sha256:de"))
        );
        assert_eq!(name_and_tag("host:5000/x/extra"), None);
    }
}
