//! Files of commits, wherever Git keeps them, and what it notes of those in a work tree.

use std::fs::{self, FileTimes};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git2::Repository;

use super::scene::Scene;
use crate::git::work_tree_index::WorkTreeIndex;
use crate::git::{Checkout, ContentId, EntryKind, GitError, Snapshot};

/// Returns the files of the newest commit.
fn snapshot(folder: &Path) -> Result<Snapshot, GitError> {
    let checkout = Checkout::around(folder)?.unwrap();
    checkout.snapshot(checkout.commit("HEAD")?)
}

/// Returns all entries of a folder and of those in it, each as its path, what it is, and the content of a file.
fn listed(files: &Snapshot, folder: ContentId, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    for leaf in &*files.leaves(folder).unwrap() {
        let path = format!("{path}/{}", leaf.name);
        match leaf.kind {
            EntryKind::Folder => all.extend(listed(files, leaf.id, &path)),
            kind => {
                let content = String::from_utf8(files.content(leaf.id).unwrap()).unwrap();
                all.push(format!(
                    "{path} {kind:?} {} {content:?}",
                    leaf.is_executable
                ));
            }
        }
    }
    all
}

#[test]
fn the_files_of_a_commit_are_the_same_wherever_git_keeps_them() {
    let scene = Scene::filled();
    let work = scene.path().join("work");
    let all = |folder: &Path| {
        let files = snapshot(folder).unwrap();
        listed(&files, files.root(), "")
    };
    let loose = all(&work);
    assert_eq!(
        loose,
        [
            "/README.md File false \"two\\n\"",
            "/clusters/prod/app.yaml File false \"kind: A\\n\"",
            "/current Link false \"clusters/prod\"",
            "/escape Link false \"../../../../etc\"",
            "/run.sh File true \"#!/bin/sh\\n\"",
        ]
    );
    scene.git(&work, &["worktree", "add", "-q", "--detach", "../beside"]);
    assert_eq!(all(&scene.path().join("beside")), loose);
    scene.git(&work, &["repack", "-q", "-a", "-d"]);
    assert!(
        fs::read_dir(work.join(".git/objects/pack"))
            .unwrap()
            .count()
            > 1
    );
    assert_eq!(all(&work), loose);
    scene.git(
        scene.path(),
        &["clone", "-q", "--shared", "work", "borrowed"],
    );
    assert_eq!(all(&scene.path().join("borrowed")), loose);
}

#[test]
fn files_that_are_stored_as_changes_of_others_are_put_together() {
    let scene = Scene::filled();
    let work = scene.path().join("work");
    let long = |number: usize| {
        let lines = (0..400).map(|line| format!("line {line} of a manifest that changes little\n"));
        lines
            .collect::<String>()
            .replacen("line 7 ", &format!("line {number} "), 1)
    };
    for number in 0..40 {
        fs::write(work.join(format!("{number}.yaml")), long(number)).unwrap();
    }
    scene.save(&work, "many");
    scene.git(
        &work,
        &[
            "repack",
            "-q",
            "-a",
            "-d",
            "-f",
            "--depth=50",
            "--window=50",
        ],
    );
    let packed = scene.git(&work, &["count-objects", "-v"]);
    assert!(packed.contains("count: 0\n"), "{packed}");
    let files = snapshot(&work).unwrap();
    let leaves = files.leaves(files.root()).unwrap();
    // Many threads read the same pack.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let numbered = leaves.iter().filter_map(|leaf| {
                    let number: usize = leaf.name.strip_suffix(".yaml")?.parse().ok()?;
                    Some((leaf, number))
                });
                for (leaf, number) in numbered {
                    let content = files.content(leaf.id).unwrap();
                    assert_eq!(String::from_utf8(content).unwrap(), long(number));
                    assert_eq!(
                        ContentId::of_file(long(number).as_bytes()).unwrap(),
                        leaf.id
                    );
                }
            });
        }
    });
}

