//! Build what a Flux Kustomization would apply, from files, with the variables of the cluster.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf, absolute};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::debug::referred_telling;
use crate::api::{Kind, PostBuild};
use crate::cluster::{Cluster, Resource};
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::kustomize::load::{Disk, join};
use crate::manifest::{self, Dialect, Object};
use crate::render::{self, Decryptor, Place, Recipe, Variables, takes_variables};
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
}

/// Whether the Secrets in the cluster that Kustomizations name for their decryption are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClusterKeys {
    /// They are not.
    #[default]
    Unread,
    /// Their keys join those at hand.
    Read,
}

/// Builds what a Kustomization would apply; those in it come after it, if they are asked for.
///
/// What is encrypted is opened as far as there are keys; the decryptor then knows what must not be shown.
///
/// # Errors
///
/// Fails where the Kustomization, its directory or a variable can't be had, the directory can't be built, or something
/// encrypted is damaged, or can't be opened although a key was named.
pub async fn build(
    ui: &Ui,
    request: &BuildRequest<'_>,
    decryptor: &mut Decryptor,
    cluster_keys: ClusterKeys,
) -> Result<Vec<Object>, Failure> {
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
        decryptor,
        cluster_keys,
    };
    let built = work.build(Recipe::new(&object)?, &directory).await;
    let objects = built.map_err(|failure| without_secrets(failure, decryptor))?;
    for object in &objects {
        decryptor.secrets.add_object(object);
    }
    Ok(objects)
}

/// Takes what was decrypted out of an error: it may tell of the content of a file.
fn without_secrets(failure: Failure, decryptor: &Decryptor) -> Failure {
    if !decryptor.has_opened() {
        return failure;
    }
    let shown = |text: &str| decryptor.secrets.redact_text(text);
    let told = Failure::blaming(failure.blame(), shown(&failure.in_one_line()));
    let hints = failure.hints().iter();
    hints.fold(told, |told, hint| told.with_hint(shown(hint)))
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
    decryptor: &'a mut Decryptor,
    cluster_keys: ClusterKeys,
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

    async fn build_one(
        &mut self,
        recipe: &Recipe,
        directory: &Path,
    ) -> Result<Vec<Object>, Failure> {
        self.read_keys(recipe).await?;
        let place = Place {
            files: &Disk,
            directory,
        };
        let built = place.build(recipe, self.request.ignore, self.decryptor)?;
        for warning in &built.warnings {
            let shown = self.decryptor.secrets.redact_text(warning);
            self.ui.warning(shown);
        }
        let mut objects = built.objects()?;
        self.decryptor.open_objects(&mut objects, recipe)?;
        if let Some(post_build) = &recipe.spec.post_build {
            let referred = self.referred(recipe, post_build, &objects).await?;
            let variables = Variables::new(post_build, referred, self.request.unset);
            variables.put_into(&mut objects)?;
        }
        render::finish(&mut objects, recipe)?;
        Ok(objects)
    }

    /// Takes the keys of the Secret that a Kustomization names for its decryption, where that is asked for.
    async fn read_keys(&mut self, recipe: &Recipe) -> Result<(), Failure> {
        let name = &recipe.spec.decryption.secret_ref.name;
        let (Some(cluster), ClusterKeys::Read) = (self.request.cluster, self.cluster_keys) else {
            return Ok(());
        };
        if !recipe.is_decrypted() || name.is_empty() {
            return Ok(());
        }
        let address = Resource::SECRET.at(&recipe.namespace, name);
        let shown = format!("Secret/{}/{name}", recipe.namespace);
        let secret = cluster.get(&address).await?.ok_or_else(|| {
            Failure::new(format!(
                "cannot get the decryption keys: {shown} is not there"
            ))
        })?;
        let data = secret.get("/data").and_then(Value::as_object);
        for (key, value) in data.into_iter().flatten() {
            let content = value.as_str().and_then(|text| STANDARD.decode(text).ok());
            let content = Zeroizing::new(content.unwrap_or_default());
            self.decryptor.keyring.add_entry(&shown, key, &content)?;
        }
        Ok(())
    }

    /// Reads what a Kustomization refers to, where there is a cluster and an object to put it into.
    async fn referred(
        &mut self,
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
            _ => {
                let secrets = &mut self.decryptor.secrets;
                let mut tell = |value: &str| secrets.add(value);
                referred_telling(cluster, &recipe.namespace, post_build, &mut tell).await
            }
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
