//! What an object names and the cluster does not have, where no controller says so.

use super::chain::{CauseKind, Verdict};
use super::excerpt::refusal;
use super::facts::FluxObject;
use super::next::step;
use super::walk::Walk;
use crate::cluster::{Address, Resource};

/// The fields that name a Secret in the namespace of the object.
///
/// From the API types of the controllers (`ProviderSpec`, `HelmRepositorySpec`).
const SECRETS: &[&str] = &[
    "/spec/secretRef/name",
    "/spec/certSecretRef/name",
    "/spec/proxySecretRef/name",
];

impl Walk<'_> {
    /// Finds a Secret that is not there, of an object that no controller looks at before somebody needs it.
    pub(super) async fn missing_secret(&self, found: &FluxObject) -> Option<Address> {
        (found.kind.fixed)(&found.row)?;
        let object = &found.object;
        for pointer in SECRETS {
            let name = object.text(pointer);
            let address = Resource::SECRET.at(object.namespace(), name);
            if !name.is_empty() && self.is_missing(&address).await {
                return Some(address);
            }
        }
        None
    }

    /// Says of an object whose Secret is not there that this is the cause.
    pub(super) async fn without_secret(&mut self, found: &FluxObject) -> Option<Verdict> {
        let address = self.missing_secret(found).await?;
        let message = format!(
            "{} needs {address}, which does not exist",
            found.object.id()
        );
        let command = format!(
            "kubectl create secret generic {} -n {} --from-literal=KEY=VALUE",
            address.name, address.namespace
        );
        Some(self.absent("takes its secret from", &address, message, command))
    }

    /// Finds the account in whose name a controller was refused, where it does not exist: an API server refuses it
    /// like one that has no rights.
    pub(super) async fn without_account(
        &mut self,
        found: &FluxObject,
        message: &str,
    ) -> Option<Verdict> {
        let user = refusal(message)?.user;
        let (namespace, name) = user
            .strip_prefix("system:serviceaccount:")?
            .split_once(':')?;
        let address = Resource::SERVICE_ACCOUNT.at(namespace, name);
        if !self.is_missing(&address).await {
            return None;
        }
        let id = found.object.id();
        let message = format!("{id} works as {address}, which does not exist");
        let command = format!("kubectl create serviceaccount {name} -n {namespace}");
        Some(self.absent("works as", &address, message, command))
    }

    /// Says whether an object is not there; whoever may not look believes that it is.
    async fn is_missing(&self, address: &Address) -> bool {
        matches!(self.cluster.get(address).await, Ok(None))
    }

    fn absent(
        &mut self,
        relation: &'static str,
        address: &Address,
        message: String,
        command: String,
    ) -> Verdict {
        self.link(relation, address.id().into(), "missing", "");
        let next = step("make it, or correct the reference", command);
        Verdict::new(CauseKind::Reference, message, Some(next))
    }
}
