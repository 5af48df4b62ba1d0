//! The walls of the house: imports run downwards, every file opens with what it is for, every module has a floor.

use std::fs;
use std::path::Path;

/// From the roof down; a module uses only what stands below its own floor.
const FLOORS: &[&[&str]] = &[
    &["lib", "main"],
    &["cli"],
    &["ops"],
    &["cluster", "diff", "hosting", "install", "oci", "render"],
    &["api", "git", "kustomize", "report", "secrets", "sops"],
    &["http", "manifest", "process"],
    &["env", "error", "shared", "threads"],
];

fn floor(module: &str) -> usize {
    let found = FLOORS.iter().position(|modules| modules.contains(&module));
    found.unwrap_or_else(|| panic!("`{module}` stands on no floor: give it one in this file"))
}

fn check(path: &Path, module: &str) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            check(&entry.unwrap().path(), module);
        }
        return;
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return;
    }
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.starts_with("//!"),
        "{}: say first what the file is for",
        path.display()
    );
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
    {
        for rest in line.split("crate::").skip(1) {
            let used = rest
                .split([':', ';', ' ', '(', '<', '>', ',', ')', '"'])
                .next()
                .unwrap();
            let downwards = used == module || floor(module) < floor(used);
            let printed = used != "report" || matches!(module, "cli" | "ops" | "report");
            assert!(downwards && printed, "{}: `{line}` climbs", path.display());
        }
    }
}

#[test]
fn imports_run_downwards() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // The roof names every room, so only its opening doc is checked.
        if matches!(module.as_str(), "lib" | "main") {
            assert!(
                fs::read_to_string(&path).unwrap().starts_with("//!"),
                "{}",
                path.display()
            );
            continue;
        }
        check(&path, &module);
    }
}

#[test]
fn no_command_imports_another_or_the_command_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli");
    let commands = [
        "check",
        "completion",
        "delete",
        "docgen",
        "envsubst",
        "export",
        "get",
        "install",
        "migrate",
        "reconcile",
        "resume",
        "suspend",
        "trigger",
        "uninstall",
        "version",
    ];
    for command in commands {
        let text = fs::read_to_string(folder.join(command).with_extension("rs")).unwrap();
        for other in commands.iter().filter(|other| **other != command) {
            let import = format!("super::{other}::");
            // The generated documentation includes the completion scripts.
            let allowed = command == "docgen" && *other == "completion";
            assert!(
                allowed || !text.contains(&import),
                "{command}.rs imports {other}.rs"
            );
        }
        assert!(
            !text.contains("super::Cli"),
            "{command}.rs names the whole command line"
        );
    }
}
