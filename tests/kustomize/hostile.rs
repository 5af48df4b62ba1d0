//! Bytes that nobody means well with: an error or a result, never a panic, a hang or a gibibyte.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gitops::kustomize::{self, Unset};
use gitops::manifest;

use super::random::Random;
use super::{differ, generator};
use crate::scene::{Exit, new_folder, reap_with_usage};

/// What one process may have resident at once, in bytes.
const MEMORY: u64 = 1 << 30;
/// What one input may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many inputs are made of mutated bytes.
const INPUTS: u64 = 300;
/// Bytes that mean something to a reader of YAML, JSON or variables.
const PIECES: &[&str] = &[
    "&a ",
    "*a",
    "<<: *a",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "|",
    ">",
    "|2-\n",
    "\t",
    "\n",
    "'",
    "\"",
    "? ",
    "!!binary ",
    "!!float ",
    "%YAML 1.1\n",
    "---\n",
    "...\n",
    "# ",
    "\u{feff}",
    "\\u0000",
    "\u{85}",
    "0x",
    "1e999",
    "-.inf",
    "~",
    "${",
    "${a:=",
    "${a/b/c}",
    "$$",
    "}",
    "${a:-1:2}",
    "$patch: delete\n",
    "\0",
    "\u{1f980}",
    "../",
    "resources:\n",
    "metadata:\n",
];

/// Changes a few bytes of a text: pieces go in, others go out or come twice.
fn mutate(random: &mut Random, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(6) {
        let start = random.below(bytes.len() + 1);
        let end = (start + random.below(24)).min(bytes.len());
        match random.below(5) {
            0 => drop(bytes.drain(start..end)),
            1 => drop(bytes.splice(start..start, random.pick(PIECES).bytes())),
            2 => {
                let copy = bytes[start..end].to_vec();
                let place = random.below(bytes.len() + 1);
                drop(bytes.splice(place..place, copy));
            }
            3 => bytes.truncate(start.max(4)),
            _ => {
                let byte = random.byte();
                if let Some(place) = bytes.get_mut(start) {
                    *place = byte;
                }
            }
        }
    }
    bytes
}

/// Runs what takes bytes on mutated files, and sees that none takes long.
fn try_all(seed: u64, take: impl Fn(&[u8])) {
    for seed in seed..seed + INPUTS {
        let mut random = Random::new(seed);
        for (_, text) in generator::files(&mut random) {
            let bytes = mutate(&mut random, &text);
            let start = Instant::now();
            take(&bytes);
            let taken = start.elapsed();
            let shown = String::from_utf8_lossy(&bytes);
            assert!(taken < PATIENCE, "seed {seed}: {taken:?} for {shown}");
        }
    }
}

#[test]
fn the_reader_takes_any_bytes() {
    try_all(10_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        if let Ok(values) = manifest::read(&text) {
            for value in values {
                let written = manifest::emit(&value);
                assert_eq!(manifest::read(&written).ok(), Some(vec![value]), "{text}");
            }
        }
    });
}

#[test]
fn the_kustomization_file_takes_any_bytes() {
    try_all(20_000, |bytes| {
        if let Err(error) = kustomize::read_kustomization(bytes) {
            assert!(!error.in_one_line().is_empty());
        }
    });
}

#[test]
fn substitution_takes_any_bytes() {
    try_all(30_000, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let known = |name: &str| (name.len() < 3).then(|| format!("<{name}>"));
        for unset in [Unset::Empty, Unset::Refused] {
            if let Ok(done) = kustomize::substitute(&text, unset, &known) {
                assert!(done.len() <= 64 * (text.len() + 1));
            }
        }
    });
}

/// Builds directories in a process of its own; it must end by itself, in time, and stay small.
fn build(folder: &Path, directories: &[String]) {
    let errors = fs::File::create(folder.join("errors")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gitops"));
    command
        .args(["build", "overlay", "--output-dir", "out"])
        .args(directories)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(errors);
    let start = Instant::now();
    #[expect(
        clippy::zombie_processes,
        reason = "it is reaped by its number, for what it used"
    )]
    let child = command.spawn().unwrap();
    let number = i32::try_from(child.id()).unwrap();
    let (exit, usage) = reap_with_usage(number).unwrap();
    let told = fs::read_to_string(folder.join("errors")).unwrap();
    let taken = start.elapsed();
    assert!(matches!(exit, Exit::Code(0 | 1)), "{exit:?}: {told}");
    assert!(!told.contains("panicked"), "{told}");
    assert!(usage.peak < MEMORY, "{} bytes: {directories:?}", usage.peak);
    let limit = PATIENCE + Duration::from_millis(200) * u32::try_from(directories.len()).unwrap();
    assert!(taken < limit, "{taken:?}: {directories:?}");
}

