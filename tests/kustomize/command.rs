//! `build overlay` as people call it.

use crate::scene::TestEnv;

/// A base with a deployment, and an overlay that gives it a namespace.
fn environment() -> TestEnv {
    let env = TestEnv::new();
    env.file("base/kustomization.yaml", "resources: [web.yaml]\n");
    env.file(
        "base/web.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n",
    );
    env.file(
        "overlay/kustomization.yaml",
        "bases: [../base]\nnamePrefix: my-\nimages: []\n",
    );
    env
}

/// The two objects of the overlay, in the order of their kinds.
const BY_KIND: &str = "\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
---
apiVersion: v1
kind: Service
metadata:
  name: my-web
";

/// The two objects of the base, as they are written there.
const AS_WRITTEN: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: web
---
apiVersion: v1
kind: Namespace
metadata:
  name: shop
";

#[test]
fn build_overlay_prints_by_kind_and_warns_of_old_fields() {
    let env = environment();
    let output = env.run(["build", "overlay", "overlay"]);
    let warning = "# Warning: 'bases' is deprecated. Please use 'resources' instead. \
                   Run 'kustomize edit fix' to update your Kustomization automatically.";
    assert!(output.stderr().contains(warning), "{output}");
    assert_eq!(output.success(), BY_KIND);
}

#[test]
fn build_overlay_keeps_the_order_on_request() {
    let env = environment();
    let output = env.run(["build", "overlay", "base", "base", "--reorder", "none"]);
    assert_eq!(output.success(), format!("{AS_WRITTEN}---\n{AS_WRITTEN}"));
}

#[test]
fn build_overlay_says_what_is_wrong_on_one_line() {
    let env = environment();
    env.file("typed/kustomization.yaml", "namePrefix: 5\nnameSufix: a\n");
    env.file("gone/kustomization.yaml", "resources: [gone.yaml]\n");
    env.file(
        "outside/kustomization.yaml",
        "resources: [../base/web.yaml]\n",
    );
    let failure = |directory: &str| env.run(["build", "overlay", directory]).failure(1);
    assert_eq!(
        failure("typed"),
        "✗ invalid Kustomization: line 2: unknown field \"nameSufix\"; line 1: `namePrefix`: expected a text \
         (put it between quotes), found `5`\n"
    );
    for (directory, phrases) in [
        (
            "gone",
            [
                "accumulating resources: accumulation err='accumulating resources from 'gone.yaml': ",
                "no such file or directory",
            ],
        ),
        (
            "outside",
            [
                "security; file '",
                "  hint: `--load-restrictor none` allows files of other directories\n",
            ],
        ),
        (
            "nowhere",
            ["must build at directory: ", "no such file or directory"],
        ),
    ] {
        let told = failure(directory);
        assert!(
            phrases.iter().all(|phrase| told.contains(phrase)),
            "{directory}: {told}"
        );
    }
    let free = env.run(["build", "overlay", "outside", "--load-restrictor", "none"]);
    assert!(free.success().contains("name: web\n"));
}

#[test]
fn build_overlay_writes_a_file_for_each_directory() {
    let env = environment();
    env.file("broken/kustomization.yaml", "resources: [gone.yaml]\n");
    let arguments = [
        "build",
        "overlay",
        "base",
        "broken",
        "overlay",
        "--output-dir",
        "out",
    ];
    let told = env.run(arguments).failure(1);
    assert!(
        told.contains("✗ broken: accumulating resources: "),
        "{told}"
    );
    assert!(
        told.ends_with("✗ 1 of 3 directories could not be built\n"),
        "{told}"
    );
    let written = |name: &str| std::fs::read_to_string(env.folder().join("out").join(name));
    assert!(written("base.yaml").unwrap().contains("name: web\n"));
    assert_eq!(written("overlay.yaml").unwrap(), BY_KIND);
    assert!(written("broken.yaml").is_err());
}
