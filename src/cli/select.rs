//! Which objects a verb works on: names, kinds with names, or all that the flags choose.

use clap::Args;
use futures::future::try_join_all;

use super::choice::{ChoiceArgs, StateFilter};
use super::context::Context;
use super::listed::{Found, Listed, Selected};
use crate::api::{Kind, Verb};
use crate::cluster::{Address, Cluster, ClusterError, Resource};
use crate::error::Failure;

/// Which objects are meant.
#[derive(Args, Clone)]
pub struct SelectArgs {
    /// Names of the objects, or KIND/NAME for those of other kinds
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// What chooses among the objects.
    #[command(flatten)]
    pub choice: ChoiceArgs,
}

/// The objects of one kind that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The kind.
    pub kind: &'static Kind,
    /// The names, each once; none where the flags alone choose.
    pub names: Vec<String>,
}

impl SelectArgs {
    /// Returns what is asked for, kind by kind, in the order of the command line. `kinds` are those that its words
    /// name; a name with a kind before it adds its own.
    ///
    /// # Errors
    ///
    /// Fails where a kind is unknown or does not take the verb, and where a verb that changes something is told
    /// neither names nor flags that choose.
    pub fn targets(&self, verb: Verb, kinds: &[&'static Kind]) -> Result<Vec<Target>, Failure> {
        let mut targets: Vec<Target> = Vec::new();
        let mut add = |kind: &'static Kind, name: Option<&str>| {
            let known = targets.iter().position(|target| target.kind == kind);
            let index = known.unwrap_or_else(|| {
                targets.push(Target {
                    kind,
                    names: Vec::new(),
                });
                targets.len() - 1
            });
            let names = &mut targets[index].names;
            names.extend(
                name.filter(|name| !names.iter().any(|other| other == name))
                    .map(str::to_owned),
            );
        };
        for name in &self.names {
            match name.split_once('/') {
                Some((word, name)) => add(kind_of(word, name, verb)?, Some(name)),
                None if kinds.is_empty() => {
                    return Err(Failure::usage(format!("`{name}` is no KIND/NAME")));
                }
                None => {
                    for kind in kinds {
                        add(kind, Some(name));
                    }
                }
            }
        }
        let changes = verb != Verb::Get;
        if changes && self.choice.is_everywhere() && !self.names.is_empty() {
            return Err(Failure::usage("a name means one object, and -A many")
                .with_hint("leave -A out, or choose with --all, -l or --field-selector"));
        }
        if self.names.is_empty() {
            if changes && !self.choice.chooses() {
                return Err(name_is_required(verb, kinds));
            }
            for kind in kinds {
                add(kind, None);
            }
        }
        Ok(targets)
    }

    /// Reads the words as flux's `export` does, whose scripts count on it: `--all` outweighs names, and of the names
    /// without a kind only the first counts. The others come second.
    pub fn with_one_name(&self) -> (Self, Vec<String>) {
        let mut kept = self.clone();
        if self.choice.all {
            kept.names.clear();
        }
        let bare = kept.names.iter().filter(|name| !name.contains('/'));
        let surplus: Vec<String> = bare.skip(1).cloned().collect();
        let mut has_one = false;
        kept.names
            .retain(|name| name.contains('/') || !std::mem::replace(&mut has_one, true));
        (kept, surplus)
    }

    /// Says whether objects are named one by one, in one namespace, and no flag chooses among them.
    pub const fn has_only_names(&self) -> bool {
        self.has_names() && !self.choice.needs_list() && !self.choice.has_state()
    }

    /// Says whether any object is named.
    pub const fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Says whether exactly one object is named.
    pub fn is_single(&self) -> bool {
        self.names.len() == 1
    }

