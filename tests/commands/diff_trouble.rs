//! `diff` on bad days: stopped, cut off, shut out, and twice at the same time.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fleet::Fleet;
use crate::scene::{
    Authority, CommandOutput, Fault, Gate, Rule, Running, Scene, TestEnv, User, text,
};

/// How long a request is held back, so that there is time to stop the program.
const HELD: Duration = Duration::from_secs(20);

/// A folder with config maps, and a cluster behind a gate.
struct Place {
    env: TestEnv,
    gate: Gate,
}

impl Place {
    fn new(names: &[&str]) -> Option<Self> {
        let env = TestEnv::in_scene(Scene::server()?);
        for name in names {
            config_map(&env, name, "1");
        }
        let authority = Authority::new("Gate CA");
        let gate = Gate::before(env.scene().address(), Some(&authority.identity()));
        let pem = env.file("gate.pem", authority.pem());
        let env = env.through(&format!("https://{}", gate.host()), Some(&pem));
        Some(Self { env, gate })
    }

    /// Waits until a request of the method for a path that ends so has come.
    fn wait_for(&self, method: &str, end: &str, times: usize) {
        let begin = Instant::now();
        let count = || {
            let journal = self.gate.journal();
            let path = |path: &str| path.split('?').next().unwrap_or_default().ends_with(end);
            journal
                .iter()
                .filter(|entry| entry.method == method && path(&entry.path))
                .count()
        };
        while count() < times {
            assert!(begin.elapsed() < HELD, "no {method} of {end}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn config_map(env: &TestEnv, name: &str, value: &str) {
    env.file(
        &format!("app/{name}.yaml"),
        &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '{value}'}}\n"
        ),
    );
}

fn words(env: &TestEnv, more: &[&str]) -> Vec<String> {
    let namespace = env.scene().namespace();
    let words = ["diff", "overlay", "app", "-n", namespace];
    words.iter().chain(more).map(ToString::to_string).collect()
}

fn overlay(env: &TestEnv, more: &[&str]) -> CommandOutput {
    env.run(words(env, more))
}

fn start(env: &TestEnv, more: &[&str]) -> Running {
    env.command(words(env, more)).start()
}

#[test]
fn ctrl_c_during_a_diff_says_nothing_half() {
    let Some(place) = Place::new(&["one", "two"]) else {
        return;
    };
    place
        .gate
        .add(Rule::new("PATCH", "*/configmaps/two", Fault::Delay(HELD)));
    let run = start(&place.env, &[]);
    place.wait_for("PATCH", "/configmaps/two", 1);
    run.interrupt();
    let output = run.finish();
    assert_eq!(output.status(), Some(130), "{output}");
    assert_eq!(output.stdout(), "", "{output}");
    assert!(place.env.scene().object("ConfigMap/one").is_none());
}

#[test]
fn ctrl_c_while_applying_leaves_what_the_next_run_goes_on_with() {
    let Some(place) = Place::new(&["one", "two"]) else {
        return;
    };
    // Rehearsed for the diff, rehearsed before the stage, written.
    place
        .gate
        .add(Rule::new("PATCH", "*/configmaps/two", Fault::Delay(HELD)).starting_at(3));
    let run = start(&place.env, &["--apply", "--yes"]);
    place.wait_for("PATCH", "/configmaps/two", 3);
    let scene = place.env.scene();
    scene.wait_until("ConfigMap/one", "applied", |_| true);
    run.interrupt();
    let stopped = run.finish().failure(130);
    assert!(
        stopped.contains("run the same command again to go on"),
        "{stopped}"
    );
    assert!(scene.object("ConfigMap/two").is_none());

    // What the stopped run has applied is remembered: it is pruned like all else.
    std::fs::remove_file(place.env.folder().join("app/one.yaml")).unwrap();
    let went_on = overlay(&place.env, &["--apply", "--prune", "--yes"]);
    assert_eq!(went_on.status(), Some(0), "{went_on}");
    assert!(scene.object("ConfigMap/one").is_none(), "{went_on}");
    assert!(scene.object("ConfigMap/two").is_some(), "{went_on}");
}

