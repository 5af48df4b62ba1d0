//! Many objects as they are, with as few requests as make sense.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _};

use super::client::Cluster;
use super::error::ClusterError;
use super::list::Selection;
use super::resource::{Address, Resource};
use crate::manifest::Object;

/// Up to so many objects of one kind and namespace are read one by one; a list costs as much as its longest object,
/// and the namespace may hold thousands of others.
const SINGLES: usize = 2;

/// What was found at an address; `Ok(None)` where nothing is there.
pub type Found = Result<Option<Object>, ClusterError>;

impl Cluster {
    /// Reads the objects at the addresses: a list for each kind and namespace, side by side.
    ///
    /// Where listing is not allowed, the objects are read one by one.
    ///
    /// # Errors
    ///
    /// Fails where the cluster as a whole is out of reach. What fails for one object is told at its address.
    pub async fn live_state(
        &self,
        addresses: &BTreeSet<Address>,
        concurrency: usize,
    ) -> Result<BTreeMap<Address, Found>, ClusterError> {
        let mut groups: BTreeMap<(&Resource, &str), Vec<&Address>> = BTreeMap::new();
        for address in addresses {
            let group = groups.entry((&address.resource, &address.namespace));
            group.or_default().push(address);
        }
        let reads = groups
            .into_values()
            .map(|group| self.live_group(group, concurrency));
        let mut reads = stream::iter(reads).buffer_unordered(concurrency);
        let mut state = BTreeMap::new();
        while let Some(found) = reads.next().await {
            for (address, found) in found {
                match found {
                    Err(error) if error.is_of_cluster() => return Err(error),
                    found => state.insert(address, found),
                };
            }
        }
        Ok(state)
    }

    /// Reads objects of one kind in one namespace.
    async fn live_group(&self, group: Vec<&Address>, concurrency: usize) -> Vec<(Address, Found)> {
        if let Some(first) = group.first()
            && group.len() > SINGLES
        {
            let selection = Selection::of_namespace(first.namespace.clone());
            if let Ok(objects) = self.list_objects(&first.resource, &selection).await {
                let mut by_name: BTreeMap<String, Object> = objects
                    .into_iter()
                    .map(|object| (object.name().to_owned(), object))
                    .collect();
                let take = |address: &Address| (address.clone(), Ok(by_name.remove(&address.name)));
                return group.into_iter().map(take).collect();
            }
        }
        let read = |address: Address| async move {
            let found = self.get(&address).await;
            (address, found)
        };
        stream::iter(group.into_iter().cloned())
            .map(read)
            .buffer_unordered(concurrency)
            .collect()
            .await
    }
}

#[cfg(test)]
mod tests {
    use axum::response::Response;
    use serde_json::{Value, json};

    use super::super::double::{Double, Seen, answer};
    use super::*;

    fn config_map(name: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "a"}, "data": {"k": name}})
    }

    fn serve(seen: &Seen) -> Response {
        match seen.line.as_str() {
            "GET /api/v1/namespaces/a/configmaps" => answer(
                200,
                &json!({"kind": "ConfigMapList", "apiVersion": "v1", "items": [config_map("one"), config_map("three"), config_map("other")]}),
            ),
            "GET /api/v1/namespaces/a/secrets" => answer(403, &json!({"reason": "Forbidden"})),
            line if line.ends_with("/one") => {
                let mut value = config_map("one");
                value["apiVersion"] = "v1".into();
                value["kind"] = "Secret".into();
                answer(200, &value)
            }
            line => {
                let name = line.rsplit('/').next().unwrap_or_default();
                answer(
                    404,
                    &json!({"reason": "NotFound", "details": {"name": name}}),
                )
            }
        }
    }

    #[tokio::test]
    async fn a_kind_of_a_namespace_is_one_list() {
        let double = Double::start(serve).await;
        let cluster = double.connect().await;
        let at = |resource: Resource, name: &str| resource.at("a", name);
        let addresses: BTreeSet<Address> = ["one", "two", "three"]
            .iter()
            .flat_map(|name| [at(Resource::CONFIG_MAP, name), at(Resource::SECRET, name)])
            .collect();
        let state = cluster.live_state(&addresses, 4).await.unwrap();
        let there = |address: Address| state[&address].as_ref().unwrap().is_some();
        assert!(there(at(Resource::CONFIG_MAP, "one")) && there(at(Resource::CONFIG_MAP, "three")));
        assert!(!there(at(Resource::CONFIG_MAP, "two")));
        assert!(
            there(at(Resource::SECRET, "one")) && !there(at(Resource::SECRET, "two")),
            "what may not be listed is read one by one"
        );
        let seen = double.seen.lock().unwrap();
        let lists = seen.iter().filter(|seen| seen.line.ends_with("configmaps"));
        assert_eq!(lists.count(), 1);
    }
}
