//! Make the manifests of Flux, apply them, and wait until the controllers run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::check::{Readiness, ready_deployments};
use super::release::{FLUX_REPOSITORY, latest_release};
use super::remote::RemoteSources;
use super::waiting::Pace;
use crate::cluster::{Applied, ApplyOptions, Cluster, Installation, Resource};
use crate::env;
use crate::error::{Blame, Failure};
use crate::hosting;
use crate::install::{self, Base, Components, Options, RELEASE, Wanted};
use crate::kustomize::BuildError;
use crate::kustomize::load::Disk;
use crate::manifest::Object;
use crate::render::build_overlay;
use crate::report::Ui;
use crate::secrets::{self, JsonLayout, RegistryCredentials};

/// Where manifests come from, and how they are made.
#[derive(Clone, Debug)]
pub struct Manifests {
    /// How the installation differs from the standard one.
    pub options: Options,
    /// The release that was asked for; `None` for the one that this program carries.
    pub release: Option<String>,
    /// A folder to read in place of all that.
    pub overlay: Option<PathBuf>,
}

/// Manifests that are made.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The file: header and documents.
    pub text: String,
    /// The objects in it.
    pub objects: Vec<Object>,
    /// The release, such as `v2.9.4`.
    pub version: String,
}

impl Generated {
    /// Keeps the file that is there where it says the same in other words, such as one that flux wrote.
    #[must_use]
    pub fn kept_as(mut self, present: Option<Vec<u8>>) -> Self {
        let present = present.and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(present) =
            present.filter(|present| install::says_the_same(present, &self.text, &self.objects))
        {
            self.text = present;
        }
        self
    }
}

impl Manifests {
    /// Makes the manifests; another release than our own is fetched.
    pub async fn generate(&self) -> Result<Generated, Failure> {
        let mut options = self.options.clone();
        let objects = if let Some(overlay) = &self.overlay {
            let remote = RemoteSources::default();
            build_overlay(&Disk, overlay, Some(&remote))
                .and_then(|built| built.objects())
                .map_err(|error| unbuilt(overlay, error))?
        } else {
            let base = match self.wanted().await? {
                Wanted::Release(release) => {
                    options.version = release.tag().to_owned();
                    release.fetch(&options.components).await?
                }
                Wanted::Own | Wanted::Latest => Base::own(&options.components),
            };
            install::generate(base, &options)?
        };
        let text = install::render(&objects, &options);
        Ok(Generated {
            text,
            objects,
            version: options.version,
        })
    }

    /// Finds out which release is meant, and that there is one.
    async fn wanted(&self) -> Result<Wanted, Failure> {
        let text = self.release.as_deref().unwrap_or_default();
        let asked = Wanted::parse(text)?;
        // A server of our own has no list of releases: what it does not have, it says itself.
        let listed = !env::GITOPS_RELEASE_URL.is_set();
        match &asked {
            Wanted::Latest => Ok(Wanted::parse(&latest_release().await?)?),
            Wanted::Release(release)
                if listed
                    && !hosting::release_exists(None, FLUX_REPOSITORY, release.tag()).await? =>
            {
                Err(Failure::usage(format!(
                    "targeted version '{}' does not exist",
                    release.tag()
                ))
                .with_hint(format!("leave `--version` out to use {RELEASE}")))
            }
            _ => Ok(asked),
        }
    }
}

/// Says which folder of manifests could not be built, and why.
fn unbuilt(folder: &Path, error: BuildError) -> Failure {
    let failure = Failure::from(error);
    let said = format!(
        "cannot build the manifests in {}: {}",
        folder.display(),
        failure.in_one_line()
    );
    let hints = failure.hints().iter();
    hints.fold(Failure::blaming(failure.blame(), said), |failure, hint| {
        failure.with_hint(hint)
    })
}

/// A Secret to pull the controllers' images with.
#[derive(Debug)]
pub struct PullSecret {
    /// Its name.
    pub name: String,
    /// The registry that it is for.
    pub registry: String,
    /// Who pulls.
    pub credentials: RegistryCredentials,
}

