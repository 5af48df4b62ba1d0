//! Which version the API server has, and which the controllers have.

use std::collections::BTreeMap;

use semver::Version;

use super::super::inventory;
use super::report::Outcome;
use crate::cluster::Cluster;
use crate::error::Failure;

/// The oldest Kubernetes that this release of Flux runs on.
const OLDEST_KUBERNETES: Version = Version::new(1, 33, 0);

/// Says whether the version of the API server will do.
pub fn kubernetes(git_version: &str) -> (Outcome, String) {
    let text = git_version.trim_start_matches('v');
    let range = format!(">={OLDEST_KUBERNETES}-0");
    match Version::parse(text) {
        // A pre-release of the oldest version counts as that version.
        Ok(version)
            if (version.major, version.minor, version.patch) >= (1, OLDEST_KUBERNETES.minor, 0) =>
        {
            (Outcome::Passed, format!("Kubernetes {text} {range}"))
        }
        Ok(_) => (
            Outcome::Failed,
            format!("Kubernetes version {git_version} does not match {range}"),
        ),
        Err(error) => (
            Outcome::Failed,
            format!("Kubernetes version can't be determined: {error}"),
        ),
    }
}

/// Returns the distribution and the versions of the controllers in a namespace, by the name of their image.
pub async fn versions(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let deployments = inventory::deployments(cluster, namespace).await?;
    if deployments.is_empty() {
        return Err(Failure::new(format!(
            "no deployments found in {namespace} namespace"
        )));
    }
    let mut controllers = BTreeMap::new();
    for image in deployments.iter().flat_map(inventory::images) {
        let (name, tag) = inventory::name_and_tag(image).ok_or_else(|| {
            let name = image.rsplit('/').next().unwrap_or(image);
            Failure::new(format!("missing image tag in image {name}"))
        })?;
        controllers.insert(name.to_owned(), tag.to_owned());
    }
    let distribution = cluster
        .installation()
        .await?
        .and_then(|installation| installation.distribution);
    let distribution = distribution.map(|distribution| ("distribution".to_owned(), distribution));
    Ok(distribution.into_iter().chain(controllers).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_new_enough_servers() {
        assert_eq!(
            kubernetes("v1.36.3"),
            (Outcome::Passed, "Kubernetes 1.36.3 >=1.33.0-0".into())
        );
        assert_eq!(kubernetes("v1.33.0-beta.1").0, Outcome::Passed);
        assert_eq!(kubernetes("v1.32.9").0, Outcome::Failed);
        assert_eq!(kubernetes("v1.34.1+k3s1").0, Outcome::Passed);
        assert_eq!(kubernetes("odd").0, Outcome::Failed);
    }
}
