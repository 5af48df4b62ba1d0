//! Lists: read as they arrive, each item straight into a row.

use std::time::Duration;

use futures::AsyncBufReadExt as _;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::call::{Call, Deed};
use super::client::{Cluster, misread, object};
use super::error::{ClusterError, Reason};
use super::items::Items;
use super::link::Reader;
use super::resource::Resource;
use crate::manifest::Object;

/// How long a list that has begun may fall silent.
const SILENCE: Duration = Duration::from_secs(30);

/// Which objects of a kind are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The namespace; empty for all of them.
    pub namespace: String,
    /// A label selector; empty for any.
    pub labels: String,
    /// A field selector; empty for any.
    pub fields: String,
    /// How many at a time; `None` for all in one answer, which is fastest.
    pub page: Option<u32>,
}

impl Selection {
    /// Means all objects of one namespace, or of all namespaces where it is empty.
    pub fn of_namespace(namespace: impl Into<String>) -> Self {
        Self {
            namespace: namespace.into(),
            ..Self::default()
        }
    }

    /// Means those with the labels.
    #[must_use]
    pub fn with_labels(mut self, labels: impl Into<String>) -> Self {
        self.labels = labels.into();
        self
    }

    /// Makes the call that asks for them with a verb of access rules.
    pub(super) fn call(&self, verb: &'static str, resource: &Resource) -> Call {
        let deed = Deed {
            verb,
            resource: Some(resource.clone()),
            namespace: self.namespace.clone(),
            name: String::new(),
        };
        Call::get(deed, resource.path(&self.namespace))
            .with("labelSelector", &self.labels)
            .with("fieldSelector", &self.fields)
    }
}

/// What stands around the items of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Frame {
    metadata: FrameMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct FrameMetadata {
    r#continue: String,
    resource_version: String,
}

impl Cluster {
    /// Lists objects, each read into a row of the caller's.
    ///
    /// A row should name only the fields that it needs: the others are skipped, never stored.
    pub async fn list<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        selection: &Selection,
    ) -> Result<Vec<T>, ClusterError> {
        let mut rows = Vec::new();
        self.list_into(resource, selection, &mut rows).await?;
        Ok(rows)
    }

    /// Lists whole objects. Items of a list may lack `apiVersion` and `kind`; they are given back.
    pub async fn list_objects(
        &self,
        resource: &Resource,
        selection: &Selection,
    ) -> Result<Vec<Object>, ClusterError> {
        Ok(self.list_objects_at(resource, selection).await?.0)
    }

    /// Lists whole objects, and says at which version of the store.
    pub(super) async fn list_objects_at(
        &self,
        resource: &Resource,
        selection: &Selection,
    ) -> Result<(Vec<Object>, String), ClusterError> {
        let mut values: Vec<Value> = Vec::new();
        let version = self.list_into(resource, selection, &mut values).await?;
        let deed = selection.call("list", resource).deed;
        let objects = values
            .into_iter()
            .map(|value| object(named(value, resource), &deed));
        Ok((objects.collect::<Result<_, _>>()?, version))
    }

    /// Returns the names of the objects of one namespace (or of a kind without), without reading
    /// them: the server makes a table of names of them.
    pub async fn names(
        &self,
        resource: &Resource,
        selection: &Selection,
    ) -> Result<Vec<String>, ClusterError> {
        #[derive(Deserialize)]
        struct Table {
            #[serde(default)]
            rows: Vec<Row>,
        }
        #[derive(Deserialize)]
        struct Row {
            cells: Vec<Value>,
        }
        let call = selection
            .call("list", resource)
            .accepting("application/json;as=Table;g=meta.k8s.io;v=v1")
            .with("includeObject", "None");
        let table: Table = self.ask(&call).await?;
        let first = |row: Row| {
            row.cells
                .into_iter()
                .next()
                .and_then(|cell| cell.as_str().map(str::to_owned))
        };
        Ok(table.rows.into_iter().filter_map(first).collect())
    }

    /// Lists page by page. A list that grew too old between two pages is read again from the start.
    pub(super) async fn list_into<T: DeserializeOwned>(
        &self,
        resource: &Resource,
        selection: &Selection,
        rows: &mut Vec<T>,
    ) -> Result<String, ClusterError> {
        let mut next = String::new();
        let mut page = selection.page;
        loop {
            let limit = page.map(|page| page.to_string()).unwrap_or_default();
            let call = selection
                .call("list", resource)
                .with("limit", &limit)
                .with("continue", &next);
            match self.page(&call, rows).await {
                Ok(frame) if frame.metadata.r#continue.is_empty() => {
                    return Ok(frame.metadata.resource_version);
                }
                Ok(frame) => next = frame.metadata.r#continue,
                Err(ClusterError::Rejected { code: 410, .. }) if !next.is_empty() => {
                    rows.clear();
                    next.clear();
                    page = None;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads one answer into rows while it arrives.
    async fn page<T: DeserializeOwned>(
        &self,
        call: &Call,
        rows: &mut Vec<T>,
    ) -> Result<Frame, ClusterError> {
        let mut reader = self.open(call).await?;
        let mut items = Items::default();
        loop {
            let length = {
                let bytes = self.more(&mut reader, &call.deed).await?;
                let row = |item: &[u8]| serde_json::from_slice(item).map(|row| rows.push(row));
                items
                    .feed(bytes, row)
                    .map_err(|error| misread(&error, &call.deed))?;
                bytes.len()
            };
            if length == 0 {
                break;
            }
            reader.consume_unpin(length);
        }
        let cut = || ClusterError::Answer {
            deed: Box::new(call.deed.clone()),
            source: Reason("it ends too early".into()),
        };
        serde_json::from_slice(items.frame().ok_or_else(cut)?)
            .map_err(|error| misread(&error, &call.deed))
    }

    /// Waits for the next bytes of an answer; there are none at its end.
    async fn more<'a>(
        &self,
        reader: &'a mut Reader,
        deed: &Deed,
    ) -> Result<&'a [u8], ClusterError> {
        let own = Instant::now() + SILENCE;
        let end = self.deadline().map_or(own, |deadline| deadline.min(own));
        match timeout_at(end, reader.fill_buf()).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(ClusterError::Unreachable {
                server: self.server().into(),
                source: Reason(format!("the answer broke off: {error}")),
            }),
            Err(_) => Err(ClusterError::TimedOut {
                deed: Box::new(deed.clone()),
            }),
        }
    }
}

/// Gives an item of a list its kind.
pub(super) fn named(mut value: Value, resource: &Resource) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields
            .entry("apiVersion")
            .or_insert_with(|| resource.api_version().into());
        fields
            .entry("kind")
            .or_insert_with(|| resource.kind.as_ref().into());
    }
    value
}
