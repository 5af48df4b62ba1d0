//! Deploy keys, deploy tokens, shares, hooks.

use serde_json::json;

use super::{Speaker, start};
use crate::scene::gitlab::{GitLab, Push, State};

const KEYS: &str = "/projects/mycompany%2Fmygroup%2Fflux/deploy_keys";

fn with_flux(state: &mut State) {
    state.project("mycompany/mygroup/flux");
}

fn new_key(gitlab: &GitLab, name: &str) -> String {
    GitLab::key_pair(&gitlab.folder("keys").join(name))
}

#[test]
fn a_key_is_added_changed_and_removed() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let text = new_key(&gitlab, "one");
    let body = json!({ "title": "flux-system-main", "key": text, "can_push": false });
    let (status, key) = alice.send("POST", KEYS, &body);
    assert_eq!((status, &key["can_push"]), (201, &json!(false)), "{key}");
    assert_eq!(key["key"], text.trim());
    let (_, again) = alice.send("POST", KEYS, &body);
    assert_eq!(
        again["id"], key["id"],
        "the same key in the same project is the same key"
    );
    let one = format!("{KEYS}/{}", key["id"]);
    let (status, changed) = alice.send("PUT", &one, &json!({ "can_push": true }));
    assert_eq!((status, &changed["can_push"]), (200, &json!(true)));
    assert_eq!(alice.get(&one).1["can_push"], true);
    assert_eq!(alice.delete(&one), 204);
    assert_eq!(alice.get(KEYS).1, json!([]));
    assert_eq!(alice.delete(&one), 404);
}

#[test]
fn two_keys_may_share_a_title_and_numbers_rise() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let ids: Vec<u64> = ["one", "two"]
        .iter()
        .map(|name| {
            let body = json!({ "title": "flux", "key": new_key(&gitlab, name) });
            alice.send("POST", KEYS, &body).1["id"].as_u64().unwrap()
        })
        .collect();
    assert!(ids[0] < ids[1]);
}

#[test]
fn a_developer_sees_the_project_but_may_not_touch_its_keys() {
    let gitlab = start(with_flux);
    let bob = Speaker::new(&gitlab, "bob");
    let forbidden = json!({ "message": "403 Forbidden" });
    assert_eq!(bob.get(KEYS), (403, forbidden));
    let body = json!({ "title": "flux", "key": new_key(&gitlab, "one") });
    assert_eq!(bob.send("POST", KEYS, &body).0, 403);
}

#[test]
fn a_key_known_elsewhere_is_joined_or_taken() {
    let gitlab = start(|state| {
        with_flux(state);
        state.project("mycompany/other");
    });
    let (near, far) = (new_key(&gitlab, "near"), new_key(&gitlab, "far"));
    let id = gitlab.state(|state| {
        state.taken_key("hidden", &far);
        state.key("mycompany/other", "other", &near, Push::Allowed)
    });
    let alice = Speaker::new(&gitlab, "alice");
    let (status, joined) = alice.send("POST", KEYS, &json!({ "title": "flux", "key": near }));
    assert_eq!((status, &joined["id"]), (201, &json!(id)));
    let (status, refusal) = alice.send("POST", KEYS, &json!({ "title": "flux", "key": far }));
    let taken = json!({ "deploy_key.fingerprint_sha256": ["has already been taken"] });
    assert_eq!((status, &refusal["message"]), (400, &taken));
    gitlab.state(|state| state.settings.fingerprint_field = "deploy_key.fingerprint");
    let (_, refusal) = alice.send("POST", KEYS, &json!({ "title": "flux", "key": far }));
    assert!(refusal["message"].get("deploy_key.fingerprint").is_some());
    let (status, refusal) = alice.send("POST", KEYS, &json!({ "title": "x", "key": "ssh-rsa x" }));
    assert_eq!(
        (status, &refusal["message"]["deploy_key.key"]),
        (400, &json!(["is invalid"]))
    );
}

