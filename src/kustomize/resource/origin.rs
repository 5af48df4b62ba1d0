//! Where a resource came from and what changed it, for the annotations that say so.

/// The file that a resource was read from, or the configuration that made or changed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// File, relative to the root of the build or of its repository.
    pub path: String,
    /// Repository that it was cloned from; empty for local files.
    pub repository: String,
    /// Revision of that repository.
    pub reference: String,
    /// Kustomization or configuration file of the generator or transformer.
    pub configured_in: String,
    /// The generator or transformer itself.
    pub configured_by: Option<Configuration>,
}

/// A generator or transformer, by its own identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// `apiVersion`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name; empty for the fields of a kustomization.
    pub name: String,
    /// Namespace.
    pub namespace: String,
}
