//! The replay itself: exit status, standard output and change of the cluster are as they were with flux.

use std::path::PathBuf;

use serde_json::Value;

use super::case::{Case, cases};
use super::stand::{Outcome, Stand};
use crate::scene::{Scene, reference_data, skip};

/// What we leave alone on purpose: the case, the object that flux deletes, and the number of the quirk.
///
/// A finalizer that is not Flux's keeps its object, and the object keeps its definition, until its owner is done.
const KEPT: &[(&str, &str, u8)] = &[
    ("uninstall-s", HELD, 4),
    ("uninstall-s", HOLDING, 4),
    ("uninstall-answer-y", HELD, 4),
    ("uninstall-answer-y", HOLDING, 4),
];

/// What we answer otherwise on purpose: the case, the number of the quirk that is fixed, and the exit status and a
/// text of standard output in its place.
const FIXED: &[(&str, u8, i32, &str)] = &[
    (
        "diff-ks-shop-path-shop-ann-new-Ignore",
        53,
        0,
        "► ConfigMap/shop/fresh skipped",
    ),
    (
        "diff-ks-shop-path-shop-new-crd-and-cr",
        57,
        1,
        "► Gadget/shop/g created",
    ),
    (
        "diff-ks-shop-path-shop-kustomization-file-ks-yaml-file-no-ns",
        32,
        0,
        "",
    ),
    (
        "trace-cm-from-failing-n-apps",
        59,
        0,
        "Last reconciliation failed at",
    ),
    (
        "trace-cm-from-hc-n-apps",
        59,
        0,
        "HelmChart:      web-chart",
    ),
    ("trace-cm-from-gone-n-apps", 11, 1, ""),
    ("trace-cm-from-nosource-n-apps", 11, 1, ""),
    ("trace-cm-from-novalues-n-apps", 11, 1, ""),
    ("trace-cm-half-labelled-n-apps", 11, 1, ""),
    (
        "trace-cm-plain-settings-n-apps",
        11,
        1,
        "ConfigMap/settings",
    ),
    (
        "trace-cm-settings-plain-n-apps",
        11,
        1,
        "ConfigMap/settings",
    ),
    ("trace-configmap-plain-n-apps", 11, 1, ""),
    ("trace-gitrepository-flux-system", 11, 1, ""),
    ("trace-hr-redis-n-apps", 11, 1, ""),
    ("trace-pod-lost-n-apps", 11, 1, ""),
    (
        "trace-redis-kind-helmrelease-api-version-helm-toolkit-fluxcd-io-v2-n-a",
        11,
        1,
        "",
    ),
];

/// What we can do and flux can't: the case, which it refuses.
const OURS: &[&str] = &["trace-deployment-web-n-apps-o-json"];

const HELD: &str = "source.toolkit.fluxcd.io/v1 HelmRepository/apps/charts";
const HOLDING: &str =
    "apiextensions.k8s.io/v1 CustomResourceDefinition/helmrepositories.source.toolkit.fluxcd.io";

/// The commands that only read: that they do is looked at once for all of them.
const READING: &[&str] = &[
    "get", "export", "tree", "trace", "events", "logs", "stats", "debug", "build", "diff",
];

/// Returns the reference data, or says that there is none.
fn data() -> Option<PathBuf> {
    let data = reference_data().filter(|data| data.join("flux-reference").is_dir());
    if data.is_none() {
        skip("no recordings of flux beside the project");
    }
    data
}

