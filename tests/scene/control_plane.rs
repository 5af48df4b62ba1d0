//! etcd and the API server: all that reads, writes and refusals need.

use std::fs;
use std::path::{Path, PathBuf};

use super::api::Api;
use super::kubeconfig::{self, User, write_private};
use super::port;
use super::process::{NotReady, PATIENCE, Process, Program, with_ports};
use super::program;
use super::run::Scratch;
use super::runtime::answers;

/// Every write of the users that tests act as, with its body; nothing else.
const AUDIT_POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- {level: Request, users: [admin, jane], verbs: [create, update, patch, delete, deletecollection]}
- {level: None}
";

/// A running API server with its etcd. Dropping it kills both, the server first, and removes their files.
pub struct ControlPlane {
    processes: Processes,
    folder: Scratch,
}

/// What runs, and how it is reached.
struct Processes {
    api_server: Process,
    etcd: Process,
    server: String,
    api: Api,
}

impl ControlPlane {
    /// Starts both and waits until the API server is ready.
    pub fn start() -> Self {
        let folder = Scratch::new("cluster");
        prepare(folder.path());
        let processes = with_ports(|| Processes::start(folder.path()));
        Self { processes, folder }
    }

    /// Returns the address of the API server.
    pub fn server(&self) -> &str {
        &self.processes.server
    }

    /// Returns the folder with its files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the harness's own client.
    pub fn api(&self) -> &Api {
        &self.processes.api
    }

    /// Returns the kubeconfig file of a user.
    pub fn kubeconfig(&self, user: User) -> PathBuf {
        self.folder
            .path()
            .join(format!("kubeconfig-{}", user.name()))
    }

    /// Returns the certificate authority of the server, as a file.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("pki/apiserver.crt")
    }

    /// Returns the log of every write that a test's user made.
    pub fn audit_log(&self) -> PathBuf {
        self.folder.path().join("audit.log")
    }

    /// Returns the ends of both logs, for the message of a failure.
    pub fn log_tails(&self) -> String {
        format!(
            "--- kube-apiserver\n{}\n--- etcd\n{}\n",
            self.processes.api_server.log_tail(),
            self.processes.etcd.log_tail()
        )
    }
}

impl Processes {
    fn start(folder: &Path) -> Result<Self, NotReady> {
        let etcd_url = format!("http://127.0.0.1:{}", port::free());
        let etcd = etcd(folder, &etcd_url).start();
        // The API server would wait for etcd by itself, but its first try comes back late.
        etcd.until_ready(PATIENCE, || answers(&format!("{etcd_url}/health")))?;
        let port = port::free();
        let server = format!("https://127.0.0.1:{port}");
        let api_server = api_server(folder, &etcd_url, port).start();
        let api = Api::new(&server, User::Scene.token());
        api_server.until_ready(PATIENCE, || api.is_ready())?;
        for user in User::ALL {
            kubeconfig::write(folder, user, &server, &folder.join("pki/apiserver.crt"));
        }
        Ok(Self {
            api_server,
            etcd,
            server,
            api,
        })
    }
}

fn prepare(folder: &Path) {
    fs::create_dir_all(folder.join("pki")).expect("the folder of the run can be written");
    let key = rcgen::KeyPair::generate().expect("the system has randomness");
    write_private(&folder.join("pki/sa.key"), &key.serialize_pem());
    write_private(&folder.join("pki/sa.pub"), &key.public_key_pem());
    write_private(&folder.join("tokens.csv"), &kubeconfig::token_file());
    write_private(&folder.join("audit-policy.yaml"), AUDIT_POLICY);
}

fn etcd(folder: &Path, url: &str) -> Program {
    // A second try must not meet the first one's data, which names the first one's address.
    let data = folder.join(format!(
        "etcd-{}",
        url.rsplit(':').next().unwrap_or_default()
    ));
    Program::new(&program::built("etcd"), folder)
        .argument("--name=e")
        .argument(format!("--data-dir={}", data.display()))
        .arguments(["--unsafe-no-fsync", "--log-level=warn"])
        .argument(format!("--listen-client-urls={url}"))
        .argument(format!("--advertise-client-urls={url}"))
        .arguments([
            "--listen-peer-urls=http://127.0.0.1:0",
            "--initial-advertise-peer-urls=http://127.0.0.1:0",
        ])
        .argument("--initial-cluster=e=http://127.0.0.1:0")
}

fn api_server(folder: &Path, etcd: &str, port: u16) -> Program {
    let path = |name: &str| folder.join(name).display().to_string();
    Program::new(&program::built("kube-apiserver"), folder)
        .argument(format!("--etcd-servers={etcd}"))
        .argument(format!("--cert-dir={}", path("pki")))
        .argument(format!("--secure-port={port}"))
        .arguments(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        .argument(format!("--token-auth-file={}", path("tokens.csv")))
        .arguments([
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
        ])
        .argument(format!("--service-account-key-file={}", path("pki/sa.pub")))
        .argument(format!(
            "--service-account-signing-key-file={}",
            path("pki/sa.key")
        ))
        .arguments([
            "--service-cluster-ip-range=10.0.0.0/24",
            "--endpoint-reconciler-type=none",
        ])
        .arguments(["--allow-privileged=true", "--profiling=false"])
        // It would taint each new node, and no node-lifecycle controller runs to lift the taint.
        .argument("--disable-admission-plugins=TaintNodesByCondition")
        .argument(format!("--audit-policy-file={}", path("audit-policy.yaml")))
        .argument(format!("--audit-log-path={}", path("audit.log")))
}
