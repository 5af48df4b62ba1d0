//! The replacements of a kustomization, one after the other.

use super::super::lookup::LookupError;
use super::path::PathError;
use super::{source, target};
use crate::error::Explain;
use crate::kustomize::file::Replacement;
use crate::kustomize::resource::{Id, Resource, ResourceList, Scope};
use crate::kustomize::resource_selector::SelectorError;

/// A replacement that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReplacementError {
    /// It says no source, or no targets.
    #[error("replacements must specify a source and at least one target")]
    Incomplete,
    /// It says a value and where to read one.
    #[error("value and resource selectors are mutually exclusive")]
    TwoSources,
    /// No resource is the source.
    #[error("nothing selected by {selector}")]
    NoSource {
        /// The source, as it is shown.
        selector: String,
    },
    /// Several resources are the source.
    #[error("multiple matches for selector {selector}")]
    ManySources {
        /// The source, as it is shown.
        selector: String,
    },
    /// The path of the source cannot be followed.
    #[error("error looking up replacement source")]
    Lookup(#[source] LookupError),
    /// The field of the source is not there, or empty.
    #[error("fieldPath `{path}` is missing for replacement source {id}")]
    EmptySource {
        /// Path of the field.
        path: String,
        /// Who was asked for.
        id: Box<Id>,
    },
    /// A part is asked for that the text does not have.
    #[error("options.index {index} is out of bounds for value {text}")]
    OutOfBounds {
        /// Which part.
        index: i64,
        /// The text.
        text: String,
    },
    /// A part of a list or mapping is asked for.
    #[error("delimiter option can only be used with scalar nodes")]
    DelimiterOfNoScalar,
    /// A target says no resources.
    #[error("target must specify resources to select")]
    NoSelector,
    /// A selector cannot be read.
    #[error("error creating target selector")]
    Selector(#[from] SelectorError),
    /// A target does not have the field.
    #[error("unable to {verb} field \"{path}\" in replacement target")]
    NoField {
        /// What was tried.
        verb: &'static str,
        /// Path of the field.
        path: String,
        /// What is in the way, if anything is.
        source: Option<PathError>,
    },
}

impl Explain for ReplacementError {}

/// Makes replacements in their order, each seeing the previous ones' results.
///
/// # Errors
///
/// Fails where a source or a field of a target is missing.
pub fn apply_replacements(
    list: &mut ResourceList,
    replacements: &[Replacement],
) -> Result<(), ReplacementError> {
    for replacement in replacements {
        let Some(targets) = &replacement.targets else {
            return Err(ReplacementError::Incomplete);
        };
        let value = source::value(list, replacement)?;
        for selector in targets {
            target::write_to(list, &value, selector)?;
        }
    }
    Ok(())
}

/// Returns the current and all previous identities, as if every kind lived in a namespace.
pub fn typeless_ids(resource: &Resource) -> impl Iterator<Item = Id> {
    let current = Id {
        scope: Scope::Namespaced,
        ..resource.id().clone()
    };
    std::iter::once(current).chain(resource.previous_ids())
}

#[cfg(test)]
mod tests {
    use super::super::super::proof;
    use super::*;
    use crate::kustomize::file::{FieldOptions, Selector, SourceSelector, TargetSelector};

    const TEXT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: x-y, j: '{\"b\": {\"c\": 1}}', n: 5}\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 1\n  containers:\n\
        \x20 - {name: app, image: one}\n  - {name: app-side, image: two}\n";

    fn target(kind: &str, path: &str, options: Option<FieldOptions>) -> Replacement {
        let select = Selector {
            kind: kind.into(),
            ..Selector::default()
        };
        Replacement {
            source_value: Some("new".into()),
            targets: Some(vec![TargetSelector {
                select: Some(select),
                field_paths: vec![path.into()],
                options,
                ..TargetSelector::default()
            }]),
            ..Replacement::default()
        }
    }

    fn replaced(replacement: Replacement) -> Result<String, ReplacementError> {
        let mut list = proof::list(TEXT);
        apply_replacements(&mut list, &[replacement])?;
        Ok(proof::print(&list))
    }

    #[test]
    fn takes_values_in_brackets_as_regular_expressions() {
        let printed = replaced(target(
            "Deployment",
            "spec.containers.[name=app].image",
            None,
        ))
        .unwrap();
        assert_eq!(printed.matches("image: new").count(), 2, "{printed}");
        let printed = replaced(target(
            "Deployment",
            "spec.containers.[name=app$].image",
            None,
        ))
        .unwrap();
        assert_eq!(printed.matches("image: new").count(), 1, "{printed}");
    }

    #[test]
    fn creates_only_where_it_may() {
        let path = "spec.template.[a.b/c]";
        let error = replaced(target("Deployment", path, None)).unwrap_err();
        assert!(error.to_string().starts_with("unable to find field"));
        let create = FieldOptions {
            create: true,
            ..FieldOptions::default()
        };
        let printed = replaced(target("Deployment", path, Some(create))).unwrap();
        assert!(
            printed.contains("  template:\n    a.b/c: new\n"),
            "{printed}"
        );
    }

    #[test]
    fn replaces_parts_and_goes_into_texts() {
        let part = FieldOptions {
            delimiter: "-".into(),
            index: 1,
            ..FieldOptions::default()
        };
        let printed = replaced(target("ConfigMap", "data.k", Some(part))).unwrap();
        assert!(printed.contains("k: x-new\n"), "{printed}");
        let mut number = target("ConfigMap", "data.j.b.c", None);
        number.source_value = Some("7".into());
        assert!(replaced(number).unwrap().contains("'{\"b\":{\"c\":7}}'"));
    }

    #[test]
    fn copies_fields_and_wants_one_source() {
        let mut replacement = target("Deployment", "spec.replicas", None);
        replacement.source_value = None;
        replacement.source = Some(SourceSelector {
            kind: "ConfigMap".into(),
            field_path: "data.n".into(),
            ..SourceSelector::default()
        });
        assert!(
            replaced(replacement.clone())
                .unwrap()
                .contains("replicas: 5\n")
        );
        replacement.source = Some(SourceSelector::default());
        let error = replaced(replacement).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("multiple matches for selector")
        );
    }
}
