//! `bootstrap git` over SSH with a key that only the agent has, and a person who lets the cluster's key in.

use super::place::{assert_follows, beside_an_empty_cluster, secret, words};
use crate::scene::{Exit, Right, SshAgent, Sshd, contents, is_among};

#[test]
fn the_agent_opens_the_server_and_the_person_lets_the_new_key_in() {
    let (Some(sshd), Some(agent), Some(env)) =
        (Sshd::start(), SshAgent::start(), beside_an_empty_cluster())
    else {
        return;
    };
    let repository = sshd.repository("fleet");
    let url = format!("--url={}", sshd.url("fleet"));
    let arguments = words(&[
        "bootstrap",
        "git",
        &url,
        "--path=clusters/one",
        "--components=source-controller,kustomize-controller",
    ]);

    // Nobody has a key: nothing is done.
    let refused = env.command(arguments.clone()).stdin("y\n").run().failure(1);
    assert!(refused.contains("or an SSH key"), "{refused}");
    assert_eq!(repository.head("main"), None);

    agent.take(&sshd.key("person", "ed25519", Right::Write));
    let env = env.variable("SSH_AUTH_SOCK", &agent.socket());
    // Ctrl-C at the question: the key that was made is in no place where it could be lost.
    let mut terminal = env.command(arguments.clone()).on_terminal();
    terminal.expect("public key: ");
    terminal.expect("give the key access");
    terminal.control('c');
    let (rest, exit) = terminal.finish();
    assert_eq!(exit, Exit::Code(130), "{rest}");
    assert!(secret(&env, "identity").is_none());
    assert_eq!(repository.subjects("main").len(), 1);

    let mut terminal = env.command(arguments).on_terminal();
    terminal.expect("component manifests are up to date");
    terminal.expect("public key: ");
    let shown = terminal.expect("give the key access");
    let public = shown.lines().next().unwrap().trim();
    assert!(public.starts_with("ecdsa-sha2-nistp384 "), "{shown}");
    sshd.admit(public, Right::Read);
    terminal.type_keys("y");
    let (rest, exit) = terminal.finish();
    assert_eq!(exit, Exit::Code(0), "{rest}");
    assert_follows(&env, &repository.head("main").unwrap());
    assert_eq!(repository.subjects("main").len(), 2);
    assert_eq!(secret(&env, "identity.pub").unwrap().trim(), public);
    let mut seen = contents(env.home().parent().unwrap());
    seen.extend([shown.into_bytes(), rest.into_bytes()]);
    assert!(!is_among(&secret(&env, "identity").unwrap(), &seen));
}
