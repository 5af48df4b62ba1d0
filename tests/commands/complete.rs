//! The Tab key, in the shells themselves: live names, as far as the words typed so far choose them.

use std::fs;
use std::time::{Duration, Instant};

use crate::scene::{Scene, TestEnv, installed, skip};

const KUSTOMIZATIONS: &str = "two-kustomizations.yaml";

/// What bash does at the Tab key, written out so that a script can read the candidates.
const BASH: &str = r#"
source <(gitops completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_TYPE=9
_clap_complete_gitops gitops "${COMP_WORDS[COMP_CWORD]}"
for candidate in "${COMPREPLY[@]}"; do printf '%s\n' "${candidate% }"; done
"#;

/// Returns what bash is offered for a command line whose last word is at the cursor.
fn offered(env: &TestEnv, words: &[&str]) -> Vec<String> {
    let bash = installed("bash").expect("scripts/test itself runs in bash");
    let arguments = ["-c", BASH, "bash", "gitops"].iter().chain(words);
    let shown = env.other_command(&bash, arguments.copied()).run().success();
    shown.lines().map(str::to_owned).collect()
}

/// Asks again where nothing was offered: a shell waits for a second and a half at most, and a machine may be busy.
#[track_caller]
fn assert_offered(env: &TestEnv, words: &[&str], wanted: &[&str]) {
    let mut found = Vec::new();
    for _ in 0..10 {
        found = offered(env, words);
        if !found.is_empty() {
            break;
        }
    }
    assert_eq!(found, wanted, "{words:?}");
}

#[test]
fn bash_is_offered_the_names_of_the_kind_at_hand() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS).map(TestEnv::with_ours) else {
        return;
    };
    assert_offered(&env, &["suspend", "ks", ""], &["backend", "podinfo"]);
    assert_offered(&env, &["get", "kustomizations", "po"], &["podinfo"]);
    assert_offered(&env, &["resume", "ks", "podinfo", ""], &["backend"]);
    assert_eq!(
        offered(&env, &["suspend", "hr", "po"]),
        Vec::<String>::new()
    );
}

#[test]
fn bash_is_offered_names_behind_a_kind_and_a_slash() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS).map(TestEnv::with_ours) else {
        return;
    };
    assert_offered(&env, &["suspend", "ks/"], &["ks/backend", "ks/podinfo"]);
    assert_offered(
        &env,
        &["get", "kustomization/po"],
        &["kustomization/podinfo"],
    );
    assert_offered(&env, &["reconcile", "ks/podinfo", "ks/"], &["ks/backend"]);
    assert_offered(
        &env,
        &["get", "ks", "podinfo", "gitrepository/fl"],
        &["gitrepository/fleet"],
    );
    assert_offered(&env, &["wait", "ks/po"], &["ks/podinfo"]);
    assert_eq!(offered(&env, &["suspend", "pod/"]), Vec::<String>::new());
}

#[test]
fn bash_is_offered_what_explains_and_how() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS).map(TestEnv::with_ours) else {
        return;
    };
    env.scene()
        .apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n");
    assert_offered(&env, &["why", "ks/po"], &["ks/podinfo"]);
    assert_offered(&env, &["why", "ks", "po"], &["podinfo"]);
    assert_offered(&env, &["why", "cm/set"], &["cm/settings"]);
    assert_offered(&env, &["trace", "configmap/set"], &["configmap/settings"]);
    assert_offered(
        &env,
        &["events", "--for", "Kustomization/po"],
        &["Kustomization/podinfo"],
    );
    assert_eq!(offered(&env, &["why", "nothing/po"]), Vec::<String>::new());
    assert_offered(&env, &["get", "ks", "-o", "js"], &["json", "jsonpath="]);
    assert_offered(&env, &["deps", "-o", "me"], &["mermaid"]);
    assert_offered(&env, &["wait", "--for", "r"], &["ready"]);
    assert_offered(&env, &["events", "--types", "W"], &["Warning"]);
    assert_offered(&env, &["logs", "--kind", "Kust"], &["Kustomization"]);
    let kubeconfig = env.file(
        "fleet.yaml",
        "apiVersion: v1\nkind: Config\ncontexts:\n\
         - {name: one, context: {cluster: one, user: me}}\n\
         - {name: two, context: {cluster: two, user: me}}\n",
    );
    let kubeconfig = kubeconfig.display().to_string();
    let fleet = ["--kubeconfig", &kubeconfig, "get", "ks", "--contexts"];
    let list = |word| [&fleet[..], &[word]].concat();
    assert_offered(&env, &list("one,"), &["one,two"]);
    assert_offered(&env, &list("t"), &["two"]);
}

