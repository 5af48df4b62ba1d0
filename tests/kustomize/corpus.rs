//! The whole corpus, in parallel, and how many cases of each feature are right.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::case::Case;
use crate::scene::{reference_data, skip};

/// Returns all cases, or says that there are none.
fn cases() -> Option<Vec<Case>> {
    let data = reference_data().map(|data| data.join("kustomize-corpus/cases"));
    let Some(folder) = data.filter(|folder| folder.is_dir()) else {
        skip("no corpus of kustomize cases beside the project");
        return None;
    };
    let mut folders: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    Some(folders.iter().map(|folder| Case::read(folder)).collect())
}

/// Runs a case; a panic is a difference too.
fn run(case: &Case) -> Result<(), String> {
    panic::catch_unwind(AssertUnwindSafe(|| case.run())).unwrap_or_else(|_| Err("it panics".into()))
}

#[test]
fn every_case_of_the_corpus_is_built_as_kustomize_does() {
    let Some(mut cases) = cases() else { return };
    cases.retain(Case::is_plain_build);
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(difference) = run(case) {
                        wrong.lock().unwrap().insert(case.name(), difference);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let mut features: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &cases {
        for feature in &case.said.features {
            let (right, all) = features.entry(feature).or_default();
            *all += 1;
            *right += usize::from(!wrong.contains_key(&case.name()));
        }
    }
    for (feature, (right, all)) in &features {
        println!("{feature:24} {right:4} of {all:4}");
    }
    println!(
        "{:24} {:4} of {:4}",
        "all",
        cases.len() - wrong.len(),
        cases.len()
    );
    let told: String = wrong
        .iter()
        .map(|(name, difference)| format!("\n{name}: {difference}"))
        .collect();
    assert!(wrong.is_empty(), "{} cases differ:{told}", wrong.len());
}