#[test]
fn a_connection_that_is_lost_is_no_outcome() {
    let Some(place) = Place::new(&["one"]) else {
        return;
    };
    place
        .gate
        .add(Rule::new("PATCH", "*/configmaps/one", Fault::Drop).always());
    let lost = overlay(&place.env, &[]);
    assert_eq!(lost.status(), Some(2), "{lost}");
    assert_eq!(lost.stdout(), "", "{lost}");
    assert!(lost.stderr().contains('✗'), "{lost}");
}

#[test]
fn an_answer_that_is_lost_while_applying_is_found_out_by_the_next_run() {
    let Some(place) = Place::new(&["one"]) else {
        return;
    };
    place.gate.add(
        Rule::new("PATCH", "*/configmaps/one", Fault::LoseAnswer)
            .starting_at(3)
            .always(),
    );
    let lost = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(lost.status(), Some(1), "{lost}");
    assert!(
        lost.stderr()
            .contains("cannot apply ConfigMap/[NAMESPACE]/one"),
        "{lost}"
    );
    let again = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(again.status(), Some(0), "{again}");
    assert!(again.stderr().contains("nothing to apply"), "{again}");
}

#[test]
fn two_at_once_end_in_the_same_state() {
    let names = ["a", "b", "c", "d"];
    let Some(Place { env, .. }) = &Place::new(&names) else {
        return;
    };
    let runs = [(); 2].map(|()| start(env, &["--apply", "--yes"]));
    let ends = runs.map(Running::finish);
    assert!(
        ends.iter().any(|end| end.status() == Some(0)),
        "{} {}",
        ends[0],
        ends[1]
    );
    for end in &ends {
        let words = [
            "has changed since the diff was made",
            "another run has applied this folder meanwhile",
        ];
        let is_told = words.iter().any(|words| end.stderr().contains(words));
        assert!(
            end.status() == Some(0) || (end.status() == Some(1) && is_told),
            "{end}"
        );
    }
    let after = overlay(env, &[]);
    assert_eq!(after.status(), Some(0), "{after}");
    for name in &names[1..] {
        std::fs::remove_file(env.folder().join(format!("app/{name}.yaml"))).unwrap();
    }
    let pruned = overlay(env, &["--apply", "--prune", "--yes"]);
    assert_eq!(pruned.stdout().matches("deleted").count(), 3, "{pruned}");
}

#[test]
fn without_rights_it_says_how_to_look_all_the_same() {
    let Some(Place { env, .. }) = Place::new(&["one"]) else {
        return;
    };
    env.scene().apply(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
rules: [{apiGroups: [''], resources: [configmaps], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
",
    );
    let env = env.acting_as(User::Jane);
    let refused = overlay(&env, &[]);
    assert_eq!(refused.status(), Some(2), "{refused}");
    assert!(refused.stderr().contains("`--read-only`"), "{refused}");
    let applied = overlay(&env, &["--apply", "--yes"]);
    assert_eq!(applied.status(), Some(2), "{applied}");
    assert!(env.scene().object("ConfigMap/one").is_none());
    let read = overlay(&env, &["--read-only"]);
    assert_eq!(read.status(), Some(1), "{read}");
    assert!(read.stdout().contains("one created"), "{read}");
}

#[test]
fn several_clusters_are_one_table_and_those_that_fail_are_told() {
    let Some(Fleet { env, other, .. }) = &Fleet::start() else {
        return;
    };
    let namespace = env.scene().namespace().to_owned();
    config_map(env, "settings", "new");
    let live = |value: &str| {
        vec![json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "settings"}, "data": {"a": value},
        })]
    };
    other.api().apply_all(live("old"), &namespace);
    env.scene().api().apply_all(live("new"), &namespace);
    let output = overlay(
        env,
        &["--contexts", "prod-well,prod-slow,prod-down,test-shut"],
    );
    assert_eq!(output.status(), Some(2), "{output}");
    let rows: Vec<String> = output
        .stdout()
        .lines()
        .skip(1)
        .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "prod-slow ConfigMap/[NAMESPACE]/settings changed data.a",
            "test-shut ConfigMap/[NAMESPACE]/settings refused",
        ],
        "{output}"
    );
    for told in [
        "[prod-well] 1 unchanged",
        "[prod-slow] 1 changed",
        "[prod-down] the cluster at https://[DOWN] refuses connections",
        "[test-shut] ConfigMap/[NAMESPACE]/settings dry-run failed: not allowed",
        "1 of 4 clusters failed",
    ] {
        assert!(output.stderr().contains(told), "{told}: {output}");
    }
    let well = overlay(env, &["--contexts", "prod-well"]);
    assert_eq!(well.status(), Some(0), "{well}");
    let both = overlay(env, &["--contexts", "prod-well,prod-slow", "-o", "json"]);
    assert_eq!(both.status(), Some(1), "{both}");
    let document: serde_json::Value = serde_json::from_slice(both.raw_stdout()).unwrap();
    assert_eq!(
        document["clusters"][1]["cluster"], "prod-slow",
        "{document:#}"
    );
    assert_eq!(document["summary"]["changed"], 1, "{document:#}");
}

