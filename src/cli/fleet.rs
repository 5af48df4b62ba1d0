//! `--contexts` and `--all-contexts`: one command on many clusters, side by side.

use std::pin::pin;
use std::time::Duration;

use clap::Args;
use futures::future::try_join_all;
use futures::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::context::Context;
use super::flag::Csv;
use crate::error::{Blame, Failure};
use crate::report::Ui;

/// How many clusters are worked on at once.
const AT_ONCE: usize = 8;

/// How long it may be silent before the clusters are named that have not answered yet.
const SILENCE: Duration = Duration::from_secs(8);

/// The annotation that says which cluster of a fleet an object is in.
const ANNOTATION: &str = "cli.gitops/cluster";

/// Which clusters a command works on.
#[derive(Args, Default)]
pub struct FleetArgs {
    /// Work on the clusters of these kubeconfig contexts; `*` and `?` stand for other characters
    #[arg(long, value_name = "LIST")]
    contexts: Vec<Csv>,

    /// Work on the clusters of all kubeconfig contexts
    #[arg(long)]
    all_contexts: bool,
}

/// What the clusters of a fleet answered.
pub struct Gathered<T> {
    /// The answers, in the order of the contexts. The only answer of a command on one cluster has no name.
    pub answers: Vec<(Option<String>, T)>,
    /// Those that gave none, in the same order.
    pub silent: Vec<Silent>,
    asked: usize,
}

/// A cluster of a fleet that gave no answer.
pub struct Silent {
    /// The name of its context.
    pub cluster: String,
    /// Its place among all the clusters that were asked, from 0.
    pub place: usize,
    /// Why there is no answer, in one line.
    pub message: String,
    blame: Blame,
}

impl FleetArgs {
    /// Refuses to work on several clusters where `why` none is asked at all.
    pub fn refuse(&self, why: &str) -> Result<(), Failure> {
        if self.is_fleet() {
            return Err(Failure::usage(format!("{why} asks no cluster"))
                .with_hint("leave --contexts and --all-contexts out"));
        }
        Ok(())
    }

    /// Says whether several clusters are meant, or at least one by `--contexts`.
    pub fn is_fleet(&self) -> bool {
        self.all_contexts || !self.contexts.is_empty()
    }

