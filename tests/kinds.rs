//! Every verb on every kind: what is in `fixtures/api` goes through all verbs that take it.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::scene::{
    CommandOutput, Scene, TestEnv, are_built, built, definitions_of_this_run, documents, text,
};

/// The name of the object in every fixture.
const NAME: &str = "sample";

/// The verbs, and how many kinds each of them takes with flux.
const VERBS: &[(&str, usize)] = &[
    ("get", 15),
    ("export", 15),
    ("suspend", 13),
    ("resume", 13),
    ("reconcile", 11),
    ("delete", 13),
];

/// The words after a verb that name a kind, by the kind.
type Words = BTreeMap<String, Vec<String>>;

/// Returns the names of Flux's kinds with the plural that requests name them by.
fn kinds() -> Option<BTreeMap<String, String>> {
    let definitions = definitions_of_this_run()?.iter();
    let named = definitions.map(|definition| {
        let of = |field: &str| text(definition, &format!("/spec/names/{field}")).to_owned();
        (of("kind"), of("plural"))
    });
    Some(named.collect())
}

fn fixture(plural: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/api");
    folder.join(plural).with_extension("yaml")
}

/// Reads the words of all kinds that a verb takes from its help.
fn words_of(env: &TestEnv, verb: &str, kinds: &BTreeMap<String, String>) -> Words {
    let mut found = Words::new();
    let mut groups = vec![vec![verb.to_owned()]];
    while let Some(path) = groups.pop() {
        let help = env
            .run([&path[..], &["--help".to_owned()]].concat())
            .success();
        let commands = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty());
        for line in commands.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let (word, about) = line.trim().split_once("  ").unwrap();
            let path = [&path[..], &[word.to_owned()]].concat();
            let named = about
                .split(|character: char| !character.is_alphanumeric())
                .find(|word| kinds.contains_key(*word));
            match named {
                Some(kind) => drop(found.insert(kind.to_owned(), path)),
                None if about.trim().starts_with("The kinds of") => groups.push(path),
                None => {}
            }
        }
    }
    found
}

#[test]
fn every_kind_has_a_fixture_and_takes_the_verbs_of_flux() {
    let Some(kinds) = kinds() else { return };
    for (kind, plural) in &kinds {
        let path = fixture(plural);
        let yaml = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{kind} lacks a fixture, {}: {error}", path.display()));
        let object = &documents(&yaml)[0];
        assert_eq!(object["kind"], **kind, "{}", path.display());
        assert_eq!(object["metadata"]["name"], NAME, "{}", path.display());
    }
    let env = TestEnv::new();
    for (verb, count) in VERBS {
        let words = words_of(&env, verb, &kinds);
        assert_eq!(words.len(), *count, "{verb}: {words:?}");
    }
}

#[test]
fn every_verb_works_on_every_kind_that_takes_it() {
    let Some(kinds) = kinds() else { return };
    let Some(env) = with_every_kind(&kinds) else {
        return;
    };
    for (verb, _) in VERBS {
        for (kind, path) in words_of(&env, verb, &kinds) {
            let fixture = &documents(&fs::read_to_string(fixture(&kinds[&kind])).unwrap())[0];
            let path = [&path[..], &[NAME.to_owned()]].concat();
            let target = format!("{kind}/{NAME}");
            match *verb {
                "get" => get(&env, &path),
                "export" => export(&env, &path, fixture),
                "suspend" => {
                    env.run(path).success();
                    assert_eq!(suspended(&env, &target), json!(true), "{target}");
                }
                "resume" => {
                    env.run([&path[..], &["--wait=false".to_owned()]].concat())
                        .success();
                    assert_eq!(suspended(&env, &target), Value::Null, "{target}");
                }
                "reconcile" => reconcile(&env, &path, &target),
                "delete" => {
                    env.run(path.clone()).failure(1);
                    assert!(
                        env.scene().object(&target).is_some(),
                        "{target} went unasked"
                    );
                    env.run([&path[..], &["--silent".to_owned()]].concat())
                        .success();
                    env.scene().wait_gone(&target);
                }
                verb => panic!("`{verb}` has no test"),
            }
        }
    }
}

fn get(env: &TestEnv, path: &[String]) {
    let shown = env.run(path.to_vec()).success();
    let row = shown.lines().nth(1).unwrap_or_default();
    assert!(
        row.starts_with(NAME) && row.contains("\tTrue"),
        "{path:?}: {shown}"
    );
}

/// What is exported says what the fixture says, and can be applied again without a change.
fn export(env: &TestEnv, path: &[String], fixture: &Value) {
    let exported = env.run(path.to_vec()).success();
    let object = &documents(&exported)[0];
    for field in ["apiVersion", "kind", "spec"] {
        assert_eq!(object[field], fixture[field], "{exported}");
    }
    assert_eq!(object["metadata"]["labels"], fixture["metadata"]["labels"]);
    assert_eq!(object.get("status"), None, "{exported}");
    let target = format!("{}/{NAME}", text(fixture, "/kind"));
    let generation = || env.scene().object(&target).unwrap()["metadata"]["generation"].clone();
    let before = generation();
    env.scene().apply(&exported);
    assert_eq!(
        generation(),
        before,
        "{target} changed when it was applied again"
    );
}

