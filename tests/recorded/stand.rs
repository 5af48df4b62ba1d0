//! An API server that is brought into one world after the other, and put back in order after each run.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::case::{Case, World, key, world};
use super::change::{Snapshot, changes, touched};
use super::kinds::{DEFINITION, FOLLOWED, Followed, OF_A_WORLD, path_of};
use super::responder::Responder;
use crate::scene::{CommandOutput, LogServer, PATIENCE, Scene, TestEnv, User, documents, text};

const LIMIT: Duration = PATIENCE;

/// How long deletions may take to be seen.
const SETTLE: Duration = Duration::from_secs(20);

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/// The server, and what is in it by now.
pub struct Stand {
    env: TestEnv,
    data: PathBuf,
    system: Snapshot,
    world: World,
    objects: BTreeMap<String, Value>,
    now: Snapshot,
    kubelet: LogServer,
}

/// What came of a run.
pub struct Outcome {
    /// How it ended.
    pub output: CommandOutput,
    /// What it changed.
    pub changes: Vec<Value>,
}

impl Stand {
    /// Begins on a server that knows nothing of Flux.
    pub fn new(scene: Scene, data: &Path) -> Self {
        let env = TestEnv::in_scene(scene)
            .without_variable("GITOPS_CLOCK")
            .without_variable("FLUX_SYSTEM_NAMESPACE");
        let mut stand = Self {
            env,
            data: data.into(),
            system: Snapshot::new(),
            world: World {
                crds: "none".into(),
                ..World::default()
            },
            objects: BTreeMap::new(),
            now: Snapshot::new(),
            kubelet: LogServer::start(),
        };
        stand.system = stand.snapshot();
        stand
    }

