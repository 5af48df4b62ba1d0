//! `diff`: what is told of a change before it is made, and that nothing else is done.

use serde_json::{Value, json};

use crate::scene::{CommandOutput, Scene, TestEnv, User, assert_fits_schema, text};

const KUSTOMIZATION: &str = "
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: app}
spec:
  interval: 1h
  prune: true
  suspend: true
  path: ./app
  sourceRef: {kind: GitRepository, name: app}
  postBuild: {substituteFrom: [{kind: Secret, name: vars, optional: true}]}
status:
  inventory:
    entries:
    - {id: ${NAMESPACE}_settings__ConfigMap, v: v1}
    - {id: ${NAMESPACE}_old__ConfigMap, v: v1}
";

/// A place whose cluster has a Kustomization that is suspended, and its folder.
fn place() -> Option<TestEnv> {
    let scene = Scene::server()?;
    scene.apply(KUSTOMIZATION);
    let env = TestEnv::in_scene(scene);
    file(&env, "settings", "data: {mode: light}");
    Some(env)
}

fn config_map(namespace: &str, name: &str, rest: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n{rest}\n"
    )
}

/// Writes a config map of the folder.
fn file(env: &TestEnv, name: &str, rest: &str) {
    let text = config_map(env.scene().namespace(), name, rest);
    env.file(&format!("app/{name}.yaml"), &text);
}

fn diff(env: &TestEnv, more: &[&str]) -> CommandOutput {
    let namespace = env.scene().namespace().to_owned();
    let arguments = ["diff", "ks", "app", "--path", "./app", "-n", &namespace];
    env.run(arguments.iter().chain(more).copied())
}

#[test]
fn what_changes_is_told_and_nothing_is_written() {
    let Some(env) = place() else { return };
    let made = diff(&env, &[]);
    assert_eq!(made.status(), Some(1), "{made}");
    assert_eq!(
        made.stdout(),
        "► ConfigMap/[NAMESPACE]/settings created\n► ConfigMap/[NAMESPACE]/old deleted\n",
        "{made}"
    );
    assert!(made.stderr().contains("1 created, 1 deleted"), "{made}");
    assert!(env.scene().object("ConfigMap/settings").is_none());
    let unknown = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {}}}\n\
         spec: {{replicaz: 2, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: a, image: 'a:1'}}]}}}}}}\n",
        env.scene().namespace()
    );
    env.file("app/web.yaml", &unknown);
    let warned = diff(&env, &[]);
    assert!(
        warned.stderr().contains("unknown field .spec.replicaz"),
        "{warned}"
    );
    assert!(
        warned
            .stdout()
            .contains("Deployment/[NAMESPACE]/web created"),
        "{warned}"
    );
}

#[test]
fn what_comes_in_the_same_change_is_there_for_what_needs_it() {
    let Some(env) = place() else { return };
    let fresh = format!("{}-fresh", env.scene().namespace());
    let group = format!("{}.example.com", env.scene().namespace());
    env.file(
        "app/new.yaml",
        &format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {fresh}}}\n---\n{}---\n\
             apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: gadgets.{group}}}\n\
             spec:\n  group: {group}\n  scope: Namespaced\n  names: {{kind: Gadget, listKind: GadgetList, plural: gadgets, singular: gadget}}\n  \
             versions: [{{name: v1, served: true, storage: true, schema: {{openAPIV3Schema: {{type: object}}}}}}]\n---\n\
             apiVersion: {group}/v1\nkind: Gadget\nmetadata: {{name: g, namespace: {fresh}}}\n",
            config_map(&fresh, "inside", "")
        ),
    );
    let output = diff(&env, &[]);
    assert_eq!(output.status(), Some(1), "{output}");
    for line in [
        "► Namespace/[NAMESPACE]-fresh created",
        "► ConfigMap/[NAMESPACE]-fresh/inside created",
        "► Gadget/[NAMESPACE]-fresh/g created",
    ] {
        assert!(output.stdout().contains(line), "{line}: {output}");
    }
}

