//! One request to a controller: what is asked, and how it is written.

use serde_json::{Value, json};

use crate::api::{Kind, Row, Verb, row_of};
use crate::cluster::{Address, Cluster, Resource};
use crate::error::Failure;
use crate::manifest::ObjectId;
use crate::report::Ui;

/// The annotation that asks for a reconciliation.
const REQUESTED: &str = "reconcile.fluxcd.io/requestedAt";
/// The annotation that asks for an upgrade although nothing changed.
const FORCED: &str = "reconcile.fluxcd.io/forceAt";
/// The annotation that asks to forget failures.
const RESET: &str = "reconcile.fluxcd.io/resetAt";

/// Whether the source is reconciled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Only the object.
    Alone,
    /// Its source, and the source of that, first.
    WithSource,
}

/// What is asked of a controller.
#[derive(Clone, Debug)]
pub struct ReconcileRequest {
    /// The kind of the object.
    pub kind: &'static Kind,
    /// The object.
    pub address: Address,
    /// Whether its source comes first.
    pub depth: Depth,
    /// Whether a release is upgraded although nothing changed.
    pub force: bool,
    /// Whether the failures of a release are forgotten.
    pub reset: bool,
}

/// What can be done about a request.
pub enum Ready {
    /// It can be made of the object, which is like this.
    Open(Box<Row>),
    /// There is nothing to ask: no controller looks after the object.
    Fixed,
}

impl ReconcileRequest {
    /// Makes the request for a source, and what that is made of.
    pub fn of_source(source: &ObjectId) -> Result<Self, Failure> {
        let kind = Kind::of(&source.group, &source.kind)
            .filter(|kind| kind.takes(Verb::Reconcile))
            .ok_or_else(|| {
                Failure::new(format!("cannot reconcile source of kind {}", source.kind))
            })?;
        Ok(Self {
            kind,
            address: Resource::from(kind).at(&source.namespace, &source.name),
            depth: Depth::WithSource,
            force: false,
            reset: false,
        })
    }

    /// Reads the object, and says whether a controller can be asked about it.
    pub async fn check(&self, cluster: &Cluster) -> Result<Ready, Failure> {
        let (kind, address) = (self.kind, &self.address);
        let object = cluster.get(address).await?.ok_or_else(|| {
            Failure::new(format!(
                "{} object '{}' not found in \"{}\" namespace",
                kind.name, address.name, address.namespace
            ))
        })?;
        let row = row_of(object.value());
        if (kind.fixed)(&row).is_some() {
            return Ok(Ready::Fixed);
        }
        if (kind.suspended)(&row) {
            return Err(Failure::new("resource is suspended").with_hint(format!(
                "let it go on with `resume {} {} -n {}`",
                kind.words.join(" "),
                address.name,
                address.namespace
            )));
        }
        Ok(Ready::Open(Box::new(row)))
    }

    /// Returns the source that comes first, where there is one and it is asked for.
    pub fn source(&self, row: &Row) -> Option<ObjectId> {
        let source = self
            .kind
            .source
            .filter(|_| self.depth == Depth::WithSource)?;
        source(row)
    }

    /// Writes the request onto the object.
    pub async fn write(&self, cluster: &Cluster, ui: &Ui, now: &str) -> Result<(), Failure> {
        let (kind, address) = (self.kind, &self.address);
        ui.action(format_args!(
            "annotating {} {} in {} namespace",
            kind.name, address.name, address.namespace
        ));
        let patch = json!({ "metadata": { "annotations": self.annotations(now) } });
        cluster.merge(address, &patch).await?;
        ui.success(format_args!("{} annotated", kind.name));
        ui.waiting(format_args!("waiting for {} reconciliation", kind.name));
        Ok(())
    }

    fn annotations(&self, now: &str) -> Value {
        let mut annotations = json!({ REQUESTED: now });
        if self.force {
            annotations[FORCED] = now.into();
        }
        if self.reset {
            annotations[RESET] = now.into();
        }
        annotations
    }
}
