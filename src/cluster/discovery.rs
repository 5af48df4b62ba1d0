//! What the API server serves, and what we may do with it.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::client::{Cluster, bare};
use super::error::ClusterError;
use super::resource::{Resource, group_version_path};

/// How many questions about rights are asked at a time.
const QUESTIONS: usize = 8;

/// Something that one may be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The verb of access rules, such as `create`, or `*`.
    pub verb: String,
    /// The kind, such as `deployments.apps`; `*` as plural and group means everything.
    pub resource: Resource,
    /// The namespace; empty for all of them.
    pub namespace: String,
}

#[derive(Deserialize)]
struct ResourceList {
    #[serde(default)]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
struct Served {
    name: String,
    kind: String,
    #[serde(default)]
    namespaced: bool,
}

impl Cluster {
    /// Returns the kinds of an API version such as `apps/v1`; none where it is not served.
    ///
    /// The answer is fresh; [`Cluster::resource`] is the way to what was asked for before.
    pub async fn resources(&self, api_version: &str) -> Result<Arc<Vec<Resource>>, ClusterError> {
        let path = group_version_path(api_version);
        let list: ResourceList = match self
            .ask(&Call::get(bare("get", &path), path.as_str()))
            .await
        {
            Err(ClusterError::NotFound { .. }) => ResourceList {
                resources: Vec::new(),
            },
            other => other?,
        };
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let resource = |served: Served| Resource {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            kind: served.kind.into(),
            plural: served.name.into(),
            namespaced: served.namespaced,
        };
        // What has a slash is a part of an object, such as `pods/log`.
        let whole = list
            .resources
            .into_iter()
            .filter(|served| !served.name.contains('/'));
        let found = Arc::new(whole.map(resource).collect::<Vec<_>>());
        if let Ok(mut kinds) = self.kinds().lock() {
            kinds.insert(api_version.into(), Arc::clone(&found));
        }
        Ok(found)
    }

    /// Finds the kind by its name in an API version; it fails where the cluster does not know it.
    pub async fn resource(&self, api_version: &str, kind: &str) -> Result<Resource, ClusterError> {
        let named =
            |resources: &Vec<Resource>| resources.iter().find(|known| known.kind == kind).cloned();
        let known = self
            .kinds()
            .lock()
            .ok()
            .and_then(|kinds| kinds.get(api_version).cloned());
        if let Some(resource) = known.and_then(|resources| named(&resources)) {
            return Ok(resource);
        }
        let fresh = self.resources(api_version).await?;
        named(&fresh).ok_or_else(|| ClusterError::UnknownKind {
            kind: kind.into(),
            api_version: api_version.into(),
        })
    }

    /// Says for each deed whether we are allowed to do it, in the given order.
    pub async fn allowed(&self, deeds: &[Access]) -> Result<Vec<bool>, ClusterError> {
        stream::iter(deeds)
            .map(|access| self.is_allowed(access))
            .buffered(QUESTIONS)
            .try_collect()
            .await
    }

    async fn is_allowed(&self, access: &Access) -> Result<bool, ClusterError> {
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    verb: Some(access.verb.clone()),
                    group: Some(access.resource.group.to_string()),
                    resource: Some(access.resource.plural.to_string()),
                    namespace: Some(access.namespace.clone()),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let call = Call::new(Method::POST, bare("create", path), path)
            .sending("application/json", &json!(review));
        let answer: SelfSubjectAccessReview = self.ask(&call).await?;
        Ok(answer.status.is_some_and(|status| status.allowed))
    }
}
