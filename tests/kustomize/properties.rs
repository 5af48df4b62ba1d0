//! What holds for every build: no matter the order of files, the threads or the process, and what is written can be read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gitops::kustomize::load::{Disk, Files};
use gitops::kustomize::{self, Options, Order};
use gitops::manifest::{self, Node};

use super::random::Random;
use super::{differ, generator};
use crate::scene::{TestEnv, new_folder};

/// How many random kustomizations a property is tried on.
const CASES: u64 = 60;

/// Writes the random kustomizations of these seeds below a folder; returns the directories to build.
fn roots(folder: &Path, seeds: std::ops::Range<u64>) -> Vec<String> {
    seeds
        .map(|seed| {
            let case = folder.join(seed.to_string());
            differ::write(&case, &generator::files(&mut Random::new(seed)));
            case.join("overlay").to_string_lossy().into_owned()
        })
        .collect()
}

/// Builds every directory in one call; failures are texts too.
fn build_all(files: &dyn Files, roots: &[String], threads: usize) -> Vec<Result<String, String>> {
    kustomize::build_all(files, roots, &Options::default(), threads)
        .into_iter()
        .map(|built| built.and_then(|built| built.text()))
        .map(|text| text.map_err(|error| error.in_one_line()))
        .collect()
}

/// A disk that names the files of a directory backwards.
struct Backwards;

impl Files for Backwards {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        Disk.read(path)
    }

    fn is_directory(&self, path: &Path) -> bool {
        Disk.is_directory(path)
    }

    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        Disk.real_path(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let mut names = Disk.names(directory)?;
        names.reverse();
        Ok(names)
    }
}

#[test]
fn a_build_does_not_depend_on_the_order_of_files() {
    let folder = new_folder("order");
    let roots = roots(&folder, 0..CASES);
    let expected = build_all(&Disk, &roots, 1);
    assert_eq!(build_all(&Backwards, &roots, 1), expected);
    // The files themselves, made anew in the other order at the same place.
    fs::remove_dir_all(&folder).unwrap();
    for seed in (0..CASES).rev() {
        let mut files = generator::files(&mut Random::new(seed));
        files.reverse();
        differ::write(&folder.join(seed.to_string()), &files);
    }
    assert_eq!(build_all(&Disk, &roots, 1), expected);
    let good = expected.iter().filter(|text| text.is_ok()).count();
    assert!(good > 10, "only {good} of the cases can be built");
}

#[test]
fn a_build_does_not_depend_on_threads_or_neighbours() {
    let folder = new_folder("threads");
    let mut roots = roots(&folder, 0..CASES);
    let alone: Vec<_> = roots
        .iter()
        .flat_map(|root| build_all(&Disk, std::slice::from_ref(root), 1))
        .collect();
    for threads in [1, 2, 8] {
        assert_eq!(
            build_all(&Disk, &roots, threads),
            alone,
            "{threads} threads"
        );
    }
    roots.reverse();
    let mut reversed = build_all(&Disk, &roots, 4);
    reversed.reverse();
    assert_eq!(reversed, alone);
}

#[test]
fn what_is_written_reads_as_the_same_tree() {
    let folder = new_folder("tree");
    let mut good = 0;
    for root in roots(&folder, 0..CASES) {
        let Ok(built) = kustomize::build(&Disk, &root, &Options::default()) else {
            continue;
        };
        let (Ok(text), Ok(objects)) = (built.text(), built.objects()) else {
            continue;
        };
        good += 1;
        let read = manifest::read(&text).unwrap();
        let built: Vec<_> = objects
            .into_iter()
            .map(|object| object.value().clone())
            .collect();
        assert_eq!(read, built, "{root}");
        let again: Vec<_> = Node::documents(&text)
            .unwrap()
            .iter()
            .map(Node::to_text)
            .collect();
        let reread = manifest::read(&again.join("---\n")).unwrap();
        assert_eq!(reread, read, "{root}");
    }
    assert!(good > 10, "only {good} of the cases can be built");
}

#[test]
fn two_builds_in_one_process_are_those_of_two_processes() {
    let env = TestEnv::new();
    for seed in 0..6 {
        let name = seed.to_string();
        differ::write(
            &env.folder().join(&name),
            &generator::files(&mut Random::new(seed)),
        );
        let directory = format!("{name}/overlay");
        let root = env.folder().join(&directory);
        let here = [
            differ::ours(&root, Order::Accumulated),
            differ::ours(&root, Order::Accumulated),
        ];
        let there = [(); 2].map(|()| {
            let output = env.run(["build", "overlay", "--reorder", "none", &directory]);
            let text = output.stdout();
            output.status().filter(|status| *status == 0).map(|_| text)
        });
        assert_eq!(here[0], here[1], "seed {seed}");
        assert_eq!(there[0], there[1], "seed {seed}");
        assert_eq!(here[0].clone().ok(), there[0], "seed {seed}");
    }
}
