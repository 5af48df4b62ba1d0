//! Real repositories, and large ones: no crash, and a difference of branches is a difference of whole renders.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;

use flate2::bufread::GzDecoder;
use serde_json::Value;

use super::{commit, commit_in, config_map, fleet, kustomization};
use crate::scene::{TestEnv, are_built, built, reference_data, skip};

/// Unpacks a real repository into the working folder, and commits it.
fn unpacked(name: &str) -> Option<TestEnv> {
    let data = reference_data().map(|data| data.join(format!("realworld/{name}.tar.gz")));
    let Some(archive) = data.filter(|archive| archive.is_file()) else {
        skip("no real repositories beside the project");
        return None;
    };
    let env = TestEnv::new();
    let archive = fs::File::open(archive).unwrap();
    tar::Archive::new(GzDecoder::new(BufReader::new(archive)))
        .unpack(env.folder())
        .unwrap();
    commit(&env);
    Some(env)
}

/// Returns the objects of a cluster by kind, namespace and name.
fn objects(env: &TestEnv, cluster: &str, revision: &str) -> BTreeMap<String, Value> {
    let output = env.run([
        "build",
        "cluster",
        cluster,
        "--revision",
        revision,
        "-o",
        "json",
    ]);
    assert!(matches!(output.status(), Some(0 | 2)), "{output}");
    let list: Value = serde_json::from_slice(output.raw_stdout()).unwrap();
    let items = list["items"].as_array().unwrap().iter();
    items
        .map(|object| (identity(object, "/metadata"), object.clone()))
        .collect()
}

#[test]
fn a_difference_of_branches_is_that_of_whole_renders() {
    let Some(env) = unpacked("onedr0p--home-ops") else {
        return;
    };
    let cluster = "kubernetes/flux/cluster";
    let folder = env.folder().join("kubernetes/apps/default/atuin/app");
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        fs::write(
            &file,
            text.replace("replicas: 1", "replicas: 2")
                .replace("interval: 1h", "interval: 2h"),
        )
        .unwrap();
    }
    let component = env.folder().join("kubernetes/components/zeroscaler");
    for file in fs::read_dir(&component).unwrap() {
        let file = file.unwrap().path();
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("spec:", "spec:\n  added: true")).unwrap();
    }
    commit(&env);
    let (before, after) = (
        objects(&env, cluster, "HEAD~1"),
        objects(&env, cluster, "HEAD"),
    );
    assert!(after.len() > 300, "{} objects", after.len());
    let ids = before.keys().chain(after.keys());
    let mut differing: Vec<&String> = ids.filter(|id| before.get(*id) != after.get(*id)).collect();
    differing.sort();
    differing.dedup();
    assert!(differing.len() > 1, "{differing:?}");
    let told = env.run([
        "diff",
        "branch",
        "--base",
        "HEAD~1",
        "--revision",
        "HEAD",
        "--path",
        cluster,
        "-o",
        "json",
    ]);
    let report: Value = serde_json::from_slice(told.raw_stdout()).unwrap();
    let owners = report["clusters"][0]["owners"].as_array().unwrap().iter();
    let changes = owners.flat_map(|owner| owner["objects"].as_array().unwrap());
    let mut reported: Vec<String> = changes.map(|change| identity(change, "")).collect();
    reported.sort();
    assert_eq!(reported.iter().collect::<Vec<_>>(), differing, "{told}");
}

/// Returns kind, namespace and name of an object, or of what a report says of one.
fn identity(object: &Value, metadata: &str) -> String {
    let text = |pointer: &str| {
        let value = object.pointer(pointer).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    let (namespace, name) = (
        text(&format!("{metadata}/namespace")),
        text(&format!("{metadata}/name")),
    );
    format!("{}/{namespace}/{name}", text("/kind"))
}

#[test]
fn clusters_of_other_tools_are_built_as_folders() {
    let Some(env) = unpacked("operate-first--apps") else {
        return;
    };
    let overlays = env.folder().join("cluster-scope/overlays/prod");
    let mut count = 0;
    for region in fs::read_dir(overlays).unwrap() {
        let region = region.unwrap().path();
        for cluster in fs::read_dir(&region).into_iter().flatten() {
            let cluster = cluster.unwrap().path();
            if cluster.join("kustomization.yaml").is_file() {
                let path = cluster.display().to_string();
                let output = env.run(["build", "cluster", path.as_str(), "-o", "name"]);
                assert!(matches!(output.status(), Some(0 | 2)), "{output}");
                count += 1;
            }
        }
    }
    assert!(count > 2, "{count} clusters");
}

#[test]
fn folders_that_kustomize_builds_are_clusters_with_as_many_objects() {
    let Some(env) = unpacked("kubeflow--manifests") else {
        return;
    };
    let data = reference_data().expect("the archive was there");
    let roots = data.join("realworld/kubeflow--manifests.roots.tsv");
    let roots = fs::read_to_string(roots).unwrap();
    let mut count = 0;
    for row in roots.lines().filter(|row| !row.starts_with('#')) {
        let mut cells = row.split('\t');
        let (root, documents) = (cells.next().unwrap(), cells.next().unwrap());
        let output = env.run(["build", "cluster", root, "-o", "name"]);
        assert!(matches!(output.status(), Some(0 | 2)), "{root}: {output}");
        let all: usize = documents.parse().unwrap();
        assert_eq!(output.stdout().lines().count(), all, "{root}: {output}");
        count += 1;
    }
    assert!(count > 100, "{count} roots");
}

#[test]
fn releases_of_a_real_repository_are_told_one_by_one() {
    if !are_built(&["helm"]) {
        return;
    }
    let Some(env) = unpacked("onedr0p--home-ops") else {
        return;
    };
    let helm = format!("--helm-command={}", built("helm").display());
    let arguments = [
        "build",
        "cluster",
        "kubernetes/flux/cluster",
        "--helm",
        &helm,
    ];
    let output = env.run(arguments);
    assert!(matches!(output.status(), Some(0 | 2)), "{output}");
    let told = output.stderr();
    let releases = output.stdout().matches("\nkind: HelmRelease\n").count();
    assert!(releases > 30, "{releases} releases");
    let of_charts = told.lines().filter(|line| line.contains(": HelmRelease/"));
    // All charts are elsewhere, and nothing is fetched without a flag.
    assert_eq!(of_charts.count(), releases, "{told}");
}

#[test]
fn twice_the_applications_are_twice_the_builds() {
    let made = |count: usize| {
        let all: Vec<String> = (0..count)
            .map(|number| kustomization(&format!("a{number}"), &format!("./apps/a{number}"), ""))
            .collect();
        let env = fleet(&all);
        for number in 0..count {
            let map = config_map(&format!("a{number}"), "{a: one}");
            env.file(&format!("apps/a{number}/map.yaml"), &map);
        }
        commit_in(&env.folder());
        env.file("apps/a1/map.yaml", &config_map("a1", "{a: two}"));
        commit(&env);
        env
    };
    for count in [50, 100] {
        let env = made(count);
        let whole = env.run(["build", "cluster", "clusters/one", "--verbose"]);
        let built = format!("► {} built, 0 taken", count + 1);
        assert!(whole.stderr().contains(&built), "{whole}");
        let diff = env.run(["diff", "branch", "--base", "HEAD~1", "--verbose"]);
        // The other side of one application; the rest was built before, or need not be.
        assert!(diff.stderr().contains("► 1 built, "), "{diff}");
        assert!(
            diff.stderr()
                .contains(&format!("✔ {count} Kustomizations do not differ")),
            "{diff}"
        );
    }
}