    /// Lists what a target means.
    pub async fn list<T: Listed>(
        &self,
        cluster: &Cluster,
        namespace: &str,
        target: &Target,
    ) -> Result<Found<T>, ClusterError> {
        let resource = &Resource::from(target.kind);
        if target.names.is_empty() {
            let items: Vec<T> = cluster
                .list(resource, &self.choice.selection(namespace, None))
                .await?;
            return Ok(Found {
                any: !items.is_empty(),
                items,
                missing: Vec::new(),
            });
        }
        let lists = target.names.iter().map(async |name| {
            let selection = self.choice.selection(namespace, Some(name));
            cluster.list::<T>(resource, &selection).await
        });
        let lists = try_join_all(lists).await?;
        let mut found = Found {
            items: Vec::new(),
            missing: Vec::new(),
            any: false,
        };
        for (name, items) in target.names.iter().zip(lists) {
            if items.is_empty() {
                found.missing.push(name.clone());
            }
            found.any |= !items.is_empty();
            found.items.extend(items);
        }
        Ok(found)
    }
}

/// Finds what a target means, in the order of the command line.
pub async fn find<T: Listed>(
    context: &Context,
    args: &SelectArgs,
    target: &Target,
) -> Result<Vec<Selected<T>>, Failure> {
    let filter = args.choice.filter()?;
    let cluster = context.cluster().await?;
    Ok(choose(cluster, (context, args), &filter, target).await?)
}

/// Finds what a target means in a cluster, as [`find`] does; the failure is the cluster's own.
pub async fn choose<T: Listed>(
    cluster: &Cluster,
    (context, args): (&Context, &SelectArgs),
    filter: &StateFilter,
    target: &Target,
) -> Result<Vec<Selected<T>>, ClusterError> {
    let resource = Resource::from(target.kind);
    let (items, missing) = if target.names.is_empty() || args.choice.needs_list() {
        let namespace = args.choice.namespace(context);
        let found = args.list::<T>(cluster, namespace, target).await?;
        (found.items, found.missing)
    } else {
        read(cluster, &resource, &context.namespace, &target.names).await?
    };
    let chosen = items
        .into_iter()
        .filter(|item: &T| filter.passes(target.kind, item.row()));
    let mut selected: Vec<Selected<T>> = chosen.map(|item| found(&resource, item)).collect();
    selected.extend(missing.into_iter().map(Selected::Missing));
    let place = |one: &Selected<T>| {
        let name = match one {
            Selected::Found(found) => &found.1.name,
            Selected::Missing(name) => name,
        };
        target.names.iter().position(|wanted| wanted == name)
    };
    selected.sort_by_key(place);
    Ok(selected)
}

/// Finds what a target means, where all of it must be there.
///
/// # Errors
///
/// Fails where a name has no object, and where nothing is chosen.
pub async fn find_all<T: Listed>(
    context: &Context,
    args: &SelectArgs,
    target: &Target,
) -> Result<Vec<(T, Address)>, Failure> {
    let place = args.choice.place(context);
    let selected = find(context, args, target).await?;
    let found = selected.into_iter().map(|one| match one {
        Selected::Found(found) => Ok(*found),
        Selected::Missing(name) => Err(Failure::new(format!(
            "{} object '{name}' not found in {place} namespace",
            target.kind.name
        ))),
    });
    let found: Vec<_> = found.collect::<Result<_, _>>()?;
    if found.is_empty() {
        return Err(Failure::new(format!(
            "no objects found in {} namespace",
            place.trim_matches('"')
        )));
    }
    Ok(found)
}

/// Reads objects one by one, which needs no right to list them.
async fn read<T: Listed>(
    cluster: &Cluster,
    resource: &Resource,
    namespace: &str,
    names: &[String],
) -> Result<(Vec<T>, Vec<String>), ClusterError> {
    let reads = names.iter().map(async |name| {
        let item: Option<T> = cluster.read(&resource.at(namespace, name)).await?;
        Ok::<_, ClusterError>((name, item))
    });
    let (mut items, mut missing) = (Vec::new(), Vec::new());
    for (name, item) in try_join_all(reads).await? {
        match item {
            Some(item) => items.push(item),
            None => missing.push(name.clone()),
        }
    }
    Ok((items, missing))
}

fn found<T: Listed>(resource: &Resource, item: T) -> Selected<T> {
    let metadata = &item.row().metadata;
    let address = resource.at(&metadata.namespace, &metadata.name);
    Selected::Found(Box::new((item, address)))
}

