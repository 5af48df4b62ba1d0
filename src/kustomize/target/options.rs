//! What a caller asks of a build.

use super::super::load::{HelmOptions, Remote, Restriction};

/// The order of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As the resources were accumulated, unless the kustomization says otherwise.
    #[default]
    Accumulated,
    /// By the standing of the kinds, unless the kustomization says otherwise.
    ByKind,
}

/// What a schema of one's own does to the built-in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaMode {
    /// It takes its place, as on kustomize's command line.
    #[default]
    Replace,
    /// It adds to it, as in Flux.
    Extend,
}

/// How the kustomization file of the root is read; those below are always read as they must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RootFields {
    /// Unknown fields and numbers where texts are wanted are refused, as kustomize does.
    #[default]
    Strict,
    /// Unknown fields have no effect, and numbers become texts, as Flux does.
    Lenient,
}

/// What a caller asks of a build.
#[derive(Clone, Copy, Default)]
pub struct Options<'call> {
    /// Which files a kustomization may name.
    pub restriction: Restriction,
    /// The order of the output.
    pub order: Order,
    /// Whether everything gets the label that says who built it.
    pub managed_by_label: bool,
    /// What a schema of one's own does.
    pub schema: SchemaMode,
    /// How the kustomization file of the root is read.
    pub root_fields: RootFields,
    /// The way to remote files and repositories; without one they are refused.
    pub remote: Option<&'call dyn Remote>,
    /// How Helm charts are rendered; without it they are refused.
    pub helm: Option<HelmOptions<'call>>,
}
