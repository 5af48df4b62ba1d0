//! `Cluster`: one Kubernetes cluster, and what one can ask of it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::call::{Call, Deed};
use super::connect::{ConnectError, ConnectOptions};
use super::error::{ClusterError, Reason};
use super::link::{Link, Reader};
use super::recipe::Recipe;
use super::resource::{Address, Resource};
use super::throttle::Throttle;
use crate::manifest::Object;

/// The name under which our fields are kept, so that flux and we can be used in turn.
pub const FIELD_MANAGER: &str = "flux";

/// One Kubernetes cluster. Clones share the connection.
#[derive(Clone)]
pub struct Cluster {
    link: Arc<Link>,
    throttle: Option<Arc<Throttle>>,
    deadline: Option<Instant>,
    dry_run: bool,
    manager: &'static str,
}

/// The version of an API server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerVersion {
    /// The full version, such as `v1.36.3`.
    pub git_version: String,
    /// The first number.
    #[serde(default)]
    pub major: String,
    /// The second number; it may end with a `+`.
    #[serde(default)]
    pub minor: String,
}

/// Whether there was something to delete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It was there; finalizers may still keep it for a while.
    Accepted,
    /// It was not there.
    Absent,
}

impl Cluster {
    /// Connects to the cluster that the options and the kubeconfig mean.
    ///
    /// Nothing is sent yet; but a credential plugin runs. The time limit starts here.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let deadline = options.timeout.map(|timeout| Instant::now() + timeout);
        let link = Link::new(Recipe::new(options)?, deadline).await?;
        Ok(Self {
            link: Arc::new(link),
            throttle: options.rate.and_then(Throttle::new).map(Arc::new),
            deadline,
            dry_run: false,
            manager: FIELD_MANAGER,
        })
    }

    /// Returns the address of the API server.
    pub fn server(&self) -> &str {
        &self.link.recipe.server
    }

    /// Returns the same cluster with another time limit, which starts now; `None` for none at all.
    #[must_use]
    pub fn limited_to(&self, limit: Option<Duration>) -> Self {
        Self {
            deadline: limit.map(|limit| Instant::now() + limit),
            ..self.clone()
        }
    }

    /// Returns the same cluster, where writes are checked by the server and then dropped.
    #[must_use]
    pub fn rehearsing(&self) -> Self {
        Self {
            dry_run: true,
            ..self.clone()
        }
    }

    /// Returns the same cluster, where what is written belongs to another field manager.
    #[must_use]
    pub fn managing_as(&self, manager: &'static str) -> Self {
        Self {
            manager,
            ..self.clone()
        }
    }

    /// Says whether writes are checked by the server and then dropped.
    pub(super) const fn is_rehearsing(&self) -> bool {
        self.dry_run
    }

    /// Says whether the time limit has passed.
    pub fn is_out_of_time(&self) -> bool {
        self.deadline
            .is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Returns when all must be done.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Returns the kinds that were asked for before, by API version.
    pub(super) fn kinds(&self) -> &Mutex<HashMap<String, Arc<Vec<Resource>>>> {
        &self.link.kinds
    }

    /// Reads an object; `None` where it is not there.
    pub async fn get(&self, address: &Address) -> Result<Option<Object>, ClusterError> {
        self.read(address)
            .await?
            .map(|value| object(value, &Deed::on("get", address)))
            .transpose()
    }

    /// Reads an object into a type of the caller's; `None` where it is not there.
    pub async fn read<T: DeserializeOwned>(
        &self,
        address: &Address,
    ) -> Result<Option<T>, ClusterError> {
        if !address.is_possible() {
            return Ok(None);
        }
        let call = Call::get(Deed::on("get", address), address.path());
        absent(self.ask(&call).await)
    }

    /// Reads only the metadata of an object; `None` where it is not there.
    pub async fn read_metadata(&self, address: &Address) -> Result<Option<Object>, ClusterError> {
        if !address.is_possible() {
            return Ok(None);
        }
        let deed = Deed::on("get", address);
        let call = Call::get(deed.clone(), address.path())
            .accepting("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
        absent(self.ask(&call).await)?
            .map(|value| object(value, &deed))
            .transpose()
    }

    /// Creates an object.
    pub async fn create(
        &self,
        resource: &Resource,
        wanted: &Object,
    ) -> Result<Object, ClusterError> {
        let address = resource.at(wanted.namespace(), wanted.name());
        let deed = Deed::on("create", &address);
        let path = resource.path(&address.namespace);
        self.write(Call::new(Method::POST, deed, path).sending("application/json", wanted.value()))
            .await
    }

    /// Changes some fields of an object: a merge patch, where `null` removes.
    pub async fn merge(&self, address: &Address, patch: &Value) -> Result<Object, ClusterError> {
        let call = Call::new(Method::PATCH, Deed::on("patch", address), address.path());
        self.write(call.sending("application/merge-patch+json", patch))
            .await
    }

    /// Changes some fields of the status of an object, likewise.
    pub async fn merge_status(
        &self,
        address: &Address,
        patch: &Value,
    ) -> Result<Object, ClusterError> {
        let deed = Deed::on("patch", address);
        let call = Call::new(Method::PATCH, deed, address.part("status"));
        self.write(call.sending("application/merge-patch+json", patch))
            .await
    }

    /// Changes an object step by step: a list of operations, of which all or none is carried out.
    pub async fn patch(
        &self,
        address: &Address,
        operations: &Value,
    ) -> Result<Object, ClusterError> {
        let call = Call::new(Method::PATCH, Deed::on("patch", address), address.path());
        self.write(call.sending("application/json-patch+json", operations))
            .await
    }

    /// Applies an object on the server's side, as the owner of its fields.
    pub(super) async fn server_side_apply(
        &self,
        address: &Address,
        wanted: &Object,
    ) -> Result<Object, ClusterError> {
        let call = Call::new(Method::PATCH, Deed::on("patch", address), address.path());
        self.write(
            call.with("force", "true")
                .sending("application/apply-patch+yaml", wanted.value()),
        )
        .await
    }

    /// Asks what applying an object on the server's side would make of it, and what the server warns of: fields, for
    /// instance, that its kind does not have.
    pub async fn rehearse_apply(
        &self,
        address: &Address,
        wanted: &Object,
    ) -> Result<(Object, Vec<String>), ClusterError> {
        let call = Call::new(Method::PATCH, Deed::on("patch", address), address.path())
            .with("force", "true")
            .with("fieldManager", self.manager)
            .with("fieldValidation", "Warn")
            .with("dryRun", "All")
            .sending("application/apply-patch+yaml", wanted.value());
        let (bytes, warnings) = self.within(&call, self.link.send_heeding(&call)).await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| misread(&error, &call.deed))?;
        Ok((object(value, &call.deed)?, warnings))
    }

    /// Deletes an object; the cluster deletes what it owns afterwards.
    pub async fn delete(&self, address: &Address) -> Result<Deletion, ClusterError> {
        if !address.is_possible() {
            return Ok(Deletion::Absent);
        }
        let call = Call::new(Method::DELETE, Deed::on("delete", address), address.path())
            .with("propagationPolicy", "Background")
            .with("dryRun", if self.dry_run { "All" } else { "" });
        let gone = absent(self.send(&call).await)?.is_none();
        Ok(if gone {
            Deletion::Absent
        } else {
            Deletion::Accepted
        })
    }

    /// Deletes an object as [`Self::delete`] does, unless another one has its name by now.
    pub async fn delete_this(
        &self,
        address: &Address,
        live: &Object,
    ) -> Result<Deletion, ClusterError> {
        let options = json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": live.text("/metadata/uid")},
        });
        let call = Call::new(Method::DELETE, Deed::on("delete", address), address.path())
            .with("dryRun", if self.dry_run { "All" } else { "" })
            .sending("application/json", &options);
        let gone = absent(self.send(&call).await)?.is_none();
        Ok(if gone {
            Deletion::Absent
        } else {
            Deletion::Accepted
        })
    }

    /// Returns the version of the API server.
    pub async fn version(&self) -> Result<ServerVersion, ClusterError> {
        self.ask(&Call::get(bare("get", "/version"), "/version"))
            .await
    }

    /// Returns what is at a path, whatever it is.
    #[cfg(test)]
    pub async fn raw(&self, path: &str) -> Result<Bytes, ClusterError> {
        self.send(&Call::get(bare("get", path), path).accepting("*/*"))
            .await
    }

    /// Sends a write and reads the object that it leads to.
    async fn write(&self, call: Call) -> Result<Object, ClusterError> {
        let call = call
            .with("fieldManager", self.manager)
            .with("dryRun", if self.dry_run { "All" } else { "" });
        let value = self.ask(&call).await?;
        object(value, &call.deed)
    }

    /// Sends a call and reads the answer as a type.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, ClusterError> {
        let bytes = self.send(call).await?;
        serde_json::from_slice(&bytes).map_err(|error| misread(&error, &call.deed))
    }

    /// Sends a call and collects the answer.
    async fn send(&self, call: &Call) -> Result<Bytes, ClusterError> {
        self.turn(call).await?;
        self.within(call, self.link.send(call)).await
    }

    /// Sends a call and gives out the answer as it arrives. Only the start of it is limited in time.
    pub(super) async fn open(&self, call: &Call) -> Result<Reader, ClusterError> {
        self.turn(call).await?;
        self.within(call, self.link.open(call)).await
    }

    /// Waits until the call may be sent, where calls are counted; the wait counts toward the whole command only.
    async fn turn(&self, call: &Call) -> Result<(), ClusterError> {
        let Some(throttle) = &self.throttle else {
            return Ok(());
        };
        let Some(deadline) = self.deadline else {
            throttle.turn().await;
            return Ok(());
        };
        let turned = timeout_at(deadline, throttle.turn()).await;
        turned.map_err(|_| ClusterError::TimedOut {
            deed: Box::new(call.deed.clone()),
        })
    }

    /// Holds work to the time limit of the call and to that of the whole command.
    async fn within<T>(
        &self,
        call: &Call,
        work: impl Future<Output = Result<T, ClusterError>> + Send,
    ) -> Result<T, ClusterError> {
        let own = Instant::now() + call.patience;
        let end = self.deadline.map_or(own, |deadline| deadline.min(own));
        match timeout_at(end, work).await {
            Ok(result) => result,
            Err(_) => Err(ClusterError::TimedOut {
                deed: Box::new(call.deed.clone()),
            }),
        }
    }
}

/// Shows the address only: credentials stay hidden.
impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

/// Returns the deed on a path that belongs to no kind.
pub(super) fn bare(verb: &'static str, path: &str) -> Deed {
    Deed {
        verb,
        resource: None,
        namespace: String::new(),
        name: path.into(),
    }
}

/// Makes nothing of what is not there.
fn absent<T>(result: Result<T, ClusterError>) -> Result<Option<T>, ClusterError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(ClusterError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes an answer for an object.
pub(super) fn object(value: Value, deed: &Deed) -> Result<Object, ClusterError> {
    Object::new(value).map_err(|error| ClusterError::Answer {
        deed: Box::new(deed.clone()),
        source: Reason(error.to_string()),
    })
}

/// Makes the error for an answer that is no JSON of the expected shape. The parser's own words may
/// quote values, so only the place is kept.
pub(super) fn misread(error: &serde_json::Error, deed: &Deed) -> ClusterError {
    let sort = match error.classify() {
        serde_json::error::Category::Data => "a field has an unexpected type",
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "it is not JSON",
    };
    ClusterError::Answer {
        deed: Box::new(deed.clone()),
        source: Reason(format!(
            "{sort} (line {}, column {})",
            error.line(),
            error.column()
        )),
    }
}