#[test]
fn a_key_can_be_enabled_by_its_number() {
    let gitlab = start(|state| {
        with_flux(state);
        state.project("mycompany/other");
    });
    let text = new_key(&gitlab, "one");
    let (near, far) = gitlab.state(|state| {
        let far = state.taken_key("hidden", &GitLab::key_pair(&state.folder.join("far")));
        (
            state.key("mycompany/other", "other", &text, Push::Allowed),
            far,
        )
    });
    let alice = Speaker::new(&gitlab, "alice");
    let enable = |id| {
        let path = format!("{KEYS}/{id}/enable");
        alice
            .request("POST", &path)
            .send()
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!((enable(near), enable(far)), (201, 404));
    assert_eq!(alice.get(KEYS).1[0]["can_push"], false);
}

#[test]
fn a_deploy_token_shows_its_secret_once() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let path = "/projects/mycompany%2Fmygroup%2Fflux/deploy_tokens";
    let body = json!({ "name": "flux", "scopes": ["read_repository"] });
    let (status, token) = alice.send("POST", path, &body);
    assert_eq!(status, 201);
    let secret = token["token"].as_str().unwrap().to_owned();
    assert!(gitlab.secrets().contains(&secret));
    let (_, rows) = alice.get(path);
    assert_eq!(rows[0]["username"], token["username"]);
    assert!(rows[0].get("token").is_none());
    gitlab.state(|state| state.deploy_token("mycompany/mygroup/flux", "old").expired = true);
    let (_, active) = alice.get(&format!("{path}?active=true"));
    assert_eq!(active.as_array().unwrap().len(), 1);
    let (status, refusal) = alice.send("POST", path, &json!({ "name": "x", "scopes": ["api"] }));
    assert_eq!(
        (status, &refusal["error"]),
        (400, &json!("scopes does not have a valid value"))
    );
    assert_eq!(alice.delete(&format!("{path}/{}", token["id"])), 204);
}

#[test]
fn a_project_is_shared_with_a_group_once() {
    let gitlab = start(|state| {
        with_flux(state);
        state.group("team").visibility = "internal".into();
        state.member("carol", "team", crate::scene::gitlab::Role::Owner);
    });
    let alice = Speaker::new(&gitlab, "alice");
    let (_, team) = alice.get("/groups/team");
    let path = "/projects/mycompany%2Fmygroup%2Fflux";
    let body = json!({ "group_id": team["id"], "group_access": 30 });
    assert_eq!(alice.send("POST", &format!("{path}/share"), &body).0, 201);
    let (status, refusal) = alice.send("POST", &format!("{path}/share"), &body);
    assert_eq!(status, 409);
    let words = refusal["message"].as_str().unwrap();
    assert!(words.contains("already shared with this group"), "{words}");
    let (_, project) = Speaker::new(&gitlab, "carol").get(path);
    assert_eq!(project["shared_with_groups"][0]["group_access_level"], 30);
    assert_eq!(project["permissions"]["project_access"]["access_level"], 30);
    let unshare = format!("{path}/share/{}", team["id"]);
    assert_eq!((alice.delete(&unshare), alice.delete(&unshare)), (204, 404));
}

#[test]
fn a_hook_never_shows_its_token() {
    let gitlab = start(|state| {
        with_flux(state);
        state.settings.local_hooks_forbidden = true;
    });
    let alice = Speaker::new(&gitlab, "alice");
    let path = "/projects/mycompany%2Fmygroup%2Fflux/hooks";
    let body =
        json!({ "url": "https://hooks.example.com/x", "token": "s3cret", "push_events": true });
    let (status, hook) = alice.send("POST", path, &body);
    assert_eq!(status, 201);
    assert!(!hook.to_string().contains("s3cret"));
    let one = format!("{path}/{}", hook["id"]);
    let more = json!({ "url": "https://hooks.example.com/x", "merge_requests_events": true });
    assert_eq!(
        alice.send("PUT", &one, &more).1["merge_requests_events"],
        true
    );
    assert_eq!(alice.get(path).1.as_array().unwrap().len(), 1);
    assert_eq!(
        alice
            .send("POST", path, &json!({ "url": "http://127.0.0.1/x" }))
            .0,
        422
    );
    assert_eq!(alice.delete(&one), 204);
}
