//! What applying an object would do, asked of the server itself.

use std::time::Duration;

use tokio::time::sleep;

use super::apply_error::ApplyError;
use super::change::Action;
use super::client::Cluster;
use super::error::ClusterError;
use super::normalise::{broken_key, is_same};
use super::promise::Promised;
use super::resource::Address;
use crate::manifest::Object;

/// How often, and after which pause, a kind that was just defined is asked for again: not every API
/// server of a cluster knows it at the same moment.
const UNKNOWN_KIND: (u32, Duration) = (15, Duration::from_millis(200));

/// What applying an object would do to it.
#[derive(Clone, Debug)]
pub(super) struct Preview {
    /// Where the object is.
    pub address: Address,
    /// The object as the server would keep it.
    pub merged: Object,
    /// What would happen.
    pub action: Action,
}

impl Cluster {
    /// Finds out where an object belongs.
    pub async fn address_of(&self, object: &Object) -> Result<Address, ApplyError> {
        let found = self.resource(object.api_version(), object.kind()).await;
        let resource = found.map_err(|source| ApplyError::Preview {
            id: object.id(),
            source,
        })?;
        if resource.namespaced && object.namespace().is_empty() {
            return Err(ApplyError::NoNamespace { id: object.id() });
        }
        Ok(resource.at(object.namespace(), object.name()))
    }

    /// Previews an object; `None` where it can't be, in a rehearsal, since what it needs is only
    /// promised by other objects.
    pub(super) async fn rehearse<'a>(
        &self,
        object: &'a Object,
        promised: &Promised,
    ) -> Result<(&'a Object, Option<Preview>), ApplyError> {
        let (mut tries, pause) = UNKNOWN_KIND;
        loop {
            match self.preview(object).await {
                Ok(preview) => return Ok((object, Some(preview))),
                Err(ApplyError::Preview { source, .. })
                    if self.is_rehearsing() && source.is_not_found() && promised.covers(object) =>
                {
                    return Ok((object, None));
                }
                Err(ApplyError::Preview {
                    source: ClusterError::UnknownKind { .. },
                    ..
                }) if promised.defines(object) && tries > 0 => {
                    tries -= 1;
                    sleep(pause).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn preview(&self, object: &Object) -> Result<Preview, ApplyError> {
        if let Some(key) = broken_key(object) {
            let (id, key) = (object.id(), key.to_owned());
            return Err(ApplyError::Value { id, key });
        }
        let address = self.address_of(object).await?;
        self.compare(&address, object)
            .await
            .map_err(|source| ApplyError::Preview {
                id: object.id(),
                source,
            })
    }

    /// Reads an object and rehearses its change at the same time.
    async fn compare(&self, address: &Address, object: &Object) -> Result<Preview, ClusterError> {
        let rehearsal = self.rehearsing();
        let (live, merged) = tokio::join!(
            self.get(address),
            rehearsal.server_side_apply(address, object)
        );
        let (live, merged) = (live?, merged?);
        let action = match &live {
            None => Action::Created,
            Some(live) if is_same(live, &merged) => Action::Unchanged,
            Some(_) => Action::Configured,
        };
        Ok(Preview {
            address: address.clone(),
            merged,
            action,
        })
    }
}
