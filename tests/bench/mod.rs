//! What `scripts/bench` runs: whole commands side by side with the programs that people use today.
//!
//! The figures are printed as tables and held to nothing: how fast a machine is on a day is no test.

mod contest;
mod fleet;
mod measure;
pub mod overlay;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::scene::{BENCH, BENCH_ONLY, Scene, TestEnv, Wire, WireFault, are_built, built};
use contest::{Contest, Entry};

/// One way there and one way back: 20 ms in all, as to a cluster in another region.
const ONE_WAY: Duration = Duration::from_millis(10);

/// How many Kustomizations the large cluster holds.
const FLEET: usize = 10_000;

#[test]
#[ignore = "the contests of scripts/bench"]
fn side_by_side() {
    let Some(ours) = BENCH.text().map(PathBuf::from) else {
        return;
    };
    assert!(
        are_built(&["flux", "kustomize", "etcd", "kube-apiserver"]),
        "run tests/env/build.sh first"
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
}
