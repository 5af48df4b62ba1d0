//! The objects of the folder: which ones a bootstrap applies, and what that would change.

use super::super::install::Generated;
use super::act::Run;
use super::facts::Facts;
use super::files::Files;
use super::folder::Folder;
use super::request::Request;
use crate::cluster::{self, Applied, ApplyOptions, Cluster};
use crate::error::Failure;
use crate::git::Change;
use crate::manifest::{self, Object};

/// Returns everything that a bootstrap applies: what the folder will hold, through its kustomization.
pub fn objects_to_apply(
    request: &Request,
    facts: &Facts,
    generated: &Generated,
    files: &Files,
) -> Result<Vec<Object>, Failure> {
    let Some(copy) = &facts.copy else {
        let mut objects = generated.objects.clone();
        let text = String::from_utf8_lossy(files.sync.content.as_deref().unwrap_or_default());
        for value in manifest::read(&text)? {
            objects.push(Object::new(value)?);
        }
        return Ok(objects);
    };
    let mut changes = vec![files.components.clone(), files.sync.clone()];
    let folder = Folder::new(&copy.clone, request.folder(), &changes);
    changes.extend(folder.missing_kustomization()?);
    Ok(Folder::new(&copy.clone, request.folder(), &changes).objects()?)
}

/// Finds out what applying the objects would change, without changing anything.
///
/// What needs a kind or a namespace that only the objects themselves bring counts as created.
pub async fn preview(cluster: &Cluster, objects: &[Object]) -> Result<Vec<Applied>, Failure> {
    let options = ApplyOptions::default();
    Ok(cluster
        .rehearsing()
        .apply(objects, &options, |_| {})
        .await?)
}

/// Says whether an object is one of the two that follow the repository.
pub fn is_sync(request: &Request, kind: &str, namespace: &str, name: &str) -> bool {
    matches!(kind, "GitRepository" | "Kustomization")
        && namespace == request.namespace
        && name == request.namespace
}

impl Run<'_> {
    /// Applies objects, and notes whether that changed any.
    pub async fn apply(&mut self, objects: &[Object]) -> Result<(), Failure> {
        let applied = self
            .cluster
            .apply(objects, &ApplyOptions::default(), |_| {})
            .await?;
        self.changed |= applied
            .iter()
            .any(|applied| applied.action != cluster::Action::Unchanged);
        Ok(())
    }

    /// Reads the objects of the folder through its kustomization; `None` where it has none.
    pub fn folder_objects(&self, pending: &[Change]) -> Result<Option<Vec<Object>>, Failure> {
        let Some(copy) = &self.facts.copy else {
            return Ok(None);
        };
        let folder = Folder::new(&copy.clone, self.request.folder(), pending);
        if !folder.has_kustomization()? {
            return Ok(None);
        }
        Ok(Some(folder.objects()?))
    }
}
