//! People, tokens, groups and projects.

use serde_json::{Value, json};

use super::{Speaker, company, start};
use crate::scene::gitlab::{GitLab, Role, TakenShape, Tls, Token};

const FLUX: &str = "/projects/mycompany%2Fmygroup%2Fflux";

#[test]
fn bootstrap_finds_the_group_and_creates_the_project() {
    let gitlab = start(|_| {});
    let alice = Speaker::new(&gitlab, "alice");
    let missing = json!({ "message": "404 Project Not Found" });
    assert_eq!(alice.get(FLUX), (404, missing));
    let (status, group) = alice.get("/groups/mycompany%2Fmygroup");
    assert_eq!(
        (status, &group["full_path"]),
        (200, &json!("mycompany/mygroup"))
    );
    let body = json!({
        "name": "flux", "namespace_id": group["id"], "description": "", "visibility": "private",
        "default_branch": "main",
    });
    let (status, project) = alice.send("POST", "/projects", &body);
    assert_eq!(status, 201, "{project}");
    assert_eq!(project["path_with_namespace"], "mycompany/mygroup/flux");
    assert_eq!(
        project["http_url_to_repo"],
        gitlab.clone_url("mycompany/mygroup/flux")
    );
    assert_eq!(project["empty_repo"], true);
    let (status, again) = alice.get(FLUX);
    assert_eq!((status, &again["id"]), (200, &project["id"]));
    assert_eq!(again["permissions"]["project_access"]["access_level"], 50);
    assert!(
        gitlab
            .repository_path("mycompany/mygroup/flux")
            .join("HEAD")
            .is_file()
    );
    assert_eq!(
        gitlab.calls(),
        [
            "GET /projects/mycompany%2Fmygroup%2Fflux 404",
            "GET /groups/mycompany%2Fmygroup 200",
            "POST /projects 201",
            "GET /projects/mycompany%2Fmygroup%2Fflux 200",
        ]
    );
}

#[test]
fn a_path_is_found_in_any_case_and_with_its_dots_encoded() {
    let gitlab = start(|state| {
        state.project("mycompany/my.flux");
    });
    let alice = Speaker::new(&gitlab, "alice");
    assert_eq!(alice.get("/projects/MyCompany%2Fmy%2Eflux").0, 200);
}

#[test]
fn what_is_invisible_is_missing_and_its_name_taken() {
    let gitlab = start(|state| {
        state.project("mycompany/mygroup/flux");
        state.user("carol");
        state.project("carol/hers");
    });
    let carol = Speaker::new(&gitlab, "carol");
    assert_eq!(carol.get(FLUX).0, 404);
    assert_eq!(carol.get("/groups/mycompany").0, 404);
    assert_eq!(Speaker::with(&gitlab, None).get(FLUX).0, 404);
    let (_, group) = Speaker::new(&gitlab, "alice").get("/groups/mycompany%2Fmygroup");
    let body = json!({ "name": "flux", "namespace_id": group["id"] });
    let refusal = json!({ "message": { "namespace": ["is not valid"] } });
    assert_eq!(carol.send("POST", "/projects", &body), (400, refusal));
}

#[test]
fn a_taken_name_is_told_in_the_shapes_of_all_versions() {
    let gitlab = start(|state| {
        state.project("mycompany/mygroup/flux").marked_for_deletion = Some("2026-11-20".into());
    });
    let bob = Speaker::new(&gitlab, "bob");
    assert_eq!(
        bob.get(FLUX).0,
        404,
        "only owners see what waits for its deletion"
    );
    let (_, group) = bob.get("/groups/mycompany%2Fmygroup");
    let taken = |name: &str, path: Option<&str>, shape| {
        gitlab.state(|state| state.settings.taken = shape);
        let mut body = json!({ "name": name, "namespace_id": group["id"] });
        if let Some(path) = path {
            body["path"] = json!(path);
        }
        let (status, body) = bob.send("POST", "/projects", &body);
        assert_eq!(status, 400);
        body["message"].clone()
    };
    let words = json!(["has already been taken"]);
    assert_eq!(
        taken("flux", None, TakenShape::Plain),
        json!({ "name": words, "path": words })
    );
    assert_eq!(
        taken("Other", Some("flux"), TakenShape::Plain),
        json!({ "path": words })
    );
    assert_eq!(
        taken("flux", None, TakenShape::Namespace),
        json!({ "name": words, "path": words, "project_namespace.name": words })
    );
    assert_eq!(
        taken("flux", None, TakenShape::Limit)["limit_reached"],
        json!([])
    );
    let (_, project) = Speaker::new(&gitlab, "alice").get(FLUX);
    assert_eq!(project["marked_for_deletion_on"], "2026-11-20");
}

