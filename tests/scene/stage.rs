//! A test's place in a cluster: a namespace of its own in one that the run shares, or a whole cluster of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Api, Resource, Wanted, items};
use super::audit;
use super::cluster::Cluster;
use super::control_plane::ControlPlane;
use super::definitions;
use super::kubeconfig::User;
use super::manifest::{documents, is_ready};
use super::process::PATIENCE;
use super::program::{self, API_SERVER, CLUSTER};

/// How many API servers of their own tests may have at the same time: each takes half a gigabyte of memory and
/// an eighth of one on disk. That is what six tests with a cluster each want; the one that wants two of them leaves
/// nobody waiting for ever.
const PRIVATE_AT_ONCE: usize = 12;

/// What a cluster with all its controllers counts for.
const CLUSTER_COUNTS: usize = 2;

/// Where a test plays.
pub struct Scene {
    stage: Stage,
    namespace: String,
}

enum Stage {
    Shared(&'static Cluster),
    SharedServer(&'static ControlPlane),
    Private(Owned<Cluster>),
    PrivateServer(Owned<ControlPlane>),
}

/// What one test has for itself; the right to it ends after it.
struct Owned<T> {
    value: Box<T>,
    _permit: Permit,
}

impl<T> Owned<T> {
    /// Waits for the right to have something that counts as `count` API servers, and starts it.
    fn start(count: usize, start: impl FnOnce() -> T) -> Self {
        let permit = Permit::take(count);
        Self {
            value: Box::new(start()),
            _permit: permit,
        }
    }
}

impl Scene {
    /// Takes a new namespace in the run's cluster with all controllers. Like its siblings it returns nothing, and
    /// says why, where programs are missing.
    pub fn shared() -> Option<Self> {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        let definitions = needs(CLUSTER)?;
        Some(Self::on(Stage::Shared(
            SHARED.get_or_init(|| Cluster::start(definitions)),
        )))
    }

    /// Takes a new namespace on the run's API server that no controller acts on: what a test writes into a status stays.
    pub fn server() -> Option<Self> {
        static SHARED: OnceLock<ControlPlane> = OnceLock::new();
        let definitions = needs(API_SERVER)?;
        Some(Self::on(Stage::SharedServer(
            SHARED.get_or_init(|| server_with(definitions)),
        )))
    }

    /// Starts a cluster with all controllers, for this test alone.
    pub fn private() -> Option<Self> {
        let definitions = needs(CLUSTER)?;
        Some(Self::on(Stage::Private(Owned::start(
            CLUSTER_COUNTS,
            || Cluster::start(definitions),
        ))))
    }

    /// Starts a cluster that knows nothing of Flux, for this test alone; once somebody installs Flux's kinds, its
    /// controllers run beside the cluster.
    pub fn private_bare() -> Option<Self> {
        if !program::are_built(CLUSTER) {
            return None;
        }
        Some(Self::on(Stage::Private(Owned::start(
            CLUSTER_COUNTS,
            Cluster::start_bare,
        ))))
    }

    /// Starts an API server with Flux's kinds and no controller, for this test alone.
    pub fn private_server() -> Option<Self> {
        let definitions = needs(API_SERVER)?;
        Some(Self::on(Stage::PrivateServer(Owned::start(1, || {
            server_with(definitions)
        }))))
    }

    /// Starts an API server without Flux's kinds and without controllers, for this test alone.
    pub fn private_bare_server() -> Option<Self> {
        if !program::are_built(API_SERVER) {
            return None;
        }
        Some(Self::on(Stage::PrivateServer(Owned::start(
            1,
            ControlPlane::start,
        ))))
    }

    fn on(stage: Stage) -> Self {
        let scene = Self {
            stage,
            namespace: new_name(),
        };
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": scene.namespace } });
        scene.api().apply_all(vec![namespace], "");
        scene
    }

    fn plane(&self) -> &ControlPlane {
        match &self.stage {
            Stage::Shared(cluster) => cluster.plane(),
            Stage::SharedServer(plane) => plane,
            Stage::Private(owned) => owned.value.plane(),
            Stage::PrivateServer(owned) => &owned.value,
        }
    }

    /// Returns the cluster; `None` where there is an API server only.
    pub fn cluster(&self) -> Option<&Cluster> {
        match &self.stage {
            Stage::Shared(cluster) => Some(cluster),
            Stage::Private(owned) => Some(&owned.value),
            Stage::SharedServer(_) | Stage::PrivateServer(..) => None,
        }
    }

    /// Returns the namespace that is this test's own.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns a client with all rights.
    pub fn api(&self) -> &Api {
        self.plane().api()
    }

    /// Returns the API server's address.
    pub fn address(&self) -> &str {
        self.plane().server()
    }

    /// Returns the kubeconfig of a user.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.plane().kubeconfig(user)
    }

    /// Returns the certificate authority of the API server, as a file.
    pub fn authority(&self) -> PathBuf {
        self.plane().authority()
    }

    /// Applies the documents of a YAML text; `${NAMESPACE}` in it is the test's own, and what names none goes there too.
    pub fn apply(&self, yaml: &str) -> Vec<Value> {
        self.api().apply_all(
            documents(&yaml.replace("${NAMESPACE}", &self.namespace)),
            &self.namespace,
        )
    }

    /// Applies a file of `fixtures/cluster`.
    pub fn fill(&self, fixture: &str) -> Vec<Value> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures/cluster")
            .join(fixture);
        let yaml =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.apply(&yaml)
    }

    /// Returns an object, named as `Kind/name` or `Kind/namespace/name`, if it is there.
    pub fn object(&self, target: &str) -> Option<Value> {
        let (status, object) = self
            .api()
            .call(Method::GET, &self.locate(target).path(), None);
        match status {
            200 => Some(object),
            404 => None,
            _ => panic!("GET {target}: {status} {object}"),
        }
    }

