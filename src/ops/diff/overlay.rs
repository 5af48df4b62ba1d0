//! What applying a plain folder would do to a cluster.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::super::build::directory;
use super::super::remote::RemoteSources;
use super::against::{Against, CompareOptions, Held, MANAGER};
use super::compared::{Compared, Entry, Fate};
use super::gone::{Gone, Inventory};
use super::owned::may_be_applied;
use crate::cluster::{Address, Cluster, ClusterError, Promised, Resource, Selection};
use crate::diff::IgnoreRules;
use crate::error::Failure;
use crate::kustomize::load::Disk;
use crate::manifest::Object;
use crate::render::{self, Decryptor, Place, Recipe};
use crate::report::Ui;

/// The key of the config map under which an inventory stands.
pub const INVENTORY_KEY: &str = "inventory";

/// The label of the config map that names the owner.
pub const OWNER_LABEL: &str = "cli.gitops/owner";

/// A folder, and the cluster that it is held against.
#[derive(Clone, Copy)]
pub struct OverlayRequest<'a> {
    /// The folder, with or without a kustomization file.
    pub folder: &'a Path,
    /// Patterns of files to leave out, beside those of `.sourceignore` files.
    pub ignore: &'a [String],
    /// The namespace of objects that name none, and of the inventory.
    pub namespace: &'a str,
    /// The name under which what was applied is remembered.
    pub owner: &'a str,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// How to compare.
    pub options: CompareOptions,
}

/// What applying a folder would do, and what it was worked out from.
pub struct OverlayDiff {
    /// The objects, in the order of the build.
    pub held: Vec<Held>,
    /// What the owner applied before and is not in the folder any more.
    pub gone: Vec<Gone>,
    /// What the owner applied before.
    pub inventory: Inventory,
    /// The version of the note of it; `None` where there is none.
    pub inventory_version: Option<String>,
    /// The objects with values that SOPS has encrypted, which can't be applied.
    pub encrypted: Vec<String>,
}

impl OverlayRequest<'_> {
    /// Returns where the inventory of the owner is kept.
    pub fn inventory_address(&self) -> Address {
        Resource::CONFIG_MAP.at(self.namespace, &format!("gitops-inventory-{}", self.owner))
    }
}

/// Finds out what applying a folder would do.
///
/// # Errors
///
/// Fails where the folder can't be built, or the cluster is out of reach. What fails for one object is told in its
/// place.
pub async fn diff_overlay(ui: &Ui, request: &OverlayRequest<'_>) -> Result<OverlayDiff, Failure> {
    let directory = directory(request.folder)?;
    let remote = RemoteSources::default();
    let place = Place {
        files: &Disk,
        directory: &directory,
        remote: Some(&remote),
    };
    let mut no_keys = Decryptor::default();
    let built = place.build(&Recipe::default(), request.ignore, &mut no_keys)?;
    for warning in &built.warnings {
        ui.warning(warning);
    }
    let mut objects = built.objects()?;
    let mut encrypted = Vec::new();
    for object in &mut objects {
        let before = object.clone();
        render::mask(object).map_err(render::RenderError::from)?;
        if *object != before || object.get("/sops").is_some() {
            encrypted.push(object.id().to_string());
        }
    }
    put_into_namespace(request, &mut objects).await?;
    let cluster = request.cluster.managing_as(MANAGER);
    let against = Against {
        cluster: &cluster,
        options: request.options,
        ignored: &IgnoreRules::default(),
        forces: false,
        secrets: &BTreeSet::new(),
    };
    let held = against.hold(&objects).await?;
    let holder = read_holder(request).await?;
    let inventory = holder
        .as_ref()
        .map_or_else(|| Ok(Inventory::default()), inventory_in)?;
    let gone = inventory.without(&objects)?;
    let mut gone = Gone::find(&cluster, gone, request.options.concurrency).await?;
    let others = inventory_of_others(request).await?;
    gone.retain(|gone| gone.may_be_there() && !others.contains(&gone.object.id().to_inventory()));
    Ok(OverlayDiff {
        held,
        gone,
        inventory,
        inventory_version: holder.map(|holder| holder.text("/metadata/resourceVersion").to_owned()),
        encrypted,
    })
}