#[test]
fn creating_takes_the_role_that_the_group_asks_for() {
    let gitlab = start(|state| {
        state.group("mycompany/mygroup").creation_level = "maintainer".into();
    });
    let (_, group) = Speaker::new(&gitlab, "alice").get("/groups/mycompany%2Fmygroup");
    assert_eq!(group["project_creation_level"], "maintainer");
    let body = json!({ "name": "flux", "namespace_id": group["id"] });
    assert_eq!(
        Speaker::new(&gitlab, "bob")
            .send("POST", "/projects", &body)
            .0,
        400
    );
    let wide = json!({ "name": "flux", "namespace_id": group["id"], "visibility": "public" });
    let (status, refusal) = Speaker::new(&gitlab, "alice").send("POST", "/projects", &wide);
    assert_eq!(status, 400);
    assert!(
        refusal["message"]["visibility_level"].is_array(),
        "{refusal}"
    );
    assert_eq!(
        Speaker::new(&gitlab, "alice")
            .send("POST", "/projects", &body)
            .0,
        201
    );
}

#[test]
fn tokens_reach_what_their_scopes_and_their_life_allow() {
    let gitlab = start(|state| {
        state.project("mycompany/mygroup/flux");
    });
    let speaker =
        |token| Speaker::with(&gitlab, Some(gitlab.state(|state| state.add_token(token))));
    let reader = speaker(Token::personal("alice").scopes(&["read_api"]));
    assert_eq!(reader.get(FLUX).0, 200);
    let (status, refusal) = reader.send("POST", "/projects", &json!({ "name": "x" }));
    assert_eq!(
        (status, &refusal["error"]),
        (403, &json!("insufficient_scope"))
    );
    let (status, own) = reader.get("/personal_access_tokens/self");
    assert_eq!((status, &own["scopes"]), (200, &json!(["read_api"])));
    let only_git = speaker(Token::personal("alice").scopes(&["write_repository"]));
    assert_eq!(only_git.get(FLUX).0, 403);
    let (status, expired) = speaker(Token::personal("alice").expired()).get("/user");
    assert_eq!((status, &expired["error"]), (401, &json!("invalid_token")));
    assert!(
        expired["error_description"]
            .as_str()
            .unwrap()
            .starts_with("Token is expired")
    );
    let (status, revoked) = speaker(Token::personal("alice").revoked()).get("/user");
    assert_eq!(status, 401);
    assert!(
        revoked["error_description"]
            .as_str()
            .unwrap()
            .starts_with("Token was revoked")
    );
    let (status, unknown) = Speaker::with(&gitlab, Some("glpat-nonsense".into())).get("/user");
    assert_eq!(
        (status, unknown),
        (401, json!({ "message": "401 Unauthorized" }))
    );
}

