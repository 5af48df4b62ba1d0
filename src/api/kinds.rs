//! The kind table, in the order of the help text.

use super::extensions::ArtifactGenerator;
use super::flux::{Flux as _, Kind, Verb};
use super::helm::HelmRelease;
use super::image::{ImagePolicy, ImageRepository, ImageUpdateAutomation};
use super::kustomize::Kustomization;
use super::notification::{Alert, Provider, Receiver};
use super::source::{
    Bucket, ExternalArtifact, GitRepository, HelmChart, HelmRepository, OCIRepository,
};

/// Every kind that gitops knows. To add one, implement [`Flux`](super::flux::Flux) and name it here.
pub static KINDS: &[&Kind] = &[
    &Kustomization::KIND,
    &HelmRelease::KIND,
    &GitRepository::KIND,
    &OCIRepository::KIND,
    &Bucket::KIND,
    &HelmRepository::KIND,
    &HelmChart::KIND,
    &ExternalArtifact::KIND,
    &ImageRepository::KIND,
    &ImagePolicy::KIND,
    &ImageUpdateAutomation::KIND,
    &Receiver::KIND,
    &Alert::KIND,
    &Provider::KIND,
    &ArtifactGenerator::KIND,
];

/// The tables of `get sources all`, in its order.
pub static ALL_SOURCES: &[&Kind] = &[
    &OCIRepository::KIND,
    &Bucket::KIND,
    &GitRepository::KIND,
    &HelmRepository::KIND,
    &HelmChart::KIND,
    &ExternalArtifact::KIND,
];

/// The tables of `get images all`, in its order.
pub static ALL_IMAGES: &[&Kind] = &[
    &ImageRepository::KIND,
    &ImagePolicy::KIND,
    &ImageUpdateAutomation::KIND,
];

/// The tables of `get all`, in its order.
pub static ALL: &[&Kind] = &[
    &OCIRepository::KIND,
    &Bucket::KIND,
    &GitRepository::KIND,
    &HelmRepository::KIND,
    &HelmChart::KIND,
    &ExternalArtifact::KIND,
    &ImageRepository::KIND,
    &ImagePolicy::KIND,
    &ImageUpdateAutomation::KIND,
    &HelmRelease::KIND,
    &Kustomization::KIND,
    &Receiver::KIND,
    &Provider::KIND,
    &Alert::KIND,
];

impl Kind {
    /// Returns the kinds that take `verb`, in the order of the help text.
    pub fn taking(verb: Verb) -> impl Iterator<Item = &'static Self> {
        KINDS.iter().copied().filter(move |kind| kind.takes(verb))
    }

    /// Returns the kind of that name, such as `GitRepository`, in any case of letters.
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .copied()
            .find(|kind| kind.name.eq_ignore_ascii_case(name))
    }

    /// Returns the kind of an object, whatever the version that the object is written in.
    pub fn of(group: &str, name: &str) -> Option<&'static Self> {
        KINDS
            .iter()
            .copied()
            .find(|kind| kind.group == group && kind.name == name)
    }

    /// Returns the kind that people mean by a word: its kind, resource, short name, alias or last command word.
    pub fn meant_by(word: &str) -> Option<&'static Self> {
        let is = |name: &str| name.eq_ignore_ascii_case(word);
        let exact = KINDS.iter().copied().find(|kind| {
            is(kind.name)
                || is(kind.resource)
                || kind
                    .definition
                    .short_names
                    .iter()
                    .chain(kind.aliases)
                    .any(|name| is(name))
        });
        let single = || {
            KINDS.iter().copied().find(|kind| {
                [kind.words, kind.plural_words]
                    .iter()
                    .any(|words| words.len() == 1 && is(words[0]))
            })
        };
        exact.or_else(single)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::row::Row;

    #[test]
    fn names_each_kind_in_its_own_way() {
        for names in [
            KINDS
                .iter()
                .map(|kind| kind.words.join(" "))
                .collect::<BTreeSet<_>>(),
            KINDS
                .iter()
                .map(|kind| kind.plural_words.join(" "))
                .collect(),
            KINDS
                .iter()
                .map(|kind| format!("{}.{}", kind.resource, kind.group))
                .collect(),
            KINDS.iter().map(|kind| kind.name.to_string()).collect(),
            KINDS.iter().map(|kind| kind.human.to_string()).collect(),
        ] {
            assert_eq!(names.len(), KINDS.len(), "{names:?}");
            assert!(names.iter().all(|name| !name.is_empty()));
        }
    }

    #[test]
    fn gives_each_kind_the_verbs_of_flux() {
        let words = |verb| {
            Kind::taking(verb)
                .map(|kind| kind.words.join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(words(Verb::Get).len(), 15);
        assert_eq!(words(Verb::Export).len(), 15);
        assert_eq!(words(Verb::Delete).len(), 13);
        assert_eq!(words(Verb::Suspend), words(Verb::Delete));
        assert_eq!(words(Verb::Resume), words(Verb::Delete));
        let reconciled = words(Verb::Reconcile);
        assert_eq!(reconciled.len(), 11);
        assert!(!reconciled.iter().any(
            |word| word.starts_with("alert") || word.contains("art") && !word.contains("chart")
        ));
    }

    #[test]
    fn shows_all_but_generators_in_get_all() {
        let shown = [ALL_SOURCES, ALL_IMAGES].concat();
        assert_eq!(&ALL[..shown.len()], shown);
        let missing: Vec<_> = KINDS.iter().filter(|kind| !ALL.contains(kind)).collect();
        assert_eq!(missing, [&&ArtifactGenerator::KIND]);
    }

    #[test]
    fn shows_an_empty_object_of_each_kind() {
        for kind in KINDS {
            let cells = kind.cells(&Row::default());
            assert_eq!(cells.len(), kind.columns.len());
            assert_eq!(kind.columns.last().unwrap().header, "MESSAGE");
            let ready = if kind.definition.status.is_some() {
                "False"
            } else {
                "True"
            };
            assert_eq!(cells[cells.len() - 2], ready, "{kind:?}");
        }
    }

    #[test]
    fn finds_a_kind_by_what_people_call_it() {
        let meant = |word| Kind::meant_by(word).map(|kind| kind.name);
        assert_eq!(meant("ks"), Some("Kustomization"));
        assert_eq!(meant("gitrepositories"), Some("GitRepository"));
        assert_eq!(meant("HELMRELEASE"), Some("HelmRelease"));
        assert_eq!(meant("alert-provider"), Some("Provider"));
        assert_eq!(meant("receivers"), Some("Receiver"));
        assert_eq!(meant("git"), None);
        assert_eq!(
            Kind::of("image.toolkit.fluxcd.io", "ImagePolicy"),
            Some(&ImagePolicy::KIND)
        );
        assert_eq!(Kind::of("kustomize.config.k8s.io", "Kustomization"), None);
    }
}