#[test]
fn a_kustomization_in_a_file_is_read_into_types() {
    let env = TestEnv::new();
    env.file(
        "app/all.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b, labels: {n: 1}}\n---\n\
         apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: b}\nspec: {containers: [{name: c, image: 'img:1'}]}\n",
    );
    let build = |more: &str| {
        env.file(
            "ks.yaml",
            &format!(
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: app, namespace: b}}\n\
                 spec:\n  path: ./app\n  prune: true\n  sourceRef: {{kind: GitRepository, name: x}}\n  {more}\n"
            ),
        );
        let arguments = ["build", "ks", "app", "-n", "b", "--path=app"];
        env.run(
            arguments
                .into_iter()
                .chain(["--kustomization-file=ks.yaml", "--dry-run"]),
        )
    };
    let plain = build("suspend: false").success();
    assert!(
        plain.contains("\"n\": 1\n"),
        "only the server refuses it: {plain}"
    );
    let images = build("images: [{name: img, newTag: 1.10}]").success();
    assert!(images.contains("image: img:1.1\n"), "{images}");
    let named = build("namePrefix: 0x1F").success();
    assert!(named.contains("name: 31a\n"), "{named}");
    let marked = build("commonMetadata: {labels: {z: yes}}").success();
    assert!(marked.contains("z: \"true\"\n"), "{marked}");
    let old = build(
        "patchesStrategicMerge: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: y}}]",
    );
    assert_eq!(old.success(), plain, "the field is of an older version");
    let wrong = build("suspend: 'no'").failure(1);
    assert!(wrong.contains("`spec.suspend` is a text"), "{wrong}");
}

#[test]
fn a_kustomization_inside_that_cannot_be_built_is_an_entry() {
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    let namespace = env.scene().namespace().to_owned();
    let nested = |name: &str, path: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
             spec: {{interval: 1h, prune: true, suspend: true, path: {path}, sourceRef: {{kind: GitRepository, name: app}}}}\n"
        )
    };
    for (name, path) in [
        ("parent", "./parent"),
        ("broken", "./before"),
        ("sound", "./before"),
    ] {
        env.scene().apply(&nested(name, path));
    }
    env.file(
        "parent/all.yaml",
        &format!(
            "{}---\n{}",
            nested("broken", "./gone"),
            nested("sound", "./sound")
        ),
    );
    env.file(
        "sound/fresh.yaml",
        &format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fresh, namespace: {namespace}}}\n"
        ),
    );
    let sources = format!("GitRepository/{namespace}/app=./");
    let output = env.run([
        "diff",
        "ks",
        "parent",
        "-n",
        &namespace,
        "--path",
        "./parent",
        "-r",
        "--local-sources",
        &sources,
    ]);
    assert_eq!(output.status(), Some(2), "{output}");
    assert!(
        output.stderr().contains("broken invalid resource path"),
        "{output}"
    );
    assert!(
        output.stdout().contains("fresh created"),
        "the rest is shown: {output}"
    );
}