#[test]
fn a_whole_build_takes_any_bytes() {
    let folder = new_folder("bytes");
    let mut directories = Vec::new();
    for seed in 40_000..40_000 + INPUTS {
        let mut random = Random::new(seed);
        let files = generator::files(&mut random);
        let case = folder.join(seed.to_string());
        differ::write(&case, &files);
        let (path, text) = &files[random.below(files.len())];
        fs::write(case.join(path), mutate(&mut random, text)).unwrap();
        directories.push(format!("{seed}/overlay"));
    }
    build(&folder, &directories);
}

/// Writes a directory with one file of resources.
fn bomb(folder: &Path, name: &str, resources: &str) -> PathBuf {
    let case = folder.join(name);
    fs::create_dir_all(&case).unwrap();
    fs::write(
        case.join("kustomization.yaml"),
        "resources: [r.yaml]\nnamePrefix: a-\n",
    )
    .unwrap();
    fs::write(case.join("r.yaml"), resources).unwrap();
    case
}

/// What every resource of a bomb begins with.
const HEAD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";

#[test]
fn bombs_end_in_time_and_small() {
    let folder = new_folder("bombs");
    let aliases: String = (1..40)
        .map(|level| {
            format!(
                "  l{level}: &l{level} [{}]\n",
                vec![format!("*l{}", level - 1); 9].join(", ")
            )
        })
        .collect();
    bomb(&folder, "aliases", &format!("{HEAD}  l0: &l0 x\n{aliases}"));
    bomb(&folder, "itself", &format!("{HEAD}  a: &a {{b: *a}}\n"));
    bomb(
        &folder,
        "lists",
        &format!("{HEAD}  a: {}", "[".repeat(200_000)),
    );
    bomb(
        &folder,
        "closed",
        &format!("{HEAD}  a: {}{}\n", "[".repeat(50_000), "]".repeat(50_000)),
    );
    bomb(
        &folder,
        "dashes",
        &format!("{HEAD}  a:\n  {}x\n", "- ".repeat(50_000)),
    );
    let stairs: String = (2..3_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    bomb(&folder, "stairs", &format!("{HEAD}{stairs}"));
    bomb(
        &folder,
        "long",
        &format!("{HEAD}  a: {}\n", "x".repeat(4 << 20)),
    );
    bomb(
        &folder,
        "quoted",
        &format!("{HEAD}  a: \"{}\"\n", "\\n ".repeat(2 << 20)),
    );
    bomb(
        &folder,
        "key",
        &format!("{HEAD}  ? {}\n  : a\n", "k".repeat(5 << 20)),
    );
    bomb(
        &folder,
        "many",
        &format!("{HEAD}  a: b\n{}", "---\n".repeat(500_000)),
    );
    let json = bomb(&folder, "json", &format!("{HEAD}  a: b\n"));
    let deep = format!(
        "resources: [r.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: '[{{\"op\": \"add\", \"path\": \"/data\", \"value\": {}1{}}}]'\n",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    fs::write(json.join("kustomization.yaml"), deep).unwrap();
    let circle = bomb(&folder, "circle", "");
    fs::remove_file(circle.join("r.yaml")).unwrap();
    symlink("r.yaml", circle.join("r.yaml")).unwrap();
    let ring = bomb(&folder, "ring", &format!("{HEAD}  a: b\n"));
    symlink(".", ring.join("again")).unwrap();
    fs::write(
        ring.join("kustomization.yaml"),
        "resources: [again/again/again]\n",
    )
    .unwrap();
    let names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names.len(), 13);
    for name in names {
        build(&folder, &[name]);
    }
    let built = |name: &str| folder.join("out").join(format!("{name}.yaml")).is_file();
    for name in ["aliases", "itself", "lists", "circle", "ring"] {
        assert!(!built(name), "{name} is built");
    }
    assert!(built("long"), "a long text is no reason to refuse");
}