#[test]
fn objects_that_are_not_there_or_not_whole_are_told() {
    let scene = Scene::filled();
    let work = scene.path().join("work");
    let blob = scene.git(&work, &["rev-parse", "HEAD:README.md"]);
    let object = work.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let files = snapshot(&work).unwrap();
    let leaves = files.leaves(files.root()).unwrap();
    let readme = leaves.iter().find(|leaf| leaf.name == "README.md").unwrap();
    let told = |error: GitError| format!("{error}: {}", std::error::Error::source(&error).unwrap());
    let as_folder = files.leaves(readme.id).map(|_| ()).unwrap_err();
    assert_eq!(
        told(as_folder),
        format!("cannot read a folder of the repository: {blob} is a blob")
    );
    fs::remove_file(&object).unwrap();
    assert_eq!(
        told(files.content(readme.id).unwrap_err()),
        format!("cannot read a file of the repository: {blob} is not in the repository")
    );
    fs::write(&object, "no object").unwrap();
    let error = told(files.content(readme.id).unwrap_err());
    assert!(
        error.starts_with("cannot read a file of the repository: "),
        "{error}"
    );
}

/// Returns when a file was written.
fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// Has a file written at another time.
fn set_modified(path: &Path, time: SystemTime) {
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_times(FileTimes::new().set_modified(time)).unwrap();
}

/// A work tree whose index was written long after its files.
struct Tracked {
    scene: Scene,
}

impl Tracked {
    fn new() -> Self {
        let tracked = Self {
            scene: Scene::filled(),
        };
        let index = tracked.path(".git/index");
        set_modified(
            &index,
            modified(&tracked.path("run.sh")) + Duration::from_hours(1),
        );
        tracked
    }

    fn path(&self, path: &str) -> PathBuf {
        self.scene.path().join("work").join(path)
    }

    /// Returns the digest that needs no reading.
    fn noted(&self, path: &str) -> Option<(ContentId, bool)> {
        let repository = Repository::open(self.path("")).unwrap();
        let index = WorkTreeIndex::read(&repository).unwrap();
        index.find(path, &fs::symlink_metadata(self.path(path)).unwrap())
    }
}

#[test]
fn untouched_files_of_a_work_tree_need_not_be_read() {
    let tracked = Tracked::new();
    for (path, content, is_executable) in [
        ("README.md", "two\n", false),
        ("clusters/prod/app.yaml", "kind: A\n", false),
        ("run.sh", "#!/bin/sh\n", true),
    ] {
        let digest = ContentId::of_file(content.as_bytes()).unwrap();
        assert_eq!(tracked.noted(path), Some((digest, is_executable)), "{path}");
    }
    // Links are cheap to read, and new files are unknown.
    assert_eq!(tracked.noted("current"), None);
    fs::write(tracked.path("new"), "new").unwrap();
    assert_eq!(tracked.noted("new"), None);
}

#[test]
fn files_that_may_have_been_touched_are_read() {
    let tracked = Tracked::new();
    let readme = tracked.path("README.md");
    // The same size and the same time do not hide a change.
    let before = modified(&readme);
    fs::write(&readme, "six\n").unwrap();
    set_modified(&readme, before);
    assert_eq!(tracked.noted("README.md"), None);
    // What was written in the moment of the index may have been written after it.
    let tracked = Tracked::new();
    let written = modified(&tracked.path("README.md"));
    set_modified(&tracked.path(".git/index"), written);
    assert_eq!(tracked.noted("README.md"), None);
}

#[test]
fn an_index_says_nothing_where_files_are_changed_on_their_way() {
    let tracked = Tracked::new();
    let known = || {
        let checkout = Checkout::around(&tracked.path("")).unwrap().unwrap();
        checkout.index().is_some()
    };
    tracked
        .scene
        .git(&tracked.path(""), &["config", "core.autocrlf", "true"]);
    assert!(!known());
    tracked
        .scene
        .git(&tracked.path(""), &["config", "core.autocrlf", "false"]);
    fs::create_dir(tracked.path("below")).unwrap();
    fs::write(
        tracked.path("below/.gitattributes"),
        "*.yaml text eol=crlf\n",
    )
    .unwrap();
    tracked.scene.git(&tracked.path(""), &["add", "below"]);
    assert!(!known());
}
