//! Build what a Flux Kustomization would apply, from files, with the variables of the cluster.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf, absolute};

use super::debug::referred;
use super::remote::{Network, RemoteSources};
use crate::api::{Kind, PostBuild};
use crate::cluster::{Cluster, Resource};
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::kustomize::load::{Disk, join};
use crate::manifest::{self, Dialect, Object};
use crate::render::{self, Place, Recipe, Variables, takes_variables};
use crate::report::Ui;

/// What is built, from where, and how.
#[derive(Clone, Copy)]
pub struct BuildRequest<'a> {
    /// The name of the Kustomization.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The directory that stands for the path of its source.
    pub path: &'a Path,
    /// A file with the Kustomization, whose spec counts in place of the one in the cluster.
    pub file: Option<&'a Path>,
    /// The cluster; without one nothing is read from it, and variables of config maps and Secrets stay unset.
    pub cluster: Option<&'a Cluster>,
    /// What a variable without a value is.
    pub unset: Unset,
    /// Patterns of files to leave out, beside those of `.sourceignore` files.
    pub ignore: &'a [String],
    /// The folders of sources as `Kind/namespace/name`, where Kustomizations in the output are built too.
    pub sources: Option<&'a BTreeMap<String, PathBuf>>,
    /// Whether remote bases and files may be fetched.
    pub network: Network,
}

/// Builds what a Kustomization would apply; those in it come after it, if they are asked for.
///
/// # Errors
///
/// Fails where the Kustomization, its directory or a variable can't be had, or the directory can't be built.
pub async fn build(ui: &Ui, request: &BuildRequest<'_>) -> Result<Vec<Object>, Failure> {
    let directory = directory(request.path)?;
    if let Some(file) = request.file
        && !file.is_file()
    {
        let file = file.display();
        return Err(Failure::new(format!(
            "invalid kustomization file \"{file}\""
        )));
    }
    let object = kustomization(request).await.map_err(|failure| {
        let why = failure.in_one_line();
        let failed = Failure::new(format!("failed to get kustomization object: {why}"));
        let hints = failure.hints().iter();
        hints.fold(failed, Failure::with_hint)
    })?;
    let mut work = Work {
        request,
        ui,
        begun: Vec::new(),
        remote: RemoteSources::new(request.network),
    };
    work.build(Recipe::new(&object)?, &directory).await
}

/// Returns the absolute path of a directory, without `.` and `..`.
fn directory(path: &Path) -> Result<PathBuf, Failure> {
    let found = absolute(path).ok().filter(|path| path.is_dir());
    let found = found.ok_or_else(|| {
        let path = path.display();
        Failure::new(format!("invalid resource path \"{path}\""))
    })?;
    Ok(join(&found, ""))
}

/// Finds the Kustomization: in the cluster, and in the file where there is one.
async fn kustomization(request: &BuildRequest<'_>) -> Result<Object, Failure> {
    let (name, namespace) = (request.name, request.namespace);
    let live = match (request.cluster, Kind::named("Kustomization")) {
        (Some(cluster), Some(kind)) => {
            let address = Resource::from(kind).at(namespace, name);
            let found = cluster.get(&address).await?;
            let missing = || {
                Failure::new(format!(
                    "kustomizations.{} \"{name}\" not found",
                    Recipe::GROUP
                ))
                .with_hint("`--dry-run` with `--kustomization-file` builds without a cluster")
            };
            Some(found.ok_or_else(missing)?)
        }
        _ => None,
    };
    match (request.file, live) {
        (Some(file), _) => in_file(file, name, namespace),
        (None, Some(live)) => Ok(live),
        (None, None) => Err(Failure::new("dry-run mode requires a kustomization file")
            .with_hint("name one with `--kustomization-file`")),
    }
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
    objects.find(is_meant).ok_or_else(|| {
        Failure::new(format!(
            "failed find kustomization with name '{name}' and namespace '{namespace}' in file '{shown}'"
        ))
    })
}

