//! `GITOPS_LOG`: what the libraries below say about their work, on standard error.

use std::io;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::env;

/// Libraries that log the bodies of answers, secrets too: they keep silent whatever the variable says.
const SILENT: &[&str] = &["kube_client::client", "hyper", "h2", "rustls"];

/// Starts the log where the variable asks for one; an unknown level counts as none.
pub fn start() {
    let Some(level) = env::GITOPS_LOG
        .text()
        .and_then(|text| text.parse::<LevelFilter>().ok())
    else {
        return;
    };
    let silent = SILENT.iter().map(|target| (*target, LevelFilter::OFF));
    let targets = Targets::new().with_default(level).with_targets(silent);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    // It fails where a log was started before, which then stays.
    drop(
        tracing_subscriber::registry()
            .with(targets)
            .with(lines)
            .try_init(),
    );
}
