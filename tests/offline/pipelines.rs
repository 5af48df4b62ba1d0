//! `docs/pipelines.md`: the jobs of that page, run as they are written there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{commit, config_map, kustomization, sync};
use crate::gitlab_double::{Speaker, start};
use crate::scene::{CommandOutput, TestEnv, documents};

const PAGE: &str = include_str!("../../docs/pipelines.md");

/// Returns the files of the section with this title.
fn files_of(section: &str) -> Vec<Value> {
    let (_, rest) = PAGE
        .split_once(&format!("\n## {section}\n"))
        .unwrap_or_else(|| panic!("the page has no section `{section}`"));
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let blocks = section.split("```yaml\n").skip(1);
    blocks
        .flat_map(|block| documents(block.split("```").next().unwrap_or(block)))
        .collect()
}

/// Returns the steps with a script, each with the variables of its own, of the only job of a workflow.
fn steps(workflow: &Value) -> Vec<(String, BTreeMap<String, String>)> {
    let steps = workflow["jobs"]["gitops"]["steps"].as_array().unwrap();
    let scripts = steps.iter().filter_map(|step| {
        let variables = serde_json::from_value(step["env"].clone()).unwrap_or_default();
        Some((step["run"].as_str()?.to_owned(), variables))
    });
    scripts.collect()
}

/// A branch of a repository whose cluster is that of the page, with a change; and the commit that it left.
fn branch() -> (TestEnv, String) {
    let env = TestEnv::new().with_ours();
    env.file(
        "clusters/production/flux-system/gotk-sync.yaml",
        &sync("clusters/production"),
    );
    env.file(
        "clusters/production/apps.yaml",
        &kustomization("apps", "./apps", ""),
    );
    env.file("apps/map.yaml", &config_map("settings", "{mode: dark}"));
    let base = commit(&env);
    let git = git2::Repository::open(env.folder()).unwrap();
    let base_id = git2::Oid::from_str(&base).unwrap();
    git.reference("refs/remotes/origin/main", base_id, true, "")
        .unwrap();
    env.file("apps/map.yaml", &config_map("settings", "{mode: light}"));
    commit(&env);
    (env, base)
}

/// Runs a line of a job as runners do, where the first command that fails ends it.
fn line(env: &TestEnv, line: &str) -> CommandOutput {
    let output = env
        .other_command(Path::new("/bin/sh"), ["-e", "-c", line])
        .run();
    assert_eq!(output.status(), Some(0), "{line}\n{output}");
    output
}

#[test]
fn the_jobs_of_gitlab_do_what_the_page_says() {
    let gitlab = start(|state| {
        state.project("mycompany/flux");
        state.commit("mycompany/flux", "main", "README.md", "one\n");
        let repository = &state.project("mycompany/flux").repository;
        assert!(repository.make_branch("change", "main"));
        state.commit("mycompany/flux", "change", "a", "two\n");
    });
    let path = "/projects/mycompany%2Fflux/merge_requests";
    let bob = Speaker::new(&gitlab, "bob");
    let request = json!({"title": "Change", "source_branch": "change", "target_branch": "main"});
    assert_eq!(bob.send("POST", path, &request).0, 201);
    let (env, base) = branch();
    let env = env
        .variable("GITLAB_TOKEN", &gitlab.token("bob"))
        .variable("SSL_CERT_FILE", &gitlab.ca_file().display().to_string())
        .variable("CI_SERVER_URL", &gitlab.url())
        .variable("CI_PROJECT_PATH", "mycompany/flux")
        .variable("CI_MERGE_REQUEST_IID", "1")
        .variable("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base);
    let mut names = Vec::new();
    for file in files_of("GitLab CI") {
        for (name, job) in file.as_object().unwrap() {
            for script in job["script"].as_array().unwrap() {
                line(&env, script.as_str().unwrap());
            }
            names.push(name.clone());
        }
    }
    names.sort();
    assert_eq!(names, ["diff", "diff-page", "test"]);
    let read = |name: &str| fs::read_to_string(env.folder().join(name)).unwrap();
    assert!(read("junit.xml").contains("<testsuite"));
    assert!(read("diff.html").contains("light"));
    let (_, notes) = bob.get(&format!("{path}/1/notes"));
    let body = notes[0]["body"].as_str().unwrap();
    assert!(body.contains("+ light"), "{body}");
}

#[test]
fn the_steps_of_github_do_what_the_page_says() {
    let (env, _) = branch();
    let summary = env.home().join("summary.md");
    let workspace = env.folder().display().to_string();
    let env = env
        .variable("GITHUB_WORKSPACE", &workspace)
        .variable("GITHUB_STEP_SUMMARY", &summary.display().to_string())
        .variable("GITHUB_BASE_REF", "main");
    let files = files_of("GitHub Actions");
    for (script, variables) in steps(&files[0]) {
        assert_eq!(variables, BTreeMap::new());
        line(&env, &script);
    }
    let written = fs::read_to_string(summary).unwrap();
    assert!(written.contains("+ light"), "{written}");
}

#[test]
fn the_steps_of_gitea_ask_for_a_comment() {
    let (env, base) = branch();
    let workspace = env.folder().display().to_string();
    let env = env
        .variable("GITHUB_WORKSPACE", &workspace)
        .variable("GITHUB_BASE_REF", "main")
        .variable("GITEA_TOKEN", "0123456789abcdef0123456789abcdef01234567")
        .variable("GITHUB_ACTIONS", "true")
        .variable("GITEA_ACTIONS", "true")
        // Where nobody listens: the comment itself is tested beside a real Gitea.
        .variable("GITHUB_SERVER_URL", "https://127.0.0.1:9")
        .variable("GITHUB_REPOSITORY", "me/fleet")
        .variable("GITHUB_REF", "refs/pull/1/head");
    let files = files_of("Gitea Actions");
    let steps = steps(&files[0]);
    let (last, before) = steps.split_last().unwrap();
    for (script, _) in before {
        line(&env, script);
    }
    assert_eq!(last.1["GITEA_TOKEN"], "${{ secrets.GITEA_TOKEN }}");
    let compared = last.0.replace("--comment", "-o summary");
    assert!(line(&env, &compared).stdout().contains("1 changed"));
    let output = env
        .other_command(Path::new("/bin/sh"), ["-e", "-c", &last.0])
        .run();
    assert!(output.stderr().contains("127.0.0.1:9"), "{base}: {output}");
    assert_ne!(output.status(), Some(0), "no comment was written");
}
