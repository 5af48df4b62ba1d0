//! Tests against a server of our own: what the client sends, and what it does when things go wrong.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::response::Response;
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Cluster, Deletion};
use super::connect::ConnectOptions;
use super::double::{Double, answer};
use super::error::ClusterError;
use super::kubeconfig::Choice;
use super::list::Selection;
use super::resource::Resource;
use crate::error::{Blame, Explain as _};
use crate::manifest::Object;

/// Writes a kubeconfig whose user logs in by a script; the script counts its runs in `count`.
fn kubeconfig_with_plugin(folder: &Path, server: &str, expires: &str) -> ConnectOptions {
    let script = folder.join("login");
    let answer = format!(
        r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"t'$n'"{expires}}}}}"#
    );
    let text = format!(
        "#!/bin/sh\necho >> {0}\nn=$(wc -l < {0} | tr -d ' ')\necho '{answer}'\n",
        folder.join("count").display()
    );
    fs::write(&script, text).unwrap();
    let config = format!(
        "
apiVersion: v1
kind: Config
current-context: c
clusters: [{{name: c, cluster: {{server: '{server}'}}}}]
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
users:
- name: u
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      command: /bin/sh
      args: ['{}']
      interactiveMode: Never
",
        script.display()
    );
    fs::write(folder.join("config"), config).unwrap();
    let choice = Choice {
        kubeconfig: Some(folder.join("config")),
        ..Choice::default()
    };
    ConnectOptions {
        choice,
        ..ConnectOptions::default()
    }
}

fn runs(folder: &Path) -> usize {
    fs::read_to_string(folder.join("count"))
        .unwrap()
        .lines()
        .count()
}