#[test]
fn bots_and_jobs_are_not_people() {
    let gitlab = start(|state| {
        state.project("mycompany/mygroup/flux");
    });
    let speaker =
        |token| Speaker::with(&gitlab, Some(gitlab.state(|state| state.add_token(token))));
    let group = speaker(Token::group("mycompany/mygroup", Role::Maintainer));
    let (_, bot) = group.get("/user");
    assert!(
        bot["username"].as_str().unwrap().starts_with("group_"),
        "{bot}"
    );
    assert_eq!(bot["bot"], true);
    let (_, own) = group.get("/groups/mycompany%2Fmygroup");
    let body = json!({ "name": "fleet", "namespace_id": own["id"] });
    assert_eq!(group.send("POST", "/projects", &body).0, 201);
    assert_eq!(
        group
            .send("POST", "/projects", &json!({ "name": "mine" }))
            .0,
        403
    );
    let project = speaker(Token::project("mycompany/mygroup/flux", Role::Maintainer));
    assert_eq!(project.get(FLUX).0, 200);
    assert_eq!(project.send("POST", "/projects", &body).0, 400);
    let job = gitlab.state(|state| state.add_token(Token::job("mycompany/mygroup/flux", "bob")));
    let anonymous = Speaker::with(&gitlab, None);
    let with_job = |method: &str, path: &str| {
        let request = anonymous.request(method, path).header("JOB-TOKEN", &job);
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(with_job("GET", FLUX), 200);
    assert_eq!(with_job("GET", "/user"), 401);
    assert_eq!(with_job("GET", &format!("{FLUX}/deploy_keys")), 401);
}

#[test]
fn a_bearer_is_as_good_as_a_private_token() {
    let gitlab = start(|_| {});
    let token = gitlab.token("alice");
    let request = Speaker::with(&gitlab, None)
        .request("GET", "/user")
        .bearer_auth(token);
    let user: Value = request.send().unwrap().json().unwrap();
    assert_eq!(user["username"], "alice");
    assert_eq!(Speaker::with(&gitlab, None).get("/user").0, 401);
}

#[test]
fn namespaces_tell_users_from_groups() {
    let gitlab = start(|_| {});
    let alice = Speaker::new(&gitlab, "alice");
    assert_eq!(alice.get("/namespaces/alice").1["kind"], "user");
    assert_eq!(
        alice.get("/namespaces/mycompany%2Fmygroup").1["kind"],
        "group"
    );
    assert_eq!(alice.get("/namespaces/nobody").0, 404);
    let (status, project) = alice.send("POST", "/projects", &json!({ "name": "my flux" }));
    assert_eq!(
        (status, &project["path_with_namespace"]),
        (201, &json!("alice/my-flux"))
    );
}

#[test]
fn a_missing_subgroup_can_be_made_and_listed() {
    let gitlab = start(|_| {});
    let alice = Speaker::new(&gitlab, "alice");
    let refusal = json!({ "message": "404 Group Not Found" });
    assert_eq!(alice.get("/groups/mycompany%2Fnew"), (404, refusal));
    let (_, parent) = alice.get("/groups/mycompany");
    let body = json!({ "name": "New", "path": "new", "parent_id": parent["id"] });
    let (status, group) = alice.send("POST", "/groups", &body);
    assert_eq!(
        (status, &group["full_path"]),
        (201, &json!("mycompany/new"))
    );
    let (_, rows) = alice.get("/groups/mycompany/subgroups");
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(
        alice.send("POST", "/groups", &body).0,
        400,
        "the path is taken"
    );
}

#[test]
fn a_project_can_be_changed_moved_and_given_up() {
    let gitlab = start(|state| {
        state.project("mycompany/mygroup/flux");
        state.rename_project("mycompany/mygroup/flux", "fleet");
    });
    let alice = Speaker::new(&gitlab, "alice");
    let moved = alice.request("GET", FLUX).send().unwrap();
    assert_eq!(moved.status(), 301);
    let location = moved.headers()["location"].to_str().unwrap().to_owned();
    let path = location.strip_prefix(&gitlab.api()).unwrap();
    assert_eq!(alice.get(path).1["path"], "fleet");
    let keys = format!("{FLUX}/deploy_keys");
    assert_eq!(
        alice
            .send("POST", &keys, &json!({ "title": "a", "key": "b" }))
            .0,
        404
    );
    let (status, changed) = alice.send("PUT", path, &json!({ "description": "All clusters" }));
    assert_eq!(
        (status, &changed["description"]),
        (200, &json!("All clusters"))
    );
    assert_eq!(Speaker::new(&gitlab, "bob").delete(path), 403);
    assert_eq!(alice.delete(path), 202);
    assert_eq!(Speaker::new(&gitlab, "bob").get(path).0, 404);
}

#[test]
fn the_double_can_be_mounted_below_a_path_and_without_tls() {
    let gitlab = start(|state| {
        state.settings.mount = "/gitlab".into();
        state.settings.tls = Tls::Off;
    });
    assert!(gitlab.url().starts_with("http://127.0.0.1:"));
    assert!(gitlab.url().ends_with("/gitlab"));
    let alice = Speaker::new(&gitlab, "alice");
    let (status, version) = alice.get("/version");
    assert_eq!((status, &version["version"]), (200, &json!("18.5.0-ee")));
    let wrong = reqwest::blocking::get(format!("http://{}/api/v4/version", gitlab.host())).unwrap();
    assert_eq!(wrong.status(), 404);
    assert!(wrong.text().unwrap().contains("<html>"));
}

#[test]
fn limits_are_told_and_kept() {
    let gitlab = GitLab::start(|state| {
        company(state);
        state.settings.rate_limit = Some((2, std::time::Duration::from_mins(1)));
    });
    let alice = Speaker::new(&gitlab, "alice");
    let first = alice.request("GET", "/user").send().unwrap();
    assert_eq!(first.headers()["ratelimit-remaining"], "1");
    assert_eq!(alice.get("/user").0, 200);
    let limited = alice.request("GET", "/user").send().unwrap();
    assert_eq!(limited.status(), 429);
    assert!(limited.headers().contains_key("retry-after"));
    assert_eq!(limited.text().unwrap(), "Retry later");
}

#[test]
fn what_is_unchanged_is_not_sent_again() {
    let gitlab = start(|state| {
        state.project("mycompany/mygroup/flux");
    });
    let alice = Speaker::new(&gitlab, "alice");
    let first = alice.request("GET", FLUX).send().unwrap();
    let tag = first.headers()["etag"].clone();
    let ask = || {
        alice
            .request("GET", FLUX)
            .header("If-None-Match", &tag)
            .send()
            .unwrap()
    };
    let second = ask();
    assert_eq!(second.status(), 304);
    assert_eq!(second.text().unwrap(), "");
    gitlab.state(|state| state.project("mycompany/mygroup/flux").description = "new".into());
    assert_eq!(ask().status(), 200);
}
