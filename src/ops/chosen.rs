//! Which Kustomization is built: the one of a file, or else the one of the cluster.

use std::fs;
use std::path::Path;

use super::build::{Absence, BuildRequest};
use crate::api::Kind;
use crate::cluster::{Cluster, Resource};
use crate::error::Failure;
use crate::manifest::{self, Dialect, Object};
use crate::render::{self, Recipe};

/// A Kustomization that is to be built.
pub(super) struct Chosen {
    /// The one of the file, or else the one of the cluster.
    pub object: Object,
    /// The one of the cluster.
    pub live: Option<Object>,
}

/// Finds the Kustomization: in the cluster, and in the file where there is one.
///
/// # Errors
///
/// Fails where it is not there, in the words of flux.
pub(super) async fn kustomization(request: &BuildRequest<'_>) -> Result<Chosen, Failure> {
    if let Some(file) = request.file
        && (file.is_dir() || !file.exists())
    {
        let file = file.display();
        return Err(Failure::new(format!(
            "invalid kustomization file \"{file}\""
        )));
    }
    chosen(request).await.map_err(|failure| {
        let why = failure.in_one_line();
        let blame = failure.blame();
        let failed = Failure::blaming(blame, format!("failed to get kustomization object: {why}"));
        let hints = failure.hints().iter();
        hints.fold(failed, Failure::with_hint)
    })
}

async fn chosen(request: &BuildRequest<'_>) -> Result<Chosen, Failure> {
    let (name, namespace) = (request.name, request.namespace);
    let live = match request.cluster {
        Some(cluster) => live(cluster, name, namespace).await?,
        None => None,
    };
    if request.cluster.is_some() && live.is_none() && request.absence == Absence::Refused {
        let message = format!("kustomizations.{} \"{name}\" not found", Recipe::GROUP);
        return Err(Failure::new(message)
            .with_hint("`build --dry-run` with `--kustomization-file` builds without a cluster"));
    }
    let object = match (request.file, &live) {
        (Some(file), _) => in_file(file, name, namespace)?,
        (None, Some(live)) => live.clone(),
        (None, None) => {
            return Err(Failure::new("dry-run mode requires a kustomization file")
                .with_hint("name one with `--kustomization-file`"));
        }
    };
    Ok(Chosen { object, live })
}

/// Reads a Kustomization of the cluster; `None` where it is not there.
pub(super) async fn live(
    cluster: &Cluster,
    name: &str,
    namespace: &str,
) -> Result<Option<Object>, Failure> {
    let Some(kind) = Kind::named("Kustomization") else {
        return Ok(None);
    };
    Ok(cluster
        .get(&Resource::from(kind).at(namespace, name))
        .await?)
}

/// Finds a Kustomization in a file; one without a namespace is taken for the one that is meant.
fn in_file(file: &Path, name: &str, namespace: &str) -> Result<Object, Failure> {
    let shown = file.display();
    let failed = |why: String| Failure::new(format!("cannot read {shown}: {why}"));
    let text = fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let values =
        manifest::read_as(&text, Dialect::Loose).map_err(|error| failed(error.to_string()))?;
    let mut objects = values
        .into_iter()
        .filter_map(|value| Object::new(value).ok());
    let is_meant = |object: &Object| {
        Recipe::is_for(object)
            && object.name() == name
            && (object.namespace().is_empty() || object.namespace() == namespace)
    };
    let mut object = objects.find(is_meant).ok_or_else(|| {
        Failure::new(format!(
            "failed find kustomization with name '{name}' and namespace '{namespace}' in file '{shown}'"
        ))
    })?;
    if let Some(spec) = object.value_mut().get_mut("spec") {
        render::read_spec(spec).map_err(|error| failed(error.to_string()))?;
    }
    Ok(object)
}
