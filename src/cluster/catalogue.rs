//! Every kind that the API server serves, and how people call it.

use serde::Deserialize;

use super::call::Call;
use super::client::{Cluster, bare};
use super::error::{ClusterError, Reason};
use super::resource::Resource;

/// The form of the answer that names all kinds at once; Kubernetes 1.30 and newer give it.
const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

/// The kinds of a cluster, in the order in which the server prefers them.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

/// One kind in one version.
#[derive(Clone, Debug)]
struct Entry {
    resource: Resource,
    singular: String,
    short_names: Vec<String>,
}

#[derive(Deserialize)]
struct GroupList {
    kind: String,
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: GroupMetadata,
    #[serde(default)]
    versions: Vec<Version>,
}

/// The core group has no name.
#[derive(Default, Deserialize)]
struct GroupMetadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default)]
    short_names: Vec<String>,
    #[serde(default)]
    verbs: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    kind: String,
}

impl Cluster {
    /// Asks for every kind that the server serves, with two requests.
    pub async fn catalogue(&self) -> Result<Catalogue, ClusterError> {
        let (core, named) = futures::try_join!(self.groups_at("/api"), self.groups_at("/apis"))?;
        let groups = core.into_iter().chain(named);
        Ok(Catalogue {
            entries: groups.flat_map(entries_of).collect(),
        })
    }

    async fn groups_at(&self, path: &str) -> Result<Vec<Group>, ClusterError> {
        let call = Call::get(bare("get", path), path).accepting(AGGREGATED);
        let list: GroupList = self.ask(&call).await?;
        if list.kind == "APIGroupDiscoveryList" {
            return Ok(list.items);
        }
        Err(ClusterError::Answer {
            deed: Box::new(call.deed),
            source: Reason(format!(
                "it is an {}, as servers before Kubernetes 1.30 give it",
                list.kind
            )),
        })
    }
}

/// Returns the kinds of a group whose objects can be read.
fn entries_of(group: Group) -> impl Iterator<Item = Entry> {
    let name = group.metadata.name;
    group.versions.into_iter().flat_map(move |version| {
        let (group, version_name) = (name.clone(), version.version);
        let readable = version
            .resources
            .into_iter()
            .filter(|served| served.verbs.iter().any(|verb| verb == "get"));
        readable.filter_map(move |served| {
            Some(Entry {
                resource: Resource {
                    group: group.clone().into(),
                    version: version_name.clone().into(),
                    kind: served.response_kind?.kind.into(),
                    plural: served.resource.into(),
                    namespaced: served.scope == "Namespaced",
                },
                singular: served.singular_resource,
                short_names: served.short_names,
            })
        })
    })
}

impl Catalogue {
    /// Finds the kind that people mean by a word, as kubectl does: its plural, singular, kind or short
    /// name, in any case of letters, alone or followed by `.group` or `.version.group`.
    pub fn find(&self, word: &str) -> Option<&Resource> {
        let word = word.to_lowercase();
        let in_version = || {
            let (name, rest) = word.split_once('.')?;
            let (version, group) = rest.split_once('.')?;
            self.search(name, &|resource: &Resource| {
                resource.version == version && resource.group == group
            })
        };
        let in_group = || {
            let (name, group) = word.split_once('.')?;
            self.search(name, &|resource: &Resource| resource.group == group)
                .or_else(|| {
                    self.search(name, &|resource: &Resource| {
                        resource.group.starts_with(group)
                    })
                })
        };
        in_version()
            .or_else(in_group)
            .or_else(|| self.search(&word, &|_| true))
    }

    /// Finds the first kind of a name for which `fits` holds; full names go before short ones.
    fn search(&self, name: &str, fits: &dyn Fn(&Resource) -> bool) -> Option<&Resource> {
        let full = |entry: &&Entry| {
            entry.resource.plural == name
                || entry.singular == name
                || entry.resource.kind.to_lowercase() == name
        };
        let short = |entry: &&Entry| entry.short_names.iter().any(|short| short == name);
        let fitting = || {
            self.entries
                .iter()
                .filter(|entry| !name.is_empty() && fits(&entry.resource))
        };
        let found = fitting().find(full).or_else(|| fitting().find(short));
        found.map(|entry| &entry.resource)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::double::{Double, answer};
    use super::*;

    fn served(plural: &str, kind: &str, short: &str) -> serde_json::Value {
        json!({"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced",
            "singularResource": kind.to_lowercase(), "shortNames": [short], "verbs": ["get", "list"]})
    }

    #[tokio::test]
    async fn words_mean_what_they_mean_to_kubectl() {
        let double = Double::start(|seen| {
            if seen.line == "GET /api" {
                let mut binding = served("bindings", "Binding", "bi");
                binding["verbs"] = json!(["create"]);
                let resources = [
                    served("events", "Event", "ev"),
                    served("configmaps", "ConfigMap", "cm"),
                    binding,
                ];
                return answer(
                    200,
                    &json!({"kind": "APIGroupDiscoveryList", "items": [{"versions": [{"version": "v1", "resources": resources}]}]}),
                );
            }
            let group = |name: &str, versions: &[&str], resource: serde_json::Value| {
                let versions: Vec<_> = versions
                    .iter()
                    .map(|version| json!({"version": version, "resources": [resource]}))
                    .collect();
                json!({"metadata": {"name": name}, "versions": versions})
            };
            let items = [
                group("apps", &["v1", "v1beta1"], served("deployments", "Deployment", "deploy")),
                group("events.k8s.io", &["v1"], served("events", "Event", "ev")),
                group("helm.toolkit.fluxcd.io", &["v2"], served("helmreleases", "HelmRelease", "hr")),
            ];
            answer(200, &json!({"kind": "APIGroupDiscoveryList", "items": items}))
        })
        .await;
        let catalogue = double.connect().await.catalogue().await.unwrap();
        let found = |word: &str| {
            catalogue
                .find(word)
                .map(|resource| format!("{} {}", resource.api_version(), resource.plural))
        };
        for (word, meant) in [
            ("cm", "v1 configmaps"),
            ("ConfigMaps", "v1 configmaps"),
            ("configmaps.v1.", "v1 configmaps"),
            ("ev", "v1 events"),
            ("events.events.k8s.io", "events.k8s.io/v1 events"),
            ("deployment", "apps/v1 deployments"),
            ("deployments.v1beta1.apps", "apps/v1beta1 deployments"),
            ("hr.helm", "helm.toolkit.fluxcd.io/v2 helmreleases"),
        ] {
            assert_eq!(found(word).as_deref(), Some(meant), "{word}");
        }
        for unknown in ["", "binding", "web", "cm.apps", "."] {
            assert_eq!(found(unknown), None, "{unknown}");
        }
    }

    #[tokio::test]
    async fn an_old_form_of_the_answer_is_told() {
        let double = Double::start(|_| answer(200, &json!({"kind": "APIGroupList"}))).await;
        let error = double.connect().await.catalogue().await.unwrap_err();
        assert!(matches!(error, ClusterError::Answer { .. }), "{error}");
    }
}