#[test]
fn a_field_that_is_fixed_is_a_danger_and_the_rest_is_shown() {
    let Some(env) = place() else { return };
    let job = |image: &str, annotations: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: once, namespace: {}, annotations: {{{annotations}}}}}\n\
             spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: once, image: '{image}'}}]}}}}}}\n",
            env.scene().namespace()
        )
    };
    env.scene().apply(&job("once:1", ""));
    env.file("app/job.yaml", &job("once:2", ""));
    let fixed = diff(&env, &[]);
    assert_eq!(fixed.status(), Some(2), "{fixed}");
    assert!(
        fixed.stdout().contains("settings created"),
        "the rest is shown: {fixed}"
    );
    assert!(
        fixed
            .stderr()
            .contains("Job/[NAMESPACE]/once can't be changed")
            && fixed.stderr().contains("force: enabled"),
        "{fixed}"
    );
    env.file(
        "app/job.yaml",
        &job("once:2", "kustomize.toolkit.fluxcd.io/force: enabled"),
    );
    let forced = diff(&env, &[]);
    assert_eq!(forced.status(), Some(1), "{forced}");
    assert!(
        forced.stdout().contains("► Job/[NAMESPACE]/once created"),
        "{forced}"
    );
}

#[test]
fn no_secret_is_told_wherever_it_is_carried() {
    let Some(env) = place() else { return };
    let namespace = env.scene().namespace().to_owned();
    env.scene().apply("apiVersion: v1\nkind: Secret\nmetadata: {name: vars}\nstringData: {PASSWORD: hunter2-new, KEY: \"hunter2-one\\nhunter2-two\\n\"}\n");
    env.scene().apply(&config_map(
        &namespace,
        "settings",
        "data: {url: 'db://u:hunter2-old@host', mode: light}",
    ));
    env.scene().apply("apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: hunter2-live}\n");
    file(
        &env,
        "settings",
        "data: {url: 'db://u:${PASSWORD}@host', mode: dark, loud: '${PASSWORD^^}', part: 'x-${PASSWORD:0:7}-y', key: '${KEY}'}",
    );
    env.file(
        "app/login.yaml",
        &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: login, namespace: {namespace}}}\nstringData: {{password: '${{PASSWORD}}', more: x}}\n"),
    );
    let is_bare = |all: &str| {
        let all = all.to_ascii_lowercase();
        !all.contains("hunter2") && !all.contains("ahvudgvymi")
    };
    for form in ["json", "yaml", "markdown", "html"] {
        let output = diff(&env, &["-o", form]);
        assert_eq!(output.status(), Some(1), "{output}");
        let all = format!("{}{}", output.stdout(), output.stderr());
        assert!(is_bare(&all) && all.contains("dark"), "{form}: {all}");
    }
    for more in [&[][..], &["--dry-run-all"], &["--read-only"]] {
        let output = diff(&env, more);
        assert_eq!(output.status(), Some(1), "{output}");
        let all = format!("{}{}", output.stdout(), output.stderr());
        assert!(is_bare(&all), "{all}");
        assert!(
            all.contains("data.url\n± value change\n- *** (before)\n+ *** (after)"),
            "{all}"
        );
        assert!(
            all.contains("- light\n+ dark"),
            "what is no secret is shown: {all}"
        );
    }
    let given = env.file("vars.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: vars}\nstringData: {PASSWORD: 'hunter2-old'}\n");
    let output = diff(&env, &["--set-object", &given.display().to_string()]);
    assert!(
        !output.stdout().contains("data.url"),
        "the file counts: {output}"
    );
}

