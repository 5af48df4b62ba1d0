//! Where GitLab sends a request elsewhere, and lists that are longer than any page.

use super::{
    PROJECT, THE_WAIT, assert_no_secret, assert_says, bare_server, over_ssh, prepare, run, start,
    writes,
};
use crate::scene::gitlab::{Fault, GitLab, Push};

const FIND: &str = "/projects/mycompany%2Fmygroup%2Fflux";

#[test]
fn a_question_follows_every_redirect_and_a_change_follows_none() {
    let Some(env) = bare_server() else { return };
    for status in [301, 302, 307, 308] {
        let name = format!("GET {status}");
        let gitlab = start(|state| {
            state.project(PROJECT);
            state.commit(PROJECT, "master", "README.md", "ours\n");
        });
        let id = gitlab.state(|state| state.project_mut(PROJECT).id);
        let target = format!("{}/projects/{id}", gitlab.api());
        gitlab.fault(Fault::redirect(status, &target).on("GET", FIND).always());
        drop(run(&env, &gitlab, &["--plan"]).success());
        assert!(
            gitlab
                .calls()
                .iter()
                .any(|call| call.starts_with(&format!("GET /projects/{id} "))),
            "{name}: {:?}",
            gitlab.calls()
        );

        let gitlab = start(|_| {});
        gitlab.fault(Fault::redirect(status, "/api/v4/elsewhere").on("POST", "/projects"));
        let text = run(&env, &gitlab, &[]).failure(1);
        assert_says(
            &format!("POST {status}"),
            &text,
            &["/api/v4/elsewhere", "is not sent on"],
        );
        assert_eq!(writes(&gitlab).len(), 1, "{:?}", writes(&gitlab));
        assert!(
            !gitlab.calls().iter().any(|call| call.contains("elsewhere")),
            "{:?}",
            gitlab.calls()
        );
    }
}

#[test]
fn a_renamed_project_gets_its_key_and_its_commits_under_the_new_name() {
    let Some(env) = bare_server() else { return };
    let Some(gitlab) = over_ssh(|state| state.rename_project(PROJECT, "fleet")) else {
        return;
    };
    let output = prepare(&env, &gitlab, &[], &[]).run_until(THE_WAIT);
    assert_no_secret(&env, &gitlab, &output);
    let renamed = "mycompany/mygroup/fleet";
    let source = env
        .scene()
        .object("GitRepository/flux-system/flux-system")
        .unwrap();
    let url = source["spec"]["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("/{renamed}")), "{url}");
    assert_eq!(
        gitlab.state(|state| state.project_mut(renamed).keys.len()),
        1
    );
    assert!(
        gitlab
            .file(
                renamed,
                "master",
                "clusters/production/flux-system/gotk-sync.yaml"
            )
            .is_some()
    );
}

#[test]
fn a_key_among_thousands_is_found_and_replaced() {
    let Some(env) = bare_server() else { return };
    let public = GitLab::key_pair(&env.folder().join("old"));
    let title = "flux-system-master-flux-system-./clusters/production";
    let Some(gitlab) = over_ssh(|state| {
        state.many_keys(PROJECT, 2500);
        state.key(PROJECT, title, &public, Push::Denied);
    }) else {
        return;
    };
    let output = prepare(&env, &gitlab, &[], &[]).run_until(THE_WAIT);
    assert_no_secret(&env, &gitlab, &output);
    assert_says("keys", &output.stderr(), &["configured deploy key"]);
    let pages = gitlab
        .calls()
        .iter()
        .filter(|call| call.starts_with("GET ") && call.contains("/deploy_keys"))
        .count();
    // Once for the plan, and once more right before the key is written.
    assert!((52..=56).contains(&pages), "{pages} pages were read");
    let (count, titles) = gitlab.state(|state| {
        let ids: Vec<u64> = state
            .project_mut(PROJECT)
            .keys
            .iter()
            .map(|(id, _)| *id)
            .collect();
        let of_title = state
            .keys
            .iter()
            .filter(|key| key.title == title && ids.contains(&key.id))
            .count();
        (ids.len(), of_title)
    });
    assert_eq!((count, titles), (2501, 1));
}
