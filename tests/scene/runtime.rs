//! The one asynchronous runtime of a test run; tests themselves are plain functions.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::process::PATIENCE;

/// Returns the runtime; it lives as long as the run.
pub fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        // An error means that a test installed it before.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads can be started")
    })
}

/// Returns a client that trusts every certificate: what it talks to are our own processes on loopback.
pub fn client() -> reqwest::Client {
    runtime();
    reqwest::Client::builder()
        .tls_danger_accept_invalid_certs(true)
        .no_proxy()
        .timeout(PATIENCE)
        .user_agent("gitops-scene")
        .build()
        .expect("the settings are fixed")
}

/// Says whether a GET is answered with 200.
pub fn answers(url: &str) -> bool {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    let request = CLIENT
        .get_or_init(client)
        .get(url)
        .timeout(Duration::from_secs(10));
    runtime().block_on(async {
        request
            .send()
            .await
            .is_ok_and(|answer| answer.status() == 200)
    })
}