impl PullSecret {
    /// Writes it, in a namespace that is made if it has to be: pods must find it when they start.
    pub async fn write(
        &self,
        cluster: &Cluster,
        namespace: &Object,
        layout: JsonLayout,
    ) -> Result<(), Failure> {
        let address = Resource::NAMESPACE.at("", namespace.name());
        if cluster.read_metadata(&address).await?.is_none() {
            cluster
                .apply(
                    std::slice::from_ref(namespace),
                    &ApplyOptions::default(),
                    |_| {},
                )
                .await?;
        }
        let secret = secrets::pull_secret(
            namespace.name(),
            &self.name,
            &self.registry,
            &self.credentials,
            layout,
        );
        cluster
            .apply(&[secret], &ApplyOptions::default(), |_| {})
            .await?;
        Ok(())
    }
}

/// What is installed where.
#[derive(Debug)]
pub struct InstallRequest<'a> {
    /// The namespace of Flux.
    pub namespace: &'a str,
    /// The manifests.
    pub generated: &'a Generated,
    /// The controllers that must run in the end.
    pub components: &'a Components,
    /// What their images are pulled with.
    pub pull_secret: Option<&'a PullSecret>,
    /// The time limit, to tell of when it is over.
    pub timeout: Duration,
}

/// Says who else manages the Flux of a cluster, as a sentence.
pub fn foreign_manager(installation: &Installation) -> Option<String> {
    let manager = installation
        .manager
        .as_deref()
        .filter(|_| installation.is_foreign())?;
    let version = installation
        .version
        .as_deref()
        .unwrap_or("of an unknown version");
    Some(format!(
        "Flux {version} has been installed on this cluster with {manager}!"
    ))
}

/// Says who else has installed Flux; refuses where a bootstrap did.
pub async fn foreign_installation(
    cluster: &Cluster,
    program: &str,
) -> Result<Option<String>, Failure> {
    let found = cluster.installation().await.map_err(|error| {
        Failure::new(format!(
            "cluster info unavailable: {}",
            Failure::from(error).in_one_line()
        ))
    })?;
    let Some(installation) = found else {
        return Ok(None);
    };
    if installation.bootstrapped {
        let version = installation
            .version
            .as_deref()
            .unwrap_or("of an unknown version");
        return Err(Failure::new(format!(
            "this cluster has already been bootstrapped with Flux {version}! Please use '{program} bootstrap' to upgrade"
        )));
    }
    Ok(foreign_manager(&installation))
}

/// Applies the manifests and waits for the controllers.
pub async fn install(
    cluster: &Cluster,
    ui: &Ui,
    request: &InstallRequest<'_>,
) -> Result<(), Failure> {
    let objects = &request.generated.objects;
    let namespace = objects.iter().find(|object| object.kind() == "Namespace");
    if let (Some(secret), Some(namespace)) = (request.pull_secret, namespace) {
        ui.action(format_args!("generating image pull secret {}", secret.name));
        secret
            .write(cluster, namespace, JsonLayout::Indented)
            .await?;
    }
    let mut unwritten = None;
    let print = |change: &Applied| {
        if unwritten.is_none() {
            unwritten = ui
                .data(format_args!("{} {}\n", change.id, change.action))
                .err();
        }
    };
    cluster
        .apply(objects, &ApplyOptions::default(), print)
        .await?;
    if let Some(error) = unwritten {
        return Err(error.into());
    }
    ui.waiting("verifying installation");
    if !report_components(cluster, ui, request.namespace, request.components).await? {
        return Err(Failure::blaming(Blame::Timeout, "install failed").with_hint(format!(
            "see why with `kubectl -n {} describe deployments`; the time limit was {:?} (`--timeout`)",
            request.namespace, request.timeout
        )));
    }
    Ok(())
}

/// Waits for the Deployments of components side by side and says of each how it is, by name.
pub async fn report_components(
    cluster: &Cluster,
    ui: &Ui,
    namespace: &str,
    components: &Components,
) -> Result<bool, Failure> {
    let mut names: Vec<&str> = components.iter().map(|component| component.name).collect();
    names.sort_unstable();
    let found = ready_deployments(cluster, ui, namespace, &names, Pace::default()).await?;
    Ok(tell_readiness(ui, &names, &found))
}

/// Says of each component how it is; returns whether all are ready.
pub fn tell_readiness(ui: &Ui, names: &[&str], found: &[Readiness]) -> bool {
    let mut all = true;
    for (name, readiness) in names.iter().zip(found) {
        match readiness {
            Readiness::Ready => ui.success(format_args!("{name}: deployment ready")),
            Readiness::NotReady(why) => {
                all = false;
                let why = if why.is_empty() {
                    String::new()
                } else {
                    format!(" ({why})")
                };
                ui.failure(format_args!("{name}: deployment not ready{why}"));
            }
        }
    }
    all
}
