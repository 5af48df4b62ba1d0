//! Where in which kinds a transformer writes.

use serde::Deserialize;

use super::super::resource::Gvk;
use crate::error::Explain;

/// Two rules for one path that disagree.
#[derive(Debug, thiserror::Error)]
#[error("conflicting fieldspecs")]
pub struct FieldSpecConflict;

impl Explain for FieldSpecConflict {}

/// One path in the kinds that it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldSpec {
    /// API group; empty for any.
    pub group: String,
    /// API version; empty for any.
    pub version: String,
    /// Kind; empty for any.
    pub kind: String,
    /// Field names with `/` between them; `\/` is a slash in a name, `name[]` must be a list.
    pub path: String,
    /// Whether missing parts are made.
    pub create: bool,
}

impl FieldSpec {
    /// Returns the kinds that it is for, as a selector.
    pub fn gvk(&self) -> Gvk {
        Gvk {
            group: self.group.clone(),
            version: self.version.clone(),
            kind: self.kind.clone(),
        }
    }

    /// Says whether it is for this kind.
    pub fn is_for(&self, gvk: &Gvk) -> bool {
        let agrees = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        agrees(&self.group, &gvk.group)
            && agrees(&self.version, &gvk.version)
            && agrees(&self.kind, &gvk.kind)
    }
}

/// Adds one rule to a list, unless the list covers it.
///
/// A rule covers another if the paths are the same and the other's kinds select its own.
///
/// # Errors
///
/// Fails where the covering rule disagrees on `create`.
pub fn merge_one(specs: &mut Vec<FieldSpec>, other: FieldSpec) -> Result<(), FieldSpecConflict> {
    let covering = specs
        .iter()
        .find(|spec| spec.path == other.path && spec.gvk().is_selected_by(&other.gvk()));
    match covering {
        Some(spec) if spec.create != other.create => Err(FieldSpecConflict),
        Some(_) => Ok(()),
        None => {
            specs.push(other);
            Ok(())
        }
    }
}

/// Adds rules to a list, each unless the list covers it.
///
/// # Errors
///
/// Fails where a covering rule disagrees on `create`.
pub fn merge_all(
    specs: &mut Vec<FieldSpec>,
    others: impl IntoIterator<Item = FieldSpec>,
) -> Result<(), FieldSpecConflict> {
    others
        .into_iter()
        .try_for_each(|other| merge_one(specs, other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(kind: &str, create: bool) -> FieldSpec {
        FieldSpec {
            kind: kind.into(),
            path: "spec/a".into(),
            create,
            ..FieldSpec::default()
        }
    }

    #[test]
    fn adds_what_is_not_covered() {
        let mut specs = vec![spec("Pod", true)];
        merge_all(
            &mut specs,
            [spec("Job", true), spec("Pod", true), spec("", true)],
        )
        .unwrap();
        assert_eq!(specs, [spec("Pod", true), spec("Job", true)]);
        assert!(merge_one(&mut specs, spec("Job", false)).is_err());
    }
}
