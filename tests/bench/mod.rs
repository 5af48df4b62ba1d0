//! What `scripts/bench` runs: whole commands side by side with the programs that people use today.
//!
//! The figures are printed as tables and held to nothing: how fast a machine is on a day is no test.

mod contest;
mod diff;
mod fleet;
mod measure;
pub mod overlay;
mod repository;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::kustomize::Repository;
use crate::scene::{BENCH, BENCH_ONLY, Scene, TestEnv, Wire, WireFault, are_built, built};
use contest::{Contest, Entry};

/// One way there and one way back: 20 ms in all, as to a cluster in another region.
const ONE_WAY: Duration = Duration::from_millis(10);

/// The largest root of kubeflow: definitions, nearly all of it.
const KUBEFLOW: &str = "applications/training-operator/upstream/overlays/kubeflow";

/// How many Kustomizations the large cluster holds.
const FLEET: usize = 10_000;

#[test]
#[ignore = "the contests of scripts/bench"]
fn side_by_side() {
    let Some(ours) = BENCH.text().map(PathBuf::from) else {
        return;
    };
    assert!(
        are_built(&["flux", "kustomize", "flate", "etcd", "kube-apiserver"]),
        "run tests/env/build.sh --peers first"
    );
    let only = BENCH_ONLY.text().unwrap_or_default();
    let asked = |name: &str| only.is_empty() || name.starts_with(&only);
    if asked("start") {
        start(&ours);
    }
    if asked("cluster") {
        cluster(&ours);
    }
    if asked("build") {
        build(&ours);
    }
    if asked("repository") {
        repository::contests(&ours);
    }
    if asked("diff") {
        diff::side_by_side(&ours);
    }
}

/// The cost of being asked anything at all.
fn start(ours: &Path) {
    let env = TestEnv::new();
    let mut contest = Contest::new("Start", "flux", 15);
    let pair = |arguments: &'static [&'static str]| {
        [
            Entry::new(ours, arguments.iter().copied()),
            Entry::new(&built("flux"), arguments.iter().copied()),
        ]
    };
    contest.run(&env, "`--version`", pair(&["--version"]));
    contest.run(&env, "`--help`", pair(&["--help"]));
    contest.run(&env, "`get --help`", pair(&["get", "--help"]));
    contest.run(
        &env,
        "completion of a command",
        [
            Entry::new(ours, ["--", "gitops", "susp"])
                .variable("COMPLETE", "bash")
                .variable("_CLAP_COMPLETE_INDEX", "1"),
            Entry::new(&built("flux"), ["__complete", "susp"]),
        ],
    );
    contest.run_alone(
        &env,
        "`install --export`",
        &Entry::new(ours, ["install", "--export"]),
    );
    contest.print();
}

/// A cluster with few objects, then with many, here and far away.
fn cluster(ours: &Path) {
    let scene = Scene::private_server().expect("its programs are built");
    scene.fill("two-kustomizations.yaml");
    let far = Wire::before(scene.address().trim_start_matches("https://"))
        .with(WireFault::Latency(ONE_WAY));
    let far_server = format!("--server=https://{}", far.host());
    let env = TestEnv::in_scene(scene);
    let pair = |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        [
            Entry::new(ours, arguments.clone()),
            Entry::new(&built("flux"), arguments),
        ]
    };
    let mut few = Contest::new("A cluster with two Kustomizations", "flux", 15);
    few.run(&env, "`get ks`", pair(&["get", "ks"]));
    few.run(&env, "`get all -A`", pair(&["get", "all", "-A"]));
    few.run(
        &env,
        "`get ks`, 20 ms away",
        pair(&["get", "ks", &far_server]),
    );
    few.print();

    fleet::fill(env.scene(), FLEET);
    let title = format!("A cluster with {FLEET} Kustomizations");
    let mut many = Contest::new(&title, "flux", 5);
    many.run(&env, "`get ks -A`", pair(&["get", "ks", "-A"]));
    many.run(
        &env,
        "`get ks -A`, 20 ms away",
        pair(&["get", "ks", "-A", &far_server]),
    );
    many.run(&env, "`get all -A`", pair(&["get", "all", "-A"]));
    many.run(
        &env,
        "`get all -A`, 20 ms away",
        pair(&["get", "all", "-A", &far_server]),
    );
    many.run(
        &env,
        "completion of a name among 500",
        [
            Entry::new(ours, ["--", "gitops", "suspend", "ks", "-n", "team-1", ""])
                .variable("COMPLETE", "bash")
                .variable("_CLAP_COMPLETE_INDEX", "5"),
            Entry::new(
                &built("flux"),
                ["__complete", "suspend", "ks", "-n", "team-1", ""],
            ),
        ],
    );
    many.print();
}

