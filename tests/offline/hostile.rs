//! A branch may be hostile: nothing outside of the repository is read, nothing is run, nothing is fetched.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{chown, symlink};

use serde_json::json;

use super::{commit, config_map, fleet, kustomization};
use crate::scene::{installed, skip};

/// What must never be printed.
const OUTSIDE: &str = "from-outside-of-the-repository";

#[test]
fn nothing_leads_out_of_the_repository() {
    let names = [
        "link", "folder", "absolute", "dots", "remote", "helm", "run", "round",
    ];
    let all: Vec<String> = names
        .iter()
        .map(|name| kustomization(name, &format!("./apps/{name}"), ""))
        .chain([kustomization("up", "../../../..", "")])
        .collect();
    let env = fleet(&all);
    let outside = env.home().join("outside");
    fs::create_dir_all(&outside).unwrap();
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {OUTSIDE}}}\n");
    fs::write(outside.join("secret.yaml"), text).unwrap();
    fs::write(
        outside.join("kustomization.yaml"),
        "resources: [secret.yaml]\n",
    )
    .unwrap();
    let real = outside.canonicalize().unwrap();
    let secret = real.join("secret.yaml").display().to_string();
    env.file("apps/link/kustomization.yaml", "resources: [secret.yaml]\n");
    symlink(&secret, env.folder().join("apps/link/secret.yaml")).unwrap();
    env.file("apps/folder/kustomization.yaml", "resources: [out]\n");
    symlink(
        "../../../home/outside",
        env.folder().join("apps/folder/out"),
    )
    .unwrap();
    env.file(
        "apps/absolute/kustomization.yaml",
        &format!("configMapGenerator: [{{name: a, files: [\"{secret}\"]}}]\n"),
    );
    env.file(
        "apps/dots/kustomization.yaml",
        "resources: [../../../home/outside/secret.yaml, ../../../home/outside]\n",
    );
    env.file(
        "apps/remote/kustomization.yaml",
        "resources: [\"http://127.0.0.1:1/a.yaml\", \"git@127.0.0.1:a/b//c?ref=main\"]\n",
    );
    env.file(
        "apps/helm/kustomization.yaml",
        "helmCharts: [{name: a, repo: \"http://127.0.0.1:1\"}]\n",
    );
    env.file("apps/run/kustomization.yaml", "generators: [gen.yaml]\n");
    env.file(
        "apps/run/gen.yaml",
        "apiVersion: v1\nkind: Gen\nmetadata:\n  name: g\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./run.sh}\n",
    );
    let mark = env.folder().join("was-run");
    env.file(
        "apps/run/run.sh",
        &format!("#!/bin/sh\ntouch {}\n", mark.display()),
    );
    env.file("apps/round/kustomization.yaml", "resources: [a]\n");
    symlink("b", env.folder().join("apps/round/a")).unwrap();
    symlink("a", env.folder().join("apps/round/b")).unwrap();
    commit(&env);
    for revision in [&[][..], &["--revision", "HEAD"]] {
        let arguments = ["build", "cluster", "clusters/one"];
        let output = env.run(arguments.iter().chain(revision).copied());
        assert!(!output.stdout().contains(OUTSIDE), "{output}");
        let told = output.failure(2);
        for name in names.iter().chain(&["up"]) {
            let owner = format!(": Kustomization/flux-system/{name}: ");
            // The root of the repository itself is a path like others; it is built, and read within.
            assert!(*name == "up" || told.contains(&owner), "{name}: {told}");
        }
        assert!(
            told.contains("a link on it leads out of the repository"),
            "{told}"
        );
        assert!(told.contains("round in circles"), "{told}");
        assert!(
            told.contains("remote resources are not allowed here"),
            "{told}"
        );
    }
    assert!(!mark.exists(), "a program of the branch was run");
}

#[test]
fn no_name_hides_a_file() {
    let env = fleet(&[kustomization("app", "./app", "")]);
    for (place, name) in ["back\\slash", "bell\u{7}", "line\nend", "\u{202e}lmay"]
        .iter()
        .enumerate()
    {
        let map = config_map(&format!("seen-{place}"), "{a: one}");
        env.file(&format!("app/{name}.yaml"), &map);
    }
    commit(&env);
    for arguments in [&[][..], &["--revision", "HEAD"]] {
        let output = env.run([&["build", "cluster", "clusters/one"], arguments].concat());
        assert_eq!(output.status(), Some(0), "{output}");
        for place in 0..4 {
            assert!(
                output.stdout().contains(&format!("name: seen-{place}\n")),
                "{output}"
            );
        }
    }
    // What is no text in any language is not passed over either.
    let odd = OsStr::from_bytes(b"app/\xff.yaml");
    fs::write(env.folder().join(odd), config_map("odd", "{a: one}")).unwrap();
    let output = env.run(["build", "cluster", "clusters/one"]);
    assert_eq!(output.status(), Some(2), "{output}");
    assert!(output.stderr().contains("\u{fffd}.yaml"), "{output}");
    commit(&env);
    let output = env.run(["build", "cluster", "clusters/one", "--revision", "HEAD"]);
    assert!(output.stdout().contains("name: odd\n"), "{output}");
}

