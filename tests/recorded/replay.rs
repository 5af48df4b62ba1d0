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

const HELD: &str = "source.toolkit.fluxcd.io/v1 HelmRepository/apps/charts";
const HOLDING: &str =
    "apiextensions.k8s.io/v1 CustomResourceDefinition/helmrepositories.source.toolkit.fluxcd.io";

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
            here.partition(|case| case.args[0] == "get");
        for case in reading {
            count += 1;
            wrong.extend(differences(case, &stand.read(case)));
        }
        assert_eq!(
            stand.changes(),
            Vec::<Value>::new(),
            "a `get` in the world {world} wrote"
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
    if (output.status() == Some(0)) != (case.exit == 0) {
        told.push(format!("exit {:?}, flux {}", output.status(), case.exit));
    }
    let stdout = String::from_utf8_lossy(output.raw_stdout());
    if !case.prompt && stdout != case.stdout {
        told.push(format!("stdout\n{stdout}---- flux\n{}----", case.stdout));
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