#[test]
fn what_never_gets_healthy_is_named_and_nothing_is_pruned() {
    let Some(Place { env, .. }) = &Place::new(&["old"]) else {
        return;
    };
    assert_eq!(overlay(env, &["--apply", "--yes"]).status(), Some(0));
    std::fs::remove_file(env.folder().join("app/old.yaml")).unwrap();
    env.file(
        "app/web.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n\
         spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: 'a:1'}]}}}\n",
    );
    let waited = overlay(env, &["--apply", "--prune", "--yes", "--timeout", "4s"]);
    assert_eq!(waited.status(), Some(3), "{waited}");
    assert!(
        waited
            .stderr()
            .contains("Deployment/[NAMESPACE]/web is not healthy"),
        "{waited}"
    );
    let scene = env.scene();
    assert!(scene.object("Deployment/web").is_some());
    assert!(scene.object("ConfigMap/old").is_some(), "{waited}");
    // It is still known as the owner's.
    std::fs::remove_file(env.folder().join("app/web.yaml")).unwrap();
    config_map(env, "new", "1");
    let pruned = overlay(env, &["--apply", "--prune", "--yes"]);
    assert_eq!(pruned.status(), Some(0), "{pruned}");
    assert!(scene.object("ConfigMap/old").is_none(), "{pruned}");
    assert!(scene.object("Deployment/web").is_none(), "{pruned}");
}

#[test]
fn what_somebody_else_wants_is_not_pruned() {
    let names = ["ours", "shared", "taken", "kept"];
    let Some(Place { env, .. }) = &Place::new(&names) else {
        return;
    };
    assert_eq!(overlay(env, &["--apply", "--yes"]).status(), Some(0));
    let scene = env.scene();
    let metadata = |part: &str, key: &str, value: &str| json!({"metadata": {part: {key: value}}});
    scene.patch(
        "ConfigMap/taken",
        &metadata("labels", "kustomize.toolkit.fluxcd.io/name", "apps"),
    );
    scene.patch(
        "ConfigMap/kept",
        &metadata(
            "annotations",
            "kustomize.toolkit.fluxcd.io/prune",
            "disabled",
        ),
    );
    for name in ["ours", "taken", "kept"] {
        std::fs::remove_file(env.folder().join(format!("app/{name}.yaml"))).unwrap();
    }
    let other = overlay(env, &["--apply", "--yes", "--owner", "other"]);
    assert_eq!(other.status(), Some(0), "{other}");
    std::fs::remove_file(env.folder().join("app/shared.yaml")).unwrap();
    config_map(env, "new", "1");
    let pruned = overlay(env, &["--apply", "--prune", "--yes"]);
    assert_eq!(pruned.status(), Some(0), "{pruned}");
    for (name, is_there) in [
        ("ours", false),
        ("taken", true),
        ("kept", true),
        ("new", true),
    ] {
        let object = scene.object(&format!("ConfigMap/{name}"));
        assert_eq!(object.is_some(), is_there, "{name}: {pruned}");
    }
}

#[test]
fn an_object_of_another_owner_stays() {
    let Some(Place { env, .. }) = &Place::new(&["shared", "more"]) else {
        return;
    };
    for owner in ["one", "two"] {
        let applied = overlay(env, &["--apply", "--yes", "--owner", owner]);
        assert_eq!(applied.status(), Some(0), "{applied}");
    }
    config_map(env, "shared", "2");
    let both = overlay(env, &["--apply", "--yes", "--owner", "two"]);
    assert_eq!(both.status(), Some(0), "{both}");
    std::fs::remove_file(env.folder().join("app/shared.yaml")).unwrap();
    let pruned = overlay(env, &["--apply", "--prune", "--yes", "--owner", "one"]);
    assert!(!pruned.stdout().contains("deleted"), "{pruned}");
    assert!(env.scene().object("ConfigMap/shared").is_some(), "{pruned}");
}

#[test]
fn a_fixed_field_is_changed_only_where_that_is_asked_for() {
    let Some(Place { env, .. }) = &Place::new(&["beside"]) else {
        return;
    };
    let job = |image: &str, more: &str| {
        env.file(
            "app/job.yaml",
            &format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed{more}}}\nimmutable: true\ndata: {{a: '{image}'}}\n"
            ),
        )
    };
    job("1", "");
    assert_eq!(overlay(env, &["--apply", "--yes"]).status(), Some(0));
    let scene = env.scene();
    let before = scene.object("ConfigMap/fixed").unwrap();
    job("2", "");
    config_map(env, "beside", "2");
    let refused = overlay(env, &["--apply", "--yes"]);
    assert_eq!(refused.status(), Some(2), "{refused}");
    assert!(refused.stderr().contains("can't be changed"), "{refused}");
    let beside = scene.object("ConfigMap/beside").unwrap();
    assert_eq!(text(&beside, "/data/a"), "1", "nothing was applied");
    job(
        "2",
        ", annotations: {kustomize.toolkit.fluxcd.io/force: enabled}",
    );
    let forced = overlay(env, &["--apply", "--yes"]);
    assert_eq!(forced.status(), Some(0), "{forced}");
    let after = scene.object("ConfigMap/fixed").unwrap();
    assert_eq!(text(&after, "/data/a"), "2");
    assert_ne!(
        text(&after, "/metadata/uid"),
        text(&before, "/metadata/uid")
    );
}