#[test]
fn hostile_names_in_a_tree_are_no_paths() {
    let env = fleet(&[kustomization("app", "./app", "")]);
    env.file(
        "app/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fine}\n",
    );
    commit(&env);
    let git = git2::Repository::open(env.folder()).unwrap();
    let blob = git
        .blob(b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: climbing}\n")
        .unwrap();
    // Git itself would not write such a tree, but a server may hand one out.
    let mut text = Vec::new();
    for name in ["..", ".git", "a/../../../b.yaml"] {
        text.extend_from_slice(format!("100644 {name}\0").as_bytes());
        text.extend_from_slice(blob.as_bytes());
    }
    let odb = git.odb().unwrap();
    let bad = odb.write(git2::ObjectType::Tree, &text).unwrap();
    let head = git.head().unwrap().peel_to_commit().unwrap();
    let mut root = Vec::new();
    for entry in &head.tree().unwrap() {
        let id = if entry.name() == Ok("app") {
            bad
        } else {
            entry.id()
        };
        root.extend_from_slice(
            format!("{:o} {}\0", entry.filemode(), entry.name().unwrap()).as_bytes(),
        );
        root.extend_from_slice(id.as_bytes());
    }
    let tree = odb.write(git2::ObjectType::Tree, &root).unwrap();
    let tree = git.find_tree(tree).unwrap();
    let author = head.author().to_owned();
    let made = git
        .commit(None, &author, &author, "hostile", &tree, &[&head])
        .unwrap();
    let output = env.run([
        "build",
        "cluster",
        "clusters/one",
        "--revision",
        &made.to_string(),
    ]);
    assert!(!output.stdout().contains("climbing"), "{output}");
}

/// Texts that would break out of a report, mention somebody or run something.
const BREAKING: [&str; 8] = [
    "</details></summary>",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "@everyone",
    "```\n````\n~~~\n/merge",
    "--> <!-- gitops diff branch -->",
    "[click](javascript:alert(1)) !5 #7 &lt;b&gt;",
    "</style></pre>\"'><svg/onload=alert(1)>",
];

#[test]
fn no_text_of_a_branch_breaks_its_report() {
    let env = fleet(&[kustomization("app", "./app", "")]);
    env.file("app/a.yaml", &config_map("plain", "{a: b}"));
    commit(&env);
    for (place, text) in BREAKING.iter().enumerate() {
        let map = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": format!("m{place}{text}"),
                "namespace": *text,
                "annotations": {"note": *text, *text: "key"},
            },
            "data": {"value": *text, *text: "x"},
        });
        env.file(&format!("app/m{place}.yaml"), &format!("{map}\n"));
    }
    let owner = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": BREAKING.concat(), "namespace": "flux-system"},
        "spec": {
            "path": format!("./{}", BREAKING[0]),
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
        },
    });
    env.file("clusters/one/hostile.yaml", &format!("{owner}\n"));
    let report = |form: &str| {
        let output = env.run(["diff", "branch", "--base", "HEAD", "-o", form]);
        assert_eq!(output.status(), Some(2), "{output}");
        output.stdout()
    };
    let html = report("html");
    for text in [
        "<script>alert",
        "<img src",
        "<svg/",
        "</pre>\"",
        "</style></pre>",
    ] {
        assert!(!html.contains(text), "{text}\n{html}");
    }
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    let markdown = report("markdown");
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let marks: String = line.chars().take_while(|mark| *mark == '`').collect();
        match &fence {
            Some(open) if marks.len() >= open.len() => {
                assert_eq!(line, open, "a fence is closed by itself alone");
                fence = None;
            }
            Some(_) => {}
            None if marks.len() >= 3 => fence = Some(marks),
            None => {
                for bad in [
                    "<script",
                    "<img",
                    "<svg",
                    "</style>",
                    "@everyone",
                    "](javascript",
                ] {
                    assert!(!line.contains(bad), "{bad}: {line}\n{markdown}");
                }
                assert!(!line.starts_with('/'), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "{markdown}");
    assert_eq!(
        markdown.matches("<details>").count(),
        markdown.matches("\n</details>").count()
    );
    // What goes to a terminal moves no cursor and hides nothing.
    env.file("app/m0.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: \"\\e[2J\\e]0;title\\a\\u202E\"}\n");
    let text = report("text");
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}'),
        "{text:?}"
    );
}

#[test]
fn a_repository_of_somebody_else_is_opened_only_with_trust() {
    let env = fleet(&[]);
    commit(&env);
    // Git looks who owns the working tree and its repository.
    let given_away = [env.folder(), env.folder().join(".git")]
        .iter()
        .try_for_each(|path| chown(path, Some(4_242), None));
    if given_away.is_err() {
        skip("only root can give a folder to somebody else");
        return;
    }
    let refused = env.run(["build", "cluster", "clusters/one"]).failure(1);
    assert!(refused.contains("safe.directory"), "{refused}");
    let trust = format!("[safe]\n\tdirectory = {}\n", env.folder().display());
    fs::write(env.home().join(".gitconfig"), trust).unwrap();
    env.run(["build", "cluster", "clusters/one"]).success();
}