/// Plays the controller: answers the request as soon as it is there.
fn reconcile(env: &TestEnv, path: &[String], target: &str) {
    const REQUESTED: &str = "/metadata/annotations/reconcile.fluxcd.io~1requestedAt";
    let running = env.command(path.to_vec()).start();
    let object = env.scene().wait_until(target, "requested", |object| {
        !text(object, REQUESTED).is_empty()
    });
    let mut status = object["status"].clone();
    status["lastHandledReconcileAt"] = object.pointer(REQUESTED).unwrap().clone();
    status["observedGeneration"] = object["metadata"]["generation"].clone();
    status["conditions"][0]["observedGeneration"] = object["metadata"]["generation"].clone();
    env.scene().patch_status(target, &status);
    running.finish().success();
}

fn suspended(env: &TestEnv, target: &str) -> Value {
    let object = env.scene().object(target).unwrap();
    object["spec"].get("suspend").cloned().unwrap_or_default()
}

/// Makes a place whose namespace holds every fixture.
fn with_every_kind(kinds: &BTreeMap<String, String>) -> Option<TestEnv> {
    let scene = Scene::server()?;
    for plural in kinds.values() {
        scene.apply(&fs::read_to_string(fixture(plural)).unwrap());
    }
    Some(TestEnv::in_scene(scene).without_variable("GITOPS_CLOCK"))
}

/// An event about a fixture.
fn event(object: &Value, kind: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("of-{}", kind.to_lowercase())},
        "involvedObject": {
            "apiVersion": object["apiVersion"], "kind": kind, "name": NAME,
            "namespace": object["metadata"]["namespace"],
        },
        "type": "Normal", "reason": "Told", "message": format!("about the {kind}"),
        "source": {"component": "a-controller"}, "count": 1,
        "firstTimestamp": "2026-11-21T11:00:00Z", "lastTimestamp": "2026-11-21T11:00:00Z",
    })
}

#[test]
fn every_kind_is_waited_for_explained_and_told_of() {
    let Some(kinds) = kinds() else { return };
    let Some(env) = with_every_kind(&kinds) else {
        return;
    };
    let namespace = env.scene().namespace().to_owned();
    for kind in kinds.keys() {
        let target = format!("{kind}/{NAME}");
        let row = env.run(["get", &target]).success();
        assert!(row.contains(NAME), "{target}: {row}");
        let waited = env.run(["wait", &target, "--timeout=2m"]);
        assert!(
            waited
                .stderr()
                .contains(&format!("{kind}/[NAMESPACE]/{NAME}: ")),
            "{waited}"
        );
        waited.success();
        let why = env.run(["why", &target, "-o", "json"]).success();
        let why: Value = serde_json::from_str(&why).unwrap();
        assert_eq!(why["links"][0]["object"]["kind"], **kind, "{why}");
        let object = env.scene().object(&target).unwrap();
        env.scene()
            .api()
            .apply_all(vec![event(&object, kind)], &namespace);
        let told = env.run(["events", "--for", &target]);
        if kind == "ExternalArtifact" {
            told.failure(2);
        } else {
            let words = format!("about the {kind}");
            assert!(told.stdout().contains(&words), "{target}: {told}");
        }
    }
}

/// The flags that every kind is shown with beside flux; a star is the name of the object.
const SHOWN: &[&str] = &[
    "",
    "*",
    "* --no-header",
    "nobody",
    "-A -l team=sample --status-selector ready=true",
    "--status-selector ready=false",
    "--status-selector ready",
    "-n default",
    "--no-such-flag",
];

/// The flags that every kind is exported with beside flux.
const EXPORTED: &[&str] = &[
    "",
    "*",
    "--all",
    "nobody",
    "--all -n default",
    "--no-such-flag",
];

#[test]
fn every_kind_is_shown_and_exported_as_by_flux() {
    let Some(kinds) = kinds() else { return };
    if !are_built(&["flux"]) {
        return;
    }
    let Some(env) = with_every_kind(&kinds) else {
        return;
    };
    let flux = built("flux");
    // Other tests fill the same server.
    let everywhere = |output: &CommandOutput, has_all: bool| -> Vec<String> {
        let stdout = output.stdout();
        let rows = stdout.lines().map(str::to_owned);
        rows.filter(|row| !has_all || row.contains("[NAMESPACE]"))
            .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    };
    for (verb, variants) in [("get", SHOWN), ("export", EXPORTED)] {
        for path in words_of(&env, verb, &kinds).values() {
            for flags in variants {
                let flags = flags.replace('*', NAME);
                let flags = flags.split_whitespace().map(str::to_owned);
                let arguments: Vec<String> = path.iter().cloned().chain(flags).collect();
                let ours = env.run(arguments.clone());
                let theirs = env.other_command(&flux, arguments.clone()).run();
                let is_everywhere = arguments.iter().any(|word| word == "-A");
                assert_eq!(
                    everywhere(&ours, is_everywhere),
                    everywhere(&theirs, is_everywhere),
                    "{arguments:?}: {ours}{theirs}"
                );
                if !is_everywhere {
                    assert_eq!(ours.stdout(), theirs.stdout(), "{arguments:?}");
                }
                let ended = |output: &CommandOutput| output.status() == Some(0);
                assert_eq!(
                    ended(&ours),
                    ended(&theirs),
                    "{arguments:?}: {ours}{theirs}"
                );
            }
        }
    }
}
