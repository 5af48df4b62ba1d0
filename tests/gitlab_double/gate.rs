//! The gate: what GitLab's contract does not know does not get in.

use serde_json::json;

use super::{Speaker, has_contract, start};
use crate::scene::gitlab::{Gate, GitLab};

/// Sends a request that must break the contract, and returns why it does.
fn breach(gitlab: &GitLab, method: &str, path: &str, body: Option<serde_json::Value>) -> String {
    let alice = Speaker::new(gitlab, "alice");
    let mut request = alice.request(method, path);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let (status, answer) = super::taken(request.send().unwrap());
    assert_eq!(status, 599, "{answer}");
    let breaches = gitlab.take_breaches();
    assert_eq!(breaches.len(), 1);
    assert_eq!(answer["message"], breaches[0].as_str());
    breaches[0].clone()
}

#[test]
fn breaches_are_told_with_their_reason() {
    if !has_contract() {
        return;
    }
    let gitlab = start(|state| {
        state.project("mycompany/flux");
    });
    let keys = "/projects/mycompany%2Fflux/deploy_keys";
    let reasons = [
        breach(&gitlab, "GET", "/project/1", None),
        breach(&gitlab, "GET", "/projects/mycompany/flux", None),
        breach(&gitlab, "PATCH", keys, Some(json!({}))),
        breach(&gitlab, "GET", &format!("{keys}?per-page=5"), None),
        breach(&gitlab, "GET", &format!("{keys}?page=first"), None),
        breach(&gitlab, "POST", keys, Some(json!({ "title": "a" }))),
        breach(
            &gitlab,
            "POST",
            keys,
            Some(json!({ "title": 1, "key": "b" })),
        ),
        breach(
            &gitlab,
            "POST",
            keys,
            Some(json!({ "title": "a", "key": "b", "canPush": true })),
        ),
        breach(
            &gitlab,
            "DELETE",
            &format!("{keys}/1"),
            Some(json!({ "force": true })),
        ),
        breach(&gitlab, "GET", &format!("{keys}/first"), None),
    ];
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    GET /api/v4/project/1: the contract has no path /api/v4/project/1
    GET /api/v4/projects/mycompany/flux: the contract has no path /api/v4/projects/mycompany/flux
    PATCH /api/v4/projects/mycompany%2Fflux/deploy_keys: the contract has no patch for /api/v4/projects/{id}/deploy_keys
    GET /api/v4/projects/mycompany%2Fflux/deploy_keys: query: no such name per-page
    GET /api/v4/projects/mycompany%2Fflux/deploy_keys: query page: "first" is not of types "null", "integer"
    POST /api/v4/projects/mycompany%2Fflux/deploy_keys: body : "key" is a required property
    POST /api/v4/projects/mycompany%2Fflux/deploy_keys: body /title: 1 is not of types "null", "string"
    POST /api/v4/projects/mycompany%2Fflux/deploy_keys: body /canPush: no such field
    DELETE /api/v4/projects/mycompany%2Fflux/deploy_keys/1: body: /api/v4/projects/{id}/deploy_keys/{key_id} takes none
    GET /api/v4/projects/mycompany%2Fflux/deploy_keys/first: path key_id: "first" is not of type "integer"
    "#);
}

#[test]
fn forms_are_held_to_the_same_contract() {
    if !has_contract() {
        return;
    }
    let gitlab = start(|state| {
        state.project("mycompany/flux");
    });
    let alice = Speaker::new(&gitlab, "alice");
    let (_, group) = alice.get("/groups/mycompany");
    let id = group["id"].to_string();
    let form = [("name", "fleet"), ("namespace_id", &id)];
    assert_eq!(alice.send_form("POST", "/projects", &form).0, 201);
    let path = "/projects/mycompany%2Ffleet/deploy_tokens";
    let form = [
        ("name", "flux"),
        ("scopes[]", "read_repository"),
        ("scopes[]", "read_registry"),
    ];
    let (status, token) = alice.send_form("POST", path, &form);
    assert_eq!(
        (status, &token["scopes"]),
        (201, &json!(["read_repository", "read_registry"]))
    );
    let form = [("name", "fleet"), ("namespace_id", "my own")];
    assert_eq!(alice.send_form("POST", "/projects", &form).0, 599);
    assert!(gitlab.take_breaches()[0].contains("/namespace_id"));
}

#[test]
#[should_panic(expected = "GitLab's contract was broken")]
fn a_breach_fails_the_test_when_the_double_is_dropped() {
    assert!(
        has_contract(),
        "GitLab's contract was broken: it is not here"
    );
    let gitlab = start(|_| {});
    Speaker::new(&gitlab, "alice").get("/no/such/thing");
}

#[test]
fn without_the_gate_the_server_checks_for_itself() {
    let gitlab = start(|state| {
        state.settings.gate = Gate::Off;
        state.project("mycompany/flux");
    });
    let alice = Speaker::new(&gitlab, "alice");
    let (status, refusal) =
        alice.send("POST", "/projects/mycompany%2Fflux/deploy_keys", &json!({}));
    assert_eq!(status, 400);
    assert_eq!(refusal["error"], "title is missing, key is missing");
    assert_eq!(alice.get("/no/such/thing").0, 404);
}
