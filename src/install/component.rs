//! The table of Flux's controllers: what each is called, runs with, listens on and offers.

use std::fmt;

/// The Flux release that the tables and types of this program describe.
pub const RELEASE: &str = "v2.9.4";

/// The controller whose address the others send their events to.
pub(super) const EVENT_SINK: &str = "notification-controller";

/// The controller that makes artifacts out of others; with it, consumers accept such artifacts.
pub(super) const ARTIFACT_MAKER: &str = "source-watcher";

/// The service accounts that may do anything in the cluster: theirs is the work of applying.
pub(super) const APPLIERS: &[&str] = &["kustomize-controller", "helm-controller"];

/// Whether a controller is installed unless something else is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// It is part of every installation that names no components.
    Standard,
    /// It is installed where `--components-extra` names it.
    Extra,
}

/// A port that a controller listens on or serves.
pub(super) struct Port {
    pub(super) name: &'static str,
    pub(super) number: u16,
}

/// A folder that a controller may write to; it lives as long as the pod.
pub(super) struct Volume {
    pub(super) name: &'static str,
    pub(super) mount: &'static str,
}

/// A service in front of a controller.
pub(super) struct Service {
    pub(super) name: &'static str,
    /// The name of the container port that it leads to.
    pub(super) target: &'static str,
    /// The value of its `control-plane` label.
    pub(super) plane: &'static str,
}

/// One of Flux's controllers.
pub struct Component {
    /// Its name; its Deployment and service account have the same.
    pub name: &'static str,
    /// The version of its image.
    pub version: &'static str,
    /// Whether it belongs to the standard set.
    pub selection: Selection,
    /// The CPU that it asks for.
    pub(super) cpu: &'static str,
    /// The ports that it has besides metrics and health.
    pub(super) ports: &'static [Port],
    /// The path and the port that say whether it is ready.
    pub(super) readiness: (&'static str, &'static str),
    /// The folders that it may write to.
    pub(super) volumes: &'static [Volume],
    /// How many seconds it may take to stop.
    pub(super) grace: u32,
    /// The priority of its pods, where it matters more than others.
    pub(super) priority: Option<&'static str>,
    /// How a new version replaces the old one, where that is not the cluster's choice.
    pub(super) strategy: Option<&'static str>,
    /// Environment variables of its own.
    pub(super) variables: &'static [(&'static str, &'static str)],
    /// The arguments that only it has, after the common ones.
    pub(super) arguments: &'static [&'static str],
    /// The services in front of it.
    pub(super) services: &'static [Service],
    /// Whether it can consume artifacts that the source watcher makes.
    pub(super) artifacts: Artifacts,
}

/// What a controller does with artifacts that others publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Artifacts {
    /// It does not take them.
    Ignored,
    /// It takes them once a feature gate is open.
    Consumed,
    /// It keeps its own in a store with an address that others download from.
    Stored,
}

const CRITICAL: Option<&str> = Some("system-cluster-critical");
const HTTP: Port = Port {
    name: "http",
    number: 9090,
};
const READY: (&str, &str) = ("/readyz", "healthz");
const SERVED: (&str, &str) = ("/", "http");
const TEMPORARY: &[Volume] = &[Volume {
    name: "temp",
    mount: "/tmp",
}];
const STORE: &[Volume] = &[
    Volume {
        name: "data",
        mount: "/data",
    },
    Volume {
        name: "tmp",
        mount: "/tmp",
    },
];

/// What most controllers have in common; each row says how it differs.
const PLAIN: Component = Component {
    name: "",
    version: "",
    selection: Selection::Standard,
    cpu: "100m",
    ports: &[],
    readiness: READY,
    volumes: TEMPORARY,
    grace: 10,
    priority: None,
    strategy: None,
    variables: &[],
    arguments: &[],
    services: &[],
    artifacts: Artifacts::Ignored,
};

/// All controllers, in the order of the documentation.
pub static COMPONENTS: &[Component] = &[
    Component {
        name: "source-controller",
        version: "v1.9.4",
        cpu: "50m",
        ports: &[HTTP],
        readiness: SERVED,
        volumes: STORE,
        priority: CRITICAL,
        strategy: Some("Recreate"),
        variables: &[("TUF_ROOT", "/tmp/.sigstore")],
        arguments: &[
            "--storage-path=/data",
            "--storage-adv-addr=source-controller.$(RUNTIME_NAMESPACE).svc.cluster.local.",
        ],
        services: &[Service {
            name: "source-controller",
            target: "http",
            plane: "controller",
        }],
        artifacts: Artifacts::Stored,
        ..PLAIN
    },
    Component {
        name: "kustomize-controller",
        version: "v1.9.4",
        grace: 60,
        priority: CRITICAL,
        artifacts: Artifacts::Consumed,
        ..PLAIN
    },
    Component {
        name: "helm-controller",
        version: "v1.6.3",
        grace: 600,
        priority: CRITICAL,
        artifacts: Artifacts::Consumed,
        ..PLAIN
    },
    Component {
        name: EVENT_SINK,
        version: "v1.9.3",
        ports: &[
            HTTP,
            Port {
                name: "http-webhook",
                number: 9292,
            },
        ],
        services: &[
            Service {
                name: EVENT_SINK,
                target: "http",
                plane: "controller",
            },
            Service {
                name: "webhook-receiver",
                target: "http-webhook",
                plane: "controller",
            },
        ],
        ..PLAIN
    },
    Component {
        name: "image-reflector-controller",
        version: "v1.2.4",
        selection: Selection::Extra,
        volumes: &[
            Volume {
                name: "temp",
                mount: "/tmp",
            },
            Volume {
                name: "data",
                mount: "/data",
            },
        ],
        ..PLAIN
    },
    Component {
        name: "image-automation-controller",
        version: "v1.2.4",
        selection: Selection::Extra,
        ..PLAIN
    },
    Component {
        name: ARTIFACT_MAKER,
        version: "v2.2.3",
        selection: Selection::Extra,
        cpu: "50m",
        ports: &[HTTP],
        readiness: SERVED,
        volumes: STORE,
        priority: CRITICAL,
        strategy: Some("Recreate"),
        arguments: &[
            "--storage-path=/data",
            "--storage-adv-addr=source-watcher.$(RUNTIME_NAMESPACE).svc.cluster.local.",
        ],
        services: &[Service {
            name: ARTIFACT_MAKER,
            target: "http",
            plane: ARTIFACT_MAKER,
        }],
        artifacts: Artifacts::Stored,
        ..PLAIN
    },
];

/// The order in which the cluster-wide binding names the service accounts of all controllers.
pub(super) const ACCOUNTS: &[&str] = &[
    "kustomize-controller",
    "helm-controller",
    "source-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
    "source-watcher",
];

impl Component {
    /// Finds a controller by its name.
    pub fn named(name: &str) -> Option<&'static Self> {
        COMPONENTS.iter().find(|component| component.name == name)
    }

    /// Returns the controllers of a selection, in the order of the table.
    pub fn of(selection: Selection) -> impl Iterator<Item = &'static Self> {
        COMPONENTS
            .iter()
            .filter(move |component| component.selection == selection)
    }
}

impl fmt::Debug for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_complete_and_bound() {
        for component in COMPONENTS {
            assert!(
                component.version.starts_with('v'),
                "{component:?} has no version"
            );
            assert!(
                ACCOUNTS.contains(&component.name),
                "{component:?} has no rights in the cluster"
            );
        }
        assert_eq!(ACCOUNTS.len(), COMPONENTS.len());
    }
}
