//! Every fault of the table, seen from a client.

use std::error::Error as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Speaker, client, start};
use crate::scene::gitlab::{Fault, GitLab, State, Tls};

const FLUX: &str = "/projects/mycompany%2Fflux";

fn with_flux(state: &mut State) {
    state.project("mycompany/flux");
}

/// Returns the whole chain of an error in one line.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn fails(alice: &Speaker<'_>, path: &str) -> String {
    let answer = alice.request("GET", path).send();
    chain(
        &answer
            .and_then(reqwest::blocking::Response::bytes)
            .unwrap_err(),
    )
}

#[test]
fn a_fault_meets_the_calls_that_it_was_set_for() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let fault = Fault::status(429).retry_after(1).rate_limit_reset(5);
    gitlab.fault(fault.on("GET", "/projects/*").nth(2).times(2));
    let statuses: Vec<u16> = (0..4).map(|_| alice.get(FLUX).0).collect();
    assert_eq!(statuses, [200, 429, 429, 200]);
    assert_eq!(alice.get("/user").0, 200);
    gitlab.fault(Fault::status(429).retry_after(7).on("*", "/user"));
    let limited = alice.request("GET", "/user").send().unwrap();
    assert_eq!(limited.headers()["retry-after"], "7");
    assert_eq!(limited.text().unwrap(), "Retry later");
}

#[test]
fn proxies_answer_with_pages() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    for status in [502, 503, 504] {
        gitlab.fault(Fault::status(status));
        let (answered, body) = alice.get(FLUX);
        assert_eq!(answered, status);
        assert!(body.as_str().unwrap().contains("<html>"));
    }
    gitlab.fault(Fault::login_page());
    let page = alice.request("GET", FLUX).send().unwrap();
    assert_eq!(
        (page.status().as_u16(), &page.headers()["content-type"]),
        (200, &"text/html".parse().unwrap())
    );
}

#[test]
fn tokens_and_scopes_fail_on_demand() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let error = |fault| {
        gitlab.fault(fault);
        let (status, body) = alice.get(FLUX);
        (
            status,
            body["error"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(error(Fault::expired_token()), (401, "invalid_token".into()));
    assert_eq!(error(Fault::revoked_token()), (401, "invalid_token".into()));
    assert_eq!(
        error(Fault::insufficient_scope()),
        (403, "insufficient_scope".into())
    );
    assert_eq!(error(Fault::status(401)).0, 401);
}

#[test]
fn a_lost_answer_leaves_its_deed_behind() {
    let gitlab = start(|_| {});
    let alice = Speaker::new(&gitlab, "alice");
    gitlab.fault(Fault::lost_answer().on("POST", "/projects"));
    let request = alice
        .request("POST", "/projects")
        .json(&json!({ "name": "flux" }));
    assert!(request.send().is_err());
    assert_eq!(alice.get("/projects/alice%2Fflux").0, 200);
    assert_eq!(
        gitlab.calls(),
        ["POST /projects cut", "GET /projects/alice%2Fflux 200"]
    );
}

#[test]
fn connections_are_reset_cut_and_refused() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    gitlab.fault(Fault::reset().on("POST", "/projects"));
    let request = alice
        .request("POST", "/projects")
        .json(&json!({ "name": "flux" }));
    assert!(request.send().is_err());
    assert_eq!(
        alice.get("/projects/alice%2Fflux").0,
        404,
        "nothing was done"
    );
    gitlab.fault(Fault::cut().on("GET", "/projects/*"));
    let words = fails(&alice, FLUX);
    assert!(words.contains("body"), "{words}");
    let fresh = Speaker::new(&gitlab, "alice");
    gitlab.reset_connections(1);
    let words = fails(&fresh, FLUX);
    assert!(words.contains("reset") || words.contains("eof"), "{words}");
    assert_eq!(fresh.get(FLUX).0, 200);
    gitlab.close();
    let words = fails(&Speaker::new(&gitlab, "alice"), FLUX);
    assert!(words.contains("refused"), "{words}");
}

#[test]
fn bad_certificates_are_refused_by_good_clients() {
    for (tls, words) in [
        (Tls::Foreign, "UnknownIssuer"),
        (Tls::Expired, "expired"),
        (Tls::OtherHost, "not valid for"),
    ] {
        let gitlab = start(|state| state.settings.tls = tls);
        let said = fails(&Speaker::new(&gitlab, "alice"), "/user");
        assert!(said.contains(words), "{tls:?}: {said}");
        assert!(gitlab.journal().is_empty());
    }
}

#[test]
fn answers_come_late_or_in_drops() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let start = Instant::now();
    gitlab.fault(Fault::delay(Duration::from_millis(200)).on("GET", "/user"));
    assert_eq!(alice.get("/user").0, 200);
    assert!(start.elapsed() >= Duration::from_millis(200));
    gitlab.fault(Fault::drip(Duration::from_millis(1)).on("GET", "/version"));
    let start = Instant::now();
    let (status, version) = alice.get("/version");
    assert_eq!((status, &version["enterprise"]), (200, &json!(true)));
    assert!(start.elapsed() >= Duration::from_millis(100));
    gitlab.fault(Fault::delay(Duration::from_secs(5)).on("GET", "/user"));
    let request = alice
        .request("GET", "/user")
        .timeout(Duration::from_millis(100));
    assert!(request.send().unwrap_err().is_timeout());
}

