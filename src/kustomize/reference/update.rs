//! Writes the new names of resources into the fields that name them.

use super::paths::{PathTrees, Rule};
use super::target::{Reach, SubjectError, Target, Targets};
use crate::error::Explain;
use crate::kustomize::file::NameReference;
use crate::kustomize::resource::{Gvk, Id, Resource, ResourceList};
use crate::kustomize::transform::{Trail, WriteError, node_mut, number, put_text, set_scalar};
use crate::manifest::{Content, Node};

/// A name reference that cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A field that names a resource cannot be read or written.
    #[error("updating name reference in '{path}' field of '{referrer}'")]
    Field {
        /// Path of the field.
        path: String,
        /// Who has it.
        referrer: Box<Id>,
        /// What is wrong.
        source: FieldError,
    },
    /// Commas in a name or namespace, or an empty name, made the reference lose count of the previous ones.
    #[error(
        "number of previous names, number of previous namespaces, number of previous kinds not equal: {0}"
    )]
    History(Box<Id>),
    /// The subjects of a role binding are of a shape of their own.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

impl Explain for ReferenceError {}

/// What is wrong with a field that names a resource.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// It cannot be reached or written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It is a map that names nothing.
    #[error("path config error; no 'name' field in node")]
    NoName,
    /// A list holds something else than texts and maps.
    #[error("a list of names holds {found}, but it may hold only texts and maps")]
    Item {
        /// What it holds.
        found: &'static str,
    },
    /// Several resources can be meant.
    #[error("found multiple possible referrals: {}", ids.join(", "))]
    Ambiguous {
        /// Who can be meant.
        ids: Vec<String>,
    },
}

/// What to write over a field.
#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// Another name in the place of this text.
    Name(String),
    /// Another name, and maybe namespace, in this map.
    Fields {
        name: String,
        namespace: Option<String>,
    },
}

/// Changes to make in one resource.
type Changes = Vec<(Trail, Change)>;

/// Follows all names of a build: writes what the named resources are called now.
///
/// # Errors
///
/// Fails where a field cannot be read, and where several resources of different names can be meant.
pub fn update_references(
    list: &mut ResourceList,
    references: &[NameReference],
) -> Result<(), ReferenceError> {
    let kinds: Vec<Gvk> = references.iter().map(NameReference::gvk).collect();
    let mut trees = PathTrees::new(references);
    let targets = Targets::new(list);
    let mut all = Vec::new();
    for (place, resource) in list.iter().enumerate() {
        if !resource.has_sound_history() {
            return Err(ReferenceError::History(Box::new(resource.id().clone())));
        }
        let tree = trees.of(&resource.original_gvk());
        if tree.is_empty() {
            continue;
        }
        let search = Search {
            references,
            kinds: &kinds,
            targets: &targets,
            referrer: resource,
            reach: Reach::of(resource)?,
        };
        let mut changes = Changes::new();
        let mut path = "";
        tree.find(
            resource.root(),
            &mut Vec::new(),
            &mut |node, at, rules: &[Rule]| {
                path = search.path(rules[0]);
                search.field(node, at, rules, &mut changes)
            },
        )
        .map_err(|source| ReferenceError::Field {
            path: path.into(),
            referrer: Box::new(resource.id().clone()),
            source,
        })?;
        if !changes.is_empty() {
            all.push((place, changes));
        }
    }
    for (place, changes) in all {
        list.edit(place, |resource| write(resource, &changes));
    }
    Ok(())
}

/// The search for what one resource names.
struct Search<'list, 'rules> {
    references: &'rules [NameReference],
    kinds: &'rules [Gvk],
    targets: &'rules Targets<'list>,
    referrer: &'list Resource,
    reach: Reach<'list>,
}

/// Whether only the name of a target is written, or its namespace too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Name,
    NameAndNamespace,
}

