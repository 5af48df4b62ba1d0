//! Variants of the command, up to where the cluster takes over.

use serde_json::Value;

use super::super::place::secret;
use super::{FOLDER, THE_WAIT, assert_no_secret, bare_server, start, writes};
use crate::scene::TestEnv;
use crate::scene::gitlab::{GitLab, Push, State};

/// Runs a variant as alice on a cluster without controllers: all but the wait for it succeeds.
#[track_caller]
fn bootstrap(env: &TestEnv, gitlab: &GitLab, more: &[&str]) -> String {
    let host = format!("--hostname={}", gitlab.url().trim_start_matches("https://"));
    let authority = format!("--ca-file={}", gitlab.ca_file().display());
    let fixed = [
        "bootstrap",
        "gitlab",
        "--repository=flux",
        "--path=clusters/production",
        &host,
        &authority,
    ];
    let output = env
        .command(fixed.iter().chain(more).copied())
        .variable("GITLAB_TOKEN", &gitlab.token("alice"))
        .run_until(THE_WAIT);
    assert_no_secret(env, gitlab, &output);
    let text = output.stderr();
    assert!(text.contains("reconciled sync configuration"), "{output}");
    text
}

fn created(gitlab: &GitLab) -> Value {
    let journal = gitlab.journal();
    let entry = journal
        .iter()
        .find(|entry| entry.method == "POST" && entry.path.ends_with("/projects"));
    entry.expect("a project was asked for").body.clone()
}

fn source(env: &TestEnv) -> Value {
    env.scene()
        .object("GitRepository/flux-system/flux-system")
        .expect("the source is applied")["spec"]
        .clone()
}

#[test]
fn a_personal_project_is_created_in_the_users_own_namespace() {
    let Some(env) = bare_server() else { return };
    let gitlab = start(|_| {});
    bootstrap(
        &env,
        &gitlab,
        &["--owner=alice", "--personal", "--token-auth"],
    );
    assert_eq!(created(&gitlab)["namespace_id"], Value::Null);
    assert_eq!(
        source(&env)["url"],
        format!("{}/alice/flux.git", gitlab.url())
    );
    assert!(
        gitlab
            .file("alice/flux", "main", &format!("{FOLDER}/gotk-sync.yaml"))
            .is_some()
    );
}

#[test]
fn a_sub_path_belongs_to_the_host_name_and_the_visibility_is_as_asked() {
    let Some(env) = bare_server() else { return };
    for (asked, made) in [
        ("public", "public"),
        ("internal", "internal"),
        ("", "private"),
    ] {
        let gitlab = start(|state| {
            state.settings.mount = "/gitlab".into();
            state.group("mycompany").visibility = "public".into();
            state.group("mycompany/mygroup").visibility = "public".into();
        });
        let visibility = format!("--visibility={asked}");
        bootstrap(
            &env,
            &gitlab,
            &["--owner=mycompany/mygroup", "--token-auth", &visibility],
        );
        assert_eq!(created(&gitlab)["visibility"], made);
        let url = source(&env)["url"].as_str().unwrap_or_default().to_owned();
        assert_eq!(url, format!("{}/mycompany/mygroup/flux.git", gitlab.url()));
        assert!(url.contains("/gitlab/"), "{url}");
    }
}

#[test]
fn a_deploy_token_of_its_own_is_made_for_the_cluster() {
    let Some(env) = bare_server() else { return };
    let gitlab = start(|_| {});
    bootstrap(
        &env,
        &gitlab,
        &["--owner=mycompany/mygroup", "--deploy-token-auth"],
    );
    let made = gitlab.state(|state| {
        state
            .project_mut("mycompany/mygroup/flux")
            .deploy_tokens
            .clone()
    });
    assert_eq!(made.len(), 1);
    assert_eq!(secret(&env, "password"), Some(made[0].token.clone()));
    assert_ne!(secret(&env, "password"), Some(gitlab.token("alice")));
}

#[test]
fn a_deploy_key_may_write_only_if_that_is_asked_for() {
    let Some(env) = bare_server() else { return };
    if !GitLab::has_ssh() {
        return println!("skipped: there is no SSH server");
    }
    for (flags, may_push) in [
        (&[][..], Push::Denied),
        (&["--read-write-key"][..], Push::Allowed),
    ] {
        let gitlab = start(|state: &mut State| state.settings.ssh = true);
        bootstrap(
            &env,
            &gitlab,
            &[&["--owner=mycompany/mygroup"], flags].concat(),
        );
        let keys = gitlab.state(|state| state.project_mut("mycompany/mygroup/flux").keys.clone());
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].1, may_push);
        assert!(secret(&env, "identity").is_some_and(|key| key.contains("PRIVATE KEY")));
        assert!(secret(&env, "known_hosts").is_some_and(|line| line.contains("127.0.0.1")));
        assert_eq!(secret(&env, "password"), None);
        let url = source(&env)["url"].as_str().unwrap_or_default().to_owned();
        assert!(
            url.starts_with("ssh://")
                && url.contains("@127.0.0.1:")
                && url.ends_with("/mycompany/mygroup/flux"),
            "{url}"
        );
        env.scene().delete("Secret/flux-system/flux-system");
    }
}

#[test]
fn other_content_of_a_project_stays() {
    let Some(env) = bare_server() else { return };
    let path = "mycompany/mygroup/flux";
    let gitlab = start(|state| {
        state.project(path);
        state.commit(path, "main", "apps/web.yaml", "ours\n");
    });
    bootstrap(
        &env,
        &gitlab,
        &["--owner=mycompany/mygroup", "--token-auth"],
    );
    assert_eq!(
        gitlab.file(path, "main", "apps/web.yaml").as_deref(),
        Some("ours")
    );
    assert_eq!(writes(&gitlab), Vec::<String>::new());
}