#[test]
fn nothing_of_a_branch_steers_a_terminal_or_makes_lines_of_talk() {
    let evil = "\\e[31m\\e]0;title\\a\\u009b2J\\u202E\\n✔ all is well";
    let named = |name: &str| kustomization(&format!("\"{name}\""), "./app", "");
    let env = fleet(&[
        named("plain"),
        named(evil),
        kustomization("lost", &format!("\"{evil}\""), ""),
        kustomization("patched", "./patched", ""),
    ]);
    env.file("app/a.yaml", &config_map("a", "{a: one}"));
    env.file("patched/kustomization.yaml", "patches: [{patch: 'a: b'}]\n");
    commit(&env);
    let text = format!("{{\"{evil}\": \"{evil}\"}}");
    env.file("app/a.yaml", &config_map("a", &text));
    let cluster = "clusters/one";
    let mut all: Vec<Vec<&str>> = Vec::new();
    for form in ["yaml", "json", "name", "table", "wide", "jsonpath={.items}"] {
        all.push(vec!["build", "cluster", cluster, "-o", form]);
    }
    for form in ["table", "wide", "json", "yaml", "junit"] {
        all.push(vec!["test", "cluster", cluster, "-o", form]);
    }
    for form in ["text", "markdown", "html", "json", "yaml"] {
        all.push(vec!["diff", "branch", "--base", "HEAD", "-o", form]);
    }
    all.push(vec!["build", "overlay", "--color", "never", "patched"]);
    all.push(vec!["deps", "--path", cluster]);
    for arguments in all {
        let command = env.command(arguments.iter().copied().chain(["--color", "never"]));
        let (shown, _) = command.on_terminal().finish();
        assert!(shown.len() > 20, "{arguments:?}: {shown:?}");
        for steering in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'] {
            assert!(!shown.contains(steering), "{arguments:?}: {shown:?}");
        }
    }
    let told = env.run(["build", "cluster", cluster]).failure(2);
    assert!(!told.lines().any(|line| line.starts_with('✔')), "{told}");
    // What is wrong without the name of a file is told of the kustomization.
    let line = told.lines().find(|line| line.contains("/patched:"));
    assert!(
        line.is_some_and(|line| line.contains("patched/kustomization.yaml: ")),
        "{told}"
    );
}

#[test]
fn pipes_and_devices_are_no_files() {
    let Some(mkfifo) = installed("mkfifo") else {
        skip("there is no mkfifo");
        return;
    };
    let env = fleet(&[kustomization("app", "./app", "")]);
    env.file("app/kustomization.yaml", "resources: [pipe.yaml]\n");
    let pipe = env.folder().join("app/pipe.yaml").display().to_string();
    env.other_command(&mkfifo, [pipe.as_str()]).run().success();
    env.file(
        "device/kustomization.yaml",
        "configMapGenerator: [{name: a, files: [zero]}]\n",
    );
    symlink("/dev/zero", env.folder().join("device/zero")).unwrap();
    for arguments in [
        &["build", "overlay", "app"][..],
        &["build", "overlay", "device", "--load-restrictor", "none"],
        &["build", "cluster", "clusters/one"],
    ] {
        let output = env.run(arguments.iter().copied());
        assert!(matches!(output.status(), Some(1 | 2)), "{output}");
    }
}

#[test]
fn links_within_the_repository_are_left_out_as_flux_does() {
    let env = fleet(&[
        kustomization("plain", "./plain", ""),
        kustomization("named", "./named", ""),
        kustomization("folder", "./linked", ""),
    ]);
    env.file("plain/map.yaml", &config_map("plain", "{a: plain}"));
    env.file("named/kustomization.yaml", "resources: [map.yaml]\n");
    for (target, link) in [
        ("map.yaml", "plain/twin.yaml"),
        ("../plain/map.yaml", "named/map.yaml"),
        ("plain", "linked"),
    ] {
        symlink(target, env.folder().join(link)).unwrap();
    }
    commit(&env);
    for revision in [&[][..], &["--revision", "HEAD"]] {
        let arguments = ["build", "cluster", "clusters/one"];
        let output = env.run(arguments.iter().chain(revision).copied());
        // The one file itself, and nothing that leads to it.
        assert_eq!(output.stdout().matches("a: plain").count(), 1, "{output}");
        let told = output.failure(2);
        for name in ["named", "folder"] {
            let owner = format!("Kustomization/flux-system/{name}: ");
            let line = told.lines().find(|line| line.contains(&owner));
            assert!(
                line.is_some_and(|line| line.contains("a symbolic link is on its path")),
                "{name}: {told}"
            );
        }
    }
}