#[tokio::test]
async fn a_credential_plugin_runs_once_and_again_only_when_refused() {
    let double = Double::start(|seen| {
        let token = seen.headers[header::AUTHORIZATION].to_str().unwrap();
        match (token, seen.line.contains("second")) {
            ("Bearer t1", true) => answer(401, &json!({"reason": "Unauthorized"})),
            _ => answer(200, &json!({"gitVersion": token})),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let options = kubeconfig_with_plugin(folder.path(), &double.address, "");
    let cluster = Cluster::connect(&options).await.unwrap();
    cluster.version().await.unwrap();
    assert_eq!(cluster.version().await.unwrap().git_version, "Bearer t1");
    assert_eq!(runs(folder.path()), 1, "one client, one run");
    cluster.raw("/second").await.unwrap();
    assert_eq!(
        runs(folder.path()),
        2,
        "the server did not take the first token"
    );
    cluster.raw("/second").await.unwrap();
    assert_eq!(runs(folder.path()), 2);
}

#[tokio::test]
async fn a_plugin_with_a_wrong_clock_does_not_run_for_each_request() {
    let double = Double::start(|_| answer(200, &json!({"gitVersion": "v1"}))).await;
    let folder = tempfile::tempdir().unwrap();
    let expires = r#","expirationTimestamp":"2001-01-01T00:00:00Z""#;
    let options = kubeconfig_with_plugin(folder.path(), &double.address, expires);
    let cluster = Cluster::connect(&options).await.unwrap();
    for _ in 0..5 {
        cluster.version().await.unwrap();
    }
    assert_eq!(runs(folder.path()), 1);
}

#[tokio::test]
async fn every_request_says_who_we_are_and_takes_gzip() {
    let double = Double::start(|_| answer(200, &json!({"items": []}))).await;
    let cluster = double.connect().await;
    let none: Vec<Value> = cluster
        .list(&Resource::POD, &Selection::default())
        .await
        .unwrap();
    assert!(none.is_empty());
    {
        let seen = double.seen.lock().unwrap();
        assert_eq!(seen[0].headers[header::USER_AGENT], crate::http::USER_AGENT);
        assert_eq!(seen[0].headers[header::ACCEPT_ENCODING], "gzip");
        assert_eq!(seen[0].headers[header::AUTHORIZATION], "Bearer sesame");
    }
    let options = ConnectOptions {
        disable_compression: true,
        ..double.options()
    };
    Cluster::connect(&options)
        .await
        .unwrap()
        .raw("/x")
        .await
        .unwrap();
    assert!(
        !double.seen.lock().unwrap()[1]
            .headers
            .contains_key(header::ACCEPT_ENCODING)
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_in_time() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = ConnectOptions {
        choice: Choice {
            kubeconfig: Some("/dev/null".into()),
            ..Choice::default()
        },
        server: Some(format!("http://{}", listener.local_addr().unwrap())),
        timeout: Some(Duration::from_millis(300)),
        ..ConnectOptions::default()
    };
    let cluster = Cluster::connect(&options).await.unwrap();
    let start = Instant::now();
    let error = cluster
        .list::<Value>(&Resource::POD, &Selection::default())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "timed out: list pods in all namespaces");
    assert_eq!(error.blame(), Blame::Timeout);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn a_closed_port_is_named() {
    let address = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let options = ConnectOptions {
        choice: Choice {
            kubeconfig: Some("/dev/null".into()),
            ..Choice::default()
        },
        server: Some(format!("http://{address}")),
        ..ConnectOptions::default()
    };
    let error = Cluster::connect(&options)
        .await
        .unwrap()
        .version()
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the cluster at http://{address} refuses connections")
    );
    assert!(error.is_passing());
}

/// Keeps what the log writes.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Book {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A row that the double never fills rightly.
#[derive(Debug, Deserialize)]
struct Row {
    #[expect(dead_code, reason = "it must fail to be read")]
    name: String,
}

/// Other tests of this process would decide with it which log lines are wanted at all, so it has one of its own.
#[test]
fn no_body_gets_into_the_log_or_an_error() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "cluster::traps::log_what_is_done"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
#[ignore = "only a part of other tests"]
async fn log_what_is_done() {
    let book = Book::default();
    let writer = book.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let double = Double::start(|seen| match seen.line.split(' ').next() {
        Some("PATCH") => answer(
            422,
            &json!({"kind": "Status", "reason": "Invalid", "message": "hunter2"}),
        ),
        _ => answer(
            200,
            &json!({"gitVersion": ["hunter2"], "items": [{"name": ["hunter2"]}]}),
        ),
    })
    .await;
    let cluster = double.connect().await;
    let secret = Resource::SECRET.at("a", "b");
    let errors: Vec<ClusterError> = vec![
        cluster.version().await.unwrap_err(),
        cluster
            .list::<Row>(&Resource::POD, &Selection::default())
            .await
            .unwrap_err(),
        cluster.get(&secret).await.unwrap_err(),
        cluster
            .merge(&secret, &json!({"data": {"x": "aHVudGVyMg=="}}))
            .await
            .unwrap_err(),
    ];
    drop(guard);
    let log = String::from_utf8(book.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("requesting"), "the log works: {log}");
    assert!(!log.contains("hunter2") && !log.contains("sesame"), "{log}");
    assert!(!format!("{errors:?}").contains("hunter2"), "{errors:?}");
}

#[tokio::test]
async fn a_list_is_read_page_by_page_and_starts_over_when_it_is_too_old() {
    let page = |name: &str, next: &str| {
        answer(
            200,
            &json!({"metadata": {"continue": next, "resourceVersion": "7"}, "items": [{"n": name}]}),
        )
    };
    let double = Double::start(move |seen| match seen.line.rsplit_once("continue=") {
        Some((_, "one")) => answer(
            410,
            &json!({"kind": "Status", "reason": "Expired", "code": 410}),
        ),
        Some(_) => page("later", ""),
        None if seen.line.contains("limit=") => page("first", "one"),
        None => page("fresh", ""),
    })
    .await;
    let cluster = double.connect().await;
    let selection = Selection {
        page: Some(1),
        ..Selection::of_namespace("a").with_labels("x=y")
    };
    let rows: Vec<Value> = cluster.list(&Resource::POD, &selection).await.unwrap();
    assert_eq!(rows, [json!({"n": "fresh"})]);
    let path = "GET /api/v1/namespaces/a/pods?labelSelector=x%3Dy";
    let expected = [
        format!("{path}&limit=1"),
        format!("{path}&limit=1&continue=one"),
        path.to_owned(),
    ];
    assert_eq!(double.lines(), expected);
}

#[tokio::test]
async fn a_list_that_breaks_off_is_an_error() {
    let double = Double::start(|_| {
        Response::builder()
            .status(StatusCode::OK)
            .body(Body::from(r#"{"items":[{"a":1},{"b":"#))
            .unwrap()
    })
    .await;
    let error = double
        .connect()
        .await
        .list::<Value>(&Resource::POD, &Selection::default())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot understand the answer to: list pods in all namespaces"
    );
}

#[tokio::test]
async fn a_compressed_list_is_unpacked_as_it_comes() {
    let items: Vec<Value> = (0..2000)
        .map(|n| json!({"metadata": {"name": format!("n{n}")}}))
        .collect();
    let text = json!({"kind": "PodList", "items": items}).to_string();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let double = Double::start(move |_| {
        let start = Response::builder().header(header::CONTENT_ENCODING, "gzip");
        start.body(Body::from(packed.clone())).unwrap()
    })
    .await;
    let rows = double
        .connect()
        .await
        .list_objects(&Resource::POD, &Selection::default())
        .await
        .unwrap();
    assert_eq!(
        (rows.len(), rows[1999].id().to_string()),
        (2000, "Pod/n1999".into())
    );
}

#[tokio::test]
async fn a_rehearsal_asks_the_server_to_drop_each_write() {
    let pod =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "a"}});
    let reply = pod.clone();
    let double = Double::start(move |_| answer(200, &reply)).await;
    let cluster = double.connect().await.rehearsing();
    let address = Resource::POD.at("a", "p");
    cluster.merge(&address, &json!({"x": null})).await.unwrap();
    cluster
        .create(&Resource::POD, &Object::new(pod).unwrap())
        .await
        .unwrap();
    cluster.delete(&address).await.unwrap();
    let lines = double.lines();
    assert_eq!(
        lines,
        [
            "PATCH /api/v1/namespaces/a/pods/p?fieldManager=flux&dryRun=All",
            "POST /api/v1/namespaces/a/pods?fieldManager=flux&dryRun=All",
            "DELETE /api/v1/namespaces/a/pods/p?propagationPolicy=Background&dryRun=All",
        ]
    );
    assert_eq!(double.seen.lock().unwrap()[0].body, r#"{"x":null}"#);
}

#[tokio::test]
async fn what_has_no_name_is_never_asked_for() {
    let double = Double::start(|_| answer(200, &json!({"kind": "PodList", "items": []}))).await;
    let cluster = double.connect().await;
    for name in ["", ".", ".."] {
        let address = Resource::POD.at("apps", name);
        assert!(cluster.get(&address).await.unwrap().is_none());
        assert!(cluster.read_metadata(&address).await.unwrap().is_none());
        assert_eq!(cluster.delete(&address).await.unwrap(), Deletion::Absent);
    }
    assert_eq!(double.lines(), Vec::<String>::new());
}
