//! `why`: the first cause of how an object is, and the next step.

use clap::Args;

use super::context::Context;
use super::fleet::{self, FleetArgs};
use super::fleet_report::{ClusterReport, ReportList, blocks};
use super::output::OutputArgs;
use super::why_all;
use super::why_text::text;
use crate::api::Kind;
use crate::cluster::{Address, Cluster, Resource};
use crate::error::Failure;
use crate::ops::{self, Chain, WhyRequest};
use crate::report::clean;

/// Which object is explained, or all that are not ready, and how.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  gitops why kustomization/apps\n  gitops why deployment/web -n shop\n  gitops why -A --contexts 'prod-*'"
)]
pub struct WhyArgs {
    /// KIND/NAME, or KIND NAME [default: all Flux objects that are not ready, by first cause]
    #[arg(value_name = "KIND/NAME")]
    words: Vec<String>,

    /// Explain what is not ready in all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    #[command(flatten)]
    pub fleet: FleetArgs,
}

impl ClusterReport for Chain {
    const LIST: &'static str = "WhyList";
}

/// Shows the chain. That something is wrong with the object is an answer, and no failure.
pub async fn run(context: &Context, args: &WhyArgs) -> Result<(), Failure> {
    if args.words.is_empty() {
        return why_all::run(context, args).await;
    }
    if args.all_namespaces {
        return Err(Failure::usage("a name means one object, and -A many")
            .with_hint("leave -A out, or the name"));
    }
    let (word, name) = wanted(&args.words)?;
    let explain = async |context: &Context| {
        let cluster = context.cluster().await?;
        let request = WhyRequest {
            address: find(cluster, &context.namespace, &word, name).await?,
            program: &context.program,
            context: context.cluster_name.as_deref(),
        };
        ops::why(cluster, &request).await
    };
    let gathered = fleet::gather(context, &args.fleet, explain).await?;
    let (ui, output) = (&context.ui, args.output.output());
    let text = |chain| clean(&text(chain, &[])).into_owned();
    if let Some(only) = gathered.only() {
        ui.print(output, only, || text(only))?;
    } else {
        let chains = || gathered.named();
        let texts = || chains().map(|(name, chain)| (name, text(chain)));
        ui.print(output, &ReportList::new(chains()), || blocks(texts()))?;
    }
    gathered.end()
}

/// Reads which object is meant: `KIND/NAME`, or the words of a kind and a name.
fn wanted(words: &[String]) -> Result<(String, &str), Failure> {
    let wrong = |message: &str| {
        Failure::usage(message.to_owned()).with_hint("name one object, as `kustomization/apps`")
    };
    match words {
        [word] => match word.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() && !name.contains('/') => {
                Ok((kind.into(), name))
            }
            _ => Err(wrong("`KIND/NAME` or `KIND NAME` is required")),
        },
        [kind @ .., name] if words.iter().all(|word| !word.contains('/')) => {
            Ok((kind.join(" "), name))
        }
        _ => Err(wrong("one object is explained at a time")),
    }
}

/// Finds the kind that a word means: one of Flux first, or else any that the cluster has.
async fn find(
    cluster: &Cluster,
    namespace: &str,
    word: &str,
    name: &str,
) -> Result<Address, Failure> {
    if let Some(kind) = flux_kind(word) {
        return Ok(Resource::from(kind).at(namespace, name));
    }
    let catalogue = cluster.catalogue().await?;
    let resource = catalogue.find(word).ok_or_else(|| {
        Failure::new(format!(
            "the server doesn't have a resource type \"{word}\""
        ))
    })?;
    Ok(resource.at(namespace, name))
}

/// Finds a kind of Flux by a word, or by all the words of its command, such as `source git`.
fn flux_kind(word: &str) -> Option<&'static Kind> {
    let is = |words: &[&str]| words.join(" ").eq_ignore_ascii_case(word);
    let by_words = || {
        crate::api::KINDS
            .iter()
            .copied()
            .find(|kind| is(kind.words) || is(kind.plural_words))
    };
    Kind::meant_by(word).or_else(by_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Result<(String, String), Failure> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        wanted(&words).map(|(kind, name)| (kind, name.to_owned()))
    }

    #[test]
    fn one_object_is_named() {
        let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        assert_eq!(of(&["ks/apps"]).unwrap(), pair("ks", "apps"));
        assert_eq!(of(&["ks", "apps"]).unwrap(), pair("ks", "apps"));
        assert_eq!(
            of(&["source", "git", "x"]).unwrap(),
            pair("source git", "x")
        );
        for wrong in [
            &["ks"] as &[_],
            &["ks/"],
            &["/x"],
            &["a/b/c"],
            &["ks/a", "ks/b"],
        ] {
            assert_eq!(of(wrong).unwrap_err().blame().status(), 2, "{wrong:?}");
        }
        assert_eq!(flux_kind("source git").unwrap().name, "GitRepository");
        assert_eq!(flux_kind("image policy").unwrap().name, "ImagePolicy");
        assert!(flux_kind("deployment").is_none());
    }
}
