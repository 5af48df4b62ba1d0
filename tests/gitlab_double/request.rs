//! Branches, protection, merge requests and their notes.

use serde_json::{Value, json};

use super::{Speaker, start};
use crate::scene::gitlab::{GitLab, State};

const FLUX: &str = "/projects/mycompany%2Fflux";

fn with_branches(state: &mut State) {
    state.project("mycompany/flux");
    state.commit("mycompany/flux", "main", "README.md", "one\n");
    let repository = &state.project("mycompany/flux").repository;
    assert!(repository.make_branch("change", "main"));
    state.commit("mycompany/flux", "change", "clusters/prod.yaml", "two\n");
}

fn open(bob: &Speaker<'_>) -> Value {
    let body = json!({
        "title": "Set up prod", "source_branch": "change", "target_branch": "main",
        "description": "By hand", "remove_source_branch": true,
    });
    let (status, request) = bob.send("POST", &format!("{FLUX}/merge_requests"), &body);
    assert_eq!(status, 201, "{request}");
    request
}

#[test]
fn a_branch_says_whether_the_caller_may_push() {
    let gitlab = start(with_branches);
    let (alice, bob) = (Speaker::new(&gitlab, "alice"), Speaker::new(&gitlab, "bob"));
    let main = format!("{FLUX}/repository/branches/main");
    assert_eq!(alice.get(&main).1["can_push"], true);
    let (_, branch) = bob.get(&main);
    assert_eq!(
        (&branch["can_push"], &branch["protected"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        branch["commit"]["id"],
        gitlab.head("mycompany/flux", "main").unwrap()
    );
    let change = format!("{FLUX}/repository/branches/change");
    assert_eq!(bob.get(&change).1["can_push"], true);
    let missing = json!({ "message": "404 Branch Not Found" });
    assert_eq!(
        bob.get(&format!("{FLUX}/repository/branches/a%2Fb")),
        (404, missing)
    );
    let body = json!({ "branch": "a/b", "ref": "change" });
    assert_eq!(
        bob.send("POST", &format!("{FLUX}/repository/branches"), &body)
            .0,
        201
    );
    assert_eq!(bob.get(&format!("{FLUX}/repository/branches/a%2Fb")).0, 200);
    let (_, rows) = bob.get(&format!("{FLUX}/repository/branches"));
    assert_eq!(rows.as_array().unwrap().len(), 3);
    let (_, commits) = bob.get(&format!("{FLUX}/repository/commits?ref_name=change"));
    assert_eq!(commits.as_array().unwrap().len(), 2);
}

#[test]
fn protection_can_be_set_changed_and_lifted() {
    let gitlab = start(with_branches);
    let alice = Speaker::new(&gitlab, "alice");
    let path = format!("{FLUX}/protected_branches");
    let body = json!({ "name": "release-*", "push_access_level": 0 });
    let (status, protection) = alice.send("POST", &path, &body);
    assert_eq!(status, 201);
    assert_eq!(
        protection["push_access_levels"][0]["access_level_description"],
        "No one"
    );
    assert_eq!(alice.send("POST", &path, &body).0, 409);
    assert_eq!(
        Speaker::new(&gitlab, "bob").send("POST", &path, &body).0,
        403
    );
    let one = format!("{path}/release-%2A");
    let (status, changed) = alice.send("PATCH", &one, &json!({ "allow_force_push": true }));
    assert_eq!((status, &changed["allow_force_push"]), (200, &json!(true)));
    assert_eq!((alice.delete(&one), alice.delete(&one)), (204, 404));
}

#[test]
fn a_merge_request_is_opened_once_and_merged() {
    let gitlab = start(|state| {
        with_branches(state);
        state.settings.merge_checks = 1;
    });
    let (alice, bob) = (Speaker::new(&gitlab, "alice"), Speaker::new(&gitlab, "bob"));
    let request = open(&bob);
    let body = json!({ "title": "Again", "source_branch": "change", "target_branch": "main" });
    let (status, refusal) = bob.send("POST", &format!("{FLUX}/merge_requests"), &body);
    let words = "Another open merge request already exists for this source branch: !1";
    assert_eq!((status, refusal), (409, json!({ "message": [words] })));
    let body = json!({ "title": "Self", "source_branch": "main", "target_branch": "main" });
    assert_eq!(
        bob.send("POST", &format!("{FLUX}/merge_requests"), &body).0,
        422
    );
    let path = format!("{FLUX}/merge_requests/{}", request["iid"]);
    assert_eq!(bob.get(&path).1["detailed_merge_status"], "checking");
    assert_eq!(bob.get(&path).1["detailed_merge_status"], "mergeable");
    let merge = format!("{path}/merge");
    assert_eq!(
        bob.send("PUT", &merge, &json!({})).0,
        401,
        "developers do not merge into main"
    );
    assert_eq!(alice.send("PUT", &merge, &json!({ "sha": "0123" })).0, 409);
    let (status, merged) = alice.send("PUT", &merge, &json!({}));
    assert_eq!((status, &merged["state"]), (200, &json!("merged")));
    let head = gitlab.head("mycompany/flux", "main");
    assert_eq!(merged["merge_commit_sha"], json!(head));
    let file = gitlab.file("mycompany/flux", "main", "clusters/prod.yaml");
    assert_eq!(file.as_deref(), Some("two"));
    assert_eq!(
        gitlab.head("mycompany/flux", "change"),
        None,
        "the source went with the merge"
    );
    assert_eq!(alice.send("PUT", &merge, &json!({})).0, 405);
}

#[test]
fn a_conflict_is_found_in_the_repository() {
    let gitlab = start(with_branches);
    let bob = Speaker::new(&gitlab, "bob");
    let request = open(&bob);
    gitlab.state(|state| state.commit("mycompany/flux", "main", "clusters/prod.yaml", "three\n"));
    let path = format!("{FLUX}/merge_requests/{}", request["iid"]);
    let (_, request) = bob.get(&path);
    assert_eq!(request["detailed_merge_status"], "conflict");
    let merge = Speaker::new(&gitlab, "alice").send("PUT", &format!("{path}/merge"), &json!({}));
    assert_eq!(
        merge,
        (422, json!({ "message": "Branch cannot be merged" }))
    );
    let closed = bob.send(
        "PUT",
        &path,
        &json!({ "state_event": "close", "title": "Never mind" }),
    );
    assert_eq!(
        (&closed.1["state"], &closed.1["title"]),
        (&json!("closed"), &json!("Never mind"))
    );
    let (_, rows) = bob.get(&format!("{FLUX}/merge_requests?state=opened"));
    assert_eq!(rows, json!([]));
}

#[test]
fn notes_are_listed_newest_first_and_changed_by_their_author() {
    let gitlab = start(with_branches);
    let bob = Speaker::new(&gitlab, "bob");
    let request = open(&bob);
    let path = format!("{FLUX}/merge_requests/{}/notes", request["iid"]);
    let (status, first) = bob.send("POST", &path, &json!({ "body": "<!-- gitops --> plan" }));
    assert_eq!(status, 201);
    let (_, second) = bob.send("POST", &path, &json!({ "body": "good" }));
    let (_, rows) = bob.get(&path);
    assert_eq!(
        (&rows[0]["id"], &rows[1]["id"]),
        (&second["id"], &first["id"])
    );
    let one = format!("{path}/{}", first["id"]);
    let (status, changed) = bob.send("PUT", &one, &json!({ "body": "new plan" }));
    assert_eq!((status, &changed["body"]), (200, &json!("new plan")));
    let long = "x".repeat(1_000_001);
    assert_eq!(bob.send("POST", &path, &json!({ "body": long })).0, 400);
    assert_eq!(bob.delete(&one), 204);
    assert_eq!(bob.get(&one).0, 404);
}

#[test]
fn requests_of_another_project_are_not_found() {
    let gitlab: GitLab = start(with_branches);
    let alice = Speaker::new(&gitlab, "alice");
    assert_eq!(alice.get(&format!("{FLUX}/merge_requests/7")).0, 404);
    assert_eq!(
        alice
            .get(&format!("{FLUX}/members/all"))
            .1
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
