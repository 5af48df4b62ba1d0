//! How a tree grows: inventories below inventories.

use futures::future::{BoxFuture, FutureExt as _};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::node::Tree;
use super::rows::{GeneratorEntry, GeneratorRow, KustomizationRow, NameRow, ReleaseRow};
use crate::api::{Kind, StoredRelease};
use crate::cluster::{Address, Cluster, ClusterError, Resource, Selection};
use crate::error::Failure;
use crate::manifest::{self, ObjectId};

/// How many objects are read side by side below one node.
const READERS: usize = 16;

/// A tree, and what is missing from it because it may not be read.
#[derive(Debug)]
pub struct Grown {
    /// The tree.
    pub tree: Tree,
    /// Why some nodes stand without what they have brought.
    pub gaps: Vec<String>,
}

/// Which nodes a tree shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// All of them.
    All,
    /// Only those of the groups of `toolkit.fluxcd.io`.
    OnlyFlux,
}

/// Follows the inventory of a Kustomization, and those of the Kustomizations and releases in it.
///
/// # Errors
///
/// Fails where one of them is not there, or can't be understood. What may not be read is a gap.
pub async fn kustomization_tree(
    cluster: &Cluster,
    address: &Address,
    breadth: Breadth,
) -> Result<Grown, Failure> {
    let row: Option<KustomizationRow> = cluster.read(address).await?;
    let row = row.ok_or_else(|| missing(address))?;
    let grower = Grower { cluster, breadth };
    let trail = vec![address.id()];
    let (resources, gaps) = grower.inventory(&trail, row).await?;
    let mut tree = Tree::leaf(&address.id());
    tree.resources = resources;
    Ok(Grown { tree, gaps })
}

/// Lists what an `ArtifactGenerator` has made.
///
/// # Errors
///
/// Fails where it is not there.
pub async fn generator_tree(cluster: &Cluster, address: &Address) -> Result<Grown, Failure> {
    let row: Option<GeneratorRow> = cluster.read(address).await?;
    let row = row.ok_or_else(|| missing(address))?;
    let artifact = |entry: GeneratorEntry| {
        Tree::leaf(&ObjectId {
            group: "source.toolkit.fluxcd.io".into(),
            kind: "ExternalArtifact".into(),
            namespace: entry.namespace,
            name: entry.name,
        })
    };
    let mut tree = Tree::leaf(&address.id());
    tree.resources = row.status.inventory.into_iter().map(artifact).collect();
    Ok(Grown {
        tree,
        gaps: Vec::new(),
    })
}

/// What stands below a node, and what is missing there.
type Below = (Vec<Tree>, Vec<String>);

/// Which cluster a Kustomization applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TargetCluster {
    /// The one that it is in.
    This,
    /// The one that its kubeconfig names.
    Other,
}

struct Grower<'a> {
    cluster: &'a Cluster,
    breadth: Breadth,
}

