//! Renders of a branch, as the reports about changes take them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::changes::{self, ClusterSide, Diff, SideObject};
use super::branch::{BranchChange, ClusterChange};
use crate::render::repository::{ClusterRender, Finding, Owner, Severity};

/// Compares both sides of a branch object by object.
///
/// What kept a part from being rendered counts where it is new: what was wrong before is not the branch's doing.
pub fn branch_diff(change: &BranchChange, head: &str) -> Diff {
    let title = format!("{} → {head}", change.base.get(..12).unwrap_or(&change.base));
    let clusters = change.clusters.iter();
    let (base, head): (Vec<_>, Vec<_>) = clusters
        .map(|cluster| {
            let findings = new_findings(cluster);
            let errors: Vec<&Finding> = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .collect();
            (side(&cluster.base, &[]), side(&cluster.head, &errors))
        })
        .unzip();
    changes::between(&title, &base, &head)
}

/// Returns what is wrong in a cluster and was not wrong before.
pub fn new_findings(change: &ClusterChange) -> Vec<Finding> {
    let told = |finding: &Finding| (finding.owner.clone(), finding.message.clone());
    let before: BTreeSet<_> = change.base.all_findings().iter().map(told).collect();
    let mut findings = change.head.all_findings();
    findings.retain(|finding| !before.contains(&told(finding)));
    findings
}

fn side<'a>(render: &'a ClusterRender, findings: &[&Finding]) -> ClusterSide<'a> {
    let mut side = ClusterSide {
        cluster: render.cluster.clone(),
        findings: findings.iter().map(|finding| told(finding)).collect(),
        ..ClusterSide::default()
    };
    for owner in &render.owners {
        if owner.is_unknown() {
            side.unrendered.push(named(&owner.owner));
        }
        let objects = owner.objects().iter().map(|object| SideObject {
            object: Cow::Borrowed(object),
            owner: Some(named(&owner.owner)),
            prunes: owner.prunes,
            suspended: owner.suspended,
        });
        side.objects.extend(objects);
    }
    side
}

fn named(owner: &Owner) -> changes::Owner {
    changes::Owner {
        kind: owner.kind.clone(),
        namespace: owner.namespace.clone(),
        name: owner.name.clone(),
    }
}

fn told(finding: &Finding) -> changes::Finding {
    changes::Finding {
        owner: Some(named(&finding.owner)),
        file: finding.file.clone(),
        line: usize::try_from(finding.line).ok().filter(|line| *line > 0),
        message: finding.message.clone(),
    }
}
