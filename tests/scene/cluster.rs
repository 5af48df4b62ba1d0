//! A whole cluster: control plane, controller manager, a fake node, and the Flux controllers.

use std::fs;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::container_log::ContainerLog;
use super::control_plane::ControlPlane;
use super::controller::{self, Kubelet};
use super::definitions;
use super::kubeconfig::User;
use super::manifest::{documents, text};
use super::port;
use super::process::{NotReady, PATIENCE, Process, Program, with_ports};
use super::program;

/// What runs of Kubernetes' own controllers; no node-lifecycle, since no kubelet sends heartbeats.
const KUBERNETES_CONTROLLERS: &[&str] = &[
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "cronjob-controller",
    "endpoints-controller",
    "endpointslice-controller",
    "clusterrole-aggregation-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "disruption-controller",
    "horizontal-pod-autoscaler-controller",
    "pod-garbage-collector-controller",
    "ttl-after-finished-controller",
];

/// A running cluster. Dropping it kills everything in it.
pub struct Cluster {
    kubelet: Kubelet,
    controller_manager: Process,
    kwok: Process,
    plane: ControlPlane,
}

impl Cluster {
    /// Starts a cluster with Flux's kinds, and waits until its controllers are ready.
    pub fn start(definitions: &[Value]) -> Self {
        let cluster = Self::start_bare();
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": "flux-system" },
        });
        cluster.plane.api().apply_all(vec![namespace], "");
        definitions::apply(cluster.plane.api(), definitions, PATIENCE);
        assert!(
            cluster.kubelet.until_ready(controller::ALL, PATIENCE),
            "the controllers are not ready\n{}",
            cluster.log_tails()
        );
        cluster
    }

    /// Starts a cluster that knows nothing of Flux; its controllers start as soon as somebody installs their kinds.
    pub fn start_bare() -> Self {
        let plane = ControlPlane::start();
        let container_log = ContainerLog::create(plane.folder());
        let controller_manager = with_ports(|| controller_manager(&plane));
        let kwok = with_ports(|| kwok(&plane, container_log.path()));
        prepare_nodes(&plane);
        let kubeconfig = plane.kubeconfig(User::Component);
        let kubelet = Kubelet::start(plane.api(), plane.folder(), &kubeconfig, container_log);
        Self {
            kubelet,
            controller_manager,
            kwok,
            plane,
        }
    }

    /// Returns its control plane.
    pub fn plane(&self) -> &ControlPlane {
        &self.plane
    }

    /// Returns who looks after its Flux controllers.
    pub fn kubelet(&self) -> &Kubelet {
        &self.kubelet
    }

    /// Returns the ends of all logs, for the message of a failure.
    pub fn log_tails(&self) -> String {
        let others = [
            ("kube-controller-manager", &self.controller_manager),
            ("kwok", &self.kwok),
        ];
        let tail =
            |(name, process): (&str, &Process)| format!("--- {name}\n{}\n", process.log_tail());
        let others = others.map(tail).concat();
        self.kubelet.log_tails() + &others + &self.plane.log_tails()
    }
}

fn controller_manager(plane: &ControlPlane) -> Result<Process, NotReady> {
    let (folder, port) = (plane.folder(), port::free());
    let path = |name: &str| folder.join(name).display().to_string();
    let process = Program::new(&program::built("kube-controller-manager"), folder)
        .argument(format!(
            "--kubeconfig={}",
            plane.kubeconfig(User::Component).display()
        ))
        .arguments([
            "--leader-elect=false",
            "--bind-address=127.0.0.1",
            "--profiling=false",
        ])
        .argument(format!("--secure-port={port}"))
        .argument(format!("--cert-dir={}", path("pki-controller-manager")))
        .argument(format!(
            "--service-account-private-key-file={}",
            path("pki/sa.key")
        ))
        .argument(format!("--root-ca-file={}", plane.authority().display()))
        .argument(format!(
            "--controllers={}",
            KUBERNETES_CONTROLLERS.join(",")
        ))
        .start();
    let address = format!("https://127.0.0.1:{port}/healthz");
    process.until_ready(PATIENCE, || super::runtime::answers(&address))?;
    Ok(process)
}

fn kwok(plane: &ControlPlane, container_log: &Path) -> Result<Process, NotReady> {
    let (folder, port) = (plane.folder(), port::free());
    let configuration = folder.join("kwok.yaml");
    let logs = json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterLogs",
        "metadata": { "name": "controllers" },
        "spec": {
            "selector": { "matchNamespaces": ["flux-system"] },
            "logs": [{ "containers": ["manager"], "logsFile": container_log, "follow": true }],
        },
    });
    let text = format!("{}---\n{logs}\n", include_str!("stages.yaml"));
    fs::write(&configuration, text).expect("the folder of the run can be written");
    let process = Program::new(&program::built("kwok"), folder)
        .argument(format!(
            "--kubeconfig={}",
            plane.kubeconfig(User::Component).display()
        ))
        .argument(format!("--config={}", configuration.display()))
        .arguments([
            "--manage-all-nodes",
            "--node-ip=127.0.0.1",
            "--cidr=10.244.0.0/16",
        ])
        .argument(format!("--node-port={port}"))
        .argument(format!("--server-address=127.0.0.1:{port}"))
        .start();
    let address = format!("http://127.0.0.1:{port}/healthz");
    process.until_ready(PATIENCE, || super::runtime::answers(&address))?;
    Ok(process)
}

/// Makes the node and the policy that binds pods to it, and waits until the policy acts:
/// a pod that is made before stays Pending for ever.
fn prepare_nodes(plane: &ControlPlane) {
    let api = plane.api();
    api.apply_all(documents(include_str!("nodes.yaml")), "");
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "gate" },
        "spec": { "containers": [{ "name": "gate", "image": "gate" }] },
    });
    api.until("new pods are bound to the node", PATIENCE, || {
        let (_, made) = api.call(
            Method::POST,
            "/api/v1/namespaces/default/pods?dryRun=All",
            Some(&pod),
        );
        text(&made, "/spec/nodeName") == "kwok"
    });
}
