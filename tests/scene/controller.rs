//! The Flux controllers: a table of them, and who keeps them running.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::api::Api;
use super::container_log::ContainerLog;
use super::definitions;
use super::port;
use super::process::{Process, Program};
use super::program;
use super::runtime::answers;

/// How often the kubelet looks after its controllers.
const LOOK: Duration = Duration::from_millis(100);

/// How many looks pass before the kubelet asks whether the kinds of what runs are still there.
const LOOKS_BETWEEN_CLOSINGS: usize = 10;

/// The ports that other processes and tests must know.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// Where source-controller serves artifacts.
    pub artifacts: u16,
    /// Where notification-controller takes events.
    pub events: u16,
    /// Where notification-controller takes the calls of receivers.
    pub receivers: u16,
}

/// One Flux controller.
struct Controller {
    name: &'static str,
    /// The API groups whose kinds it looks for when it starts, without their common ending.
    groups: &'static [&'static str],
    /// Its flags beside those that all have, from its home folder and the ports.
    flags: fn(&Path, Ports) -> Vec<String>,
}

const CONTROLLERS: &[Controller] = &[
    Controller {
        name: "source-controller",
        groups: &["source"],
        flags: source_flags,
    },
    Controller {
        name: "kustomize-controller",
        groups: &["source", "kustomize"],
        flags: applier_flags,
    },
    Controller {
        name: "helm-controller",
        groups: &["source", "helm"],
        flags: applier_flags,
    },
    Controller {
        name: "notification-controller",
        groups: &["notification"],
        flags: notification_flags,
    },
    Controller {
        name: "image-reflector-controller",
        groups: &["image"],
        flags: reflector_flags,
    },
    Controller {
        name: "image-automation-controller",
        groups: &["source", "image"],
        flags: |_, ports| vec![events_flag(ports)],
    },
];

/// The controllers that are installed where nothing else is asked for.
pub const DEFAULT: &[&str] = &[
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
];

/// Every controller that runs here.
pub const ALL: &[&str] = &[
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "notification-controller",
    "image-reflector-controller",
    "image-automation-controller",
];

fn events_flag(ports: Ports) -> String {
    format!("--events-addr=http://127.0.0.1:{}/", ports.events)
}

fn source_flags(home: &Path, ports: Ports) -> Vec<String> {
    vec![
        events_flag(ports),
        format!("--storage-path={}", home.join("data").display()),
        format!("--storage-addr=127.0.0.1:{}", ports.artifacts),
        format!("--storage-adv-addr=127.0.0.1:{}", ports.artifacts),
        "--interval-jitter-percentage=0".into(),
    ]
}

fn applier_flags(_: &Path, ports: Ports) -> Vec<String> {
    vec![
        events_flag(ports),
        "--feature-gates=ExternalArtifact=true".into(),
        "--requeue-dependency=1s".into(),
        "--interval-jitter-percentage=0".into(),
    ]
}

/// Here `--events-addr` is the address to listen on, and the receivers' flag is in camel case.
fn notification_flags(_: &Path, ports: Ports) -> Vec<String> {
    vec![
        format!("--events-addr=127.0.0.1:{}", ports.events),
        format!("--receiverAddr=127.0.0.1:{}", ports.receivers),
    ]
}

fn reflector_flags(home: &Path, ports: Ports) -> Vec<String> {
    vec![
        events_flag(ports),
        format!("--storage-path={}", home.join("data").display()),
    ]
}

/// Starts each controller when the server lists its kinds, starts it again when it ends, and ends it when its
/// kinds are gone: what a kubelet does with the pods of an installation.
pub struct Kubelet {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    api: Api,
    folder: PathBuf,
    kubeconfig: PathBuf,
    ports: Ports,
    container_log: ContainerLog,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopped: bool,
    restarts: usize,
    running: Vec<Running>,
}

struct Running {
    name: &'static str,
    health: u16,
    process: Process,
    is_ready: bool,
}

impl Kubelet {
    /// Begins to look after the controllers of the cluster at `api`.
    pub fn start(api: &Api, folder: &Path, kubeconfig: &Path, container_log: ContainerLog) -> Self {
        let shared = Arc::new(Shared {
            api: api.clone(),
            folder: folder.into(),
            kubeconfig: kubeconfig.into(),
            ports: Ports {
                artifacts: port::free(),
                events: port::free(),
                receivers: port::free(),
            },
            container_log,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let thread = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.look_after()
        });
        Self {
            shared,
            thread: Some(thread),
        }
    }

