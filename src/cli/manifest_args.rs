//! What of Flux is installed, and how: the flags that `install` and `bootstrap` share.

use std::path::PathBuf;

use clap::Args;

use super::flag::Csv;
use crate::error::Failure;
use crate::install::{ComponentError, Components, NetworkPolicies, Options, RELEASE, WatchScope};
use crate::ops::{Manifests, PullSecret};

/// What of Flux is installed, and how.
#[derive(Args)]
#[command(next_help_heading = "Flux")]
pub struct ManifestArgs {
    /// Flux release to install [default: the one that this program carries]
    #[arg(short = 'v', long, value_name = "VERSION")]
    pub version: Option<String>,

    /// Controllers to install
    #[arg(
        long,
        value_name = "LIST",
        default_value = "source-controller,kustomize-controller,helm-controller,notification-controller"
    )]
    pub components: Vec<Csv>,

    /// Controllers to install besides: image-reflector-controller, image-automation-controller, source-watcher
    #[arg(long, value_name = "LIST")]
    pub components_extra: Vec<Csv>,

    /// Registry that the images come from
    #[arg(long, default_value = "ghcr.io/fluxcd")]
    pub registry: String,

    /// Credentials of the registry, as USER:PASSWORD (needs --image-pull-secret)
    #[arg(long, value_name = "USER:PASSWORD")]
    pub registry_creds: Option<String>,

    /// Secret that the controllers pull their images with
    #[arg(long, value_name = "NAME")]
    pub image_pull_secret: Option<String>,

    /// Read manifests from a local overlay in place of the generated ones
    #[arg(long, value_name = "DIR", hide = true)]
    pub manifests: Option<PathBuf>,

    /// Watch all namespaces, not only the one that Flux lives in
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    pub watch_all_namespaces: bool,

    /// Deny ingress from other namespaces by network policies
    #[arg(long, value_name = "BOOL", default_value_t = true, action = clap::ArgAction::Set)]
    pub network_policy: bool,

    /// Log level of the controllers
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = ["debug", "info", "error"])]
    pub log_level: String,

    /// Domain of the cluster's services
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    pub cluster_domain: String,

    /// Taint keys that the controllers tolerate
    #[arg(long, value_name = "LIST")]
    pub toleration_keys: Vec<Csv>,

    /// Take over an installation that another tool manages without asking
    #[arg(long)]
    pub force: bool,
}

impl ManifestArgs {
    /// Says whether no release server is asked.
    pub fn is_local(&self) -> bool {
        self.version
            .as_deref()
            .is_none_or(|version| version.is_empty() || version == RELEASE)
    }

    /// Returns the lists of components: the chosen ones, and the extra ones.
    fn component_names(&self) -> (Vec<String>, Vec<String>) {
        (
            Csv::join(&self.components),
            Csv::join(&self.components_extra),
        )
    }

    /// Reads the components of an installation.
    pub fn components(&self) -> Result<Components, ComponentError> {
        let (names, extra) = self.component_names();
        Components::of_names(&names, &extra)
    }

    /// Reads the components of a bootstrap, which can't be without source and kustomize controller.
    pub fn components_for_bootstrap(&self) -> Result<Components, ComponentError> {
        let (names, extra) = self.component_names();
        Components::for_bootstrap(&names, &extra)
    }

    /// Says where the manifests come from and how they are made.
    pub fn manifests(&self, namespace: &str, components: Components) -> Manifests {
        let options = Options {
            namespace: namespace.into(),
            components,
            registry: Some(self.registry.clone()).filter(|registry| !registry.is_empty()),
            image_pull_secret: self
                .image_pull_secret
                .clone()
                .filter(|name| !name.is_empty()),
            watch: if self.watch_all_namespaces {
                WatchScope::AllNamespaces
            } else {
                WatchScope::OwnNamespace
            },
            network_policies: if self.network_policy {
                NetworkPolicies::Included
            } else {
                NetworkPolicies::LeftOut
            },
            log_level: self.log_level.clone(),
            cluster_domain: self.cluster_domain.clone(),
            toleration_keys: Csv::join(&self.toleration_keys),
            ..Options::default()
        };
        Manifests {
            options,
            release: self.version.clone().filter(|version| !version.is_empty()),
            overlay: self.manifests.clone(),
        }
    }

    /// Reads the credentials of the registry.
    ///
    /// # Errors
    ///
    /// Fails where they are not `user:password`, and where no secret is named that could hold them.
    pub fn pull_secret(&self) -> Result<Option<PullSecret>, Failure> {
        let Some(text) = self
            .registry_creds
            .as_deref()
            .filter(|text| !text.is_empty())
        else {
            return Ok(None);
        };
        let credentials = text.parse()?;
        let Some(name) = self
            .image_pull_secret
            .clone()
            .filter(|name| !name.is_empty())
        else {
            return Err(
                Failure::usage("--registry-creds requires --image-pull-secret to be set")
                    .with_hint("name the secret with `--image-pull-secret`"),
            );
        };
        Ok(Some(PullSecret {
            name,
            registry: self.registry.clone(),
            credentials,
        }))
    }
}