#[test]
fn answers_lose_their_shape() {
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    let after = |fault| {
        gitlab.fault(fault);
        alice.get(FLUX).1
    };
    assert_eq!(
        after(Fault::malformed(200, "{\"id\": ")),
        json!("{\"id\": ")
    );
    assert_eq!(after(Fault::empty()), json!(""));
    assert_eq!(after(Fault::set("id", json!("seven")))["id"], "seven");
    assert_eq!(after(Fault::without("path")).get("path"), None);
    assert!(after(Fault::unknown_fields())["field_of_tomorrow"].is_object());
    let nulls = after(Fault::nulls());
    assert!(nulls.as_object().unwrap().values().all(Value::is_null));
    assert_eq!(after(Fault::json(200, json!([])))[0], Value::Null);
    gitlab.fault(Fault::status(404).header("X-Odd", "yes").on("GET", "/user"));
    assert_eq!(
        alice.request("GET", "/user").send().unwrap().headers()["x-odd"],
        "yes"
    );
}

#[test]
fn redirects_lead_where_they_are_told() {
    let elsewhere = start(|_| {});
    let gitlab = start(with_flux);
    let alice = Speaker::new(&gitlab, "alice");
    for status in [301, 302, 307, 308] {
        gitlab.fault(Fault::redirect(status, &elsewhere.api()));
        let answer = alice.request("GET", FLUX).send().unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["location"], elsewhere.api());
    }
    assert!(elsewhere.journal().is_empty());
    assert!(
        gitlab
            .journal()
            .iter()
            .all(crate::scene::gitlab::Entry::has_credential)
    );
}

#[test]
fn someone_else_creates_the_project_between_get_and_post() {
    let gitlab = start(|_| {});
    let alice = Speaker::new(&gitlab, "alice");
    gitlab.meanwhile("POST", "/projects", |state| {
        state.project("mycompany/flux");
    });
    assert_eq!(alice.get(FLUX).0, 404);
    let (_, group) = alice.get("/groups/mycompany");
    let body = json!({ "name": "flux", "namespace_id": group["id"] });
    assert_eq!(alice.send("POST", "/projects", &body).0, 400);
    assert_eq!(alice.get(FLUX).0, 200);
}

#[test]
fn a_client_without_the_authority_does_not_get_in() {
    let gitlab: GitLab = start(|_| {});
    let stranger = reqwest::blocking::Client::builder()
        .no_proxy()
        .build()
        .unwrap();
    let error = stranger
        .get(format!("{}/user", gitlab.api()))
        .send()
        .unwrap_err();
    assert!(chain(&error).contains("UnknownIssuer"), "{}", chain(&error));
    assert_eq!(
        client(&gitlab)
            .get(format!("{}/user", gitlab.api()))
            .send()
            .unwrap()
            .status(),
        401
    );
}
