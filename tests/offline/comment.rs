//! `diff branch --comment`: one comment on the merge request, which every run writes over.

use reqwest::Method;
use serde_json::{Value, json};

use super::{commit, config_map, fleet, kustomization};
use crate::gitlab_double::{Speaker, start};
use crate::scene::{Gitea, TestEnv};

const MARKER: &str = "<!-- gitops diff branch -->\n";

/// A branch `change` of a clone whose `origin` is at an address; its config map has the given data.
fn clone(url: &str, data: &str) -> TestEnv {
    let env = fleet(&[kustomization("a", "./a", "")]);
    env.file("a/map.yaml", &config_map("a", "{a: one}"));
    commit(&env);
    let git = git2::Repository::open(env.folder()).unwrap();
    git.remote("origin", url).unwrap();
    let head = git.head().unwrap().peel_to_commit().unwrap();
    git.reference("refs/remotes/origin/main", head.id(), true, "")
        .unwrap();
    git.branch("change", &head, false).unwrap();
    git.set_head("refs/heads/change").unwrap();
    env.file("a/map.yaml", &config_map("a", data));
    env
}

#[test]
fn a_merge_request_gets_one_comment() {
    let path = "/projects/mycompany%2Fflux/merge_requests";
    let gitlab = start(|state| {
        state.project("mycompany/flux");
        state.commit("mycompany/flux", "main", "README.md", "one\n");
        let repository = &state.project("mycompany/flux").repository;
        assert!(repository.make_branch("change", "main"));
        state.commit("mycompany/flux", "change", "a", "two\n");
    });
    let bob = Speaker::new(&gitlab, "bob");
    let request = json!({"title": "Change", "source_branch": "change", "target_branch": "main"});
    assert_eq!(bob.send("POST", path, &request).0, 201);
    let (_, foreign) = Speaker::new(&gitlab, "alice").send(
        "POST",
        &format!("{path}/1/notes"),
        &json!({"body": format!("{MARKER}mine")}),
    );
    let hostile =
        r#"{a: "```\n/close\n</details><script>@all\n<!-- gitops diff branch -->\n~~~\n/merge"}"#;
    let env = clone(&gitlab.clone_url("mycompany/flux"), hostile)
        .variable("GITLAB_TOKEN", &gitlab.token("bob"));
    let authority = gitlab.ca_file().display().to_string();
    let run = |env: &TestEnv| {
        let output = env.run(["diff", "branch", "--comment", "--ca-file", &authority]);
        let shown = format!("{output}");
        assert!(!shown.contains(&gitlab.token("bob")), "{shown}");
        output
    };
    let notes = || -> Vec<(u64, String)> {
        let (_, rows) = bob.get(&format!("{path}/1/notes"));
        let rows = rows.as_array().unwrap().iter();
        let own = rows.filter(|row| row["id"] != foreign["id"]);
        own.map(|row| {
            let body = row["body"].as_str().unwrap().to_owned();
            (row["id"].as_u64().unwrap(), body)
        })
        .collect()
    };
    let first = run(&env);
    assert_eq!(first.status(), Some(1), "{first}");
    assert!(
        first
            .stderr()
            .contains("comment written on merge request 1"),
        "{first}"
    );
    let written = notes();
    assert_eq!(written.len(), 1, "{written:?}");
    let body = &written[0].1;
    assert!(body.starts_with(MARKER), "{body}");
    assert!(body.contains("+ ") && body.contains("/close"), "{body}");
    // The fence is longer than any in the text, and what is in it begins with the sign of a diff.
    assert!(body.contains("\n````diff\n"), "{body}");
    for line in body.lines() {
        let is_command = ["/close", "/merge", "```\n", "~~~"]
            .iter()
            .any(|start| line.starts_with(start));
        assert!(!is_command, "{line}\n{body}");
    }
    assert!(run(&env).stderr().contains("is up to date"));
    env.file("a/map.yaml", &config_map("a", "{a: three}"));
    assert!(run(&env).stderr().contains("comment written"));
    let updated = notes();
    assert_eq!((updated.len(), updated[0].0), (1, written[0].0));
    assert!(updated[0].1.contains("+ three"), "{updated:?}");
    assert!(!updated[0].1.contains("/close"), "{updated:?}");
    env.file("a/map.yaml", &config_map("a", "{a: one}"));
    assert_eq!(run(&env).status(), Some(0));
    assert!(!notes()[0].1.contains("three"), "{:?}", notes());
    // The pipeline knows its request; there is no second one.
    let of_pipeline = env
        .variable("CI_SERVER_URL", &gitlab.url())
        .variable("CI_PROJECT_PATH", "mycompany/flux")
        .variable("CI_MERGE_REQUEST_IID", "2");
    let missing = run(&of_pipeline).failure(2);
    assert!(missing.contains("merge request 2"), "{missing}");
}

