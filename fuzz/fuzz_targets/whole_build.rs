//! A whole build from one byte string: a kustomization, then resources, parted by a zero byte.

#![no_main]

use std::io;
use std::path::{Path, PathBuf};

use gitops::kustomize::load::Files;
use gitops::kustomize::{self, Options};
use libfuzzer_sys::fuzz_target;

/// One directory with two files.
struct Pair<'input> {
    kustomization: &'input [u8],
    resources: &'input [u8],
}

impl Files for Pair<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match path.to_str() {
            Some("/root/kustomization.yaml") => Ok(self.kustomization.to_vec()),
            Some("/root/r.yaml") => Ok(self.resources.to_vec()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        matches!(path.to_str(), Some("/" | "/root"))
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        let known = self.is_directory(path) || self.read(path).is_ok();
        known
            .then(|| path.to_owned())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn names(&self, _directory: &Path) -> io::Result<Vec<String>> {
        Ok(vec!["kustomization.yaml".into(), "r.yaml".into()])
    }
}

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (kustomization, resources) = bytes.split_at(end.unwrap_or(bytes.len()));
    let files = Pair {
        kustomization,
        resources: resources.get(1..).unwrap_or_default(),
    };
    if let Ok(built) = kustomize::build(&files, "/root", &Options::default()) {
        drop(built.text());
    }
});
