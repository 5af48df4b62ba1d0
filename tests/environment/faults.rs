//! The faulty proxies do exactly what they were told, and pass everything else on.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;

use crate::scene::{
    Authority, Fault, Gate, Rule, Scene, Server, TestEnv, Wire, WireFault, are_built, built,
    runtime,
};

/// A server that echoes bodies and counts nothing.
fn echo() -> Server {
    Server::http(Router::new().fallback(any(|body: String| async move { format!("echo {body}") })))
}

/// Sends a request on a new connection; returns status and body, or nothing where there was no whole answer.
fn ask(method: &str, url: &str) -> Option<(u16, String)> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .build();
    let method = method.parse().expect("a method");
    runtime().block_on(async {
        let answer = client
            .expect("the settings are fixed")
            .request(method, url)
            .body("hello")
            .send()
            .await
            .ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    })
}

#[test]
fn a_gate_answers_cuts_and_loses_by_rule() {
    let server = echo();
    let gate = Gate::before(&server.url(), Some(&Authority::new("Gate").identity()));
    gate.add(
        Rule::new("GET", "/busy", Fault::too_many_requests("3"))
            .starting_at(2)
            .times(2),
    );
    gate.add(Rule::new("*", "/down/*", Fault::bad_gateway()).always());
    gate.add(Rule::new("POST", "/drop", Fault::Drop));
    gate.add(Rule::new("POST", "/lose", Fault::LoseAnswer));
    gate.add(Rule::new("POST", "/cut", Fault::CutBody(4)));
    gate.add(Rule::new(
        "GET",
        "/late",
        Fault::Delay(Duration::from_millis(30)),
    ));
    gate.add(Rule::new("GET", "/login", Fault::login_page()));
    let ask = |method: &str, path: &str| ask(method, &format!("{}{path}", gate.url()));
    let echoed = Some((200, "echo hello".to_owned()));

    let busy: Vec<_> = (0..4)
        .map(|_| ask("GET", "/busy").expect("an answer").0)
        .collect();
    assert_eq!(busy, [200, 429, 429, 200]);
    assert_eq!(ask("PUT", "/down/here").expect("an answer").0, 502);
    assert_eq!(
        ask("GET", "/login").map(|(status, body)| (status, body.starts_with("<!DOCTYPE"))),
        Some((200, true))
    );
    for path in ["/drop", "/lose", "/cut"] {
        assert_eq!(ask("POST", path), None, "{path}");
        assert_eq!(ask("POST", path), echoed, "{path}, once more");
    }
    let start = Instant::now();
    assert_eq!(ask("GET", "/late"), echoed);
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_eq!(gate.journal().len(), 13);
    assert_eq!(
        (
            gate.journal()[11].path.as_str(),
            gate.journal()[11].body.as_str()
        ),
        ("/cut", "hello")
    );
}

#[test]
fn a_wire_delays_each_way_and_breaks_what_it_should() {
    let server = echo();
    let slow = Wire::before(&server.host()).with(WireFault::Latency(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(
        ask("GET", &format!("http://{}/", slow.host())),
        Some((200, "echo hello".into()))
    );
    assert!(
        start.elapsed() >= Duration::from_millis(100),
        "there and back: {:?}",
        start.elapsed()
    );

    let mut broken = Wire::before(&server.host()).with(WireFault::Drop(2));
    let url = format!("http://{}/", broken.host());
    let answers: Vec<bool> = (0..3).map(|_| ask("GET", &url).is_some()).collect();
    assert_eq!(answers, [true, false, true]);
    assert_eq!(broken.connections(), 3);
    broken.refuse();
    assert_eq!(ask("GET", &url), None);

    let short = Wire::before(&server.host()).with(WireFault::CutAfter(20));
    assert_eq!(ask("GET", &format!("http://{}/", short.host())), None);
}

#[test]
fn an_api_server_is_reached_through_both() {
    if !are_built(&["kubectl"]) {
        return;
    }
    let Some(scene) = Scene::server() else { return };
    let host = scene.address().trim_start_matches("https://").to_owned();
    let (identity, authority) = (Authority::new("Gate"), "gate.pem");
    let gate = Gate::before(scene.address(), Some(&identity.identity()));
    gate.add(Rule::new(
        "GET",
        "/api/v1/namespaces/*/configmaps",
        Fault::too_many_requests("1"),
    ));
    let env = TestEnv::in_scene(scene);
    let authority = env.file(authority, identity.pem());
    let list = |env: &TestEnv| {
        let namespace = env.scene().namespace();
        env.other_command(
            &built("kubectl"),
            ["get", "configmaps", "-n", namespace, "-o", "name"],
        )
        .run()
    };
    let wire = Wire::before(&host).with(WireFault::Latency(Duration::from_millis(10)));
    let env = env.through(&format!("https://{}", wire.host()), None);
    assert_eq!(list(&env).success(), "");
    assert!(wire.connections() > 0);

    let env = env.through(&format!("https://{}", gate.host()), Some(&authority));
    assert_eq!(list(&env).success(), "");
    let journal = gate.journal();
    let lists = journal
        .iter()
        .filter(|entry| entry.method == "GET" && entry.path.contains("/configmaps?"));
    assert_eq!(lists.count(), 2, "one refused, one answered: {journal:#?}");
}