#[test]
fn a_pull_request_gets_one_comment() {
    let Some(gitea) = Gitea::shared() else { return };
    let owner = gitea.organisation();
    gitea.create_repository(&owner, "fleet");
    let path = format!("/repos/{owner}/fleet");
    let call = |method, path: &str, body: Value| {
        let (status, answer) = gitea.call(method, path, Some(&body));
        assert!(status < 300, "{status}: {answer}");
        answer
    };
    call(
        Method::POST,
        &format!("{path}/contents/README.md"),
        json!({"content": "YQ==", "message": "one"}),
    );
    call(
        Method::POST,
        &format!("{path}/contents/other.md"),
        json!({"content": "YQ==", "message": "two", "new_branch": "change"}),
    );
    let request = json!({"title": "Change", "head": "change", "base": "main"});
    let request = call(Method::POST, &format!("{path}/pulls"), request);
    let number = request["number"].as_u64().unwrap();
    let env =
        clone(&gitea.clone_url(&owner, "fleet"), "{a: two}").variable("GITEA_TOKEN", gitea.token());
    let authority = env.file("../ca.pem", gitea.authority().unwrap());
    let authority = authority.display().to_string();
    let run = |env: &TestEnv| {
        let output = env.run(["diff", "branch", "--comment", "--ca-file", &authority]);
        assert_eq!(output.status(), Some(1), "{output}");
    };
    let comments = || {
        let path = format!("{path}/issues/{number}/comments");
        let (_, rows) = gitea.call(Method::GET, &path, None);
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["body"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    run(&env);
    assert!(comments()[0].contains("+ two"), "{:?}", comments());
    env.file("a/map.yaml", &config_map("a", "{a: three}"));
    let in_pipeline = env
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITEA_ACTIONS", "true")
        .variable("GITHUB_SERVER_URL", &gitea.url())
        .variable("GITHUB_REPOSITORY", &format!("{owner}/fleet"))
        .variable("GITHUB_REF", &format!("refs/pull/{number}/merge"));
    run(&in_pipeline);
    let all = comments();
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(
        all[0].starts_with(MARKER) && all[0].contains("+ three"),
        "{all:?}"
    );
}

#[test]
fn what_can_take_no_comment_is_told_before_anything_is_rendered() {
    let run = |env: &TestEnv, more: &[&str]| {
        let arguments = ["diff", "branch", "--comment"];
        let output = env.run(arguments.iter().chain(more).copied());
        assert_eq!(output.stdout(), "", "{output}");
        output.failure(2)
    };
    let github = clone("git@github.com:me/fleet.git", "{a: two}");
    assert!(run(&github, &[]).contains("not to GitHub"));
    let env = clone("git@git.example.com:me/fleet.git", "{a: two}");
    assert!(run(&env, &[]).contains("--provider"));
    let told = run(&env, &["--provider", "gitlab"]);
    assert!(told.contains("GITLAB_TOKEN"), "{told}");
    let output = env.run(["diff", "branch", "--request", "1"]);
    assert_eq!(output.status(), Some(2), "{output}");
}
