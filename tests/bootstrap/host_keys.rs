//! The host keys of an SSH server: all of its types are kept, and the user's own knowledge of them counts.

use std::fs;

use super::place::{assert_follows, assert_untouched, beside_an_empty_cluster, secret, words};
use crate::scene::{HOST_KEYS, Right, Sshd, TestEnv};

fn command(sshd: &Sshd, key: &str) -> Vec<String> {
    words(&[
        "bootstrap",
        "git",
        &format!("--url={}", sshd.url("fleet")),
        &format!("--private-key-file={key}"),
        "--silent",
        "--path=clusters/one",
        "--components=source-controller,kustomize-controller",
    ])
}

fn write_known_hosts(env: &TestEnv, text: &str) {
    let folder = env.home().join(".ssh");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("known_hosts"), text).unwrap();
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn keys_of_all_types_are_kept_and_one_that_is_known_must_match() {
    let (Some(sshd), Some(env)) = (Sshd::start(), beside_an_empty_cluster()) else {
        return;
    };
    let repository = sshd.repository("fleet");
    let key = sshd.key("deploy", "ed25519", Right::Write);
    let key = key.display().to_string();

    // The user knows a key of one type, and the server shows another of that type: nothing is done.
    let foreign = fs::read_to_string(format!("{key}.pub")).unwrap();
    let foreign: Vec<&str> = foreign.split(' ').take(2).collect();
    let own = sshd.known_host("rsa");
    write_known_hosts(
        &env,
        &format!("{own}{} {}\n", sshd.host(), foreign.join(" ")),
    );
    let refused = env.run(command(&sshd, &key)).failure(1);
    assert!(
        refused.contains("host key") && refused.contains("has changed"),
        "{refused}"
    );
    assert_eq!(repository.head("main"), None);
    assert_untouched(&env);

    // Unknown: every type is shown with its fingerprint, and kept.
    write_known_hosts(&env, "");
    let done = env.run(command(&sshd, &key));
    let talk = done.stderr();
    drop(done.success());
    assert_eq!(
        talk.matches("(trusted on first use)").count(),
        HOST_KEYS.len(),
        "{talk}"
    );
    for kind in ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"] {
        assert!(
            talk.contains(&format!("(trusted on first use): {kind} SHA256:")),
            "{kind}: {talk}"
        );
    }
    assert_eq!(
        sorted(&secret(&env, "known_hosts").unwrap()),
        sorted(&sshd.known_hosts())
    );
    assert_follows(&env, &repository.head("main").unwrap());
}

#[test]
fn a_key_that_the_user_knows_is_the_one_that_the_cluster_trusts() {
    let (Some(sshd), Some(env)) = (Sshd::start(), beside_an_empty_cluster()) else {
        return;
    };
    let repository = sshd.repository("fleet");
    let key = sshd.key("deploy", "ed25519", Right::Write);
    // The last type that anybody would choose: the cluster must come by with it all the same.
    write_known_hosts(&env, &sshd.known_host("rsa"));
    let done = env.run(command(&sshd, &key.display().to_string()));
    let talk = done.stderr();
    drop(done.success());
    assert!(talk.contains("(known): ssh-rsa SHA256:"), "{talk}");
    assert!(!talk.contains("trusted on first use"), "{talk}");
    assert_eq!(
        secret(&env, "known_hosts").unwrap(),
        sshd.known_host("rsa").trim_end()
    );
    assert_follows(&env, &repository.head("main").unwrap());
}