#[test]
fn a_namespace_and_a_definition_come_with_what_needs_them() {
    // Definitions are everybody's, so the server is one of its own.
    let Some(env) = &Scene::private_server().map(TestEnv::in_scene) else {
        return;
    };
    let fresh = format!("{}-fresh", env.scene().namespace());
    let group = format!("{}.example.com", env.scene().namespace());
    env.file(
        "app/all.yaml",
        &format!(
            "apiVersion: {group}/v1\nkind: Gadget\nmetadata: {{name: g, namespace: {fresh}}}\n---\n\
             apiVersion: v1\nkind: Namespace\nmetadata: {{name: {fresh}}}\n---\n\
             apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: gadgets.{group}}}\n\
             spec:\n  group: {group}\n  scope: Namespaced\n  names: {{kind: Gadget, listKind: GadgetList, plural: gadgets, singular: gadget}}\n  \
             versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]\n"
        ),
    );
    let applied = overlay(env, &["--apply", "--yes"]);
    assert_eq!(applied.status(), Some(0), "{applied}");
    assert_eq!(applied.stdout().matches("created").count(), 3, "{applied}");
    let path = format!("/apis/{group}/v1/namespaces/{fresh}/gadgets/g");
    let (status, _) = env.scene().api().call(reqwest::Method::GET, &path, None);
    assert_eq!(status, 200, "{applied}");
}

/// A refusal as a webhook words it.
fn refusal() -> Fault {
    let message = "admission webhook \"policy.example.com\" denied the request: not today";
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message,
        "reason": "Forbidden", "code": 403,
    });
    let headers = vec![("Content-Type".into(), "application/json".into())];
    Fault::Answer(403, headers, status.to_string())
}

#[test]
fn one_refused_write_is_one_error_and_what_was_written_is_told() {
    let names: Vec<String> = (0..10).map(|place| format!("m{place}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let Some(place) = Place::new(&names) else {
        return;
    };
    // Rehearsed for the diff, rehearsed before the stage, written.
    place
        .gate
        .add(Rule::new("PATCH", "*/configmaps/m5", refusal()).starting_at(3));
    let stopped = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(stopped.status(), Some(1), "{stopped}");
    let told = stopped.stderr();
    assert_eq!(told.matches('✗').count(), 1, "{told}");
    assert!(told.contains("denied the request: not today"), "{told}");
    let scene = place.env.scene();
    let mut written = 0;
    for name in &names {
        let is_there = scene.object(&format!("ConfigMap/{name}")).is_some();
        let is_told = told.contains(&format!("ConfigMap/[NAMESPACE]/{name} created"));
        assert_eq!(is_told, is_there, "{name}: {told}");
        written += usize::from(is_there);
    }
    let count = format!("{written} of 10 objects were applied and stay");
    assert!(written > 0 && told.contains(&count), "{told}");
    let again = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(again.status(), Some(0), "{again}");
    assert_eq!(overlay(&place.env, &[]).status(), Some(0));
}

#[test]
fn nothing_is_deleted_to_be_made_anew_before_the_rest_is_taken() {
    let Some(place) = Place::new(&["beside"]) else {
        return;
    };
    let fixed = |value: &str| {
        let text = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: fixed, annotations: {{kustomize.toolkit.fluxcd.io/force: enabled}}}}\nimmutable: true\ndata: {{a: '{value}'}}\n"
        );
        place.env.file("app/fixed.yaml", &text);
    };
    fixed("1");
    assert_eq!(overlay(&place.env, &["--apply", "--yes"]).status(), Some(0));
    let scene = place.env.scene();
    let before = scene.object("ConfigMap/fixed").unwrap();
    fixed("2");
    config_map(&place.env, "beside", "2");
    let rule = Rule::new("PATCH", "*/configmaps/beside", refusal());
    // Rehearsed for the diff, rehearsed before the stage, written.
    place.gate.add(rule.starting_at(3));
    let stopped = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(stopped.status(), Some(1), "{stopped}");
    let after = scene.object("ConfigMap/fixed").unwrap();
    assert_eq!(
        text(&after, "/metadata/uid"),
        text(&before, "/metadata/uid"),
        "{stopped}"
    );
    let went_on = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(went_on.status(), Some(0), "{went_on}");
    let after = scene.object("ConfigMap/fixed").unwrap();
    assert_eq!(text(&after, "/data/a"), "2", "{went_on}");
}

