//! Files that SOPS has encrypted: what a build makes of them, against the real sops and the real kustomize-controller.

mod command;
mod controller;
mod random;

use std::fs;
use std::path::{Path, PathBuf};

/// What builds the directory of [`KUSTOMIZATION`] without a cluster.
const BUILD: [&str; 7] = [
    "build",
    "kustomization",
    "apps",
    "--path=apps",
    "--kustomization-file=ks.yaml",
    "--dry-run",
    "-n=apps",
];

/// The Kustomization of these tests.
const KUSTOMIZATION: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: apps}
spec:
  interval: 1h
  path: ./apps
  prune: true
  sourceRef: {kind: GitRepository, name: apps}
  decryption: {provider: sops, secretRef: {name: keys}}
";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sops")
}

fn fixture(path: &str) -> String {
    fs::read_to_string(fixtures().join(path)).unwrap()
}

fn key(name: &str) -> String {
    fixtures().join("keys").join(name).display().to_string()
}
