//! Real repositories: every root in one call, and the hashes of what kustomize makes of them.

use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use gitops::kustomize::load::{Disk, Restriction};
use gitops::kustomize::{self, Options};
use sha2::{Digest as _, Sha256};

use crate::scene::{new_folder, reference_data, skip};

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Returns the roots of a repository with the hash of each output.
fn roots(table: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(table).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| {
        let mut cells = row.split('\t');
        let root = cells.next().unwrap();
        (root.to_owned(), cells.next_back().unwrap().to_owned())
    })
    .collect()
}

/// A repository that was unpacked.
pub struct Repository {
    /// Where it is; whoever unpacks it takes it away again.
    pub folder: PathBuf,
    /// Its roots, with the hash of what kustomize makes of each.
    pub roots: Vec<(String, String)>,
}

impl Repository {
    /// Unpacks one of the recorded repositories; `None` where there are none.
    pub fn unpack(name: &str) -> Option<Self> {
        let data = reference_data().map(|data| data.join("realworld"));
        let Some(data) = data.filter(|data| data.join(format!("{name}.tar.gz")).is_file()) else {
            skip("no real repositories beside the project");
            return None;
        };
        let folder = new_folder(name);
        let archive = fs::File::open(data.join(format!("{name}.tar.gz"))).unwrap();
        tar::Archive::new(GzDecoder::new(BufReader::new(archive)))
            .unpack(&folder)
            .unwrap();
        let roots = roots(&data.join(format!("{name}.roots.tsv")));
        Some(Self { folder, roots })
    }

    /// Returns the directories of its roots.
    pub fn directories(&self) -> Vec<String> {
        let directory = |root: &String| self.folder.join(root).to_string_lossy().into_owned();
        self.roots.iter().map(|(root, _)| directory(root)).collect()
    }
}

/// Builds every root of a repository, and compares what comes out.
fn check(repository: &str) {
    let Some(repository) = Repository::unpack(repository) else {
        return;
    };
    let (rows, directories) = (&repository.roots, repository.directories());
    let options = Options {
        restriction: Restriction::None,
        ..Options::default()
    };
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    let built = kustomize::build_all(&Disk, &directories, &options, threads);
    let mut wrong = Vec::new();
    for ((root, hash), built) in rows.iter().zip(built) {
        match built.and_then(|built| built.text()) {
            Ok(text) if sha256(&text) == *hash => {}
            Ok(_) => wrong.push(format!("{root}: another output")),
            Err(error) => wrong.push(format!("{root}: {}", error.in_one_line())),
        }
    }
    fs::remove_dir_all(&repository.folder).unwrap();
    assert!(
        wrong.is_empty(),
        "{} of {} roots:\n{}",
        wrong.len(),
        rows.len(),
        wrong.join("\n")
    );
}

#[test]
fn operate_first_is_built_as_kustomize_does() {
    check("operate-first--apps");
}

#[test]
fn home_ops_is_built_as_kustomize_does() {
    check("onedr0p--home-ops");
}

#[test]
fn kubeflow_is_built_as_kustomize_does() {
    check("kubeflow--manifests");
}
