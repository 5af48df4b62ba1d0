//! Which of several objects come first: those that others depend on, or are made from (pure).

use crate::api::{self, Kind, Row};
use crate::manifest::ObjectId;

/// Returns the places of the rows in groups: the objects of a group depend only on those of groups before it.
///
/// Dependencies on others than these do not count. What depends on itself in a circle comes last, all at once.
/// Within a group the given order stays.
pub fn waves(rows: &[(&'static str, &Row)]) -> Vec<Vec<usize>> {
    let before: Vec<Vec<usize>> = (0..rows.len())
        .map(|place| dependencies(rows, place))
        .collect();
    let mut waves: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<usize> = (0..rows.len()).collect();
    while !open.is_empty() {
        let free = |place: &usize| before[*place].iter().all(|other| !open.contains(other));
        let (wave, rest): (Vec<usize>, Vec<usize>) = open.iter().partition(|place| free(place));
        if wave.is_empty() {
            waves.push(rest);
            return waves;
        }
        waves.push(wave);
        open = rest;
    }
    waves
}

/// Returns the places of the rows that the one at `place` depends on, or is made from.
pub fn dependencies(rows: &[(&'static str, &Row)], place: usize) -> Vec<usize> {
    let (kind, row) = rows[place];
    let Some(known) = Kind::named(kind) else {
        return Vec::new();
    };
    let needed: Vec<ObjectId> = api::dependencies(known, row)
        .chain(api::written_sources(row))
        .collect();
    let is_needed = |(kind, other): &(&str, &Row)| {
        let metadata = &other.metadata;
        needed.iter().any(|id| {
            id.kind == *kind && id.name == metadata.name && id.namespace == metadata.namespace
        })
    };
    let found = rows
        .iter()
        .enumerate()
        .filter(|(_, other)| is_needed(other));
    found.map(|(other, _)| other).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::row_of;

    fn row(name: &str, needs: &[&str]) -> Row {
        let needs: Vec<_> = needs.iter().map(|name| json!({"name": name})).collect();
        row_of(&json!({"metadata": {"name": name, "namespace": "a"}, "spec": {"dependsOn": needs}}))
    }

    #[test]
    fn what_others_depend_on_comes_first() {
        let all = [
            row("apps", &["infra", "elsewhere"]),
            row("infra", &["crds"]),
            row("crds", &[]),
            row("other", &[]),
        ];
        let rows: Vec<_> = all.iter().map(|row| ("Kustomization", row)).collect();
        assert_eq!(waves(&rows), [vec![2, 3], vec![1], vec![0]]);
        assert_eq!(dependencies(&rows, 0), [1]);
    }

    #[test]
    fn other_kinds_and_namespaces_do_not_count() {
        let mut far = row("apps", &["infra"]);
        far.spec.depends_on[0].namespace = "b".into();
        let infra = row("infra", &[]);
        let near = row("apps", &["infra"]);
        let rows = [
            ("Kustomization", &far),
            ("HelmRelease", &near),
            ("Kustomization", &infra),
        ];
        assert_eq!(waves(&rows), [vec![0, 1, 2]]);
    }

    #[test]
    fn sources_come_before_what_is_made_from_them() {
        let of = |name: &str, spec: serde_json::Value| {
            row_of(&json!({"metadata": {"name": name, "namespace": "a"}, "spec": spec}))
        };
        let apps = of(
            "apps",
            json!({"sourceRef": {"kind": "GitRepository", "name": "fleet"}}),
        );
        let web = of(
            "web",
            json!({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts", "namespace": "b"}}}}),
        );
        let (fleet, charts) = (of("fleet", json!({})), of("charts", json!({})));
        let rows = [
            ("Kustomization", &apps),
            ("HelmRelease", &web),
            ("HelmRepository", &charts),
            ("GitRepository", &fleet),
        ];
        assert_eq!(waves(&rows), [vec![1, 2, 3], vec![0]]);
    }

    #[test]
    fn a_circle_comes_last() {
        let all = [row("a", &["b"]), row("b", &["a"]), row("c", &[])];
        let rows: Vec<_> = all.iter().map(|row| ("Kustomization", row)).collect();
        assert_eq!(waves(&rows), [vec![2], vec![0, 1]]);
        assert_eq!(waves(&[]), Vec::<Vec<usize>>::new());
    }
}