    /// Returns the objects of a kind in the test's namespace, or in the cluster where the kind knows no namespaces.
    pub fn list(&self, kind: &str) -> Vec<Value> {
        let path = self.api().resource(kind).collection(&self.namespace);
        let (status, list) = self.api().call(Method::GET, &path, None);
        assert_eq!(status, 200, "GET {path}: {list}");
        items(&list, "items").to_vec()
    }

    /// Merges a patch into an object and returns the result.
    pub fn patch(&self, target: &str, patch: &Value) -> Value {
        self.write(Method::PATCH, &self.locate(target).path(), patch)
    }

    /// Merges into an object's status and returns the object.
    pub fn patch_status(&self, target: &str, status: &Value) -> Value {
        self.write(
            Method::PATCH,
            &format!("{}/status", self.locate(target).path()),
            &json!({ "status": status }),
        )
    }

    /// Deletes an object; it is no error if there is none.
    pub fn delete(&self, target: &str) {
        let (status, answer) = self
            .api()
            .call(Method::DELETE, &self.locate(target).path(), None);
        assert!(
            matches!(status, 200 | 202 | 404),
            "DELETE {target}: {status} {answer}"
        );
    }

    fn write(&self, method: Method, path: &str, body: &Value) -> Value {
        let what = format!("{method} {path}");
        let (status, answer) = self.api().call(method, path, Some(body));
        assert!(matches!(status, 200 | 201), "{what}: {status} {answer}");
        answer
    }

    /// Waits until an object is as `wanted` says; `what` says it in words, for the message of a failure.
    pub fn wait_until(&self, target: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let accepts = |object: Option<&Value>| object.is_some_and(&wanted);
        let place = self.locate(target);
        let wanted = Wanted {
            limit: PATIENCE,
            accepts: &accepts,
        };
        let found = self
            .api()
            .watch(&place.resource, &place.namespace, &place.name, &wanted);
        found.unwrap_or_else(|last| panic!("{}", self.complaint(target, what, last.as_ref())))
    }

    /// Waits until an object's controller says that it is ready.
    pub fn wait_ready(&self, target: &str) -> Value {
        self.wait_until(target, "ready", is_ready)
    }

    /// Waits until there is no such object.
    pub fn wait_gone(&self, target: &str) {
        let place = self.locate(target);
        self.api()
            .until(&format!("{target} is gone"), PATIENCE, || {
                self.api().call(Method::GET, &place.path(), None).0 == 404
            });
    }

    /// Returns what the program's users wrote in the test's namespace and on cluster-wide objects, a line each.
    ///
    /// Dry runs are not among them. On a shared cluster the cluster-wide writes of other tests show, too.
    pub fn writes(&self) -> String {
        audit::writes(self.plane(), &self.namespace)
    }

    fn complaint(&self, target: &str, what: &str, last: Option<&Value>) -> String {
        let shown = last.map_or_else(
            || "it is not there".to_owned(),
            |object| format!("spec: {:#}\nstatus: {:#}", object["spec"], object["status"]),
        );
        let logs = self
            .cluster()
            .map_or_else(|| self.plane().log_tails(), Cluster::log_tails);
        format!(
            "{target} is not {what} after {} s\n{shown}\n{logs}",
            PATIENCE.as_secs()
        )
    }

    fn locate(&self, target: &str) -> Place {
        let words: Vec<&str> = target.split('/').collect();
        let (kind, namespace, name) = match words[..] {
            [kind, name] => (kind, self.namespace.as_str(), name),
            [kind, namespace, name] => (kind, namespace, name),
            _ => panic!("`{target}` is neither Kind/name nor Kind/namespace/name"),
        };
        Place {
            resource: self.api().resource(kind),
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

/// Where an object is.
struct Place {
    resource: Resource,
    namespace: String,
    name: String,
}

impl Place {
    fn path(&self) -> String {
        format!(
            "{}/{}",
            self.resource.collection(&self.namespace),
            self.name
        )
    }
}

/// Returns Flux's definitions where these programs are built and definitions can be had.
fn needs(programs: &[&str]) -> Option<&'static [Value]> {
    if !program::are_built(programs) {
        return None;
    }
    let definitions = definitions::of_this_run();
    if definitions.is_none() {
        program::skip(
            "no Flux definitions: the program exports none, and there is no reference data",
        );
    }
    definitions
}

fn server_with(definitions: &[Value]) -> ControlPlane {
    let plane = ControlPlane::start();
    definitions::apply(plane.api(), definitions, PATIENCE);
    plane
}

/// Returns a name that no other test of the run has, eleven characters long: as long as the `[NAMESPACE]`
/// that stands for it in snapshots, so that columns keep their width.
fn new_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // Spread, so that no name looks like a number or like its neighbour.
    let number = NEXT
        .fetch_add(1, Ordering::Relaxed)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        >> 32;
    let letters = (0..8).map(|place| {
        char::from(b'a' + u8::try_from(number >> (4 * place) & 15).expect("below 16"))
    });
    format!("ns-{}", letters.collect::<String>())
}

/// The right to have so many API servers of one's own, until it is dropped.
struct Permit(usize);

static TAKEN: Mutex<usize> = Mutex::new(0);
static RETURNED: Condvar = Condvar::new();

impl Permit {
    fn take(count: usize) -> Self {
        let taken = TAKEN.lock().expect("no holder panics");
        let mut taken = RETURNED
            .wait_while(taken, |taken| *taken + count > PRIVATE_AT_ONCE)
            .expect("no holder panics");
        *taken += count;
        Self(count)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *TAKEN.lock().expect("no holder panics") -= self.0;
        RETURNED.notify_all();
    }
}