impl Grower<'_> {
    fn shows(&self, id: &ObjectId) -> bool {
        self.breadth == Breadth::All || id.group.contains("toolkit.fluxcd.io")
    }

    /// Makes the nodes of an inventory, in its order; `trail` is the way here from the root.
    async fn inventory(&self, trail: &[ObjectId], row: KustomizationRow) -> Result<Below, Failure> {
        let inventory = row.status.inventory.unwrap_or_default();
        let mut ids = Vec::new();
        for entry in &inventory.entries {
            let id = ObjectId::from_inventory(&entry.id)?;
            if trail.last() != Some(&id) && self.shows(&id) {
                ids.push(id);
            }
        }
        // What is applied to another cluster can't be followed in this one.
        let target = match row.spec.kube_config {
            Some(_) => TargetCluster::Other,
            None => TargetCluster::This,
        };
        let grown: Vec<(Tree, Vec<String>)> = stream::iter(ids)
            .map(|id| self.node(trail, id, target))
            .buffered(READERS)
            .try_collect()
            .await?;
        let mut below = Below::default();
        for (tree, gaps) in grown {
            below.0.push(tree);
            below.1.extend(gaps);
        }
        Ok(below)
    }

    /// Makes one node with all that is below it.
    fn node<'a>(
        &'a self,
        trail: &'a [ObjectId],
        id: ObjectId,
        target: TargetCluster,
    ) -> BoxFuture<'a, Result<(Tree, Vec<String>), Failure>> {
        async move {
            let mut tree = Tree::leaf(&id);
            let below = match Kind::of(&id.group, &id.kind).map(|kind| kind.name) {
                // One that leads back to itself ends where it is met again.
                Some("Kustomization") if target == TargetCluster::This && !trail.contains(&id) => {
                    self.nested(trail, &id).await
                }
                Some("HelmRelease") => self.release(&id).await,
                _ => return Ok((tree, Vec::new())),
            };
            let (resources, gaps) = below.or_else(|failure| match failure {
                Broken::Refused(error) => {
                    let gap = format!("{id}: {}", Failure::from(error).in_one_line());
                    Ok((Vec::new(), vec![gap]))
                }
                Broken::Other(failure) => Err(failure),
            })?;
            tree.resources = resources;
            Ok((tree, gaps))
        }
        .boxed()
    }

    async fn nested(&self, trail: &[ObjectId], id: &ObjectId) -> Result<Below, Broken> {
        let address = address_of("Kustomization", id);
        let row: Option<KustomizationRow> = self.cluster.read(&address).await?;
        let row = row.ok_or_else(|| missing(&address))?;
        let mut trail = trail.to_vec();
        trail.push(id.clone());
        Ok(self.inventory(&trail, row).await?)
    }

    /// Makes the nodes of what Helm has recorded of a release, and of the definitions that came with it.
    async fn release(&self, id: &ObjectId) -> Result<Below, Broken> {
        let address = address_of("HelmRelease", id);
        let row: Option<ReleaseRow> = self.cluster.read(&address).await?;
        let row = row.ok_or_else(|| missing(&address))?;
        let newest = row
            .status
            .history
            .iter()
            .max_by_key(|record| record.version);
        let (Some(newest), None) = (newest, &row.spec.kube_config) else {
            return Ok(Below::default());
        };
        // Without it nobody says where Helm's records are; flux then shows the release alone.
        if row.status.storage_namespace.is_empty() {
            return Ok(Below::default());
        }
        let name = StoredRelease::secret_name(&newest.name, newest.version);
        let secret = Resource::SECRET.at(&row.status.storage_namespace, &name);
        let Some(secret) = self.cluster.get(&secret).await? else {
            return Ok(Below::default());
        };
        let cannot = |failure: Failure| {
            Failure::new(format!(
                "cannot read Helm's record of {address} in Secret {name}: {}",
                failure.in_one_line()
            ))
        };
        let stored = StoredRelease::unpack(secret.text("/data/release"))
            .map_err(|error| cannot(error.into()))?;
        let objects =
            manifest::read_objects(&stored.manifest).map_err(|error| cannot(error.into()))?;
        let namespace = match newest.namespace.as_str() {
            "" => &stored.namespace,
            namespace => namespace,
        };
        let mut ids = Vec::new();
        for object in objects {
            // A file of kustomize is no object of a cluster.
            if object.group() != "kustomize.config.k8s.io" {
                ids.push(self.placed(&object, namespace).await?);
            }
        }
        if row.spec.brings_definitions() {
            ids.extend(self.definitions(id).await?);
        }
        let shown = ids.iter().filter(|id| self.shows(id));
        Ok((shown.map(Tree::leaf).collect(), Vec::new()))
    }

    /// Gives an object of a release the namespace that it was released to, if it lives in one.
    async fn placed(
        &self,
        object: &manifest::Object,
        namespace: &str,
    ) -> Result<ObjectId, ClusterError> {
        let mut id = object.id();
        match self
            .cluster
            .resource(object.api_version(), object.kind())
            .await
        {
            Ok(resource) if !resource.namespaced => id.namespace.clear(),
            Ok(_) if id.namespace.is_empty() => id.namespace = namespace.into(),
            // What the cluster does not know (any more) is shown as it is written.
            Ok(_) | Err(ClusterError::UnknownKind { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(id)
    }

    async fn definitions(&self, release: &ObjectId) -> Result<Vec<ObjectId>, ClusterError> {
        let labels = format!(
            "helm.toolkit.fluxcd.io/name={},helm.toolkit.fluxcd.io/namespace={}",
            release.name, release.namespace
        );
        let definition = Resource::CUSTOM_RESOURCE_DEFINITION;
        let selection = Selection::default().with_labels(labels);
        let rows: Vec<NameRow> = self.cluster.list(&definition, &selection).await?;
        let id = |row: NameRow| definition.at("", &row.metadata.name).id();
        Ok(rows.into_iter().map(id).collect())
    }
}

/// Why a node can't be followed.
enum Broken {
    /// It may not be read: the node stands, with a gap below it.
    Refused(ClusterError),
    /// Anything else ends the whole.
    Other(Failure),
}

impl From<ClusterError> for Broken {
    fn from(error: ClusterError) -> Self {
        match error {
            ClusterError::Forbidden { .. } => Self::Refused(error),
            other => Self::Other(other.into()),
        }
    }
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

fn address_of(kind: &str, id: &ObjectId) -> Address {
    let kind = Kind::named(kind).expect("it is one of the table");
    Resource::from(kind).at(&id.namespace, &id.name)
}

fn missing(address: &Address) -> Failure {
    Failure::new(format!("{address} not found"))
}