/// Plain kustomize builds of generated overlays.
fn build(ours: &Path) {
    let env = TestEnv::new();
    let mut contest = Contest::new("Builds", "kustomize", 5);
    for (resources, style) in overlay::SIZES {
        let folder = env.folder().join(format!("{style:?}-{resources}"));
        overlay::write(&folder, *resources, *style);
        let folder = folder.display().to_string();
        let what = format!("{resources} resources, {}", style.about());
        let mine = Entry::new(ours, ["build", "overlay", &folder]);
        if *resources > overlay::PEER_LIMIT {
            contest.run_alone(&env, &what, &mine);
        } else {
            let theirs = Entry::new(&built("kustomize"), ["build", &folder]);
            contest.run(&env, &what, [mine, theirs]);
        }
    }
    contest.print();
    definitions(&env, ours);
    roots(&env, ours);
}

/// A pair of commands that build the same folder.
fn overlay_pair(ours: &Path, folder: &Path) -> [Entry; 2] {
    let folder = folder.display().to_string();
    [
        Entry::new(ours, ["build", "overlay", &folder]),
        Entry::new(&built("kustomize"), ["build", &folder]),
    ]
}

/// Builds of large definitions: a real overlay, and one of about 12 MB made from it.
fn definitions(env: &TestEnv, ours: &Path) {
    let Some(repository) = Repository::unpack("kubeflow--manifests") else {
        return;
    };
    let overlay = repository.folder.join(KUBEFLOW);
    let larger = env.folder().join("definitions");
    let output = Command::new(ours)
        .args(["build", "overlay"])
        .arg(&overlay)
        .output()
        .expect("it is a program");
    let text = String::from_utf8(output.stdout).expect("YAML is text");
    write_copies(&larger, &text);
    let mut contest = Contest::new("Large definitions", "kustomize", 5);
    contest.run(env, "3.5 MB of kubeflow", overlay_pair(ours, &overlay));
    contest.run(env, "12 MB made from it", overlay_pair(ours, &larger));
    contest.print();
    fs::remove_dir_all(repository.folder).expect("it is ours");
}

/// Writes an overlay of as many copies of a stream, under other names, as make twelve megabytes.
fn write_copies(folder: &Path, stream: &str) {
    fs::create_dir_all(folder).expect("the folder of the run can be written");
    let mut kustomization = String::from("commonAnnotations:\n  team: platform\nresources:\n");
    for copy in 0..12_000_000_usize.div_ceil(stream.len()) {
        let renamed = |document: &str| {
            let (head, tail) = document.split_once("\n  name: ").expect("it has a name");
            format!("{head}\n  name: copy-{copy}-{tail}")
        };
        let documents: Vec<String> = stream.split("\n---\n").map(renamed).collect();
        let name = format!("copy-{copy}.yaml");
        fs::write(folder.join(&name), documents.join("\n---\n"))
            .expect("the folder of the run can be written");
        let _ = writeln!(kustomization, "- {name}");
    }
    fs::write(folder.join("kustomization.yaml"), kustomization)
        .expect("the folder of the run can be written");
}

/// All roots of a real repository: in one process, and in one for each root, as the peer can only do.
fn roots(env: &TestEnv, ours: &Path) {
    let Some(repository) = Repository::unpack("operate-first--apps") else {
        return;
    };
    let roots = repository.directories();
    let out = env.folder().join("out").display().to_string();
    let mut mine = [
        "build",
        "overlay",
        "--load-restrictor",
        "none",
        "--output-dir",
        &out,
    ]
    .map(String::from)
    .to_vec();
    mine.extend(roots.iter().cloned());
    let script = r#"kustomize=$0; for root; do
        "$kustomize" build --load-restrictor LoadRestrictionsNone "$root" || exit 1; done"#;
    let mut theirs = vec![
        "-c".into(),
        script.into(),
        built("kustomize").display().to_string(),
    ];
    theirs.extend(roots.iter().cloned());
    let work = format!("all {} roots of operate-first", roots.len());
    let mut contest = Contest::new("A repository", "kustomize, a process for each root", 3);
    let pair = [
        Entry::new(ours, mine),
        Entry::new(Path::new("/bin/sh"), theirs),
    ];
    contest.run(env, &work, pair);
    contest.print();
    fs::remove_dir_all(repository.folder).expect("it is ours");
}
