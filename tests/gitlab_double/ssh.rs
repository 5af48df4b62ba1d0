//! The real `git` against the double, over SSH.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::clone::{Clone, FLUX};
use super::{Speaker, start};
use crate::scene::gitlab::{GitLab, Push, State};

fn with_flux(state: &mut State) {
    state.project(FLUX);
}

/// Makes a clone that speaks SSH with a key.
fn ssh_clone<'a>(gitlab: &'a GitLab, key: &Path) -> Clone<'a> {
    let hosts = gitlab.folder("ssh").join("known_hosts");
    fs::write(&hosts, gitlab.known_hosts()).unwrap();
    let command = format!(
        "ssh -F none -i {} -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile={}",
        key.display(),
        hosts.display()
    );
    let url = gitlab.state(|state| state.ssh_url(FLUX));
    Clone::of(gitlab, &url, vec![format!("core.sshCommand={command}")])
}

#[test]
fn deploy_keys_open_the_door_of_ssh() {
    if !GitLab::has_ssh() {
        println!("skipped: sshd is not installed");
        return;
    }
    let gitlab = start(|state| {
        with_flux(state);
        state.settings.ssh = true;
    });
    let key = gitlab.folder("ssh").join("deploy");
    let public = GitLab::key_pair(&key);
    let clone = ssh_clone(&gitlab, &key);
    clone.commit("README.md", b"one\n");
    assert_eq!(
        clone.run(&["ls-remote", "origin"]).0,
        128,
        "the key is not registered"
    );
    let alice = Speaker::new(&gitlab, "alice");
    let keys = "/projects/mycompany%2Fflux/deploy_keys";
    let (_, registered) = alice.send("POST", keys, &json!({ "title": "flux", "key": public }));
    clone.good(&["ls-remote", "origin"]);
    let (status, text) = clone.push();
    assert_eq!(status, 128);
    let words = "ERROR: This deploy key does not have write access to this project.";
    assert!(text.contains(words), "{text}");
    let one = format!("{keys}/{}", registered["id"]);
    alice.send("PUT", &one, &json!({ "can_push": true }));
    let (status, text) = clone.push();
    assert_eq!(status, 1);
    assert!(
        text.contains("not allowed to push code to protected branches"),
        "{text}"
    );
    let allowed = json!({ "allowed_to_push": [{ "deploy_key_id": registered["id"] }] });
    let (status, said) = alice.send(
        "PATCH",
        "/projects/mycompany%2Fflux/protected_branches/main",
        &allowed,
    );
    assert_eq!(status, 200, "{said}");
    assert_eq!(clone.push().0, 0);
    assert!(gitlab.head(FLUX, "main").is_some());
    assert_eq!(alice.delete(&one), 204);
    assert_eq!(
        clone.run(&["ls-remote", "origin"]).0,
        128,
        "the key was removed"
    );
}

#[test]
fn a_key_opens_its_own_projects_only() {
    if !GitLab::has_ssh() {
        println!("skipped: sshd is not installed");
        return;
    }
    let gitlab = start(|state| {
        with_flux(state);
        state.project("mycompany/other");
        state.settings.ssh = true;
    });
    let key = gitlab.folder("ssh").join("deploy");
    let public = GitLab::key_pair(&key);
    gitlab.state(|state| state.key("mycompany/other", "other", &public, Push::Allowed));
    let (status, text) = ssh_clone(&gitlab, &key).run(&["ls-remote", "origin"]);
    assert_eq!(status, 128);
    assert!(
        text.contains("ERROR: The project you were looking for could not be found"),
        "{text}"
    );
}
