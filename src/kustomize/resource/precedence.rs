//! The order of kinds: what others need comes first, webhooks come last.

use std::cmp::Ordering;

use super::id::Gvk;

/// The kinds that come first, in their order.
pub const FIRST_KINDS: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// The kinds that come last, in their order.
pub const LAST_KINDS: &[&str] = &[
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Returns where a kind stands: negative for the first ones, zero for most, positive for the last ones.
pub fn rank(kind: &str, first: &[impl AsRef<str>], last: &[impl AsRef<str>]) -> isize {
    // A kind that stands in both lists counts where it stands later.
    if let Some(place) = last.iter().rposition(|other| other.as_ref() == kind) {
        return 1 + place.cast_signed();
    }
    match first.iter().rposition(|other| other.as_ref() == kind) {
        Some(place) => place.cast_signed() - first.len().cast_signed(),
        None => 0,
    }
}

impl Gvk {
    /// Compares by the standing of the kinds, then by group, version and kind as one text.
    pub fn precedence(&self, other: &Self) -> Ordering {
        rank(&self.kind, FIRST_KINDS, LAST_KINDS)
            .cmp(&rank(&other.kind, FIRST_KINDS, LAST_KINDS))
            .then_with(|| self.compare_texts(other))
    }

    /// Compares group, version and kind as one text.
    pub fn compare_texts(&self, other: &Self) -> Ordering {
        self.sort_text().cmp(other.sort_text())
    }

    /// Returns the bytes of `group_version_kind`, with a mark for each part that is empty.
    fn sort_text(&self) -> impl Iterator<Item = u8> + '_ {
        fn or<'text>(text: &'text str, empty: &'static str) -> std::str::Bytes<'text> {
            if text.is_empty() { empty } else { text }.bytes()
        }
        or(&self.group, "~G")
            .chain(*b"_")
            .chain(or(&self.version, "~V"))
            .chain(*b"_")
            .chain(or(&self.kind, "~K"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_the_needed_first() {
        let gvk = |kind: &str| Gvk::of("a/b", kind);
        let kinds = [
            "Namespace",
            "RoleBinding",
            "PodDisruptionBudget",
            "APIService",
            "CustomKind",
            "MutatingWebhookConfiguration",
        ];
        for pair in kinds.windows(2) {
            assert_eq!(
                gvk(pair[0]).precedence(&gvk(pair[1])),
                Ordering::Less,
                "{pair:?}"
            );
        }
        assert_eq!(
            Gvk::of("a/c", "Namespace").precedence(&Gvk::of("b/b", "Namespace")),
            Ordering::Less
        );
    }
}
