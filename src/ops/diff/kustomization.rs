//! What a Kustomization would do to the cluster if it were built from local files.

use std::collections::BTreeSet;

use futures::future::{FutureExt as _, LocalBoxFuture};
use serde::Deserialize;

use super::super::build::{BuildRequest, Keys, build_one, directory};
use super::super::chosen::{kustomization, live};
use super::against::{Against, CompareOptions, MANAGER};
use super::compared::{Compared, Entry, Fate, States, Tally};
use super::gone::{Gone, Inventory};
use crate::api::IgnoredPaths;
use crate::cluster::Cluster;
use crate::diff::IgnoreRules;
use crate::error::{Blame, Failure};
use crate::kustomize::load::join;
use crate::manifest::Object;
use crate::render::Recipe;
use crate::report::Ui;

/// What is compared, and how.
#[derive(Clone, Copy)]
pub struct DiffRequest<'a> {
    /// The Kustomization, and what it is built from; it has a cluster.
    pub build: BuildRequest<'a>,
    /// The cluster.
    pub cluster: &'a Cluster,
    /// How to compare.
    pub options: CompareOptions,
}

/// What of a Kustomization decides about a diff.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    spec: RowSpec,
    status: RowStatus,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RowSpec {
    prune: Option<bool>,
    force: Option<bool>,
    ignore: Option<Vec<IgnoredPaths>>,
    kube_config: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RowStatus {
    inventory: Option<Inventory>,
}

impl Row {
    fn of(object: &Object) -> Result<Self, Failure> {
        let row = serde_json::from_value(object.value().clone());
        row.map_err(|error| Failure::new(format!("cannot read {}: {error}", object.id())))
    }
}

/// Finds out what a Kustomization would do, object by object in the order of its build, and then what it would delete.
///
/// # Errors
///
/// Fails where the Kustomization can't be built, or the cluster is out of reach. What fails for one object is told in
/// its place.
pub async fn diff_kustomization(
    ui: &Ui,
    request: &DiffRequest<'_>,
    keys: Keys<'_>,
) -> Result<Vec<Entry>, Failure> {
    let directory = directory(request.build.path)?;
    let chosen = kustomization(&request.build).await?;
    let mut work = Work {
        request,
        ui,
        cluster: request.cluster.managing_as(MANAGER),
        begun: BTreeSet::new(),
        keys,
    };
    work.compare(&chosen.object, chosen.live.as_ref(), &directory)
        .await
}

/// Kustomizations that are compared one inside the other.
struct Work<'a> {
    request: &'a DiffRequest<'a>,
    ui: &'a Ui,
    cluster: Cluster,
    /// Those that are being compared, one inside the other.
    begun: BTreeSet<(String, String)>,
    keys: Keys<'a>,
}

impl Work<'_> {
    /// Compares a Kustomization; its spec is that of `object`, what it has applied before is in `live`.
    fn compare<'a>(
        &'a mut self,
        object: &'a Object,
        live: Option<&'a Object>,
        directory: &'a std::path::Path,
    ) -> LocalBoxFuture<'a, Result<Vec<Entry>, Failure>> {
        async move {
            let recipe = Recipe::new(object)?;
            let row = Row::of(object)?;
            self.begun
                .insert((recipe.namespace.clone(), recipe.name.clone()));
            let what = &self.request.build;
            let built = build_one(self.ui, what, &mut self.keys, &recipe, directory).await?;
            let against = Against {
                cluster: &self.cluster,
                options: self.request.options,
                ignored: &IgnoreRules::new(row.spec.ignore.as_deref().unwrap_or_default())?,
                forces: row.spec.force == Some(true),
                secrets: &built.secrets,
            };
            let held = against.hold(&built.objects).await?;
            let mut entries = Vec::new();
            for one in held {
                let is_new = matches!(one.compared.fate, Fate::Created | Fate::Refused { .. });
                entries.push(Entry::Object(one.compared));
                let is_nested = Recipe::is_for(&one.wanted) && !recipe.is(&one.wanted);
                if is_nested && !is_new && self.request.build.sources.is_some() {
                    entries.extend(self.nested_or_why(&one.wanted).await?);
                }
            }
            if row.spec.prune == Some(true) && Tally::of(&entries).refused == 0 {
                let inventory = live
                    .map(Row::of)
                    .transpose()?
                    .unwrap_or_default()
                    .status
                    .inventory;
                let inventory = inventory.unwrap_or_default();
                let gone = inventory.without(&built.objects)?;
                let concurrency = self.request.options.concurrency;
                let gone = Gone::find(&self.cluster, gone, concurrency).await?;
                entries.extend(gone.iter().map(|gone| Entry::Object(gone.compared())));
            }
            self.begun
                .remove(&(recipe.namespace.clone(), recipe.name.clone()));
            Ok(entries)
        }
        .boxed_local()
    }

    /// Compares a Kustomization that is among the objects of another one; where it can't be built, that is told in its
    /// place, and the rest is shown.
    async fn nested_or_why(&mut self, wanted: &Object) -> Result<Option<Entry>, Failure> {
        match self.nested(wanted).await {
            Err(failure) if matches!(failure.blame(), Blame::User | Blame::Undecided) => {
                let fate = Fate::Refused {
                    why: failure.in_one_line(),
                    hint: failure.hints().first().cloned(),
                    immutable: false,
                };
                Ok(Some(Entry::Object(Compared {
                    id: wanted.id(),
                    fate,
                    warnings: Vec::new(),
                    states: States::default(),
                })))
            }
            nested => nested,
        }
    }

    /// Compares a Kustomization that is among the objects of another one: with the spec that it has in the cluster.
    async fn nested(&mut self, wanted: &Object) -> Result<Option<Entry>, Failure> {
        let id = wanted.id();
        let recipe = Recipe::new(wanted)?;
        if Row::of(wanted)?.spec.kube_config.is_some() {
            return Ok(Some(Entry::Remote(id)));
        }
        // Those that contain each other would never end.
        if self
            .begun
            .contains(&(recipe.namespace.clone(), recipe.name.clone()))
        {
            return Ok(None);
        }
        let source = recipe.source();
        let folder = self
            .request
            .build
            .sources
            .and_then(|sources| sources.get(&source));
        let folder = folder.ok_or_else(|| {
            let name = &recipe.name;
            Failure::new(format!(
                "cannot get local path for {source} of kustomization {name}"
            ))
            .with_hint(format!(
                "name its folder with `--local-sources={source}=DIR`"
            ))
        })?;
        let directory = directory(&join(&directory(folder)?, &recipe.spec.path))?;
        let Some(live) = live(&self.cluster, wanted.name(), wanted.namespace()).await? else {
            return Ok(None);
        };
        let entries = self.compare(&live, Some(&live), &directory).await?;
        Ok(Some(Entry::Nested { id, entries }))
    }
}
