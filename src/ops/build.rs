//! Build what a Flux Kustomization would apply, from files, with the variables of the cluster.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf, absolute};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zeroize::Zeroizing;

use super::chosen::kustomization;
use super::holders::{Holders, Referred};
use super::remote::RemoteSources;
use crate::api::PostBuild;
use crate::cluster::{Cluster, Resource};
use crate::error::Failure;
use crate::kustomize::Unset;
use crate::kustomize::load::{Disk, join};
use crate::manifest::Object;
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
    /// The way to remote bases and files.
    pub remote: &'a RemoteSources,
    /// Config maps and Secrets that count in place of those of the cluster.
    pub given: &'a [Object],
    /// Whether the Kustomization may be missing in the cluster.
    pub absence: Absence,
}

/// Whether a Kustomization that a file has may be missing in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It must be there, as flux has it.
    Refused,
    /// It may be new.
    Allowed,
}

/// What a Kustomization comes to.
pub(super) struct BuiltObjects {
    /// The objects, in the order of the build.
    pub objects: Vec<Object>,
    /// The values of variables that came from Secrets.
    pub secrets: BTreeSet<String>,
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

/// The keys that a build opens encrypted files with.
pub struct Keys<'a> {
    /// Those at hand, and what must not be shown of what they have opened.
    pub decryptor: &'a mut Decryptor,
    /// Whether those in the cluster join them.
    pub cluster: ClusterKeys,
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
    keys: Keys<'_>,
) -> Result<Vec<Object>, Failure> {
    let directory = directory(request.path)?;
    let object = kustomization(request).await?.object;
    let mut work = Work {
        request,
        ui,
        begun: Vec::new(),
        keys,
    };
    work.build(Recipe::new(&object)?, &directory).await
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
pub(super) fn directory(path: &Path) -> Result<PathBuf, Failure> {
    let found = absolute(path).ok().filter(|path| path.is_dir());
    let found = found.ok_or_else(|| {
        let path = path.display();
        Failure::new(format!("invalid resource path \"{path}\""))
    })?;
    Ok(join(&found, ""))
}

/// Kustomizations that are built one inside the other.
struct Work<'a> {
    request: &'a BuildRequest<'a>,
    ui: &'a Ui,
    /// Those that are being built, each inside the one before it.
    begun: Vec<(String, String)>,
    keys: Keys<'a>,
}

impl Work<'_> {
    /// Builds a Kustomization, and after it those that its objects are.
    async fn build(&mut self, recipe: Recipe, directory: &Path) -> Result<Vec<Object>, Failure> {
        self.begun
            .push((recipe.namespace.clone(), recipe.name.clone()));
        let built = build_one(self.ui, self.request, &mut self.keys, &recipe, directory).await?;
        let mut objects = built.objects;
        let Some(sources) = self.request.sources else {
            self.begun.pop();
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
        self.begun.pop();
        Ok(objects)
    }
}

/// Builds one Kustomization, without those in it.
///
/// # Errors
///
/// Fails as [`build`] does; nothing secret is in the error.
pub(super) async fn build_one(
    ui: &Ui,
    request: &BuildRequest<'_>,
    keys: &mut Keys<'_>,
    recipe: &Recipe,
    directory: &Path,
) -> Result<BuiltObjects, Failure> {
    let built = open_and_build(ui, request, keys, recipe, directory).await;
    let mut built = built.map_err(|failure| without_secrets(failure, keys.decryptor))?;
    let known = &mut keys.decryptor.secrets;
    for value in &built.secrets {
        known.add(value);
    }
    for object in &built.objects {
        known.add_object(object);
    }
    if keys.decryptor.has_opened() {
        let known = keys.decryptor.secrets.texts();
        built.secrets.extend(known.map(ToOwned::to_owned));
    }
    Ok(built)
}

async fn open_and_build(
    ui: &Ui,
    request: &BuildRequest<'_>,
    keys: &mut Keys<'_>,
    recipe: &Recipe,
    directory: &Path,
) -> Result<BuiltObjects, Failure> {
    read_keys(request, keys, recipe).await?;
    let place = Place {
        files: &Disk,
        directory,
        remote: Some(request.remote),
    };
    let built = place.build(recipe, request.ignore, keys.decryptor)?;
    for warning in &built.warnings {
        ui.warning(keys.decryptor.secrets.redact_text(warning));
    }
    let mut objects = built.objects()?;
    keys.decryptor.open_objects(&mut objects, recipe)?;
    let mut secrets = BTreeSet::new();
    if let Some(post_build) = &recipe.spec.post_build {
        let referred = referred(request, recipe, post_build, &objects).await?;
        secrets = referred.secrets;
        for odd in &referred.odd {
            ui.warning(odd);
        }
        let variables = Variables::new(post_build, referred.values, request.unset);
        secrets.extend(variables.carried(&objects, &secrets));
        for loss in variables.put_into(&mut objects)? {
            ui.warning(keys.decryptor.secrets.redact_text(&loss));
        }
    }
    render::finish(&mut objects, &owner(request, recipe))?;
    Ok(BuiltObjects { objects, secrets })
}

/// Takes the keys of the Secret that a Kustomization names for its decryption, where that is asked for.
async fn read_keys(
    request: &BuildRequest<'_>,
    keys: &mut Keys<'_>,
    recipe: &Recipe,
) -> Result<(), Failure> {
    let name = &recipe.spec.decryption.secret_ref.name;
    let (Some(cluster), ClusterKeys::Read) = (request.cluster, keys.cluster) else {
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
        keys.decryptor.add_entry(&shown, key, &content)?;
    }
    Ok(())
}

/// Returns the Kustomization as the owner of its objects: one in a file without a namespace is in the one that was
/// asked for, where flux writes an empty label.
fn owner<'recipe>(request: &BuildRequest<'_>, recipe: &'recipe Recipe) -> Cow<'recipe, Recipe> {
    if !recipe.namespace.is_empty() || recipe.name != request.name {
        return Cow::Borrowed(recipe);
    }
    Cow::Owned(Recipe {
        namespace: request.namespace.to_owned(),
        ..recipe.clone()
    })
}

/// Reads what a Kustomization refers to, where there is an object to put it into.
async fn referred(
    request: &BuildRequest<'_>,
    recipe: &Recipe,
    post_build: &PostBuild,
    objects: &[Object],
) -> Result<Referred, Failure> {
    let first = objects.iter().find(|object| takes_variables(object));
    let Some(first) = first else {
        return Ok(Referred::default());
    };
    let refers = post_build.substitute_from.iter().flatten().next();
    let read = match refers {
        Some(reference) if recipe.namespace.is_empty() && request.cluster.is_some() => {
            Err(Failure::new(format!(
                "substitute from '{}/{}' error: an empty namespace may not be set when a resource name is provided",
                reference.kind, reference.name
            ))
            .with_hint("give the Kustomization in the file its `metadata.namespace`"))
        }
        _ => {
            let mut holders = Holders::new(request.cluster, &recipe.namespace, request.given);
            holders.variables(post_build).await
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
