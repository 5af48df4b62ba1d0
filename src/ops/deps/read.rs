//! Where the objects of the graph come from: a cluster, or the files of a repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use futures::future::join_all;

use super::graph::Graph;
use crate::api::{KINDS, Kind};
use crate::cluster::{Cluster, ClusterError, Resource, Selection};
use crate::error::Failure;
use crate::manifest::{self, Object, ObjectId};
use crate::report::Ui;

/// Where to look.
pub enum Origin<'a> {
    /// A cluster.
    Cluster(&'a Cluster),
    /// A file, or a folder with all below it.
    Files(&'a Path),
}

/// Which part of the graph is asked for.
pub struct DepsRequest<'a> {
    /// Where to look.
    pub origin: Origin<'a>,
    /// The namespace whose objects the graph begins with, and that files without one are of; empty for all.
    pub namespace: &'a str,
    /// The namespace of objects in files that name none.
    pub default_namespace: &'a str,
}

/// Reads the graph: all objects of the namespace, and whatever they lead to, wherever that is.
pub async fn dependencies(ui: &Ui, request: &DepsRequest<'_>) -> Result<Graph, Failure> {
    let graph = match request.origin {
        Origin::Cluster(cluster) => live(cluster, ui, request.namespace).await?,
        Origin::Files(path) => {
            let objects = read_files(path, request.default_namespace, ui)?;
            // A file may refer to what another repository brings, but that is for people to know.
            Graph::of(&objects, |_| true)
        }
    };
    Ok(match request.namespace {
        "" => graph,
        namespace => graph.reached_from(|id| id.namespace == namespace),
    })
}

/// What a list of one kind came to.
struct Listed {
    kind: &'static Kind,
    /// Whether all namespaces were read, or only the one of the request.
    everywhere: bool,
    objects: Result<Vec<Object>, ClusterError>,
}

async fn live(cluster: &Cluster, ui: &Ui, namespace: &str) -> Result<Graph, Failure> {
    let lists = join_all(KINDS.iter().map(|kind| list(cluster, kind, namespace))).await;
    let mut objects = Vec::new();
    let mut read: BTreeSet<(&str, bool)> = BTreeSet::new();
    let mut failed = None;
    for listed in lists {
        match listed.objects {
            Ok(found) => {
                objects.extend(found);
                read.insert((listed.kind.name, listed.everywhere));
            }
            // A kind that the cluster does not know has no objects.
            Err(error) if error.is_not_found() => {
                read.insert((listed.kind.name, true));
            }
            Err(error) => {
                let failure = Failure::from(error);
                ui.failure(failure.in_one_line());
                failed.get_or_insert(failure);
            }
        }
    }
    match failed {
        Some(failure) if read.is_empty() => Err(failure),
        _ => Ok(Graph::of(&objects, |id| {
            let (everywhere, here) = ((id.kind.as_str(), true), (id.kind.as_str(), false));
            read.contains(&everywhere) || (read.contains(&here) && id.namespace == namespace)
        })),
    }
}

/// Lists a kind in all namespaces, since references cross them; whoever may not is content with one.
async fn list(cluster: &Cluster, kind: &'static Kind, namespace: &str) -> Listed {
    let resource = Resource::from(kind);
    let all = cluster.list_objects(&resource, &Selection::default()).await;
    match all {
        Err(ClusterError::Forbidden { .. }) if !namespace.is_empty() => Listed {
            kind,
            everywhere: false,
            objects: cluster
                .list_objects(&resource, &Selection::of_namespace(namespace))
                .await,
        },
        objects => Listed {
            kind,
            everywhere: true,
            objects,
        },
    }
}

/// Reads the Flux objects in all YAML files of a folder, in the order of their paths.
fn read_files(path: &Path, default_namespace: &str, ui: &Ui) -> Result<Vec<Object>, Failure> {
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)
            .map_err(|error| Failure::new(format!("cannot read `{}`: {error}", file.display())))?;
        // Most files of a repository hold no object of Flux.
        if !text.contains("fluxcd.io/") {
            continue;
        }
        match manifest::read(&text) {
            Ok(documents) => {
                let found = documents
                    .into_iter()
                    .filter_map(|document| Object::new(document).ok());
                objects.extend(found.filter(is_flux));
            }
            // The templates of a chart look like this.
            Err(error) => {
                ui.warning(format_args!("passing over `{}`: {error}", file.display()));
            }
        }
    }
    for object in &mut objects {
        if object.namespace().is_empty() {
            let metadata = object.metadata_mut();
            metadata.insert("namespace".into(), default_namespace.into());
        }
    }
    Ok(objects)
}

fn is_flux(object: &Object) -> bool {
    let ObjectId { group, kind, .. } = object.id();
    Kind::of(&group, &kind).is_some()
}

/// Collects YAML files; links are not followed, and what begins with a dot is passed over.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fault = |error| Failure::new(format!("cannot read `{}`: {error}", path.display()));
    if !fs::metadata(path).map_err(fault)?.is_dir() {
        files.push(path.into());
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        let name = entry.file_name();
        let kind = entry.file_type().map_err(fault)?;
        let is_yaml = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if name.to_string_lossy().starts_with('.') || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), files)?;
        } else if is_yaml {
            files.push(entry.path());
        }
    }
    Ok(())
}