impl OverlayDiff {
    /// Returns the lines of a report; what would be pruned is among them where that is asked for.
    pub fn entries(&self, prunes: bool) -> Vec<Entry> {
        let held = self.held.iter().map(|held| held.compared.clone());
        let gone = self.gone.iter().filter(|_| prunes);
        held.chain(gone.map(Gone::pruned))
            .map(Entry::Object)
            .collect()
    }
}

impl Gone {
    /// Says whether it may be deleted.
    pub fn is_prunable(&self) -> bool {
        self.live.is_some() && self.reason_to_stay().is_none()
    }

    /// Says why it stays: it is marked as kept, or is not the owner's any more.
    pub fn reason_to_stay(&self) -> Option<String> {
        if let Some(why) = &self.unread {
            return Some(format!("it cannot be read: {why}"));
        }
        let live = self.live.as_ref()?;
        let is_of_flux = live.label("kustomize.toolkit.fluxcd.io/name").is_some()
            || live.label("helm.toolkit.fluxcd.io/name").is_some();
        match self.mark() {
            Some(mark) => Some(mark),
            None if is_of_flux => Some("Flux applies it now".into()),
            None if !may_be_applied(live, MANAGER) => {
                Some("somebody else has made it since it was applied from here".into())
            }
            None => None,
        }
    }

    /// Returns the line of it in the report of a folder.
    fn pruned(&self) -> Compared {
        match self.reason_to_stay() {
            None => self.compared(),
            Some(mark) => Compared {
                fate: Fate::Skipped { mark },
                warnings: Vec::new(),
                ..self.compared()
            },
        }
    }
}

/// Gives the objects that need a namespace and name none the one of the request.
async fn put_into_namespace(
    request: &OverlayRequest<'_>,
    objects: &mut [Object],
) -> Result<(), Failure> {
    let promised = Promised::by(objects);
    let definitions: Vec<Object> = objects
        .iter()
        .filter(|object| object.kind() == "CustomResourceDefinition")
        .cloned()
        .collect();
    for object in objects
        .iter_mut()
        .filter(|object| object.namespace().is_empty())
    {
        let known = request
            .cluster
            .resource(object.api_version(), object.kind())
            .await;
        let is_namespaced = match known {
            Ok(resource) => resource.namespaced,
            Err(error) if error.is_of_cluster() || error.is_timeout() => return Err(error.into()),
            Err(_) => {
                promised.defines(object)
                    && definitions.iter().any(|definition| {
                        definition.text("/spec/names/kind") == object.kind()
                            && definition.text("/spec/group") == object.group()
                            && definition.text("/spec/scope") == "Namespaced"
                    })
            }
        };
        if is_namespaced {
            object
                .metadata_mut()
                .insert("namespace".into(), request.namespace.into());
        }
    }
    Ok(())
}

/// Reads what other owners of the namespace have applied, and so want to stay; nothing where we may not know.
async fn inventory_of_others(request: &OverlayRequest<'_>) -> Result<BTreeSet<String>, Failure> {
    let own = request.inventory_address().name;
    let selection = Selection::of_namespace(request.namespace)
        .with_labels(format!("app.kubernetes.io/managed-by=gitops,{OWNER_LABEL}"));
    let holders = Resource::CONFIG_MAP;
    let found = request.cluster.list_objects(&holders, &selection).await;
    let found = match found {
        Err(ClusterError::Forbidden { .. } | ClusterError::NotFound { .. }) => Vec::new(),
        found => found?,
    };
    let mut theirs = BTreeSet::new();
    for holder in found.iter().filter(|holder| holder.name() != own) {
        let inventory = inventory_in(holder)?;
        theirs.extend(inventory.entries.into_iter().map(|entry| entry.id));
    }
    Ok(theirs)
}

/// Reads the note of what the owner applied before; nothing where it never applied anything, or we may not know.
async fn read_holder(request: &OverlayRequest<'_>) -> Result<Option<Object>, Failure> {
    match request.cluster.get(&request.inventory_address()).await {
        Err(ClusterError::Forbidden { .. }) => Ok(None),
        found => Ok(found?),
    }
}

/// Reads the inventory in a config map.
fn inventory_in(holder: &Object) -> Result<Inventory, Failure> {
    let text = holder
        .get("/data")
        .and_then(|data| data.get(INVENTORY_KEY))
        .and_then(Value::as_str);
    let Some(text) = text else {
        return Ok(Inventory::default());
    };
    serde_json::from_str(text).map_err(|error| {
        Failure::new(format!(
            "cannot read the inventory in {}: {error}",
            holder.id()
        ))
    })
}