    /// Waits until these controllers are ready; says whether they are.
    pub fn until_ready(&self, names: &[&str], limit: Duration) -> bool {
        let waiting = |state: &mut State| !names.iter().all(|name| state.is_ready(name));
        let changed = &self.shared.changed;
        let waited = changed.wait_timeout_while(self.shared.state(), limit, waiting);
        !waited.expect("no holder panics").1.timed_out()
    }

    /// Returns the ports of the controllers.
    pub fn ports(&self) -> Ports {
        self.shared.ports
    }

    /// Returns the names of the controllers that run.
    pub fn running(&self) -> Vec<&'static str> {
        let state = self.shared.state();
        state.running.iter().map(|running| running.name).collect()
    }

    /// Returns how often a controller ended and was started again.
    pub fn restarts(&self) -> usize {
        self.shared.state().restarts
    }

    /// Kills a controller, as a crash would; it is started again.
    pub fn crash(&self, name: &str) {
        let mut state = self.shared.state();
        let found = state
            .running
            .iter_mut()
            .find(|running| running.name == name);
        let running = found.unwrap_or_else(|| panic!("no controller `{name}` runs"));
        running.is_ready = false;
        running.process.kill();
    }

    /// Returns the ends of all logs, for the message of a failure.
    pub fn log_tails(&self) -> String {
        let tail =
            |running: &Running| format!("--- {}\n{}\n", running.name, running.process.log_tail());
        let state = self.shared.state();
        state.running.iter().map(tail).collect::<Vec<_>>().concat()
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.shared.state().stopped = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed when it happened.
            drop(thread.join());
        }
    }
}

impl State {
    fn is_ready(&self, name: &str) -> bool {
        let found = self.running.iter().find(|running| running.name == name);
        found.is_some_and(|running| running.is_ready)
    }

    fn runs(&self, name: &str) -> bool {
        self.running.iter().any(|running| running.name == name)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }

    fn look_after(&self) {
        for look in 0_usize.. {
            self.open_and_close(look.is_multiple_of(LOOKS_BETWEEN_CLOSINGS));
            self.restart();
            self.container_log.copy();
            self.changed.notify_all();
            let waited = self
                .changed
                .wait_timeout_while(self.state(), LOOK, |state| !state.stopped);
            let mut state = waited.expect("no holder panics").0;
            if state.stopped {
                state.running.clear();
                return;
            }
        }
    }

    /// Starts the controllers whose kinds have come; where `closes`, ends those whose kinds have gone.
    fn open_and_close(&self, closes: bool) {
        for controller in CONTROLLERS {
            let runs = self.state().runs(controller.name);
            if runs && !closes {
                continue;
            }
            let is_served = definitions::are_served(&self.api, controller.groups);
            if is_served && !runs {
                let running = self.launch(controller);
                self.state().running.push(running);
            }
            if !is_served && runs && self.api.is_ready() {
                let mut state = self.state();
                state
                    .running
                    .retain(|running| running.name != controller.name);
            }
        }
    }

    /// Starts again what has ended, and notes what has got ready.
    fn restart(&self) {
        let mut state = self.state();
        let mut restarts = 0;
        for running in &mut state.running {
            if running.process.ended().is_some() {
                let controller = CONTROLLERS.iter().find(|known| known.name == running.name);
                *running = self.launch(controller.expect("it was started from the table"));
                restarts += 1;
            } else if !running.is_ready {
                running.is_ready = answers(&format!("http://127.0.0.1:{}/readyz", running.health));
            }
        }
        state.restarts += restarts;
    }

    fn launch(&self, controller: &Controller) -> Running {
        let home = self.folder.join(controller.name);
        fs::create_dir_all(home.join("data")).expect("the folder of the run can be written");
        let (metrics, health) = (port::free(), port::free());
        let program = Program::new(&program::built(controller.name), &home)
            .argument(format!("--metrics-addr=127.0.0.1:{metrics}"))
            .argument(format!("--health-addr=127.0.0.1:{health}"))
            .arguments(["--log-level=info", "--log-encoding=json"])
            .arguments(["--watch-all-namespaces=true", "--min-retry-delay=200ms"])
            .arguments((controller.flags)(&home, self.ports))
            .variable("KUBECONFIG", self.kubeconfig.display().to_string())
            .variable("RUNTIME_NAMESPACE", "flux-system")
            .variable("GOMEMLIMIT", "400MiB");
        let process = program.start();
        self.container_log.follow(process.log());
        Running {
            name: controller.name,
            health,
            process,
            is_ready: false,
        }
    }
}
