//! A small client of the API server, for what tests prepare and look at.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::kubeconfig::User;
use super::manifest::text;
use super::runtime::{client, runtime};

/// How many requests are under way at once where many objects are applied.
const AT_ONCE: usize = 16;

const MERGE_PATCH: &str = "application/merge-patch+json";
const APPLY_PATCH: &str = "application/apply-patch+yaml";
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// One kind of object as the server offers it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// `v1` or `group/version`.
    pub api_version: String,
    /// The kind, as in manifests.
    pub kind: String,
    /// The name in paths.
    pub plural: String,
    /// The name of one.
    pub singular: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

/// A client with one user's token.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    server: String,
    token: &'static str,
    resources: Arc<Mutex<HashMap<String, Resource>>>,
}

impl Resource {
    /// Returns the path of its objects in a namespace, or in the cluster.
    pub fn collection(&self, namespace: &str) -> String {
        let root = if self.api_version.contains('/') {
            "apis"
        } else {
            "api"
        };
        match (self.namespaced, namespace) {
            (true, "") | (false, _) => format!("/{root}/{}/{}", self.api_version, self.plural),
            (true, namespace) => format!(
                "/{root}/{}/namespaces/{namespace}/{}",
                self.api_version, self.plural
            ),
        }
    }
}

impl Api {
    /// Makes a client of the server at `server`.
    pub fn new(server: &str, token: &'static str) -> Self {
        Self {
            client: client(),
            server: server.into(),
            token,
            resources: Arc::default(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.server))
            .bearer_auth(self.token)
    }

    /// Sends a request and returns status and body.
    pub fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let what = format!("{method} {path}");
        let is_patch = method == Method::PATCH;
        let mut request = self.request(method, path);
        if let Some(body) = body {
            let kind = if is_patch {
                MERGE_PATCH
            } else {
                "application/json"
            };
            request = request.header(CONTENT_TYPE, kind).body(body.to_string());
        }
        runtime()
            .block_on(answer(request))
            .unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Says whether the server answers `/readyz` with 200.
    pub fn is_ready(&self) -> bool {
        let request = self
            .request(Method::GET, "/readyz")
            .timeout(Duration::from_secs(10));
        runtime().block_on(async {
            request
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
        })
    }

    /// Says whether the server lists all these plurals under `/apis/GROUP/VERSION`.
    pub fn serves(&self, group_version: &str, plurals: &[&str]) -> bool {
        let request = self.request(Method::GET, &format!("/apis/{group_version}"));
        let Ok((200, list)) = runtime().block_on(answer(request)) else {
            return false;
        };
        let resources = items(&list, "resources").iter();
        let names: Vec<&str> = resources.map(|resource| text(resource, "/name")).collect();
        plurals.iter().all(|plural| names.contains(plural))
    }

    /// Finds a kind by its name, plural or singular, in any case; with `GROUP/VERSION/` before it, only there.
    pub fn resource(&self, word: &str) -> Resource {
        let word = word.to_lowercase();
        if let Some(known) = self.resources.lock().expect("no holder panics").get(&word) {
            return known.clone();
        }
        let found = self.discover();
        let mut resources = self.resources.lock().expect("no holder panics");
        for resource in found {
            for name in [&resource.kind, &resource.plural, &resource.singular]
                .map(|name| name.to_lowercase())
            {
                resources.insert(
                    format!("{}/{name}", resource.api_version.to_lowercase()),
                    resource.clone(),
                );
                // The core group and newer versions come first.
                resources.entry(name).or_insert_with(|| resource.clone());
            }
        }
        resources
            .get(&word)
            .unwrap_or_else(|| panic!("the server knows no kind `{word}`"))
            .clone()
    }

    fn discover(&self) -> Vec<Resource> {
        let read = |path| async move {
            answer(self.request(Method::GET, path).header(ACCEPT, DISCOVERY)).await
        };
        let lists = ["/api", "/apis"].map(|path| {
            runtime()
                .block_on(read(path))
                .expect("the server answers")
                .1
        });
        lists
            .iter()
            .flat_map(|list| items(list, "items"))
            .flat_map(resources_of)
            .collect()
    }

    /// Applies objects, many at once, and writes the status of those that bring one.
    ///
    /// An object without a namespace gets `namespace`; `apply-as` in it names another field manager.
    pub fn apply_all(&self, objects: Vec<Value>, namespace: &str) -> Vec<Value> {
        let requests: Vec<_> = objects
            .into_iter()
            .map(|object| self.application(object, namespace))
            .collect();
        let all = futures::stream::iter(
            requests
                .into_iter()
                .map(|application| self.apply(application)),
        );
        runtime().block_on(all.buffered(AT_ONCE).collect())
    }

    fn application(&self, mut object: Value, namespace: &str) -> Application {
        let resource = self.resource(&format!(
            "{}/{}",
            text(&object, "/apiVersion"),
            text(&object, "/kind")
        ));
        if resource.namespaced && text(&object, "/metadata/namespace").is_empty() {
            object["metadata"]["namespace"] = namespace.into();
        }
        let fields = object.as_object_mut().expect("an object is a mapping");
        let manager = fields
            .remove("apply-as")
            .and_then(|name| name.as_str().map(str::to_owned));
        let status = fields.remove("status");
        let collection = resource.collection(text(&object, "/metadata/namespace"));
        let path = format!("{collection}/{}", text(&object, "/metadata/name"));
        Application {
            object,
            status,
            path,
            manager: manager.unwrap_or_else(|| "scene".into()),
        }
    }

