//! Sets labels and annotations in metadata, templates and selectors.

use std::collections::BTreeMap;

use super::error::TransformError;
use super::path::Blank;
use super::places::{Place, Places};
use super::write::{self, Sort, WriteError};
use crate::kustomize::file::{
    FieldSpec, Kustomization, Label, TransformerConfiguration, merge_all, merge_one,
};
use crate::kustomize::resource::{Resource, ResourceList};
use crate::manifest::{Entry, Node, Style};

/// Labels or annotations, and the maps that they go into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labeling {
    /// What to set.
    pub pairs: BTreeMap<String, String>,
    /// Where.
    pub specs: Vec<FieldSpec>,
}

/// Returns what the `labels` and `commonLabels` of a kustomization ask for, in order.
///
/// # Errors
///
/// Fails where the fields of an entry disagree with the configuration.
pub fn labelings(
    kustomization: &Kustomization,
    configuration: &TransformerConfiguration,
) -> Result<Vec<Labeling>, TransformError> {
    let entries = kustomization.labels.iter().flatten();
    let mut labelings = entries
        .map(|label| {
            Ok(Labeling {
                pairs: label.pairs.clone(),
                specs: specs(label, configuration)?,
            })
        })
        .collect::<Result<Vec<_>, TransformError>>()?;
    // The reference runs it even where it has nothing to set, and tells so among the transformations.
    let common = kustomization.common_labels.clone().unwrap_or_default();
    if !(labelings.is_empty() && common.is_empty()) {
        labelings.push(Labeling {
            pairs: common,
            specs: configuration.common_labels.clone(),
        });
    }
    Ok(labelings)
}

/// Lists the maps that an entry of `labels` is for.
fn specs(
    label: &Label,
    configuration: &TransformerConfiguration,
) -> Result<Vec<FieldSpec>, TransformError> {
    let mut specs = label.fields.clone();
    let merged = merge_all(&mut specs, configuration.labels.iter().cloned()).and_then(|()| {
        if label.include_selectors {
            return merge_all(&mut specs, configuration.common_labels.iter().cloned());
        }
        if label.include_templates {
            merge_all(&mut specs, configuration.template_labels.iter().cloned())?;
        }
        let metadata = FieldSpec {
            path: "metadata/labels".into(),
            create: true,
            ..FieldSpec::default()
        };
        merge_one(&mut specs, metadata)
    });
    match merged {
        Ok(()) => Ok(specs),
        Err(source) => Err(TransformError::Conflict {
            list: "labels",
            source,
        }),
    }
}

impl Labeling {
    /// Sets the pairs in all resources.
    ///
    /// # Errors
    ///
    /// Fails where something else stands where a map belongs.
    pub fn apply(&self, list: &mut ResourceList) -> Result<(), TransformError> {
        if self.pairs.is_empty() {
            return Ok(());
        }
        let mut places = Places::new(&self.specs);
        list.edit_each(|resource| {
            let own = places.of(&resource.id().gvk);
            self.set_in(resource, own)
        })
    }

    fn set_in<'place>(
        &self,
        resource: &mut Resource,
        places: impl Iterator<Item = &'place Place> + Clone,
    ) -> Result<(), TransformError> {
        let lone = places.clone().nth(1).is_none() && places.clone().all(is_in_metadata);
        let first = resource.twins;
        let mut met_twin = false;
        for place in places {
            place.write(resource, Some(Blank::Mapping), &mut |map| {
                let numbers = (first..).map(|number| (!lone).then_some(number));
                set_pairs(map, self.pairs.iter().zip(numbers), &mut met_twin)
            })?;
        }
        if !lone {
            resource.twins += u32::try_from(self.pairs.len()).unwrap_or(u32::MAX >> 1);
        }
        if met_twin {
            resource.unify_twins();
        }
        Ok(())
    }
}

/// Says whether a place is a map of the metadata, of which there is just one.
fn is_in_metadata(place: &Place) -> bool {
    matches!(place.steps.steps(), [first, _] if &*first.name == "metadata")
}

/// Sets pairs in one map; a key that is new there is one node with those of the same number.
fn set_pairs<'pair>(
    map: &mut Node,
    pairs: impl Iterator<Item = ((&'pair String, &'pair String), Option<u32>)>,
    met_twin: &mut bool,
) -> Result<(), WriteError> {
    if map.is_null() {
        return Ok(());
    }
    if map.entries().is_none() {
        return Err(WriteError::kind(Sort::Mapping, map));
    }
    for ((key, text), number) in pairs {
        let mut value = Node::text(text.clone());
        if let Some(old) = map.get_mut(key) {
            *met_twin |= old.is_twin();
            value.style = old.style;
            old.overwrite(value);
            continue;
        }
        // It matters where a later transformer takes the type away.
        if write::looks_like_no_text(text) {
            value.style = Style::DoubleQuoted;
        }
        if let Some(number) = number {
            value = value.twin(number);
        }
        if let Some(entries) = write::entries_mut(map) {
            entries.push(Entry {
                key: Node::plain(key.clone()),
                value,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::proof;
    use super::*;

    fn common(pairs: &[(&str, &str)]) -> Labeling {
        Labeling {
            pairs: pairs
                .iter()
                .map(|(key, value)| ((*key).into(), (*value).into()))
                .collect(),
            specs: super::super::default_configuration().common_labels.clone(),
        }
    }

    const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n";

    #[test]
    fn labels_selectors_and_templates() {
        let mut list = proof::list(DEPLOYMENT);
        common(&[("app", "x"), ("b", "yes")])
            .apply(&mut list)
            .unwrap();
        let labels = "app: x\n      b: \"yes\"\n";
        assert_eq!(
            proof::print(&list),
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app: x\n    b: \"yes\"\n  name: a\n\
                 spec:\n  selector:\n    matchLabels:\n      {labels}  template:\n    metadata:\n      labels:\n        \
                 app: x\n        b: \"yes\"\n"
            )
        );
    }

    #[test]
    fn changes_all_that_one_label_made() {
        let mut list = proof::list(DEPLOYMENT);
        common(&[("app", "x")]).apply(&mut list).unwrap();
        let metadata = Labeling {
            pairs: [("app".to_owned(), "y".to_owned())].into(),
            specs: vec![FieldSpec {
                path: "metadata/labels".into(),
                create: true,
                ..FieldSpec::default()
            }],
        };
        metadata.apply(&mut list).unwrap();
        assert_eq!(proof::print(&list).matches("app: \"y\"").count(), 3);
        assert!(!proof::print(&list).contains("app: x"));
    }

    #[test]
    fn refuses_what_is_no_map() {
        let mut list = proof::list("{apiVersion: v1, kind: Pod, metadata: {name: a, labels: [b]}}");
        let error = common(&[("app", "x")]).apply(&mut list).unwrap_err();
        assert_eq!(
            error.to_string(),
            "considering field 'metadata/labels' of object Pod.v1.[noGrp]/a.[noNs]"
        );
    }
}
