//! The cases of `fixtures/kustomize`: what is built of each, compared with what kustomize made of it.

use std::fs;
use std::path::{Path, PathBuf};

use gitops::kustomize::Order;

use super::differ;
use crate::scene::are_built;

/// Returns the folders of all cases.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/kustomize");
    let entries = fs::read_dir(root).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 10, "the cases are gone");
    folders
}

/// Compares what `build` makes of every case with the text that is kept for it; a case without one is refused.
fn check(build: impl Fn(&Path, Order) -> Result<String, String>) {
    for folder in folders() {
        let kept = fs::read_to_string(folder.join("out.yaml")).ok();
        let made = build(&folder.join("in"), Order::Accumulated);
        let name = folder.display();
        match (kept, made) {
            (Some(kept), Ok(made)) => assert_eq!(made, kept, "{name}"),
            (Some(_), Err(error)) => panic!("{name} is refused: {error}"),
            (None, made) => assert!(made.is_err(), "{name} is made"),
        }
    }
}

#[test]
fn every_kept_case_is_built_as_it_was() {
    check(differ::ours);
}

#[test]
fn kustomize_still_answers_the_kept_cases_so() {
    if are_built(&["kustomize"]) {
        check(differ::reference);
    }
}