    async fn apply(&self, application: Application) -> Value {
        let Application {
            object,
            status,
            path,
            manager,
        } = application;
        let query = format!("{path}?fieldManager={manager}&force=true");
        let request = self
            .request(Method::PATCH, &query)
            .header(CONTENT_TYPE, APPLY_PATCH)
            .body(object.to_string());
        let mut applied = expect_success(&query, answer(request).await);
        if let Some(status) = status {
            let path = format!("{path}/status");
            let body = json!({ "status": status }).to_string();
            let request = self
                .request(Method::PATCH, &path)
                .header(CONTENT_TYPE, MERGE_PATCH)
                .body(body);
            applied = expect_success(&path, answer(request).await);
        }
        applied
    }

    /// Leaves a mark in the audit log, as one of the users that it is about.
    pub fn mark_audit(&self, mark: &str) {
        let review =
            json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" })
                .to_string();
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let request = self
            .client
            .post(format!("{}{path}", self.server))
            .bearer_auth(User::Admin.token());
        let request = request
            .header("Audit-ID", mark)
            .header(CONTENT_TYPE, "application/json")
            .body(review);
        let answer = runtime().block_on(answer(request));
        assert!(matches!(answer, Ok((201, _))), "{path}: {answer:?}");
    }

    /// Waits until `probe` says yes; panics with `what` when it does not.
    pub fn until(&self, what: &str, limit: Duration, mut probe: impl FnMut() -> bool) {
        let start = Instant::now();
        while !probe() {
            assert!(
                start.elapsed() < limit,
                "{}: not after {} s: {what}",
                self.server,
                limit.as_secs()
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Watches one object until `wanted` takes it; its last form, or none, is the error.
    pub fn watch(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Value, Option<Value>> {
        let query = format!(
            "{}?watch=1&fieldSelector=metadata.name%3D{name}",
            resource.collection(namespace)
        );
        let mut last = None;
        let found = runtime().block_on(async {
            let seen = async {
                loop {
                    if let Some(object) = self.watch_once(&query, wanted, &mut last).await {
                        return object;
                    }
                    // The server ended the watch, or could not be reached; the time limit stands around it all.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            timeout(wanted.limit, seen).await
        });
        found.map_err(|_| last)
    }

    async fn watch_once(
        &self,
        query: &str,
        wanted: &Wanted<'_>,
        last: &mut Option<Value>,
    ) -> Option<Value> {
        let request = self
            .request(Method::GET, query)
            .timeout(wanted.limit + Duration::from_secs(1));
        let mut chunks = request.send().await.ok()?.bytes_stream();
        let mut buffer = Vec::new();
        while let Some(Ok(chunk)) = chunks.next().await {
            buffer.extend_from_slice(&chunk);
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                let event: Value = serde_json::from_slice(&line).ok()?;
                let object = (event["type"] != "DELETED").then(|| event["object"].clone());
                if (wanted.accepts)(object.as_ref()) {
                    return Some(object.unwrap_or(Value::Null));
                }
                *last = object;
            }
        }
        None
    }
}

/// What a watch waits for.
pub struct Wanted<'a> {
    /// For how long at most.
    pub limit: Duration,
    /// Says whether this is it; `None` is an object that has been deleted.
    pub accepts: &'a dyn Fn(Option<&Value>) -> bool,
}

/// An object on its way to the server.
struct Application {
    object: Value,
    status: Option<Value>,
    path: String,
    manager: String,
}

async fn answer(request: RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned().into());
    Ok((status, body))
}

fn expect_success(path: &str, answer: Result<(u16, Value), reqwest::Error>) -> Value {
    match answer {
        Ok((200..=299, body)) => body,
        Ok((status, body)) => panic!("PATCH {path}: {status} {}", text(&body, "/message")),
        Err(error) => panic!("PATCH {path}: {error}"),
    }
}

/// Returns the entries of a list in a document; none where it has no such list.
pub fn items<'a>(list: &'a Value, field: &str) -> &'a [Value] {
    list[field].as_array().map_or(&[], Vec::as_slice)
}

fn resources_of(group: &Value) -> Vec<Resource> {
    let name = text(group, "/metadata/name");
    let versions = items(group, "versions").iter();
    let of_version = |version: &Value| {
        let version_name = text(version, "/version").to_owned();
        let api_version = if name.is_empty() {
            version_name
        } else {
            format!("{name}/{version_name}")
        };
        let make = |resource: &Value| Resource {
            api_version: api_version.clone(),
            kind: text(resource, "/responseKind/kind").into(),
            plural: text(resource, "/resource").into(),
            singular: text(resource, "/singularResource").into(),
            namespaced: text(resource, "/scope") == "Namespaced",
        };
        items(version, "resources")
            .iter()
            .map(make)
            .collect::<Vec<_>>()
    };
    versions.flat_map(of_version).collect()
}
