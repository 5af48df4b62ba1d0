//! A real OCI registry, over plain HTTP and open to everyone.

use std::fmt::Write as _;
use std::fs;
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::port;
use super::process::{PATIENCE, Process, Program, with_ports};
use super::program;
use super::run::new_folder;
use super::runtime::{answers, client, runtime};

/// A running registry; dropping it kills it.
pub struct Registry {
    process: Process,
    port: u16,
}

impl Registry {
    /// Returns the one that a test run shares; nothing, and a line that says why, where it is not built.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Registry> = OnceLock::new();
        program::are_built(&["registry"]).then(|| SHARED.get_or_init(Self::start))
    }

    /// Starts an empty one and waits until it is ready.
    pub fn start() -> Self {
        let folder = new_folder("registry");
        let (process, port) = with_ports(|| {
            let port = port::free();
            fs::write(folder.join("config.yml"), settings(port))
                .expect("the folder of the run can be written");
            let process = Program::new(&program::built("registry"), &folder)
                .arguments(["serve", "config.yml"])
                .variable("OTEL_TRACES_EXPORTER", "none")
                .start();
            process.until_ready(PATIENCE, || {
                answers(&format!("http://127.0.0.1:{port}/v2/"))
            })?;
            Ok((process, port))
        });
        Self { process, port }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Pushes an image without layers: enough for what only looks at tags.
    pub fn push_tag(&self, repository: &str, tag: &str) {
        let base = format!("http://{}/v2/{repository}", self.host());
        // The configuration differs from tag to tag, so that each image has a digest of its own.
        let config = json!({ "architecture": "amd64", "os": "linux", "config": { "Labels": { "tag": tag } } }).to_string();
        let digest = format!("sha256:{}", hex(&Sha256::digest(&config)));
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len() },
            "layers": [],
        });
        let (_, location) = send(
            Method::POST,
            &format!("{base}/blobs/uploads/"),
            "",
            String::new(),
        );
        let joint = if location.contains('?') { '&' } else { '?' };
        send(
            Method::PUT,
            &format!("{location}{joint}digest={digest}"),
            "application/octet-stream",
            config,
        );
        let kind = "application/vnd.oci.image.manifest.v1+json";
        send(
            Method::PUT,
            &format!("{base}/manifests/{tag}"),
            kind,
            manifest.to_string(),
        );
    }

    /// Returns the end of its log.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a text takes all");
        text
    })
}

/// Sends a request that must succeed; returns its status and where it points.
fn send(method: Method, url: &str, kind: &str, body: String) -> (u16, String) {
    let what = format!("{method} {url}");
    let request = client()
        .request(method, url)
        .header("Content-Type", kind)
        .body(body);
    runtime().block_on(async {
        let answer = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
        let location = answer
            .headers()
            .get("Location")
            .and_then(|value| value.to_str().ok());
        (
            answer.status().as_u16(),
            location.unwrap_or_default().to_owned(),
        )
    })
}

fn settings(port: u16) -> String {
    format!(
        "version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage:
  inmemory: {{}}
  delete: {{enabled: true}}
  cache: {{blobdescriptor: inmemory}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: \"127.0.0.1:{port}\", secret: scene}}
"
    )
}