#[test]
fn without_the_right_to_change_anything_it_reads_and_says_so() {
    let Some(env) = place() else { return };
    let namespace = env.scene().namespace().to_owned();
    env.scene().apply(
        "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reads}
rules:
- {apiGroups: ['', kustomize.toolkit.fluxcd.io], resources: ['*'], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reads}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
",
    );
    env.scene().apply(&config_map(
        &namespace,
        "settings",
        "data: {mode: dark, other: theirs}",
    ));
    let env = env.acting_as(User::Jane);
    let refused = diff(&env, &[]);
    assert_eq!(refused.status(), Some(2), "{refused}");
    assert!(
        refused.stderr().contains("not allowed to patch configmaps"),
        "{refused}"
    );
    let read = diff(&env, &["--read-only"]);
    assert_eq!(read.status(), Some(1), "{read}");
    assert!(
        read.stdout()
            .contains("data.mode\n± value change\n- dark\n+ light"),
        "{read}"
    );
    assert!(
        !read.stdout().contains("theirs"),
        "what others wrote stays: {read}"
    );
    assert!(read.stderr().contains("read-only: defaults"), "{read}");
}

#[test]
fn what_cannot_be_compared_exits_with_two() {
    let Some(env) = place() else { return };
    env.file("app/broken.yaml", "a: [\n");
    let broken = diff(&env, &[]);
    assert_eq!(broken.status(), Some(2), "{broken}");
    assert!(broken.stderr().contains("broken.yaml"), "{broken}");
    let missing = env.run(["diff", "ks", "app", "--path", "./nowhere"]);
    assert_eq!(missing.status(), Some(2), "{missing}");
    let nobody = env.run([
        "diff",
        "ks",
        "app",
        "--path",
        "./app",
        "--server",
        "https://127.0.0.1:1",
    ]);
    assert_eq!(nobody.status(), Some(2), "{nobody}");
    assert!(nobody.stderr().contains("refuses connections"), "{nobody}");
    assert_eq!(env.run(["diff", "ks", "--path", "./app"]).status(), Some(1));
    assert_eq!(diff(&env, &["--concurrency", "0"]).status(), Some(2));
}

#[test]
fn several_clusters_are_one_table() {
    let Some(env) = place() else { return };
    let output = diff(&env, &["--all-contexts"]);
    assert_eq!(output.status(), Some(1), "{output}");
    let rows: Vec<String> = output
        .stdout()
        .lines()
        .map(|row| row.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "OBJECT CHANGE FIELDS",
            "ConfigMap/[NAMESPACE]/settings created",
            "ConfigMap/[NAMESPACE]/old deleted"
        ],
        "{output}"
    );
}

#[test]
fn a_diff_is_a_document_too() {
    let Some(env) = place() else { return };
    let namespace = env.scene().namespace().to_owned();
    env.scene()
        .apply(&config_map(&namespace, "settings", "data: {mode: dark}"));
    let output = diff(&env, &["-o", "json"]);
    assert_eq!(output.status(), Some(1), "{output}");
    let document: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    assert_fits_schema("Diff", &document);
    assert_eq!(document["summary"]["changed"], 1, "{document:#}");
    assert_eq!(document["summary"]["pruned"], 1, "{document:#}");
    let owner = &document["clusters"][0]["owners"][0];
    assert_eq!(owner["owner"]["name"], "app");
    assert_eq!(owner["objects"][0]["fields"][0]["path"], "data.mode");
    assert!(diff(&env, &["-o", "yaml"]).stdout().contains("kind: Diff"));
    assert!(
        diff(&env, &["-o", "markdown"])
            .stdout()
            .contains("settings")
    );
    let summary = diff(&env, &["--summary"]);
    assert!(!summary.stdout().contains("light"), "{summary}");
}

/// Runs `diff overlay` on the folder.
fn overlay(env: &TestEnv, more: &[&str], answers: &str) -> CommandOutput {
    let namespace = env.scene().namespace().to_owned();
    let arguments = ["diff", "overlay", "app", "-n", &namespace];
    let command = env.command(arguments.iter().chain(more).copied());
    if answers.is_empty() {
        command.run()
    } else {
        command.stdin(answers).run()
    }
}