    /// Returns the names of the contexts that are meant, each once.
    fn names(&self, known: &[String]) -> Result<Vec<String>, Failure> {
        let mut patterns = Csv::join(&self.contexts);
        if self.all_contexts {
            patterns.push("*".into());
        }
        let mut names: Vec<String> = Vec::new();
        for pattern in patterns {
            let matching: Vec<&String> = known
                .iter()
                .filter(|name| matches(&pattern, name))
                .collect();
            if matching.is_empty() {
                return Err(
                    Failure::new(format!("the kubeconfig has no context `{pattern}`"))
                        .with_hint(format!("the contexts are: {}", known.join(", "))),
                );
            }
            for name in matching {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        Ok(names)
    }

    /// Returns what the command leans on, once for each cluster.
    pub fn contexts(&self, context: &Context) -> Result<Vec<(String, Context)>, Failure> {
        let known = context.known_contexts()?;
        let names = self.names(&known)?;
        Ok(names
            .into_iter()
            .map(|name| {
                let of_cluster = context.of(&name);
                (name, of_cluster)
            })
            .collect())
    }
}

/// Does work on each cluster that is meant, and collects the answers. A cluster that fails is told at once, and the
/// others go on; [`Gathered::end`] is the end of the command.
///
/// # Errors
///
/// Fails where no such context exists, where the command is for one cluster, which fails, and where nobody reads what
/// the work itself writes.
pub async fn gather<T>(
    context: &Context,
    args: &FleetArgs,
    work: impl AsyncFn(&Context) -> Result<T, Failure>,
) -> Result<Gathered<T>, Failure> {
    if !args.is_fleet() {
        return Ok(Gathered {
            answers: vec![(None, work(context).await?)],
            silent: Vec::new(),
            asked: 1,
        });
    }
    let clusters = args.contexts(context)?;
    let asked = clusters.len();
    let mut pending: Vec<String> = clusters.iter().map(|(name, _)| name.clone()).collect();
    let work = &work;
    let runs = clusters
        .into_iter()
        .enumerate()
        .map(async |(place, (name, context))| {
            let outcome = work(&context).await;
            if let Err(failure) = &outcome
                && !failure.is_broken_pipe()
            {
                context.ui.failure(failure.in_one_line());
            }
            (place, name, outcome)
        });
    let mut runs = pin!(stream::iter(runs).buffer_unordered(AT_ONCE));
    let mut ended = Vec::new();
    while ended.len() < asked {
        match timeout(SILENCE, runs.next()).await {
            Ok(Some((_, _, Err(failure)))) if failure.is_broken_pipe() => return Err(failure),
            Ok(Some(one)) => {
                pending.retain(|name| *name != one.1);
                ended.push(one);
            }
            Ok(None) => break,
            Err(_) => context
                .ui
                .waiting(format_args!("waiting for {}", pending.join(", "))),
        }
    }
    ended.sort_by_key(|(place, ..)| *place);
    let (mut answers, mut silent) = (Vec::new(), Vec::new());
    for (place, cluster, outcome) in ended {
        match outcome {
            Ok(answer) => answers.push((Some(cluster), answer)),
            Err(failure) => silent.push(Silent {
                cluster,
                place,
                message: failure.in_one_line(),
                blame: failure.blame(),
            }),
        }
    }
    Ok(Gathered {
        answers,
        silent,
        asked,
    })
}

/// Does work on each cluster that is meant, where the work itself tells what it does.
pub async fn each(
    context: &Context,
    args: &FleetArgs,
    work: impl AsyncFn(&Context) -> Result<(), Failure>,
) -> Result<(), Failure> {
    gather(context, args, work).await?.end()
}

/// Follows each cluster that is meant, all of them at once, until a time limit that was asked for or for ever; the
/// work itself shows what comes. A cluster that fails is told at once, and the others go on.
///
/// # Errors
///
/// Fails as [`gather`] does, and in the end where a cluster failed.
pub async fn follow(
    context: &Context,
    args: &FleetArgs,
    work: impl AsyncFn(&Context) -> Result<(), Failure>,
) -> Result<(), Failure> {
    context.follow();
    if !args.is_fleet() {
        return work(context).await;
    }
    let clusters = args.contexts(context)?;
    let runs = clusters
        .iter()
        .map(async |(_, context)| match work(context).await {
            Ok(()) => Ok(None),
            // Nobody reads on, whatever cluster it is of.
            Err(failure) if failure.is_broken_pipe() => Err(failure),
            Err(failure) => {
                context.ui.failure(failure.in_one_line());
                Ok(Some(failure.blame()))
            }
        });
    let failed = try_join_all(runs).await?.into_iter().flatten().collect();
    end(failed, clusters.len())
}

/// Notes in an object which cluster of a fleet it is in; that of a command on one cluster has no name.
pub fn annotate(object: &mut Value, cluster: &str) {
    if !cluster.is_empty()
        && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata
            .entry("annotations")
            .or_insert_with(|| json!({}))
            .as_object_mut()
    {
        annotations.insert(ANNOTATION.into(), cluster.into());
    }
}

impl<T> Gathered<T> {
    /// Returns the answer of the only cluster; nothing where several could have been meant.
    pub fn only(&self) -> Option<&T> {
        match self.answers.as_slice() {
            [(None, only)] => Some(only),
            _ => None,
        }
    }

    /// Returns the answers, each with the name of its cluster, which is empty for the only one.
    pub fn named(&self) -> impl Iterator<Item = (&str, &T)> {
        self.answers
            .iter()
            .map(|(cluster, answer)| (cluster.as_deref().unwrap_or_default(), answer))
    }

    /// Ends the command: as a failure where a cluster failed, as late where time alone was short.
    pub fn end(&self) -> Result<(), Failure> {
        end(
            self.silent.iter().map(|one| one.blame).collect(),
            self.asked,
        )
    }

    /// Ends the command as [`end`](Self::end) does, where `wrong` says of an answer that its cluster failed all the
    /// same. The failure of the only cluster is the end itself.
    pub fn end_with(
        self,
        context: &Context,
        wrong: impl Fn(&Ui, T) -> Option<Failure>,
    ) -> Result<(), Failure> {
        let mut failed: Vec<Blame> = self.silent.iter().map(|one| one.blame).collect();
        for (cluster, answer) in self.answers {
            let ui = context.ui_of(cluster.as_deref());
            match (cluster, wrong(&ui, answer)) {
                (_, None) => {}
                (None, Some(failure)) => return Err(failure),
                (Some(_), Some(failure)) => {
                    ui.failure(failure.in_one_line());
                    failed.push(failure.blame());
                }
            }
        }
        end(failed, self.asked)
    }
}

/// Ends a command on so many clusters, some of which failed.
fn end(failed: Vec<Blame>, asked: usize) -> Result<(), Failure> {
    if failed.is_empty() {
        return Ok(());
    }
    let message = format!("{} of {asked} clusters failed", failed.len());
    Err(Failure::blaming(Blame::of_all(failed), message))
}

/// Says whether a name fits a pattern, in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => name.is_empty(),
        Some('*') => {
            let rest = characters.as_str();
            let mut tails = name.char_indices().map(|(index, _)| &name[index..]);
            tails.any(|tail| matches(rest, tail)) || matches(rest, "")
        }
        Some(first) => {
            let mut others = name.chars();
            others
                .next()
                .is_some_and(|other| first == '?' || first == other)
                && matches(characters.as_str(), others.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_contexts_once() {
        let known = ["prod-a", "test", "prod-b"].map(str::to_owned);
        let names = |list: &str| {
            let args = FleetArgs {
                contexts: vec![list.parse().unwrap()],
                all_contexts: false,
            };
            args.names(&known).map_err(|failure| failure.to_string())
        };
        assert_eq!(
            names("test,prod-*,test").unwrap(),
            ["test", "prod-a", "prod-b"]
        );
        assert_eq!(names("*-b").unwrap(), ["prod-b"]);
        assert_eq!(names("prod-?").unwrap(), ["prod-a", "prod-b"]);
        assert_eq!(
            names("dev").unwrap_err(),
            "the kubeconfig has no context `dev`"
        );
        let all = FleetArgs {
            contexts: Vec::new(),
            all_contexts: true,
        };
        assert_eq!(all.names(&known).unwrap(), known);
    }

    #[test]
    fn stars_match_nothing_too() {
        assert!(matches("*", ""));
        assert!(matches("a*", "a"));
        assert!(matches("*a*", "bab"));
        assert!(!matches("a?", "a"));
    }
}
