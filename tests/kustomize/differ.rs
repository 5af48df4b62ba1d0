//! Random small kustomizations, built by us and by kustomize: the same text, or both refuse.
//!
//! Some are made by `generator.rs`, the others from the grammars below `grammar/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gitops::kustomize::load::Disk;
use gitops::kustomize::{self, Options, Order};

use super::generator::{self, File};
use super::grammar::Grammar;
use super::random::Random;
use crate::scene::{DIFFER, are_built, built, new_folder};

/// The first seed, and how many follow it, where [`DIFFER`] does not say.
const SEEDS: (u64, usize) = (1, 150);

/// The grammars that cases are made from, in turn.
const GRAMMARS: &[&str] = &[
    include_str!("grammar/breaks.txt"),
    include_str!("grammar/components.txt"),
    include_str!("grammar/definitions.txt"),
    include_str!("grammar/generators.txt"),
    include_str!("grammar/openapi.txt"),
    include_str!("grammar/patches.txt"),
    include_str!("grammar/plugins.txt"),
    include_str!("grammar/replacements.txt"),
    include_str!("grammar/transformers.txt"),
    include_str!("grammar/variables.txt"),
    include_str!("grammar/yaml.txt"),
];

/// The label that a build may give, as kustomize writes it and as we do, see `docs/kustomize.md`.
const BUILDER: (&str, &str) = ("kustomize-v5.8.1", "kustomize-(devel)");

/// Builds a directory with kustomize; its complaint is the error.
pub fn reference(root: &Path, order: Order) -> Result<String, String> {
    let mut command = Command::new(built("kustomize"));
    command.arg("build").arg(root);
    if order == Order::Accumulated {
        command.args(["--reorder", "none"]);
    }
    let output = command.output().unwrap();
    if output.status.success() {
        let text = String::from_utf8(output.stdout).unwrap();
        Ok(text.replace(BUILDER.0, BUILDER.1))
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

fn compare(folder: &Path, seed: u64, files: &[File], order: Order) -> Outcome {
    write(folder, files);
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

/// Returns one of the two orders.
fn order(random: &mut Random) -> Order {
    if random.chance(50) {
        Order::Accumulated
    } else {
        Order::ByKind
    }
}

/// Builds the cases of all seeds; returns how many of a hundred came out the same, where enough were tried.
fn build_all(name: &str, make: impl Fn(&mut Random, u64) -> Vec<File> + Sync) -> Option<usize> {
    if !are_built(&["kustomize"]) {
        return None;
    }
    let (first, count) = seeds();
    let folder = new_folder(name);
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
            let mut random = Random::new(seed);
            let order = order(&mut random);
            match compare(&case, seed, &make(&mut random, seed), order) {
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
    (count >= 30).then(|| same * 100 / count)
}

#[test]
fn random_kustomizations_are_built_as_kustomize_does() {
    let same = build_all("differ", |random, _| generator::files(random));
    assert!(
        same.is_none_or(|percent| percent >= 80),
        "too few of the cases can be built to prove anything"
    );
}

#[test]
fn random_kustomizations_of_grammars_are_built_as_kustomize_does() {
    let grammars: Vec<Grammar> = GRAMMARS.iter().map(|text| Grammar::new(text)).collect();
    let same = build_all("grammars", |random, seed| {
        let place = usize::try_from(seed).unwrap() % grammars.len();
        grammars[place].files(random)
    });
    // They ask for much that is refused.
    assert!(
        same.is_none_or(|percent| percent >= 20),
        "too few of the cases can be built to prove anything"
    );
}