/// Returns the kind that stands before a name, if it takes the verb.
fn kind_of(word: &str, name: &str, verb: Verb) -> Result<&'static Kind, Failure> {
    let kind = Kind::meant_by(word).ok_or_else(|| {
        Failure::usage(format!("`{word}` in `{word}/{name}` is no kind of Flux"))
            .with_hint("name a kind such as ks, hr, gitrepository or ocirepository")
    })?;
    if !kind.takes(verb) {
        let verb = format!("{verb:?}").to_lowercase();
        return Err(Failure::usage(format!("{} is not for {}", verb, kind.name)));
    }
    if name.is_empty() || name.contains('/') {
        return Err(Failure::usage(format!("`{word}/{name}` is no KIND/NAME")));
    }
    Ok(kind)
}

fn name_is_required(verb: Verb, kinds: &[&'static Kind]) -> Failure {
    let what = match (verb, kinds) {
        (Verb::Export, _) => return Failure::usage("name is required"),
        (Verb::Reconcile, [kind]) => kind.name,
        (_, [kind]) => kind.human,
        _ => "KIND/",
    };
    Failure::usage(format!("{what} name is required"))
}

#[cfg(test)]
mod tests {
    use clap::{Command, FromArgMatches as _};

    use super::*;
    use crate::api::ALL_SOURCES;

    fn targets(verb: Verb, kinds: &[&'static Kind], words: &[&str]) -> Result<Vec<String>, String> {
        let command = SelectArgs::augment_args(Command::new("try").no_binary_name(true));
        let matches = command.get_matches_from(words);
        let args = SelectArgs::from_arg_matches(&matches).unwrap();
        let targets = args
            .targets(verb, kinds)
            .map_err(|failure| failure.to_string())?;
        let show = |target: Target| format!("{}:{}", target.kind.name, target.names.join("+"));
        Ok(targets.into_iter().map(show).collect())
    }

    fn kustomization() -> &'static Kind {
        Kind::named("Kustomization").unwrap()
    }

    #[test]
    fn names_count_once_and_kinds_keep_their_order() {
        let kinds = [kustomization()];
        let targets = |words: &[&str]| targets(Verb::Suspend, &kinds, words).unwrap();
        assert_eq!(targets(&["a", "b", "a"]), ["Kustomization:a+b"]);
        assert_eq!(targets(&["--all"]), ["Kustomization:"]);
        assert_eq!(targets(&["--not-ready"]), ["Kustomization:"]);
        assert_eq!(
            targets(&["hr/b", "a", "ks/c", "gitrepository/d"]),
            ["HelmRelease:b", "Kustomization:a+c", "GitRepository:d"]
        );
    }

    #[test]
    fn kinds_may_stand_before_the_names_only() {
        assert_eq!(
            targets(Verb::Get, &[], &["ks/a", "hr/b", "ks/c"]).unwrap(),
            ["Kustomization:a+c", "HelmRelease:b"]
        );
        assert_eq!(
            targets(Verb::Get, &[], &["ks/a", "b"]).unwrap_err(),
            "`b` is no KIND/NAME"
        );
        assert_eq!(
            targets(Verb::Get, &[], &["pod/a"]).unwrap_err(),
            "`pod` in `pod/a` is no kind of Flux"
        );
        assert_eq!(
            targets(Verb::Reconcile, &[], &["alert/a"]).unwrap_err(),
            "reconcile is not for Alert"
        );
        assert!(targets(Verb::Get, &[], &["ks/"]).is_err());
    }

    #[test]
    fn what_changes_something_needs_a_choice() {
        let missing = targets(Verb::Suspend, &[kustomization()], &[]).unwrap_err();
        assert_eq!(missing, "kustomization name is required");
        assert!(targets(Verb::Suspend, &[kustomization()], &["-A"]).is_err());
        assert!(targets(Verb::Suspend, &[kustomization()], &["-A", "a"]).is_err());
        assert!(targets(Verb::Suspend, &[kustomization()], &["-A", "--all"]).is_ok());
        assert_eq!(
            targets(Verb::Get, ALL_SOURCES, &["-A"]).unwrap().len(),
            ALL_SOURCES.len()
        );
    }
}
