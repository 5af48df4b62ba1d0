//! A controller's own objects, as its release publishes them: definitions, account, services, Deployment.

use serde_json::{Map, Value, json};

use super::component::{Component, EVENT_SINK, Port};

/// Returns what a controller is made of, before an installation's options are put in.
///
/// The order is the one of the documents: definitions, service account, services, Deployment.
pub(super) fn objects(component: &Component, definitions: Vec<Value>) -> Vec<Value> {
    let mut objects: Vec<_> = definitions
        .into_iter()
        .map(|crd| definition(component, crd))
        .collect();
    objects.push(account(component));
    objects.extend(services(component));
    objects.push(deployment(component));
    objects
}

/// Labels a definition.
fn definition(component: &Component, mut crd: Value) -> Value {
    crd["metadata"]["labels"] = labels(component);
    crd
}

fn account(component: &Component) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": component.name, "labels": labels(component)},
    })
}

fn services(component: &Component) -> impl Iterator<Item = Value> {
    component.services.iter().map(|service| {
        let mut labels = labels(component);
        labels["control-plane"] = service.plane.into();
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": service.name, "labels": labels},
            "spec": {
                "type": "ClusterIP",
                "selector": {"app": component.name},
                "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": service.target}],
            },
        })
    })
}

fn deployment(component: &Component) -> Value {
    let mut own = labels(component);
    own["control-plane"] = "controller".into();
    let mut spec = json!({
        "replicas": 1,
        "selector": {"matchLabels": {"app": component.name}},
        "template": pod(component),
    });
    if let Some(strategy) = component.strategy {
        spec["strategy"] = json!({"type": strategy});
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": component.name, "labels": own},
        "spec": spec,
    })
}

fn pod(component: &Component) -> Value {
    let mut labels = labels(component);
    labels["app"] = component.name.into();
    let volumes: Vec<_> = component
        .volumes
        .iter()
        .map(|volume| json!({"name": volume.name, "emptyDir": {}}))
        .collect();
    let mut spec = json!({
        "containers": [container(component)],
        "securityContext": {"fsGroup": 1337},
        "serviceAccountName": component.name,
        "terminationGracePeriodSeconds": component.grace,
        "volumes": volumes,
    });
    if let Some(priority) = component.priority {
        spec["priorityClassName"] = priority.into();
    }
    json!({
        "metadata": {
            "annotations": {"prometheus.io/port": "8080", "prometheus.io/scrape": "true"},
            "labels": labels,
        },
        "spec": spec,
    })
}

fn container(component: &Component) -> Value {
    let (path, port) = component.readiness;
    let mounts: Vec<_> = component
        .volumes
        .iter()
        .map(|volume| json!({"name": volume.name, "mountPath": volume.mount}))
        .collect();
    json!({
        "name": "manager",
        "image": format!("fluxcd/{}:{}", component.name, component.version),
        "imagePullPolicy": "IfNotPresent",
        "args": arguments(component),
        "env": variables(component),
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": "healthz"}},
        "readinessProbe": {"httpGet": {"path": path, "port": port}},
        "ports": ports(component),
        "resources": {
            "limits": {"cpu": "1000m", "memory": "1Gi"},
            "requests": {"cpu": component.cpu, "memory": "64Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true,
            "runAsNonRoot": true,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": mounts,
    })
}

/// Lists the arguments in the order that an installation's options count on.
///
/// Who receives events does not send them to itself, so its list starts one later.
fn arguments(component: &Component) -> Vec<&'static str> {
    let events = (component.name != EVENT_SINK).then_some("--events-addr=");
    let common = [
        "--watch-all-namespaces=true",
        "--log-level=info",
        "--log-encoding=json",
        "--enable-leader-election",
    ];
    events
        .into_iter()
        .chain(common)
        .chain(component.arguments.iter().copied())
        .collect()
}

fn variables(component: &Component) -> Vec<Value> {
    let namespace = json!({
        "name": "RUNTIME_NAMESPACE",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}},
    });
    let memory = json!({
        "name": "GOMEMLIMIT",
        "valueFrom": {"resourceFieldRef": {"containerName": "manager", "resource": "limits.memory"}},
    });
    let own = component
        .variables
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}));
    std::iter::once(namespace)
        .chain(own)
        .chain([memory])
        .collect()
}

fn ports(component: &Component) -> Vec<Value> {
    const COMMON: &[Port] = &[
        Port {
            name: "http-prom",
            number: 8080,
        },
        Port {
            name: "healthz",
            number: 9440,
        },
    ];
    let ports = component.ports.iter().chain(COMMON);
    ports
        .map(|port| json!({"name": port.name, "containerPort": port.number, "protocol": "TCP"}))
        .collect()
}

fn labels(component: &Component) -> Value {
    let pairs = [
        ("app.kubernetes.io/component", component.name),
        ("app.kubernetes.io/part-of", "flux"),
    ];
    Value::Object(Map::from_iter(
        pairs.map(|(key, value)| (key.to_owned(), value.into())),
    ))
}