#[test]
fn a_run_that_another_one_has_overtaken_applies_nothing() {
    let Some(Place { env, .. }) = &Place::new(&["first"]) else {
        return;
    };
    let mut terminal = env.command(words(env, &["--apply"])).on_terminal();
    terminal.expect("to apply it?");
    terminal.type_keys("y");
    terminal.expect("Apply this to");
    let namespace = env.scene().namespace();
    env.file(
        "other/second.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: second}\n",
    );
    let other = env.run([
        "diff", "overlay", "other", "--owner", "app", "-n", namespace, "--apply", "--yes",
    ]);
    assert_eq!(other.status(), Some(0), "{other}");
    terminal.type_keys("y");
    terminal.expect("another run has applied this folder meanwhile");
    terminal.finish();
    let scene = env.scene();
    assert!(scene.object("ConfigMap/first").is_none());
    // The second run goes on from what the other one has noted: nothing of either is lost.
    assert_eq!(overlay(env, &["--apply", "--yes"]).status(), Some(0));
    std::fs::remove_file(env.folder().join("app/first.yaml")).unwrap();
    config_map(env, "third", "1");
    let pruned = overlay(env, &["--apply", "--prune", "--yes"]);
    assert_eq!(pruned.status(), Some(0), "{pruned}");
    for name in ["first", "second"] {
        assert!(
            scene.object(&format!("ConfigMap/{name}")).is_none(),
            "{name}: {pruned}"
        );
    }
}

#[test]
fn without_the_right_to_note_what_is_applied_nothing_is() {
    let Some(place) = Place::new(&["one"]) else {
        return;
    };
    let inventory = Rule::new("POST", "*/configmaps", refusal());
    place.gate.add(inventory.always());
    let refused = overlay(&place.env, &["--apply", "--yes"]);
    assert_eq!(refused.status(), Some(1), "{refused}");
    let told = refused.stderr();
    assert!(
        told.contains("cannot note what is applied") && told.contains("nothing was applied"),
        "{told}"
    );
    assert!(place.env.scene().object("ConfigMap/one").is_none());
}

#[test]
fn what_somebody_has_made_anew_or_what_cannot_be_read_stays() {
    let Some(place) = Place::new(&["one", "two"]) else {
        return;
    };
    let env = &place.env;
    env.file(
        "app/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n",
    );
    assert_eq!(overlay(env, &["--apply", "--yes"]).status(), Some(0));
    let scene = env.scene();
    scene.delete("ConfigMap/two");
    scene.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\ndata: {mine: '1'}\n");
    for name in ["two", "web"] {
        std::fs::remove_file(env.folder().join(format!("app/{name}.yaml"))).unwrap();
    }
    config_map(env, "one", "2");
    for path in ["*/services", "*/services/web"] {
        place.gate.add(Rule::new("GET", path, refusal()).always());
    }
    let pruned = overlay(env, &["--apply", "--prune", "--yes"]);
    assert_eq!(pruned.status(), Some(0), "{pruned}");
    assert!(
        pruned.stdout().contains("Service/[NAMESPACE]/web skipped"),
        "{pruned}"
    );
    assert!(
        pruned
            .stdout()
            .contains("ConfigMap/[NAMESPACE]/two skipped"),
        "{pruned}"
    );
    let two = scene
        .object("ConfigMap/two")
        .expect("it is somebody else's");
    assert_eq!(text(&two, "/data/mine"), "1");
    let notes = scene.object("ConfigMap/gitops-inventory-app").unwrap();
    assert!(
        text(&notes, "/data/inventory").contains("_web__Service"),
        "{notes}"
    );
}