    fn call(&self, method: &Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        loop {
            let answer = self.env.scene().api().call(method.clone(), path, body);
            // A kind that was made just now is not there at once; the next call may take it.
            if answer.0 != 429 {
                return answer;
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Lists all objects but those that the server keeps for itself.
    fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::new();
        for followed in FOLLOWED {
            if followed.kind == DEFINITION && self.world.crds == "plain" {
                continue;
            }
            let (status, list) = self.call(&Method::GET, &followed.collection(""), None);
            assert!(
                matches!(status, 200 | 404),
                "{}: {status} {list}",
                followed.kind
            );
            for object in list["items"].as_array().into_iter().flatten() {
                let mut object = object.clone();
                object["apiVersion"] = followed.api_version.into();
                object["kind"] = followed.kind.into();
                if is_of_the_server(&object) {
                    continue;
                }
                if followed.kind == DEFINITION {
                    object
                        .as_object_mut()
                        .expect("an object is a mapping")
                        .remove("spec");
                    object["status"] =
                        json!({ "storedVersions": object["status"]["storedVersions"] });
                }
                snapshot.insert(key(&object), object);
            }
        }
        snapshot
    }

    /// Brings the server into a world, whatever it is in now.
    pub fn enter(&mut self, name: &str) {
        let present = self.snapshot();
        let ours: Vec<String> = present
            .keys()
            .filter(|key| !self.system.contains_key(*key))
            .cloned()
            .collect();
        self.remove_all(&ours);
        let reference = self.data.join("flux-reference");
        self.world = world(&reference, name);
        self.define();
        let objects = self.world.objects(&reference, self.kubelet.port());
        let named = objects
            .iter()
            .map(|object| text(object, "/metadata/namespace"))
            .chain(self.world.namespaces.iter().map(String::as_str));
        let mut all: BTreeMap<String, Value> = named
            .filter(|name| !name.is_empty() && *name != "default")
            .map(|name| json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } }))
            .map(|namespace| (key(&namespace), namespace))
            .collect();
        all.extend(objects.iter().map(|object| (key(object), object.clone())));
        // No controller makes the account that the server wants for each pod.
        let pods = objects.iter().filter(|object| object["kind"] == "Pod");
        all.extend(pods.map(|pod| {
            let metadata = json!({ "name": "default", "namespace": pod["metadata"]["namespace"] });
            let account =
                json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata });
            (key(&account), account)
        }));
        self.objects = all;
        self.put_all(&self.objects.keys().cloned().collect::<Vec<_>>());
        self.now = self.snapshot();
    }

    /// Makes the definitions of the world, or takes all away.
    fn define(&self) {
        let (_, list) = self.call(&Method::GET, DEFINITIONS, None);
        for definition in list["items"].as_array().into_iter().flatten() {
            self.remove(&format!(
                "apiextensions.k8s.io/v1 {DEFINITION}/{}",
                text(definition, "/metadata/name")
            ));
        }
        if self.world.crds == "none" {
            return;
        }
        let mut labels = BTreeMap::new();
        if self.world.crds == "labelled" {
            let export = std::fs::read_to_string(
                self.data
                    .join("flux-reference/install-export/extra-all.yaml"),
            )
            .unwrap();
            labels.extend(
                documents(&export)
                    .into_iter()
                    .filter(|object| object["kind"] == DEFINITION)
                    .map(|object| {
                        (
                            text(&object, "/metadata/name").to_owned(),
                            object["metadata"]["labels"].clone(),
                        )
                    }),
            );
        }
        for entry in std::fs::read_dir(self.data.join("flux-crds")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            for mut definition in documents(&std::fs::read_to_string(&path).unwrap()) {
                if let Some(labels) = labels.get(text(&definition, "/metadata/name")) {
                    definition["metadata"]["labels"] = labels.clone();
                }
                self.put(&definition);
            }
        }
        self.until("every kind is served", || {
            FOLLOWED
                .iter()
                .filter(|followed| followed.api_version != OF_A_WORLD)
                .all(|followed| self.call(&Method::GET, &followed.collection(""), None).0 == 200)
        });
    }

    fn until(&self, what: &str, mut probe: impl FnMut() -> bool) {
        self.env.scene().api().until(what, LIMIT, &mut probe);
    }

    fn put_all(&self, keys: &[String]) {
        // Namespaces hold the others, and pods want an account.
        let rank = |key: &&String| match key.split('/').next() {
            Some("v1 Namespace") => 0,
            Some("v1 ServiceAccount") => 1,
            Some(kind) if kind.ends_with(DEFINITION) => 1,
            _ => 2,
        };
        let mut sorted: Vec<&String> = keys.iter().collect();
        sorted.sort_by_key(rank);
        for key in sorted {
            if let Some(object) = self.objects.get(key) {
                self.put(object);
            }
        }
    }

    /// Creates an object, in place of one of the same name, and writes its status.
    fn put(&self, object: &Value) {
        let followed = Followed::find(text(object, "/apiVersion"), text(object, "/kind"));
        if object.get("apply-as").is_some() {
            let (code, _) = self.call(&Method::GET, &path_of(&key(object)), None);
            if code == 200 {
                self.remove(&key(object));
            }
            self.until("its kind is served", || {
                self.call(&Method::GET, &followed.collection(""), None).0 == 200
            });
            self.env.scene().api().apply_all(vec![object.clone()], "");
            return;
        }
        let mut body = object.clone();
        let status = body
            .as_object_mut()
            .expect("an object is a mapping")
            .remove("status");
        let collection = followed.collection(text(object, "/metadata/namespace"));
        let begin = Instant::now();
        loop {
            match self.call(&Method::POST, &collection, Some(&body)) {
                (201, _) => break,
                (409, answer) if answer["reason"] == "AlreadyExists" => self.remove(&key(object)),
                // A kind or a namespace that is new, and not known to every part of the server.
                (403 | 404 | 409 | 500, _) if begin.elapsed() < LIMIT => {
                    thread::sleep(Duration::from_millis(50));
                }
                (code, answer) => panic!("create {}: {code} {answer}", key(object)),
            }
        }
        if let Some(status) = status.filter(|_| followed.has_status()) {
            let path = format!("{collection}/{}/status", text(object, "/metadata/name"));
            let (code, answer) =
                self.call(&Method::PATCH, &path, Some(&json!({ "status": status })));
            assert_eq!(code, 200, "status of {}: {answer}", key(object));
        }
    }

    fn remove_all(&self, keys: &[String]) {
        // A definition is gone when its objects are, and a namespace can be emptied by nobody but us.
        let rank = |key: &&String| {
            if key.contains(DEFINITION) {
                1
            } else {
                2 * usize::from(key.starts_with("v1 Namespace/"))
            }
        };
        let mut sorted: Vec<&String> = keys.iter().collect();
        sorted.sort_by_key(rank);
        for key in sorted {
            self.remove(key);
        }
    }

    /// Deletes an object and waits until it is gone; no controller does what finalizers wait for.
    fn remove(&self, key: &str) {
        let path = path_of(key);
        self.until(&format!("{key} is gone"), || {
            let options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0, "propagationPolicy": "Background" });
            if self.call(&Method::DELETE, &path, Some(&options)).0 == 404 {
                return true;
            }
            let (code, mut object) = self.call(&Method::GET, &path, None);
            if code == 404 {
                return true;
            }
            if object["kind"] == "Namespace" {
                object["spec"] = json!({});
                self.call(&Method::PUT, &format!("{path}/finalize"), Some(&object));
            } else if object.pointer("/metadata/finalizers").is_some() && object["kind"] != DEFINITION {
                self.call(&Method::PATCH, &path, Some(&json!({ "metadata": { "finalizers": null } })));
            }
            false
        });
    }

    /// Runs a case that only reads; that it did is seen by [`Self::changes`], once for many.
    pub fn read(&self, case: &Case) -> Outcome {
        assert!(
            case.objects.is_empty() && case.absent.is_empty() && case.changes.is_empty(),
            "{} writes",
            case.name
        );
        Outcome {
            output: self.invoke(case),
            changes: Vec::new(),
        }
    }

    /// Returns how the cluster differs from the untouched world.
    pub fn changes(&self) -> Vec<Value> {
        changes(&self.now, &self.snapshot(), &[])
    }

    /// Runs a case, tells what came of it, and puts everything back.
    pub fn run(&mut self, case: &Case) -> Outcome {
        let mut prepared = self.prepare(case);
        let before = if prepared.is_empty() && case.crd_patch.is_empty() {
            self.now.clone()
        } else {
            self.snapshot()
        };
        let responder = Responder::start(self.env.scene().api(), &case.responder, &before);
        let output = self.invoke(case);
        drop(responder);
        let mut after = self.snapshot();
        if case.settle {
            let begin = Instant::now();
            let leaving = |after: &Snapshot| -> bool {
                let is_leaving =
                    |object: &Value| object["metadata"].get("deletionTimestamp").is_some();
                after
                    .iter()
                    .any(|(key, object)| !key.starts_with("v1 Namespace/") && is_leaving(object))
            };
            // What stays is told as a difference.
            while leaving(&after) && begin.elapsed() < SETTLE {
                thread::sleep(Duration::from_millis(100));
                after = self.snapshot();
            }
        }
        let answered: Vec<&str> = case
            .responder
            .iter()
            .map(|rule| rule.object.as_str())
            .collect();
        let changes = changes(&before, &after, &answered);
        prepared.extend(touched(&before, &after));
        self.put_back(case, &prepared);
        Outcome { output, changes }
    }

    /// Changes the world for a case, and returns what was changed.
    fn prepare(&self, case: &Case) -> Vec<String> {
        self.remove_all(&case.absent);
        let mut prepared = case.absent.clone();
        for object in &case.objects {
            let mut object = object.clone();
            if let Some(known) = self
                .objects
                .get(&key(&object))
                .filter(|_| object.get("spec").is_none() && object.get("status").is_some())
            {
                let status = object["status"].take();
                object = known.clone();
                object["status"] = status;
            }
            self.put(&object);
            prepared.push(key(&object));
        }
        for patch in &case.crd_patch {
            let body = json!({ "metadata": { "labels": patch.labels } });
            let (code, answer) = self.call(
                &Method::PATCH,
                &format!("{DEFINITIONS}/{}", patch.crd),
                Some(&body),
            );
            assert_eq!(code, 200, "{}: {answer}", patch.crd);
        }
        prepared
    }

    /// Returns the program under the name of flux.
    fn as_flux(&self) -> PathBuf {
        let link = self.env.home().join("flux");
        // It may have been linked before.
        drop(symlink(env!("CARGO_BIN_EXE_gitops"), &link));
        link
    }

    fn invoke(&self, case: &Case) -> CommandOutput {
        self.kubelet.replace(&case.logs);
        let jane = self
            .env
            .scene()
            .kubeconfig(User::Jane)
            .display()
            .to_string();
        let work = self.env.folder().join(&case.name);
        for (path, text) in &case.files {
            self.env.file(&format!("{}/{path}", case.name), text);
        }
        std::fs::create_dir_all(&work).expect("the folder of the run can be written");
        let folder = work.display().to_string();
        let arguments = case
            .args
            .iter()
            .map(|argument| argument.replace("${CWD}", &folder));
        let command = match case.args[0].as_str() {
            // Under its own name the program leaves `metadata.generation` out (quirk 55).
            "diff" => self.env.other_command(&self.as_flux(), arguments),
            _ => self.env.command(arguments),
        };
        let command = command.within(&work).stdin(&case.stdin);
        let with = |command: crate::scene::Invocation, (name, value): (&String, &String)| {
            command.variable(name, &value.replace("${KUBECONFIG_JANE}", &jane))
        };
        case.env.iter().fold(command, with).run()
    }

    fn put_back(&mut self, case: &Case, keys: &[String]) {
        if keys.iter().any(|key| key.contains(DEFINITION)) {
            let name = case.world.clone();
            return self.enter(&name);
        }
        for patch in &case.crd_patch {
            let object = &self.now[&format!("apiextensions.k8s.io/v1 {DEFINITION}/{}", patch.crd)];
            let mut labels = object["metadata"]["labels"].clone();
            for name in patch
                .labels
                .as_object()
                .into_iter()
                .flat_map(|labels| labels.keys())
            {
                if labels.get(name).is_none() {
                    labels[name] = Value::Null;
                }
            }
            let body = json!({ "metadata": { "labels": labels } });
            self.call(
                &Method::PATCH,
                &format!("{DEFINITIONS}/{}", patch.crd),
                Some(&body),
            );
        }
        if !keys.is_empty() {
            self.remove_all(keys);
            self.put_all(keys);
        }
        if !keys.is_empty() || !case.crd_patch.is_empty() {
            self.now = self.snapshot();
        }
    }
}

/// Says whether the server makes the object by itself and keeps renewing it.
fn is_of_the_server(object: &Value) -> bool {
    const OWN: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];
    let (namespace, name) = (
        text(object, "/metadata/namespace"),
        text(object, "/metadata/name"),
    );
    OWN.contains(&namespace)
        || (object["kind"] == "Namespace" && OWN.contains(&name))
        || (object["kind"] == "Service" && namespace == "default" && name == "kubernetes")
        || object
            .pointer("/metadata/labels/kubernetes.io~1bootstrapping")
            .is_some()
}
