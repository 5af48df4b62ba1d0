//! What people write: the kustomization file, its entries, and the files of configuration.

mod configuration;
mod cursor;
mod decode;
mod decode_problem;
mod field_spec;
mod generators;
mod kustomization;
mod replacement;
mod selector;
mod transformers;

pub use configuration::{NameReference, TransformerConfiguration};
pub use decode::{Rules, Scalars, Unknown, decode};
pub use decode_problem::{DecodeError, DecodeProblem};
pub use field_spec::{FieldSpec, FieldSpecConflict, merge_all, merge_one};
pub use generators::{
    ConfigMapArgs, GeneratorOptions, HelmChart, HelmChartArgs, HelmGlobals, SecretArgs,
};
pub use kustomization::{Kustomization, LegacySortOptions, ObjectMeta, SortOptions};
pub use replacement::{
    DEFAULT_FIELD_PATH, FieldOptions, Replacement, ReplacementField, SourceSelector,
    TargetSelector, Variable, VariableField, VariableObject,
};
pub use selector::Selector;
pub use transformers::{Image, Label, Patch, PatchOptions, Replica};