#[test]
fn a_folder_is_applied_as_it_was_shown_and_only_its_own_is_pruned() {
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    let namespace = env.scene().namespace().to_owned();
    for name in ["one", "two"] {
        env.file(
            &format!("app/{name}.yaml"),
            &format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '1'}}\n"
            ),
        );
    }
    env.scene().apply(&config_map(&namespace, "stranger", ""));
    let shown = overlay(&env, &[], "");
    assert_eq!(shown.status(), Some(1), "{shown}");
    assert_eq!(
        shown.stdout(),
        "► ConfigMap/[NAMESPACE]/one created\n► ConfigMap/[NAMESPACE]/two created\n"
    );
    let silent = overlay(&env, &["--apply"], "");
    assert_ne!(silent.status(), Some(0), "nobody answered: {silent}");
    let declined = overlay(&env, &["--apply"], "y\nn\n");
    assert_ne!(declined.status(), Some(0), "{declined}");
    assert!(env.scene().object("ConfigMap/one").is_none());
    let applied = overlay(&env, &["--apply"], "y\ny\n");
    assert_eq!(applied.status(), Some(0), "{applied}");
    assert!(
        applied.stderr().contains("Apply this to")
            && applied
                .stderr()
                .contains("ConfigMap/[NAMESPACE]/one created"),
        "{applied}"
    );
    let one = env.scene().object("ConfigMap/one").expect("it was applied");
    assert_eq!(
        one["metadata"]["managedFields"][0]["manager"],
        "kustomize-controller"
    );
    assert_eq!(overlay(&env, &[], "").status(), Some(0));

    std::fs::remove_file(env.folder().join("app/two.yaml")).unwrap();
    assert_eq!(
        overlay(&env, &[], "").status(),
        Some(0),
        "without --prune nothing goes"
    );
    let other = overlay(&env, &["--prune", "--owner", "somebody-else"], "");
    assert_eq!(
        other.status(),
        Some(0),
        "another owner prunes nothing: {other}"
    );
    let pruned = overlay(&env, &["--apply", "--prune", "--yes"], "");
    assert_eq!(pruned.status(), Some(0), "{pruned}");
    assert_eq!(
        pruned.stdout(),
        "► ConfigMap/[NAMESPACE]/two deleted\n",
        "{pruned}"
    );
    assert!(env.scene().object("ConfigMap/two").is_none());
    assert!(env.scene().object("ConfigMap/stranger").is_some());
    assert_eq!(overlay(&env, &["--prune"], "").status(), Some(0));
}

#[test]
fn a_cluster_that_changes_after_the_diff_is_left_alone() {
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    let namespace = env.scene().namespace().to_owned();
    env.scene()
        .apply(&config_map(&namespace, "one", "data: {a: '1'}"));
    env.file(
        "app/one.yaml",
        &config_map(&namespace, "one", "data: {a: '2'}"),
    );
    let command = env.command(["diff", "overlay", "app", "-n", &namespace, "--apply"]);
    let mut terminal = command.on_terminal();
    terminal.expect("to apply it?");
    terminal.type_keys("y");
    terminal.expect("Apply this to");
    env.scene()
        .patch("ConfigMap/one", &json!({"data": {"b": "meanwhile"}}));
    terminal.type_keys("y");
    terminal.expect("has changed since the diff was made");
    terminal.finish();
    let one = env.scene().object("ConfigMap/one").unwrap();
    assert_eq!(text(&one, "/data/a"), "1", "{one}");
}

#[test]
fn what_sops_has_encrypted_is_not_applied() {
    let Some(scene) = Scene::server() else { return };
    let env = TestEnv::in_scene(scene);
    let namespace = env.scene().namespace().to_owned();
    env.file(
        "app/login.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\ndata: {a: 'ENC[AES256_GCM,data:x]'}\nsops: {mac: 'ENC[AES256_GCM,data:y]'}\n",
    );
    let output = env.run([
        "diff", "overlay", "app", "-n", &namespace, "--apply", "--yes",
    ]);
    assert_ne!(output.status(), Some(0), "{output}");
    assert!(output.stderr().contains("encrypted by SOPS"), "{output}");
    assert!(env.scene().object("Secret/login").is_none());
}