#[test]
fn the_words_typed_before_choose_cluster_and_namespace() {
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS).map(TestEnv::with_ours) else {
        return;
    };
    let namespace = env.scene().namespace().to_owned();
    let elsewhere = ["suspend", "ks", "-n", "default", ""];
    assert!(!offered(&env, &elsewhere).contains(&"podinfo".to_owned()));
    let named = format!("--namespace={namespace}");
    assert_offered(&env, &[&named, "suspend", "ks", "po"], &["podinfo"]);
    assert!(offered(&env, &["get", "-A", "ks", "pod"]).contains(&"podinfo".to_owned()));
    assert_eq!(
        offered(&env, &["get", "ks", "-n", &namespace]),
        ["[NAMESPACE]"]
    );

    // The names are those of the context at hand, or of the file.
    let original = fs::read_to_string(&env.environment()["KUBECONFIG"]).unwrap();
    let both = original.replace("current-context: scene", "current-context: nowhere");
    let both = env.file("both.yaml", &both).display().to_string();
    let typed = [
        "--kubeconfig",
        &both,
        "--context",
        "scene",
        "suspend",
        "ks",
        "po",
    ];
    assert_offered(&env, &typed, &["podinfo"]);

    let kubeconfig = env.file(
        "other.yaml",
        "apiVersion: v1\nkind: Config\ncontexts:\n\
         - {name: staging, context: {cluster: one, user: me}}\n\
         - {name: production, context: {cluster: two, user: me}}\n",
    );
    let kubeconfig = kubeconfig.display().to_string();
    let contexts = ["--kubeconfig", &kubeconfig, "get", "ks", "--context", ""];
    assert_offered(&env, &contexts, &["production", "staging"]);
}

#[test]
fn a_thousand_names_are_offered_at_once() {
    let Some(scene) = Scene::server() else { return };
    let many: String = (0..1000)
        .map(|number| {
            format!(
                "---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: app-{number:04}}}
spec: {{interval: 1h, path: ./app, prune: true, sourceRef: {{kind: GitRepository, name: fleet}}}}
"
            )
        })
        .collect();
    scene.apply(&many);
    // What the script of bash hands over.
    let env = TestEnv::in_scene(scene)
        .variable("COMPLETE", "bash")
        .variable("_CLAP_IFS", "\n")
        .variable("_CLAP_COMPLETE_INDEX", "3")
        .variable("_CLAP_COMPLETE_COMP_TYPE", "9")
        .variable("_CLAP_COMPLETE_SPACE", "true");
    let mut best = Duration::MAX;
    for _ in 0..10 {
        let begin = Instant::now();
        let names = env.run(["--", "gitops", "suspend", "ks", "app"]).success();
        if names.lines().count() == 1000 {
            best = best.min(begin.elapsed());
        }
    }
    // A tenth of a second is asked for; this build is not the one that is shipped, and the machine may be busy.
    assert!(best < Duration::from_millis(500), "{best:?}");
}

#[test]
fn a_failure_offers_nothing_and_says_nothing() {
    let env = TestEnv::new()
        .with_ours()
        .variable("KUBECONFIG", "/nowhere/at/all");
    assert_eq!(
        offered(&env, &["suspend", "ks", "po"]),
        Vec::<String>::new()
    );
    let nobody = ["--server", "https://127.0.0.1:1", "suspend", "ks", "po"];
    assert_eq!(offered(&env, &nobody), Vec::<String>::new());
}

#[test]
fn commands_and_flags_need_no_cluster() {
    let env = TestEnv::new().with_ours();
    assert_offered(&env, &["susp"], &["suspend"]);
    assert!(offered(&env, &["get", "--al"]).contains(&"--all-namespaces".to_owned()));
    env.file("values.yaml", "");
    assert_offered(&env, &["--kubeconfig", "val"], &["values.yaml"]);
}

#[test]
fn zsh_completes_a_name_at_the_tab_key() {
    let Some(zsh) = installed("zsh") else {
        skip("zsh is not installed");
        return;
    };
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS).map(TestEnv::with_ours) else {
        return;
    };
    let mut terminal = env.other_command(&zsh, ["-f", "-i"]).on_terminal();
    terminal.enter(
        "autoload -U compinit; compinit -u -D; source <(gitops completion zsh); echo rea''dy",
    );
    terminal.expect("ready\r");
    terminal.type_keys("gitops suspend ks pod\t\t");
    terminal.expect("podinfo");
    // An empty line again: an interrupt could still swallow what is typed next.
    terminal.control('u');
    terminal.enter("exit");
    terminal.finish();
}

#[test]
fn fish_is_offered_names_and_contexts() {
    let Some(fish) = installed("fish") else {
        skip("fish is not installed");
        return;
    };
    let Some(env) = TestEnv::with_cluster(KUSTOMIZATIONS).map(TestEnv::with_ours) else {
        return;
    };
    let script = "gitops completion fish | source; complete -C 'gitops suspend ks '";
    let shown = env.other_command(&fish, ["-c", script]).run().success();
    assert_eq!(shown.trim(), "backend\npodinfo");
}
