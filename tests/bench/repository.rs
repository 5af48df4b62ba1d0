//! Generated repositories of clusters that all run the same apps, each app an overlay for each cluster over one base.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::contest::{Contest, Entry};
use crate::offline::{commit_in, sync};
use crate::scene::{TestEnv, built, installed};

/// How large a repository is.
#[derive(Clone, Copy)]
struct Size {
    apps: usize,
    objects: usize,
    clusters: usize,
}

/// The repositories of the contest.
const SIZES: [Size; 3] = [
    Size {
        apps: 200,
        objects: 20,
        clusters: 1,
    },
    Size {
        apps: 1_000,
        objects: 5,
        clusters: 1,
    },
    Size {
        apps: 500,
        objects: 8,
        clusters: 3,
    },
];

/// The variable that says where both programs keep what they have rendered.
const CACHE: &str = "XDG_CACHE_HOME";

/// Builds of one cluster and the diff of a commit, without and with what an earlier run has kept.
pub fn contests(ours: &Path) {
    for size in SIZES {
        let env = TestEnv::new();
        let folder = env.folder().join("fleet");
        write(&folder, size);
        let Size {
            apps,
            objects,
            clusters,
        } = size;
        let title =
            format!("A repository: {clusters} × {apps} Kustomizations of {objects} objects");
        let mut contest = Contest::new(&title, "flate", 3);
        let mine = |words: &[&str]| Entry::new(ours, words.iter().copied()).folder(&folder);
        let theirs =
            |words: &[&str]| Entry::new(&built("flate"), words.iter().copied()).folder(&folder);
        let build = [
            mine(&["build", "cluster", "clusters/c0"]),
            theirs(&["build", "all", "--path", "clusters/c0"]),
        ];
        cold_and_warm(&mut contest, &env, "`build cluster`", build);
        let compare = [
            "diff",
            "branch",
            "--base",
            "HEAD~1",
            "--path",
            "clusters/c0",
        ];
        let two_commits = [&compare[..], &["--revision", "HEAD"]].concat();
        for (work, words) in [
            (
                "`diff branch`, one file of one base, two commits",
                &two_commits[..],
            ),
            ("the same, a commit and the work tree", &compare[..]),
        ] {
            let theirs = theirs(&["diff", "all", "--base", "HEAD~1", "--path", "clusters/c0"]);
            let diff = [mine(words).ending(1), theirs];
            cold_and_warm(&mut contest, &env, work, diff);
        }
        if clusters > 1 {
            let script = r#"for cluster in clusters/*; do "$0" diff all --base HEAD~1 --path "$cluster"; done; true"#;
            let every = Entry::new(
                Path::new("/bin/sh"),
                ["-c", script, &built("flate").display().to_string()],
            );
            let diff = [
                mine(&["diff", "branch", "--base", "HEAD~1"]).ending(1),
                every.folder(&folder),
            ];
            cold_and_warm(
                &mut contest,
                &env,
                "the same over all clusters (the peer: one after the other)",
                diff,
            );
        }
        contest.print();
    }
}

fn cold_and_warm(contest: &mut Contest, env: &TestEnv, work: &str, pair: [Entry; 2]) {
    let folders = ["cache-ours", "cache-theirs"].map(|name| env.folder().join(name));
    let [mine, theirs] = pair;
    let kept = [
        mine.variable(CACHE, folders[0].display().to_string()),
        theirs.variable(CACHE, folders[1].display().to_string()),
    ];
    let [mine, theirs] = kept.clone();
    let cold = [mine.without(&folders[0]), theirs.without(&folders[1])];
    contest.run(env, &format!("{work}, cold"), cold);
    contest.run(env, &format!("{work}, warm"), kept);
}

/// Writes a repository of two commits, the second with a change of one base, and packs it.
fn write(folder: &Path, size: Size) {
    let put = |path: String, text: &str| {
        let path: PathBuf = folder.join(path);
        let parent = path.parent().expect("it stands in a folder");
        fs::create_dir_all(parent).expect("the folder of the run can be written");
        fs::write(path, text).expect("the folder of the run can be written");
    };
    for app in 0..size.apps {
        put(format!("apps/a{app}/base/all.yaml"), &base(app, 1, size));
        put(
            format!("apps/a{app}/base/kustomization.yaml"),
            "resources: [all.yaml]\n",
        );
        for cluster in 0..size.clusters {
            put(
                format!("apps/a{app}/overlays/c{cluster}/kustomization.yaml"),
                &format!(
                    "namespace: apps\nresources: [../../base]\nlabels:\n- pairs: {{cluster: c{cluster}}}\n\
                     replicas: [{{name: a{app}, count: 2}}]\n"
                ),
            );
        }
    }
    for cluster in 0..size.clusters {
        let path = format!("clusters/c{cluster}");
        put(format!("{path}/flux-system/gotk-sync.yaml"), &sync(&path));
        let kustomizations: String = (0..size.apps)
            .map(|app| kustomization(app, cluster))
            .collect();
        put(format!("{path}/apps.yaml"), &kustomizations);
    }
    commit_in(folder);
    put("apps/a3/base/all.yaml".into(), &base(3, 2, size));
    commit_in(folder);
    let git = installed("git").expect("it is a part of every machine that builds ours");
    let mut pack = Command::new(git);
    pack.arg("-C").arg(folder).args(["gc", "--quiet"]);
    assert!(pack.status().is_ok_and(|status| status.success()));
}

fn base(app: usize, version: usize, size: Size) -> String {
    let mut text = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a{app}\nspec:\n  replicas: 1\n  selector:\n    \
         matchLabels:\n      app: a{app}\n  template:\n    metadata:\n      labels:\n        app: a{app}\n    spec:\n      \
         containers:\n      - name: main\n        image: registry.example.com/a{app}:{version}.0.0\n        env:\n        \
         - name: DOMAIN\n          value: ${{DOMAIN}}\n"
    );
    for map in 1..size.objects {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a{app}-c{map}\ndata:\n  host: a{app}.${{DOMAIN}}\n  \
             number: \"{map}\"\n"
        );
    }
    text
}

/// An app in a cluster; all but the first ten wait for another one.
fn kustomization(app: usize, cluster: usize) -> String {
    let waits = match app {
        0..10 => String::new(),
        _ => format!("  dependsOn: [{{name: a{}}}]\n", app / 10),
    };
    format!(
        "---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: a{app}\n  \
         namespace: flux-system\nspec:\n  interval: 10m\n  path: ./apps/a{app}/overlays/c{cluster}\n  prune: true\n{waits}  \
         sourceRef:\n    kind: GitRepository\n    name: flux-system\n  postBuild:\n    substitute:\n      \
         DOMAIN: c{cluster}.example.com\n"
    )
}
