//! Random small kustomizations, built by us and by kustomize: the same text, or both refuse.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gitops::kustomize::load::Disk;
use gitops::kustomize::{self, Options, Order};

use super::generator;
use super::random::Random;
use crate::scene::{DIFFER, are_built, built, new_folder};

/// The first seed, and how many follow it, where [`DIFFER`] does not say.
const SEEDS: (u64, usize) = (1, 150);

/// Builds a directory with kustomize; its complaint is the error.
pub fn reference(root: &Path, order: Order) -> Result<String, String> {
    let mut command = Command::new(built("kustomize"));
    command.arg("build").arg(root);
    if order == Order::Accumulated {
        command.args(["--reorder", "none"]);
    }
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Builds a directory with the engine.
pub fn ours(root: &Path, order: Order) -> Result<String, String> {
    let options = Options {
        order,
        ..Options::default()
    };
    kustomize::build(&Disk, root.to_str().unwrap(), &options)
        .and_then(|built| built.text())
        .map_err(|error| error.in_one_line())
}

/// Writes files below a folder.
pub fn write(folder: &Path, files: &[generator::File]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What came of one case.
enum Outcome {
    Same,
    BothRefuse,
    Differs(String),
}

fn compare(folder: &Path, seed: u64) -> Outcome {
    let mut random = Random::new(seed);
    let order = if random.chance(50) {
        Order::Accumulated
    } else {
        Order::ByKind
    };
    write(folder, &generator::files(&mut random));
    let root = folder.join("overlay");
    match (reference(&root, order), ours(&root, order)) {
        (Ok(theirs), Ok(ours)) if theirs == ours => Outcome::Same,
        (Ok(theirs), Ok(ours)) => {
            let diff = similar::TextDiff::from_lines(&theirs, &ours);
            Outcome::Differs(diff.unified_diff().context_radius(2).to_string())
        }
        (Err(_), Err(error)) => {
            // For whoever wants more cases to be built.
            println!("seed {seed} is refused: {error}");
            Outcome::BothRefuse
        }
        (Ok(_), Err(error)) => Outcome::Differs(format!("only we refuse: {error}")),
        (Err(error), Ok(_)) => Outcome::Differs(format!("only kustomize refuses: {error}")),
    }
}

/// Returns the first seed and how many follow: `SEED` or `SEED:COUNT`.
fn seeds() -> (u64, usize) {
    let Some(text) = DIFFER.text() else {
        return SEEDS;
    };
    let (seed, count) = text.split_once(':').unwrap_or((&text, "1"));
    (seed.parse().unwrap(), count.parse().unwrap())
}

#[test]
fn random_kustomizations_are_built_as_kustomize_does() {
    if !are_built(&["kustomize"]) {
        return;
    }
    let (first, count) = seeds();
    let folder = new_folder("differ");
    let next = AtomicUsize::new(0);
    let (same, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let wrong = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                return;
            }
            let seed = first + u64::try_from(place).unwrap();
            let case = folder.join(seed.to_string());
            match compare(&case, seed) {
                Outcome::Same => same.fetch_add(1, Ordering::Relaxed),
                Outcome::BothRefuse => refused.fetch_add(1, Ordering::Relaxed),
                Outcome::Differs(how) => {
                    wrong.lock().unwrap().insert(seed, how);
                    0
                }
            };
            // What differs stays as long as the files of the run do.
            if !wrong.lock().unwrap().contains_key(&seed) {
                fs::remove_dir_all(case).unwrap();
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(work);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let (same, refused) = (same.into_inner(), refused.into_inner());
    println!(
        "{same} the same, {refused} refused by both, {} differ",
        wrong.len()
    );
    let told: String = wrong
        .iter()
        .map(|(seed, how)| format!("\nseed {seed}: {how}"))
        .collect();
    assert!(wrong.is_empty(), "{} cases differ:{told}", wrong.len());
    assert!(
        same * 5 >= count * 4 || count < 30,
        "too few of the cases can be built to prove anything"
    );
}