impl<'list, 'rules> Search<'list, 'rules> {
    fn path(&self, rule: Rule) -> &'rules str {
        &self.references[rule.target].field_specs[rule.spec].path
    }

    /// Looks at one field: a name, a map with a name, or a list of such.
    fn field(
        &self,
        node: &Node,
        at: &[u32],
        rules: &[Rule],
        changes: &mut Changes,
    ) -> Result<(), FieldError> {
        if node.is_null() {
            return Ok(());
        }
        match &node.content {
            Content::Scalar(text) => {
                let name = self.scalar(text, rules)?;
                changes.extend(name.map(|name| (at.into(), Change::Name(name))));
            }
            Content::Mapping(_) => {
                let change = self.mapping(node, rules)?;
                changes.extend(change.map(|change| (at.into(), change)));
            }
            Content::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Content::Sequence(_) = item.content {
                        return Err(FieldError::Item { found: item.sort() });
                    }
                    let mut at = at.to_vec();
                    at.push(number(index));
                    self.field(item, &at, rules, changes)?;
                }
            }
        }
        Ok(())
    }

    /// Follows a name through all rules; returns the last one it leads to, if it is another.
    fn scalar(&self, text: &str, rules: &[Rule]) -> Result<Option<String>, FieldError> {
        let mut name = text;
        for rule in rules {
            let named = self.targets.named(name);
            if let Some(target) = self.choose(named, *rule, Written::Name)? {
                name = target.resource.name();
            }
        }
        Ok((name != text).then(|| name.to_owned()))
    }

    /// Follows the name of a map through all rules.
    fn mapping(&self, node: &Node, rules: &[Rule]) -> Result<Option<Change>, FieldError> {
        let Some(name) = node.get("name") else {
            return Err(FieldError::NoName);
        };
        let mut name = name.as_text().unwrap_or_default();
        let mut namespace = node.get("namespace").map(|node| {
            let text = node.as_text();
            text.unwrap_or_default()
        });
        let mut change = None;
        for rule in rules {
            let named = self.targets.named(name).filter(|target| match namespace {
                None => true,
                Some(there) if self.targets.knows_namespace(there, &self.reach) => {
                    target.was_in(there)
                }
                Some(there) => target.is_in(there),
            });
            let Some(target) = self.choose(named, *rule, Written::NameAndNamespace)? else {
                continue;
            };
            let new = target.resource;
            if new.name() == name && new.namespace().is_empty() {
                continue;
            }
            name = new.name();
            let moved = Some(new.namespace()).filter(|namespace| !namespace.is_empty());
            namespace = moved.or(namespace);
            let known = match change.take() {
                Some(Change::Fields { namespace, .. }) => namespace,
                _ => None,
            };
            change = Some(Change::Fields {
                name: name.to_owned(),
                namespace: moved.map(str::to_owned).or(known),
            });
        }
        Ok(change)
    }

    /// Chooses whom a name means among those that once had it.
    fn choose<'target>(
        &self,
        named: impl Iterator<Item = &'target Target<'list>>,
        rule: Rule,
        written: Written,
    ) -> Result<Option<&'target Target<'list>>, FieldError>
    where
        'list: 'target,
    {
        let kind = &self.kinds[rule.target];
        let mut candidates: Vec<_> = named
            .filter(|target| self.reach.covers(target.resource) && target.was(kind))
            .collect();
        if candidates.is_empty() {
            return Ok(None);
        }
        if self.path(rule).ends_with("roleRef/name")
            && let Some(role) = role(self.referrer.root())
        {
            candidates.retain(|target| target.was(&role));
        }
        candidates.retain(|target| self.reach.accepts(target.resource));
        if candidates.len() == 1 {
            return Ok(candidates.pop());
        }
        candidates.retain(|target| same_affixes(self.referrer, target.resource, Empty::FitsAll));
        if candidates.len() > 1 {
            candidates
                .retain(|target| same_affixes(self.referrer, target.resource, Empty::FitsEmpty));
        }
        let Some((first, rest)) = candidates.split_first() else {
            return Ok(None);
        };
        let same = rest.iter().all(|other| {
            let (one, other) = (first.resource, other.resource);
            one.name() == other.name()
                && (written == Written::Name || one.namespace() == other.namespace())
        });
        if same {
            return Ok(Some(first));
        }
        Err(FieldError::Ambiguous {
            ids: candidates
                .iter()
                .map(|target| target.resource.id().to_string())
                .collect(),
        })
    }
}

