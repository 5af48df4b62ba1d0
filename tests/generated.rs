//! The files in the repository that the program writes itself: they are as it writes them now, and shells take them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::scene::{TestEnv, are_installed, installed};

/// What refreshes the files.
const REFRESH: &str = "cargo run -- docgen .";

/// Where generated files live, below the root of the repository.
const PLACES: &[&str] = &[
    "docs/cli.md",
    "docs/environment.md",
    "docs/man",
    "docs/schemas",
    "completions",
];

/// Returns the files at a place, by their path below `root`.
fn files(root: &Path, place: &str) -> BTreeSet<PathBuf> {
    let path = root.join(place);
    if path.is_file() {
        return BTreeSet::from([place.into()]);
    }
    let entries =
        fs::read_dir(&path).map(|entries| entries.map(Result::unwrap).collect::<Vec<_>>());
    let inside = entries
        .unwrap_or_default()
        .into_iter()
        .map(|entry| Path::new(place).join(entry.file_name()));
    inside.collect()
}

#[test]
fn generated_files_are_fresh() {
    let env = TestEnv::new();
    let written = env.folder().join("generated");
    assert_eq!(env.run(["docgen", written.to_str().unwrap()]).success(), "");
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for place in PLACES {
        let (fresh, kept) = (files(&written, place), files(repository, place));
        assert!(!fresh.is_empty(), "the program writes nothing at {place}");
        for file in fresh.union(&kept) {
            let read = |root: &Path| fs::read_to_string(root.join(file)).ok();
            assert!(
                read(&written) == read(repository),
                "{} is stale: run `{REFRESH}`",
                file.display()
            );
        }
    }
}

#[test]
fn shells_take_the_completions() {
    let env = TestEnv::new()
        .with_program("bash")
        .with_program("zsh")
        .with_program("fish");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    let kept = |shell: &str| folder.join(format!("gitops.{shell}")).display().to_string();
    // `complete` of bash and `compdef` of zsh are what the scripts end with, and they tell what they know.
    let checks = [
        (
            "bash",
            format!("source {} && complete -p gitops", kept("bash")),
        ),
        (
            "zsh",
            format!(
                "autoload -Uz compinit && compinit -u -D && source {} && print $_comps[gitops]",
                kept("zsh")
            ),
        ),
        (
            "fish",
            format!("source {} && complete -c gitops", kept("fish")),
        ),
    ];
    for (shell, script) in checks {
        if !are_installed(&[shell]) {
            continue;
        }
        let program = installed(shell).expect("it was just found");
        let output = env.other_command(&program, ["-c", &script]).run();
        assert_eq!(output.stderr(), "", "{shell}");
        assert!(
            output.clone().success().contains("gitops"),
            "{shell}: {output}"
        );
    }
}

#[test]
fn bash_completes_words_by_asking_the_program() {
    if !are_installed(&["bash"]) {
        return;
    }
    let env = TestEnv::new()
        .variable("COMPLETE", "bash")
        .variable("_CLAP_COMPLETE_INDEX", "1")
        .variable("_CLAP_IFS", "\n");
    let words = env.run(["--", "gitops", "recon"]).success();
    assert_eq!(words.lines().collect::<Vec<_>>(), ["reconcile"]);
}
