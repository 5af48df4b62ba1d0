//! Observing some objects with as few watches as make sense.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::stream::{self, BoxStream, SelectAll, StreamExt as _};
use serde_json::Value;
use tokio::time::sleep;

use super::client::Cluster;
use super::error::ClusterError;
use super::list::Selection;
use super::resource::{Address, Resource};
use super::watch::{Change, Watch};

/// Up to so many objects of one kind and namespace are watched one by one; more of them by one
/// watch over the namespace, since each watch costs a connection.
const SINGLES: usize = 16;

/// The time between two looks at an object that may be read but not listed.
const POLL: Duration = Duration::from_secs(2);

/// The objects that one lane observes: of a kind and a namespace, perhaps only one.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub resource: Resource,
    pub namespace: String,
    /// The only one; `None` for all of the namespace.
    pub name: Option<String>,
}

/// One way in which observations come.
struct Lane {
    cluster: Cluster,
    scope: Scope,
    /// `None` where listing is forbidden, so that the object must be asked for again and again.
    watch: Option<Watch<Value>>,
    asked: bool,
}

/// What is seen, and where.
pub(super) type Observation = (Scope, Result<Change<Value>, ClusterError>);

/// Opens as few lanes as make sense.
pub(super) fn lanes(
    cluster: &Cluster,
    addresses: &[Address],
) -> SelectAll<BoxStream<'static, Observation>> {
    let mut groups: BTreeMap<(&Resource, &str), Vec<&str>> = BTreeMap::new();
    for address in addresses {
        groups
            .entry((&address.resource, &address.namespace))
            .or_default()
            .push(&address.name);
    }
    let mut scopes = Vec::new();
    for ((resource, namespace), mut names) in groups {
        names.sort_unstable();
        names.dedup();
        let scope = |name: Option<&str>| Scope {
            resource: resource.clone(),
            namespace: namespace.to_owned(),
            name: name.map(str::to_owned),
        };
        if names.len() > SINGLES {
            scopes.push(scope(None));
        } else {
            scopes.extend(names.into_iter().map(|name| scope(Some(name))));
        }
    }
    stream::select_all(
        scopes
            .into_iter()
            .map(|scope| Lane::new(cluster, scope).observations()),
    )
}

impl Lane {
    fn new(cluster: &Cluster, scope: Scope) -> Self {
        let name = scope
            .name
            .as_ref()
            .map(|name| format!("metadata.name={name}"));
        let selection = Selection {
            fields: name.unwrap_or_default(),
            ..Selection::of_namespace(scope.namespace.clone())
        };
        let watch = Some(cluster.watch(&scope.resource, &selection));
        Self {
            cluster: cluster.clone(),
            scope,
            watch,
            asked: false,
        }
    }

    fn observations(self) -> BoxStream<'static, Observation> {
        stream::unfold(self, |mut lane| async move {
            let change = lane.next().await;
            Some(((lane.scope.clone(), change), lane))
        })
        .boxed()
    }

    async fn next(&mut self) -> Result<Change<Value>, ClusterError> {
        if let Some(watch) = &mut self.watch {
            match watch.next().await {
                Err(ClusterError::Forbidden { .. }) if self.scope.name.is_some() => {
                    self.watch = None;
                }
                other => return other,
            }
        }
        if self.asked {
            sleep(POLL).await;
        }
        self.asked = true;
        let name = self.scope.name.as_deref().unwrap_or_default();
        let address = self.scope.resource.at(&self.scope.namespace, name);
        let found = self.cluster.read::<Value>(&address).await?;
        Ok(Change::All(found.into_iter().collect()))
    }
}
