//! What flux builds of a directory, without any cluster: the same bytes, and no file changed.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::scene::{TestEnv, reference_data, skip};

#[derive(Deserialize)]
struct Recorded {
    args: Vec<String>,
    exit: i32,
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Returns the paths and contents of all files of a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Runs a case; says what differs.
fn difference(case: &Path) -> Option<String> {
    let text = fs::read_to_string(case.join("args.json")).unwrap();
    let recorded: Recorded = serde_json::from_str(&text).unwrap();
    let env = TestEnv::new();
    copy(&case.join("in"), &env.folder());
    let before = contents(&env.folder());
    let output = env.run(recorded.args);
    let folder = env.folder().display().to_string();
    let expected = fs::read_to_string(case.join("stdout")).unwrap();
    let expected = expected.replace("${CWD}", &folder);
    if (output.status() == Some(0)) != (recorded.exit == 0) {
        return Some(format!("flux ends with {}\n{output}", recorded.exit));
    }
    if output.raw_stdout() != expected.as_bytes() {
        return Some(format!("flux prints\n{expected}\n{output}"));
    }
    (contents(&env.folder()) != before).then(|| "files were changed".into())
}

#[test]
fn builds_are_those_of_flux() {
    let folder = reference_data().map(|data| data.join("flux-reference/build-cases"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        skip("no recordings of flux beside the project");
        return;
    };
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let case = entry.unwrap().path();
        count += 1;
        if let Some(difference) = difference(&case) {
            wrong.push(format!("{}: {difference}", case.display()));
        }
    }
    assert!(count > 0, "there are no recorded builds");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
