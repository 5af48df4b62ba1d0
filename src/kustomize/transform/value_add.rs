//! Puts one value into fields of resources that are selected, whole or as a part of a path.

use serde::Deserialize;

use super::super::file::Selector;
use super::super::resource::ResourceList;
use super::super::resource_selector::{ResourceSelector, SelectorError};
use super::error::TransformError;
use super::lookup;
use super::namespace::{Existing, NamespaceMove, Subjects};
use super::write;

/// The field for which the whole namespace is changed.
const NAMESPACE_PATH: &str = "metadata/namespace";

/// Where the value goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ValueTarget {
    /// Which resources; all where there is none.
    pub selector: Option<Selector>,
    /// Path of the field.
    pub field_path: String,
    /// The place among the parts of a file path, from one; zero to replace the whole.
    pub file_path_position: i64,
}

/// Why a value cannot be put where it belongs.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// The selector cannot be read.
    #[error(transparent)]
    Selector(#[from] SelectorError),
    /// A field cannot be written.
    #[error(transparent)]
    Transform(#[from] TransformError),
}

/// Puts a value where its targets say.
///
/// # Errors
///
/// Fails where a selector cannot be read, or something else stands in the place of a field.
pub fn add_value(
    list: &mut ResourceList,
    value: &str,
    targets: &[ValueTarget],
) -> Result<(), ValueError> {
    for target in targets {
        let selector = target
            .selector
            .as_ref()
            .map(ResourceSelector::new)
            .transpose()?;
        let chosen: Vec<usize> = (0..list.len())
            .filter(|index| {
                selector
                    .as_ref()
                    .is_none_or(|selector| selector.takes(list.at(*index)))
            })
            .collect();
        for index in chosen {
            add_to(list, index, value, target)?;
        }
    }
    Ok(())
}

fn add_to(
    list: &mut ResourceList,
    index: usize,
    value: &str,
    target: &ValueTarget,
) -> Result<(), TransformError> {
    if target.field_path == NAMESPACE_PATH {
        let change = NamespaceMove {
            namespace: value.into(),
            specs: Vec::new(),
            subjects: Subjects::Default,
            existing: Existing::Replace,
        };
        return list.edit(index, |resource| change.move_one(resource));
    }
    let position = usize::try_from(target.file_path_position).unwrap_or_default();
    let parts = lookup::split_unescaped(&target.field_path);
    list.edit(index, |resource| {
        let id = resource.id().clone();
        let failed = |source| TransformError::Lookup {
            path: target.field_path.clone(),
            id: Box::new(id.clone()),
            source,
        };
        let Some(field) = lookup::lookup_or_create(resource.root_mut(), &parts).map_err(failed)?
        else {
            return Ok(());
        };
        let in_field = |source| TransformError::field(&target.field_path, &id, source);
        write::expect_scalar(field).map_err(in_field)?;
        let new = match position {
            0 => value.to_owned(),
            _ => insert_part(field.as_text().unwrap_or_default(), position - 1, value),
        };
        write::overwrite_scalar(field, &new);
        resource.unify_twins();
        let scope = resource.id().scope;
        resource.reread(|_| scope);
        Ok(())
    })
}

/// Inserts a part into a file path; at its end where the path is shorter.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let (root, rest) = path
        .strip_prefix('/')
        .map_or(("", path), |rest| ("/", rest));
    let mut parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_parts_of_paths() {
        for (path, position, expected) in [
            ("", 0, "P"),
            ("/", 0, "/P"),
            ("pie", 0, "P/pie"),
            ("/pie", 0, "/P/pie"),
            ("/raw", 9, "/raw/P"),
            ("a/nice/warm/pie", 3, "a/nice/warm/P/pie"),
            ("/a/nice/warm/pie", 3, "/a/nice/warm/P/pie"),
        ] {
            assert_eq!(insert_part(path, position, "P"), expected, "{path}");
        }
    }
}