/// Replays all cases that begin in these worlds, on one server.
fn replay(worlds: &[&str]) {
    let Some(data) = data() else { return };
    let Some(scene) = Scene::private_bare_server() else {
        return;
    };
    let cases = cases(&data.join("flux-reference"));
    let mut stand = Stand::new(scene, &data);
    let (mut count, mut wrong) = (0, Vec::new());
    for world in worlds {
        stand.enter(world);
        let here = cases.iter().filter(|case| case.world == *world);
        let (reading, mut here): (Vec<&Case>, Vec<&Case>) =
            here.partition(|case| READING.contains(&case.args[0].as_str()) && case.is_plain());
        for case in reading {
            count += 1;
            wrong.extend(differences(case, &stand.read(case)));
        }
        assert_eq!(
            stand.changes(),
            Vec::<Value>::new(),
            "what only reads wrote in the world {world}"
        );
        // Those that take the definitions away come last: the world is made anew after each of them.
        here.sort_by_key(|case| {
            case.changes
                .iter()
                .any(|change| change["object"].to_string().contains("Definition"))
        });
        for case in here {
            count += 1;
            wrong.extend(differences(case, &stand.run(case)));
        }
    }
    assert!(count > 0, "no case begins in {worlds:?}");
    assert!(
        wrong.is_empty(),
        "{} of {count} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Tells in which way a run differs from its recording.
fn differences(case: &Case, outcome: &Outcome) -> Option<String> {
    let mut told = Vec::new();
    let output = &outcome.output;
    let stdout = String::from_utf8_lossy(output.raw_stdout());
    let fixed = FIXED.iter().find(|(name, ..)| *name == case.name);
    if let Some((_, quirk, exit, text)) = fixed {
        // Where only the exit status is fixed, every byte is flux's.
        let is_told = if *quirk == 11 {
            stdout == case.stdout
        } else {
            stdout != case.stdout
        };
        if output.status() != Some(*exit) || !is_told || !stdout.contains(text) {
            told.push(format!(
                "does not fix {quirk}: {:?}\n{stdout}",
                output.status()
            ));
        }
    } else if OURS.contains(&case.name.as_str()) {
        if output.status() != Some(0) || stdout.is_empty() || case.exit == 0 {
            told.push(format!(
                "does not do what flux can't: {:?}",
                output.status()
            ));
        }
    } else {
        let is_diff = case.args[0] == "diff";
        if (output.status() == Some(0)) != (case.exit == 0)
            || (is_diff && output.status() != Some(case.exit))
        {
            told.push(format!("exit {:?}, flux {}", output.status(), case.exit));
        }
        if !case.prompt && stdout != case.stdout {
            told.push(format!("stdout\n{stdout}---- flux\n{}----", case.stdout));
        }
    }
    let kept: Vec<&str> = KEPT
        .iter()
        .filter(|(name, ..)| *name == case.name)
        .map(|(_, object, _)| *object)
        .collect();
    let is_kept = |change: &Value| kept.iter().any(|object| change["object"] == *object);
    for change in outcome.changes.iter().filter(|change| is_kept(change)) {
        if change["patch"]["metadata"]["deletionTimestamp"] != "${TIME}" {
            told.push(format!("should leave to its owner: {change}"));
        }
    }
    if outcome
        .changes
        .iter()
        .filter(|change| is_kept(change))
        .count()
        != kept.len()
    {
        told.push(format!("does not ask for the deletion of {kept:?}"));
    }
    let others = |changes: &[Value]| {
        changes
            .iter()
            .filter(|change| !is_kept(change))
            .cloned()
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (others(&outcome.changes), others(&case.changes));
    for change in ours.iter().filter(|change| !theirs.contains(change)) {
        told.push(format!("changes {change}"));
    }
    for change in theirs.iter().filter(|change| !ours.contains(change)) {
        told.push(format!("does not change {change}"));
    }
    let stderr = String::from_utf8_lossy(output.raw_stderr());
    (!told.is_empty()).then(|| {
        format!(
            "{} ({}): {}\n{stderr}",
            case.name,
            case.args.join(" "),
            told.join("; ")
        )
    })
}

#[test]
fn a_platform_is_shown_and_steered_as_by_flux() {
    replay(&["platform"]);
}

#[test]
fn clusters_with_and_without_flux_are_treated_as_by_flux() {
    replay(&["bare", "installed", "blank", "edge"]);
}

#[test]
fn objects_are_explained_as_by_flux() {
    replay(&["apps"]);
}

#[test]
fn changes_are_foretold_as_by_flux() {
    replay(&["shop"]);
}
