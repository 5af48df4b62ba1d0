//! Builds what was put off, as far as two renders of a cluster differ.

use std::collections::BTreeMap;

use super::finding::Owner;
use super::key::Key;
use super::outcome::{ClusterRender, OwnerRender};
use super::session::Session;
use crate::threads;

impl Session {
    /// Builds what was put off of owners that two renders of a cluster do not agree about; returns how many
    /// Kustomizations they agree about.
    pub fn settle(&self, base: &mut ClusterRender, head: &mut ClusterRender) -> usize {
        let keys = |render: &ClusterRender| -> BTreeMap<Owner, Key> {
            let owners = render.owners.iter();
            owners
                .map(|owner| (owner.owner.clone(), owner.key))
                .collect()
        };
        let (of_base, of_head) = (keys(base), keys(head));
        self.build_put_off(base, |owner| of_head.get(&owner.owner) != Some(&owner.key));
        self.build_put_off(head, |owner| of_base.get(&owner.owner) != Some(&owner.key));
        let same = of_head.iter().filter(|(owner, key)| {
            owner.kind == "Kustomization" && of_base.get(owner) == Some(key)
        });
        same.count()
    }

    /// Builds what was put off of the owners that are asked for; returns their places.
    pub(super) fn build_put_off(
        &self,
        render: &mut ClusterRender,
        is_asked: impl Fn(&OwnerRender) -> bool,
    ) -> Vec<usize> {
        let owners = render.owners.iter().enumerate();
        let open: Vec<usize> = owners
            .filter(|(_, owner)| {
                owner.outcome.is_none() && owner.task.is_ready() && is_asked(owner)
            })
            .map(|(place, _)| place)
            .collect();
        let outcomes = threads::each(&open, self.threads, |place| {
            let owner = &render.owners[*place];
            self.outcome(owner.key, &owner.task)
        });
        for (place, outcome) in open.iter().zip(outcomes) {
            render.owners[*place].outcome = outcome;
        }
        open
    }
}