/// Kustomizations that are built one inside the other.
struct Work<'a> {
    request: &'a BuildRequest<'a>,
    ui: &'a Ui,
    begun: Vec<(String, String)>,
    remote: RemoteSources,
}

impl Work<'_> {
    /// Builds a Kustomization, and after it those that its objects are.
    async fn build(&mut self, recipe: Recipe, directory: &Path) -> Result<Vec<Object>, Failure> {
        self.begun
            .push((recipe.namespace.clone(), recipe.name.clone()));
        let mut objects = self.build_one(&recipe, directory).await?;
        let Some(sources) = self.request.sources else {
            return Ok(objects);
        };
        let mut below = Vec::new();
        let is_nested = |object: &&Object| Recipe::is_for(object) && !recipe.is(object);
        for object in objects.iter().filter(is_nested) {
            let nested = Recipe::new(object)?;
            // Those that contain each other would never end.
            if self
                .begun
                .contains(&(nested.namespace.clone(), nested.name.clone()))
            {
                continue;
            }
            let source = nested.source();
            let folder = sources.get(&source).ok_or_else(|| {
                let name = &nested.name;
                Failure::new(format!(
                    "cannot get local path for {source} of kustomization {name}"
                ))
                .with_hint(format!(
                    "name its folder with `--local-sources={source}=DIR`"
                ))
            })?;
            let directory = self::directory(&join(&self::directory(folder)?, &nested.spec.path))?;
            below.extend(Box::pin(self.build(nested, &directory)).await?);
        }
        objects.extend(below);
        Ok(objects)
    }

    async fn build_one(&self, recipe: &Recipe, directory: &Path) -> Result<Vec<Object>, Failure> {
        let place = Place {
            files: &Disk,
            directory,
            remote: Some(&self.remote),
        };
        let built = place.build(recipe, self.request.ignore)?;
        for warning in &built.warnings {
            self.ui.warning(warning);
        }
        let mut objects = built.objects()?;
        if let Some(post_build) = &recipe.spec.post_build {
            let referred = self.referred(recipe, post_build, &objects).await?;
            let variables = Variables::new(post_build, referred, self.request.unset);
            for loss in variables.put_into(&mut objects)? {
                self.ui.warning(&loss);
            }
        }
        render::finish(&mut objects, &self.owner(recipe))?;
        Ok(objects)
    }

    /// Returns the Kustomization as the owner of its objects: one in a file without a namespace is in the one that
    /// was asked for, where flux writes an empty label.
    fn owner<'recipe>(&self, recipe: &'recipe Recipe) -> Cow<'recipe, Recipe> {
        let is_asked_for = self.begun.len() == 1;
        if !recipe.namespace.is_empty() || !is_asked_for {
            return Cow::Borrowed(recipe);
        }
        Cow::Owned(Recipe {
            namespace: self.request.namespace.to_owned(),
            ..recipe.clone()
        })
    }

    /// Reads what a Kustomization refers to, where there is a cluster and an object to put it into.
    async fn referred(
        &self,
        recipe: &Recipe,
        post_build: &PostBuild,
        objects: &[Object],
    ) -> Result<BTreeMap<String, String>, Failure> {
        let first = objects.iter().find(|object| takes_variables(object));
        let (Some(cluster), Some(first)) = (self.request.cluster, first) else {
            return Ok(BTreeMap::new());
        };
        let refers = post_build.substitute_from.iter().flatten().next();
        let read = match refers {
            Some(reference) if recipe.namespace.is_empty() => Err(Failure::new(format!(
                "substitute from '{}/{}' error: an empty namespace may not be set when a resource name is provided",
                reference.kind, reference.name
            ))
            .with_hint("give the Kustomization in the file its `metadata.namespace`")),
            _ => referred(cluster, &recipe.namespace, post_build).await,
        };
        read.map_err(|failure| {
            let why = failure.in_one_line();
            let failed = Failure::new(format!(
                "var substitution failed for '{}': {why}",
                first.name()
            ));
            let hints = failure.hints().iter();
            hints.fold(failed, Failure::with_hint)
        })
    }
}
