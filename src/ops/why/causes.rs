//! Why all that is not ready is as it is: one chain for each first cause.

use futures::future::join_all;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use schemars::JsonSchema;
use serde::Serialize;

use super::chain::{CauseKind, Chain, ChainObject};
use super::facts::{FluxObject, address_of};
use super::sight::Sight;
use super::walk::{WhyRequest, follow};
use crate::api::{KINDS, Kind};
use crate::cluster::{Address, Cluster, ClusterError, Resource, Selection};
use crate::error::Failure;

/// How many objects are followed at once.
const AT_ONCE: usize = 8;

/// What is asked.
pub struct CausesRequest<'a> {
    /// The namespace whose objects are looked at; empty for all.
    pub namespace: &'a str,
    /// The name by which this program was called, for the next steps.
    pub program: &'a str,
    /// The kubeconfig context that the next steps name; none where they need no such name.
    pub context: Option<&'a str>,
}

/// Why the objects that are not ready are as they are; a document of `cli.gitops/v1`.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_field_names,
    reason = "the list is named after what it holds"
)]
pub struct Causes {
    #[schemars(extend("const" = "cli.gitops/v1"))]
    api_version: &'static str,
    #[schemars(extend("const" = "Causes"))]
    kind: &'static str,
    /// The namespace that was looked at; empty for all of them.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// How many objects of Flux there are.
    pub objects: usize,
    /// How many of them are not ready.
    pub not_ready: usize,
    /// The first causes; those of the most objects come first.
    pub causes: Vec<SharedCause>,
}

/// A first cause, and all that is not ready for it.
#[derive(Clone, Debug, JsonSchema, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SharedCause {
    /// The shortest chain that ends with the cause.
    #[serde(flatten)]
    pub chain: Chain,
    /// The objects that are not ready for it, that of the chain first.
    pub objects: Vec<ChainObject>,
}

/// The causes, and what could not be looked at.
pub struct Surveyed {
    /// The causes.
    pub causes: Causes,
    /// The kinds that the cluster knows and that could not be listed.
    pub unlisted: Vec<(&'static Kind, ClusterError)>,
}

/// Follows every object of Flux that is not ready down to its first cause.
///
/// # Errors
///
/// Fails where the cluster cannot be asked, and where no kind of Flux could be listed.
pub async fn causes(cluster: &Cluster, request: &CausesRequest<'_>) -> Result<Surveyed, Failure> {
    let selection = Selection::of_namespace(request.namespace);
    let lists = KINDS.iter().map(async |kind| {
        let listed = cluster
            .list_objects(&Resource::from(*kind), &selection)
            .await;
        (*kind, listed)
    });
    let (mut objects, mut failed, mut is_any) = (Vec::new(), Vec::new(), false);
    for (kind, listed) in join_all(lists).await {
        match listed {
            Ok(listed) => {
                is_any = true;
                objects.extend(
                    listed
                        .into_iter()
                        .map(|object| FluxObject::new(kind, object)),
                );
            }
            Err(error) => failed.push((kind, error)),
        }
    }
    if !is_any && let Some((_, first)) = failed.pop() {
        return Err(first.into());
    }
    // Of a kind that the cluster does not know, no object is missed.
    failed.retain(|(_, error)| !error.is_not_found());
    let (count, targets) = (objects.len(), not_ready(&objects));
    let sight = Sight::new(cluster, objects);
    let chains = stream::iter(targets).map(|address| explained(&sight, request, address));
    let chains: Vec<Chain> = chains.buffered(AT_ONCE).try_collect().await?;
    Ok(Surveyed {
        causes: Causes {
            api_version: "cli.gitops/v1",
            kind: "Causes",
            namespace: request.namespace.into(),
            objects: count,
            not_ready: chains.len(),
            causes: grouped(chains),
        },
        unlisted: failed,
    })
}

/// Returns where the objects are that are not ready, as `get --not-ready` means it.
fn not_ready(objects: &[FluxObject]) -> Vec<Address> {
    let is_not_ready = |found: &&FluxObject| found.kind.readiness(&found.row).word != "True";
    let address = |found: &FluxObject| address_of(found.kind, &found.object.id());
    objects.iter().filter(is_not_ready).map(address).collect()
}

async fn explained(
    sight: &Sight<'_>,
    request: &CausesRequest<'_>,
    address: Address,
) -> Result<Chain, Failure> {
    let request = WhyRequest {
        address,
        program: request.program,
        context: request.context,
    };
    follow(sight, &request).await
}

/// Puts chains with the same cause together (pure).
fn grouped(chains: Vec<Chain>) -> Vec<SharedCause> {
    let mut causes: Vec<SharedCause> = Vec::new();
    for chain in chains {
        let Some(first) = chain.links.first() else {
            continue;
        };
        let object = first.object.clone();
        let known = causes
            .iter_mut()
            .find(|cause| has_same_cause(&cause.chain, &chain));
        match known {
            Some(cause) if chain.links.len() < cause.chain.links.len() => {
                cause.chain = chain;
                cause.objects.insert(0, object);
            }
            Some(cause) => cause.objects.push(object),
            None => causes.push(SharedCause {
                chain,
                objects: vec![object],
            }),
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.objects.len()));
    causes
}

fn has_same_cause(one: &Chain, other: &Chain) -> bool {
    let end = |chain: &Chain| chain.links.last().map(|link| link.object.clone());
    // Those who wait for each other are named alike wherever the chain enters the circle.
    one.cause == other.cause && (one.cause.kind == CauseKind::Cycle || end(one) == end(other))
}

#[cfg(test)]
mod tests {
    use super::super::chain::{ChainLink, Verdict};
    use super::*;

    fn chain(names: &[&str], kind: CauseKind, message: &str) -> Chain {
        let link = |name: &&str| ChainLink {
            relation: "",
            object: ChainObject {
                name: (*name).into(),
                ..ChainObject::default()
            },
            state: String::new(),
            message: String::new(),
        };
        let links = names.iter().map(link).collect();
        Chain::new(links, Verdict::new(kind, message, None), Vec::new())
    }

    fn names(cause: &SharedCause) -> Vec<&str> {
        let objects = cause.objects.iter();
        objects.map(|object| object.name.as_str()).collect()
    }

    #[test]
    fn objects_share_the_cause_at_the_end_of_their_chains() {
        let causes = grouped(vec![
            chain(&["alone"], CauseKind::Path, "no path"),
            chain(&["app", "db", "repo"], CauseKind::Url, "no answer"),
            chain(&["repo"], CauseKind::Url, "no answer"),
            chain(&["db", "repo"], CauseKind::Url, "no answer"),
        ]);
        assert_eq!(names(&causes[0]), ["repo", "app", "db"]);
        assert_eq!(causes[0].chain.links.len(), 1);
        assert_eq!(names(&causes[1]), ["alone"]);
    }

    #[test]
    fn a_circle_is_one_cause_and_a_message_of_two_objects_is_two() {
        let causes = grouped(vec![
            chain(&["a", "b"], CauseKind::Cycle, "a → b → a"),
            chain(&["b", "a"], CauseKind::Cycle, "a → b → a"),
            chain(&["x"], CauseKind::Other, "odd"),
            chain(&["y"], CauseKind::Other, "odd"),
        ]);
        assert_eq!(causes.len(), 3);
        assert_eq!(names(&causes[0]), ["a", "b"]);
    }
}