/// Returns the kind that the `roleRef` of a binding gives, if it gives group and kind.
fn role(root: &Node) -> Option<Gvk> {
    let reference = root.get("roleRef").filter(|node| !node.is_null())?;
    Some(Gvk {
        group: reference.get("apiGroup")?.as_text()?.to_owned(),
        version: String::new(),
        kind: reference.get("kind")?.as_text()?.to_owned(),
    })
}

/// What a resource without prefixes, or without suffixes, goes with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    FitsAll,
    FitsEmpty,
}

/// Says whether two resources got their prefixes and suffixes in the same layers.
fn same_affixes(left: &Resource, right: &Resource, empty: Empty) -> bool {
    let same = |left: &[String], right: &[String]| match (left.is_empty(), right.is_empty()) {
        (true, true) => true,
        (true, false) | (false, true) => empty == Empty::FitsAll,
        (false, false) => left.ends_with(right) || right.ends_with(left),
    };
    same(&left.prefixes, &right.prefixes) && same(&left.suffixes, &right.suffixes)
}

/// Makes the changes in one resource.
fn write(resource: &mut Resource, changes: &Changes) {
    for (trail, change) in changes {
        let Some(node) = node_mut(resource.root_mut(), trail) else {
            continue;
        };
        match change {
            // What was found is a scalar, and so this cannot fail.
            Change::Name(name) => drop(set_scalar(node, name)),
            Change::Fields { name, namespace } => {
                put_text(node, "name", name);
                if let Some(namespace) = namespace {
                    put_text(node, "namespace", namespace);
                }
            }
        }
    }
    resource.unify_twins();
    resource.reread_names();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kustomize::transform::{End, add_affix, default_configuration, proof};

    fn built(text: &str) -> Result<String, ReferenceError> {
        let mut list = proof::list(text);
        let configuration = default_configuration();
        add_affix(&mut list, End::Front, "p-", &configuration.name_prefix).unwrap();
        update_references(&mut list, &configuration.name_reference)?;
        Ok(proof::print(&list))
    }

    #[test]
    fn follows_names_of_pods_and_lists() {
        let printed = built(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n\
             {apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {name: pod}\nspec:\n  containers:\n  - envFrom:\n\
             \x20   - configMapRef: {name: a}\n    - secretRef: {name: other}\n\
             ---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules:\n\
             - resourceNames: [a, b]\n",
        )
        .unwrap();
        assert!(
            printed.contains(
                "configMapRef:\n        name: p-a\n    - secretRef:\n        name: other\n"
            )
        );
        assert!(
            printed.ends_with("- resourceNames:\n  - p-a\n  - b\n"),
            "{printed}"
        );
    }

    #[test]
    fn follows_subjects_and_roles() {
        let printed = built(
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: a, namespace: ns}}\n---\n\
             {apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a, namespace: ns}}\n---\n\
             {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: a}}\n---\n\
             apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: m}\n\
             roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: a}\n\
             subjects:\n- {kind: ServiceAccount, name: a, namespace: ns}\n- {kind: User, name: b}\n",
        )
        .unwrap();
        assert!(printed.ends_with(
            "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: p-a\n\
             subjects:\n- kind: ServiceAccount\n  name: p-a\n  namespace: ns\n- kind: User\n  name: b\n"
        ), "{printed}");
    }

    #[test]
    fn refuses_a_map_that_names_nothing() {
        let error = built(
            "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, subjects: [{kind: User}]}",
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "updating name reference in 'subjects' field of 'RoleBinding.v1.rbac.authorization.k8s.io/p-a.[noNs]'"
        );
    }
}
